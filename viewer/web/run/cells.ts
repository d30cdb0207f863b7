/** How the cells of a method's tables are written. */
import { told } from "../documents.ts";
import { writeNumber, writeProbability } from "./numbers.ts";
import type { SentTable } from "./run_document.ts";

type Cell = SentTable["rows"][number][number];
type Column = SentTable["columns"][number];
type Estimate = Extract<Cell, { value: unknown }>;

/** Such as "final error (cm)". */
export function writeColumn({ label, unit }: Column): string {
  return unit === undefined ? label : `${label} (${unit})`;
}

/** A cell as a text. */
export function writeCell(cell: Cell, { decimals }: Pick<Column, "decimals">): string {
  if (typeof cell === "string") return cell;
  if (cell === null || typeof cell === "number") return writeNumber(told(cell), decimals);
  return "p" in cell ? writeProbability(told(cell.p)) : writeEstimate(cell, decimals);
}

/** Such as "2.76 ± 0.31 [2.50, 3.02]". */
function writeEstimate({ value, interval, deviation }: Estimate, decimals?: number): string {
  const numbers = [value, ...interval ?? [], deviation ?? 0].map(told);
  const digits = decimals ?? commonDecimals(numbers);
  const write = (number: number | null) => writeNumber(told(number), digits);
  return [
    write(value),
    deviation === undefined ? "" : ` ± ${write(deviation)}`,
    interval ? ` [${interval.map(write).join(", ")}]` : "",
  ].join("");
}

/** So many that the largest number has four digits that count; none in common for very small ones. */
function commonDecimals(values: readonly number[]): number | undefined {
  const largest = Math.max(...values.filter(Number.isFinite).map(Math.abs));
  if (!(largest >= 1e-4 && largest < 1e6)) return undefined;
  return Math.max(0, 3 - Math.floor(Math.log10(largest)));
}
