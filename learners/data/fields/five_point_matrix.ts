/**
 * Symmetric matrices of the five-point stencil: each cell of a grid is coupled to the cells above, below,
 * left and right. Discrete Poisson and Darcy operators, and their incomplete factorisation.
 *
 * Cells are numbered row by row. A cell that is taken out of the grid has no couplings and diagonal 0: the
 * matrix, and its preconditioner, give 0 there, and it is positive definite on the cells that remain.
 */
import { requireCounts } from "../options.ts";
import type { SymmetricMap } from "./conjugate_gradient.ts";

/** A symmetric matrix by its diagonal and the two couplings of each cell to cells of higher number. */
export interface FivePointMatrix {
  readonly rows: number;
  readonly columns: number;
  /** [rows, columns] */
  readonly diagonal: Float64Array;
  /** [rows, columns]: coupling of a cell to its right neighbour; 0 in the last column. */
  readonly right: Float64Array;
  /** [rows, columns]: coupling of a cell to the one below; 0 in the last row. */
  readonly below: Float64Array;
}

/**
 * The Poisson operator of a grid with unit spacing: 4 on the diagonal, −1 for each neighbour. Values beyond
 * the rim, and in the cells that are taken out, are 0 (Dirichlet); their neighbours keep the diagonal 4.
 *
 * @param removed [rows, columns], other than 0 where an obstacle takes the cell out; none unless given
 * @throws {RangeError} when a size is not an integer of at least 1, or the mask has another size
 */
export function poissonMatrix(
  rows: number,
  columns: number,
  removed?: Uint8Array,
): FivePointMatrix {
  requireCounts({ rows, columns });
  if (removed && removed.length !== rows * columns) {
    throw new RangeError(
      `a mask of ${removed.length} cells for a grid of ${rows}×${columns}; one value a cell is needed`,
    );
  }
  const isOpen = (cell: number) => !removed?.[cell];
  const couple = (cell: number, other: number) => isOpen(cell) && isOpen(other) ? -1 : 0;
  return {
    rows,
    columns,
    diagonal: Float64Array.from({ length: rows * columns }, (_, cell) => isOpen(cell) ? 4 : 0),
    ...couplings(rows, columns, couple),
  };
}

/**
 * The finite-volume operator −∇·(a∇u) on size × size cells of the unit square with u = 0 on its rim.
 * Across the face of two cells flows 2/(1/a + 1/b) times the difference of u, the harmonic average, which
 * is exact for a jump of the coefficient at the face; the rim is half a cell away from the centres.
 *
 * @param coefficients [size, size], a in each cell, above 0
 * @throws {RangeError} when a coefficient is not above 0 or there are not size² of them
 */
export function darcyMatrix(coefficients: Float64Array, size: number): FivePointMatrix {
  requireCounts({ size });
  if (coefficients.length !== size * size) {
    throw new RangeError(`${coefficients.length} coefficients for ${size}×${size} cells`);
  }
  const wrong = coefficients.findIndex((a) => !(a > 0 && a < Infinity));
  if (wrong >= 0) {
    throw new RangeError(`coefficient ${coefficients[wrong]} of cell ${wrong} is not above 0`);
  }
  const scale = size * size; // 1/h²
  const { right, below } = couplings(
    size,
    size,
    (cell, other) => -scale * 2 / (1 / coefficients[cell] + 1 / coefficients[other]),
  );
  const diagonal = Float64Array.from({ length: size * size }, (_, cell) => {
    const [row, column] = [Math.floor(cell / size), cell % size];
    const rim = 2 * scale * coefficients[cell];
    return (column === 0 ? rim : -right[cell - 1]) +
      (column === size - 1 ? rim : -right[cell]) +
      (row === 0 ? rim : -below[cell - size]) +
      (row === size - 1 ? rim : -below[cell]);
  });
  return { rows: size, columns: size, diagonal, right, below };
}

/** into = matrix · x */
export function fivePointMap(matrix: FivePointMatrix): SymmetricMap {
  const { rows, columns, diagonal, right, below } = matrix;
  return (x, into) => {
    for (let row = 0, cell = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++, cell++) {
        let sum = diagonal[cell] * x[cell];
        if (column > 0) sum += right[cell - 1] * x[cell - 1];
        if (column < columns - 1) sum += right[cell] * x[cell + 1];
        if (row > 0) sum += below[cell - columns] * x[cell - columns];
        if (row < rows - 1) sum += below[cell] * x[cell + columns];
        into[cell] = sum;
      }
    }
  };
}

/**
 * The incomplete Cholesky preconditioner without fill-in, IC(0) (Meijerink & van der Vorst 1977): for a
 * five-point matrix (D + L) D⁻¹ (D + Lᵀ), L its own lower triangle and D a new diagonal.
 *
 * @throws {RangeError} when a pivot is not above 0: the matrix is not an M-matrix, as those above are
 */
export function incompleteCholesky(matrix: FivePointMatrix): SymmetricMap {
  const { columns, right, below } = matrix;
  const pivots = incompletePivots(matrix);
  const cells = pivots.length;
  return (r, into) => {
    for (let cell = 0; cell < cells; cell++) { // (D + L) y = r
      let sum = r[cell];
      if (cell > 0) sum -= right[cell - 1] * into[cell - 1];
      if (cell >= columns) sum -= below[cell - columns] * into[cell - columns];
      into[cell] = pivots[cell] === 0 ? 0 : sum / pivots[cell];
    }
    for (let cell = cells - 1; cell >= 0; cell--) { // (D + Lᵀ) z = D y
      let sum = 0;
      if (cell + 1 < cells) sum += right[cell] * into[cell + 1];
      if (cell + columns < cells) sum += below[cell] * into[cell + columns];
      if (pivots[cell] !== 0) into[cell] -= sum / pivots[cell];
    }
  };
}

/** D of the incomplete factorisation; 0 in cells that are taken out. */
function incompletePivots({ columns, diagonal, right, below }: FivePointMatrix): Float64Array {
  const pivots = new Float64Array(diagonal.length);
  for (let cell = 0; cell < pivots.length; cell++) {
    if (diagonal[cell] === 0) continue;
    const above = cell - columns;
    const pivot = diagonal[cell] -
      (cell > 0 ? eliminated(right[cell - 1], pivots[cell - 1]) : 0) -
      (above >= 0 ? eliminated(below[above], pivots[above]) : 0);
    if (!(pivot > 0)) {
      throw new RangeError(
        `pivot ${pivot} at cell ${cell}; the incomplete factorisation needs an M-matrix`,
      );
    }
    pivots[cell] = pivot;
  }
  return pivots;
}

/** What eliminating a cell takes from the diagonal of one coupled to it. */
function eliminated(coupling: number, pivot: number): number {
  return pivot === 0 ? 0 : coupling ** 2 / pivot;
}

/** `couple(cell, neighbour)` for all neighbours within the grid, 0 beyond it. */
function couplings(
  rows: number,
  columns: number,
  couple: (cell: number, other: number) => number,
): Pick<FivePointMatrix, "right" | "below"> {
  const cells = { length: rows * columns };
  return {
    right: Float64Array.from(
      cells,
      (_, cell) => cell % columns < columns - 1 ? couple(cell, cell + 1) : 0,
    ),
    below: Float64Array.from(
      cells,
      (_, cell) => cell < (rows - 1) * columns ? couple(cell, cell + columns) : 0,
    ),
  };
}
