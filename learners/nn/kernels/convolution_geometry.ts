/**
 * Which input a convolution's tap meets at which output, along rows and along columns: output o meets
 * input o · stride + tap · dilation − before.
 */
import * as tf from "@tensorflow/tfjs";

/** One spatial axis of a convolution. */
export interface ConvolutionAxis {
  readonly inputs: number;
  readonly outputs: number;
  readonly taps: number;
  readonly stride: number;
  /** Distance between the inputs that two neighbouring taps meet. */
  readonly dilation: number;
  /** Zeros ahead of the first input. */
  readonly before: number;
  /** Zeros behind the last input. */
  readonly behind: number;
}

/** A two-dimensional convolution of images [images, rows, columns, channels]. */
export interface Convolution {
  readonly images: number;
  readonly inputChannels: number;
  readonly outputChannels: number;
  readonly rows: ConvolutionAxis;
  readonly columns: ConvolutionAxis;
}

/** How a convolution is stated in the attributes of TensorFlow.js's kernels. */
export interface ConvolutionAttributes {
  readonly strides: [number, number] | number;
  /** Default 1. TensorFlow.js itself never states it for the gradients of dense convolutions. */
  readonly dilations?: [number, number] | number;
  readonly pad: "valid" | "same" | number | tf.backend_util.ExplicitPadding;
  readonly dataFormat?: "NHWC" | "NCHW";
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

/**
 * @param input [images, rows, columns, channels]
 * @param filter [rows, columns, input channels, output channels], the last being output channels per
 * input channel where the convolution is depthwise
 * @throws {RangeError} when images are laid out channels first
 */
export function convolutionOf(
  input: number[],
  filter: number[],
  attributes: ConvolutionAttributes,
  depthwise = false,
): Convolution {
  const { strides, dilations = 1, pad, dataFormat = "NHWC", dimRoundingMode } = attributes;
  if (dataFormat !== "NHWC") {
    throw new RangeError(
      `backend wasm convolves images of layout NHWC only, not ${dataFormat}; transpose them first`,
    );
  }
  const info = tf.backend_util.computeConv2DInfo(
    input as [number, number, number, number],
    filter as [number, number, number, number],
    strides,
    dilations,
    pad,
    dimRoundingMode,
    depthwise,
  );
  return {
    images: info.batchSize,
    inputChannels: info.inChannels,
    outputChannels: info.outChannels,
    rows: {
      inputs: info.inHeight,
      outputs: info.outHeight,
      taps: info.filterHeight,
      stride: info.strideHeight,
      dilation: info.dilationHeight,
      before: info.padInfo.top,
      behind: info.padInfo.bottom,
    },
    columns: {
      inputs: info.inWidth,
      outputs: info.outWidth,
      taps: info.filterWidth,
      stride: info.strideWidth,
      dilation: info.dilationWidth,
      before: info.padInfo.left,
      behind: info.padInfo.right,
    },
  };
}

/**
 * The numbers k from 0 to `count` − 1 for which `offset` + k · `step` lies in [0, `extent`), as the first
 * of them and the one after the last.
 */
export function within(
  extent: number,
  count: number,
  offset: number,
  step: number,
): { first: number; end: number } {
  const first = Math.min(count, Math.max(0, Math.ceil(-offset / step)));
  const end = Math.max(first, Math.min(count, Math.ceil((extent - offset) / step)));
  return { first, end };
}
