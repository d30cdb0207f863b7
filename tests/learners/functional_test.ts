/** Networks whose weights are passed in. */
import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { readyBackend } from "../../learners/nn/backend.ts";
import {
  functionalPerceptron,
  splitWeights,
  weightCount,
  type Weights,
} from "../../learners/nn/functional.ts";
import { randomStream } from "../../sim/random.ts";

await readyBackend("wasm");

const network = functionalPerceptron({
  inputs: 2,
  hidden: [3],
  outputs: 1,
  activation: "leaky-relu",
});

const stream = randomStream(0, "tests/functional");

const numbers = (count: number) => Array.from({ length: count }, () => stream.normal());

Deno.test("a perceptron computes what its formula says, LeakyReLU in between", () => {
  const weights: Weights = {
    "layer.0.weights": tf.tensor2d([[1, -1, 2], [0, 1, -3]]),
    "layer.0.bias": tf.tensor1d([0.5, 0, 1]),
    "layer.1.weights": tf.tensor2d([[2], [-1], [10]]),
    "layer.1.bias": tf.tensor1d([0.25]),
  };
  // Sums 1.5, 1, −3; activities 1.5, 1, −0.03.
  const [output] = network.apply(weights, tf.tensor2d([[1, 2]])).dataSync();
  ok(Math.abs(output - (3 - 1 - 0.3 + 0.25)) < 1e-6, `${output}`);
});

Deno.test("weights with a leading axis are as many networks, each on inputs of its own", () => {
  const [sets, batch] = [3, 4];
  const θ = tf.tensor2d(numbers(sets * weightCount(network.shapes)), [
    sets,
    weightCount(network.shapes),
  ]);
  const x = tf.tensor3d(numbers(sets * batch * 2), [sets, batch, 2]);
  const weights = splitWeights(θ, network.shapes);
  const together = network.apply(weights, x);
  deepStrictEqual(together.shape, [sets, batch, 1]);
  for (let set = 0; set < sets; set++) {
    const own = Object.fromEntries(
      Object.entries(weights).map(([name, tensor]) => [name, tf.gather(tensor, set)]),
    );
    const alone = network.apply(own, tf.gather(x, set));
    deepStrictEqual([...alone.dataSync()], [
      ...together.dataSync().subarray(set * batch, (set + 1) * batch),
    ]);
  }
});

Deno.test("a vector is cut in the order of the names, each tensor row after row", () => {
  strictEqual(weightCount(network.shapes), 13);
  const θ = tf.tensor2d([Array.from({ length: 13 }, (_, i) => i)]);
  const weights = splitWeights(θ, network.shapes);
  deepStrictEqual(
    Object.entries(weights).map(([name, { shape }]) => [name, shape]),
    [
      ["layer.0.weights", [1, 2, 3]],
      ["layer.0.bias", [1, 3]],
      ["layer.1.weights", [1, 3, 1]],
      ["layer.1.bias", [1, 1]],
    ],
  );
  deepStrictEqual([...weights["layer.0.bias"].dataSync()], [6, 7, 8]);
  throws(
    () => splitWeights(tf.zeros([1, 12]) as tf.Tensor2D, network.shapes),
    /weights of 12 numbers; their shapes have 13/,
  );
});

Deno.test("weights that are missing, of another shape, or of unlike sets are refused", () => {
  const x = tf.zeros([1, 2]);
  const good = Object.fromEntries(
    Object.entries(network.shapes).map(([name, shape]) => [name, tf.zeros([...shape])]),
  );
  network.apply(good, x);
  const { "layer.0.bias": _, ...less } = good;
  throws(() => network.apply(less, x), /"layer.0.bias" is absent; expected \[3\]/);
  throws(
    () => network.apply({ ...good, "layer.1.weights": tf.zeros([1, 3]) }, x),
    /"layer.1.weights" is \[1,3\]; expected \[3,1\]/,
  );
  throws(
    () => network.apply({ ...good, "layer.0.bias": tf.zeros([2, 3]) }, x),
    /weights of no and 2 sets/,
  );
});

Deno.test("gradients go through the weights to where they come from", () => {
  const P = weightCount(network.shapes);
  const x = tf.tensor3d(numbers(2 * 4 * 2), [2, 4, 2]);
  const direction = tf.tensor1d(numbers(P));
  const θ0 = numbers(P);
  const scalar = (t: tf.Tensor) => {
    // θ of the two sets: θ0 + t direction and θ0 − t direction.
    const base = tf.tensor1d(θ0);
    const θ = tf.stack([
      tf.add(base, tf.mul(t, direction)),
      tf.sub(base, tf.mul(t, direction)),
    ]) as tf.Tensor2D;
    return tf.mean(tf.square(network.apply(splitWeights(θ, network.shapes), x)));
  };
  const [slope] = tf.grad(scalar)(tf.scalar(0.3)).dataSync();
  const value = (t: number) => scalar(tf.scalar(t)).dataSync()[0];
  const difference = (value(0.301) - value(0.299)) / 0.002;
  ok(Math.abs(slope - difference) < 1e-2 * Math.max(1, Math.abs(slope)), `${slope} ${difference}`);
});
