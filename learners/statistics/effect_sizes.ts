/** How large a difference is, in units of what varies. */
import { mean, standardDeviation } from "./descriptive.ts";
import { logGamma } from "./distributions.ts";

/**
 * Cohen's d_z of paired differences (Cohen 1988, section 2.3.5): their mean over their standard deviation.
 *
 * @returns NaN for fewer than two differences and where all are 0; infinite where all others are alike
 */
export function cohenDz(differences: readonly number[]): number {
  if (differences.length < 2) return NaN;
  return mean(differences) / standardDeviation(differences);
}

/**
 * Cohen's d_z without its bias, which makes it too large in small samples (Hedges 1981, equation 6e):
 * g_z = J(n − 1) d_z.
 *
 * @returns as `cohenDz`; NaN for two differences, too, of which the bias has no bounds
 */
export function hedgesGz(differences: readonly number[]): number {
  if (differences.length < 3) return NaN;
  return hedgesCorrection(differences.length - 1) * cohenDz(differences);
}

/**
 * Hedges' correction J(m) = Γ(m/2) / (√(m/2) Γ((m − 1)/2)).
 * @param degrees of freedom m of the standard deviation, an integer of at least 2
 * @throws {RangeError} when there is no such correction
 */
export function hedgesCorrection(degrees: number): number {
  if (!Number.isSafeInteger(degrees) || degrees < 2) {
    throw new RangeError(`${degrees} degrees of freedom; expected an integer of at least 2`);
  }
  const half = degrees / 2;
  return Math.exp(logGamma(half) - logGamma(half - 0.5)) / Math.sqrt(half);
}
