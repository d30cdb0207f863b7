/**
 * Comparisons, maxima and minima of many numbers with one on the WASM backend: clipping, and masks by a
 * threshold. TensorFlow.js's own kernels work out the place of every operand.
 */
import * as tf from "@tensorflow/tfjs";
import { address, type KernelRequest, wasmKernel } from "./wasm_backend.ts";
import { i32, numberAt, type Relation } from "../../../sim/webassembly/code.ts";
import { type Routine, routine } from "./wasm_routine.ts";

const parameters = { a: "i32", b: "i32", result: "i32", count: "i32" } as const;

export const maximumFrom = withSingle("float32", numbersPass("max"));
export const minimumFrom = withSingle("float32", numbersPass("min"));
export const lessFrom = withSingle("bool", truthsPass("less"));
export const lessEqualFrom = withSingle("bool", truthsPass("lessEqual"));
export const greaterFrom = withSingle("bool", truthsPass("greater"));
export const greaterEqualFrom = withSingle("bool", truthsPass("greaterEqual"));

type Request = KernelRequest<{ a: tf.TensorInfo; b: tf.TensorInfo }, unknown>;

/** The backend's kernel for all operands but float32 ones of which the second is a single number. */
function withSingle(
  type: "float32" | "bool",
  pass: Routine<typeof parameters>,
): (own: tf.KernelConfig) => tf.KernelConfig {
  return (own) => {
    const { kernelFunc } = wasmKernel(own.kernelName, ({ inputs: { a, b }, backend }: Request) => {
      const single = tf.util.sizeFromShape(b.shape) === 1 && b.shape.length <= a.shape.length;
      if (!single || a.dtype !== "float32" || b.dtype !== "float32") {
        return own.kernelFunc({ inputs: { a, b }, backend }) as tf.TensorInfo;
      }
      const result = backend.makeOutput(a.shape, type);
      pass(backend, {
        a: address(backend, a),
        b: address(backend, b),
        result: backend.getMemoryOffset(result.dataId),
        count: tf.util.sizeFromShape(a.shape),
      });
      return result;
    });
    return { ...own, kernelFunc };
  };
}

function numbersPass(choose: "max" | "min"): Routine<typeof parameters> {
  return routine(parameters, (code, { a, b, result, count }) => {
    const single = code.keep(numberAt(b));
    code.forEach(count, ({ load, all, ...lanes }, offset) => {
      code.store(
        i32.add(result, offset),
        lanes[choose](load(i32.add(a, offset)), all(single)),
      );
    });
  });
}

/** Truth values are a byte each. */
function truthsPass(relation: Relation): Routine<typeof parameters> {
  return routine(parameters, (code, { a, b, result, count }) => {
    const single = code.keep(numberAt(b));
    code.forEach(count, ({ load, all, compare }, offset) => {
      const place = i32.add(result, i32.shiftRight(offset, i32.constant(2)));
      code.storeTruths(place, compare(relation, load(i32.add(a, offset)), all(single)));
    });
  });
}
