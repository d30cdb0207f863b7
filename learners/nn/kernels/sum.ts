/**
 * Sums over leading axes on the WASM backend: the gradient of every bias, and the moments of a batch.
 * TensorFlow.js's own kernel transposes its input first so that the axes to sum over come last.
 */
import * as tf from "@tensorflow/tfjs";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { address, type KernelRequest, wasmKernel, zeros } from "./wasm_backend.ts";
import {
  type Code,
  i32,
  type Lanes,
  type Value,
  type Wide,
} from "../../../sim/webassembly/code.ts";
import { routine } from "./wasm_routine.ts";

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
    sumRows(backend, x, tf.util.sizeFromShape(x.shape) / width, width, result);
    return result;
  });
  return { ...own, kernelFunc };
}

/** The sums of the columns of a matrix that lies row after row. */
export function sumRows(
  backend: BackendWasm,
  x: tf.TensorInfo,
  rows: number,
  width: number,
  result: tf.TensorInfo,
): void {
  const sums = wideSums(backend, width);
  addRows(backend, {
    x: address(backend, x),
    sums: address(backend, sums),
    result: address(backend, result),
    rows,
    width,
  });
  backend.disposeData(sums.dataId);
}

const addRows = routine(
  { x: "i32", sums: "i32", result: "i32", rows: "i32", width: "i32" },
  (code, { x, sums, result, rows, width }) => {
    code.forEachInRows(rows, width, (lanes, column, place) => {
      addToSum(code, lanes, sums, column, lanes.widen(code.keep(lanes.load(i32.add(x, place)))));
    });
    completeSums(code, sums, width, result);
  },
);

/** Memory for `width` sums of double precision, all 0. */
export function wideSums(backend: BackendWasm, width: number): tf.TensorInfo {
  return zeros(backend, [2 * width]);
}

/** Add numbers of double precision to the sums of the columns from `column` on, an offset in bytes. */
export function addToSum<K extends "f32" | "v128">(
  code: Code,
  { loadWide, addWide }: Lanes<K>,
  sums: Value<"i32">,
  column: Value<"i32">,
  terms: Wide,
): void {
  const place = code.keep(wideOffset(sums, column));
  code.storeWide(place, addWide(loadWide(place), terms));
}

/** Write `width` sums in single precision. */
export function completeSums(
  code: Code,
  sums: Value<"i32">,
  width: Value<"i32">,
  result: Value<"i32">,
): void {
  code.forEach(width, ({ loadWide, narrow }, column) => {
    code.store(i32.add(result, column), narrow(loadWide(wideOffset(sums, column))));
  });
}

function wideOffset(sums: Value<"i32">, column: Value<"i32">): Value<"i32"> {
  return i32.add(sums, i32.shiftLeft(column, i32.constant(1)));
}
