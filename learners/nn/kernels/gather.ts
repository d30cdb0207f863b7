/**
 * Gathering of slices on the WASM backend: a node's neighbours in a graph, an embedding's rows.
 * TensorFlow.js's own kernel works out the place of every single number.
 */
import * as tf from "@tensorflow/tfjs";
import { type KernelRequest, wasmKernel } from "./wasm_backend.ts";

type Request = KernelRequest<{ x: tf.TensorInfo; indices: tf.TensorInfo }, tf.GatherV2Attrs>;

/** Slices of x along an axis; x of numbers or truth values, indices int32 of any shape. */
export function gatherFrom(own: tf.KernelConfig): tf.KernelConfig {
  const { kernelFunc } = wasmKernel(tf.GatherV2, (request: Request): tf.TensorInfo => {
    const { inputs: { x, indices }, attrs: { axis, batchDims = 0 }, backend } = request;
    if (batchDims !== 0 || x.dtype === "string") {
      return own.kernelFunc({
        inputs: { x, indices },
        backend,
        attrs: { axis, batchDims },
      }) as tf.TensorInfo;
    }
    const [at] = tf.util.parseAxisParam(axis, x.shape);
    const [outer, inner] = [x.shape.slice(0, at), x.shape.slice(at + 1)];
    const result = backend.makeOutput([...outer, ...indices.shape, ...inner], x.dtype);
    copySlices(
      backend.typedArrayFromHeap(x),
      backend.typedArrayFromHeap(indices),
      backend.typedArrayFromHeap(result),
      x.shape[at],
      tf.util.sizeFromShape(inner),
    );
    return result;
  });
  return { ...own, kernelFunc };
}

type Numbers = tf.backend_util.TypedArray;

/** @throws {RangeError} when an index is not in [0, extent) */
function copySlices(
  from: Numbers,
  indices: Numbers,
  into: Numbers,
  extent: number,
  width: number,
): void {
  const outside = indices.find((index) => !(index >= 0 && index < extent));
  if (outside !== undefined) {
    throw new RangeError(`there is no slice ${outside} to gather; there are 0 to ${extent - 1}`);
  }
  for (let start = 0, target = 0; target < into.length; start += extent * width) {
    for (const index of indices) {
      let source = start + index * width;
      for (let i = 0; i < width; i++) into[target++] = from[source++];
    }
  }
}
