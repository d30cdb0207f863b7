/** Tables of the report: how they are set in Markdown, and written as CSV. */
import { combinationsOf } from "../../learners/axes.ts";
import type { Method, Outcomes } from "../../learners/method.ts";
import type { Cell, Column, Estimate, Table } from "../../learners/table.ts";
import { type CsvField, csvRecords } from "../csv.ts";
import { readable } from "./readable.ts";

/** A table of Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replace(/\s+/g, " ")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** A table in Markdown, without its title. */
export function tableText({ columns, rows }: Pick<Table, "columns" | "rows">): string {
  return table(
    columns.map(columnName),
    rows.map((row) => row.map((cell, column) => cellText(cell, columns[column]))),
  );
}

/** A table as a CSV file: an estimate takes a column for each of its parts, numbers are in full. */
export function tableCsv({ columns, rows }: Pick<Table, "columns" | "rows">): string {
  return csvRecords(
    rows.map((row) =>
      Object.assign({}, ...row.map((cell, column) => cellFields(cell, columnName(columns[column]))))
    ),
  );
}

/** Such as "final error (cm)". */
function columnName({ label, unit }: Column): string {
  return unit === undefined ? label : `${label} (${unit})`;
}

function cellText(cell: Cell, { decimals }: Column): string {
  if (typeof cell === "string") return cell;
  if (typeof cell === "number") return numberText(cell, decimals);
  if ("p" in cell) return probabilityText(cell.p);
  return estimateText(cell, decimals);
}

const unknown = "–";

function numberText(value: number, decimals: number | undefined): string {
  if (Number.isNaN(value)) return unknown;
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  return decimals === undefined ? readable(value) : value.toFixed(decimals);
}

/** Such as "0.023"; very small ones only by their bound. */
function probabilityText(p: number): string {
  if (Number.isNaN(p)) return unknown;
  return p < 0.001 ? "< 0.001" : p.toFixed(3);
}

/** Such as "2.76 ± 0.31 [2.50, 3.02]". */
function estimateText(estimate: Estimate, decimals?: number): string {
  const { value, interval, deviation } = estimate;
  const digits = decimals ?? commonDecimals([value, ...interval ?? [], deviation ?? 0]);
  const text = (number: number) => numberText(number, digits);
  return [
    text(value),
    deviation === undefined ? "" : ` ± ${text(deviation)}`,
    interval ? ` [${interval.map(text).join(", ")}]` : "",
  ].join("");
}

/** So many that the largest number has four digits that count; none in common for very small ones. */
function commonDecimals(values: readonly number[]): number | undefined {
  const largest = Math.max(...values.filter(Number.isFinite).map(Math.abs));
  if (!(largest >= 1e-4 && largest < 1e6)) return undefined;
  return Math.max(0, 3 - Math.floor(Math.log10(largest)));
}

function cellFields(cell: Cell, name: string): Record<string, CsvField> {
  if (typeof cell !== "object") return { [name]: cell };
  if ("p" in cell) return { [name]: cell.p };
  const { value, interval, deviation } = cell;
  return {
    [name]: value,
    ...interval && { [`${name} low`]: interval[0], [`${name} high`]: interval[1] },
    ...deviation !== undefined && { [`${name} deviation`]: deviation },
  };
}

/** Every number of every job: a row for each variant and seed, with the variant's value on each axis. */
export function jobsCsv({ axes = [] }: Pick<Method, "axes">, outcomes: Outcomes): string {
  const combinations = combinationsOf(axes);
  return csvRecords(
    Object.entries(outcomes).flatMap(([variant, results]) =>
      results.map(({ seed, result: { metrics } }) => ({
        variant,
        ...combinations.get(variant),
        seed,
        ...metrics,
      }))
    ),
  );
}
