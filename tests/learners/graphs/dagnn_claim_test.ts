/** What is concluded and drawn from DAGNN's results, and how little the backend matters to them. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { dagnn } from "../../../learners/graphs/dagnn.ts";
import type { Outcomes } from "../../../learners/method.ts";
import { isJudged } from "../../../learners/outcomes.ts";
import { readyBackend } from "../../../learners/nn/backend.ts";
import { type JobRun, runJob } from "../method_job.ts";

/** Accuracies as the method's inventors would like them. */
const good: Readonly<Record<string, readonly number[]>> = {
  "gcn-2": [0.88, 0.92],
  "gcn-4": [0.9, 0.94],
  "gcn-16": [0.2, 0.3],
  "appnp": [0.9, 0.9],
  "dagnn-2": [0.7, 0.72],
  "dagnn-5": [0.87, 0.87],
  "dagnn-10": [0.91, 0.91],
  "dagnn-20": [0.92, 0.94],
  "dagnn-50": [0.91, 0.91],
  "last-hop-50": [0.8, 0.84],
};

function outcomesOf(accuracies: Readonly<Record<string, readonly number[]>>): Outcomes {
  const seeds = (values: readonly number[]) =>
    values.map((accuracy, seed) => ({ seed, result: { metrics: { "test accuracy": accuracy } } }));
  return Object.fromEntries(
    Object.entries(accuracies).map(([variant, values]) => [variant, seeds(values)]),
  );
}

const margins = (outcomes: Outcomes) =>
  dagnn.claim(outcomes).parts.map(({ margin }) => Number(margin.toFixed(6)));

Deno.test("the claim's parts are judged by the means over seeds, in units of what they ask for", () => {
  const claim = dagnn.claim(outcomesOf(good));
  // The smaller of (0.92 − 0.25 − 0.3)/0.3 and (0.91 − 0.93 + 0.03)/0.03; (0.93 − 0.90 − 0.01)/0.01;
  // (0.91 − 0.82 − 0.05)/0.05; (0.93 − 0.71 − 0.1)/0.1; nothing of Cora.
  deepStrictEqual(margins(outcomesOf(good)), [0.333333, 2, 0.8, 1.2, NaN]);
  strictEqual(claim.holds, true);
  strictEqual(Number(claim.margin.toFixed(6)), 0.333333);
});

Deno.test("one failing part fails the claim, by its margin", () => {
  const failing: [string, readonly number[], number, number][] = [
    ["gcn-16", [0.7], 0, -0.266667],
    ["dagnn-5", [0.99], 0, -1.666667],
    ["appnp", [0.95], 1, -3],
    ["gcn-2", [0.95], 1, -3],
    ["last-hop-50", [0.9], 2, -0.8],
    ["dagnn-2", [0.9], 3, -0.7],
  ];
  for (const [variant, accuracies, part, margin] of failing) {
    const claim = dagnn.claim(outcomesOf({ ...good, [variant]: accuracies }));
    const judged = claim.parts.filter(isJudged).map(({ holds }) => holds);
    deepStrictEqual(judged, [0, 1, 2, 3].map((p) => p !== part));
    strictEqual(claim.holds, false);
    strictEqual(Number(claim.margin.toFixed(6)), margin, variant);
  }
});

Deno.test("parts that speak of variants that were not run are not judged", () => {
  const { "dagnn-2": few, "dagnn-20": many } = good;
  const some = margins(outcomesOf({ "dagnn-2": few, "dagnn-20": many }));
  deepStrictEqual(some, [NaN, NaN, NaN, 1.2, NaN]);
  strictEqual(isJudged(dagnn.claim({})), false);
  strictEqual(dagnn.claim({}).holds, false);
});

Deno.test("figures show accuracy and smoothness against depth with the spread over seeds", () => {
  const outcomes = outcomesOf(good);
  const [accuracy] = dagnn.figures(outcomes);
  ok(accuracy.kind === "line");
  deepStrictEqual(accuracy.traces.map(({ name, x }) => [name, x]), [
    ["GCN", [2, 4, 16]],
    ["DAGNN", [2, 5, 10, 20, 50]],
  ]);
  const [gcn] = accuracy.traces;
  deepStrictEqual(gcn.y.map((y) => Number(y.toFixed(6))), [0.9, 0.92, 0.25]);
  deepStrictEqual(gcn.spread!.map((s) => Number(s.toFixed(6))), [0.028284, 0.028284, 0.070711]);
});

Deno.test("the smoke profile runs on cpu and wasm, to the same curves, and is drawn", async () => {
  const { config, variants } = dagnn.profiles.smoke;
  const runs: Record<string, Record<string, JobRun>> = {};
  for (const backend of ["cpu", "wasm"] as const) {
    await readyBackend(backend);
    runs[backend] = {};
    for (const variant of variants) runs[backend][variant] = await runJob(dagnn, variant, config);
  }
  for (const variant of variants) {
    const [cpu, wasm] = [runs.cpu[variant], runs.wasm[variant]];
    strictEqual(wasm.events.length, cpu.events.length);
    wasm.events.forEach(({ metrics }, epoch) => {
      for (const name of ["loss", "validation loss"]) {
        const difference = Math.abs(metrics[name] - cpu.events[epoch].metrics[name]);
        ok(difference < 1e-4, `${variant}, epoch ${epoch}: ${name} differs by ${difference}`);
      }
    });
  }
  const { result } = runs.wasm.dagnn;
  const graph = dagnn.figures({ dagnn: [{ seed: 3, result }] }).find(({ kind }) =>
    kind === "graph"
  );
  ok(graph?.kind === "graph");
  strictEqual(graph.positions.length, config.nodes);
  strictEqual(graph.sizes!.length, config.nodes);
  ok(graph.edges.every((edge) => edge.every((node) => graph.positions[node] !== undefined)));
  ok(result.metrics["effective radius"] > 0 && result.metrics["effective radius"] < 3);
});
