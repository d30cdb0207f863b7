import assert from "node:assert/strict";
import {
  interquartileInterval,
  interquartileMean,
} from "../../../learners/statistics/interquartile.ts";
import { percentileInterval } from "../../../learners/statistics/intervals.ts";

Deno.test("a quarter is cut off at either end, rounded down", () => {
  assert.equal(interquartileMean([9, 1, 2]), 4);
  assert.equal(interquartileMean([100, 1, 2, 3]), 2.5);
  assert.equal(interquartileMean([5, -1000, 3, 4, 1000]), 4);
  assert.equal(interquartileMean([8, 7, 6, 5, 4, 3, 2, 1]), 4.5);
  assert.ok(Number.isNaN(interquartileMean([])));
});

Deno.test("its interval holds it, repeats itself, and is not moved by one run that failed", () => {
  const values = [-4.2, -4.4, -4.1, -4.6, -4.3, -4.5, -4.35, -4.25];
  const [low, high] = interquartileInterval(values)!;
  assert.ok(low < interquartileMean(values) && interquartileMean(values) < high);
  assert.deepEqual(interquartileInterval(values), [low, high]);
  const [, highWithFailure] = interquartileInterval([...values.slice(1), -40])!;
  assert.ok(Math.abs(highWithFailure - high) < 0.15);
  assert.equal(interquartileInterval([1]), undefined);
});

Deno.test("a percentile interval's ends are the quantiles of all resamples", () => {
  // Means of two values: 0 with a chance of 1/4, ½ with 1/2, 1 with 1/4.
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;
  assert.deepEqual(percentileInterval([0, 1], mean, 0.4), [0.5, 0.5]);
  assert.deepEqual(percentileInterval([0, 1], mean, 0.95), [0, 1]);
  assert.throws(() => percentileInterval([0, 1], mean, 1), /RangeError: a confidence of 1/);
});
