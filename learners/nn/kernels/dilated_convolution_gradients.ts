/**
 * Gradients of dilated convolutions, which TensorFlow.js refuses on every backend.
 *
 * A dilated filter is a wider one with zeros between its taps, so its gradients are those of the wider
 * one, of which every dilation-th tap is taken. The WASM backend's kernels take dilations themselves and
 * multiply no zeros.
 */
import * as tf from "@tensorflow/tfjs";
import type { ConvolutionAttributes } from "./convolution_geometry.ts";
import { backendName } from "./wasm_backend.ts";

/** Dense convolution: TensorFlow.js's own gradient where it is not dilated. */
export const convolutionGradient = gradientOf(
  tf.Conv2D,
  tf.Conv2DBackpropInput,
  tf.Conv2DBackpropFilter,
);

/** Depthwise convolution: TensorFlow.js's own gradient where it is not dilated. */
export const depthwiseConvolutionGradient = gradientOf(
  tf.DepthwiseConv2dNative,
  tf.DepthwiseConv2dNativeBackpropInput,
  tf.DepthwiseConv2dNativeBackpropFilter,
);

function gradientOf(kernelName: string, forInput: string, forFilter: string): tf.GradConfig {
  const own = tf.getGradient(kernelName);
  return {
    kernelName,
    inputsToSave: ["x", "filter"],
    gradFunc: (cotangent, saved, attributes) => {
      const dilations = pair((attributes as unknown as ConvolutionAttributes).dilations ?? 1);
      if (dilations.every((dilation) => dilation === 1)) {
        return own.gradFunc(cotangent, saved, attributes);
      }
      const [x, filter] = saved as [tf.Tensor4D, tf.Tensor4D];
      const dy = cotangent as tf.Tensor4D;
      const direct = tf.getBackend() === backendName;
      const attrs = { ...attributes, dilations: direct ? dilations : [1, 1] };
      const wide = direct ? filter.shape : wideShape(filter.shape, dilations);
      return {
        x: () =>
          tf.engine().runKernel<tf.Tensor>(
            forInput,
            { dy, filter: direct ? filter : widen(filter, dilations) },
            { ...attrs, inputShape: x.shape },
          ),
        filter: () => {
          const gradient = tf.engine().runKernel<tf.Tensor4D>(forFilter, { x, dy }, {
            ...attrs,
            filterShape: wide,
          });
          return direct
            ? gradient
            : tf.stridedSlice(gradient, [0, 0, 0, 0], wide, [...dilations, 1, 1]);
        },
      };
    },
  };
}

type Pair = [number, number];
type Shape = [number, number, number, number];

function pair(value: Pair | number): Pair {
  return typeof value === "number" ? [value, value] : value;
}

function wideShape([rows, columns, inputs, outputs]: Shape, [down, across]: Pair): Shape {
  return [(rows - 1) * down + 1, (columns - 1) * across + 1, inputs, outputs];
}

/** The filter with zeros between its taps. */
function widen(filter: tf.Tensor4D, [down, across]: Pair): tf.Tensor4D {
  return tf.tidy(() => {
    const [rows, columns, inputs, outputs] = filter.shape;
    const taps = tf.reshape(filter, [rows, 1, columns, inputs * outputs]);
    const apart = tf.pad(taps, [[0, 0], [0, down - 1], [0, 0], [0, 0]]); // zeros below each row
    const tapsAcross = tf.reshape(apart, [rows * down, columns, 1, inputs * outputs]);
    const wide = tf.pad(tapsAcross, [[0, 0], [0, 0], [0, across - 1], [0, 0]]);
    const all = tf.reshape<tf.Rank.R4>(wide, [rows * down, columns * across, inputs, outputs]);
    return tf.slice(all, [0, 0, 0, 0], wideShape(filter.shape, [down, across]));
  });
}
