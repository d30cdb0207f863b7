/**
 * Accuracy: how far from the goal the hand ends, and how far it is on the way; over several trials, the
 * constant and the variable error of the endpoints.
 */
import type { Point } from "../arms/kinematics.ts";
import { length, mean, meanPoint, minus } from "./arithmetic.ts";
import { finalSamples, type MovementRecord, samples } from "./record.ts";

/** ‖mean position of the last 0.1 s − goal‖, m. */
export function endpointError(record: MovementRecord): number {
  return length(minus(meanPoint(finalSamples(record)), record.goal));
}

/** The mean distance from the goal over the last 0.1 s, m. */
export function finalError(record: MovementRecord): number {
  return mean(finalSamples(record).map((point) => length(minus(point, record.goal))));
}

/** The mean distance from the goal after each step, m. */
export function meanError(record: MovementRecord): number {
  return mean(samples(record).slice(1).map((point) => length(minus(point, record.goal))));
}

/** The mean |error| over both coordinates after each step, m: the L1 form used in training. */
export function meanAbsoluteError(record: MovementRecord): number {
  return mean(
    samples(record).slice(1).map((point) => {
      const [x, y] = minus(point, record.goal);
      return (Math.abs(x) + Math.abs(y)) / 2;
    }),
  );
}

/** The mean position of the last 0.1 s relative to the goal, m. */
export function endpointOffset(record: MovementRecord): Point {
  return minus(meanPoint(finalSamples(record)), record.goal);
}

/**
 * The mean endpoint of several trials relative to each one's goal: its length is the constant error, m.
 * @param offsets the `endpointOffset` of each trial
 * @throws {RangeError} when there is no trial
 */
export function constantError(offsets: readonly Point[]): number {
  return length(meanPoint(requireTrials(offsets)));
}

/**
 * The root mean square distance of the trials' endpoints (relative to the goals) from their mean, m.
 * @param offsets the `endpointOffset` of each trial
 * @throws {RangeError} when there is no trial
 */
export function variableError(offsets: readonly Point[]): number {
  const centre = meanPoint(requireTrials(offsets));
  return Math.sqrt(mean(offsets.map((offset) => length(minus(offset, centre)) ** 2)));
}

function requireTrials(offsets: readonly Point[]): readonly Point[] {
  if (offsets.length > 0) return offsets;
  throw new RangeError("no trials; an error over trials needs at least one");
}
