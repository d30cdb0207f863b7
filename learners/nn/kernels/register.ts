/**
 * What the project adds to TensorFlow.js: kernels that its WASM backend lacks or computes slowly, and
 * gradients that it lacks on every backend.
 */
import * as tf from "@tensorflow/tfjs";
import { conv2DBackpropFilter } from "./conv2d_backprop_filter.ts";
import { conv2DBackpropInput } from "./conv2d_backprop_input.ts";
import { depthwiseBackpropFilter } from "./depthwise_backprop_filter.ts";
import { depthwiseBackpropInput } from "./depthwise_backprop_input.ts";
import {
  convolutionGradient,
  depthwiseConvolutionGradient,
} from "./dilated_convolution_gradients.ts";
import { einsum } from "./einsum.ts";
import { einsumGradient } from "./einsum_gradient.ts";
import { gatherFrom } from "./gather.ts";
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
  for (const gradient of [convolutionGradient, depthwiseConvolutionGradient, einsumGradient]) {
    tf.registerGradient(gradient);
  }
}
