import assert from "node:assert/strict";
import { cohenDz, hedgesCorrection, hedgesGz } from "../../../learners/statistics/effect_sizes.ts";

/** How much longer ten patients slept with one drug than with another, h (Student 1908). */
const sleep = [1.2, 2.4, 1.3, 1.3, 0, 1, 1.8, 0.8, 4.6, 1.4];

Deno.test("Hedges' correction is that of his table", () => {
  // Hedges 1981, table 1: c(m) by degrees of freedom.
  const table: readonly (readonly [degrees: number, correction: number])[] = [
    [2, 0.5642],
    [3, 0.7236],
    [4, 0.7979],
    [5, 0.8408],
    [9, 0.9139],
    [10, 0.9228],
    [20, 0.9619],
    [50, 0.9849],
  ];
  for (const [degrees, correction] of table) {
    const computed = hedgesCorrection(degrees);
    assert.ok(Math.abs(computed - correction) < 6e-5, `${degrees}: ${computed}`);
  }
  for (const degrees of [1, 2.5, NaN]) {
    assert.throws(() => hedgesCorrection(degrees), /RangeError: .* degrees of freedom/);
  }
});

Deno.test("the effect of Student's drugs is t over √n, and smaller once it is corrected", () => {
  assert.ok(Math.abs(cohenDz(sleep) - 4.062128 / Math.sqrt(10)) < 1e-6);
  assert.ok(Math.abs(hedgesGz(sleep) - 0.9139 * cohenDz(sleep)) < 1e-4);
  assert.ok(
    Math.abs(cohenDz(sleep.map((difference) => -60 * difference)) + cohenDz(sleep)) < 1e-12,
  );
});

Deno.test("too few differences have no effect size", () => {
  assert.ok(Number.isNaN(cohenDz([1])));
  assert.ok(Number.isNaN(cohenDz([0, 0])));
  assert.ok(Number.isNaN(hedgesGz([1, 2])));
});
