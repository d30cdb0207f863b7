/** Norms of gradients, and how far they spread. */
import { ok, strictEqual, throws } from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { readyBackend } from "../../learners/nn/backend.ts";
import { globalNorm, gradientNorm, spreadOf } from "../../learners/nn/gradient_scale.ts";
import { disposeVariables } from "../../learners/nn/variables.ts";

await readyBackend("wasm");

Deno.test("the global norm is over all elements of all tensors", () => {
  const norm = globalNorm([tf.tensor1d([1, 2]), tf.tensor2d([[2], [4]])]);
  strictEqual(norm.dataSync()[0], 5);
});

Deno.test("a gradient's norm is that of all variables together, and nothing is left behind", async () => {
  const variables = { a: tf.variable(tf.scalar(3)), b: tf.variable(tf.tensor1d([1, 5])) };
  const before = tf.memory().numTensors;
  // Of a (b₀ + b₁) the slopes are 6, 3, 3.
  const loss = () => tf.mul<tf.Scalar>(variables.a, tf.sum(variables.b));
  const norm = await gradientNorm(loss, variables);
  ok(Math.abs(norm - Math.sqrt(36 + 9 + 9)) < 1e-5, `${norm}`);
  strictEqual(tf.memory().numTensors, before);
  disposeVariables(variables);
});

Deno.test("the spread is the largest over the smallest, of numbers above 0", () => {
  strictEqual(spreadOf([2, 8, 4]), 4);
  throws(() => spreadOf([]), RangeError);
  throws(() => spreadOf([1, 0]), /expected finite numbers above 0/);
  throws(() => spreadOf([1, NaN]), /NaN/);
});
