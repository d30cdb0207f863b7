/** The parts of a run's page that need no browser: what it says of a run, and what it draws. */
import assert from "node:assert/strict";
import type { LaboratoryRun } from "../../cluster/protocol.ts";
import { rangeOfCurves } from "../../viewer/web/laboratory/mean_curve.ts";
import { writeCell, writeColumn } from "../../viewer/web/run/cells.ts";
import { configurationEntries } from "../../viewer/web/run/configuration.ts";
import { figureLines } from "../../viewer/web/run/figure_lines.ts";
import { findingsOf } from "../../viewer/web/run/findings.ts";
import { jobLines } from "../../viewer/web/run/job_lines.ts";
import {
  groupsOf,
  isSettled,
  ownVariant,
  type SentFigureData,
  type SentJob,
  type SentLibraryRun,
  variantsOf,
} from "../../viewer/web/run/run_document.ts";
import { trendOf } from "../../viewer/web/run/trend.ts";
import { keyedRange, within } from "../../viewer/web/run/zoom.ts";

const job = (change: Partial<SentJob> = {}): SentJob => ({
  name: "reste-s1",
  variant: "reste",
  seed: 1,
  state: "done",
  step: 18,
  steps: 18,
  attempts: 0,
  ...change,
});

const metric = (mean: number | null, ...values: number[]) => ({
  mean,
  std: 0,
  values,
  interval: [0.9, 0.93] as const,
});

const cost = { seconds: 6, tensorBytes: 0, multiplyAdds: null };

function libraryRun(change: Partial<SentLibraryRun> = {}): SentLibraryRun {
  const variant = (mean: number) => ({
    description: "",
    seeds: [1, 2],
    metrics: { accuracy: metric(mean, 0.9, 0.92) },
    cost,
  });
  return {
    type: "run",
    kind: "library",
    run: "reste-1",
    title: "reste-desk",
    source: "folder",
    state: "finished",
    began: "",
    configuration: {},
    code: "",
    backend: "wasm",
    device: "",
    seconds: 12,
    jobs: { total: 1, finished: 1, list: [job()] },
    metrics: ["loss"],
    log: { total: 0, lines: [] },
    method: "reste",
    profile: "desk",
    summary: "",
    paper: { title: "", authors: "", year: 2023 },
    citation: "",
    results: {
      claim: {
        statement: "the estimator matters",
        holds: true,
        margin: 1.5,
        parts: [
          { statement: "above the other", holds: true, margin: 1.5 },
          { statement: "at full scale", holds: false, margin: null },
        ],
      },
      missing: ["ede"],
      failures: [],
      variants: { float32: variant(0.95), reste: variant(0.912) },
      tables: { total: 0, list: [] },
      figures: { total: 0, list: [] },
    },
    ...change,
  };
}

const points = (y: number[]) => ({ x: y.map((_, i) => 10 * i), y });

Deno.test("a curve's trend is told from its beginning and its end, whatever its noise", () => {
  const decay = Array.from({ length: 40 }, (_, i) => Math.exp(-i / 5) + 0.01 * (i % 2));
  assert.deepEqual(
    { ...trendOf(points(decay)), first: undefined, last: undefined },
    { first: undefined, last: undefined, direction: "falls", isSettled: true },
  );
  const climb = trendOf(points([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
  assert.equal(climb?.direction, "rises");
  assert.equal(climb?.isSettled, false);
  assert.deepEqual(climb?.last, { place: 100, value: 10 });
  const noise = Array.from({ length: 50 }, (_, i) => i % 2);
  assert.equal(trendOf(points(noise))?.direction, "level");
  assert.equal(trendOf(points([3, 3, 3]))?.direction, "level");
  assert.equal(trendOf(points([1])), undefined, "one measurement is no trend");
});

Deno.test("three questions are answered: is it learning, how good is it, does the claim hold", () => {
  const curve = { metric: "loss", variant: "reste", points: points([2, 1, 0.5, 0.4, 0.4, 0.4]) };
  const [learning, score, claim] = findingsOf(libraryRun(), curve);
  assert.equal(learning.answer, "loss has fallen");
  assert.match(learning.reason, /^reste: 2\.00 → 0\.400 in 50 steps/);
  assert.equal(score.answer, "0.912", "of the method's own variant, which is not the first");
  assert.equal(
    score.reason,
    "accuracy of reste; 95 % interval 0.900 to 0.930, 2 seeds; beside float32 0.950",
  );
  assert.deepEqual([claim.answer, claim.level], ["Shown", "good"]);
  assert.equal(claim.reason, "1 of 2 parts shown, 1 not judged, without ede");
});

Deno.test("what cannot be told yet is not judged", () => {
  assert.deepEqual(findingsOf(undefined, undefined).map(({ answer }) => answer), [
    "Too early to say",
  ]);
  const running = libraryRun({ state: "running", results: null });
  assert.deepEqual(findingsOf(running, undefined).map(({ answer }) => answer), [
    "Too early to say",
    "No results yet",
    "Not judged yet",
  ]);
  const { results } = libraryRun();
  assert.ok(results);
  const claim = { ...results.claim, holds: false, margin: null };
  const [, , unjudged] = findingsOf(libraryRun({ results: { ...results, claim } }), undefined);
  assert.deepEqual([unjudged.answer, unjudged.level], ["Not judged", "quiet"]);
  const broken = libraryRun({ results: null, problem: "made by an earlier version" });
  assert.equal(findingsOf(broken, undefined)[1].reason, "made by an earlier version");
  assert.equal(findingsOf(broken, undefined)[0].answer, "Not recorded");
});

Deno.test("an arm's run is as good as its last held-out trials in its own engine", () => {
  const { method: _m, profile: _p, summary: _s, paper: _a, citation: _c, ...rest } = libraryRun();
  const evaluation = (stage: "before" | "after", engine: string, finalError: number) => ({
    type: "evaluation" as const,
    stage,
    update: stage === "before" ? 0 : 20,
    engine,
    trials: 4,
    measures: { finalError },
  });
  const [, accuracy, none] = findingsOf({
    ...rest,
    kind: "sim",
    task: "reach",
    controller: "bilateral",
    engine: "cannon",
    seed: 1,
    evaluations: [
      evaluation("before", "cannon", 0.4),
      evaluation("after", "equations", 0.1),
      evaluation("after", "cannon", 0.02),
    ],
    results: null,
  }, undefined);
  assert.equal(accuracy.answer, "2.00 cm");
  assert.match(accuracy.reason, /in cannon; 40\.00 cm before the training, so far$/);
  assert.equal(none, undefined, "nothing is claimed of an arm");
});

const axes = { xLabel: "step", yLabel: "loss" };
const trace = (name: string, x: number[], y: (number | null)[]) => ({ name, x, y });
const named = { title: "A figure", caption: "" };

Deno.test("lines are drawn with their bands, and what has no number is a gap", () => {
  const drawn = figureLines({
    ...named,
    ...axes,
    kind: "line",
    traces: [
      { ...trace("a", [0, 1], [1, null]), spread: [0.5, 0.5] },
      { ...trace("b", [0, 1], [2, 3]), interval: [[1, 4], [2, 5]] },
    ],
    marks: [trace("goal", [1], [0])],
  });
  assert.ok(drawn);
  const [{ lines }] = drawn.parts;
  assert.deepEqual(drawn.names, ["a", "b", "goal"]);
  assert.deepEqual(lines.map(({ form, category }) => [form, category]), [
    ["line", 0],
    ["line", 1],
    ["points", 2],
  ]);
  assert.deepEqual(lines[0].y, [1, NaN]);
  assert.deepEqual(lines[0].band, { low: [0.5, NaN], high: [1.5, NaN] });
  assert.deepEqual(lines[1].band, { low: [1, 2], high: [4, 5] });
});

Deno.test("paths, maps and points above one another are left to the picture", () => {
  const line = (x: number[], change = {}): SentFigureData => ({
    ...named,
    ...axes,
    kind: "line",
    traces: [trace("hand", x, x)],
    ...change,
  });
  assert.equal(figureLines(line([0, 1, 0.5])), undefined, "it goes back");
  assert.equal(figureLines(line([0, 1], { equalScales: true })), undefined);
  const scatter = (x: number[]): SentFigureData => ({
    ...named,
    ...axes,
    kind: "scatter",
    traces: [trace("jobs", x, [1, 2, 3])],
  });
  assert.deepEqual(figureLines(scatter([2, 0, 1]))?.parts[0].lines[0].y, [2, 3, 1], "in order");
  assert.equal(figureLines(scatter([2, 0, 2])), undefined);
  const panels = (common?: "x"): SentFigureData => ({
    ...named,
    kind: "panels",
    columns: 2,
    panels: [
      { title: "left", ...axes, kind: "line", traces: [trace("a", [0, 1], [0, 1])] },
      { title: "right", ...axes, kind: "line", traces: [trace("b", [0, 1], [0, 1])] },
    ],
    ...common && { common },
  });
  const drawn = figureLines(panels());
  assert.deepEqual(drawn?.parts.map(({ title }) => title), ["left", "right"]);
  assert.deepEqual(drawn?.names, ["a", "b"], "one key for all");
  assert.equal(drawn?.parts[1].lines[0].category, 1);
  assert.equal(figureLines(panels("x")), undefined, "a common range is the picture's business");
});

Deno.test("a chart can be looked at closely, but not beyond its ends", () => {
  assert.deepEqual(within([2, 4], [0, 10]), [2, 4]);
  assert.deepEqual(within([-1, 3], [0, 10]), [0, 4], "moved back to the beginning");
  assert.deepEqual(within([9, 12], [0, 10]), [7, 10]);
  assert.equal(within([-5, 20], [0, 10]), undefined, "that is all of it");
  const closer = keyedRange("+", [0, 10], [0, 10]);
  assert.deepEqual(closer, [2, 8]);
  assert.equal(keyedRange("-", [2, 8], [0, 10]), undefined, "and back again");
  assert.deepEqual(keyedRange("ArrowRight", [0, 5], [0, 10]), [1, 6]);
  assert.equal(keyedRange("Escape", [2, 4], [0, 10]), undefined);
  assert.equal(keyedRange("a", [2, 4], [0, 10]), null);
});

Deno.test("the band about a mean reaches from the lowest seed to the highest", () => {
  const seeds = [{ x: [0, 10], y: [0, 10] }, { x: [0, 5, 10], y: [4, 1, 0] }, { x: [], y: [] }];
  assert.deepEqual(rangeOfCurves(seeds, [0, 5, 10]), { low: [0, 1, 0], high: [4, 5, 10] });
});

Deno.test("live jobs come first, with what only the document knows; without them those of the document", () => {
  const id = "a".repeat(40);
  const live: LaboratoryRun["list"][number] = {
    id,
    name: "reste-s1",
    state: "done",
    step: 18,
    steps: 18,
    attempts: 1,
  };
  const failed: LaboratoryRun["list"][number] = {
    ...live,
    id: "b".repeat(40),
    state: "failed",
    end: "out-of-memory",
    message: "8 GiB",
  };
  const known = job({ id, metrics: { accuracy: 0.9 }, seconds: 6, checkpoint: { step: 18 } });
  const jobs = { total: 1, finished: 1, list: [known] };
  const [done, lost] = jobLines([live, failed], { jobs });
  assert.deepEqual([done.result, done.seconds, done.hasCheckpoint], [0.9, 6, true]);
  assert.equal(lost.reason, "out of memory: 8 GiB");
  assert.ok(Number.isNaN(lost.result));
  const [kept] = jobLines([], { jobs: { ...jobs, list: [job({ state: "unknown" })] } });
  assert.equal(kept.standing, "not known");
  assert.deepEqual(jobLines([], undefined), []);
});

Deno.test("a run's variants stand as their jobs do", () => {
  const list = [
    job(),
    job({ name: "reste-s2", state: "running", step: 9 }),
    job({ name: "ste-s1", variant: "ste", state: "failed", step: 3 }),
  ];
  const jobs = { total: 3, finished: 1, list };
  assert.deepEqual(variantsOf({ jobs }), ["reste", "ste"]);
  const [reste, ste] = groupsOf({ jobs });
  assert.deepEqual([reste.total, reste.progress, reste.jobs.done], [2, 0.75, 1]);
  assert.deepEqual([ste.jobs.failed, ste.progress], [1, 3 / 18]);
  assert.equal(ownVariant(["float32", "reste"], "reste"), "reste");
  assert.equal(ownVariant(["plain", "bilateral"], "ppo"), "plain");
  assert.ok(isSettled({ state: "finished" }) && !isSettled({ state: "unknown" }));
});

Deno.test("cells are written with as many digits as they need", () => {
  assert.equal(writeColumn({ label: "error", unit: "cm" }), "error (cm)");
  assert.equal(writeCell(-2.71828, {}), "−2.718");
  assert.equal(writeCell(204800, {}), "204800");
  assert.equal(writeCell(null, {}), "–");
  assert.equal(writeCell({ p: 0.0002 }, {}), "< 0.001");
  assert.equal(
    writeCell({ value: 2.763, interval: [2.5, null], deviation: 0.31 }, { decimals: 2 }),
    "2.76 ± 0.31 [2.50, –]",
  );
});

Deno.test("what is nested in a configuration is named by its path", () => {
  assert.deepEqual(
    configurationEntries({ units: 64, optimiser: { name: "adam", betas: [0.9, 0.999] }, none: {} }),
    [
      { name: "units", value: "64" },
      { name: "optimiser.name", value: "adam" },
      { name: "optimiser.betas", value: "0.9, 0.999" },
      { name: "none", value: "{}" },
    ],
  );
});
