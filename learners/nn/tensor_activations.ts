/** Activations of tensors, element by element, by name. */
import * as tf from "@tensorflow/tfjs";

/** LeakyReLU's slope below 0 that is usual, PyTorch's. */
export const leakySlope = 0.01;

/** Each by the name that configurations have for it. */
export const tensorActivations = {
  "relu": (x) => tf.relu(x),
  "leaky-relu": (x) => tf.leakyRelu(x, leakySlope),
  "tanh": (x) => tf.tanh(x),
  /** x σ(x) (Elfwing, Uchibe & Doya 2018, https://arxiv.org/abs/1702.03118). */
  "silu": (x) => tf.mul(x, tf.sigmoid(x)),
} as const satisfies Record<string, (x: tf.Tensor) => tf.Tensor>;

/** The name of one. */
export type TensorActivation = keyof typeof tensorActivations;
