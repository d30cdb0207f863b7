/**
 * Cumulative sums and products from behind on TensorFlow.js's WebGPU backend: its kernels turned round.
 *
 * Their own programs for it have the axis's length written into them, but are kept under a name without
 * it, so that from the second length on the numbers are wrong. The gradient of every cumulative sum runs
 * from behind.
 */
import * as tf from "@tensorflow/tfjs";

/** The backend's kernel, which is only ever asked for what begins at the front. */
export function fromTheFront(own: tf.KernelConfig): tf.KernelConfig {
  return {
    ...own,
    kernelFunc({ inputs, attrs, backend }) {
      const x = inputs.x!;
      const { axis, exclusive, reverse } = attrs as unknown as tf.CumsumAttrs;
      if (!reverse) return own.kernelFunc({ inputs, attrs, backend });
      const { kernelFunc } = tf.getKernel(tf.Reverse, own.backendName);
      const turnRound = (tensor: tf.TensorInfo) =>
        kernelFunc({ inputs: { x: tensor }, backend, attrs: { dims: [axis] } }) as tf.TensorInfo;
      const turned = turnRound(x);
      const result = own.kernelFunc({
        inputs: { x: turned },
        backend,
        attrs: { axis, exclusive, reverse: false },
      }) as tf.TensorInfo;
      const turnedBack = turnRound(result);
      for (const { dataId } of [turned, result]) (backend as tf.KernelBackend).disposeData(dataId);
      return turnedBack;
    },
  };
}
