/**
 * The shape of the hand's path in space, whatever its time course: length and straightness, and where it
 * leaves the line from start to goal. Along that line lies e; n is e turned by +90°, so that what lies to
 * the left of the line is positive, and so is a counter-clockwise angle.
 */
import type { Point } from "../arms/kinematics.ts";
import { cross, differences, dot, length, minus } from "./arithmetic.ts";
import { type MovementRecord, samples } from "./record.ts";
import { onset } from "./time_course.ts";

/** Shortest distance by which `straightness` divides, m; keeps short random reaches from dominating. */
const shortestReach = 0.05;

/** The unit vector from start to goal; not a number where they coincide. */
export function direction({ start, goal }: MovementRecord): Point {
  const [x, y] = minus(goal, start);
  const distance = Math.hypot(x, y);
  return [x / distance, y / distance];
}

/** The length of the path, m. */
export function pathLength(record: MovementRecord): number {
  return differences(samples(record)).reduce((sum, step) => sum + length(step), 0);
}

/**
 * Path length over the distance from start to goal, the latter at least `shortest` m. With `shortest`
 * 0 it is the plain ratio: 1 for a straight path that ends at the goal. The default of 5 cm keeps
 * random reaches to nearby goals from ruling the mean.
 */
export function straightness(record: MovementRecord, shortest = shortestReach): number {
  return pathLength(record) / Math.max(length(minus(record.goal, record.start)), shortest);
}

/** The deviation from the line of largest size, with its sign, m: left positive. */
export function maximalDeviation(record: MovementRecord): number {
  const e = direction(record);
  return samples(record)
    .map((point) => cross(e, minus(point, record.start)))
    .reduce((most, deviation) => Math.abs(deviation) > Math.abs(most) ? deviation : most);
}

/** The area between path and line, m² (trapezoids along the line): left positive. */
export function signedArea(record: MovementRecord): number {
  const e = direction(record);
  const offsets = samples(record).map((point) => minus(point, record.start));
  return differences(offsets).reduce((area, step, k) => {
    const deviation = (cross(e, offsets[k]) + cross(e, offsets[k + 1])) / 2;
    return area + deviation * dot(e, step);
  }, 0);
}

/**
 * The angle from the line to the way that the hand goes in the first `window` s after onset, rad,
 * counter-clockwise positive; NaN if nothing moves or the record ends before.
 */
export function initialDirectionError(record: MovementRecord, window = 0.1): number {
  const points = samples(record);
  const first = Math.ceil(onset(record) / record.timeStep);
  const then = first + Math.round(window / record.timeStep);
  if (!(then < points.length)) return NaN;
  const way = minus(points[then], points[first]);
  const e = direction(record);
  return Math.atan2(cross(e, way), dot(e, way));
}

/** How far the hand comes beyond the goal along the line, m; 0 if it does not. */
export function overshoot(record: MovementRecord): number {
  const e = direction(record);
  return Math.max(0, ...samples(record).map((point) => dot(e, minus(point, record.goal))));
}
