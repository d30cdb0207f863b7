/**
 * What the project adds to TensorFlow.js: kernels that its WASM backend lacks or computes slowly, or its
 * WebGPU backend gets wrong, and gradients that it lacks or gets wrong on every backend.
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
import { fromTheFront } from "./cumulative_from_behind.ts";
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
import { registeredKernel } from "./wasm_backend.ts";

/** Kernels of the WASM backend that need none of its own for the same work. */
const kernels = [
  conv2DBackpropFilter,
  conv2DBackpropInput,
  depthwiseBackpropFilter,
  depthwiseBackpropInput,
  einsum,
  unsortedSegmentSum,
];

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

/** Kernels registered here, so that none is made from another. */
const registered = new WeakSet<tf.KernelConfig>();

/**
 * Register the kernels for the WASM backend. Calling it again changes nothing.
 * @throws {Error} when the WASM backend has not been imported
 */
export function registerWasmKernels(): void {
  registerTransposedProducts();
  for (const kernel of kernels) register(kernel);
  improve(tf.GatherV2, "wasm", gatherFrom);
  improve(tf.Sum, "wasm", sumFrom);
}

/**
 * Register the kernels for the WebGPU backend. Calling it again changes nothing.
 * @throws {Error} when the WebGPU backend has not been imported
 */
export function registerWebgpuKernels(): void {
  improve(tf.Cumsum, "webgpu", fromTheFront);
  improve(tf.Cumprod, "webgpu", fromTheFront);
}

/** Replace a backend's kernel by one that leaves what it does not do better to it. */
function improve(
  kernelName: string,
  backend: string,
  make: (own: tf.KernelConfig) => tf.KernelConfig,
): void {
  const own = registeredKernel(kernelName, backend);
  if (!registered.has(own)) register(make(own));
}

function register(kernel: tf.KernelConfig): void {
  const { kernelName, backendName } = kernel;
  const present = tf.getKernel(kernelName, backendName);
  if (present === kernel) return;
  if (present) tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel(kernel);
  registered.add(kernel);
}

/** Register the gradients, for every backend. Calling it again changes nothing. */
export function registerGradients(): void {
  for (const gradient of gradients) tf.registerGradient(gradient);
}
