/**
 * Functional networks: networks that own nothing. Their weights are tensors that are passed in, so that they
 * may come from another network, and gradients go through them to where they come from.
 *
 * Several networks of one form are applied at once when every weight has a leading axis: weights
 * [sets, ...shape] on x [sets, batch, ...].
 */
import * as tf from "@tensorflow/tfjs";
import { type TensorActivation, tensorActivations } from "./tensor_activations.ts";

/** The tensors that a network computes with: name and shape, in the order in which they lie in a vector. */
export type WeightShapes = Readonly<Record<string, readonly number[]>>;

/** Those tensors by name: each of its shape, or all [sets, ...shape]. */
export type Weights = Readonly<Record<string, tf.Tensor>>;

/** A network without weights of its own. */
export interface FunctionalNetwork {
  readonly shapes: WeightShapes;
  /**
   * @param weights one tensor for each of `shapes`
   * @param x what the network takes; with a leading axis [sets, ...] if the weights have one
   * @throws {RangeError} when a weight is missing or has another shape
   */
  apply(weights: Weights, x: tf.Tensor): tf.Tensor;
}

/** A network by its weights' shapes and what it computes with them. */
export function functionalNet(
  shapes: WeightShapes,
  forward: (weights: Weights, x: tf.Tensor) => tf.Tensor,
): FunctionalNetwork {
  return {
    shapes,
    apply(weights, x) {
      requireWeights(shapes, weights);
      return tf.tidy(() => forward(weights, x));
    },
  };
}

function requireWeights(shapes: WeightShapes, weights: Weights): void {
  const sets = new Set<number | undefined>();
  for (const [name, shape] of Object.entries(shapes)) {
    const found = Object.hasOwn(weights, name) ? weights[name].shape : undefined;
    const leading = found?.slice(0, found.length - shape.length);
    if (
      !found || !leading || leading.length > 1 ||
      found.slice(leading.length).join() !== shape.join()
    ) {
      const what = found ? `[${found}]` : "absent";
      throw new RangeError(`weight "${name}" is ${what}; expected [${shape}] or [sets, ${shape}]`);
    }
    sets.add(leading[0]);
  }
  if (sets.size > 1) {
    throw new RangeError(
      `weights of ${
        [...sets].map((count) => count ?? "no").join(" and ")
      } sets; expected as many of each`,
    );
  }
}

/** How many numbers the weights are. */
export function weightCount(shapes: WeightShapes): number {
  return Object.values(shapes).reduce((sum, shape) => sum + sizeOf(shape), 0);
}

/**
 * Vectors of all weights, cut into tensors in the order of `shapes`.
 *
 * @param vectors [sets, weightCount(shapes)]
 * @returns each [sets, ...shape]
 * @throws {RangeError} when the vectors are of another length
 */
export function splitWeights(vectors: tf.Tensor2D, shapes: WeightShapes): Weights {
  const [sets, length] = vectors.shape;
  const expected = weightCount(shapes);
  if (length !== expected) {
    throw new RangeError(`weights of ${length} numbers; their shapes have ${expected}`);
  }
  const parts = tf.split(vectors, Object.values(shapes).map(sizeOf), 1);
  return Object.fromEntries(
    Object.entries(shapes).map((
      [name, shape],
      i,
    ) => [name, tf.reshape(parts[i], [sets, ...shape])]),
  );
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** What a functional perceptron is built from. */
export interface FunctionalPerceptronForm {
  readonly inputs: number;
  /** Units of each hidden layer. */
  readonly hidden: readonly number[];
  readonly outputs: number;
  /** Of the hidden layers; the output is linear. */
  readonly activation: TensorActivation;
}

/**
 * A perceptron x [batch, inputs] ↦ [batch, outputs] with the weights `layer.<k>.weights` [inputs, outputs] and
 * `layer.<k>.bias` [outputs], k = 0 … hidden layers.
 */
export function functionalPerceptron(
  { inputs, hidden, outputs, activation }: FunctionalPerceptronForm,
): FunctionalNetwork {
  const extents = [inputs, ...hidden, outputs];
  const shapes = Object.fromEntries(
    extents.slice(1).flatMap((units, k): [string, number[]][] => [
      [`layer.${k}.weights`, [extents[k], units]],
      [`layer.${k}.bias`, [units]],
    ]),
  );
  const act = tensorActivations[activation];
  return functionalNet(shapes, (weights, x) => {
    let h = x; // [(sets,) batch, units]
    for (let k = 0; k <= hidden.length; k++) {
      const bias = tf.expandDims(weights[`layer.${k}.bias`], -2); // [(sets,) 1, units]
      const z = tf.add(tf.matMul(h, weights[`layer.${k}.weights`]), bias);
      h = k < hidden.length ? act(z) : z;
    }
    return h;
  });
}
