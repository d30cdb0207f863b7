/**
 * Holding a position: how far the hand leaves it, how fast it comes back after a perturbation, and the
 * stiffness against constant loads.
 */
import type { Point } from "../arms/kinematics.ts";
import { dot, length, meanPoint, minus } from "./arithmetic.ts";
import { finalSamples, type MovementRecord, samples } from "./record.ts";
import { lastTimeOutside } from "./time_course.ts";

/** ‖mean position of the last 0.1 s − start‖, m. */
export function drift(record: MovementRecord): number {
  return length(minus(meanPoint(finalSamples(record)), record.start));
}

/** The largest distance from the start, m. */
export function maximalDisplacement(record: MovementRecord): number {
  return Math.max(...samples(record).map((point) => length(minus(point, record.start))));
}

/**
 * From the perturbation to the last time farther than `radius` from the start, s; 0 if never, NaN if
 * still so at the end of the record.
 */
export function returnTime(record: MovementRecord, radius = 0.01): number {
  const last = lastTimeOutside(record, record.start, radius);
  return Math.max(0, last - (record.perturbationOnset ?? 0));
}

/**
 * The steady stiffness K of holding, N/m: the least-squares slope of load on final displacement over
 * trials with constant loads, both axes together, each about its own mean. NaN if nothing is displaced.
 *
 * @param displacements mean position of each trial's last 0.1 s relative to its start, m: the
 * `endpointOffset` of a trial whose goal is its start
 * @param loads the force on the hand in each trial, N
 * @throws {RangeError} when there are not at least two trials and a load for each
 */
export function holdStiffness(
  displacements: readonly Point[],
  loads: readonly Point[],
): number {
  if (displacements.length < 2 || loads.length !== displacements.length) {
    throw new RangeError(
      `${displacements.length} displacements and ${loads.length} loads; the stiffness needs at least ` +
        "two trials and one load a trial",
    );
  }
  const middle = meanPoint(displacements);
  const centred = displacements.map((displacement) => minus(displacement, middle));
  const covariance = centred.reduce((sum, offset, i) => sum + dot(offset, loads[i]), 0);
  return covariance / centred.reduce((sum, offset) => sum + dot(offset, offset), 0);
}
