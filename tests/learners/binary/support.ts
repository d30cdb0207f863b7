/** What the tests of binary networks share. */
import { ok } from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import {
  binarise as binariseTensor,
  type Estimator,
} from "../../../learners/nn/binary/estimators.ts";

/** The numbers of a tensor, which is disposed of. */
export function numbersOf(tensor: tf.Tensor): number[] {
  const numbers = Array.from(tensor.dataSync());
  tensor.dispose();
  return numbers;
}

/** The numbers of what `compute` makes of `z`. */
export function applied(z: readonly number[], compute: (z: tf.Tensor) => tf.Tensor): number[] {
  return numbersOf(tf.tidy(() => compute(tf.tensor1d([...z]))));
}

/** The binary values of `z`, and the gradient that arrives at `z` when one of 1 is sent back. */
export function forwardAndBackward(z: readonly number[], estimator: Estimator, progress = 0) {
  return {
    forward: applied(z, (latent) => binariseTensor(estimator, latent, progress)),
    backward: applied(
      z,
      (latent) => tf.grad((x: tf.Tensor) => tf.sum(binariseTensor(estimator, x, progress)))(latent),
    ),
  };
}

/** Checks that every number is within `tolerance` of the one expected. */
export function assertClose(
  actual: readonly number[],
  expected: readonly number[],
  tolerance: number,
): void {
  const close = actual.length === expected.length &&
    actual.every((value, i) => Math.abs(value - expected[i]) <= tolerance);
  ok(close, `[${actual}] is not within ${tolerance} of [${expected}]`);
}
