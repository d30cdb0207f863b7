/** Convolutions of random shapes. */
import * as tf from "@tensorflow/tfjs";
import type { RandomStream } from "../../../sim/random.ts";

export interface RandomConvolution {
  /** [images, rows, columns, channels] */
  readonly input: [number, number, number, number];
  /** [rows, columns, channels, outputs], or outputs of each channel where it is depthwise */
  readonly filter: [number, number, number, number];
  readonly strides: [number, number];
  readonly dilations: [number, number];
  readonly pad: "same" | "valid" | tf.backend_util.ExplicitPadding;
}

/**
 * `count` convolutions: of each three in turn one with strides of 1 to 3 that may differ, one with
 * dilations, and one with neither; every fourth of a single image; even and odd extents; all paddings, explicit ones that exceed the
 * filter among them.
 */
export function randomConvolutions(
  stream: RandomStream,
  count: number,
  outputs: number,
): RandomConvolution[] {
  const upTo = (most: number) => 1 + stream.integer(most);
  const pair = (draw: () => number): [number, number] => [draw(), draw()];
  return Array.from({ length: count }, (_, i): RandomConvolution => {
    const strides: [number, number] = i % 3 === 0 ? pair(() => upTo(3)) : [1, 1];
    const dilations: [number, number] = i % 3 === 1 ? pair(() => upTo(3)) : [1, 1];
    const taps = pair(() => upTo(4));
    const channels = upTo(5);
    const [rows, columns] = taps.map((extent, axis) => (extent - 1) * dilations[axis] + upTo(9));
    const pads = ["same", "valid", [
      [0, 0],
      pair(() => stream.integer(6)),
      pair(() => stream.integer(6)),
      [0, 0],
    ]] as const;
    return {
      input: [i % 4 === 3 ? 1 : upTo(3), rows, columns, channels],
      filter: [...taps, channels, upTo(outputs)],
      strides,
      dilations,
      pad: pads[stream.integer(3)] as RandomConvolution["pad"],
    };
  });
}

/** What its kernels are told of it. */
export function attributesOf({ strides, dilations, pad }: RandomConvolution): object {
  return { strides, dilations, pad, dataFormat: "NHWC" };
}

export function outputShape(
  { input, filter, strides, dilations, pad }: RandomConvolution,
  depthwise: boolean,
): number[] {
  return tf.backend_util.computeConv2DInfo(
    input,
    filter,
    strides,
    dilations,
    pad,
    undefined,
    depthwise,
  ).outShape;
}
