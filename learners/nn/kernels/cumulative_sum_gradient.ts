/**
 * Gradient of cumulative sums: the cumulative sum of the cotangent from the other side. TensorFlow.js's
 * own exchanges axes where the sum does not run along the last, and gives wrong numbers or fails.
 */
import * as tf from "@tensorflow/tfjs";

export const cumulativeSumGradient: tf.GradConfig = {
  kernelName: tf.Cumsum,
  gradFunc: (cotangent, _, attributes) => {
    const { axis, exclusive, reverse } = attributes as unknown as tf.CumsumAttrs;
    return { x: () => tf.cumsum(cotangent as tf.Tensor, axis, exclusive, !reverse) };
  },
};
