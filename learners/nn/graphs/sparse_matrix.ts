/**
 * Sparse matrices off the backend, in compressed rows (CSR): adjacencies, and features of which most
 * are 0. `linear_map.ts` multiplies tensors with them.
 */
import type { RandomStream } from "../../../sim/random.ts";

/** A matrix of which only some entries are kept, row after row. */
export interface SparseMatrix {
  readonly rows: number;
  readonly columns: number;
  /** [rows + 1]: the entries of row r are those from `starts[r]` to before `starts[r + 1]`. */
  readonly starts: Int32Array;
  /** [entries]: the column of each entry. */
  readonly columnOf: Int32Array;
  /**
   * [entries], in double precision: over 200 hops the rounding of an adjacency's weights to single
   * precision would grow to 4e-6.
   */
  readonly values: Float64Array;
}

/** One entry of a matrix. */
export type Entry = readonly [row: number, column: number, value: number];

/**
 * The matrix with these entries, in any order, and 0 elsewhere.
 * @throws {RangeError} when an entry lies outside the matrix
 */
export function sparseMatrix(
  rows: number,
  columns: number,
  entries: readonly Entry[],
): SparseMatrix {
  const starts = new Int32Array(rows + 1);
  for (const [row, column] of entries) {
    if (!isIndex(row, rows) || !isIndex(column, columns)) {
      throw new RangeError(`entry (${row}, ${column}) lies outside a ${rows} × ${columns} matrix`);
    }
    starts[row + 1]++;
  }
  for (let row = 0; row < rows; row++) starts[row + 1] += starts[row];
  const next = starts.slice(0, rows);
  const columnOf = new Int32Array(entries.length);
  const values = new Float64Array(entries.length);
  for (const [row, column, value] of entries) {
    const position = next[row]++;
    columnOf[position] = column;
    values[position] = value;
  }
  return { rows, columns, starts, columnOf, values };
}

function isIndex(value: number, extent: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < extent;
}

/**
 * The entries other than 0 of a matrix that is given in full, row after row.
 * @throws {RangeError} when the numbers are not rows × columns
 */
export function sparseOf(rows: number, columns: number, full: ArrayLike<number>): SparseMatrix {
  if (full.length !== rows * columns) {
    throw new RangeError(`${full.length} numbers do not fill a ${rows} × ${columns} matrix`);
  }
  const starts = new Int32Array(rows + 1);
  const columnOf: number[] = [];
  const values: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const value = full[row * columns + column];
      if (value === 0) continue;
      columnOf.push(column);
      values.push(value);
    }
    starts[row + 1] = values.length;
  }
  return {
    rows,
    columns,
    starts,
    columnOf: Int32Array.from(columnOf),
    values: Float64Array.from(values),
  };
}

/** All numbers of the matrix, row after row; entries at the same place are added. */
export function fullMatrix({ rows, columns, starts, columnOf, values }: SparseMatrix) {
  const full = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let entry = starts[row]; entry < starts[row + 1]; entry++) {
      full[row * columns + columnOf[entry]] += values[entry];
    }
  }
  return full;
}

/** Every row divided by its sum, so that it sums to 1; rows that sum to 0 stay as they are. */
export function rowNormalised(matrix: SparseMatrix): SparseMatrix {
  const { rows, starts } = matrix;
  const values = matrix.values.slice();
  for (let row = 0; row < rows; row++) {
    const entries = values.subarray(starts[row], starts[row + 1]);
    const sum = entries.reduce((total, value) => total + value, 0);
    if (sum === 0) continue;
    for (let entry = 0; entry < entries.length; entry++) entries[entry] /= sum;
  }
  return { ...matrix, values };
}

/**
 * Dropout (Srivastava et al. 2014) of a matrix: each entry is left out with probability `rate`, the
 * others grow by 1/(1 − rate). Entries that are 0 need no drawing, which is why it is done here and
 * not on the full matrix.
 */
export function droppedEntries(
  matrix: SparseMatrix,
  rate: number,
  stream: RandomStream,
): SparseMatrix {
  const { rows } = matrix;
  const starts = new Int32Array(rows + 1);
  const columnOf = new Int32Array(matrix.columnOf.length);
  const values = new Float64Array(matrix.values.length);
  let kept = 0;
  for (let row = 0; row < rows; row++) {
    for (let entry = matrix.starts[row]; entry < matrix.starts[row + 1]; entry++) {
      if (stream.uniform() < rate) continue;
      columnOf[kept] = matrix.columnOf[entry];
      values[kept++] = matrix.values[entry] / (1 - rate);
    }
    starts[row + 1] = kept;
  }
  return {
    rows,
    columns: matrix.columns,
    starts,
    columnOf: columnOf.subarray(0, kept),
    values: values.subarray(0, kept),
  };
}
