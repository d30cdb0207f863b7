/**
 * Gradient of a depthwise convolution's filter on the WASM backend, which TensorFlow.js lacks there:
 *
 *   dW[i, j, c, m] = Σ X[image, u · stride + i · dilation − before, …, c] · dY[image, u, v, c · M + m]
 *
 * over images and outputs (u, v). There is one multiplication for every number that is read, so loops
 * over WASM memory are as fast as products of laid-out copies would be.
 */
import * as tf from "@tensorflow/tfjs";
import { type ConvolutionAttributes, convolutionOf, within } from "./convolution_geometry.ts";
import { floats, type KernelRequest, wasmKernel, zeros } from "./wasm_backend.ts";

interface Attributes extends ConvolutionAttributes {
  readonly filterShape: [number, number, number, number];
}

/** dW [rows, columns, channels, multiplier] from x and dY, both of images. */
export const depthwiseBackpropFilter = wasmKernel(
  tf.DepthwiseConv2dNativeBackpropFilter,
  backpropFilter,
);

function backpropFilter(
  { inputs: { x, dy }, attrs, backend }: KernelRequest<
    { x: tf.TensorInfo; dy: tf.TensorInfo },
    Attributes
  >,
): tf.TensorInfo {
  const { images, inputChannels, outputChannels, rows, columns } = convolutionOf(
    x.shape,
    attrs.filterShape,
    attrs,
    true,
  );
  const gradient = zeros(backend, attrs.filterShape);
  const inputs = floats(backend, x);
  const cotangents = floats(backend, dy);
  const sums = floats(backend, gradient);
  const multiplier = outputChannels / inputChannels;
  for (let i = 0; i < rows.taps; i++) {
    const rowOffset = i * rows.dilation - rows.before;
    const u = within(rows.inputs, rows.outputs, rowOffset, rows.stride);
    for (let j = 0; j < columns.taps; j++) {
      const columnOffset = j * columns.dilation - columns.before;
      const v = within(columns.inputs, columns.outputs, columnOffset, columns.stride);
      const tap = (i * columns.taps + j) * outputChannels;
      for (let image = 0; image < images; image++) {
        for (let row = u.first; row < u.end; row++) {
          const inputRow = image * rows.inputs + rowOffset + row * rows.stride;
          const outputRow = image * rows.outputs + row;
          for (let column = v.first; column < v.end; column++) {
            const inputColumn = columnOffset + column * columns.stride;
            const input = (inputRow * columns.inputs + inputColumn) * inputChannels;
            const output = (outputRow * columns.outputs + column) * outputChannels;
            addPixel(inputs, input, cotangents, output, sums, tap, inputChannels, multiplier);
          }
        }
      }
    }
  }
  return gradient;
}

/** Add one pixel's share to a tap, channel by channel. */
function addPixel(
  inputs: Float32Array,
  input: number,
  cotangents: Float32Array,
  output: number,
  sums: Float32Array,
  tap: number,
  channels: number,
  multiplier: number,
): void {
  for (let m = 0; m < multiplier; m++) {
    for (let c = 0, o = m; c < channels; c++, o += multiplier) {
      sums[tap + o] += inputs[input + c] * cotangents[output + o];
    }
  }
}
