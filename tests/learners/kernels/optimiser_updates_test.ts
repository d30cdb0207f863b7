/** The optimisers' updates in one pass, against the operations of TensorFlow.js that they stand for. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { readyBackend } from "../../../learners/nn/backend.ts";
import {
  type AdamAttributes,
  adamUpdateName,
  type MomentumAttributes,
  momentumUpdateName,
} from "../../../learners/nn/kernels/optimiser_updates.ts";
import { normal } from "./against_cpu.ts";

const shapes = [[1], [3], [7, 9], [3, 3, 4, 5]];

/** The bits of what both compute. */
async function assertSameBits(
  compute: (shape: number[]) => tf.Tensor[],
  expected: (shape: number[]) => tf.Tensor[],
): Promise<void> {
  await readyBackend("wasm", { openBlas: false });
  for (const shape of shapes) {
    const before = tf.memory().numTensors;
    const bits = [compute, expected].map((make) =>
      tf.tidy(() => make(shape).map((tensor) => [tensor.shape, tensor.dataSync()]))
    );
    deepStrictEqual(bits[0], bits[1]);
    strictEqual(tf.memory().numTensors, before, "tensors are left over");
  }
}

for (const decay of [0, 0.01]) {
  Deno.test(`a momentum update has the bits of single operations, decay ${decay}`, async () => {
    const settings: MomentumAttributes = { learningRate: 0.05, momentum: 0.9, decay };
    const state = (shape: number[]) => ({
      variable: normal(shape, "variable"),
      gradient: normal(shape, "gradient"),
      velocity: normal(shape, "velocity"),
    });
    await assertSameBits(
      (shape) => tf.engine().runKernel<tf.Tensor[]>(momentumUpdateName, state(shape), settings),
      (shape) => {
        const { variable, gradient, velocity } = state(shape);
        const slope = tf.add(gradient, tf.mul(decay, variable));
        const moved = tf.add(tf.mul(0.9, velocity), slope);
        return [tf.sub(variable, tf.mul(0.05, moved)), moved];
      },
    );
  });

  Deno.test(`an update of Adam has the bits of single operations, decay ${decay}`, async () => {
    const [correction1, correction2] = [1 - 0.9 ** 3, 1 - 0.999 ** 3];
    const settings: AdamAttributes = {
      learningRate: 1e-3,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      correction1,
      correction2,
      decay,
    };
    const state = (shape: number[]) => ({
      variable: normal(shape, "variable"),
      gradient: normal(shape, "gradient"),
      first: normal(shape, "first"),
      second: tf.square(normal(shape, "second")),
    });
    await assertSameBits(
      (shape) => tf.engine().runKernel<tf.Tensor[]>(adamUpdateName, state(shape), settings),
      (shape) => {
        const { variable, gradient, ...moments } = state(shape);
        const slope = tf.add(gradient, tf.mul(decay, variable));
        const first = tf.add(tf.mul(0.9, moments.first), tf.mul(1 - 0.9, slope));
        const second = tf.add(tf.mul(0.999, moments.second), tf.mul(1 - 0.999, tf.square(slope)));
        const scale = tf.add(tf.sqrt(tf.div(second, correction2)), 1e-8);
        const step = tf.div(tf.div(first, correction1), scale);
        return [tf.sub(variable, tf.mul(1e-3, step)), first, second];
      },
    );
  });
}
