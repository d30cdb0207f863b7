/** What claims ask of results. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import type { Outcomes } from "../../learners/method.ts";
import { claimOf, claimPart, deviationOf, meanOf, valuesOf } from "../../learners/outcomes.ts";

const outcomes: Outcomes = {
  a: [1, 2, 6].map((accuracy, seed) => ({ seed, result: { metrics: { accuracy } } })),
  b: [{ seed: 0, result: { metrics: { accuracy: 4, extra: 1 } } }, {
    seed: 1,
    result: { metrics: { accuracy: 5 } },
  }],
};

Deno.test("values, mean and deviation are over the seeds that report the metric", () => {
  deepStrictEqual(valuesOf(outcomes, "a", "accuracy"), [1, 2, 6]);
  deepStrictEqual(valuesOf(outcomes, "b", "extra"), [1]);
  strictEqual(meanOf(outcomes, "a", "accuracy"), 3);
  strictEqual(deviationOf(outcomes, "a", "accuracy"), Math.sqrt(7));
  strictEqual(deviationOf(outcomes, "b", "extra"), 0);
});

Deno.test("what was not run or not reported has no values and no mean", () => {
  for (const [variant, metric] of [["c", "accuracy"], ["a", "extra"], ["toString", "length"]]) {
    deepStrictEqual(valuesOf(outcomes, variant, metric), []);
    strictEqual(meanOf(outcomes, variant, metric), NaN);
  }
});

Deno.test("a claim holds when all its parts do, by the smallest margin", () => {
  const parts = [claimPart("first", 0.5), claimPart("second", 0), claimPart("third", 0.2)];
  deepStrictEqual(claimOf("all", parts), { statement: "all", holds: true, margin: 0, parts });
  const failing = claimOf("all", [...parts, claimPart("fourth", -0.1)]);
  deepStrictEqual([failing.holds, failing.margin], [false, -0.1]);
});

Deno.test("parts that cannot be judged are left out, and a claim of none does not hold", () => {
  const claim = claimOf("all", [claimPart("first", 0.5), claimPart("unknown", NaN)]);
  deepStrictEqual(claim.parts.map(({ statement }) => statement), ["first"]);
  strictEqual(claim.holds, true);
  const empty = claimOf("all", [claimPart("unknown", NaN)]);
  deepStrictEqual(empty, { statement: "all", holds: false, margin: 0, parts: [] });
});
