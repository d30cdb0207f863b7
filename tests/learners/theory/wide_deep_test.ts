/** Jobs of wide and deep networks, and what is concluded from them. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Outcomes, Series, Snapshot } from "../../../learners/method.ts";
import { isJudged } from "../../../learners/outcomes.ts";
import { wideDeep } from "../../../learners/theory/wide_deep.ts";
import { runJob } from "../method_job.ts";

const small = { samples: 120, otherSamples: [40], testPoints: 200, imageSize: 8, width: 32 };

/** A variant in a few seconds. */
const run = (variant: string, snapshot?: Snapshot) => runJob(wideDeep, variant, small, snapshot);

Deno.test("deep networks agree with their limits", async () => {
  const least = { optimal: 0.98, even: 0.99, offset: 0.97, "half-exponent": 0.97 };
  for (const [kind, share] of Object.entries(least)) {
    const { result: { metrics } } = await run(`simplex-3-${kind}`);
    ok(metrics["agreement with the limit"] >= share, `${kind}: ${JSON.stringify(metrics)}`);
  }
});

Deno.test("the optimal activation's exponent is the dimension, also where that is estimated", async () => {
  for (const data of ["simplex-5", "poses"]) {
    const { result: { metrics } } = await run(`${data}-optimal`);
    ok(Math.abs(metrics["singular exponent"] - metrics.dimension) < 1e-9);
  }
});

Deno.test("a job that is interrupted after its first size goes on to the same result", async () => {
  const whole = await run("simplex-2-optimal");
  strictEqual(whole.events.length, 2);
  const resumed = await run("simplex-2-optimal", whole.snapshots[0]);
  deepStrictEqual(resumed.result, whole.result);
  deepStrictEqual(resumed.events, whole.events.slice(1));
  deepStrictEqual(whole.result.series?.["test accuracy"].x, [40, 120]);
});

Deno.test("where no posture is more frequent, the majority's vote is undecided, and said to be", async () => {
  const { result: { metrics } } = await run("poses-majority");
  deepStrictEqual([metrics.undecided, metrics["test accuracy"]], [1, 0]);
});

Deno.test("decision functions are drawn within −1 and 1 on the arc, and with the labels", async () => {
  const { result: { series } } = await run("checkerboard-depth-1");
  ok(series);
  ok(series["decision function"].y.every((value) => Math.abs(value) <= 1));
  strictEqual(series["labels on the arc"].x.length, 30);
  strictEqual((await run("simplex-3-depth-1")).result.series?.["decision function"], undefined);
});

Deno.test("a finite network's kernel is farther from the infinite one with each layer", async () => {
  const { result: { series } } = await run("simplex-2-finite-width");
  const errors = series?.["kernel error"].y ?? [];
  strictEqual(errors.length, 3);
  ok(errors.every((error) => error > 0 && Number.isFinite(error)), `${errors}`);
});

/** Results of one seed: accuracy, and what else is told. */
function result(
  accuracy: number,
  metrics: Readonly<Record<string, number>> = {},
  excess: readonly number[] = [],
): Outcomes[string] {
  const curve: Series = { x: excess.map((_, i) => i), y: excess };
  const series: Record<string, Series> = excess.length > 0 ? { "excess error": curve } : {};
  return [{ seed: 1, result: { metrics: { "test accuracy": accuracy, ...metrics }, series } }];
}

const agreed = (share: number) => ({ "agreement with the limit": share, dimension: 1 });

const good: Outcomes = {
  "simplex-2-optimal": result(0.74, agreed(0.995), [0.037, 0.02]),
  "simplex-2-hilbert": result(0.739),
  "simplex-2-nearest-neighbour": result(0.68, {}, [0.087, 0.082]),
  "simplex-2-even": result(0.68, agreed(1)),
  "simplex-2-offset": result(0.6, agreed(1)),
  "checkerboard-optimal": result(0.86),
  "checkerboard-depth-1": result(0.61),
};

const margins = (outcomes: Outcomes) =>
  wideDeep.claim(outcomes).parts.map(({ margin }) => Number(margin.toFixed(4)));

Deno.test("the claim's parts are judged in units of what they ask for", () => {
  const [hilbert, lead, even, offset, curve, slope, fine] = margins(good);
  // (0.995 − 0.99)/0.01; (0.06 − 0.04)/0.04; (1 − 0.98)/0.02; 0; (0.01 − 0.005)/0.01; (0.25 − 0.1)/0.1.
  deepStrictEqual([hilbert, lead, even, offset, curve, fine], [0.5, 0.5, 1, 0, 0.5, 1.5]);
  ok(slope > 0 && slope <= 1, "ψ falls by the power −1");
  strictEqual(wideDeep.claim(good).holds, true);
});

Deno.test("each part fails by what it speaks of, and on the worst data", () => {
  const failing: [string, Outcomes[string], number][] = [
    ["simplex-2-hilbert", result(0.72), 0],
    ["simplex-2-nearest-neighbour", result(0.72, {}, [0.087, 0.082]), 1],
    ["simplex-2-even", result(0.68, agreed(0.9)), 2],
    ["simplex-9-offset", result(0.6, agreed(0.99)), 3],
    ["simplex-2-optimal", result(0.74, agreed(0.995), [0.02, 0.04]), 4],
    ["checkerboard-depth-1", result(0.8), 6],
  ];
  for (const [variant, changed, part] of failing) {
    const claim = wideDeep.claim({ ...good, [variant]: changed });
    deepStrictEqual(claim.parts.map(({ holds }) => holds), claim.parts.map((_, i) => i !== part));
    strictEqual(claim.holds, false);
  }
});

Deno.test("what was not run is not judged", () => {
  const { "simplex-2-optimal": optimal } = good;
  const claim = wideDeep.claim({ "simplex-2-optimal": optimal });
  deepStrictEqual(claim.parts.map(isJudged), [false, false, false, false, false, true, false]);
});

Deno.test("the table of activations says what depth makes of each", () => {
  const table = wideDeep.tables?.({}).find(({ title }) => title.startsWith("Activations"));
  ok(table);
  const limits = Object.fromEntries(table.rows.map((row) => [row[0], row[row.length - 1]]));
  strictEqual(limits["tanh"], "singular kernel");
  strictEqual(limits["ReLU"], "majority vote");
  strictEqual(limits["h₂"], "nearest neighbour");
  strictEqual(limits["none"], "linear");
});
