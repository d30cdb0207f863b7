/**
 * Gradient of mean pooling that reaches over the images' edges. There a mean is of those pixels alone
 * that exist, but TensorFlow.js's own gradient divides by the whole window's number of pixels.
 */
import * as tf from "@tensorflow/tfjs";

const own = tf.getGradient(tf.AvgPool);

export const averagePoolGradient: tf.GradConfig = {
  ...own,
  gradFunc: (cotangent, saved, attributes) => {
    const { filterSize, strides, pad, dimRoundingMode } = attributes as unknown as tf.AvgPoolAttrs;
    const shape = saved[0].shape as [number, number, number, number];
    const pooling = tf.backend_util.computePool2DInfo(
      shape,
      filterSize,
      strides,
      1,
      pad,
      dimRoundingMode,
    );
    const { inHeight, outHeight, strideHeight, filterHeight, padInfo } = pooling;
    const { inWidth, outWidth, strideWidth, filterWidth } = pooling;
    const rows = shares(inHeight, outHeight, strideHeight, filterHeight, padInfo.top);
    const columns = shares(inWidth, outWidth, strideWidth, filterWidth, padInfo.left);
    if ([...rows, ...columns].every((share) => share === 1)) {
      return own.gradFunc(cotangent, saved, attributes);
    }
    const weighted = tf.mul(
      tf.mul(cotangent as tf.Tensor, tf.tensor(rows, [1, outHeight, 1, 1])),
      tf.tensor(columns, [1, 1, outWidth, 1]),
    );
    return own.gradFunc(weighted, saved, attributes);
  },
};

/** For each output along an axis, the window's extent over how much of it lies within the image. */
function shares(
  inputs: number,
  outputs: number,
  stride: number,
  window: number,
  before: number,
): number[] {
  return Array.from({ length: outputs }, (_, output) => {
    const start = output * stride - before;
    return window / (Math.min(inputs, start + window) - Math.max(0, start));
  });
}
