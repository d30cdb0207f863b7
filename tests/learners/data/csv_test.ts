/** The CSV reader: columns of numbers, classes, quoting, and tables that are wrong. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { type CsvOptions, readCsv } from "../../../learners/data/csv.ts";
import { refuses } from "./refused.ts";

const read = (text: string, options?: CsvOptions) =>
  readCsv({ name: "table.csv", bytes: new TextEncoder().encode(text) }, options);

Deno.test("numbers are read row by row under their columns' names", () => {
  const table = read("width, height\n1,2.5\n-3e2, .5\n");
  deepStrictEqual(table.columnNames, ["width", "height"]);
  deepStrictEqual([...table.values], [1, 2.5, -300, 0.5]);
  strictEqual(table.rows, 2);
  strictEqual(table.labels, undefined);
});

Deno.test("a class column becomes labels, numbered by name", () => {
  const table = read("x,kind,y\n1,dog,2\n3,cat,4\n5,dog,6\n", { classColumn: "kind" });
  deepStrictEqual(table.columnNames, ["x", "y"]);
  deepStrictEqual([...table.values], [1, 2, 3, 4, 5, 6]);
  deepStrictEqual([...table.labels!], [1, 0, 1]);
  deepStrictEqual(table.classNames, ["cat", "dog"]);
});

Deno.test("quotes, byte-order mark, Windows line ends, blank lines and another delimiter are read", () => {
  const table = read('\ufeff"length; m";"a ""b"""\r\n"1";2\r\n\r\n3;"4"\r\n', { delimiter: ";" });
  deepStrictEqual(table.columnNames, ["length; m", 'a "b"']);
  deepStrictEqual([...table.values], [1, 2, 3, 4]);
});

Deno.test("a table that is wrong is refused at its line", () => {
  const cases: [string, number, RegExp, RegExp, CsvOptions?][] = [
    ["", 1, /^an empty file$/, /header line and at least one row/],
    ["a,b\n", 1, /^a header without rows$/, /at least one row/],
    ["a,,c\n1,2,3\n", 1, /^no name for column 2$/, /name/],
    ["a,b,a\n1,2,3\n", 1, /^column "a" twice$/, /different/],
    ["a,b\n1,2\n3\n", 3, /.+/, /RFC 4180/],
    ["a,b\n1,2\n3,4,5\n", 3, /.+/, /RFC 4180/],
    ['a,b\n1,"2\n', 2, /.+/, /RFC 4180/],
    ["a,b\n1,2\n\n3,x\n", 4, /^"x" in column "b"$/, /finite number/],
    ["a,b\n1,\n", 2, /^"" in column "b"$/, /finite number/],
    ["a,b\n1,NaN\n", 2, /^"NaN" in column "b"$/, /finite number/],
    ["a,b\n1,Infinity\n", 2, /^"Infinity" in column "b"$/, /finite number/],
    ["a,b\n1,2\n", 1, /^the columns a, b$/, /^one called kind$/, { classColumn: "kind" }],
  ];
  for (const [text, line, found, expected, options] of cases) {
    refuses(() => read(text, options), { file: "table.csv", place: { line }, found, expected });
  }
});
