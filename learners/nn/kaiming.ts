/**
 * Kaiming's initial weights by PyTorch's conventions: normal with deviation gain/√fan (He et al. 2015, "Delving
 * Deep into Rectifiers", https://arxiv.org/abs/1502.01852, eq. 10 by fan-in, eq. 14 by fan-out).
 */
import type * as tf from "@tensorflow/tfjs";
import type { RandomStream } from "../../sim/random.ts";
import { heNormal } from "./variables.ts";

/** Whose variance the weights are to keep: that of the activations (fan-in), or of the gradients (fan-out). */
export type FanMode = "fanIn" | "fanOut";

/** How many numbers each output is summed from, and how many outputs each input goes to. */
export type Fans = Readonly<Record<FanMode, number>>;

/**
 * The fans of a tensor of weights [...kernel extents, inputs, outputs].
 * @throws {RangeError} when there are no two axes: a bias has no fans
 */
export function fansOf(shape: readonly number[]): Fans {
  if (shape.length < 2) {
    throw new RangeError(
      `weights of shape [${shape}] have no fans; expected [..., inputs, outputs]`,
    );
  }
  const field = shape.slice(0, -2).reduce((product, extent) => product * extent, 1);
  const [inputs, outputs] = shape.slice(-2);
  return { fanIn: field * inputs, fanOut: field * outputs };
}

/** The gain √(2/(1 + slope²)) of a LeakyReLU with this slope below 0; √2 for ReLU. */
export function leakyReluGain(slope: number): number {
  return Math.sqrt(2 / (1 + slope ** 2));
}

/** Weights [..., inputs, outputs], normal with deviation gain/√fan. */
export function kaimingNormal(
  shape: readonly number[],
  mode: FanMode,
  gain: number,
  stream: RandomStream,
): tf.Tensor {
  return heNormal(shape, fansOf(shape)[mode], stream, gain ** 2);
}
