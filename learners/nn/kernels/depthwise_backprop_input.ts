/**
 * Gradient of a depthwise convolution's input on the WASM backend, which TensorFlow.js lacks there: a
 * depthwise convolution of dY, its outputs set apart by the stride, with the rotated filter. XNNPACK
 * computes it. Where an input channel has several output channels their shares are then summed.
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

/** dX [images, rows, columns, channels] from dY and the filter. */
export const depthwiseBackpropInput = wasmKernel(
  tf.DepthwiseConv2dNativeBackpropInput,
  backpropInput,
);

function backpropInput(
  { inputs: { dy, filter }, attrs, backend }: KernelRequest<
    { dy: tf.TensorInfo; filter: tf.TensorInfo },
    Attributes
  >,
): tf.TensorInfo {
  const convolution = convolutionOf(attrs.inputShape, filter.shape, attrs, true);
  const { inputChannels, outputChannels, rows, columns } = convolution;
  const rotated = rotateFilter(backend, filter, convolution);
  const apart = setApart(backend, dy, convolution);
  const { cropped, pad } = padOrCrop(backend, apart, margins(rows), margins(columns));
  const shares = runKernel(backend, tf.DepthwiseConv2dNative, { x: cropped, filter: rotated }, {
    strides: 1,
    pad,
    dilations: [rows.dilation, columns.dilation],
  });
  if (cropped !== apart) backend.disposeData(cropped.dataId);
  if (apart !== dy) backend.disposeData(apart.dataId);
  backend.disposeData(rotated.dataId);
  if (outputChannels === inputChannels) return shares;
  const grouped = { ...shares, shape: [...attrs.inputShape, outputChannels / inputChannels] };
  const gradient = runKernel(backend, tf.Sum, { x: grouped }, { axis: [4], keepDims: false });
  backend.disposeData(shares.dataId);
  return gradient;
}

/** Zeros to put ahead of and behind the outputs set apart; where negative, pixels to leave out. */
function margins(
  { inputs, outputs, taps, stride, dilation, before }: ConvolutionAxis,
): readonly [number, number] {
  const span = (taps - 1) * dilation;
  const ahead = span - before;
  return [ahead, inputs + span - ((outputs - 1) * stride + 1) - ahead];
}

/** Filter [rows, columns, output channels, 1], last tap first. */
function rotateFilter(
  backend: BackendWasm,
  filter: tf.TensorInfo,
  { outputChannels: channels, rows, columns }: Convolution,
): tf.TensorInfo {
  const rotated = backend.makeOutput([rows.taps, columns.taps, channels, 1], "float32");
  const from = floats(backend, filter);
  const into = floats(backend, rotated);
  const taps = rows.taps * columns.taps;
  for (let tap = 0; tap < taps; tap++) {
    const source = (taps - 1 - tap) * channels;
    into.set(from.subarray(source, source + channels), tap * channels);
  }
  return rotated;
}

/** dY with stride − 1 zeros between its outputs: dY itself where the stride is 1. */
function setApart(
  backend: BackendWasm,
  dy: tf.TensorInfo,
  { images, outputChannels: channels, rows, columns }: Convolution,
): tf.TensorInfo {
  if (rows.stride === 1 && columns.stride === 1) return dy;
  const height = (rows.outputs - 1) * rows.stride + 1;
  const width = (columns.outputs - 1) * columns.stride + 1;
  const apart = zeros(backend, [images, height, width, channels]);
  const from = floats(backend, dy);
  const into = floats(backend, apart);
  for (let image = 0, source = 0; image < images; image++) {
    for (let row = 0; row < rows.outputs; row++) {
      let target = (image * height + row * rows.stride) * width * channels;
      for (let column = 0; column < columns.outputs; column++) {
        for (let channel = 0; channel < channels; channel++) {
          into[target + channel] = from[source++];
        }
        target += columns.stride * channels;
      }
    }
  }
  return apart;
}
