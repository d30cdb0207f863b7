/**
 * What the project adds to TensorFlow.js: kernels that its WASM backend lacks or computes slowly, and
 * gradients that it lacks or gets wrong on every backend.
 */
import * as tf from "@tensorflow/tfjs";
import { averagePoolGradient } from "./average_pool_gradient.ts";
import {
  batchMatMulGradient,
  maximumGradient,
  minimumGradient,
  squaredDifferenceGradient,
} from "./broadcast_gradients.ts";
import { conv2DBackpropFilter } from "./conv2d_backprop_filter.ts";
import { conv2DBackpropInput } from "./conv2d_backprop_input.ts";
import { cumulativeSumGradient } from "./cumulative_sum_gradient.ts";
import { depthwiseBackpropFilter } from "./depthwise_backprop_filter.ts";
import { depthwiseBackpropInput } from "./depthwise_backprop_input.ts";
import {
  convolutionGradient,
  depthwiseConvolutionGradient,
} from "./dilated_convolution_gradients.ts";
import { einsum } from "./einsum.ts";
import { einsumGradient } from "./einsum_gradient.ts";
import { gatherFrom } from "./gather.ts";
import { mirrorPadGradient } from "./mirror_pad_gradient.ts";
import { sumFrom } from "./sum.ts";
import { registerTransposedProducts } from "./transposed_products.ts";
import { unsortedSegmentSum } from "./unsorted_segment_sum.ts";
import { backendName, registeredKernel } from "./wasm_backend.ts";

/** Kernels that stand by themselves. */
const kernels = [
  conv2DBackpropFilter,
  conv2DBackpropInput,
  depthwiseBackpropFilter,
  depthwiseBackpropInput,
  einsum,
  unsortedSegmentSum,
];

/** Kernels that leave what they do not do better to the backend's own. */
const improvements = { [tf.GatherV2]: gatherFrom, [tf.Sum]: sumFrom };

/** Gradients, for every backend. */
const gradients = [
  averagePoolGradient,
  batchMatMulGradient,
  convolutionGradient,
  cumulativeSumGradient,
  depthwiseConvolutionGradient,
  einsumGradient,
  maximumGradient,
  minimumGradient,
  mirrorPadGradient,
  squaredDifferenceGradient,
];

let wasmKernelsRegistered = false;

/**
 * Register the kernels for the WASM backend. Calling it again changes nothing.
 * @throws {Error} when the WASM backend has not been imported
 */
export function registerWasmKernels(): void {
  registerTransposedProducts();
  if (wasmKernelsRegistered) return;
  const improved = Object.entries(improvements).map(([name, improve]) =>
    improve(registeredKernel(name))
  );
  for (const kernel of [...kernels, ...improved]) {
    if (tf.getKernel(kernel.kernelName, backendName)) {
      tf.unregisterKernel(kernel.kernelName, backendName);
    }
    tf.registerKernel(kernel);
  }
  wasmKernelsRegistered = true;
}

/** Register the gradients, for every backend. Calling it again changes nothing. */
export function registerGradients(): void {
  for (const gradient of gradients) tf.registerGradient(gradient);
}
