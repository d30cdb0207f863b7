/** Batch normalisation: values, running statistics, and its own gradient against a plain one. */
import * as tf from "@tensorflow/tfjs";
import { readyBackend } from "../../../learners/nn/backend.ts";
import {
  type BatchNorm,
  batchNorm,
  batchNormOf,
  batchNormStatistics,
  batchNormVariables,
} from "../../../learners/nn/binary/batch_norm.ts";
import { heNormal } from "../../../learners/nn/variables.ts";
import { randomStream } from "../../../sim/random.ts";
import { assertClose, numbersOf } from "./support.ts";

await readyBackend("wasm");

function freshNorm(channels: number): BatchNorm {
  return batchNormOf(
    "norm",
    batchNormVariables("norm", channels),
    batchNormStatistics("norm", channels),
  );
}

Deno.test("in training each channel gets mean β and deviation γ", () => {
  const norm = freshNorm(2);
  norm.gamma.assign(tf.tensor1d([2, 3]));
  norm.beta.assign(tf.tensor1d([-1, 5]));
  const y = batchNorm(tf.tensor2d([[1, 10], [2, 30], [3, 20]]), norm, true);
  const unit = Math.sqrt(1.5); // deviations of −1, 0, 1 with the biased variance 2/3
  assertClose(
    numbersOf(y),
    [-1 - 2 * unit, 5 - 3 * unit, -1, 5 + 3 * unit, -1 + 2 * unit, 5],
    1e-4,
  );
});

Deno.test("running statistics move a tenth of the way, to the unbiased variance", () => {
  const norm = freshNorm(1);
  batchNorm(tf.tensor2d([[1], [2], [6]]), norm, true);
  assertClose(numbersOf(tf.clone(norm.mean)), [0.3], 1e-6);
  assertClose(numbersOf(tf.clone(norm.variance)), [0.9 + 0.1 * 7], 1e-6);
});

Deno.test("out of training the running statistics are used and stay", () => {
  const norm = freshNorm(1);
  norm.mean.assign(tf.tensor1d([2]));
  norm.variance.assign(tf.tensor1d([4]));
  assertClose(numbersOf(batchNorm(tf.tensor2d([[2], [4], [-2]]), norm, false)), [0, 1, -2], 1e-5);
  assertClose(numbersOf(tf.clone(norm.mean)), [2], 0);
});

Deno.test("the gradient is that of the formula written out in plain operations", () => {
  const stream = randomStream(3, "batch norm");
  const x = tf.add(heNormal([4, 3, 2, 5], 2, stream), 0.7) as tf.Tensor4D;
  const upstream = heNormal([4, 3, 2, 5], 2, stream);
  const norm = freshNorm(5);
  norm.gamma.assign(heNormal([5], 2, stream) as tf.Tensor1D);
  norm.beta.assign(heNormal([5], 2, stream) as tf.Tensor1D);

  const plain = (input: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) => {
    const { mean, variance } = tf.moments(input, [0, 1, 2]);
    const standard = tf.div(tf.sub(input, mean), tf.sqrt(tf.add(variance, 1e-5)));
    return tf.sum(tf.mul(upstream, tf.add(tf.mul(standard, gamma), beta)));
  };
  const expected = tf.grads(plain)([x, norm.gamma, norm.beta]);
  const own = tf.grad((input: tf.Tensor) =>
    tf.sum(tf.mul(upstream, batchNorm(input as tf.Tensor4D, norm, true)))
  )(x);
  const { grads } = tf.variableGrads(
    () => tf.sum<tf.Scalar>(tf.mul(upstream, batchNorm(x, norm, true))),
    [norm.gamma, norm.beta],
  );
  assertClose(numbersOf(own), numbersOf(expected[0]), 1e-5);
  assertClose(numbersOf(grads[norm.gamma.name]), numbersOf(expected[1]), 1e-5);
  assertClose(numbersOf(grads[norm.beta.name]), numbersOf(expected[2]), 1e-5);
});
