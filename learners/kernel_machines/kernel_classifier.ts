/**
 * Kernel machines on the unit sphere: f(x) = Yᵀ (K(X, X) + λI)⁻¹ K(X, x) with labels Y in one-hot form, exactly
 * solved in float64; and what takes the place of that where K(X, X) is the identity, weighted votes.
 */
import { CholeskyDecomposition, Matrix } from "ml-matrix";
import type { PointClassifier } from "./decisions.ts";
import type { SphereKernel } from "./neural_kernels.ts";
import {
  innerProducts,
  type LabelledPoints,
  type Points,
  requireOnSphere,
  squaredDistances,
} from "./points.ts";

/** A classifier that a kernel was solved for. */
export interface KernelClassifier extends PointClassifier {
  /**
   * The largest sum of magnitudes off the diagonal in a row of K(X, X), whose diagonal is 1: by Gershgorin's
   * theorem no eigenvalue is farther than that from 1.
   */
  readonly coupling: number;
}

/** Below this coupling K(X, X) is taken as the identity: no vote changes by more than this share. */
const identity = 1e-6;

/**
 * The classifier that interpolates the labels.
 *
 * @param set points on the unit sphere, no two the same
 * @param ridge λ, in units of the kernel's diagonal; above 0 where K(X, X) has not full rank
 * @throws {RangeError} when points are not on the sphere, or K(X, X) + λI is not positive definite
 */
export function kernelClassifier(
  kernel: SphereKernel,
  set: LabelledPoints,
  ridge: number,
): KernelClassifier {
  const { points, classes } = set;
  requireOnSphere(points);
  const diagonal = Float64Array.of(1);
  kernel(diagonal);
  const normalised = (first: Points, second: Points) => {
    const values = innerProducts(first, second);
    kernel(values);
    for (let i = 0; i < values.length; i++) values[i] /= diagonal[0];
    return values;
  };
  const K = normalised(points, points);
  const coupling = couplingOf(K, points.count);
  const α = coupling < identity ? oneHotColumns(set) : solve(K, set, ridge);
  return {
    classes,
    coupling,
    scores: (others) => products(normalised(others, points), α, classes),
  };
}

function couplingOf(K: Float64Array, count: number): number {
  let largest = 0;
  for (let i = 0; i < count; i++) {
    let sum = 0;
    for (let j = 0; j < count; j++) if (j !== i) sum += Math.abs(K[i * count + j]);
    largest = Math.max(largest, sum);
  }
  return largest;
}

/** (K + λI)⁻¹ Y, [count, classes]; the diagonal of K is 1 exactly, whatever its rounding. */
function solve(K: Float64Array, set: LabelledPoints, ridge: number): Float64Array {
  const { points: { count }, classes } = set;
  const matrix = Matrix.from1DArray(count, count, K);
  for (let i = 0; i < count; i++) matrix.set(i, i, 1 + ridge);
  const factors = new CholeskyDecomposition(matrix);
  if (!factors.isPositiveDefinite()) {
    throw new RangeError(
      `the kernel of ${count} points with a ridge of ${ridge} is not positive definite: use a larger ridge`,
    );
  }
  const solution = factors.solve(Matrix.from1DArray(count, classes, oneHotColumns(set)));
  return Float64Array.from(solution.to1DArray());
}

/** Y [count, classes] */
function oneHotColumns({ labels, classes }: LabelledPoints): Float64Array {
  const Y = new Float64Array(labels.length * classes);
  labels.forEach((label, i) => Y[i * classes + label] = 1);
  return Y;
}

/** [rows, inner] by [inner, columns] */
function products(first: Float64Array, second: Float64Array, columns: number): Float64Array {
  const inner = second.length / columns;
  const rows = first.length / inner;
  const sums = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < inner; k++) {
      const factor = first[i * inner + k];
      for (let j = 0; j < columns; j++) sums[i * columns + j] += factor * second[k * columns + j];
    }
  }
  return sums;
}

/**
 * Votes of all points, whose weights are known by their logarithms, relative to the largest of them: so
 * weights may differ by any factor. Those of infinite weight share all votes.
 *
 * @param logKernel of ξ = x·x′, such as one of `logNngpKernel`
 */
export function logKernelVote(logKernel: SphereKernel, set: LabelledPoints): PointClassifier {
  requireOnSphere(set.points);
  return weightedVote(set, (others) => {
    const logarithms = innerProducts(others, set.points);
    logKernel(logarithms);
    return logarithms;
  });
}

/**
 * The smoother with the singular kernel |x − x′|^−α.
 * @param exponent α, above 0
 * @throws {RangeError} when it is not
 */
export function singularKernelSmoother(exponent: number, set: LabelledPoints): PointClassifier {
  if (!(exponent > 0 && exponent < Infinity)) {
    throw new RangeError(`a singular exponent of ${exponent}; expected one above 0`);
  }
  return weightedVote(
    set,
    (others) =>
      squaredDistances(others, set.points).map((square) => -exponent / 2 * Math.log(square)),
  );
}

/**
 * The Hilbert kernel estimate, which is consistent without any parameter (Devroye, Györfi & Krzyżak 1998).
 * @param dimension d of the space that the points fill, which may be less than their size
 */
export function hilbertEstimate(dimension: number, set: LabelledPoints): PointClassifier {
  return singularKernelSmoother(dimension, set);
}

/** @param logWeights of points [count, set's count] */
function weightedVote(
  set: LabelledPoints,
  logWeights: (points: Points) => Float64Array,
): PointClassifier {
  const { points: { count }, labels, classes } = set;
  return {
    classes,
    scores(points) {
      const logarithms = logWeights(points);
      const votes = new Float64Array(points.count * classes);
      for (let i = 0; i < points.count; i++) {
        const row = logarithms.subarray(i * count, (i + 1) * count);
        const largest = row.reduce((largest, value) => Math.max(largest, value), -Infinity);
        // Where all weights are 0, none votes.
        if (largest === -Infinity) continue;
        row.forEach((value, j) => {
          votes[i * classes + labels[j]] += value === largest ? 1 : Math.exp(value - largest);
        });
      }
      return votes;
    },
  };
}
