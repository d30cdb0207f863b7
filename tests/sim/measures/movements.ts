/** Movements whose measures are known, for the tests of measures. */
import assert from "node:assert/strict";
import type { Point } from "../../../sim/arms/kinematics.ts";
import type { MovementRecord } from "../../../sim/measures/record.ts";

/** Between samples, s. */
export const timeStep = 0.01;

export function assertNear(actual: number, expected: number, tolerance: number) {
  assert.ok(
    Math.abs(actual - expected) <= tolerance,
    `${actual} is not within ${tolerance} of ${expected}`,
  );
}

/** A record of the path `at`, sampled from time 0 to `duration`. */
export function recordOf(
  at: (time: number) => Point,
  duration: number,
  ends: { start?: Point; goal?: Point; timeStep?: number } = {},
): MovementRecord {
  const step = ends.timeStep ?? timeStep;
  const count = Math.round(duration / step) + 1;
  const points = Array.from({ length: count }, (_, k) => at(k * step));
  return {
    timeStep: step,
    positions: Float64Array.from(points.flat()),
    start: ends.start ?? points[0],
    goal: ends.goal ?? points[count - 1],
  };
}

/** The course of a minimum-jerk movement: 0 at x = 0, 1 at x = 1. */
export const minimumJerk = (x: number) =>
  x <= 0 ? 0 : x >= 1 ? 1 : 10 * x ** 3 - 15 * x ** 4 + 6 * x ** 5;

/** From `origin` to `goal`, m. */
export const distance = 0.3;

export const origin: Point = [-0.1, 0.4];

/** A point between `origin` (0) and `goal` (1), moved off the line by `deviation` m to the left. */
export const onLine = (share: number, deviation = 0): Point => [
  origin[0] + distance * (0.6 * share) - 0.8 * deviation,
  origin[1] + distance * (0.8 * share) + 0.6 * deviation,
];

export const goal = onLine(1);

/** One minimum-jerk movement of `duration`, with rest before and after it. */
export const minimumJerkRecord = (duration: number, before = 0, after = 0) =>
  recordOf((t) => onLine(minimumJerk((t - before) / duration)), before + duration + after);

/** Durations at which minimum-jerk movements are tried, s. */
export const durations = [0.5, 0.6, 0.75, 1, 1.3, 2];
