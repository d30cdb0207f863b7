/**
 * How networks' outputs become actions on the tensor engine: the equations of `../squashed_policy.ts` and
 * `../tanh_policy.ts`, stated anew so that the two check each other. Batches are [columns, rows].
 */
import * as tf from "@tensorflow/tfjs";
import type { Space } from "../../../sim/environments/environment.ts";
import { halvesOf } from "../squashed_policy.ts";

const logRootTwoPi = 0.5 * Math.log(2 * Math.PI);

/** What log σ is within. */
const logDeviations = { lowest: -5, highest: 2 } as const;

/** Actions with their densities. */
export interface TensorSample {
  /** [columns, rows], within the space. */
  readonly actions: tf.Tensor2D;
  /** log π of each, [columns, 1]. */
  readonly logDensities: tf.Tensor2D;
}

/**
 * Samples u = μ + σ ξ, squashed into the space; differentiable with respect to the outputs.
 * @param outputs those for μ, then those for log σ, [columns, 2 · rows]
 * @param noise ξ, [columns, rows]
 * @param meanScale what the outputs for μ are multiplied by
 */
export function squashedSample(
  outputs: tf.Tensor2D,
  noise: tf.Tensor2D,
  space: Space,
  meanScale: number,
): TensorSample {
  const [forMean, forDeviation] = tf.split(outputs, 2, 1);
  const { lowest, highest } = logDeviations;
  const share = tf.mul(0.5, tf.add(tf.tanh(forDeviation), 1));
  const logDeviation: tf.Tensor2D = tf.add(lowest, tf.mul(highest - lowest, share));
  const u: tf.Tensor2D = tf.add(tf.mul(meanScale, forMean), tf.mul(tf.exp(logDeviation), noise));
  // log N(u; μ, σ) − log(1 − tanh² u), the latter as 2 (log 2 − u − softplus(−2u)), finite for every u
  const logNormal = tf.neg(tf.add(tf.mul(0.5, tf.square(noise)), logDeviation));
  const logSquashing = tf.mul(2, tf.sub(tf.sub(Math.LN2, u), tf.softplus(tf.mul(-2, u))));
  const constant = halvesOf(space).half.reduce(
    (sum, half) => sum + logRootTwoPi + Math.log(half),
    0,
  );
  const logDensities = tf.sub(tf.sum(tf.sub(logNormal, logSquashing), 1, true), constant);
  return { actions: intoSpace(tf.tanh(u), space), logDensities: logDensities as tf.Tensor2D };
}

/** What is −1 … 1, as actions: each row's middle and half width. */
export function intoSpace(outputs: tf.Tensor2D, space: Space): tf.Tensor2D {
  const { middle, half } = halvesOf(space);
  return tf.add(tf.mul(outputs, tf.tensor1d([...half])), tf.tensor1d([...middle]));
}

/** Actions that are kept within the space; not to be differentiated. */
export function withinSpace(actions: tf.Tensor2D, { low, high }: Space): tf.Tensor2D {
  const [lowest, highest] = [low, high].map((bounds) => tf.tensor1d([...bounds]));
  return tf.minimum(tf.maximum(actions, lowest), highest);
}
