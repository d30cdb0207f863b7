/**
 * Sums over leading axes on the WASM backend: the gradient of every bias, and the moments of a batch.
 * TensorFlow.js's own kernel transposes its input first so that the axes to sum over come last.
 */
import * as tf from "@tensorflow/tfjs";
import { floats, type KernelRequest, wasmKernel } from "./wasm_backend.ts";

type Request = KernelRequest<{ x: tf.TensorInfo }, tf.SumAttrs>;

/**
 * The backend's kernel for all sums but those over leading axes of a float32 tensor, which are kept in
 * double precision until they are complete.
 */
export function sumFrom(own: tf.KernelConfig): tf.KernelConfig {
  const { kernelFunc } = wasmKernel(tf.Sum, (request: Request): tf.TensorInfo => {
    const { inputs: { x }, attrs: { axis, keepDims }, backend } = request;
    const axes = tf.util.parseAxisParam(axis, x.shape).toSorted((a, b) => a - b);
    const width = tf.util.sizeFromShape(x.shape.slice(axes.length));
    if (x.dtype !== "float32" || width < 2 || axes.some((value, i) => value !== i)) {
      return own.kernelFunc({ inputs: { x }, backend, attrs: { axis, keepDims } }) as tf.TensorInfo;
    }
    const kept = x.shape.slice(axes.length);
    const result = backend.makeOutput(keepDims ? [...axes.map(() => 1), ...kept] : kept, "float32");
    floats(backend, result).set(sumRows(floats(backend, x), width));
    return result;
  });
  return { ...own, kernelFunc };
}

function sumRows(values: Float32Array, width: number): Float64Array {
  const sums = new Float64Array(width);
  for (let at = 0; at < values.length;) {
    for (let i = 0; i < width; i++) sums[i] += values[at++];
  }
  return sums;
}
