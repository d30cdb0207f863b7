/** Dropout with masks of a named stream. */
import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { readyBackend } from "../../learners/nn/backend.ts";
import { dropout, noDropout } from "../../learners/nn/dropout.ts";
import { randomStream } from "../../sim/random.ts";

await readyBackend("cpu");

Deno.test("as many elements are dropped as the rate says, and the others make up for them", () => {
  const x = tf.fill([100, 100], 2);
  const dropped = dropout(0.8, randomStream(0, "mask"))(x).dataSync();
  const kept = dropped.filter((value) => value !== 0);
  // Five standard deviations of the binomial distribution.
  ok(Math.abs(kept.length - 2000) < 5 * Math.sqrt(10000 * 0.8 * 0.2), `${kept.length} kept`);
  ok(kept.every((value) => Math.abs(value - 10) < 1e-5));
});

Deno.test("masks follow from the stream, call by call", () => {
  const masks = (name: string) => {
    const drop = dropout(0.5, randomStream(0, name));
    return [drop(tf.ones([20])), drop(tf.ones([20]))].map((mask) => [...mask.dataSync()]);
  };
  deepStrictEqual(masks("a"), masks("a"));
  ok(masks("a")[0].join() !== masks("a")[1].join());
  ok(masks("a")[0].join() !== masks("b")[0].join());
});

Deno.test("the gradient passes where the element did", () => {
  const values = tf.tidy(() => {
    const drop = dropout(0.5, randomStream(0, "mask"));
    return [...tf.grad((x) => tf.sum(drop(x)))(tf.ones([30])).dataSync()];
  });
  const mask = [...dropout(0.5, randomStream(0, "mask"))(tf.ones([30])).dataSync()];
  deepStrictEqual(values, mask);
});

Deno.test("a rate of 0 leaves everything, a rate of 1 or none is refused", () => {
  strictEqual(dropout(0, randomStream(0, "mask")), noDropout);
  for (const rate of [1, -0.1, NaN]) {
    throws(() => dropout(rate, randomStream(0, "mask")), /is not in \[0, 1\)/);
  }
});
