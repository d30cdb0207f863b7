/** What claims ask of results. */
import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import type { Outcomes } from "../../learners/method.ts";
import {
  above,
  below,
  claimOf,
  claimPart,
  deviationOf,
  estimateOf,
  isJudged,
  meanOf,
  pairedDifferences,
  valuesOf,
} from "../../learners/outcomes.ts";

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

Deno.test("an estimate has mean, deviation and interval, in the unit that is asked for", () => {
  const { value, deviation, interval } = estimateOf(outcomes, "a", "accuracy", 100);
  deepStrictEqual([value, deviation], [300, 100 * Math.sqrt(7)]);
  // Of three seeds the bootstrap's interval is their range.
  deepStrictEqual(interval, [100, 600]);
  deepStrictEqual(estimateOf(outcomes, "b", "extra"), { value: 1 });
  deepStrictEqual(estimateOf(outcomes, "c", "accuracy"), { value: NaN });
});

Deno.test("differences are those of the seeds that both variants have", () => {
  deepStrictEqual(pairedDifferences(outcomes, ["a", "b"], "accuracy"), [-3, -3]);
  deepStrictEqual(pairedDifferences(outcomes, ["b", "a"], "accuracy"), [3, 3]);
  deepStrictEqual(pairedDifferences(outcomes, ["a", "b"], "extra"), []);
  deepStrictEqual(pairedDifferences(outcomes, ["a", "c"], "accuracy"), []);
  const shuffled: Outcomes = { a: outcomes.a, b: outcomes.b.toReversed() };
  deepStrictEqual(pairedDifferences(shuffled, ["a", "b"], "accuracy"), [-3, -3]);
  const later = { a: outcomes.a.slice(1), b: outcomes.b };
  deepStrictEqual(pairedDifferences(later, ["a", "b"], "accuracy"), [-3]);
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

Deno.test("parts that cannot be judged stay among the parts, and decide nothing", () => {
  const parts = [claimPart("first", 0.5), claimPart("unknown", NaN)];
  deepStrictEqual(claimOf("all", parts), { statement: "all", holds: true, margin: 0.5, parts });
  deepStrictEqual(parts.map(isJudged), [true, false]);
});

Deno.test("a claim none of whose parts can be judged is not judged either", () => {
  for (const parts of [[], [claimPart("unknown", NaN)]]) {
    const claim = claimOf("all", parts);
    deepStrictEqual(claim, { statement: "all", holds: false, margin: NaN, parts });
    strictEqual(isJudged(claim), false);
  }
});

Deno.test("margins count how often the effect that is asked for is there beyond it", () => {
  // A lead of 0.5 is asked for: none, half, all and twice of it.
  deepStrictEqual([0, 0.25, 0.5, 1].map((lead) => above(lead, 0.5)), [-1, -0.5, 0, 1]);
  // At most 0.5 is allowed.
  deepStrictEqual([0, 0.25, 0.5, 1].map((error) => below(error, 0.5)), [1, 0.5, 0, -1]);
  // Any lead will do, and 0.25 counts.
  deepStrictEqual([-0.25, 0, 0.5].map((lead) => above(lead, 0, 0.25)), [-1, 0, 2]);
  // A fall is asked for, to 0.5.
  deepStrictEqual([-1, -0.5, 0].map((fall) => above(fall, -0.5)), [-1, 0, 1]);
  strictEqual(above(NaN, 0.5), NaN);
});

Deno.test("a margin without a scale is refused", () => {
  for (const scale of [0, -1, NaN, Infinity]) {
    throws(() => above(1, 0, scale), new RegExp(`RangeError.*${scale}`));
    throws(() => below(1, 0, scale), new RegExp(`RangeError.*${scale}`));
  }
  throws(() => above(1, 0), /units of 0; expected a finite scale/);
});
