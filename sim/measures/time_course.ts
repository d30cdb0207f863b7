/**
 * The time course of a movement: speeds and accelerations at their largest, when the hand moves, when it
 * is fastest, and when it comes to stay. Onset and offset are the first and the last time at which the
 * speed exceeds 5 % of its peak, found between samples by linear interpolation.
 */
import type { Point } from "../arms/kinematics.ts";
import { differences, length, minus } from "./arithmetic.ts";
import { type MovementRecord, samples, speeds } from "./record.ts";

/** Share of the peak speed above which the hand counts as moving. */
const onsetShare = 0.05;

/** The largest speed, m/s. */
export function peakSpeed(record: MovementRecord): number {
  return Math.max(...speeds(record));
}

/** The speed at the last sample, m/s. */
export function endSpeed(record: MovementRecord): number {
  return speeds(record)[record.positions.length / 2 - 1];
}

/** The largest acceleration, m/s² (second differences); NaN with fewer than three samples. */
export function peakAcceleration(record: MovementRecord): number {
  const accelerations = differences(differences(samples(record))).map(length);
  return accelerations.length > 0 ? Math.max(...accelerations) / record.timeStep ** 2 : NaN;
}

/** A part of a record, s after the first sample. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

const nowhere: Span = { from: NaN, to: NaN };

/** All of a record. */
export const wholeRecord = ({ positions, timeStep }: MovementRecord): Span => ({
  from: 0,
  to: (positions.length / 2 - 1) * timeStep,
});

/** From onset to offset; NaN to NaN if nothing moves. */
export function movementSpan(record: MovementRecord): Span {
  const values = speeds(record);
  const threshold = onsetShare * Math.max(...values);
  const first = values.findIndex((speed) => speed > threshold);
  const last = values.findLastIndex((speed) => speed > threshold);
  if (first < 0) return nowhere;
  // How far beyond the sample `inside` the speed crosses the threshold on its way to `outside`, steps.
  const crossing = (inside: number, outside: number | undefined) =>
    outside === undefined ? 0 : (inside - threshold) / (inside - outside);
  return {
    from: (first - crossing(values[first], values[first - 1])) * record.timeStep,
    to: (last + crossing(values[last], values[last + 1])) * record.timeStep,
  };
}

/** When the speed first exceeds 5 % of its peak, s after the first sample; NaN if nothing moves. */
export function onset(record: MovementRecord): number {
  return movementSpan(record).from;
}

/** From the first to the last time above 5 % of the peak speed, s; NaN if nothing moves. */
export function movementTime(record: MovementRecord): number {
  const { from, to } = movementSpan(record);
  return to - from;
}

/** When within the movement time the speed peaks, 0 … 1; 0.5 for minimum jerk. NaN if nothing moves. */
export function peakSpeedShare(record: MovementRecord): number {
  const values = speeds(record);
  const peak = values.indexOf(Math.max(...values)) * record.timeStep;
  const { from, to } = movementSpan(record);
  return (peak - from) / (to - from);
}

/** The last time farther than `radius` from the goal, s; 0 if never, NaN if still so at the end. */
export function settlingTime(record: MovementRecord, radius = 0.02): number {
  return lastTimeOutside(record, record.goal, radius);
}

/** The last time farther than `radius` m from `centre`, s; 0 if never, NaN if still so at the end. */
export function lastTimeOutside(record: MovementRecord, centre: Point, radius: number): number {
  const points = samples(record);
  const last = points.findLastIndex((point) => length(minus(point, centre)) > radius);
  return last === points.length - 1 ? NaN : Math.max(0, last) * record.timeStep;
}
