/** The report of a run whose numbers are easy to check by hand. */
import assert from "node:assert/strict";
import type { LibraryReport } from "../../../agents/library/report.ts";
import type { JobReport, LibraryRunConfig } from "../../../agents/library/run_config.ts";
import type { Claim, Outcomes } from "../../../learners/method.ts";
import { readyBackend } from "../../../learners/nn/backend.ts";
import type { Table } from "../../../learners/table.ts";

await readyBackend("cpu");
const { libraryReport, reportLine } = await import("../../../agents/library/report.ts");
const { readable } = await import("../../../agents/library/readable.ts");
const { reportText } = await import("../../../agents/library/report_text.ts");
const { MethodThreadError } = await import("../../../agents/library/method_thread.ts");
const { claimOf, claimPart } = await import("../../../learners/outcomes.ts");
const { quadratic } = await import("./quadratic_method.ts");

const config: LibraryRunConfig = {
  kind: "library",
  method: "quadratic",
  profile: "desk",
  backend: "wasm",
  device: "a processor",
  variants: ["momentum", "plain", "overstepping"],
  seeds: [1, 2, 3],
  config: { steps: 3 },
  versions: { callosum: "0.1.0", deno: "2.9.6", tensorflow: "4.22.0" },
};

const jobReport = (loss: number, seconds: number, multiplyAdds?: number): JobReport => ({
  result: { metrics: { loss }, series: { loss: { x: [1], y: [loss] } }, multiplyAdds },
  cost: { seconds, tensorBytes: 1e6 * seconds },
});

const error = new MethodThreadError('metric "loss" | is NaN', "ResultError");

const source = {
  run: "a-run",
  method: quadratic,
  config,
  end: {
    stopped: false,
    reports: new Map([
      ["momentum-s1", jobReport(1, 1, 100)],
      ["plain-s1", jobReport(4, 2)],
      ["momentum-s2", jobReport(2, 2, 200)],
      ["momentum-s3", jobReport(3, 6, 300)],
      ["plain-s3", jobReport(8, 4)],
    ]),
    failures: [
      { job: { name: "plain-s2", variant: "plain", seed: 2 }, error },
      { job: { name: "overstepping-s1", variant: "overstepping", seed: 1 }, error },
    ],
  },
  events: [1, 1, 2].map((session, index) => ({
    session,
    elapsed: [2, 5, 7][index],
    job: "momentum-s1",
    state: "began" as const,
    step: 0,
    seconds: 0,
    tensorBytes: 0,
    residentBytes: [3e6, 9e6, 6e6][index],
  })),
};

Deno.test("mean, deviation, interval and cost are those worked out by hand", () => {
  const { report, figures } = libraryReport(source);
  const { momentum, plain } = report.variants;
  assert.deepEqual(momentum.seeds, [1, 2, 3]);
  const { interval, ...loss } = momentum.metrics.loss;
  assert.deepEqual(loss, { mean: 2, std: 1, values: [1, 2, 3] });
  // 2 ± 4.3027 · 1/√3
  assert.deepEqual(interval?.map((end) => end.toFixed(4)), ["-0.4841", "4.4841"]);
  assert.deepEqual(momentum.cost, { seconds: 3, tensorBytes: 6e6, multiplyAdds: 200 });

  assert.deepEqual(plain.seeds, [1, 3]);
  assert.deepEqual(plain.metrics.loss.values, [4, 8]);
  assert.equal(plain.cost.multiplyAdds, null);
  assert.deepEqual(Object.keys(report.variants), ["momentum", "plain"]);
  assert.equal(report.seconds, 12, "both sessions");
  assert.equal(report.residentBytes, 9e6);
  // The mean of 4 and 8, less that of 1, 2 and 3.
  assert.deepEqual([report.claim.holds, report.claim.margin], [true, 4]);
  const [{ file, data }] = report.figures;
  assert.deepEqual([file, data], ["figures/01-loss.svg", "figures/01-loss.csv"]);
  assert.equal(figures.length, 1);
});

Deno.test("the printed line has the outcome and nothing else", () => {
  const line = reportLine(libraryReport(source).report);
  assert.deepEqual(JSON.parse(JSON.stringify(line)), {
    run: "a-run",
    method: "quadratic",
    profile: "desk",
    backend: "wasm",
    variants: {
      momentum: { seeds: [1, 2, 3], metrics: { loss: { mean: 2, std: 1, values: [1, 2, 3] } } },
      plain: {
        seeds: [1, 3],
        metrics: { loss: { mean: 6, std: Math.sqrt(8), values: [4, 8] } },
      },
    },
    claim: { statement: "momentum ends at a lower loss", holds: true, margin: 4 },
    seconds: 12,
  });
});

Deno.test("the readable report tells of the claim, every variant, and what failed", () => {
  const text = reportText(libraryReport(source).report);
  assert.match(text, /^# quadratic: the claim is shown\n/);
  assert.match(text, /\| momentum \| 2 ± 1 \|/);
  assert.match(text, /\| momentum \| 2 \| -0\.4841 … 4\.484 \| 1 \| 1, 2, 3 \| 1, 2, 3 \|/);
  assert.match(text, /\| plain \| 2 \| metric "loss" \\\| is NaN \|/);
  assert.match(text, /\| steps \| 3 \|/);
  assert.match(text, /took 12 s; .+ 9 MB/);
});

const column = (label: string) => ({ label });
const withTables = {
  ...source,
  method: {
    ...quadratic,
    tables: (outcomes: Outcomes): Table[] => [
      { title: "Nothing", caption: "It has no rows.", columns: [column("a")], rows: [] },
      {
        title: "Losses: all",
        caption: "Lower is better.",
        columns: [column("variant"), column("seeds"), { label: "worst", unit: "J", decimals: 1 }],
        rows: Object.entries(outcomes).map(([name, seeds]) => [name, seeds.length, NaN]),
      },
    ],
  },
};

Deno.test("tables of the method are in the report, but for those without rows", () => {
  const { report } = libraryReport(withTables);
  assert.deepEqual(report.tables.map(({ title, file }) => [title, file]), [
    ["Losses: all", "tables/01-losses-all.csv"],
  ]);
  const text = reportText(report);
  const lines = ["| variant | seeds | worst (J) |", "| --- | --- | --- |", "| momentum | 3 | – |"];
  assert.ok(
    text.includes(
      `## Losses: all\n\nLower is better. ([CSV](tables/01-losses-all.csv))\n\n${lines.join("\n")}`,
    ),
    text,
  );
  assert.deepEqual(libraryReport(source).report.tables, []);
});

Deno.test("many metrics are not set side by side, but one after the other", () => {
  const { report } = libraryReport(source);
  const { loss } = report.variants.momentum.metrics;
  const names = Array.from({ length: 13 }, (_, index) => `metric ${index}`);
  const momentum = {
    ...report.variants.momentum,
    metrics: Object.fromEntries(names.map((name) => [name, loss])),
  };
  const text = reportText({ ...report, variants: { momentum } });
  assert.match(text, /a table for each of the 13 metrics/);
  assert.doesNotMatch(text, /\| metric 0 \| metric 1 \|/);
  for (const name of names) assert.ok(text.includes(`## ${name}\n`), name);
});

Deno.test("without any result there is a report, and nothing is claimed", () => {
  const end = { ...source.end, reports: new Map<string, JobReport>() };
  const { report, figures } = libraryReport({ ...withTables, end });
  assert.deepEqual(report.tables, []);
  assert.equal(report.claim.holds, false);
  assert.deepEqual(report.missing, ["momentum", "plain"]);
  assert.deepEqual(figures, []);
  const line: { claim: LibraryReport["claim"] } = JSON.parse(JSON.stringify(reportLine(report)));
  assert.equal(line.claim.margin, null);
  assert.match(reportText(report), /\*\*not judged without results of momentum, plain\*\*/);
});

/** The report's text with another claim in it. */
const textOf = (claim: Claim) =>
  reportText({ ...libraryReport(source).report, claim, missing: [] });

Deno.test("a claim that these results cannot judge is neither shown nor not shown", () => {
  const text = textOf(claimOf("depth helps", [claimPart("at 50 hops", NaN)]));
  assert.match(text, /^# quadratic: the claim is not judged\n/);
  assert.match(text, /\*\*not judged at this profile\*\*: depth helps/);
  assert.match(text, /\| at 50 hops \| not judged \| {2}\|/);
});

Deno.test("a claim that is judged by some of its parts says by how many", () => {
  const parts = [claimPart("at 5 hops", 0.5), claimPart("at 50 hops", NaN)];
  const text = textOf(claimOf("depth helps", parts));
  assert.match(text, /\*\*shown, margin 0\.5, 1 of 2 parts judged\*\*: depth helps/);
  assert.match(text, /\| at 5 hops \| shown \| 0\.5 \|/);
});

Deno.test("numbers are shown with four digits, in the form that suits their size", () => {
  const shown = [0, 1, -0.123456, 12345, 1234567, 0.00001234567, 100, NaN].map(readable);
  assert.deepEqual(shown, [
    "0",
    "1",
    "-0.1235",
    "12350",
    "1.235e+6",
    "1.235e-5",
    "100",
    "not a number",
  ]);
});

Deno.test("figures without anything to draw are left out of the report", () => {
  const traces = [{ name: "loss", x: [1], y: [1] }];
  const figure = { kind: "scatter", caption: "", xLabel: "x", yLabel: "y" } as const;
  const method = {
    ...quadratic,
    figures: () => [
      { ...figure, title: "Nothing", traces: [] },
      { ...figure, title: "Something", traces },
    ],
  };
  const { report, figures } = libraryReport({ ...source, method });
  assert.deepEqual(report.figures.map(({ title }) => title), ["Something"]);
  assert.equal(figures.length, report.figures.length);
});
