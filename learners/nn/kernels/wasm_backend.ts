/**
 * What kernels written here need of TensorFlow.js's WASM backend: its memory, views of tensors, and its
 * other kernels.
 */
import * as tf from "@tensorflow/tfjs";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";

export const backendName = "wasm";

/** What a kernel is asked for. */
export interface KernelRequest<Inputs, Attributes> {
  readonly inputs: Inputs;
  readonly attrs: Attributes;
  readonly backend: BackendWasm;
}

/** A kernel of the WASM backend as TensorFlow.js registers it. */
export function wasmKernel<Inputs, Attributes>(
  kernelName: string,
  compute: (request: KernelRequest<Inputs, Attributes>) => tf.TensorInfo | tf.TensorInfo[],
): tf.KernelConfig {
  // The registry's type knows inputs by name alone; a kernel is only ever asked with its own.
  return { kernelName, backendName, kernelFunc: compute as unknown as tf.KernelFunc };
}

/**
 * The kernel that is registered for a backend, by default WASM.
 * @throws {Error} when there is none: the backend has not been imported
 */
export function registeredKernel(kernelName: string, backend = backendName): tf.KernelConfig {
  const config = tf.getKernel(kernelName, backend);
  if (config) return config;
  throw new Error(
    `TensorFlow.js has no kernel ${kernelName} for ${backend}; import its backend first`,
  );
}

/** Run another of the backend's kernels. The caller disposes of the result. */
export function runKernel(
  backend: BackendWasm,
  kernelName: string,
  inputs: tf.NamedTensorInfoMap,
  attrs: object = {},
): tf.TensorInfo {
  const request = { inputs, backend, attrs: attrs as tf.NamedAttrMap };
  return registeredKernel(kernelName).kernelFunc(request) as tf.TensorInfo;
}

/**
 * The numbers of a float32 tensor where they lie in WASM memory.
 *
 * Making a tensor may grow the memory, which detaches every array that showed it: take the arrays after
 * the last tensor has been made.
 */
export function floats(backend: BackendWasm, tensor: tf.TensorInfo): Float32Array {
  return typed(backend, tensor, "float32", Float32Array);
}

/** The same of an int32 tensor. */
export function integers(backend: BackendWasm, tensor: tf.TensorInfo): Int32Array {
  return typed(backend, tensor, "int32", Int32Array);
}

/**
 * Where a float32 tensor's numbers begin in WASM memory, in bytes. Making other tensors moves nothing.
 * @throws {TypeError} when its numbers are of another type
 */
export function address(backend: BackendWasm, { dataId, dtype }: tf.TensorInfo): number {
  if (dtype !== "float32") throw wrongType("float32", dtype);
  return backend.getMemoryOffset(dataId);
}

function typed<Values>(
  backend: BackendWasm,
  tensor: tf.TensorInfo,
  type: tf.DataType,
  form: abstract new (...args: never) => Values,
): Values {
  const values = backend.typedArrayFromHeap(tensor);
  if (values instanceof form) return values;
  throw wrongType(type, tensor.dtype);
}

function wrongType(needed: tf.DataType, given: tf.DataType): TypeError {
  return new TypeError(`a tensor of type ${needed} is needed, not of ${given}; cast it first`);
}

/** A tensor of zeros. */
export function zeros(backend: BackendWasm, shape: number[]): tf.TensorInfo {
  const tensor = backend.makeOutput(shape, "float32");
  floats(backend, tensor).fill(0);
  return tensor;
}

/**
 * A float32 tensor that shows part of another's memory, from number `first` on. It must be released
 * with `releaseView`, and that before the other is disposed of.
 *
 * Every view is a tensor of its own to the backend, which keeps the packed form of a product's second
 * factor and of a convolution's filter as long as that tensor lives: memory that has been written anew
 * needs a new view.
 */
export function viewOf(
  backend: BackendWasm,
  tensor: tf.TensorInfo,
  first: number,
  shape: number[],
): tf.TensorInfo {
  const start = backend.getMemoryOffset(tensor.dataId);
  return backend.makeOutput(shape, "float32", start + first * Float32Array.BYTES_PER_ELEMENT);
}

/** Forget a view and leave the memory that it shows alone. */
export function releaseView(backend: BackendWasm, view: tf.TensorInfo): void {
  // Disposing of a tensor frees its memory; freeing address 0 does nothing.
  backend.dataIdMap.get(view.dataId).memoryOffset = 0;
  backend.disposeData(view.dataId);
}
