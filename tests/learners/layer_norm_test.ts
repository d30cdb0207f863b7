/** Layer normalisation. */
import { ok } from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { readyBackend } from "../../learners/nn/backend.ts";
import { layerNorm, layerNormVariables } from "../../learners/nn/layer_norm.ts";

await readyBackend("wasm");

function close(actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  ok(actual.length === expected.length);
  expected.forEach((value, i) =>
    ok(Math.abs(actual[i] - value) < tolerance, `[${i}] ${actual[i]}`)
  );
}

Deno.test("every row is brought to mean 0 and variance 1, then scaled and shifted", () => {
  const x = tf.tensor2d([[1, 2, 3, 4], [-10, 10, -10, 10]]);
  const root = Math.sqrt(1.25 + 1e-5);
  const standard = [-1.5, -0.5, 0.5, 1.5].map((value) => value / root);
  const { "n.gain": gain, "n.shift": shift } = layerNormVariables("n", 4);
  close(layerNorm(x, gain, shift).dataSync(), [...standard, -1, 1, -1, 1], 1e-5);
  const moved = layerNorm(x, tf.tensor1d([2, 1, 1, 0]), tf.tensor1d([0, 0, 3, 7]));
  close(moved.dataSync().subarray(0, 4), [2 * standard[0], standard[1], 3 + standard[2], 7], 1e-5);
  gain.dispose();
  shift.dispose();
});

Deno.test("the gradient is that of finite differences", () => {
  const [gain, shift] = [tf.tensor1d([1, 2, -1]), tf.tensor1d([0, 1, 0])];
  const weights = tf.tensor2d([[1, -2, 0.5], [0.3, 0.2, 2]]);
  const f = (x: tf.Tensor) => tf.sum(tf.mul(weights, layerNorm(x, gain, shift)));
  const at = [0.2, 1.1, -0.7, 2, 0.5, 0.1];
  const gradient = tf.grad(f)(tf.tensor2d(at, [2, 3])).dataSync();
  const moved = (i: number, by: number) =>
    f(tf.tensor2d(at.map((value, j) => i === j ? value + by : value), [2, 3])).dataSync()[0];
  close(gradient, at.map((_, i) => (moved(i, 5e-3) - moved(i, -5e-3)) / 1e-2), 2e-3);
});
