/**
 * Dense convolutions on the WASM backend by OpenBLAS: products of the images' patches (patches.ts) with
 * the filter, and for its gradient with dY. The input's gradient is a convolution of dY itself
 * (conv2d_backprop_input.ts).
 */
import * as tf from "@tensorflow/tfjs";
import {
  type Convolution,
  type ConvolutionAttributes,
  convolutionOf,
} from "./convolution_geometry.ts";
import type { OpenBlas } from "./openblas.ts";
import { forEachPatches, patchSize } from "./patches.ts";
import { floats, type KernelRequest, wasmKernel } from "./wasm_backend.ts";

/** `Conv2D` by OpenBLAS; what it refuses the backend's own kernel refuses. */
export function convolutionBy(blas: OpenBlas, own: tf.KernelConfig): tf.KernelConfig {
  const { kernelFunc } = wasmKernel(
    tf.Conv2D,
    ({ inputs: { x, filter }, attrs, backend }: KernelRequest<
      { x: tf.TensorInfo; filter: tf.TensorInfo },
      ConvolutionAttributes
    >) => {
      const numbers = x.dtype === "float32" && filter.dtype === "float32";
      if (!numbers || attrs.dataFormat === "NCHW") {
        return own.kernelFunc({
          inputs: { x, filter },
          backend,
          attrs: { ...attrs },
        }) as tf.TensorInfo;
      }
      const convolution = convolutionOf(x.shape, filter.shape, attrs);
      const [size, channels] = [patchSize(convolution), convolution.outputChannels];
      const result = backend.makeOutput(outputShape(convolution), "float32");
      forEachPatches(backend, x, convolution, ({ tensor, firstRow, rows }) => {
        blas.multiply(
          { numbers: floats(backend, tensor), stride: size },
          false,
          { numbers: floats(backend, filter), stride: channels },
          false,
          { numbers: floats(backend, result).subarray(firstRow * channels), stride: channels },
          rows,
          size,
          channels,
          0,
        );
      });
      return result;
    },
  );
  return { ...own, kernelFunc };
}

interface FilterAttributes extends ConvolutionAttributes {
  readonly filterShape: [number, number, number, number];
}

/** `Conv2DBackpropFilter` by OpenBLAS. */
export function filterGradientBy(blas: OpenBlas): tf.KernelConfig {
  return wasmKernel(
    tf.Conv2DBackpropFilter,
    ({ inputs: { x, dy }, attrs, backend }: KernelRequest<
      { x: tf.TensorInfo; dy: tf.TensorInfo },
      FilterAttributes
    >) => {
      const convolution = convolutionOf(x.shape, attrs.filterShape, attrs);
      const [size, channels] = [patchSize(convolution), convolution.outputChannels];
      const gradient = backend.makeOutput(attrs.filterShape, "float32");
      forEachPatches(backend, x, convolution, ({ tensor, firstRow, rows }) => {
        blas.multiply(
          { numbers: floats(backend, tensor), stride: size },
          true,
          { numbers: floats(backend, dy).subarray(firstRow * channels), stride: channels },
          false,
          { numbers: floats(backend, gradient), stride: channels },
          size,
          rows,
          channels,
          firstRow === 0 ? 0 : 1,
        );
      });
      return gradient;
    },
  );
}

function outputShape({ images, rows, columns, outputChannels }: Convolution): number[] {
  return [images, rows.outputs, columns.outputs, outputChannels];
}
