/** Comma-separated values, read back by a library that knows them. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { parse } from "csv-parse/sync";
import { csvRecords, csvTable } from "../../agents/csv.ts";

Deno.test("whatever a field holds is found again", () => {
  const rows = [["a,b", 'c "d"'], ["line\nline", "\r\n"], ["", " padded "], ["ü", "1e5"]];
  deepStrictEqual(parse(csvTable(["one", "two"], rows)), [["one", "two"], ...rows]);
});

Deno.test("numbers are written in full, and what is none is left empty", () => {
  const [, numbers] = parse(csvTable(["a", "b", "c", "d"], [[0.1 + 0.2, -1e-300, NaN, Infinity]]));
  deepStrictEqual(numbers, ["0.30000000000000004", "-1e-300", "", "Infinity"]);
});

Deno.test("records have all keys as columns, and what one lacks is empty", () => {
  strictEqual(csvRecords([{ a: 1 }, { b: "x", a: 2 }]), "a,b\r\n1,\r\n2,x\r\n");
});
