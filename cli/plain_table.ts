/** Tables for people and for other programs: columns without borders, JSON, comma-separated values. */
import Table from "cli-table3";
import type { Command } from "commander";
import { UsageError } from "./failure.ts";

export { csvTable } from "../agents/csv.ts";

/** How a table is written. */
export type TableFormat = "text" | "json" | "csv";

/** The flags of the format, as commander gives them. */
export interface TableFlags {
  json?: boolean;
  csv?: boolean;
}

/** Add the flags of the format to `command`. */
export function addTableOptions(command: Command): Command {
  return command
    .option("--json", "print JSON, with all that is known")
    .option("--csv", "print comma-separated values");
}

/**
 * The format that the flags ask for.
 * @throws {UsageError} when they ask for two
 */
export function tableFormat({ json, csv }: TableFlags): TableFormat {
  if (json && csv) throw new UsageError("--json and --csv are two formats; give one");
  return json ? "json" : csv ? "csv" : "text";
}

/** Lines of a table, and nothing between its columns but space. */
const withoutBorders = Object.fromEntries(
  [
    ..."top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right".split(" "),
    ..."left left-mid mid mid-mid right right-mid".split(" "),
  ].map((part) => [part, ""]),
);

/**
 * A table. Its lines are as long as they must be: a name that is broken could not be copied.
 * @param numbers names of the columns that are aligned to the right
 */
export function plainTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  numbers: readonly string[] = [],
): string {
  const table = new Table({
    head: [...head],
    colAligns: head.map((name) => numbers.includes(name) ? "right" : "left"),
    chars: { ...withoutBorders, middle: "  " },
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  for (const row of rows) table.push([...row]);
  return table.toString().split("\n").map((line) => line.trimEnd()).join("\n");
}
