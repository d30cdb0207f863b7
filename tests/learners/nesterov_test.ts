/** Gradient descent with Nesterov's momentum. */
import { deepStrictEqual, ok, throws } from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { readyBackend } from "../../learners/nn/backend.ts";
import { nesterovDescent } from "../../learners/nn/nesterov.ts";
import { disposeVariables } from "../../learners/nn/variables.ts";

await readyBackend("wasm");

/** Steps on the loss w²/2, whose gradient is w. */
function descend(w: tf.Variable, optimiser: ReturnType<typeof nesterovDescent>, steps: number) {
  for (let step = 0; step < steps; step++) {
    const gradient = tf.clone(w);
    optimiser.apply({ w: gradient }, 0.1);
    gradient.dispose();
  }
}

Deno.test("steps look ahead along the velocity: two of them by hand", () => {
  const w = tf.variable(tf.tensor1d([1]));
  const optimiser = nesterovDescent({ w }, 0.9);
  const expected = [
    1 - 0.1 * (1 + 0.9 * 1), // v = 1: 0.81
    0.81 - 0.1 * (0.81 + 0.9 * (0.9 + 0.81)), // v = 1.71: 0.5751
  ];
  for (const value of expected) {
    descend(w, optimiser, 1);
    ok(Math.abs(w.dataSync()[0] - value) < 1e-6, `${w.dataSync()}`);
  }
  optimiser.dispose();
  w.dispose();
});

Deno.test("a saved state goes on to the same bits, a foreign one is refused", async () => {
  const [whole, first] = [0, 1].map(() => tf.variable(tf.tensor1d([1, -2, 0.3])));
  const [straight, begun] = [whole, first].map((w) => nesterovDescent({ w }, 0.7));
  descend(whole, straight, 9);
  descend(first, begun, 4);
  const saved = await begun.save();
  const resumed = nesterovDescent({ w: first }, 0.7);
  resumed.load(saved);
  descend(first, resumed, 5);
  deepStrictEqual([...first.dataSync()], [...whole.dataSync()]);
  throws(() => resumed.load({}), /velocity.w/);
  for (const optimiser of [straight, begun, resumed]) optimiser.dispose();
  disposeVariables({ whole, first });
});
