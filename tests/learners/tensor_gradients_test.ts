/** Several losses' gradients from one forward pass, against `tf.grads` on each. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { readyBackend } from "../../learners/nn/backend.ts";
import { valuesAndGradients } from "../../learners/nn/tensor_gradients.ts";

/** Three losses of which the second does not depend on y. */
const losses = [
  (x: tf.Tensor, y: tf.Tensor) => tf.sum(tf.mul(tf.sin(x), y)),
  (x: tf.Tensor, _y: tf.Tensor) => tf.mean(tf.square(x)),
  (x: tf.Tensor, y: tf.Tensor) => tf.sum(tf.matMul(x, y)),
];

const parameters = () => [tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.tensor2d([0.5, -1, 2, 3], [2, 2])];

Deno.test("every loss gets its own gradient, behind the values, from one forward pass", async () => {
  await readyBackend("cpu");
  let passes = 0;
  const result = tf.tidy(() => {
    const [x, y] = parameters();
    return valuesAndGradients(() => {
      passes++;
      return { losses: losses.map((loss) => loss(x, y)), values: [tf.sum(x), tf.sum(y)] };
    }, [x, y]);
  });
  const expected = tf.tidy(() => {
    const [x, y] = parameters();
    const pulled = losses.flatMap((loss, l) => {
      if (l === 1) return [tf.grad((x) => loss(x, y))(x), tf.zerosLike(y)];
      return tf.grads((x: tf.Tensor, y: tf.Tensor) => loss(x, y))([x, y]);
    });
    return [10, 4.5, ...pulled.flatMap((gradient) => [...gradient.dataSync()])];
  });
  deepStrictEqual([...result.dataSync()], expected);
  strictEqual(passes, 1);
  result.dispose();
});

Deno.test("nothing but the result stays in memory", async () => {
  await readyBackend("cpu");
  const before = tf.memory().numTensors;
  for (let repeat = 0; repeat < 3; repeat++) {
    tf.tidy(() => {
      const [x, y] = parameters();
      return valuesAndGradients(
        () => ({ losses: losses.map((loss) => loss(x, y)), values: [] }),
        [x, y],
      );
    }).dispose();
    strictEqual(tf.memory().numTensors, before);
  }
});
