/**
 * Graph convolutional network of any depth (Kipf & Welling 2017, eq. 2): H ← ReLU(Â dropout(H) W + b),
 * without the ReLU in the last layer. Every layer transforms and propagates at once.
 */
import * as tf from "@tensorflow/tfjs";
import type { RandomStream } from "../../../sim/random.ts";
import type { Dropout } from "../dropout.ts";
import { glorotUniformTensor, type Variables } from "../variables.ts";
import type { LinearMap } from "./linear_map.ts";

/**
 * Weights by Glorot, biases 0, of layers `weights.<l>` [widths[l], widths[l + 1]], `bias.<l>`.
 *
 * @param widths of the features, of the hidden layers, of the output
 * @param stream gives the random stream of a name
 */
export function gcnVariables(
  widths: readonly number[],
  stream: (name: string) => RandomStream,
): Variables {
  const variables: Record<string, tf.Variable> = {};
  for (let l = 0; l + 1 < widths.length; l++) {
    const [inputs, outputs] = [widths[l], widths[l + 1]];
    const [weights, bias] = [`weights.${l}`, `bias.${l}`];
    tf.tidy(() => {
      const start = glorotUniformTensor([inputs, outputs], inputs, outputs, stream(weights));
      variables[weights] = tf.variable(start);
      variables[bias] = tf.variable(tf.zeros([outputs]));
    });
  }
  return variables;
}

/**
 * The network's output.
 *
 * @param X the features [nodes, widths[0]], dropout applied
 * @param dropout of every later layer's input
 * @returns [nodes, widths.at(-1)]
 */
export function gcnStack(
  Â: LinearMap,
  X: LinearMap,
  variables: Variables,
  dropout: Dropout,
): tf.Tensor2D {
  const layers = Object.keys(variables).length / 2;
  let H = convolve(Â, X.apply(variables["weights.0"]), variables["bias.0"]);
  for (let l = 1; l < layers; l++) {
    const W = variables[`weights.${l}`];
    H = convolve(Â, tf.matMul(dropout(tf.relu(H)), W), variables[`bias.${l}`]);
  }
  return H;
}

/** Â XW + b. */
function convolve(Â: LinearMap, XW: tf.Tensor2D, b: tf.Tensor): tf.Tensor2D {
  return tf.add(Â.apply(XW), b);
}
