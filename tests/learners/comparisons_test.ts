/** Variants compared two by two. */
import assert from "node:assert/strict";
import { type Comparison, comparisonTable } from "../../learners/comparisons.ts";
import type { Outcomes } from "../../learners/method.ts";
import type { Estimate, PValue } from "../../learners/table.ts";

const seedsOf = (values: readonly number[]) =>
  values.map((error, index) => ({ seed: index + 1, result: { metrics: { error } } }));

/** Student's ten patients under two drugs: hours of sleep gained (Student 1908). */
const outcomes: Outcomes = {
  first: seedsOf([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2]),
  second: seedsOf([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]),
  alike: seedsOf([0.8, -1.5, -0.4, -1.2, 0, 3.3, 3.6, 0.9, 0.2, 1.9]),
};

const compare = (
  name: string,
  variants: Comparison["variants"],
  more: Partial<Comparison> = {},
): Comparison => ({ name, variants, metric: "error", ...more });

const about = { title: "Drugs", caption: "The second is better." };

Deno.test("a comparison has the difference, its effect, and the p-values of three tests", () => {
  const comparisons = [compare("drugs", ["second", "first"], { unit: "min", scale: 60 })];
  const { columns, rows: [row], caption } = comparisonTable(about, comparisons, outcomes);
  const cells = new Map(columns.map(({ label }, index) => [label, row[index]]));
  assert.equal(cells.get("measure"), "error (min)");
  assert.equal(cells.get("pairs"), 10);
  const { value, interval } = cells.get("difference") as Estimate;
  assert.ok(Math.abs(value - 60 * 1.58) < 1e-9);
  assert.ok(interval![0] > 30 && interval![1] > value, `${interval}`);
  assert.ok(Math.abs(cells.get("t") as number - 4.0621) < 1e-4);
  const { p } = cells.get("p, t test") as PValue;
  assert.ok(Math.abs(p - 0.002833) < 1e-6);
  // All nine that differ have one sign.
  assert.deepEqual(cells.get("p, signs"), { p: 2 / 2 ** 9 });
  assert.deepEqual(cells.get("p, ranks"), { p: 2 / 2 ** 9 });
  assert.match(caption, /^The second is better\. .*Holm/);
});

Deno.test("p-values are adjusted for the comparisons of the table, of which those not run are none", () => {
  const comparisons = [
    compare("drugs", ["second", "first"]),
    compare("nothing", ["alike", "first"]),
    compare("not run", ["third", "first"]),
  ];
  const { columns, rows } = comparisonTable(about, comparisons, outcomes);
  assert.deepEqual(rows.map(([name]) => name), ["drugs", "nothing"]);
  const column = (label: string) => columns.findIndex((each) => each.label === label);
  const of = (row: number, label: string) => (rows[row][column(label)] as PValue).p;
  assert.equal(of(0, "p, Holm"), 2 * of(0, "p, t test"));
  assert.equal(of(1, "p, Holm"), of(1, "p, t test"));
  assert.ok(of(1, "p, t test") > 0.5);
});
