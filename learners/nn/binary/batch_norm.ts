/**
 * Batch normalisation over the last axis (Ioffe & Szegedy 2015, algorithm 1), with the conventions of
 * PyTorch: ε = 1e-5; running ← 0.9 running + 0.1 batch, the running variance unbiased.
 *
 * In training it is one operation with a gradient of its own: the derivative of the batch's mean and
 * variance is folded into three products, in place of the dozen that a tape would hold.
 */
import * as tf from "@tensorflow/tfjs";
import { batchNormGradientName, batchNormName } from "../kernels/batch_norm.ts";
import type { Variables } from "../variables.ts";

const epsilon = 1e-5;
const momentum = 0.1;

/** The tensors of one batch norm, each [channels]. */
export interface BatchNorm {
  /** γ, trained. */
  readonly gamma: tf.Variable;
  /** β, trained. */
  readonly beta: tf.Variable;
  /** Running average of the batches' means. */
  readonly mean: tf.Variable;
  /** Running average of the batches' variances. */
  readonly variance: tf.Variable;
}

/** The trained tensors of a batch norm called `name`: γ = 1, β = 0. */
export function batchNormVariables(name: string, channels: number): Variables {
  return {
    [`${name}.gamma`]: tf.tidy(() => tf.variable(tf.ones([channels]))),
    [`${name}.beta`]: tf.tidy(() => tf.variable(tf.zeros([channels]))),
  };
}

/** Its running statistics: those of a standard normal input. */
export function batchNormStatistics(name: string, channels: number): Variables {
  return {
    [`${name}.mean`]: tf.tidy(() => tf.variable(tf.zeros([channels]), false)),
    [`${name}.variance`]: tf.tidy(() => tf.variable(tf.ones([channels]), false)),
  };
}

/** The batch norm called `name` among variables and statistics. */
export function batchNormOf(name: string, variables: Variables, statistics: Variables): BatchNorm {
  return {
    gamma: variables[`${name}.gamma`],
    beta: variables[`${name}.beta`],
    mean: statistics[`${name}.mean`],
    variance: statistics[`${name}.variance`],
  };
}

/**
 * γ (x − mean)/√(variance + ε) + β.
 *
 * @param x [..., channels]
 * @param training with the batch's own mean and variance, which also move the running ones; otherwise
 * with the running ones
 */
export function batchNorm<T extends tf.Tensor>(x: T, norm: BatchNorm, training: boolean): T {
  return tf.tidy(() => {
    const channels = norm.gamma.size;
    const rows = tf.reshape<tf.Rank.R2>(x, [x.size / channels, channels]);
    const normalised = training ? byBatch(rows, norm) : byRunningStatistics(rows, norm);
    return tf.reshape(normalised, x.shape) as T;
  });
}

function byRunningStatistics(rows: tf.Tensor2D, norm: BatchNorm): tf.Tensor {
  const slope = tf.mul(norm.gamma, tf.rsqrt(tf.add(norm.variance, epsilon)));
  return tf.add(tf.mul(rows, slope), tf.sub(norm.beta, tf.mul(norm.mean, slope)));
}

function byBatch(rows: tf.Tensor2D, norm: BatchNorm): tf.Tensor {
  const normalise = tf.customGrad((...inputs) => {
    const [x, gamma, beta] = inputs as tf.Tensor[];
    const save = inputs[3] as unknown as tf.GradSaveFunc;
    const { value, standard, slope, mean, variance } = forward(x, gamma, beta, norm);
    norm.mean.assign(mean);
    norm.variance.assign(variance);
    save([standard, slope]);
    return { value, gradFunc: (upstream, saved) => backward(upstream, saved[0], saved[1]) };
  });
  return normalise(rows, norm.gamma, norm.beta);
}

/** What a forward pass computes, and what the backward pass needs of it. */
interface Normalised {
  /** γ x̂ + β, [count, channels]. */
  readonly value: tf.Tensor;
  /** x̂ = (x − mean)/√(variance + ε), [count, channels]. */
  readonly standard: tf.Tensor;
  /** γ/√(variance + ε), as many as channels. */
  readonly slope: tf.Tensor;
  /** The running averages, moved on by the batch's moments. */
  readonly mean: tf.Tensor;
  readonly variance: tf.Tensor;
}

/** By one operation where the backend has it. */
function forward(
  x: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  running: Pick<BatchNorm, "mean" | "variance">,
): Normalised {
  if (tf.getKernel(batchNormName, tf.getBackend())) {
    const inputs = { x, gamma, beta, mean: running.mean, variance: running.variance };
    const [value, standard, slope, mean, variance] = tf.engine().runKernel<tf.Tensor[]>(
      batchNormName,
      inputs,
      { epsilon, momentum },
    );
    return { value, standard, slope, mean, variance };
  }
  const count = x.shape[0];
  const mean = columnMean(x);
  const centred = tf.sub(x, mean);
  const variance = columnMean(tf.square(centred));
  const inverse = tf.rsqrt(tf.add(variance, epsilon)); // [1, channels]
  const standard = tf.mul(centred, inverse); // [count, channels]
  const value = tf.add(tf.mul(standard, gamma), beta);
  return {
    value,
    standard,
    slope: tf.mul(gamma, inverse),
    mean: moved(running.mean, mean),
    variance: moved(running.variance, tf.mul(variance, count / (count - 1))),
  };
}

/** The gradients of x, γ and β; by one operation where the backend has it. */
function backward(upstream: tf.Tensor, standard: tf.Tensor, slope: tf.Tensor): tf.Tensor[] {
  if (tf.getKernel(batchNormGradientName, tf.getBackend())) {
    const inputs = { dy: upstream, standard, slope };
    return tf.engine().runKernel<tf.Tensor[]>(batchNormGradientName, inputs);
  }
  // With g = ∂L/∂y: ∂L/∂β = Σ g, ∂L/∂γ = Σ g x̂, ∂L/∂x = γ/σ (g − mean g − x̂ mean(g x̂)).
  const count = upstream.shape[0];
  const meanSlope = columnMean(upstream);
  const meanProduct = columnMean(tf.mul(upstream, standard));
  const rest = tf.sub(tf.sub(upstream, meanSlope), tf.mul(standard, meanProduct));
  return [
    tf.mul(slope, rest),
    tf.reshape(tf.mul(count, meanProduct), [-1]),
    tf.reshape(tf.mul(count, meanSlope), [-1]),
  ];
}

/** [rows, columns] → [1, columns]; as a product, which backends do faster than a sum over rows. */
function columnMean(x: tf.Tensor): tf.Tensor2D {
  const count = x.shape[0];
  return tf.matMul(tf.fill<tf.Rank.R2>([1, count], 1 / count), x as tf.Tensor2D);
}

function moved(running: tf.Tensor, batch: tf.Tensor): tf.Tensor {
  return tf.add(tf.mul(1 - momentum, running), tf.mul(momentum, tf.reshape(batch, running.shape)));
}
