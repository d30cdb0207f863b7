import assert from "node:assert/strict";
import { holm } from "../../../learners/statistics/multiple_comparisons.ts";

const rounded = (values: readonly number[]) => values.map((value) => Number(value.toPrecision(6)));

Deno.test("Holm's procedure multiplies the smallest by all, the next by all but one, and never falls", () => {
  assert.deepEqual(rounded(holm([0.01, 0.04, 0.03, 0.005])), [0.03, 0.06, 0.06, 0.02]);
  assert.deepEqual(rounded(holm([0.5, 0.6, 0.001])), [1, 1, 0.003]);
  assert.deepEqual(holm([0.02]), [0.02]);
  assert.deepEqual(holm([]), []);
});

Deno.test("of the fifteen p-values of Benjamini & Hochberg three stay below 5 %", () => {
  // Their example (1995, section 3.2), of which Bonferroni's and Hochberg's procedures keep the same three.
  const found = holm([
    ...[0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344],
    ...[0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1],
  ]);
  assert.deepEqual(rounded(found.slice(0, 5)), [0.0015, 0.0056, 0.0247, 0.114, 0.2211]);
  assert.equal(found.filter((p) => p < 0.05).length, 3);
});

Deno.test("a test that could not be made does not count", () => {
  assert.deepEqual(rounded(holm([NaN, 0.01, 0.02])), [NaN, 0.02, 0.02]);
});

Deno.test("what is no probability is refused", () => {
  assert.throws(() => holm([0.1, 1.2]), /RangeError: a p-value of 1.2/);
  assert.throws(() => holm([-0.1]), /RangeError: a p-value of -0.1/);
});
