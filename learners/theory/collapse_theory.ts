/**
 * The global minimiser of a deep linear head on free features, in closed form (Dang et al. 2023,
 * https://arxiv.org/abs/2301.00437, theorems for the squared loss).
 *
 *     (1)  F = 1/(2N) ‖W_M … W_1 H + b 1ᵀ − Y‖² + λ_W/2 Σ_j ‖W_j‖² + λ_H/2 ‖H‖²
 *
 * K classes of n_k samples, N = Σ n_k; Y [K, N] one-hot; H [d, N]; W_1 … W_{M−1} [d, d], W_M [K, d], d ≥ K.
 * At the minimum all W_j have the same singular values s_k, one a class. With x = s²/(Nλ_H)^(1/M) the problem
 * falls apart into one of a single number for each class:
 *
 *     (2)  F = Σ_k n_k/(2N) [1/(1 + x_k^M) + b_k x_k],   b_k = M N λ_W (N λ_H)^(1/M) / n_k
 *
 * A class collapses to zero, x_k = 0, if b_k exceeds
 *
 *     (3)  t_M = (M − 1)^((M−1)/M) / M,   t_1 = 1;
 *
 * otherwise x_k is the larger root of
 *
 *     (4)  b_k = M x^(M−1)/(1 + x^M)²,    for M = 1: x = 1/√b_k − 1.
 *
 * With P = W_M … W_1 and class means μ [d, K], up to one rotation of feature space and with p_k² = Nλ_H x_k^M:
 *
 *     (5)  rows of P are orthogonal with lengths p_k, class means with lengths p_k/(p_k² + Nλ_H),
 *          and row k of P is (p_k² + Nλ_H) μ_kᵀ: a general orthogonal frame.
 *
 * With a free bias and classes of equal sizes b = 1/K, and Y − 1/K takes the place of Y: K − 1 equal
 * singular values, and a simplex equiangular tight frame.
 */
import { type ClassFrame, orthogonalFrame, simplexFrame } from "../nn/collapse_metrics.ts";

/** Which problem (1) is meant, apart from the width, on which its minimum does not depend. */
export interface DeepLinearProblem {
  /** n_k, samples of each class; integers of at least 1. */
  readonly counts: readonly number[];
  /** M, linear layers; an integer of at least 1. */
  readonly layers: number;
  /** λ_W of every linear layer, above 0. */
  readonly weightDecay: number;
  /** λ_H of the features, above 0. */
  readonly featureDecay: number;
  /** Whether there is a free bias, which is not decayed; the theory then asks for equal counts. */
  readonly bias: boolean;
}

/** The minimum of (1). */
export interface CollapseTheory {
  readonly problem: DeepLinearProblem;
  /** F at the minimum. */
  readonly loss: number;
  /** b_k of (2). */
  readonly cost: readonly number[];
  /** x_k of (2); 0 for classes that collapse. */
  readonly x: readonly number[];
  /** p_k², the squared lengths of the rows of P; with a bias, what its K − 1 squared singular values are. */
  readonly squaredRows: readonly number[];
  /** The lengths of the class means; with a bias, what the singular values of the centred means are. */
  readonly means: readonly number[];
  /** Which classes are erased. */
  readonly collapsed: readonly boolean[];
}

/** t_M of (3): the cost above which a class collapses. */
export function collapseThreshold(layers: number): number {
  return (layers - 1) ** ((layers - 1) / layers) / layers;
}

/**
 * The minimum of a problem.
 *
 * @example
 * ```ts
 * const theory = collapseTheory({
 *   counts: [200, 100, 50, 50], layers: 1, weightDecay: 5e-4, featureDecay: 5e-4, bias: false,
 * });
 * theory.squaredRows; // √n − 0.2: 13.9421, 9.8, 6.8711, 6.8711
 * ```
 * @throws {RangeError} when the problem has no meaning, or a bias and unequal counts
 */
export function collapseTheory(problem: DeepLinearProblem): CollapseTheory {
  checkProblem(problem);
  const { counts, layers: M, featureDecay, bias } = problem;
  const N = total(counts);
  const cost = counts.map((count) => classCost(problem, count, N)); // (2)
  const x = cost.map((b) => minimiser(b, M));
  const squaredRows = x.map((value) => N * featureDecay * value ** M); // (5)
  const terms = counts.map((n, k) => n / (2 * N) * (1 / (1 + x[k] ** M) + cost[k] * x[k]));
  const directions = bias ? (counts.length - 1) / counts.length : 1;
  return {
    problem,
    loss: directions * total(terms),
    cost,
    x,
    squaredRows,
    means: squaredRows.map((square) => Math.sqrt(square) / (square + N * featureDecay)),
    collapsed: x.map((value) => value === 0),
  };
}

/**
 * The frame that the theory predicts between layer `layer` … M and the features that enter that layer.
 * @param layer 1 … M; 1, the whole head and its features, unless given
 */
export function predictedFrame(theory: CollapseTheory, layer = 1): ClassFrame {
  const { problem: { counts, layers, bias }, squaredRows, means } = theory;
  if (bias) return simplexFrame(counts.length);
  // s_k = p_k^(1/M): the layers below lengthen the features, those left out no longer the rows.
  const gains = squaredRows.map((square) => square ** ((layer - 1) / (2 * layers)));
  const rows = squaredRows.map((square, k) => gains[k] > 0 ? Math.sqrt(square) / gains[k] : 0);
  return orthogonalFrame(rows, means.map((length, k) => length * gains[k]));
}

/**
 * The least size at which one more class survives beside others, b ≤ t_M; undefined if there is none. (Beyond
 * M times the samples of the others, more samples raise the cost again.)
 *
 * @param problem `counts` are those of the other classes
 */
export function smallestSurvivingCount(
  problem: Omit<DeepLinearProblem, "bias">,
): number | undefined {
  checkProblem({ ...problem, bias: false });
  const others = total(problem.counts);
  const threshold = collapseThreshold(problem.layers);
  const sizes = Array.from({ length: problem.layers * others }, (_, i) => i + 1);
  return sizes.find((n) => classCost(problem, n, others + n) <= threshold);
}

/** The largest decay λ_W = λ_H with which no class collapses: b_k = t_M for the smallest class. */
export function largestHarmlessDecay(counts: readonly number[], layers: number): number {
  checkProblem({ counts, layers, weightDecay: 1, featureDecay: 1, bias: false });
  const smallest = Math.min(...counts);
  const share = collapseThreshold(layers) * smallest / layers;
  return share ** (layers / (layers + 1)) / total(counts);
}

/** b of (2). */
function classCost(
  { layers: M, weightDecay, featureDecay }: Omit<DeepLinearProblem, "counts" | "bias">,
  count: number,
  N: number,
): number {
  return M * N * weightDecay * (N * featureDecay) ** (1 / M) / count;
}

/** The x ≥ 0 with the least 1/(1 + x^M) + b x. */
function minimiser(b: number, M: number): number {
  if (M === 1) return Math.max(0, 1 / Math.sqrt(b) - 1);
  if (b > collapseThreshold(M)) return 0;
  const slope = (x: number) => M * x ** (M - 1) / (1 + x ** M) ** 2; // (4), falling from here on:
  let low = ((M - 1) / (M + 1)) ** (1 / M);
  let high = 2 * low;
  while (slope(high) > b) high *= 2;
  // Until no number lies between the two.
  for (let x = (low + high) / 2; x > low && x < high; x = (low + high) / 2) {
    if (slope(x) > b) low = x;
    else high = x;
  }
  return high;
}

function checkProblem({ counts, layers, weightDecay, featureDecay, bias }: DeepLinearProblem) {
  if (counts.length === 0 || counts.some((count) => !Number.isSafeInteger(count) || count < 1)) {
    throw new RangeError(`counts [${counts}]: expected integers of at least 1, one for each class`);
  }
  if (!Number.isSafeInteger(layers) || layers < 1) {
    throw new RangeError(`${layers} linear layers; expected an integer of at least 1`);
  }
  for (const [name, decay] of Object.entries({ weightDecay, featureDecay })) {
    if (!(decay > 0 && decay < Infinity)) {
      throw new RangeError(`${name} ${decay} is not a number above 0`);
    }
  }
  if (bias && counts.some((count) => count !== counts[0])) {
    throw new RangeError(
      `counts [${counts}] with a bias: the minimum is known for classes of equal sizes only; leave the ` +
        "bias out, or take as many samples of each class",
    );
  }
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
