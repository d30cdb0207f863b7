/**
 * The binary convolution, with pluggable binarisers of its kernel and its input.
 *
 *     y = conv2d(A(a), s · W(w))      a: [batch, height, width, in], w: [rows, columns, in, out]
 *
 * The input is padded with zeros after it was binarised: taps outside the image add nothing. There is
 * no bias; a batch norm follows.
 */
import * as tf from "@tensorflow/tfjs";
import { binarise, type Estimator, relax } from "./estimators.ts";

/** Turns latent numbers into those that a layer computes with; `progress` is 0 … 1. */
export type Binariser = (latent: tf.Tensor, progress: number) => tf.Tensor;

/** What a binary kernel is multiplied by. */
export const scales = ["none", "layer", "channel", "learned"] as const;

/**
 * - `none`: 1.
 * - `layer`: s = mean|w| over the whole kernel, one number; gradients flow through it.
 * - `channel`: s = mean|w| for each output channel (XNOR-Net, Rastegari et al. 2016, eq. 6).
 * - `learned`: α, a trained number for each output channel.
 */
export type Scale = (typeof scales)[number];

/** How a layer's weights and activations become binary. */
export interface BinaryPath {
  readonly weights: Binariser;
  readonly activations: Binariser;
  readonly scale: Scale;
}

/** The binariser that computes an estimator's binary function and differentiates its stand-in. */
export function binariser(estimator: Estimator): Binariser {
  return (latent, progress) => binarise(estimator, latent, progress);
}

/** The one that computes the stand-in itself: real numbers, with the gradients of the binary ones. */
export function relaxation(estimator: Estimator): Binariser {
  return (latent, progress) => relax(estimator, latent, progress);
}

/** Numbers stay as they are. */
export const real: Binariser = (latent) => latent;

/**
 * `a` divided by its deviation, one for each sample: a / √(var(a) + 1e-5) with the unbiased variance
 * over all axes but the first. The signs stay; which elements fall into an estimator's window changes.
 */
export function perSampleDeviationScale(a: tf.Tensor): tf.Tensor {
  const axes = a.shape.slice(1).map((_, axis) => axis + 1);
  const count = a.size / a.shape[0];
  const centred = tf.sub(a, tf.mean(a, axes, true));
  const variance = tf.div(tf.sum(tf.square(centred), axes, true), count - 1);
  return tf.mul(a, tf.rsqrt(tf.add(variance, 1e-5)));
}

/**
 * One binary convolution.
 *
 * @param a [batch, height, width, in]
 * @param w latent kernel, [size, size, in, out], size odd
 * @param alpha [out], for the scale `learned`
 * @returns [batch, ⌈height/stride⌉, ⌈width/stride⌉, out]
 * @throws {RangeError} when the scale is learned and there is no alpha
 */
export function binaryConv2d(
  a: tf.Tensor4D,
  w: tf.Tensor4D,
  alpha: tf.Tensor | undefined,
  path: BinaryPath,
  { stride, progress }: { readonly stride: number; readonly progress: number },
): tf.Tensor4D {
  const input = path.activations(a, progress) as tf.Tensor4D;
  const kernel = scaled(path.weights(w, progress), w, alpha, path.scale) as tf.Tensor4D;
  return paddedConv2d(input, kernel, stride);
}

/**
 * Convolution with zeros of half the kernel's size on every side.
 *
 * The native backends pad by no number, only `same` and `valid`: the former is that for a stride of one.
 */
export function paddedConv2d(x: tf.Tensor4D, kernel: tf.Tensor4D, stride: number): tf.Tensor4D {
  if (stride === 1) return tf.conv2d(x, kernel, 1, "same");
  const side: [number, number] = [(kernel.shape[0] - 1) / 2, (kernel.shape[0] - 1) / 2];
  return tf.conv2d(tf.pad(x, [[0, 0], side, side, [0, 0]]), kernel, stride, "valid");
}

/** The scale multiplies the kernel, which is smaller than the output. */
function scaled(
  kernel: tf.Tensor,
  latent: tf.Tensor,
  alpha: tf.Tensor | undefined,
  scale: Scale,
): tf.Tensor {
  switch (scale) {
    case "none":
      return kernel;
    case "layer":
      return tf.mul(kernel, tf.mean(tf.abs(latent)));
    case "channel":
      return tf.mul(kernel, tf.mean(tf.abs(latent), [0, 1, 2]));
    case "learned":
      if (!alpha) throw new RangeError("a learned scale needs alpha, one number for each channel");
      return tf.mul(kernel, alpha);
  }
}
