/** Gradients of several losses that share one forward pass. */
import * as tf from "@tensorflow/tfjs";

/** What a forward pass computes. */
export interface ForwardPass {
  /** Each is differentiated. */
  readonly losses: readonly tf.Tensor[];
  /** Numbers that are wanted beside the gradients. */
  readonly values: readonly tf.Tensor[];
}

/**
 * The values of a forward pass and the gradients of each of its losses, one after the other in a
 * vector, so that a single read fetches them all.
 *
 * `tf.grads` runs its function anew for every loss. Here an outer gradient call keeps the tape of one
 * forward pass, and every loss is pulled back along it.
 *
 * @param forward computes its losses, scalars, from `parameters`
 * @returns [...values, ...gradient of the first loss (parameter by parameter), ...of the second, …];
 * zeros where a loss does not depend on a parameter
 */
export function valuesAndGradients(
  forward: () => ForwardPass,
  parameters: tf.Tensor[],
): tf.Tensor1D {
  const pullBack = (loss: tf.Tensor) =>
    tf.engine().gradients(() => loss, parameters, undefined, true).grads.map(
      (gradient, p) => gradient ?? tf.zerosLike(parameters[p]),
    );
  const pass = () => {
    const { losses, values } = forward();
    return unrecorded(() => flat([...values, ...losses.flatMap(pullBack)]));
  };
  return tf.engine().gradients(pass, parameters, undefined, true).value;
}

/** `work` without being recorded: nothing is differentiated through it. */
function unrecorded<Result extends tf.Tensor>(work: () => Result): Result {
  return tf.customGrad<Result>(() => ({ value: work(), gradFunc: () => [] }))();
}

function flat(parts: readonly tf.Tensor[]): tf.Tensor1D {
  return tf.concat1d(parts.map((part) => tf.reshape<tf.Rank.R1>(part, [-1])));
}
