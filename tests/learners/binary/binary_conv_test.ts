/** The binary convolution: what it computes, its scales, and what its gradients are. */
import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { readyBackend } from "../../../learners/nn/backend.ts";
import {
  binariser,
  binaryConv2d,
  type BinaryPath,
  perSampleDeviationScale,
  type Scale,
} from "../../../learners/nn/binary/binary_conv.ts";
import {
  piecewiseQuadratic,
  powerFamily,
  sine,
  straightThrough,
} from "../../../learners/nn/binary/estimators.ts";
import { heNormal } from "../../../learners/nn/variables.ts";
import { randomStream } from "../../../sim/random.ts";
import { assertClose, numbersOf } from "./support.ts";

await readyBackend("wasm");

const once = { stride: 1, progress: 0 };

function random(shape: readonly number[], name: string): tf.Tensor4D {
  return heNormal(shape, 10, randomStream(5, name)) as tf.Tensor4D;
}

function pathOf(scale: Scale): BinaryPath {
  return {
    weights: binariser(straightThrough()),
    activations: binariser(straightThrough()),
    scale,
  };
}

/** The scale's part of a layer's output: the layer sees one tap of +1 for each weight. */
function scaleOf(w: readonly number[], scale: Scale): { value: number; gradient: number[] } {
  const weigh = (kernel: tf.Tensor) => {
    const signs = { ...pathOf(scale), weights: () => tf.onesLike(kernel) };
    const a = tf.ones<tf.Rank.R4>([1, 1, 1, w.length]);
    const latent = tf.reshape<tf.Rank.R4>(kernel, [1, 1, w.length, 1]);
    return tf.div<tf.Scalar>(tf.sum(binaryConv2d(a, latent, undefined, signs, once)), w.length);
  };
  const kernel = tf.tensor4d([...w], [1, 1, w.length, 1]);
  return {
    value: numbersOf(tf.tidy(() => weigh(kernel)))[0],
    gradient: numbersOf(tf.tidy(() => tf.grad((x: tf.Tensor) => weigh(x))(kernel))),
  };
}

Deno.test("a layer's scale is the mean size of all its weights, and gradients flow through it", () => {
  const { value, gradient } = scaleOf([0.2, -0.4], "layer");
  assertClose([value], [0.3], 1e-7);
  assertClose(gradient, [0.5, -0.5], 1e-7);
});

Deno.test("a channel's scale is the mean size of its own weights", () => {
  const kernel = tf.tensor4d([0.2, 1, -0.4, -3], [1, 1, 2, 2]);
  const a = tf.ones<tf.Rank.R4>([1, 1, 1, 2]);
  const signs = { ...pathOf("channel"), weights: () => tf.ones([1, 1, 2, 2]) };
  assertClose(numbersOf(binaryConv2d(a, kernel, undefined, signs, once)), [0.6, 4], 1e-6);
});

Deno.test("a learned scale multiplies each channel and is missed when it is not there", () => {
  const [a, w] = [random([2, 4, 4, 3], "a"), random([3, 3, 3, 2], "w")];
  const plain = binaryConv2d(a, w, undefined, pathOf("none"), once);
  const scaled = binaryConv2d(a, w, tf.tensor1d([2, -0.5]), pathOf("learned"), once);
  assertClose(numbersOf(scaled), numbersOf(tf.mul(plain, [2, -0.5])), 1e-5);
  throws(() => binaryConv2d(a, w, undefined, pathOf("learned"), once), /needs alpha/);
});

Deno.test("what is padded adds nothing: a corner has the four taps that lie in the image", () => {
  const a = tf.ones<tf.Rank.R4>([1, 3, 3, 1]);
  const w = tf.fill<tf.Rank.R4>([3, 3, 1, 1], 0.2);
  const sums = numbersOf(binaryConv2d(a, w, undefined, pathOf("none"), once));
  deepStrictEqual(sums, [4, 6, 4, 6, 9, 6, 4, 6, 4]);
});

Deno.test("before its scale an output is an integer with the parity of its taps, and no larger", () => {
  const [a, w] = [random([2, 8, 8, 16], "a"), random([3, 3, 16, 16], "w")];
  const path: BinaryPath = {
    weights: binariser(sine(20)),
    activations: binariser(piecewiseQuadratic),
    scale: "none",
  };
  const output = binaryConv2d(a, w, undefined, path, once);
  const inside = numbersOf(tf.slice(output, [0, 1, 1, 0], [2, 6, 6, 16]));
  ok(inside.every((value) => Math.abs(value) <= 144 && Math.abs(value) % 2 === 0));
  ok(new Set(inside).size > 20);
  const corners = numbersOf(tf.slice(output, [0, 0, 0, 0], [2, 1, 1, 16]));
  ok(corners.every((value) => Number.isInteger(value) && Math.abs(value) <= 64));
});

Deno.test("a positive factor on the input changes nothing in the output, bit for bit", () => {
  const [a, w] = [random([2, 8, 8, 4], "a"), random([3, 3, 4, 4], "w")];
  const path: BinaryPath = {
    weights: binariser(sine(20)),
    activations: (x, progress) =>
      binariser(piecewiseQuadratic)(perSampleDeviationScale(x), progress),
    scale: "none",
  };
  const output = (factor: number) =>
    numbersOf(binaryConv2d(tf.mul(a, factor), w, undefined, path, once));
  const plain = output(1);
  for (const factor of [1e-3, 0.37, 12, 4e5]) deepStrictEqual(output(factor), plain);
});

Deno.test("exponent, threshold and core leave the output alone", () => {
  const [a, w] = [random([1, 6, 6, 3], "a"), random([3, 3, 3, 5], "w")];
  const output = (o: number, threshold: number, core: number | undefined, progress: number) => {
    const estimator = powerFamily(() => o, { threshold, core });
    const path = { weights: binariser(estimator), activations: binariser(estimator) };
    return numbersOf(
      binaryConv2d(a, w, undefined, { ...path, scale: "layer" }, { stride: 1, progress }),
    );
  };
  const plain = output(1, 1.5, 0.1, 0);
  deepStrictEqual(output(3, 1.5, 0.1, 0.5), plain);
  deepStrictEqual(output(10, Infinity, undefined, 1), plain);
});

Deno.test("stride 2 halves the image, rounding up", () => {
  const [a, w] = [random([1, 7, 8, 3], "a"), random([3, 3, 3, 5], "w")];
  const path = pathOf("layer");
  deepStrictEqual(
    binaryConv2d(a, w, undefined, path, { stride: 2, progress: 0 }).shape,
    [1, 4, 4, 5],
  );
});

Deno.test("weights in a layer's gradient get the scale times the sign's stand-in", () => {
  // One input of +1 and one weight of 0.4: y = s·sign(w) with s = |w|, so dy/dw = 1·s·1 + sign·sign.
  const a = tf.ones<tf.Rank.R4>([1, 1, 1, 1]);
  const slope = tf.grad((w: tf.Tensor) =>
    tf.sum(binaryConv2d(a, w as tf.Tensor4D, undefined, pathOf("layer"), once))
  )(tf.tensor4d([0.4], [1, 1, 1, 1]));
  assertClose(numbersOf(slope), [1.4], 1e-6);
});

Deno.test("each sample is divided by its own unbiased deviation", () => {
  const a = tf.tensor2d([[1, 2, 3, 4], [10, 20, 30, 40]]);
  const scaled = numbersOf(perSampleDeviationScale(a));
  const deviation = Math.sqrt(5 / 3);
  assertClose(scaled.slice(0, 4), [1, 2, 3, 4].map((value) => value / deviation), 1e-4);
  assertClose(scaled.slice(4), scaled.slice(0, 4), 1e-4);
  strictEqual(scaled.length, 8);
});

Deno.test("gradients flow through the deviation", () => {
  // A sum of a/σ(a) does not change when a is scaled: its gradient is orthogonal to a.
  const a = tf.tensor2d([[0.3, -1.2, 2.5, 0.7]]);
  const slope = tf.grad((x: tf.Tensor) => tf.sum(perSampleDeviationScale(x)))(a);
  assertClose(numbersOf(tf.sum(tf.mul(slope, a))), [0], 1e-4);
  ok(numbersOf(tf.max(tf.abs(slope)))[0] > 0.1);
});
