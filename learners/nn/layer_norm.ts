/** Layer normalisation over the last axis (Ba, Kiros & Hinton 2016, https://arxiv.org/abs/1607.06450). */
import * as tf from "@tensorflow/tfjs";
import type { Variables } from "./variables.ts";

const epsilon = 1e-5;

/** `<name>.gain` and `<name>.shift`, each [channels]: 1 and 0. */
export function layerNormVariables(name: string, channels: number): Variables {
  return {
    [`${name}.gain`]: tf.tidy(() => tf.variable(tf.ones([channels]))),
    [`${name}.shift`]: tf.tidy(() => tf.variable(tf.zeros([channels]))),
  };
}

/** gain (x − mean)/√(variance + 1e-5) + shift, x [..., channels], mean and variance of each row by itself. */
export function layerNorm(x: tf.Tensor, gain: tf.Tensor, shift: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const centred = tf.sub(x, tf.mean(x, -1, true));
    const variance = tf.mean(tf.square(centred), -1, true);
    const standard = tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon)));
    return tf.add(tf.mul(standard, gain), shift);
  });
}
