/** Comparisons, maxima and minima with one number on the WASM backend, and ReLU's gradient. */
import { deepStrictEqual } from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { assertSameAsOnCpu, computeOn, normal, pullBack } from "./against_cpu.ts";

const operations = {
  maximum: tf.maximum,
  minimum: tf.minimum,
  less: tf.less,
  lessEqual: tf.lessEqual,
  greater: tf.greater,
  greaterEqual: tf.greaterEqual,
};

const special = [1, -1, 0.5, Infinity, -Infinity, 0.5, 0, 2, -3, 0.25, 7];

for (const [name, operation] of Object.entries(operations)) {
  Deno.test(`${name} of numbers and one equals the CPU kernel's, of any rank and either side`, async () => {
    await assertSameAsOnCpu(() => [
      operation(normal([5, 7], "a"), 0.3),
      operation(0.3, normal([5, 7], "a")),
      operation(normal([4, 8], "a"), normal([1, 1], "b")),
      operation(normal([3], "a"), normal([1, 1, 1], "b")),
      operation(normal([2, 3, 4], "a"), normal([4], "b")),
      operation(tf.tensor1d([1, 2, 3, 4, 5], "int32"), tf.scalar(3, "int32")),
      operation(tf.scalar(2), 2),
    ], name);
  });

  Deno.test(`${name} of special numbers and one is that of JavaScript`, async () => {
    const compute = (one: number) => () => [operation(tf.tensor1d(special), one)];
    for (const one of [0.5, 0, Infinity]) {
      const [actual] = await computeOn("wasm", compute(one));
      const [expected] = await computeOn("cpu", compute(one));
      deepStrictEqual(actual, expected, `${one}`);
    }
  });
}

Deno.test("clipping is differentiated as on the CPU", async () => {
  await assertSameAsOnCpu(
    () => pullBack((x) => tf.minimum(tf.maximum(x, -0.5), 0.5), [normal([6, 11], "x")]),
    "clipping",
  );
});

Deno.test("ReLU passes gradients where its input is above 0, and none at 0", async () => {
  await assertSameAsOnCpu(() => pullBack(tf.relu, [normal([6, 11], "x")]), "relu");
  const [gradient] = await computeOn("wasm", () => [
    tf.grad((x: tf.Tensor) => tf.relu(x))(
      tf.tensor1d([0, -1, 2, 1e-30, 5]),
      tf.tensor1d([
        1,
        2,
        3,
        4,
        5,
      ]),
    ),
  ]);
  deepStrictEqual(gradient.numbers, [0, 0, 3, 4, 5]);
});
