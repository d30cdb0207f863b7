/** The measures of a binary network's health. */
import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { readyBackend } from "../../../learners/nn/backend.ts";
import {
  estimatingError,
  flipCounter,
  flipRate,
  gaussianQuantisationError,
  gradientInstability,
  laplaceQuantisationError,
  quantisationErrors,
} from "../../../learners/nn/binary/diagnostics.ts";
import { powerFamily, sine } from "../../../learners/nn/binary/estimators.ts";
import { randomStream } from "../../../sim/random.ts";
import { assertClose } from "./support.ts";

await readyBackend("wasm");

Deno.test("the estimating error of known weights falls strictly with the exponent", async () => {
  const w = tf.tensor1d([0.5, -0.2, 0.01, 1.2]);
  const expected = { 1: 1.382064, 2: 1.100213, 3: 0.913456 };
  for (const [o, error] of Object.entries(expected)) {
    assertClose([await estimatingError([w], powerFamily(() => Number(o)))], [error], 1e-6);
  }
});

Deno.test("the estimating error sums layers, and is taken at the end unless told otherwise", async () => {
  const w = tf.tensor1d([0.5, -0.2, 0.01, 1.2]);
  const growing = powerFamily((progress) => 1 + 2 * progress);
  assertClose([await estimatingError([w, w], growing)], [2 * 0.913456], 1e-6);
  assertClose([await estimatingError([w], growing, 0)], [1.382064], 1e-6);
});

Deno.test("instability is the unbiased variance of the gradients' sizes", async () => {
  const gradient = [1, -2, 3, 0];
  const instability = (values: number[]) => gradientInstability([tf.tensor1d(values)]);
  assertClose([await instability(gradient)], [1.666667], 1e-6);
  assertClose([await instability(gradient.map((value) => -value))], [1.666667], 1e-6);
  assertClose([await instability(gradient.map((value) => 3 * value))], [15], 1e-5);
  const twice = [tf.tensor1d(gradient), tf.tensor2d(gradient, [2, 2])];
  assertClose([await gradientInstability(twice)], [3.333333], 1e-6);
});

Deno.test("the quantisation error of Laplace weights follows its closed form", () => {
  const table = { 0.1: 0.900990, 0.5: 0.598503, 1: 0.454834, 3: 0.375615 };
  for (const [x, error] of Object.entries(table)) {
    assertClose([laplaceQuantisationError(Number(x))], [error], 1e-6);
  }
  assertClose([laplaceQuantisationError(1e6)], [1 - 2 / Math.PI], 1e-6);
});

Deno.test("the quantisation error of normal weights follows its series", () => {
  const table = { 0.236: 0.8152, 0.589: 0.5808, 1.18: 0.3896, 2.36: 0.3634 };
  for (const [s, error] of Object.entries(table)) {
    assertClose([gaussianQuantisationError(Number(s))], [error], 1e-4);
  }
  // E|sin x| → E|x| for narrow laws, which takes the series' slowest convergence.
  assertClose([gaussianQuantisationError(0.001)], [1 - 0.001 * Math.sqrt(2 / Math.PI)], 1e-6);
});

Deno.test("both laws fall with the frequency", () => {
  for (const law of [laplaceQuantisationError, gaussianQuantisationError]) {
    const errors = [0.1, 0.3, 1, 1.5].map(law);
    ok(errors.every((error, i) => i === 0 || error < errors[i - 1]));
  }
});

Deno.test("a sample of a million Laplace weights has the error of the closed form", async () => {
  const [b, omega] = [0.05, 20];
  const stream = randomStream(1, "laplace");
  const draw = () => {
    const u = stream.uniform(-0.5, 0.5);
    return -b * Math.sign(u) * Math.log(1 - 2 * Math.abs(u));
  };
  const w = tf.tensor1d(Float32Array.from({ length: 1e6 }, draw));
  const [{ error, scale }] = await quantisationErrors([w], omega);
  assertClose([error], [laplaceQuantisationError(omega * b)], 1e-3);
  assertClose([scale], [b], 2e-4);
});

Deno.test("the flip rate is the share of bits that changed", () => {
  strictEqual(flipRate([1, 1, -1, -1], [1, -1, -1, -1]), 0.25);
  strictEqual(flipRate([1, -1], [1, -1]), 0);
  throws(() => flipRate([1], [1, 1]), /1 and 2 bits/);
  throws(() => flipRate([], []), /0 and 0 bits/);
});

Deno.test("flips are counted from an epoch's start to its end, by the binary function at hand", async () => {
  const changing = tf.variable(tf.tensor1d([0.05, 0.1]));
  const counter = flipCounter([changing, tf.tensor2d([[0.2, -0.03]])], sine(20).binary);
  const epoch = async (values: number[]) => {
    await counter.started?.();
    changing.assign(tf.tensor1d(values));
    return await counter.ended({});
  };
  // Past π/20 the square wave has turned; a step within the half period leaves the bit.
  deepStrictEqual(await epoch([0.06, 0.2]), { "flip rate": 0.25 });
  deepStrictEqual(await epoch([0.2, 0.1]), { "flip rate": 0.5 });
  deepStrictEqual(await epoch([0.2, 0.1]), { "flip rate": 0 });
});
