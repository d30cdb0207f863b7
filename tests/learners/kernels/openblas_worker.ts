/// <reference lib="deno.worker" />
/** Computes a chain of products by OpenBLAS on WASM memory, and answers with the bits of what comes out. */
import * as tf from "@tensorflow/tfjs";
import { readyBackend } from "../../../learners/nn/backend.ts";
import { normal } from "./against_cpu.ts";

await readyBackend("wasm");
const bits = tf.tidy(() => {
  let x = normal([96, 200], "x");
  for (let step = 0; step < 60; step++) {
    const [wide, narrow] = [normal([200, 133], `wide/${step}`), normal([200, 133], "narrow")];
    // Divided so that the numbers stay as large as they are.
    const middle = tf.div(tf.matMul(x, wide), 14);
    x = tf.div(tf.matMul(middle, narrow, false, true), 11.5);
  }
  return new Uint32Array(x.dataSync<"float32">().buffer).join();
});
(self as unknown as DedicatedWorkerGlobalScope).postMessage(bits);
