/** The tensor form of the roll-out against the scalar one, and what it leaves behind. */
import { ok, strictEqual } from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { tensorRollout } from "../../learners/motor/tensor_rollout.ts";
import { readyBackend } from "../../learners/nn/backend.ts";
import { batchOf, problemOf, reach, tensorRolloutContract } from "../contract/rollout.ts";

tensorRolloutContract("cpu");
tensorRolloutContract("wasm");

Deno.test("updates leave no tensor and no data behind", async () => {
  await readyBackend("wasm");
  const problem = problemOf(reach);
  const rollout = tensorRollout(problem);
  const weights = problem.network.initialWeights(1);
  const gradient = new Float64Array(weights.length);
  const held = () => [tf.memory().numTensors, tf.backend().numDataIds()].join();
  const before = held();
  for (let update = 0; update < 3; update++) {
    await rollout.gradient(weights, { ...batchOf(reach), steps: 4 }, gradient);
    strictEqual(held(), before);
  }
});

Deno.test("elements that are not finite are counted and set to 0", async () => {
  await readyBackend("cpu");
  const problem = problemOf(reach);
  const weights = problem.network.initialWeights(1).fill(NaN, 0, 1);
  const gradient = new Float64Array(weights.length);
  const { nonFinite } = await tensorRollout(problem)
    .gradient(weights, { ...batchOf(reach), steps: 4 }, gradient);
  ok(nonFinite > 0);
  ok(gradient.every(Number.isFinite));
});
