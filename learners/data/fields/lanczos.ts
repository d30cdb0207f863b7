/**
 * Ritz vectors of a symmetric map: the Lanczos process with full reorthogonalisation, and the eigenvalues
 * of the tridiagonal matrix that it ends in (Golub & Van Loan, "Matrix Computations", chapters 8 and 10).
 */
import { addScaled } from "../../nn/matrix_kernels.ts";
import { innerProduct, type SymmetricMap } from "./conjugate_gradient.ts";

/** A symmetric map as a tridiagonal matrix in an orthonormal basis. */
export interface LanczosProcess {
  /** [steps] */
  readonly diagonal: Float64Array;
  /** [steps − 1] */
  readonly offDiagonal: Float64Array;
  /** The orthonormal basis, one vector a step. */
  readonly basis: readonly Float64Array[];
}

/** Eigenvalues in ascending order, each with its vector of unit length. */
export interface EigenPairs {
  readonly values: Float64Array;
  readonly vectors: readonly Float64Array[];
}

/** Below this share of the largest coefficient a new direction is rounding. */
const breakdown = 1e-12;

/**
 * Up to `steps` steps of the Lanczos process; fewer where `start` lies in a smaller invariant subspace.
 *
 * @param start any vector but 0
 * @throws {RangeError} when the start is 0 or there is no such number of steps
 */
export function lanczos(apply: SymmetricMap, start: Float64Array, steps: number): LanczosProcess {
  if (!Number.isSafeInteger(steps) || steps < 1 || steps > start.length) {
    throw new RangeError(`${steps} steps; expected an integer from 1 to ${start.length} unknowns`);
  }
  const norm = Math.sqrt(innerProduct(start, start));
  if (!(norm > 0 && norm < Infinity)) {
    throw new RangeError(`a start vector of length ${norm}; expected a finite one other than 0`);
  }
  const basis = [start.map((value) => value / norm)];
  const diagonal: number[] = [];
  const offDiagonal: number[] = [];
  let largest = 0;
  while (true) {
    const newest = basis[basis.length - 1];
    const next = new Float64Array(start.length);
    apply(newest, next);
    diagonal.push(innerProduct(newest, next));
    if (basis.length === steps) break;
    // Twice is enough: the second pass removes what rounding left of the first.
    for (let pass = 0; pass < 2; pass++) {
      for (const vector of basis) addScaled(next, vector, -innerProduct(vector, next));
    }
    const length = Math.sqrt(innerProduct(next, next));
    largest = Math.max(largest, Math.abs(diagonal[diagonal.length - 1]), length);
    if (length <= breakdown * largest) break;
    offDiagonal.push(length);
    basis.push(next.map((value) => value / length));
  }
  return {
    diagonal: Float64Array.from(diagonal),
    offDiagonal: Float64Array.from(offDiagonal),
    basis,
  };
}

/** The Ritz pairs of a Lanczos process: the best eigenpairs that its subspace has. */
export function ritzPairs({ diagonal, offDiagonal, basis }: LanczosProcess): EigenPairs {
  const { values, vectors } = tridiagonalEigenPairs(diagonal, offDiagonal);
  return {
    values,
    vectors: vectors.map((weights) => {
      const vector = new Float64Array(basis[0].length);
      basis.forEach((direction, i) => addScaled(vector, direction, weights[i]));
      return vector;
    }),
  };
}

/** Rotations that an eigenvalue may take before the matrix must have held NaN. */
const sweepLimit = 60;

/**
 * All eigenpairs of a symmetric tridiagonal matrix, by QL steps with Wilkinson's shift.
 *
 * @param diagonal [n]
 * @param offDiagonal [n − 1]
 * @throws {RangeError} when the sizes do not fit, or a value is not finite
 */
export function tridiagonalEigenPairs(
  diagonal: Float64Array,
  offDiagonal: Float64Array,
): EigenPairs {
  const n = diagonal.length;
  if (offDiagonal.length !== n - 1) {
    throw new RangeError(`${offDiagonal.length} values off a diagonal of ${n}; expected ${n - 1}`);
  }
  const d = diagonal.slice();
  const e = new Float64Array(n);
  e.set(offDiagonal);
  // vectors[i] becomes the eigenvector of d[i].
  const vectors = Array.from({ length: n }, (_, i) => {
    const unit = new Float64Array(n);
    unit[i] = 1;
    return unit;
  });
  for (let first = 0; first < n; first++) {
    for (let sweep = 0;; sweep++) {
      const last = endOfBlock(d, e, first);
      if (last === first) break;
      if (sweep === sweepLimit) throw new RangeError("eigenvalues of a matrix that is not finite");
      implicitStep(d, e, vectors, first, last);
    }
  }
  const order = Array.from(d.keys()).sort((i, j) => d[i] - d[j]);
  return {
    values: Float64Array.from(order, (i) => d[i]),
    vectors: order.map((i) => vectors[i]),
  };
}

/** The last row of the block that begins with `first` and is not yet split by a negligible coupling. */
function endOfBlock(d: Float64Array, e: Float64Array, first: number): number {
  let last = first;
  while (last < d.length - 1) {
    const scale = Math.abs(d[last]) + Math.abs(d[last + 1]);
    if (Math.abs(e[last]) <= Number.EPSILON * scale) break;
    last++;
  }
  return last;
}

/** One implicit QL step on rows `first` … `last`: the bulge is chased from the last row upwards. */
function implicitStep(
  d: Float64Array,
  e: Float64Array,
  vectors: readonly Float64Array[],
  first: number,
  last: number,
): void {
  const half = (d[first + 1] - d[first]) / 2;
  const root = Math.hypot(half, e[first]);
  const shift = d[first] - e[first] ** 2 / (half + (half < 0 ? -root : root));
  let bulge = d[last] - shift;
  let [cosine, sine, correction] = [1, 1, 0];
  for (let i = last - 1; i >= first; i--) {
    const below = sine * e[i];
    const kept = cosine * e[i];
    const radius = Math.hypot(below, bulge);
    e[i + 1] = radius;
    if (radius === 0) { // the matrix splits here: go on with the parts
      d[i + 1] -= correction;
      e[last] = 0;
      return;
    }
    sine = below / radius;
    cosine = bulge / radius;
    const centre = d[i + 1] - correction;
    const mixed = (d[i] - centre) * sine + 2 * cosine * kept;
    correction = sine * mixed;
    d[i + 1] = centre + correction;
    bulge = cosine * mixed - kept;
    rotate(vectors[i], vectors[i + 1], cosine, sine);
  }
  d[first] -= correction;
  e[first] = bulge;
  e[last] = 0;
}

/** Turns two vectors in the plane that they span. */
function rotate(one: Float64Array, other: Float64Array, cosine: number, sine: number): void {
  for (let k = 0; k < one.length; k++) {
    const [x, y] = [one[k], other[k]];
    other[k] = sine * x + cosine * y;
    one[k] = cosine * x - sine * y;
  }
}
