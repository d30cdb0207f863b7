/** Dual activations against closed forms, published numbers, and the expectation that they stand for. */
import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import {
  decidingNumbers,
  decidingNumbersOf,
  deepLimit,
  type DualActivation,
  erfDual,
  hermiteActivation,
  hermiteDual,
  hermiteNormalised,
  reluDual,
  sineDual,
  singularExponent,
} from "../../../learners/kernel_machines/dual_activation.ts";
import { activations } from "../../../learners/nn/activations.ts";
import { randomStream } from "../../../sim/random.ts";
import { activationOfExponent } from "../../../learners/theory/optimal_activation.ts";

const close = (value: number, expected: number, tolerance: number, what = "") =>
  ok(Math.abs(value - expected) <= tolerance, `${what} ${value}, expected ${expected}`);

const optimal = (d: number) => hermiteDual(activationOfExponent(d));

Deno.test("Hermite polynomials are the normalised ones of the field", () => {
  const u = 0.7;
  close(hermiteNormalised(0, u), 1, 0);
  close(hermiteNormalised(2, u), (u ** 2 - 1) / Math.SQRT2, 1e-15);
  close(hermiteNormalised(3, u), (u ** 3 - 3 * u) / Math.sqrt(6), 1e-15);
  const He7 = u ** 7 - 21 * u ** 5 + 105 * u ** 3 - 105 * u;
  close(hermiteNormalised(7, u), He7 / Math.sqrt(5040), 1e-13);
  throws(() => hermiteNormalised(-1, u), /degree -1/);
});

Deno.test("every dual activation is 1 at ξ = 1", () => {
  const duals = [1, 2, 4, 8].map(optimal).concat(reluDual, erfDual, sineDual(1), sineDual(13.8258));
  for (const dual of duals) close(dual.value(1), 1, 1e-14);
});

Deno.test("in 2 dimensions the optimal dual is (ξ³ + ξ)/2", () => {
  const { value } = optimal(2);
  close(value(0.5), 0.3125, 1e-15);
  close(value(value(0.5)), 0.171509, 5e-7);
});

Deno.test("a, b and the exponent are the published ones", () => {
  const expected: [DualActivation, number, number, number, number][] = [
    [optimal(1), 1 / 2, 4, 1, 1e-12],
    [optimal(2), 1 / 2, 2, 2, 1e-12],
    [optimal(4), 1 / 4, 2, 4, 1e-12],
    [optimal(8), 1 / 16, 2, 8, 1e-12],
    [erfDual, 0.913583, 1.2257, 0.888215, 1e-6],
    [sineDual(1), 0.850918, 1.313035, 1.185566, 1e-6],
  ];
  for (const [dual, a, b, exponent, tolerance] of expected) {
    const numbers = decidingNumbers(dual);
    close(numbers.shrinkage, a, tolerance, "a");
    close(numbers.expansion, b, tolerance, "b");
    close(singularExponent(numbers) ?? NaN, exponent, tolerance, "α");
  }
  for (const [s, d] of [[2.676, 2], [6.13539, 4], [13.8258, 8]]) {
    close(singularExponent(decidingNumbers(sineDual(s))) ?? NaN, d, 1e-3, "α of sin");
  }
});

Deno.test("ReLU's dual is the arc-cosine kernel", () => {
  close(reluDual.value(0), 1 / Math.PI, 1e-15);
  strictEqual(reluDual.derivative(0), 0.5);
  strictEqual(reluDual.derivative(1), 1);
});

Deno.test("derivatives are those of the values", () => {
  for (const dual of [optimal(1), optimal(2), optimal(8), reluDual, erfDual, sineDual(2)]) {
    for (const ξ of [0.1, 0.5, 0.9]) {
      const slope = (dual.value(ξ + 1e-6) - dual.value(ξ - 1e-6)) / 2e-6;
      close(dual.derivative(ξ), slope, 1e-8);
    }
  }
});

Deno.test("the dual is the expectation over correlated normals", () => {
  const stream = randomStream(1, "pairs");
  const cases = [2, 4].map((d) => activationOfExponent(d));
  for (const ξ of [0, 0.3, 0.7]) {
    const sums = cases.map(() => 0);
    const pairs = 1_000_000;
    const functions = cases.map(cubic);
    for (let i = 0; i < pairs; i++) {
      const u = stream.normal();
      const v = ξ * u + Math.sqrt(1 - ξ * ξ) * stream.normal();
      functions.forEach((φ, c) => sums[c] += φ(u) * φ(v));
    }
    cases.forEach((c, i) => close(sums[i] / pairs, hermiteDual(c).value(ξ), 0.0075, `ξ = ${ξ}`));
  }
});

/** The activation in powers of u, which a million pairs need for speed. */
function cubic(coefficients: readonly number[]): (u: number) => number {
  const [, c1, c2, c3] = coefficients;
  const φ = (u: number) =>
    c1 * u + c2 * (u * u - 1) / Math.SQRT2 + c3 * u * (u * u - 3) / Math.sqrt(6);
  close(φ(1.3), hermiteActivation(coefficients)(1.3), 1e-14);
  return φ;
}

Deno.test("coefficients whose squares do not add to 1 are refused", () => {
  // Hermite polynomials without 1/√k! would need such ones.
  throws(() => hermiteDual([0, 1, 1]), /add to 2; expected 1/);
  throws(() => hermiteActivation([0.5]), /add to 0.25/);
  throws(() => sineDual(0), /frequency of 0/);
});

Deno.test("the three numbers decide among the limits", () => {
  const limit = (dual: DualActivation) => deepLimit(decidingNumbers(dual));
  strictEqual(limit(hermiteDual([0, 0, 1])), "nearest neighbour");
  strictEqual(limit(hermiteDual([Math.SQRT1_2, 0, 0, Math.SQRT1_2])), "majority vote");
  strictEqual(limit(reluDual), "majority vote");
  strictEqual(limit(optimal(2)), "singular kernel");
  const linear = decidingNumbers(hermiteDual([0, 1]));
  deepStrictEqual([deepLimit(linear), singularExponent(linear)], ["linear", undefined]);
});

Deno.test("numbers by quadrature are those of the dual", () => {
  const relu = decidingNumbersOf(activations.relu);
  const exact = decidingNumbers(reluDual);
  close(relu.meanSquare, exact.meanSquare, 1e-6);
  close(relu.shrinkage, exact.shrinkage, 1e-3);
  const tanh = decidingNumbersOf(activations.tanh);
  strictEqual(deepLimit(tanh), "singular kernel");
  close(tanh.meanSquare, 0, 1e-20);
  strictEqual(deepLimit(decidingNumbersOf(activations.none)), "linear");
  strictEqual(deepLimit(decidingNumbersOf(activations.sigmoid)), "majority vote");
});
