/**
 * How large weights and gradients are, and how much that depends on an input: what parametrisations are
 * compared by before anything is learnt.
 */
import * as tf from "@tensorflow/tfjs";
import type { Variables } from "./variables.ts";

/** The Euclidean norm of all elements of all tensors. */
export function globalNorm(tensors: readonly tf.Tensor[]): tf.Scalar {
  return tf.tidy(() => {
    const squares = tensors.map((tensor) => tf.sum(tf.square(tensor)));
    return tf.sqrt(tf.addN(squares)) as tf.Scalar;
  });
}

/** ‖∂loss/∂variables‖, all variables together. */
export async function gradientNorm(
  loss: () => tf.Scalar,
  variables: Variables,
): Promise<number> {
  const norm = tf.tidy(() =>
    globalNorm(Object.values(tf.variableGrads(loss, Object.values(variables)).grads))
  );
  const [value] = await norm.data();
  norm.dispose();
  return value;
}

/**
 * How many times as large the largest is as the smallest.
 * @throws {RangeError} when there is none, or one is not a finite number above 0
 */
export function spreadOf(values: readonly number[]): number {
  const wrong = values.find((value) => !(value > 0 && value < Infinity));
  if (values.length === 0 || wrong !== undefined) {
    throw new RangeError(`the spread of [${values}]; expected finite numbers above 0`);
  }
  return Math.max(...values) / Math.min(...values);
}
