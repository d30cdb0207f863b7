/** Activations of a wanted exponent, and the depth that their limit takes. */
import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import {
  decidingNumbers,
  erfDual,
  hermiteDual,
  reluDual,
  sineDual,
  singularExponent,
} from "../../../learners/kernel_machines/dual_activation.ts";
import { activationOfExponent, limitDepth } from "../../../learners/theory/optimal_activation.ts";

Deno.test("the activation has the exponent that is asked for, whole or not", () => {
  for (const exponent of [0.4, 0.5, 1, 1.7, 2, 3.3, 8, 20]) {
    const numbers = decidingNumbers(hermiteDual(activationOfExponent(exponent)));
    const reached = singularExponent(numbers);
    ok(reached !== undefined && Math.abs(reached / exponent - 1) < 1e-9, `${reached}`);
  }
  for (const exponent of [1 / 3, 0, NaN, Infinity]) {
    throws(() => activationOfExponent(exponent), /expected one above 1\/3/);
  }
});

Deno.test("in one dimension it is (h₇ + h₁)/√2, in two (h₃ + h₁)/√2", () => {
  const half = Math.SQRT1_2;
  deepStrictEqual(
    activationOfExponent(1).map((c) => Number(c.toFixed(12))),
    [0, half, 0, 0, 0, 0, 0, half].map((c) => Number(c.toFixed(12))),
  );
  activationOfExponent(2).forEach((c, k) => ok(Math.abs(c - [0, half, 0, half][k]) < 1e-15));
});

Deno.test("the depth leaves the neighbourhood of 1, and does not underflow", () => {
  const numbers = (d: number) => decidingNumbers(hermiteDual(activationOfExponent(d)));
  strictEqual(limitDepth(numbers(1)), 57);
  strictEqual(limitDepth(numbers(2)), 83);
  for (const d of [8, 16, 40]) {
    ok(numbers(d).shrinkage ** limitDepth(numbers(d)) > 1e-281);
    // One more layer than there is room for would be below that.
    if (d === 40) ok(numbers(d).shrinkage ** (limitDepth(numbers(d)) + 1) < 1e-280);
  }
  ok(limitDepth(decidingNumbers(erfDual)) > 200);
  ok(limitDepth(decidingNumbers(sineDual(1))) > 100);
  throws(() => limitDepth(decidingNumbers(reluDual)), /the limit is no singular kernel/);
});
