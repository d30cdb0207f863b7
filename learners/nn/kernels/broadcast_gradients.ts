/**
 * Gradients of operations whose operands are broadcast, summed back to each operand's shape.
 * TensorFlow.js forgets the sum for these and then fails.
 */
import * as tf from "@tensorflow/tfjs";

export const batchMatMulGradient = summedBack(tf.BatchMatMul);

export const maximumGradient = summedBack(tf.Maximum);

export const minimumGradient = summedBack(tf.Minimum);

export const squaredDifferenceGradient = summedBack(tf.SquaredDifference);

/** TensorFlow.js's own gradient of a kernel of operands a and b, summed back. */
function summedBack(kernelName: string): tf.GradConfig {
  const own = tf.getGradient(kernelName);
  return {
    ...own,
    gradFunc: (cotangent, saved, attributes) => {
      const { a, b } = own.gradFunc(cotangent, saved, attributes);
      const [shapeA, shapeB] = saved.map(({ shape }) => shape);
      return { a: () => sumTo(a(), shapeA), b: () => sumTo(b(), shapeB) };
    },
  };
}

/** The sum over the axes along which a value of `shape` was broadcast. */
function sumTo(value: tf.Tensor, shape: number[]): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes(shape, value.shape);
  return axes.length === 0 ? value : tf.reshape(tf.sum(value, axes), shape);
}
