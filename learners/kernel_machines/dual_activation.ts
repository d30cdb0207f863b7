/**
 * Dual activations: what an activation does to the correlation of two inputs in a wide layer, and what many
 * such layers come to. Daniely, Frostig & Singer 2016 (arXiv 1602.05897); Radhakrishnan, Belkin & Uhler
 * 2022 (arXiv 2204.14126).
 *
 * For standard normal u, v of correlation ξ, and an activation φ with E[φ(u)²] = 1:
 *
 *     φ̌(ξ) = E[φ(u) φ(v)] = Σ_k c_k² ξ^k,   φ = Σ_k c_k h_k,   Σ_k c_k² = 1
 *
 * where h_k are the normalised probabilists' Hermite polynomials, E[h_j(u) h_k(u)] = δ_jk. Three numbers
 * decide what an infinitely deep network classifies by: A² = φ̌(0), a = φ̌′(0) = E[φ′(u)]² and
 * b = φ̌′(1) = E[φ′(u)²].
 */

/** φ̌ of a normalised activation: φ̌(1) = 1. */
export interface DualActivation {
  /** φ̌(ξ), for ξ in [−1, 1]. */
  value(ξ: number): number;
  /** φ̌′(ξ), for ξ in [−1, 1]. */
  derivative(ξ: number): number;
}

/** What decides. */
export interface DecidingNumbers {
  /** A² = φ̌(0) = E[φ(u)]². */
  readonly meanSquare: number;
  /** a = φ̌′(0): by how much small correlations shrink in each layer. */
  readonly shrinkage: number;
  /** b = φ̌′(1): by how much small distances grow in each layer. */
  readonly expansion: number;
}

/** What a network classifies by as its depth goes to infinity. */
export type DeepLimit = "nearest neighbour" | "majority vote" | "singular kernel" | "linear";

/** Sums of squares that differ from 1 by less are rounded, not wrong. */
const tolerance = 1e-9;

/** h_k(u), by h_{k+1} = (u h_k − √k h_{k−1}) / √(k + 1). */
export function hermiteNormalised(degree: number, u: number): number {
  if (!Number.isSafeInteger(degree) || degree < 0) {
    throw new RangeError(`a Hermite polynomial of degree ${degree}; expected an integer from 0`);
  }
  let [before, value] = [0, 1];
  for (let k = 0; k < degree; k++) {
    [before, value] = [value, (u * value - Math.sqrt(k) * before) / Math.sqrt(k + 1)];
  }
  return value;
}

/**
 * φ(u) = Σ_k c_k h_k(u).
 * @param coefficients c_k at index k; the sum of their squares is 1
 * @throws {RangeError} when it is not
 */
export function hermiteActivation(coefficients: readonly number[]): (u: number) => number {
  requireNormalised(coefficients);
  return (u) =>
    coefficients.reduce((sum, c, k) => c === 0 ? sum : sum + c * hermiteNormalised(k, u), 0);
}

/**
 * φ̌(ξ) = Σ_k c_k² ξ^k.
 * @param coefficients c_k at index k; the sum of their squares is 1
 * @throws {RangeError} when it is not
 */
export function hermiteDual(coefficients: readonly number[]): DualActivation {
  requireNormalised(coefficients);
  const squares = Float64Array.from(coefficients, (c) => c * c);
  const slopes = squares.map((square, k) => k * square).subarray(1);
  return { value: polynomial(squares), derivative: polynomial(slopes) };
}

/** The polynomial with these coefficients, by Horner's rule: it is what depth repeats, millions of times. */
function polynomial(coefficients: Float64Array): (x: number) => number {
  const [evens, odds] = [0, 1].map((rest) => coefficients.filter((_, k) => k % 2 === rest));
  if (coefficients.length > 4 && odds.every((c) => c === 0)) {
    const inner = polynomial(evens);
    return (x) => inner(x * x);
  }
  if (coefficients.length > 4 && evens.every((c) => c === 0)) {
    const inner = polynomial(odds);
    return (x) => x * inner(x * x);
  }
  if (coefficients.length > 4) {
    const last = coefficients.length - 1;
    return (x) => {
      let value = 0;
      for (let k = last; k >= 0; k--) value = value * x + coefficients[k];
      return value;
    };
  }
  const [c0 = 0, c1 = 0, c2 = 0, c3 = 0] = coefficients;
  return (x) => c0 + x * (c1 + x * (c2 + x * c3));
}

function requireNormalised(coefficients: readonly number[]): void {
  const sum = coefficients.reduce((sum, c) => sum + c * c, 0);
  if (Math.abs(sum - 1) < tolerance) return;
  throw new RangeError(
    `squares of Hermite coefficients add to ${sum}; expected 1, so that E[φ(u)²] = 1: divide all by ` +
      "the root of that sum",
  );
}

/** Of φ(u) = √2 max(u, 0): an arc-cosine kernel (Cho & Saul 2009). */
export const reluDual: DualActivation = {
  value: (ξ) => (ξ * (Math.PI - Math.acos(ξ)) + Math.sqrt(1 - ξ * ξ)) / Math.PI,
  derivative: (ξ) => (Math.PI - Math.acos(ξ)) / Math.PI,
};

/** Of φ(u) ∝ erf(u): arcsin(2ξ/3) / arcsin(2/3) (Williams 1996). */
export const erfDual: DualActivation = {
  value: (ξ) => Math.asin(2 * ξ / 3) / Math.asin(2 / 3),
  derivative: (ξ) => 2 / (3 * Math.asin(2 / 3) * Math.sqrt(1 - 4 * ξ * ξ / 9)),
};

/**
 * Of φ(u) ∝ sin(√s u): sinh(s ξ) / sinh(s).
 * @param s the square of the frequency, above 0
 * @throws {RangeError} when it is not
 */
export function sineDual(s: number): DualActivation {
  if (!(s > 0 && s < Infinity)) {
    throw new RangeError(`a squared frequency of ${s}; expected one above 0`);
  }
  return {
    value: (ξ) => Math.sinh(s * ξ) / Math.sinh(s),
    derivative: (ξ) => s * Math.cosh(s * ξ) / Math.sinh(s),
  };
}

/** A², a and b of an activation by its dual. */
export function decidingNumbers(dual: DualActivation): DecidingNumbers {
  return {
    meanSquare: dual.value(0),
    shrinkage: dual.derivative(0),
    expansion: dual.derivative(1),
  };
}

/** An activation by value, and by slope as a function of the value. */
interface DifferentiableActivation {
  value(u: number): number;
  slope(value: number): number;
}

/**
 * A², a and b of any activation, normalised: by the trapezoidal rule over u, so good to about seven digits
 * where φ has a kink, and to all where it has none. They hold where pre-activations have variance 1.
 */
export function decidingNumbersOf({ value, slope }: DifferentiableActivation): DecidingNumbers {
  const square = expectation((u) => value(u) ** 2);
  return {
    meanSquare: expectation(value) ** 2 / square,
    shrinkage: expectation((u) => slope(value(u))) ** 2 / square,
    expansion: expectation((u) => slope(value(u)) ** 2) / square,
  };
}

/** E[f(u)] for standard normal u. */
function expectation(f: (u: number) => number): number {
  const [reach, intervals] = [10, 40_000];
  let sum = 0;
  for (let i = 0; i <= intervals; i++) {
    const u = 2 * reach * i / intervals - reach;
    sum += f(u) * Math.exp(-u * u / 2);
  }
  return sum * 2 * reach / intervals / Math.sqrt(2 * Math.PI);
}

/** The classifier that an infinitely deep network of this activation is. */
export function deepLimit({ meanSquare, shrinkage }: DecidingNumbers): DeepLimit {
  if (meanSquare > tolerance) return "majority vote";
  if (shrinkage < tolerance) return "nearest neighbour";
  return shrinkage > 1 - tolerance ? "linear" : "singular kernel";
}

/**
 * α = 2 ln(1/a) / ln b, where the limit is a singular kernel ∝ |x − x′|^−α between near points: a small
 * 1 − ξ = |x − x′|²/2 grows by b in each layer until it is no longer small, and ξ shrinks by a in those
 * that remain.
 * @returns `undefined` where the limit is of another kind
 */
export function singularExponent(numbers: DecidingNumbers): number | undefined {
  if (deepLimit(numbers) !== "singular kernel") return undefined;
  return -2 * Math.log(numbers.shrinkage) / Math.log(numbers.expansion);
}
