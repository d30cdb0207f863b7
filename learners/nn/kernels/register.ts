/**
 * What the project adds to TensorFlow.js: kernels that its WASM backend lacks or computes slowly, or its
 * WebGPU backend gets wrong, and gradients that it lacks or gets wrong on every backend.
 */
import * as tf from "@tensorflow/tfjs";
import { averagePoolBackpropFrom } from "./average_pool_backprop.ts";
import { averagePoolGradient } from "./average_pool_gradient.ts";
import { batchNorm, batchNormGradient } from "./batch_norm.ts";
import { padFrom, sliceFrom } from "./boxes.ts";
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
import { identityFrom } from "./identity.ts";
import { mirrorPadGradient } from "./mirror_pad_gradient.ts";
import type { OpenBlas } from "./openblas.ts";
import { convolutionBy, filterGradientBy } from "./openblas_convolution.ts";
import { fusedProductBy, productBy } from "./openblas_products.ts";
import { adamUpdate, momentumUpdate } from "./optimiser_updates.ts";
import { reluGradient, reluGradientKernel } from "./relu_gradient.ts";
import {
  greaterEqualFrom,
  greaterFrom,
  lessEqualFrom,
  lessFrom,
  maximumFrom,
  minimumFrom,
} from "./single_operand.ts";
import { denseConvolutionFrom, depthwiseConvolutionFrom } from "./stated_padding.ts";
import { sumFrom } from "./sum.ts";
import { throughPlainProducts } from "./transposed_products.ts";
import { unsortedSegmentSum } from "./unsorted_segment_sum.ts";
import { registeredKernel } from "./wasm_backend.ts";

/** Kernels of the WASM backend that need none of its own for the same work. */
const kernels = [
  adamUpdate,
  batchNorm,
  batchNormGradient,
  conv2DBackpropInput,
  depthwiseBackpropFilter,
  depthwiseBackpropInput,
  einsum,
  momentumUpdate,
  reluGradientKernel,
  unsortedSegmentSum,
];

/** Makes a kernel from that of TensorFlow.js, to which it leaves what it does not do better. */
type Improvement = (own: tf.KernelConfig) => tf.KernelConfig;

/** Improvements of the WASM backend's kernels. */
const improvements: Readonly<Record<string, Improvement>> = {
  [tf.AvgPoolGrad]: averagePoolBackpropFrom,
  [tf.BatchMatMul]: throughPlainProducts,
  [tf.Conv2D]: denseConvolutionFrom,
  [tf.DepthwiseConv2dNative]: depthwiseConvolutionFrom,
  [tf.FusedConv2D]: denseConvolutionFrom,
  [tf.FusedDepthwiseConv2D]: depthwiseConvolutionFrom,
  [tf.GatherV2]: gatherFrom,
  [tf.Greater]: greaterFrom,
  [tf.GreaterEqual]: greaterEqualFrom,
  [tf.Identity]: identityFrom,
  [tf.Less]: lessFrom,
  [tf.LessEqual]: lessEqualFrom,
  [tf.Maximum]: maximumFrom,
  [tf.Minimum]: minimumFrom,
  [tf.PadV2]: padFrom,
  [tf.Slice]: sliceFrom,
  [tf.Sum]: sumFrom,
};

/** Further ones, which leave products to OpenBLAS. */
const filterGradient = madeOnce(filterGradientBy);
const improvementsBy = madeOnce((blas: OpenBlas): Readonly<Record<string, Improvement>> => ({
  [tf.BatchMatMul]: (own) => productBy(blas, own),
  [tf.Conv2D]: (own) => convolutionBy(blas, own),
  [tf._FusedMatMul]: (own) => fusedProductBy(blas, own),
}));

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
  reluGradient,
  squaredDifferenceGradient,
];

/**
 * Register the kernels for the WASM backend. Calling it again with the same OpenBLAS changes nothing.
 * @param blas what computes products, if not the backend itself
 * @throws {Error} when the WASM backend has not been imported
 */
export function registerWasmKernels(blas?: OpenBlas): void {
  for (const kernel of kernels) register(kernel);
  register(blas ? filterGradient(blas) : conv2DBackpropFilter);
  improve("wasm", blas ? { ...improvements, ...improvementsBy(blas) } : improvements);
}

/**
 * Register the kernels for the WebGPU backend. Calling it again changes nothing.
 * @throws {Error} when the WebGPU backend has not been imported
 */
export function registerWebgpuKernels(): void {
  improve("webgpu", { [tf.Cumsum]: fromTheFront, [tf.Cumprod]: fromTheFront });
}

/** Kernels as TensorFlow.js brings them that have been replaced, by backend and name. */
const brought = new Map<string, Map<string, tf.KernelConfig>>();

const improved = madeOnce((improvement: Improvement) => madeOnce(improvement));

/** Have these improvements of a backend's kernels and no others. */
function improve(backend: string, wanted: Readonly<Record<string, Improvement>>): void {
  const originals = brought.get(backend) ?? new Map<string, tf.KernelConfig>();
  brought.set(backend, originals);
  for (const name of Object.keys(wanted)) {
    if (!originals.has(name)) originals.set(name, registeredKernel(name, backend));
  }
  for (const [name, own] of originals) {
    register(Object.hasOwn(wanted, name) ? improved(wanted[name])(own) : own);
  }
}

function register(kernel: tf.KernelConfig): void {
  const { kernelName, backendName } = kernel;
  const present = tf.getKernel(kernelName, backendName);
  if (present === kernel) return;
  if (present) tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel(kernel);
}

/** `make`, which gives the same result for the same argument. */
function madeOnce<From extends object, To>(make: (from: From) => To): (from: From) => To {
  const results = new WeakMap<From, { readonly result: To }>();
  return (from) => {
    const { result } = results.get(from) ?? { result: make(from) };
    results.set(from, { result });
    return result;
  };
}

/** Register the gradients, for every backend. Calling it again changes nothing. */
export function registerGradients(): void {
  for (const gradient of gradients) tf.registerGradient(gradient);
}
