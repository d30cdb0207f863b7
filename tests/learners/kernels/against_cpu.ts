/**
 * Comparing what the WASM backend computes, by itself and with OpenBLAS where that is to be had, with
 * TensorFlow.js's plain CPU backend.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { readyBackend } from "../../../learners/nn/backend.ts";
import { findOpenBlas } from "../../../learners/nn/kernels/openblas.ts";
import { randomStream } from "../../../sim/random.ts";

/** A tensor's numbers, out of any backend. */
export interface Values {
  readonly shape: number[];
  readonly numbers: readonly number[];
}

/** Normally distributed numbers of the stream `name`, the same on every backend. */
export function normal(shape: number[], name: string): tf.Tensor {
  const stream = randomStream(5, name);
  const size = tf.util.sizeFromShape(shape);
  return tf.tensor(Float32Array.from({ length: size }, () => stream.normal()), shape);
}

/** What is compared. */
export type Side = "cpu" | "wasm" | "wasm with OpenBLAS";

/** Those of WASM that are to be had here. */
export const wasmSides: readonly Side[] = findOpenBlas().blas
  ? ["wasm", "wasm with OpenBLAS"]
  : ["wasm"];

/** What `compute` makes on a side. Nothing else may be left there. */
export async function computeOn(side: Side, compute: () => tf.Tensor[]): Promise<Values[]> {
  await readyBackend(side === "cpu" ? "cpu" : "wasm", { openBlas: side === "wasm with OpenBLAS" });
  const before = tf.backend().numDataIds();
  const values = tf.tidy(() =>
    compute().map((tensor) => ({ shape: tensor.shape, numbers: [...tensor.dataSync()] }))
  );
  if (side !== "cpu") strictEqual(tf.backend().numDataIds(), before, "tensors are left over");
  return values;
}

/**
 * Compare each of the results of `compute` on WASM with that on the CPU backend. They may differ by 1e-5
 * of the largest number, about 100 roundings to single precision: the CPU backend sums in double.
 */
export async function assertSameAsOnCpu(
  compute: () => tf.Tensor[],
  what: string,
): Promise<void> {
  const expected = await computeOn("cpu", compute);
  for (const side of wasmSides) {
    const actual = await computeOn(side, compute);
    strictEqual(actual.length, expected.length);
    actual.forEach((values, i) =>
      assertClose(values, expected[i], `${side}: ${what}, result ${i}`)
    );
  }
}

export function assertClose(actual: Values, expected: Values, what: string): void {
  deepStrictEqual(actual.shape, expected.shape, what);
  const largest = expected.numbers.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  actual.numbers.forEach((value, at) => {
    const difference = Math.abs(value - expected.numbers[at]);
    ok(
      difference <= 1e-5 * largest,
      `${what}: number ${at} is ${value} instead of ${expected.numbers[at]}`,
    );
  });
}

/** A cotangent that differs from number to number. */
export function cotangentOf(shape: number[]): tf.Tensor {
  return normal(shape, "cotangent");
}

/** The gradients of Σ cotangent · f(inputs). */
export function pullBack(
  f: (...inputs: tf.Tensor[]) => tf.Tensor,
  inputs: tf.Tensor[],
): tf.Tensor[] {
  return tf.grads((...values: tf.Tensor[]) => {
    const result = f(...values);
    return tf.sum(tf.mul(result, cotangentOf(result.shape)));
  })(inputs);
}
