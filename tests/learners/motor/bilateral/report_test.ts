/** Tables and figures of the study: what they show, and that they show the numbers they were given. */
import assert from "node:assert/strict";
import { figureSvg } from "../../../../agents/figures/svg.ts";
import type { Figure } from "../../../../learners/figure.ts";
import type { Outcomes } from "../../../../learners/method.ts";
import { bilateralFigures } from "../../../../learners/motor/bilateral/figures.ts";
import { metricNames } from "../../../../learners/motor/bilateral/metrics.ts";
import { referenceOutcomes } from "../../../../learners/motor/bilateral/reference.ts";
import { bilateralTables } from "../../../../learners/motor/bilateral/tables.ts";
import type { Cell, Table } from "../../../../learners/table.ts";
import { changed, onlyVariants, runJob, small } from "./support.ts";

/** The reference run as if it had been tested in cannon-es as well. */
const reference = Object.keys(referenceOutcomes(2000)).reduce(
  (outcomes, variant) =>
    changed(outcomes, variant, ({ finalError }) => ({
      [metricNames.updates]: 2000,
      [metricNames.transferredTrials]: 64,
      [metricNames.inCannon("finalError")]: 1.1 * finalError,
    })),
  referenceOutcomes(2000),
);

function tableOf(outcomes: Outcomes, title: string): Table {
  const table = bilateralTables(outcomes).find((candidate) => candidate.title === title);
  assert.ok(table, `there is a table "${title}"`);
  for (const row of table.rows) assert.equal(row.length, table.columns.length, title);
  return table;
}

/** A cell by the beginning of its row and the label of its column. */
function cellOf({ rows, columns }: Table, start: readonly string[], label: string): Cell {
  const row = rows.find((cells) => start.every((text, i) => cells[i] === text));
  assert.ok(row, start.join());
  const column = columns.findIndex((candidate) => candidate.label === label);
  assert.ok(column >= 0, label);
  return row[column];
}

const valueOf = (cell: Cell): number => {
  if (typeof cell === "number") return cell;
  assert.ok(typeof cell === "object" && "value" in cell, JSON.stringify(cell));
  return cell.value;
};

const close = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} ≠ ${expected}`);

Deno.test("models stand in rows with means, intervals and parameters, errors in centimetres", () => {
  const table = tableOf(reference, "Models on hold");
  assert.deepEqual(table.rows.map(([model]) => model), [
    "uni-a",
    "uni-b",
    "uni-bal",
    "bi-bal",
    "bi-spec",
    "bicc-bal",
    "bicc-spec",
    "constant",
  ]);
  const cell = cellOf(table, ["bicc-spec"], "final error");
  close(valueOf(cell), 4.66);
  assert.ok(typeof cell === "object" && "interval" in cell && cell.interval);
  assert.ok(cell.interval[0] < 4.66 && cell.interval[1] > 4.66);
  assert.equal(cellOf(table, ["bicc-spec"], "parameters"), 1192);
  assert.equal(cellOf(table, ["constant"], "parameters"), "");
  close(valueOf(cellOf(table, ["bicc-spec"], "final error, reference")), 4.66);
  assert.match(table.caption, /third fewer parameters/);
  assert.match(table.caption, /after 2000 updates/);
});

Deno.test("both engines stand side by side", () => {
  const table = tableOf(reference, "Transfer to cannon-es on reach");
  close(valueOf(cellOf(table, ["uni-b"], "final error, equations")), 4.12);
  close(valueOf(cellOf(table, ["uni-b"], "final error, cannon-es")), 1.1 * 4.12);
  assert.match(table.caption, /first 64 of the trials/);
});

Deno.test("what was asked stands with what was found, the reference's number, and the verdict", () => {
  const table = tableOf(reference, "What was asked of the results");
  const row = table.rows.find(([, asked]) =>
    typeof asked === "string" && asked.startsWith("hold: bicc-spec is more accurate than the less")
  );
  assert.ok(row);
  close(valueOf(row[4]), 4.66 / 4.54);
  close(valueOf(row[5]), 4.66 / 4.54);
  assert.equal(row.at(-1), "does not show");
  const callosum = table.rows.filter(([about]) => about === "The callosum helps");
  assert.deepEqual(callosum.map((cells) => cells.at(-1)), Array(4).fill("not judged"));
  assert.ok(tableOf(reference, "What the paper claims").rows.length > 10);
});

Deno.test("comparisons are paired over seeds and corrected together", () => {
  const table = tableOf(reference, "Differences between models on reach");
  const row = table.rows.find(([name, measure]) =>
    name === "with and without callosum, balanced" && measure === "finalError (cm)"
  );
  assert.ok(row);
  close(valueOf(row[3]), 2.82 - 3.31);
  assert.match(table.caption, /Holm/);
});

Deno.test("lesions stand with the reference's numbers, S, D and the merge weights", () => {
  const lesions = tableOf(reference, "Lesions");
  close(valueOf(cellOf(lesions, ["reach", "bi-spec", "low-right"], "final error")), 35.6);
  close(valueOf(cellOf(lesions, ["hold", "bicc-bal", "cc"], "final error")), 12.7);
  assert.ok(!lesions.rows.some(([, model, lesion]) => model === "bi-spec" && lesion === "cc"));
  const hemispheres = tableOf(reference, "What the hemispheres are for");
  close(valueOf(cellOf(hemispheres, ["hold", "bicc-spec"], "S")), 4.8);
  close(valueOf(cellOf(hemispheres, ["hold", "bicc-spec"], "S, reference")), 4.8);
});

Deno.test("tables are made of what there is", () => {
  assert.deepEqual(bilateralTables({}), []);
  const titles = bilateralTables(onlyVariants(reference, (variant) => variant === "hold-uni-a"))
    .map(({ title }) => title);
  assert.ok(titles.includes("Models on hold") && !titles.includes("Models on reach"));
  assert.ok(!titles.includes("Lesions"));
});

const jobs = ["reach-uni-a", "reach-bicc-spec", "hold-uni-a", "hold-bicc-spec", "hold-constant"];

async function ranOutcomes(): Promise<Outcomes> {
  const outcomes: Record<string, Outcomes[string][number][]> = {};
  for (const variant of jobs) {
    for (const seed of [3, 4]) {
      const { result } = await runJob(variant, small, { seed });
      (outcomes[variant] ??= []).push({ seed, result });
    }
  }
  return outcomes;
}

const titled = (figures: readonly Figure[], title: string): Figure & { kind: "panels" } => {
  const figure = figures.find((candidate) => candidate.title === title);
  assert.ok(figure?.kind === "panels", title);
  return figure;
};

Deno.test("figures show learning, bars with the hands marked, the same ten trials, and lesions", async () => {
  const outcomes = await ranOutcomes();
  const figures = bilateralFigures(outcomes);
  assert.deepEqual(figures.map(({ title }) => title), [
    "Learning",
    "Final errors",
    "Efforts",
    "Hand paths, reach",
    "Velocity profiles, reach",
    "Activations, reach",
    "Hand paths, hold",
    "Velocity profiles, hold",
    "Activations, hold",
    "Lesions: final errors",
    "Lesions: efforts",
  ]);
  for (const figure of figures) assert.match(await figureSvg(figure), /^<svg/, figure.title);

  const [reachCurves] = titled(figures, "Learning").panels;
  assert.ok(reachCurves.kind === "line");
  const [curve] = reachCurves.traces;
  const losses = outcomes["reach-uni-a"].map(({ result }) => result.series!["validation loss"].y);
  close(curve.y[2], (losses[0][2] + losses[1][2]) / 2);
  close(curve.spread![2], Math.abs(losses[0][2] - losses[1][2]) / Math.SQRT2);

  const [, holdBars] = titled(figures, "Final errors").panels;
  assert.ok(holdBars.kind === "grouped-bars");
  assert.deepEqual(holdBars.groups, ["uni-a ◇", "bicc-spec"]);
  const floor = 100 * outcomes["hold-constant"][0].result.metrics.finalError;
  const floorOfOther = 100 * outcomes["hold-constant"][1].result.metrics.finalError;
  const meanFloor = ((floor + floorOfOther) / 2).toPrecision(3);
  assert.ok(
    titled(figures, "Final errors").caption.includes(`final error (cm) ${meanFloor} on hold`),
  );
  const metrics = outcomes["hold-uni-a"].map(({ result }) => 100 * result.metrics.finalError);
  assert.deepEqual(holdBars.points?.[0][0], metrics);

  const [holdPaths] = titled(figures, "Hand paths, hold").panels;
  assert.ok(holdPaths.kind === "line" && holdPaths.equalScales);
  const named = (name: string) => holdPaths.traces.filter((trace) => trace.name === name);
  assert.deepEqual([named("hand path").length, named("load").length], [10, 10]);
  const { loads } = outcomes["hold-uni-a"][0].result.series!;
  const [arrow] = named("load");
  close(arrow.x[1] - arrow.x[0], 0.01 * loads.x[0]);

  const [reachSpeeds] = titled(figures, "Velocity profiles, reach").panels;
  assert.ok(reachSpeeds.kind === "line" && reachSpeeds.traces.length === 10);
  assert.ok(reachSpeeds.traces.every(({ y }) => y[0] < 0.05), "hands start at rest");
  const [reachActivations] = titled(figures, "Activations, reach").panels;
  assert.ok(reachActivations.kind === "line");
  assert.deepEqual(reachActivations.traces.map(({ name }) => name), [
    "pectoralis",
    "deltoid",
    "brachioradialis",
    "triceps lateral",
    "biceps",
    "triceps long",
  ]);
  const [reachLesions] = titled(figures, "Lesions: efforts").panels;
  assert.ok(reachLesions.kind === "grouped-bars");
  assert.deepEqual(reachLesions.series, ["bicc-spec"]);
  assert.ok(reachLesions.values.flat().every(Number.isFinite));
});

Deno.test("nothing is drawn of nothing", () => {
  assert.deepEqual(bilateralFigures({}), []);
});
