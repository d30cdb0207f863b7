/**
 * Adaptation to a force field: measured by the force on the walls of a channel (Scheidt et al. 2000), or
 * by how much paths deviate in the field and after it (Shadmehr & Mussa-Ivaldi 1994); and of what it
 * consists: of predicting the field, or of stiffening against whatever it is (Yadav & Sainburg 2014).
 */
import { cross, dot, length, minus, regression } from "./arithmetic.ts";
import { direction } from "./path.ts";
import { type MovementRecord, samples, speeds, velocities } from "./record.ts";
import { movementSpan } from "./time_course.ts";

/**
 * Adaptation to a force field, tested in a force channel: the slope of the regression, from onset to
 * offset, of the force against the channel's wall on the one that would cancel the field. 0 before
 * learning, 1 when the field is fully compensated.
 *
 * @param wallForces the force of the hand on the wall along n (left positive), N, one a sample
 * @param cancelling the lateral force, N, left positive, that cancels the field at a velocity e·ṗ along
 * the line from start to goal, m/s
 * @throws {RangeError} when there is not one force a sample
 */
export function adaptationIndex(
  record: MovementRecord,
  wallForces: ArrayLike<number>,
  cancelling: (speed: number) => number,
): number {
  const rates = velocities(record);
  if (wallForces.length !== rates.length) {
    throw new RangeError(
      `${wallForces.length} wall forces for ${rates.length} samples; there should be one a sample`,
    );
  }
  const { from, to } = movementSpan(record);
  const e = direction(record);
  const moving = <Value>(values: readonly Value[]) =>
    values.filter((_, k) => k * record.timeStep >= from && k * record.timeStep <= to);
  const ideal = moving(rates).map((velocity) => cancelling(dot(e, velocity)));
  return regression(ideal, moving(Array.from(wallForces))).slope;
}

/**
 * The deviation from the line where the hand is fastest, m, left positive. What a velocity-dependent
 * force has done by then is hardly corrected yet; the largest deviation may be that of the correction.
 */
export function deviationAtPeakSpeed(record: MovementRecord): number {
  const values = speeds(record);
  const fastest = samples(record)[values.indexOf(Math.max(...values))];
  return cross(direction(record), minus(fastest, record.start));
}

/**
 * 1 − |deviation| / |deviation of the first field trial|: adaptation as seen without channels.
 * @param firstField deviation from the line in the field before learning, m
 * @param now the same later, m
 */
export function deviationReduction(firstField: number, now: number): number {
  return 1 - Math.abs(now / firstField);
}

/**
 * The deviation of the first trial after the field is switched off, as a share of that of the first
 * trial in the field and with the opposite sign: positive when it mirrors the field's effect.
 * @param firstField deviation from the line in the field before learning, m
 * @param firstWashout deviation without the field after it, m
 */
export function afterEffect(firstField: number, firstWashout: number): number {
  return -firstWashout / firstField;
}

/** How reaches deviate from their line, m, left positive. */
export interface FieldResponse {
  /** Without the field. */
  readonly free: number;
  /** In the field, at its mean strength. */
  readonly inField: number;
}

/** How far the path in the field has come back to what it was without it, and by which means. */
export interface AdaptationShares {
  /** By prediction: the path is bent against the mean field, whether or not it is there. */
  readonly prediction: number;
  /** By impedance: the path gives way less to the field. */
  readonly impedance: number;
}

/**
 * Of what adaptation consists, in units of what the field adds to the naive deviation. The deviation in
 * the field is that without it and what the field adds. Whoever predicts the mean field shifts the former
 * against it and leaves the latter; whoever stiffens reduces the latter and leaves the former. The shares
 * add up to 1 when the path in the field is the one that it was without it.
 */
export function adaptationShares(naive: FieldResponse, adapted: FieldResponse): AdaptationShares {
  const added = ({ free, inField }: FieldResponse) => inField - free;
  return {
    prediction: (naive.free - adapted.free) / added(naive),
    impedance: 1 - added(adapted) / added(naive),
  };
}

/**
 * How far a push across the movement gets, m/N: the largest distance within `window` of its onset between
 * the hands of two trials that are alike but for the push, over the difference of the pushes. The
 * smaller, the stiffer.
 *
 * @param forceDifference of the one push and the other, N
 * @param from onset of the pushes, s after the first sample
 * @param window s
 * @throws {RangeError} when the two trials have not the same samples
 */
export function pulseCompliance(
  [one, other]: readonly [MovementRecord, MovementRecord],
  forceDifference: number,
  from: number,
  window = 0.2,
): number {
  const [pushed, opposed] = [samples(one), samples(other)];
  if (pushed.length !== opposed.length || one.timeStep !== other.timeStep) {
    throw new RangeError(
      `trials of ${pushed.length} and ${opposed.length} samples, ${one.timeStep} and ` +
        `${other.timeStep} s apart; two trials that are compared should have the same ones`,
    );
  }
  const [first, last] = [from, from + window].map((time) => Math.round(time / one.timeStep));
  const apart = pushed.map((point, k) => length(minus(point, opposed[k]))).slice(first, last + 1);
  return Math.max(...apart) / Math.abs(forceDifference);
}
