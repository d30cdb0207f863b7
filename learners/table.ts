/**
 * Tables as data: what a method wants to say in rows and columns, without saying how it is set. The report
 * sets them in Markdown and writes them as CSV, the page as it likes.
 */

/** What the cells of a column have in common. */
export interface Column {
  readonly label: string;
  /** Of its numbers, such as "cm". */
  readonly unit?: string;
  /** Digits after the point; unless given, each number has four that count. */
  readonly decimals?: number;
}

/** A number with what is known of its certainty, such as a mean over seeds. */
export interface Estimate {
  readonly value: number;
  /** Its confidence interval; the caption says of which kind. */
  readonly interval?: readonly [low: number, high: number];
  /** The standard deviation of what it was estimated from. */
  readonly deviation?: number;
}

/** The chance of a difference at least this large where there is none; the caption says by which test. */
export interface PValue {
  /** 0 … 1. */
  readonly p: number;
}

/** What stands in a row and a column. A text may be empty; NaN is a number that cannot be told. */
export type Cell = string | number | Estimate | PValue;

/** Something to set in rows and columns. */
export interface Table {
  readonly title: string;
  /** What one should read in it, and all that its numbers need to be understood. */
  readonly caption: string;
  readonly columns: readonly Column[];
  /** [row][column] */
  readonly rows: readonly (readonly Cell[])[];
}
