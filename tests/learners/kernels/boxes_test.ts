/** Padding and slices on the WASM backend, against the CPU kernels. */
import { throws } from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { readyBackend } from "../../../learners/nn/backend.ts";
import { type RandomStream, randomStream } from "../../../sim/random.ts";
import { assertSameAsOnCpu, normal, pullBack } from "./against_cpu.ts";

interface Box {
  readonly shape: number[];
  /** Numbers ahead of and behind each axis. */
  readonly margins: [number, number][];
}

/** A box of one to five axes, of which about half have margins. */
function randomBox(stream: RandomStream): Box {
  const axes = Array.from({ length: 1 + stream.integer(5) });
  return {
    shape: axes.map(() => 1 + stream.integer(6)),
    margins: axes.map(() =>
      stream.integer(2) === 0 ? [0, 0] : [stream.integer(3), stream.integer(3)]
    ),
  };
}

const stream = randomStream(5, "boxes");
const boxes: Box[] = [
  ...Array.from({ length: 60 }, () => randomBox(stream)),
  { shape: [3, 4, 5, 2], margins: [[0, 0], [1, 1], [2, 0], [0, 0]] }, // images
  { shape: [3, 4, 5, 2], margins: [[0, 0], [0, 0], [0, 0], [0, 7]] }, // channels
  { shape: [2, 3, 2, 3], margins: [[1, 1], [1, 1], [1, 1], [1, 1]] }, // more loops than two
];

Deno.test("padding and its gradient equal the CPU kernels'", async () => {
  for (const [i, { shape, margins }] of boxes.entries()) {
    const pad = (x: tf.Tensor) => tf.pad(x, margins, i % 2 === 0 ? 0 : -2.5);
    await assertSameAsOnCpu(() => {
      const x = normal(shape, "x");
      return [pad(x), ...pullBack(pad, [x])];
    }, JSON.stringify({ shape, margins }));
  }
});

Deno.test("slices and their gradients equal the CPU kernels', to the end too", async () => {
  for (const [i, { shape, margins }] of boxes.entries()) {
    const whole = shape.map((extent, axis) => margins[axis][0] + extent + margins[axis][1]);
    const begin = margins.map(([ahead]) => ahead);
    const size = shape.map((extent, axis) => i % 3 === 0 && margins[axis][1] === 0 ? -1 : extent);
    const slice = (x: tf.Tensor) => tf.slice(x, begin, size);
    await assertSameAsOnCpu(() => {
      const x = normal(whole, "x");
      return [slice(x), ...pullBack(slice, [x])];
    }, JSON.stringify({ whole, begin, size }));
  }
});

Deno.test("whole numbers and truth values are padded and sliced as by the backend itself", async () => {
  await assertSameAsOnCpu(() => {
    const numbers = tf.tensor2d([[1, 2, 3], [4, 5, 6]], [2, 3], "int32");
    const truths = tf.tensor2d([[1, 0, 1], [0, 0, 1]], [2, 3], "bool");
    return [
      tf.pad(numbers, [[1, 0], [0, 2]], 7),
      tf.slice(numbers, [0, 1], [2, 2]),
      tf.slice(truths, [1, 1], [1, 2]),
      tf.slice(tf.zeros([3, 2]), [1, 0], [0, 2]),
    ];
  }, "other types");
});

Deno.test("a slice that reaches beyond its tensor is refused", async () => {
  await readyBackend("wasm");
  tf.tidy(() => throws(() => tf.slice(tf.zeros([3, 2]), [2, 0], [2, 2]), /would overflow/));
});
