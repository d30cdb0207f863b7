import assert from "node:assert/strict";
import { mean, meanInterval, standardDeviation, studentBound } from "../../learners/statistics.ts";

Deno.test("mean and standard deviation are those worked out by hand", () => {
  assert.equal(mean([2, 4, 4, 4, 5, 5, 7, 9]), 5);
  assert.equal(standardDeviation([2, 4, 4, 4, 5, 5, 7, 9]), Math.sqrt(32 / 7));
  assert.equal(standardDeviation([3]), 0);
  assert.ok(Number.isNaN(mean([])));
});

Deno.test("Student's bounds are those of the printed tables", () => {
  // Two-sided, from the NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2.
  const table: readonly (readonly [confidence: number, degrees: number, bound: number])[] = [
    [0.95, 1, 12.706],
    [0.95, 2, 4.303],
    [0.95, 3, 3.182],
    [0.95, 4, 2.776],
    [0.95, 9, 2.262],
    [0.95, 10, 2.228],
    [0.95, 99, 1.984],
    [0.99, 2, 9.925],
    [0.99, 7, 3.499],
    [0.8, 6, 1.44],
  ];
  for (const [confidence, degrees, bound] of table) {
    const computed = studentBound(confidence, degrees);
    assert.ok(Math.abs(computed - bound) < 6e-4, `${confidence}, ${degrees}: ${computed}`);
  }
});

Deno.test("an interval of the mean needs two values and is centred on their mean", () => {
  assert.equal(meanInterval([1]), undefined);
  assert.equal(meanInterval([]), undefined);
  const [low, high] = meanInterval([1, 2, 3])!;
  // 2 ± 4.3027 · 1/√3
  assert.ok(Math.abs(low - -0.4841) < 1e-4 && Math.abs(high - 4.4841) < 1e-4, `${low} … ${high}`);
});

Deno.test("a confidence or a number of degrees that there cannot be is refused", () => {
  for (const confidence of [0, 1, NaN]) {
    assert.throws(() => studentBound(confidence, 2), RangeError);
  }
  for (const degrees of [0, 1.5, NaN]) assert.throws(() => studentBound(0.95, degrees), RangeError);
});
