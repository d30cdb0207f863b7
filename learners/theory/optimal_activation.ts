/**
 * Activations whose infinitely deep network is a singular-kernel classifier of a wanted exponent α
 * (Radhakrishnan, Belkin & Uhler 2022, arXiv 2204.14126), as coefficients c_k of normalised Hermite
 * polynomials h_k, and how many layers it takes to be one.
 *
 *     α = 1:  φ = (h_7 + h_1)/√2                                     a = 1/2,       b = 4
 *     α ≥ 2:  φ = 2^(−α/4) (h_3 + h_1) + √(1 − 2^(1−α/2)) h_2        a = 2^(−α/2),  b = 2
 *
 * With α = d, the dimension that the inputs fill, the classifier is consistent: optimal. Between and below
 * stands the first form with other weights, φ = √(1−a) h_7 + √a h_1, b = a + 7(1 − a).
 */
import { type DecidingNumbers, singularExponent } from "../kernel_machines/dual_activation.ts";

/** With h_1 and h_7 alone the exponent is above 2/(7 − 1): what it tends to as a goes to 1. */
const leastExponent = 1 / 3;
const mixedDegree = 7;

/**
 * Coefficients c_k at index k of an activation with this exponent.
 * @param exponent α, above 1/3
 * @throws {RangeError} when it is not
 */
export function activationOfExponent(exponent: number): number[] {
  if (!(exponent > leastExponent && exponent < Infinity)) {
    throw new RangeError(`a singular exponent of ${exponent}; expected one above 1/3`);
  }
  if (exponent >= 2) {
    const outer = 2 ** (-exponent / 4);
    return [0, outer, Math.sqrt(1 - 2 ** (1 - exponent / 2)), outer];
  }
  const a = shrinkageOf(exponent);
  const coefficients = new Array<number>(mixedDegree + 1).fill(0);
  coefficients[1] = Math.sqrt(a);
  coefficients[mixedDegree] = Math.sqrt(1 - a);
  return coefficients;
}

/** a of h_1 and h_7 with this exponent, by bisection: the exponent falls as a grows. */
function shrinkageOf(exponent: number): number {
  let [low, high] = [0, 1];
  for (;;) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) return middle;
    const reached = 2 * Math.log(1 / middle) / Math.log(middle + mixedDegree * (1 - middle));
    if (reached === exponent) return middle;
    if (reached > exponent) low = middle;
    else high = middle;
  }
}

/** Halvings from 1 to the least distance between 1 and a double below it. */
const bits = 53;
/** Layers that correlations have to shrink in after the closest pair has left the neighbourhood of 1. */
const remaining = 30;
/** Correlations shrink to no less than this, so that their ratios keep all digits. */
const smallest = 1e-280;

/**
 * Layers after which a singular-kernel classifier is its limit: so many that the closest pair that a double
 * can tell from one point has left the neighbourhood of ξ = 1, and 30 more; fewer where correlations would
 * underflow before that.
 *
 * @throws {RangeError} when the limit is not a singular kernel
 */
export function limitDepth(numbers: DecidingNumbers): number {
  if (singularExponent(numbers) === undefined) {
    throw new RangeError(
      `A² = ${numbers.meanSquare}, a = ${numbers.shrinkage}: the limit is no singular kernel; ` +
        "expected A = 0 and 0 < a < 1",
    );
  }
  const growth = Math.ceil(bits * Math.LN2 / Math.log(numbers.expansion)) + remaining;
  const room = Math.floor(Math.log(smallest) / Math.log(numbers.shrinkage));
  return Math.min(growth, room);
}
