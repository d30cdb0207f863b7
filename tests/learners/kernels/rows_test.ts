/** Sums of rows, sums by segment and gathering on the WASM backend, against the CPU kernels. */
import { deepStrictEqual, throws } from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { readyBackend } from "../../../learners/nn/backend.ts";
import { randomStream } from "../../../sim/random.ts";
import { assertSameAsOnCpu, normal, pullBack } from "./against_cpu.ts";

const stream = randomStream(5, "rows");

const extents = () => Array.from({ length: 1 + stream.integer(3) }, () => 1 + stream.integer(6));

Deno.test("sums by segment equal the CPU kernel's, rows outside of all segments count nowhere", async () => {
  for (let i = 0; i < 12; i++) {
    const [rows, segments] = [1 + stream.integer(30), 1 + stream.integer(6)];
    const shape = [rows, ...(i % 3 === 0 ? [] : extents())];
    const ids = Int32Array.from({ length: rows }, () => stream.integer(segments + 3) - 1);
    // Backwards, TensorFlow.js gathers segments that must exist.
    const inside = ids.map((id) => Math.min(id, segments - 1));
    await assertSameAsOnCpu(() => {
      const x = normal(shape, "x");
      const sum = (segmentIds: Int32Array) => (values: tf.Tensor) =>
        tf.unsortedSegmentSum(values, tf.tensor1d(segmentIds, "int32"), segments);
      return [sum(ids)(x), ...pullBack(sum(inside), [x])];
    }, `${shape} into ${segments}: ${ids}`);
  }
});

Deno.test("segments that are not one a row are refused with both shapes", async () => {
  await readyBackend("wasm");
  tf.tidy(() =>
    throws(() => tf.unsortedSegmentSum(normal([4, 2], "x"), tf.tensor1d([0, 1], "int32"), 2), {
      name: "RangeError",
      message: /4 rows, \[4\], not \[2\]/,
    })
  );
});

Deno.test("gathered slices and their gradients equal the CPU kernel's along every axis", async () => {
  for (let i = 0; i < 12; i++) {
    const shape = [...extents(), 1 + stream.integer(6)];
    const axis = stream.integer(shape.length);
    const chosen = extents();
    const numbers = Array.from(
      { length: tf.util.sizeFromShape(chosen) },
      () => stream.integer(shape[axis]),
    );
    await assertSameAsOnCpu(() => {
      const gather = (x: tf.Tensor) => tf.gather(x, tf.tensor(numbers, chosen, "int32"), axis);
      const x = normal(shape, "x");
      return [gather(x), ...pullBack(gather, [x])];
    }, `[${shape}] along ${axis} by [${chosen}]`);
  }
});

Deno.test("whole numbers and truth values are gathered too, and batches as by the backend itself", async () => {
  await assertSameAsOnCpu(() => {
    const rows = tf.tensor1d([2, 0], "int32");
    return [
      tf.gather(tf.tensor2d([[1, 2], [3, 4], [5, 6]], [3, 2], "int32"), rows),
      tf.gather(tf.tensor1d([true, false, false], "bool"), rows),
      tf.gather(normal([2, 3], "x"), tf.tensor2d([[2, 0], [1, 1]], [2, 2], "int32"), 1, 1),
    ];
  }, "gather");
});

Deno.test("an index that is not there is refused with those that are", async () => {
  await readyBackend("wasm");
  for (const index of [-1, 3]) {
    tf.tidy(() =>
      throws(() => tf.gather(normal([3, 2], "x"), tf.tensor1d([0, index], "int32")), {
        name: "RangeError",
        message: new RegExp(`no slice ${index} .* 0 to 2`),
      })
    );
  }
});

Deno.test("sums equal the CPU kernel's over every choice of axes", async () => {
  for (let i = 0; i < 24; i++) {
    const shape = [...extents(), 1 + stream.integer(40)];
    const axes = shape.map((_, axis) => axis).filter(() => stream.integer(2) === 1);
    await assertSameAsOnCpu(() => {
      const sum = (x: tf.Tensor) => tf.sum(x, axes, i % 2 === 0);
      const x = normal(shape, "x");
      return [
        sum(x),
        tf.sum(x, axes.map((axis) => axis - shape.length).toReversed()),
        ...pullBack(sum, [x]),
      ];
    }, `[${shape}] over [${axes}]`);
  }
});

Deno.test("a sum over rows does not lose small numbers beside a large one", async () => {
  await readyBackend("wasm");
  const sums = tf.tidy(() => {
    const small = tf.fill([20000, 2], 1e-4);
    return [...tf.sum(tf.concat([tf.fill([1, 2], 1e4), small]), 0).dataSync()];
  });
  deepStrictEqual(sums, [Math.fround(10002), Math.fround(10002)]);
});
