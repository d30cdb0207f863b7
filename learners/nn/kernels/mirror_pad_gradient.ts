/**
 * Gradient of padding by mirroring: a pixel's gradient is the sum over the pixel and its mirror images.
 * TensorFlow.js's own leaves the mirror images out.
 */
import * as tf from "@tensorflow/tfjs";

export const mirrorPadGradient: tf.GradConfig = {
  kernelName: tf.MirrorPad,
  inputsToSave: ["x"],
  gradFunc: (cotangent, [{ shape }], attributes) => {
    const { paddings, mode } = attributes as unknown as tf.MirrorPadAttrs;
    return {
      x: () =>
        paddings.reduce(
          (gradient, [ahead, behind], axis) =>
            ahead + behind === 0
              ? gradient
              : sumAlong(gradient, axis, sources(shape[axis], ahead, behind, mode), shape[axis]),
          cotangent as tf.Tensor,
        ),
    };
  },
};

/** For each place along a padded axis, the place of the input that it shows. */
function sources(
  extent: number,
  ahead: number,
  behind: number,
  mode: tf.MirrorPadAttrs["mode"],
): number[] {
  const shift = mode === "symmetric" ? 1 : 0;
  return Array.from({ length: ahead + extent + behind }, (_, place) => {
    const at = place - ahead;
    if (at < 0) return -at - shift;
    return at < extent ? at : 2 * (extent - 1) - at + shift;
  });
}

/** Sums along an axis of the slices that show the same source. */
function sumAlong(value: tf.Tensor, axis: number, ids: number[], extent: number): tf.Tensor {
  const exchanged = value.shape.map((_, i) => i === 0 ? axis : i === axis ? 0 : i);
  const first = tf.transpose(value, exchanged);
  const sums = tf.unsortedSegmentSum(first, tf.tensor1d(ids, "int32"), extent);
  return tf.transpose(sums, exchanged);
}
