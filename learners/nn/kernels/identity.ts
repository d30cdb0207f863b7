/**
 * Copies on the WASM backend that share the memory: tensors never change, so a second reference to it is
 * as good. A tape keeps a copy of each operand that a gradient needs; TensorFlow.js's own kernel copies
 * the numbers each time.
 */
import * as tf from "@tensorflow/tfjs";
import { type KernelRequest, wasmKernel } from "./wasm_backend.ts";

export function identityFrom(own: tf.KernelConfig): tf.KernelConfig {
  const { kernelFunc } = wasmKernel(
    tf.Identity,
    ({ inputs: { x }, backend }: KernelRequest<{ x: tf.TensorInfo }, unknown>): tf.TensorInfo => {
      if (x.dtype === "string") return own.kernelFunc({ inputs: { x }, backend }) as tf.TensorInfo;
      backend.incRef(x.dataId);
      return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
    },
  );
  return { ...own, kernelFunc };
}
