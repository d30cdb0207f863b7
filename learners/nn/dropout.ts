/**
 * Dropout (Srivastava et al. 2014) whose masks come from a named random stream. TensorFlow.js seeds its
 * own per call at best, which cannot be resumed exactly.
 */
import * as tf from "@tensorflow/tfjs";
import type { RandomStream } from "../../sim/random.ts";

/** What is done to activations on their way to the next layer. */
export type Dropout = <R extends tf.Rank>(x: tf.Tensor<R>) => tf.Tensor<R>;

/** Leaves everything as it is: for inference. */
export const noDropout: Dropout = (x) => x;

/**
 * Sets each element to 0 with probability `rate` and divides the others by 1 − rate. Masks are drawn in
 * the order of the calls.
 *
 * @throws {RangeError} when the rate is not in [0, 1)
 */
export function dropout(rate: number, stream: RandomStream): Dropout {
  if (!(rate >= 0 && rate < 1)) throw new RangeError(`dropout rate ${rate} is not in [0, 1)`);
  if (rate === 0) return noDropout;
  const kept = 1 / (1 - rate);
  return (x) => {
    const mask = new Float32Array(x.size);
    for (let i = 0; i < mask.length; i++) mask[i] = stream.uniform() < rate ? 0 : kept;
    return tf.mul(x, tf.tensor(mask, x.shape));
  };
}
