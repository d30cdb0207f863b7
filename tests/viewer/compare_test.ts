/** The comparison of runs, as far as it needs no browser: what is asked for, in which order, what it comes to. */
import assert from "node:assert/strict";
import { documentLimits } from "../../cluster/documents.ts";
import { writeAmount, writeDifference, writeInterval } from "../../viewer/web/compare/amounts.ts";
import { placeOn, scaleOf } from "../../viewer/web/compare/estimate_plot.ts";
import { firstDrawn, groupsOf, sideBySide } from "../../viewer/web/compare/groups.ts";
import { handPathsOf } from "../../viewer/web/compare/hand_paths.ts";
import { measureRows } from "../../viewer/web/compare/measure_rows.ts";
import { differingSettings } from "../../viewer/web/compare/settings.ts";
import {
  mostRuns,
  noWish,
  readWish,
  toggleRun,
  type Wish,
  writeWish,
} from "../../viewer/web/compare/wish.ts";
import { readAddress } from "../../viewer/web/router.ts";
import type { SentLibraryRun, SentRun, SentSimRun } from "../../viewer/web/run/run_document.ts";

type Results = NonNullable<SentLibraryRun["results"]>;

/** A method's run with these variants, each with two seeds. */
function libraryRun(
  run: string,
  variants: readonly string[],
  change: Partial<SentLibraryRun> = {},
): SentLibraryRun {
  const job = (variant: string, seed: number): SentLibraryRun["jobs"]["list"][number] => ({
    name: `${variant}-s${seed}`,
    variant,
    seed,
    state: "done",
    step: 10,
    steps: 10,
    attempts: 0,
  });
  const list = [1, 2].flatMap((seed) => variants.map((variant) => job(variant, seed)));
  return {
    type: "run",
    kind: "library",
    run,
    title: "reste-desk",
    source: "folder",
    state: "finished",
    began: "",
    configuration: { epochs: 18, network: { units: 64, layers: [64, 64] } },
    code: "1",
    backend: "wasm",
    device: "any",
    seconds: 1,
    jobs: { total: list.length, finished: list.length, list },
    metrics: ["loss"],
    log: { total: 0, lines: [] },
    method: "reste",
    profile: "desk",
    summary: "",
    paper: { title: "", authors: "", year: 2023 },
    citation: "",
    results: null,
    ...change,
  };
}

const results = (
  variants: Results["variants"],
  figures: Results["figures"]["list"] = [],
): Results => ({
  claim: { statement: "", holds: true, margin: 1, parts: [] },
  missing: [],
  failures: [],
  variants,
  tables: { total: 0, list: [] },
  figures: { total: figures.length, list: figures },
});

const variant = (metrics: Results["variants"][string]["metrics"]): Results["variants"][string] => ({
  description: "",
  seeds: [1, 2],
  metrics,
  cost: { seconds: 1, tensorBytes: 0, multiplyAdds: null },
});

const summary = (mean: number | null, interval: [number, number] | null = null) => ({
  mean,
  std: 0,
  values: [mean, mean],
  interval,
});

const simRun: SentSimRun = {
  type: "run",
  kind: "sim",
  run: "arm",
  title: "reach-bilateral",
  source: "ledger",
  state: "finished",
  began: "",
  configuration: { task: "reach", seed: 3 },
  code: "1",
  backend: "wasm",
  device: "any",
  seconds: 1,
  jobs: {
    total: 1,
    finished: 1,
    list: [{
      name: "sim",
      variant: "",
      seed: 3,
      state: "done",
      step: 1,
      steps: 1,
      attempts: 0,
      metrics: { finalError: 0.02, ldlj: null },
    }],
  },
  metrics: ["final error (m)"],
  log: { total: 0, lines: [] },
  task: "reach",
  controller: "bilateral",
  engine: "cannon",
  seed: 3,
  evaluations: [],
  results: null,
};

Deno.test("what is compared stands in the address, and is read as it was written", () => {
  const wish: Wish = {
    runs: ["reste-1", "biper-1"],
    metric: "validation loss",
    measure: "accuracy, %",
    reference: { run: "reste-1", variant: "full:precision" },
  };
  const address = writeWish(wish);
  assert.match(address, /^#\/compare\?runs=reste-1,biper-1&/);
  assert.deepEqual(readWish(readAddress(address)!.parameters), wish);
  assert.equal(writeWish(noWish), "#/compare");
  assert.deepEqual(readWish(new URLSearchParams()), noWish);
  const sim: Wish = { runs: ["sim-1"], reference: { run: "sim-1", variant: "" } };
  assert.deepEqual(readWish(readAddress(writeWish(sim))!.parameters), sim, "a run of no variants");
});

Deno.test("of an address only what can be runs is asked for, each once, and no more than the server opens", () => {
  const hostile = [
    "<img src=x>",
    "../../etc/passwd",
    "a".repeat(121),
    "a%2Fb",
    "",
    "good-1",
    "good-1",
  ];
  const read = readWish(
    new URLSearchParams({ runs: hostile.join(","), reference: "../x:v", metric: "" }),
  );
  assert.deepEqual(read, { runs: ["good-1"] });
  const many = Array.from({ length: 40 }, (_, i) => `run-${i}`);
  assert.deepEqual(readWish(new URLSearchParams({ runs: many.join(",") })).runs, many.slice(0, 12));
  assert.equal(mostRuns, documentLimits.compared);
});

Deno.test("a run is chosen and put back, and takes its reference with it", () => {
  const one = toggleRun(noWish, "a");
  const two = { ...toggleRun(one, "b"), reference: { run: "a", variant: "v" } };
  assert.deepEqual(two.runs, ["a", "b"]);
  assert.deepEqual(toggleRun(two, "b").reference, two.reference);
  assert.equal(toggleRun(two, "a").reference, undefined);
  const full = { runs: Array.from({ length: mostRuns }, (_, i) => `${i}`) };
  assert.equal(toggleRun(full, "more"), full, "one too many changes nothing");
});

Deno.test("variants of one name come together, first what comes first in any run", () => {
  const first = libraryRun("a", ["reste", "ste", "float32"]);
  const second = libraryRun("b", ["ste", "biper"]);
  const groups = groupsOf([first, undefined, second]);
  assert.deepEqual(groups.map(({ label }) => label), [
    "A · reste",
    "A · ste",
    "C · ste",
    "C · biper",
    "A · float32",
  ]);
  assert.deepEqual(groups.map(({ category }) => category), [0, 1, 2, 3, 4]);
  assert.deepEqual(groupsOf([simRun]).map(({ label }) => label), ["A · reach-bilateral"]);
  const items = [{ run: "a", name: "x" }, { run: "a", name: "y" }, { run: "b", name: "y" }];
  assert.deepEqual(
    sideBySide(items, ({ name }) => name).map(({ run, name }) => run + name),
    ["ax", "ay", "by"],
  );
});

Deno.test("of many variants as many are drawn at first as there are colours, of each run some", () => {
  const names = Array.from({ length: 12 }, (_, i) => `variant-${i}`);
  const groups = groupsOf([libraryRun("a", names), libraryRun("b", names)]);
  const drawn = firstDrawn(groups);
  assert.equal(drawn.size, 8);
  for (const run of ["a", "b"]) {
    const shown = groups.filter((group) => group.run === run && drawn.has(group.key));
    assert.deepEqual(shown.map(({ variant }) => variant), names.slice(0, 4));
  }
});

Deno.test("the matrix has every measure of any group, and each number's place in its row", () => {
  const run = libraryRun("a", ["low", "high", "none", "running"], {
    results: results({
      low: variant({ accuracy: summary(0.5, [0.4, 0.6]), size: summary(3) }),
      high: variant({ accuracy: summary(0.9), size: summary(3) }),
      none: variant({ accuracy: summary(null), flips: summary(1) }),
    }),
  });
  const documents = new Map<string, SentRun>([["a", run], ["arm", simRun]]);
  const rows = measureRows(groupsOf([run, simRun]), documents);
  const row = (name: string) => rows.find(({ measure }) => measure === name)?.cells;
  // Groups: low, reach-bilateral, high, none, running.
  assert.deepEqual(row("accuracy")?.map((cell) => cell?.share), [
    0,
    undefined,
    1,
    undefined,
    undefined,
  ]);
  assert.deepEqual(row("accuracy")?.[0]?.interval, [0.4, 0.6]);
  assert.equal(row("accuracy")?.[0]?.seeds, 2);
  assert.ok(Number.isNaN(row("accuracy")?.[3]?.mean), "a number that JSON does not have");
  assert.deepEqual(
    row("size")?.map((cell) => cell?.share),
    Array(5).fill(undefined),
    "all are equal",
  );
  assert.equal(row("finalError")?.[1]?.mean, 0.02);
  assert.deepEqual(rows.map(({ measure }) => measure), [
    "accuracy",
    "size",
    "finalError",
    "ldlj",
    "flips",
  ]);
});

Deno.test("only settings that differ are listed, nested ones under their whole names", () => {
  const a = libraryRun("a", ["reste"]);
  const b = libraryRun("b", ["reste", "ste"], {
    configuration: { epochs: 18, network: { units: 128, layers: [64, 64] }, rate: "high" },
    backend: "native",
  });
  assert.deepEqual(differingSettings([a, a]), []);
  assert.deepEqual(differingSettings([a, b]), [
    { name: "variants", values: ["reste", "reste, ste"] },
    { name: "network.units", values: ["64", "128"] },
    { name: "rate", values: [undefined, "high"] },
    { name: "backend", values: ["wasm", "native"] },
  ]);
  const names = differingSettings([a, simRun]).map(({ name }) => name);
  assert.ok(names.includes("method") && names.includes("task"), `${names}`);
});

Deno.test("hand paths are found among a run's figures, without what pulls at the hand", () => {
  const plane = { xLabel: "x (m)", yLabel: "y (m)", equalScales: true };
  const trace = (name: string, x: readonly number[]) => ({ name, x, y: x.map((each) => each / 2) });
  const run = libraryRun("a", ["bi"], {
    results: results({}, [
      {
        number: 1,
        title: "Hand paths, reach",
        caption: "",
        kind: "panels",
        data: {
          kind: "panels",
          title: "Hand paths, reach",
          caption: "",
          columns: 2,
          panels: [{
            kind: "line",
            title: "bi",
            traces: [trace("hand path", [0, 2]), trace("hand path", [4]), trace("load", [0, 9])],
            marks: [trace("start", [0, 4]), trace("goal", [2])],
            ...plane,
          }, {
            kind: "line",
            title: "speeds are no paths",
            traces: [trace("speed", [1])],
            xLabel: "time (s)",
            yLabel: "speed (m/s)",
          }],
        },
      },
      { number: 2, title: "too large", caption: "", kind: "panels", data: null },
    ]),
  });
  assert.deepEqual(handPathsOf(run), [{
    run: "a",
    figure: "Hand paths, reach",
    model: "bi",
    paths: [[[0, 0], [2, 1]], [[4, 2]]],
    starts: [[0, 0], [4, 2]],
    goals: [[2, 1]],
  }]);
  assert.deepEqual(handPathsOf(simRun), []);
});

Deno.test("estimates share one scale that holds all that is finite, and the line if there is one", () => {
  const estimates = [
    { mean: 2, interval: [1, 3] as const, values: [1.5, 2.5] },
    { mean: NaN, interval: undefined, values: [NaN, 7] },
  ];
  const scale = scaleOf(estimates);
  assert.deepEqual(scale, { low: 1, high: 7, line: undefined });
  assert.deepEqual(scaleOf(estimates, -1), { low: -1, high: 7, line: -1 });
  assert.equal(scaleOf([]), undefined);
  assert.equal(scaleOf([estimates[1]])?.low, 7);
  assert.ok(scale);
  assert.deepEqual([1, 4, 7].map((value) => placeOn(scale, value)), [4, 50, 96]);
  assert.equal(placeOn({ low: 2, high: 2, line: undefined }, 2), 50, "all are equal");
});

Deno.test("amounts are written with their measure's digits, differences with their sign", () => {
  assert.equal(writeAmount("finalError", 0.0283), "2.83");
  assert.equal(writeAmount("accuracy", 0.91234), "0.912");
  assert.equal(writeAmount("steps", -999_424.4), "−999,424");
  assert.equal(writeAmount("accuracy", NaN), "–");
  assert.equal(writeDifference("accuracy", 0.02), "+0.0200");
  assert.equal(writeDifference("finalError", -0.004), "−0.40");
  assert.equal(writeInterval("accuracy", [-0.1, 0.25]), "[−0.100, 0.250]");
  assert.equal(writeInterval("accuracy", undefined), "");
});
