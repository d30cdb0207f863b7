/**
 * The probability distributions that intervals and tests stand on, by jStat (https://jstat.github.io),
 * which is accurate to about seven digits.
 */
// @ts-types="./jstat.d.ts"
import jStat from "jstat";

/**
 * The bound t that a variable of Student's distribution stays within, −t … t, with the chance
 * `confidence`.
 *
 * @param degrees of freedom, an integer of at least 1
 * @throws {RangeError} when there is no such bound
 */
export function studentBound(confidence: number, degrees: number): number {
  requireConfidence(confidence);
  requireDegrees(degrees);
  return jStat.studentt.inv((1 + confidence) / 2, degrees);
}

/**
 * The chance that a variable of Student's distribution is at least as far from 0 as `t`, on either side.
 *
 * @param t may be infinite
 * @param degrees of freedom, an integer of at least 1
 * @throws {RangeError} when there is no such distribution
 */
export function studentTails(t: number, degrees: number): number {
  requireDegrees(degrees);
  // The tails themselves, not 1 less what is between them, so that small ones keep their digits
  // (Abramowitz & Stegun 1964, 26.7.1).
  return jStat.ibeta(degrees / (degrees + t * t), degrees / 2, 0.5);
}

/** The chance that a variable of the standard normal distribution is below `z`. */
export function normalBelow(z: number): number {
  return jStat.normal.cdf(z, 0, 1);
}

/** The logarithm of Γ(x), for x above 0. */
export function logGamma(x: number): number {
  return jStat.gammaln(x);
}

/** @throws {RangeError} unless it is between 0 and 1 */
export function requireConfidence(confidence: number): void {
  if (confidence > 0 && confidence < 1) return;
  throw new RangeError(`a confidence of ${confidence}; expected one between 0 and 1`);
}

function requireDegrees(degrees: number): void {
  if (Number.isSafeInteger(degrees) && degrees >= 1) return;
  throw new RangeError(`${degrees} degrees of freedom; expected an integer of at least 1`);
}
