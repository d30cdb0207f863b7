/** What is concluded and drawn from MIP's results, and how little the backend matters to them. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { mip } from "../../../learners/hypernetworks/mip.ts";
import { names } from "../../../learners/hypernetworks/mip_report.ts";
import type { Outcomes } from "../../../learners/method.ts";
import { readyBackend } from "../../../learners/nn/backend.ts";
import { isJudged } from "../../../learners/outcomes.ts";
import { type JobRun, runJob } from "../method_job.ts";

type Numbers = Readonly<Record<string, readonly number[]>>;

/** Results as the method's inventors would like them: of each variant, metrics by seed. */
const good: Readonly<Record<string, Numbers>> = {
  "default-sgd": {
    [names.slope]: [1, 1, 1],
    [names.gradientSpread]: [9, 8, 30],
    [names.stepsToBound]: [500, 600, 1025],
    [names.halfway]: [0.05, 0.06, 0.9],
  },
  "mip-sgd": {
    [names.slope]: [0.01, -0.02, 0],
    [names.gradientSpread]: [3, 2, 3],
    [names.stepsToBound]: [300, 300, 325],
    [names.halfway]: [0.03, 0.03, 0.02],
  },
  "default-sgd-light-first": { [names.gradientSpread]: [30, 40, 50] },
  "mip-sgd-light-first": { [names.gradientSpread]: [2, 2.5, 3] },
  "default-adam": { [names.slope]: [1, 1, 1], [names.error]: [0.02, 0.02, 0.03] },
  "mip-adam": { [names.slope]: [0.01, -0.02, 0], [names.error]: [0.01, 0.01, 0.09] },
};

function outcomesOf(numbers: Readonly<Record<string, Numbers>>): Outcomes {
  const seeds = (values: Numbers) =>
    [0, 1, 2].map((seed) => {
      const metrics = Object.fromEntries(
        Object.entries(values).map(([name, ofSeeds]) => [name, ofSeeds[seed]]),
      );
      return { seed, result: { metrics } };
    });
  return Object.fromEntries(
    Object.entries(numbers).map(([variant, values]) => [variant, seeds(values)]),
  );
}

const changed = (variant: string, metric: string, values: readonly number[]) =>
  outcomesOf({ ...good, [variant]: { ...good[variant], [metric]: values } });

const margins = (outcomes: Outcomes) =>
  mip.claim(outcomes).parts.map(({ margin }) => Number(margin.toFixed(6)));

Deno.test("the claim's parts are judged by medians over seeds, in units of what they ask for", () => {
  // The smaller of (0.001 − 0)/0.001 and (0.05 − 0.02)/0.05; (9/3 − 2)/2; the smaller of 40/10 − 1 and
  // (5 − 2.5)/5; (600/300)/(1/0.9) − 1; (0.06/0.03)/1.3 − 1; (0.02/0.01)/1.25 − 1.
  const claim = mip.claim(outcomesOf(good));
  deepStrictEqual(margins(outcomesOf(good)), [0.6, 0.5, 0.5, 0.8, 0.538462, 0.6]);
  strictEqual(claim.holds, true);
});

Deno.test("one failing part fails the claim, whichever it is", () => {
  const failing: [number, Outcomes][] = [
    [0, changed("mip-adam", names.slope, [0.01, 0, -0.06])],
    [0, changed("default-sgd", names.slope, [1, 1, 0.99])],
    [1, changed("default-sgd", names.gradientSpread, [5, 5, 50])],
    [2, changed("mip-sgd-light-first", names.gradientSpread, [6, 6, 2])],
    [3, changed("mip-sgd", names.stepsToBound, [600, 600, 300])],
    [4, changed("mip-sgd", names.halfway, [0.05, 0.05, 0.01])],
    [5, changed("mip-adam", names.error, [0.017, 0.017, 0])],
  ];
  for (const [part, outcomes] of failing) {
    const { holds, parts } = mip.claim(outcomes);
    deepStrictEqual(parts.map((each) => each.holds), [0, 1, 2, 3, 4, 5].map((p) => p !== part));
    strictEqual(holds, false);
  }
});

Deno.test("parts that speak of variants that were not run are not judged", () => {
  const { "mip-adam": few, "default-adam": many } = good;
  const { parts } = mip.claim(outcomesOf({ "mip-adam": few, "default-adam": many }));
  deepStrictEqual(parts.map(isJudged), [true, false, false, false, false, true]);
});

/**
 * How far backends may differ, as a share of the error. A norm over the four γ of a step divides by what may be
 * next to nothing, and magnifies rounding.
 */
const tolerance = (variant: string) => variant.endsWith("-norm") ? 0.05 : 1e-3;

Deno.test("the smoke profile runs on cpu and wasm, to the same curves, and is drawn", async () => {
  const { config, variants } = mip.profiles.smoke;
  const runs: Record<string, Record<string, JobRun>> = {};
  for (const backend of ["cpu", "wasm"] as const) {
    await readyBackend(backend);
    runs[backend] = {};
    for (const variant of variants) runs[backend][variant] = await runJob(mip, variant, config);
  }
  for (const variant of variants) {
    const [cpu, wasm] = [runs.cpu[variant], runs.wasm[variant]];
    strictEqual(wasm.events.length, 4);
    wasm.events.forEach(({ metrics }, i) => {
      const expected = cpu.events[i].metrics[names.error];
      const difference = Math.abs(metrics[names.error] - expected) / expected;
      ok(difference < tolerance(variant), `${variant}, test ${i}: differs by ${difference}`);
    });
  }
  const outcomes: Outcomes = Object.fromEntries(
    variants.map((variant) => [variant, [{ seed: 3, result: runs.wasm[variant].result }]]),
  );
  const [scales, learning, tracking, circles] = mip.figures(outcomes);
  ok(scales.kind === "panels" && learning.kind === "panels" && circles.kind === "panels");
  ok(tracking.kind === "line");
  const lines = (panels: typeof scales.panels) =>
    panels.map((panel) => panel.kind === "line" ? panel.traces.map(({ name }) => name) : []);
  const arms = ["default", "encoding alone", "additive output alone", "MIP"];
  deepStrictEqual(lines(scales.panels), [arms, arms]);
  deepStrictEqual(lines(learning.panels), [arms, arms]);
  strictEqual(circles.panels.length, 5);
  deepStrictEqual(tracking.traces.map(({ name }) => name), ["knob turned", "knob held"]);
  const [table] = mip.tables!(outcomes);
  deepStrictEqual(table.rows.map(([variant]) => variant), [...variants]);
});

Deno.test("lines of errors are medians with the range over seeds", () => {
  const seeds = [[1, 0.5], [2, 0.1], [9, 0.2]].map((y, seed) => ({
    seed,
    result: { metrics: {}, series: { [names.error]: { x: [50, 100], y } } },
  }));
  const [figure] = mip.figures({ "mip-adam": seeds });
  ok(figure.kind === "panels" && figure.panels.length === 1);
  const [panel] = figure.panels;
  ok(panel.kind === "line");
  deepStrictEqual(panel.traces, [{
    name: "MIP",
    x: [50, 100],
    y: [2, 0.2],
    interval: [[1, 9], [0.1, 0.5]],
  }]);
});
