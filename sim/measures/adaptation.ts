/**
 * Adaptation to a force field: measured by the force on the walls of a channel (Scheidt et al. 2000), or
 * by how much paths deviate in the field and after it (Shadmehr & Mussa-Ivaldi 1994).
 */
import { dot, regression } from "./arithmetic.ts";
import { direction, maximalDeviation } from "./path.ts";
import { type MovementRecord, velocities } from "./record.ts";
import { movementSpan } from "./time_course.ts";

/**
 * Adaptation to a curl field F = gain · (ẏ, −ẋ), tested in a force channel: the slope of the regression,
 * from onset to offset, of the force against the channel's wall on the ideal gain · (e·ṗ), where e is the
 * direction from start to goal. 0 before learning, 1 when the field is fully compensated.
 *
 * @param wallForces the force of the hand on the wall along n (left positive), N, one a sample
 * @param gain the field's b, N s/m; a positive one pushes the hand to the right
 * @throws {RangeError} when there is not one force a sample
 */
export function adaptationIndex(
  record: MovementRecord,
  wallForces: ArrayLike<number>,
  gain: number,
): number {
  const rates = velocities(record);
  if (wallForces.length !== rates.length) {
    throw new RangeError(
      `${wallForces.length} wall forces for ${rates.length} samples; there should be one a sample`,
    );
  }
  const { from, to } = movementSpan(record);
  const e = direction(record);
  const moving = <Value>(values: Value[]) =>
    values.filter((_, k) => k * record.timeStep >= from && k * record.timeStep <= to);
  const ideal = moving(rates).map((velocity) => gain * dot(e, velocity));
  return regression(ideal, moving(Array.from(wallForces))).slope;
}

/** 1 − |deviation| / |deviation of the first field trial|: adaptation as seen without channels. */
export function deviationReduction(firstField: MovementRecord, trial: MovementRecord): number {
  return 1 - Math.abs(maximalDeviation(trial) / maximalDeviation(firstField));
}

/**
 * The deviation of the first trial after the field is switched off, as a share of that of the first
 * trial in the field and with the opposite sign: positive when it mirrors the field's effect.
 */
export function afterEffect(firstField: MovementRecord, firstWashout: MovementRecord): number {
  return -maximalDeviation(firstWashout) / maximalDeviation(firstField);
}
