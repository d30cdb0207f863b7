/**
 * Measures of a binary network's health, for any learner that trains one.
 *
 * Estimating error and gradient instability: Wu et al. 2023 (ReSTE). Quantisation error of a periodic
 * binariser: Vargas et al. 2024 (BiPer); its laws for Laplace and normal weights are derived below.
 */
import * as tf from "@tensorflow/tfjs";
import type { EpochObserver } from "../image_classification.ts";
import type { Estimator } from "./estimators.ts";

/**
 * How far a stand-in is from what the network computes: Σ over layers of ‖f(w) − binary(w)‖₂.
 *
 * @param kernels latent weights, one tensor for each layer
 * @param progress where in the training the estimator is taken; runs are compared at its end, 1
 */
export async function estimatingError(
  kernels: readonly tf.Tensor[],
  estimator: Estimator,
  progress = 1,
): Promise<number> {
  return await numberOf(() =>
    sum(kernels.map((w) => tf.norm(tf.sub(estimator.forward(w, progress), estimator.binary(w)))))
  );
}

/**
 * How unsteady the gradients are: Σ over layers of the unbiased variance of |∂L/∂w|. Larger is less
 * stable.
 *
 * @param gradients of the latent weights, one tensor for each layer, at least two elements each
 */
export async function gradientInstability(gradients: readonly tf.Tensor[]): Promise<number> {
  return await numberOf(() =>
    sum(gradients.map((gradient) => {
      const size = tf.abs(gradient);
      const squares = tf.sum(tf.square(tf.sub(size, tf.mean(size))));
      return tf.div(squares, gradient.size - 1);
    }))
  );
}

/** How one layer's weights meet a periodic binariser. */
export interface QuantisationError {
  /** mean|sin(ωw) − sign(sin(ωw))| = 1 − mean|sin(ωw)|. */
  readonly error: number;
  /** b = mean|w|, the maximum-likelihood scale of a Laplace law. */
  readonly scale: number;
}

/** The quantisation error of each layer under the frequency `omega`. */
export async function quantisationErrors(
  kernels: readonly tf.Tensor[],
  omega: number,
): Promise<QuantisationError[]> {
  return await Promise.all(kernels.map(async (w) => ({
    error: await numberOf(() => tf.sub(1, tf.mean(tf.abs(tf.sin(tf.mul(omega, w)))))),
    scale: await numberOf(() => tf.mean(tf.abs(w))),
  })));
}

/**
 * The quantisation error of weights that follow a Laplace law of scale b, at x = ωb:
 * 1 − x coth(π/(2x))/(1 + x²). It falls with x towards 1 − 2/π.
 *
 * Derivation: |sin| is a series of half waves, and an exponential law weighs each by e^(−π/x).
 *
 * @param x ωb, above 0
 */
export function laplaceQuantisationError(x: number): number {
  return 1 - x / Math.tanh(Math.PI / (2 * x)) / (1 + x * x);
}

/**
 * The quantisation error of normal weights of deviation σ, at s = ωσ:
 * 1 − 2/π + (4/π) Σ_{k ≥ 1} e^(−2k²s²)/(4k² − 1), from the Fourier series of |sin|.
 *
 * @param s ωσ, above 0
 */
export function gaussianQuantisationError(s: number): number {
  let total = 0;
  for (let k = 1; k < 100_000; k++) {
    const term = Math.exp(-2 * (k * s) ** 2) / (4 * k * k - 1);
    total += term;
    if (term < 1e-12) break;
  }
  return 1 - 2 / Math.PI + 4 / Math.PI * total;
}

/**
 * The share of binary values that differ between two moments, 0 … 1.
 * @throws {RangeError} when the two do not have as many values, or none
 */
export function flipRate(before: ArrayLike<number>, after: ArrayLike<number>): number {
  if (before.length !== after.length || before.length === 0) {
    throw new RangeError(`${before.length} and ${after.length} bits cannot be compared`);
  }
  let flips = 0;
  for (let i = 0; i < before.length; i++) if (before[i] !== after[i]) flips++;
  return flips / before.length;
}

/** Observes the flip rate of each epoch, from its start to its end. */
export function flipCounter(
  kernels: readonly tf.Tensor[],
  binary: (w: tf.Tensor) => tf.Tensor,
): EpochObserver {
  let before: Int8Array = new Int8Array();
  return {
    started: async () => {
      before = await bitsOf(kernels, binary);
    },
    ended: async () => ({ "flip rate": flipRate(before, await bitsOf(kernels, binary)) }),
  };
}

/** All bits of the layers in one row: −1 or +1. */
async function bitsOf(
  kernels: readonly tf.Tensor[],
  binary: (w: tf.Tensor) => tf.Tensor,
): Promise<Int8Array> {
  const bits = tf.tidy(() => tf.concat(kernels.map((w) => tf.reshape(binary(w), [-1]))));
  const values = Int8Array.from(await bits.data());
  bits.dispose();
  return values;
}

function sum(scalars: tf.Tensor[]): tf.Tensor {
  return scalars.reduce((total, scalar) => tf.add(total, scalar), tf.scalar(0));
}

/** Computes a scalar and reads it. */
async function numberOf(compute: () => tf.Tensor): Promise<number> {
  const scalar = tf.tidy(compute);
  const [value] = await scalar.data();
  scalar.dispose();
  return value;
}
