import assert from "node:assert/strict";
import { mean, standardDeviation } from "../../../learners/statistics/descriptive.ts";

Deno.test("mean and standard deviation are those worked out by hand", () => {
  assert.equal(mean([2, 4, 4, 4, 5, 5, 7, 9]), 5);
  assert.equal(standardDeviation([2, 4, 4, 4, 5, 5, 7, 9]), Math.sqrt(32 / 7));
  assert.equal(standardDeviation([3]), 0);
  assert.ok(Number.isNaN(mean([])));
});
