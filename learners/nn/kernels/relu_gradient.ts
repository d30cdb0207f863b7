/**
 * Gradient of ReLU: dY where the input is above 0. TensorFlow.js makes it of three operations; on the WASM
 * backend it is one pass.
 */
import * as tf from "@tensorflow/tfjs";
import { address, type KernelRequest, wasmKernel } from "./wasm_backend.ts";
import { i32 } from "../../../sim/webassembly/code.ts";
import { routine } from "./wasm_routine.ts";

const kernelName = "ReluGrad";

const own = tf.getGradient(tf.Relu);

export const reluGradient: tf.GradConfig = {
  ...own,
  gradFunc: (dy, saved, attributes) => {
    if (!tf.getKernel(kernelName, tf.getBackend())) return own.gradFunc(dy, saved, attributes);
    const inputs = { dy: dy as tf.Tensor, x: saved[0] };
    return { x: () => tf.engine().runKernel<tf.Tensor>(kernelName, inputs) };
  },
};

/** dx from dy and x, of one shape. */
export const reluGradientKernel = wasmKernel(
  kernelName,
  ({ inputs: { dy, x }, backend }: KernelRequest<
    { dy: tf.TensorInfo; x: tf.TensorInfo },
    unknown
  >): tf.TensorInfo => {
    const result = backend.makeOutput(x.shape, "float32");
    pass(backend, {
      dy: address(backend, dy),
      x: address(backend, x),
      result: address(backend, result),
      count: tf.util.sizeFromShape(x.shape),
    });
    return result;
  },
);

const pass = routine(
  { dy: "i32", x: "i32", result: "i32", count: "i32" },
  (code, { dy, x, result, count }) =>
    code.forEach(count, ({ load, whereAboveZero }, offset) => {
      const [cotangent, input] = [dy, x].map((start) => load(i32.add(start, offset)));
      code.store(i32.add(result, offset), whereAboveZero(input, cotangent));
    }),
);
