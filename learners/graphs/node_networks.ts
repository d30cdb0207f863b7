/**
 * Networks for nodes that several methods and their baselines share: transforming first and propagating
 * afterwards, and the stack of graph convolutions, which does both at once.
 */
import * as tf from "@tensorflow/tfjs";
import type { RandomStream } from "../../sim/random.ts";
import type { Dropout } from "../nn/dropout.ts";
import { gcnStack, gcnVariables } from "../nn/graphs/gcn_stack.ts";
import type { LinearMap } from "../nn/graphs/linear_map.ts";
import { linearVariables } from "../nn/linear.ts";
import type { Variables } from "../nn/variables.ts";
import type { NodeClassifier } from "./node_classification.ts";

/** Extents of a network. */
export interface Sizes {
  readonly features: number;
  readonly hidden: number;
  readonly classes: number;
}

/** Gives the random stream that starts the parameter of a name. */
export type Streams = (parameter: string) => RandomStream;

/** `transform`'s parameters. */
export function transformVariables(
  { features, hidden, classes }: Sizes,
  stream: Streams,
): Variables {
  return {
    ...linearVariables("transform.0", features, hidden, stream),
    ...linearVariables("transform.1", hidden, classes, stream),
  };
}

/**
 * A perceptron of one hidden layer, into class space: every node by itself.
 *
 * @param X the features as a map [nodes, features], dropout applied
 * @returns [nodes, classes]
 */
export function transform(variables: Variables, X: LinearMap, drop: Dropout): tf.Tensor2D {
  const hidden = tf.add(X.apply(variables["transform.0.weights"]), variables["transform.0.bias"]);
  const Z = tf.matMul(drop(tf.relu(hidden)), variables["transform.1.weights"]);
  return tf.add(Z, variables["transform.1.bias"]);
}

/** Multiply-adds of `transform`, and of `hops` hops after it. */
export function decoupledMultiplyAdds(
  X: LinearMap,
  Â: LinearMap,
  { hidden, classes }: Sizes,
  hops: number,
): number {
  return X.multiplyAdds * hidden + X.rows * hidden * classes + hops * Â.multiplyAdds * classes;
}

/**
 * Transforms, then propagates by a rule without parameters.
 *
 * @param propagation Z [nodes, classes] ↦ [nodes, classes], in `hops` products with Â
 */
export function decoupledNetwork(
  Â: LinearMap,
  sizes: Sizes,
  hops: number,
  propagation: (Z: tf.Tensor2D) => tf.Tensor2D,
  stream: Streams,
): NodeClassifier {
  const variables = transformVariables(sizes, stream);
  return {
    variables,
    scores: (X, drop) => propagation(transform(variables, X, drop)),
    multiplyAdds: (X) => decoupledMultiplyAdds(X, Â, sizes, hops),
  };
}

/** `layers` graph convolutions, hidden layers of one width. */
export function gcnNetwork(
  Â: LinearMap,
  { features, hidden, classes }: Sizes,
  layers: number,
  stream: Streams,
): NodeClassifier {
  const widths = [features, ...new Array<number>(layers - 1).fill(hidden), classes];
  const variables = gcnVariables(widths, stream);
  return {
    variables,
    scores: (X, drop) => gcnStack(Â, X, variables, drop),
    multiplyAdds: (X) =>
      widths.slice(1).reduce((sum, outputs, l) => {
        const product = l === 0 ? X.multiplyAdds : X.rows * widths[l];
        return sum + (product + Â.multiplyAdds) * outputs;
      }, 0),
  };
}
