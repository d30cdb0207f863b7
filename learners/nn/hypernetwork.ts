/**
 * Hypernetworks: networks that predict the weights of another (the primary) network from an input γ (Ha, Dai & Le
 * 2016, https://arxiv.org/abs/1609.09106), in the default parametrisation and in the magnitude-invariant one
 * (Gonzalez Ortiz, Guttag & Dalca 2024, https://arxiv.org/abs/2304.07645).
 *
 *     h_0 = E(γ),  h_k = φ(N(h_{k−1} W_k + b_k)),  θ = h_n W + b          γ [sets, d] ↦ θ [sets, P]
 *
 * θ holds all P weights and biases of the primary network, tensor after tensor. φ is the activation, N a
 * normalisation, or nothing. The last bias b is θ⁰ of an additive hypernetwork: it starts as the primary
 * network's own weights would, and h_n W is what γ changes about them. Otherwise it starts at 0. It is trained
 * either way.
 *
 * Initial values, those of the authors' library: b_k = 0, W_k Kaiming normal by fan-out; the columns of W that
 * predict one tensor of N numbers as if they were a layer of their own, by fan-out N and not P; of θ⁰ the
 * weights Kaiming normal by the primary layer's fan-in, the biases 0.
 */
import * as tf from "@tensorflow/tfjs";
import type { RandomStream } from "../../sim/random.ts";
import {
  batchNorm,
  batchNormOf,
  batchNormStatistics,
  batchNormVariables,
} from "./binary/batch_norm.ts";
import { splitWeights, weightCount, type Weights, type WeightShapes } from "./functional.ts";
import { kaimingNormal, leakyReluGain } from "./kaiming.ts";
import { layerNorm, layerNormVariables } from "./layer_norm.ts";
import { leakySlope, type TensorActivation, tensorActivations } from "./tensor_activations.ts";
import type { Variables } from "./variables.ts";

/** What becomes of γ [sets, d] before the first layer. */
export const encodings = {
  /** γ itself. */
  "none": (γ) => γ,
  /** [cos(πγ/2), sin(πγ/2)], all cosines first: a quarter of a circle for each γ_i, so that ‖E(γ)‖ = √d. */
  "cos-sin": (γ) => {
    const angles = tf.mul<tf.Tensor2D>(Math.PI / 2, γ);
    return tf.concat([tf.cos(angles), tf.sin(angles)], 1);
  },
  /** [γ, 1 − γ], whose norm is not constant. */
  "complement": (γ) => tf.concat([γ, tf.sub(1, γ)], 1),
} as const satisfies Record<string, (γ: tf.Tensor2D) => tf.Tensor2D>;

/** The name of one. */
export type Encoding = keyof typeof encodings;

/** How many numbers each γ_i is encoded by. */
const encodedExtent: Readonly<Record<Encoding, number>> = {
  "none": 1,
  "cos-sin": 2,
  "complement": 2,
};

/** What comes between a hidden layer's sum and its activation. */
export type Normalisation = "none" | "batch" | "layer";

/** What a hypernetwork is made of. */
export interface HypernetworkForm {
  /** d, how many numbers γ has. */
  readonly inputs: number;
  readonly encoding: Encoding;
  /** Units of each hidden layer. */
  readonly hidden: readonly number[];
  readonly activation: TensorActivation;
  readonly normalisation: Normalisation;
  /** Whether the last bias starts as the primary network's own weights, θ⁰; otherwise it starts at 0. */
  readonly additive: boolean;
  /** The primary network's. */
  readonly shapes: WeightShapes;
}

/** Predicts the weights of a primary network. */
export interface Hypernetwork {
  /** All that is trained: `hidden.<k>.weights`, `hidden.<k>.bias`, …, `head.weights` [units, P], `head.bias` [P]. */
  readonly variables: Variables;
  /** Running statistics of batch normalisation, which are saved but not trained. */
  readonly statistics: Variables;
  /**
   * θ(γ) [sets, P].
   * @param γ [sets, d], 0 … 1; see `knobs`
   * @param training whether batch normalisation goes by these γ, and not by its running statistics
   */
  parameters(γ: tf.Tensor2D, training?: boolean): tf.Tensor2D;
  /** θ(γ) as the primary network takes it: each [sets, ...shape]. */
  weights(γ: tf.Tensor2D, training?: boolean): Weights;
}

/**
 * Inputs γ of a hypernetwork.
 *
 * @param values [sets][d]
 * @returns [sets, d]
 * @throws {RangeError} when one is not from 0 to 1: a quarter of a circle tells no others apart
 */
export function knobs(values: readonly (readonly number[])[]): tf.Tensor2D {
  const wrong = values.flat().find((value) => !(value >= 0 && value <= 1));
  if (wrong !== undefined) {
    throw new RangeError(`γ is ${wrong}; expected 0 … 1: scale it by the range that it comes from`);
  }
  return tf.tensor2d(values.map((row) => [...row]));
}

/**
 * A hypernetwork with its initial values.
 * @param stream gives the random stream for a parameter's name
 */
export function hypernetwork(
  form: HypernetworkForm,
  stream: (parameter: string) => RandomStream,
): Hypernetwork {
  const { hidden, encoding, normalisation, shapes } = form;
  const variables = { ...hiddenVariables(form, stream), ...headVariables(form, stream) };
  const statistics = normalisation !== "batch" ? {} : Object.assign(
    {},
    ...hidden.map((units, k) => batchNormStatistics(`hidden.${k}`, units)),
  ) as Variables;
  const act = tensorActivations[form.activation];

  const normalise = (x: tf.Tensor, k: number, training: boolean): tf.Tensor => {
    const name = `hidden.${k}`;
    if (normalisation === "none") return x;
    return normalisation === "batch"
      ? batchNorm(x, batchNormOf(name, variables, statistics), training)
      : layerNorm(x, variables[`${name}.gain`], variables[`${name}.shift`]);
  };
  const parameters = (γ: tf.Tensor2D, training = false) =>
    tf.tidy(() => {
      let h: tf.Tensor = encodings[encoding](γ); // [sets, encoded]
      for (let k = 0; k < hidden.length; k++) {
        const sum = tf.add(
          tf.matMul(h, variables[`hidden.${k}.weights`]),
          variables[`hidden.${k}.bias`],
        );
        h = act(normalise(sum, k, training)); // [sets, units]
      }
      return tf.add<tf.Tensor2D>(
        tf.matMul(h, variables["head.weights"]),
        variables["head.bias"],
      ); // [sets, P]
    });
  return {
    variables,
    statistics,
    parameters,
    weights: (γ, training) => splitWeights(parameters(γ, training), shapes),
  };
}

const gain = leakyReluGain(leakySlope);

function hiddenVariables(
  { inputs, encoding, hidden, normalisation }: HypernetworkForm,
  stream: (parameter: string) => RandomStream,
): Variables {
  const extents = [inputs * encodedExtent[encoding], ...hidden];
  const layers = hidden.map((units, k): Variables => {
    const name = `hidden.${k}`;
    const initial = (): tf.Tensor =>
      kaimingNormal([extents[k], units], "fanOut", gain, stream(`${name}.weights`));
    return {
      [`${name}.weights`]: tf.tidy(() => tf.variable(initial())),
      [`${name}.bias`]: tf.tidy(() => tf.variable(tf.zeros([units]))),
      ...normalisation === "batch" && batchNormVariables(name, units),
      ...normalisation === "layer" && layerNormVariables(name, units),
    };
  });
  return Object.assign({}, ...layers);
}

/** The last layer: of each predicted tensor its columns, and its part of θ⁰, from streams of their own. */
function headVariables(
  { inputs, encoding, hidden, additive, shapes }: HypernetworkForm,
  stream: (parameter: string) => RandomStream,
): Variables {
  const units = hidden.at(-1) ?? inputs * encodedExtent[encoding];
  const columns = () =>
    Object.entries(shapes).map(([name, shape]) => {
      const size = weightCount({ [name]: shape });
      return kaimingNormal([units, size], "fanOut", gain, stream(`head.weights/${name}`));
    });
  const primary = () =>
    Object.entries(shapes).map(([name, shape]) =>
      shape.length < 2
        ? tf.zeros([weightCount({ [name]: shape })])
        : tf.reshape(kaimingNormal(shape, "fanIn", gain, stream(`head.bias/${name}`)), [-1])
    );
  return {
    "head.weights": tf.tidy(() => tf.variable(tf.concat(columns(), 1))),
    "head.bias": tf.tidy(() =>
      tf.variable(additive ? tf.concat(primary(), 0) : tf.zeros([weightCount(shapes)]))
    ),
  };
}
