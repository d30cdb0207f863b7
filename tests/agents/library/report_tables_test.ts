/** Tables in Markdown and as CSV. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { parse } from "csv-parse/sync";
import { jobsCsv, tableCsv, tableText } from "../../../agents/library/report_tables.ts";
import type { Axis } from "../../../learners/axes.ts";
import type { Cell, Column, Table } from "../../../learners/table.ts";

/** A cell as the only one of its table, in Markdown. */
const shown = (cell: Cell, column: Partial<Column> = {}) =>
  /^\| (.*) \|$/.exec(
    tableText({ columns: [{ label: "c", ...column }], rows: [[cell]] }).split("\n")[2],
  )![1];

Deno.test("numbers have the digits of their column, or four that count", () => {
  deepStrictEqual(
    [0.123456, 12, 551.23, 1e-7].map((number) => shown(number)),
    ["0.1235", "12", "551.2", "1e-7"],
  );
  deepStrictEqual([0.126, 12].map((number) => shown(number, { decimals: 2 })), ["0.13", "12.00"]);
  deepStrictEqual([NaN, Infinity, -Infinity].map((number) => shown(number)), ["–", "∞", "−∞"]);
});

Deno.test("an estimate has as many digits as its interval and its deviation", () => {
  const estimate = { value: 2.7561, interval: [2.5, 3.0213], deviation: 0.31 } as const;
  strictEqual(shown(estimate), "2.756 ± 0.310 [2.500, 3.021]");
  strictEqual(shown(estimate, { decimals: 2 }), "2.76 ± 0.31 [2.50, 3.02]");
  strictEqual(shown({ value: 551.234 }), "551.2");
  // A value near 0 has the digits that its interval calls for.
  strictEqual(shown({ value: 0.00012, interval: [-1.25, 1.5] }), "0.000 [-1.250, 1.500]");
  strictEqual(shown({ value: 2e-7, interval: [1e-7, 3e-7] }), "2e-7 [1e-7, 3e-7]");
  strictEqual(shown({ value: NaN }), "–");
});

Deno.test("p-values have three digits, and very small ones a bound", () => {
  const texts = [0.0231, 0.00099, 1, NaN].map((p) => shown({ p }));
  deepStrictEqual(texts, ["0.023", "< 0.001", "1.000", "–"]);
});

const table: Pick<Table, "columns" | "rows"> = {
  columns: [
    { label: "model" },
    { label: "error", unit: "cm", decimals: 1 },
    { label: "p" },
  ],
  rows: [
    ["a, b", { value: 1 / 3, interval: [0.25, 0.5], deviation: 0.125 }, { p: 0.0001 }],
    ["c", { value: 2 }, { p: NaN }],
  ],
};

Deno.test("in CSV an estimate takes a column for each of its parts, and numbers are in full", () => {
  deepStrictEqual(parse(tableCsv(table)), [
    ["model", "error (cm)", "error (cm) low", "error (cm) high", "error (cm) deviation", "p"],
    ["a, b", "0.3333333333333333", "0.25", "0.5", "0.125", "0.0001"],
    ["c", "2", "", "", "", ""],
  ]);
});

Deno.test("a cell cannot break the table", () => {
  strictEqual(shown("a | b\nc"), "a \\| b c");
});

Deno.test("every job has a row, with what its variant is on each axis", () => {
  const axes: Axis[] = [
    { name: "tasks", meaning: "", values: { reach: "", hold: "" } },
    { name: "models", meaning: "", values: { "uni-a": "" } },
  ];
  const outcomes = {
    "hold-uni-a": [2, 1].map((seed) => ({ seed, result: { metrics: { error: seed / 4 } } })),
    "another": [{ seed: 1, result: { metrics: { effort: 3 } } }],
  };
  deepStrictEqual(parse(jobsCsv({ axes }, outcomes)), [
    ["variant", "tasks", "models", "seed", "error", "effort"],
    ["hold-uni-a", "hold", "uni-a", "2", "0.5", ""],
    ["hold-uni-a", "hold", "uni-a", "1", "0.25", ""],
    ["another", "", "", "1", "", "3"],
  ]);
});
