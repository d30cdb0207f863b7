/** Batch normalisation and its gradient in few passes, against the formulas on the CPU backend. */
import { deepStrictEqual } from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import {
  batchNormGradientName,
  type BatchNormInputs,
  batchNormName,
} from "../../../learners/nn/kernels/batch_norm.ts";
import { assertClose, computeOn, normal, pullBack } from "./against_cpu.ts";

const epsilon = 1e-3;
const momentum = 0.2;
const shapes = [[2, 1], [9, 3], [64, 16], [33, 21]];

function inputsOf([rows, columns]: number[]): BatchNormInputs<tf.Tensor> {
  return {
    x: tf.add(tf.mul(normal([rows, columns], "x"), 3), 2),
    gamma: normal([columns], "gamma"),
    beta: normal([columns], "beta"),
    mean: normal([columns], "mean"),
    variance: tf.square(normal([columns], "variance")),
  };
}

const mean = (x: tf.Tensor) => tf.mean(x, 0);

function byFormula(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor): tf.Tensor {
  const centred = tf.sub(x, mean(x));
  const deviation = tf.sqrt(tf.add(mean(tf.square(centred)), epsilon));
  return tf.add(tf.mul(gamma, tf.div(centred, deviation)), beta);
}

const runForward = (inputs: BatchNormInputs<tf.Tensor>) =>
  tf.engine().runKernel<tf.Tensor[]>(batchNormName, inputs, { epsilon, momentum });

Deno.test("values and running moments are those of the formulas", async () => {
  for (const shape of shapes) {
    const actual = await computeOn("wasm", () => {
      const [y, , , mean, variance] = runForward(inputsOf(shape));
      return [y, mean, variance];
    });
    const expected = await computeOn("cpu", () => {
      const { x, gamma, beta, ...running } = inputsOf(shape);
      const variance = tf.div(tf.sum(tf.square(tf.sub(x, mean(x))), 0), shape[0] - 1);
      return [
        byFormula(x, gamma, beta),
        tf.add(tf.mul(1 - momentum, running.mean), tf.mul(momentum, mean(x))),
        tf.add(tf.mul(1 - momentum, running.variance), tf.mul(momentum, variance)),
      ];
    });
    actual.forEach((values, i) => assertClose(values, expected[i], `[${shape}], result ${i}`));
  }
});

Deno.test("gradients of x, gamma and beta are those that automatic differentiation finds", async () => {
  for (const shape of shapes) {
    const actual = await computeOn("wasm", () => {
      const inputs = inputsOf(shape);
      const [, standard, slope] = runForward(inputs);
      const dy = normal(shape, "cotangent");
      const state = { dy, standard, slope };
      return tf.engine().runKernel<tf.Tensor[]>(batchNormGradientName, state);
    });
    const expected = await computeOn("cpu", () => {
      const { x, gamma, beta } = inputsOf(shape);
      return pullBack(byFormula, [x, gamma, beta]);
    });
    actual.forEach((values, i) => assertClose(values, expected[i], `[${shape}], gradient ${i}`));
  }
});

Deno.test("numbers far from 0 keep their variance", async () => {
  const [y] = await computeOn("wasm", () => {
    const far = tf.tensor2d([[10000], [10001], [10002], [10003]]);
    const [one, zero] = [tf.ones([1]), tf.zeros([1])];
    return runForward({ x: far, gamma: one, beta: zero, mean: zero, variance: one }).slice(0, 1);
  });
  const deviation = Math.sqrt(1.25 + epsilon);
  const expected = [-1.5, -0.5, 0.5, 1.5].map((centred) => Math.fround(centred / deviation));
  assertClose(y, { shape: [4, 1], numbers: expected }, "values");
  deepStrictEqual(y.numbers[0], -y.numbers[3]);
});
