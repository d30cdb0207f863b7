/**
 * Gradient of a convolution's input, which is also the transposed convolution, on the WASM backend: a
 * convolution of dY that XNNPACK computes. TensorFlow.js's own kernel is a scalar loop there.
 *
 * With stride s, input t of an axis meets tap r + s · k at output a − k, where t + before = a · s + r. So
 * each of the s remainders r is a convolution of dY with every s-th tap, last tap first, and all of them
 * are one convolution with s² times the channels, whose pixels are then laid side by side: the
 * sub-pixel convolution (Shi et al. 2016, "Real-Time Single Image and Video Super-Resolution Using an
 * Efficient Sub-Pixel Convolutional Neural Network", arXiv 1609.05158, section 3). A stride of 1 leaves the convolution
 * with the rotated filter.
 */
import * as tf from "@tensorflow/tfjs";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import {
  type Convolution,
  type ConvolutionAttributes,
  type ConvolutionAxis,
  convolutionOf,
} from "./convolution_geometry.ts";
import { padOrCrop } from "./pad_or_crop.ts";
import { floats, type KernelRequest, runKernel, wasmKernel, zeros } from "./wasm_backend.ts";

interface Attributes extends ConvolutionAttributes {
  readonly inputShape: [number, number, number, number];
}

/** dX [images, rows, columns, input channels] from dY and the filter. */
export const conv2DBackpropInput = wasmKernel(tf.Conv2DBackpropInput, backpropInput);

function backpropInput(
  { inputs: { dy, filter }, attrs, backend }: KernelRequest<
    { dy: tf.TensorInfo; filter: tf.TensorInfo },
    Attributes
  >,
): tf.TensorInfo {
  const convolution = convolutionOf(attrs.inputShape, filter.shape, attrs);
  const [rows, columns] = [subPixels(convolution.rows), subPixels(convolution.columns)];
  const phased = phaseFilter(backend, filter, convolution, rows, columns);
  const { cropped, pad } = padOrCrop(backend, dy, rows.margins, columns.margins);
  const pixels = runKernel(backend, tf.Conv2D, { x: cropped, filter: phased }, {
    strides: 1,
    pad,
    dilations: [convolution.rows.dilation, convolution.columns.dilation],
    dataFormat: "NHWC",
  });
  if (cropped !== dy) backend.disposeData(cropped.dataId);
  backend.disposeData(phased.dataId);
  if (convolution.rows.stride * convolution.columns.stride === 1) return pixels;
  const gradient = laySideBySide(backend, pixels, attrs.inputShape, convolution, rows, columns);
  backend.disposeData(pixels.dataId);
  return gradient;
}

/** One axis of the sub-pixel convolution. */
interface SubPixels {
  /** Taps of each remainder. */
  readonly taps: number;
  /** Results that are computed, each of `stride` inputs. */
  readonly results: number;
  /** Inputs that the first result covers ahead of the first input there is. */
  readonly skipped: number;
  /** Zeros to put ahead of and behind dY; where negative, outputs to leave out. */
  readonly margins: readonly [number, number];
}

function subPixels(
  { inputs, outputs, taps, stride, dilation, before }: ConvolutionAxis,
): SubPixels {
  const first = Math.floor(before / stride);
  const results = Math.floor((before + inputs - 1) / stride) - first + 1;
  const tapsEach = Math.ceil(taps / stride);
  const span = (tapsEach - 1) * dilation;
  const ahead = span - first;
  return {
    taps: tapsEach,
    results,
    skipped: before - first * stride,
    margins: [ahead, results + span - outputs - ahead],
  };
}

/** Filter [row, column, output channel, (row remainder, column remainder, input channel)]. */
function phaseFilter(
  backend: BackendWasm,
  filter: tf.TensorInfo,
  { inputChannels, outputChannels, rows, columns }: Convolution,
  rowPixels: SubPixels,
  columnPixels: SubPixels,
): tf.TensorInfo {
  const channels = rows.stride * columns.stride * inputChannels;
  const phased = zeros(backend, [rowPixels.taps, columnPixels.taps, outputChannels, channels]);
  const from = floats(backend, filter);
  const into = floats(backend, phased);
  for (let i = 0, source = 0; i < rows.taps; i++) {
    const row = rowPixels.taps - 1 - Math.floor(i / rows.stride);
    for (let j = 0; j < columns.taps; j++) {
      const column = columnPixels.taps - 1 - Math.floor(j / columns.stride);
      const phase = (i % rows.stride) * columns.stride + j % columns.stride;
      const tap = (row * columnPixels.taps + column) * outputChannels * channels;
      for (let c = 0; c < inputChannels; c++) {
        let target = tap + phase * inputChannels + c;
        for (let o = 0; o < outputChannels; o++, target += channels) into[target] = from[source++];
      }
    }
  }
  return phased;
}

/** The results' channels laid out as the inputs that they stand for. */
function laySideBySide(
  backend: BackendWasm,
  pixels: tf.TensorInfo,
  shape: number[],
  { images, inputChannels: channels, rows, columns }: Convolution,
  rowPixels: SubPixels,
  columnPixels: SubPixels,
): tf.TensorInfo {
  const gradient = backend.makeOutput(shape, "float32");
  const from = floats(backend, pixels);
  const into = floats(backend, gradient);
  const phase = columns.stride * channels;
  const result = rows.stride * phase;
  for (let image = 0, target = 0; image < images; image++) {
    for (let row = 0; row < rows.inputs; row++) {
      const y = row + rowPixels.skipped;
      const resultRow = image * rowPixels.results + Math.floor(y / rows.stride);
      const start = resultRow * columnPixels.results * result + (y % rows.stride) * phase;
      for (let column = 0; column < columns.inputs; column++) {
        const x = column + columnPixels.skipped;
        let source = start + Math.floor(x / columns.stride) * result +
          (x % columns.stride) * channels;
        for (let channel = 0; channel < channels; channel++) into[target++] = from[source++];
      }
    }
  }
  return gradient;
}
