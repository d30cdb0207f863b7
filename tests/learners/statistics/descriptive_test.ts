import assert from "node:assert/strict";
import { mean, median, standardDeviation } from "../../../learners/statistics/descriptive.ts";

Deno.test("mean and standard deviation are those worked out by hand", () => {
  assert.equal(mean([2, 4, 4, 4, 5, 5, 7, 9]), 5);
  assert.equal(standardDeviation([2, 4, 4, 4, 5, 5, 7, 9]), Math.sqrt(32 / 7));
  assert.equal(standardDeviation([3]), 0);
  assert.ok(Number.isNaN(mean([])));
});

Deno.test("the median is the middle value, or half-way between both middle ones", () => {
  const values = [10, 9, -2];
  assert.equal(median(values), 9);
  assert.equal(median([10, 9, -2, 100]), 9.5);
  assert.ok(Number.isNaN(median([])));
  assert.deepEqual(values, [10, 9, -2], "the values are left in their order");
});
