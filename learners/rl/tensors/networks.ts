/**
 * The networks of policies, values and critics as TensorFlow.js operations, stated anew so that they and
 * the compiled ones check each other. Batches are [columns, rows] here, [row][column] elsewhere.
 */
import * as tf from "@tensorflow/tfjs";
import { applyNetwork } from "../../motor/tensor_network.ts";
import { MotorPolicyNetwork } from "../../motor/policy_network.ts";
import type { ActivationName } from "../../nn/activations.ts";
import type { Network } from "../../nn/network.ts";
import type { ParameterLayout } from "../../nn/parameters.ts";
import { Perceptron } from "../../nn/perceptron.ts";
import { tensorAlgebra } from "../../nn/tensor_algebra.ts";

/** Tensors by name. */
export type NamedTensors = Readonly<Record<string, tf.Tensor>>;

/** The outputs [columns, outputs] for inputs [columns, inputs]; parameters by their names in the layout. */
export type TensorNetwork = (parameters: NamedTensors, input: tf.Tensor2D) => tf.Tensor2D;

/**
 * The operations of a network.
 * @throws {RangeError} when it is of a kind that is known in compiled form only
 */
export function tensorNetwork(network: Network): TensorNetwork {
  if (network instanceof Perceptron) {
    return (parameters, input) => applyPerceptron(network, parameters, input);
  }
  if (network instanceof MotorPolicyNetwork) {
    const motor = network.network;
    return (parameters, input) => applyNetwork(tensorAlgebra(), motor, parameters, input).output;
  }
  throw new RangeError(
    `a network of the kind ${network.constructor.name} has no form on the tensor engine; ` +
      `expected a Perceptron or a MotorPolicyNetwork`,
  );
}

const activations: Readonly<Record<ActivationName, (x: tf.Tensor2D) => tf.Tensor2D>> = {
  none: (x) => x,
  tanh: (x) => tf.tanh(x),
  sigmoid: (x) => tf.sigmoid(x),
  relu: (x) => tf.relu(x),
  elu: (x) => tf.elu(x),
};

function applyPerceptron(
  { layers }: Perceptron,
  parameters: NamedTensors,
  input: tf.Tensor2D,
): tf.Tensor2D {
  return layers.reduce((entering, { activation, kernel, bias }) => {
    const sums = tf.fused.matMul({
      a: entering,
      b: parameters[kernel.name] as tf.Tensor2D,
      bias: parameters[bias.name],
    });
    return activations[activation](sums as tf.Tensor2D);
  }, input);
}

/**
 * The tensors of a layout, out of a vector of parameters.
 * @param first where they begin in the vector
 */
export function tensorsOf(
  { tensors }: ParameterLayout,
  vector: tf.Tensor1D,
  first = 0,
): NamedTensors {
  return Object.fromEntries(
    tensors.map(({ name, shape, offset, size }) => [
      name,
      tf.reshape(tf.slice(vector, [first + offset], [size]), [...shape]),
    ]),
  );
}

/**
 * The least value that each parameter may have, as `Network.project` puts it back; undefined where
 * everything is allowed.
 * @param size of the vector that begins with the network's parameters; what follows may be anything
 */
export function lowestParameters(
  network: Network,
  size = network.layout.size,
): Float64Array | undefined {
  if (!(network instanceof MotorPolicyNetwork)) return undefined;
  const lowest = new Float64Array(size).fill(-largestNumber);
  const { merge } = network.network.tensors(lowest.subarray(0, network.layout.size));
  if (merge.length === 0) return undefined;
  for (const weight of merge) weight[0] = 0;
  return lowest;
}

/** The largest number of single precision: shaders need not know infinities. */
const largestNumber = (2 - 2 ** -23) * 2 ** 127;
