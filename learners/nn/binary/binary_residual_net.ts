/**
 * Residual networks of binary convolutions, with one shortcut for each of them (Liu et al. 2018).
 *
 *     images   → real convolution 3×3 → BN [→ hardtanh]                       stem
 *     x        → x + BN(BinaryConv(x)) [→ hardtanh]                           for each convolution
 *     features → mean over the image → BN → linear → logits                   head
 *
 * Where a convolution halves the image or widens it, its shortcut is a 2×2 average pool and zero
 * channels. The stem and the head's linear layer stay real. A network is a pure function of its
 * parameters, so one set of parameters can be looked at through several binarisers.
 */
import * as tf from "@tensorflow/tfjs";
import type { RandomStream } from "../../../sim/random.ts";
import type { ClassifierParameters, ImageClassifier, Pass } from "../image_classifier.ts";
import { heNormal, uniformTensor, type Variables } from "../variables.ts";
import { batchNorm, batchNormOf, batchNormStatistics, batchNormVariables } from "./batch_norm.ts";
import { binaryConv2d, type BinaryPath, paddedConv2d, type Scale } from "./binary_conv.ts";

/** A convolution of 3×3 taps. */
export interface Convolution {
  /** Of its output. */
  readonly channels: number;
  readonly stride: 1 | 2;
}

/** The form of a binary residual network. */
export interface BinaryResidualForm {
  readonly height: number;
  readonly width: number;
  /** Of the images. */
  readonly channels: number;
  readonly classes: number;
  readonly stem: Convolution;
  /** The binary convolutions, in order. */
  readonly convolutions: readonly Convolution[];
  /** Whether activations are clipped to ±1 after the stem and after every sum. */
  readonly hardtanh: boolean;
}

const taps = 3;

/** The layers of each named form; images and classes are the data's. */
export const residualLayers = {
  /** A net of four binary convolutions, for images of 16×16. */
  "bnn-16": {
    stem: { channels: 16, stride: 2 },
    convolutions: [...repeated(2, 16, 1), ...repeated(2, 32, 2)],
  },
  /** ResNet-20 for CIFAR (He et al. 2016, section 4.2), in the Bi-Real form. */
  "resnet-20": {
    stem: { channels: 16, stride: 1 },
    convolutions: [...repeated(6, 16, 1), ...repeated(6, 32, 2), ...repeated(6, 64, 2)],
  },
} as const satisfies Record<string, Pick<BinaryResidualForm, "stem" | "convolutions">>;

/** Names of the forms. */
export type ResidualLayers = keyof typeof residualLayers;

/** `count` convolutions; the first has `stride`, the others 1. */
function repeated(count: number, channels: number, stride: 1 | 2): Convolution[] {
  return Array.from({ length: count }, (_, i) => ({ channels, stride: i === 0 ? stride : 1 }));
}

/**
 * Fresh parameters: He-normal kernels and head, α uniform in [0, 1) where the scale is learned. Every
 * tensor is drawn from the stream `weights/<its name>`, so networks with the same form and seed start
 * alike whatever their binarisers.
 */
export function binaryResidualParameters(
  form: BinaryResidualForm,
  scale: Scale,
  stream: (name: string) => RandomStream,
): ClassifierParameters {
  const variables: Record<string, tf.Variable> = {};
  const statistics: Record<string, tf.Variable> = {};
  const drawn = (name: string, make: (stream: RandomStream) => tf.Tensor) => {
    variables[name] = tf.tidy(() => tf.variable(make(stream(`weights/${name}`))));
  };
  const kernel = (name: string, inputs: number, outputs: number) =>
    drawn(
      `${name}.kernel`,
      (source) => heNormal([taps, taps, inputs, outputs], taps * taps * inputs, source),
    );
  const norm = (name: string, channels: number) => {
    Object.assign(variables, batchNormVariables(name, channels));
    Object.assign(statistics, batchNormStatistics(name, channels));
  };

  kernel("stem", form.channels, form.stem.channels);
  norm("stem", form.stem.channels);
  let inputs = form.stem.channels;
  form.convolutions.forEach(({ channels }, index) => {
    const name = layerName(index);
    kernel(name, inputs, channels);
    if (scale === "learned") {
      drawn(`${name}.alpha`, (source) => tf.add(0.5, uniformTensor([channels], 0.5, source)));
    }
    norm(name, channels);
    inputs = channels;
  });
  norm("head", inputs);
  drawn("head.weights", (source) => heNormal([inputs, form.classes], inputs, source));
  variables["head.bias"] = tf.tidy(() => tf.variable(tf.zeros([form.classes])));
  return { variables, statistics };
}

const layerName = (index: number) => `convolution${index + 1}`;

/** The latent kernels of the binary convolutions, in order, by name. */
export function latentKernels(variables: Variables): Record<string, tf.Variable> {
  return Object.fromEntries(
    Object.entries(variables).filter(([name]) => /^convolution\d+\.kernel$/.test(name)),
  );
}

/** The network of `form` over `parameters`, with its binary layers on `path`. */
export function binaryResidualNet(
  form: BinaryResidualForm,
  { variables, statistics }: ClassifierParameters,
  path: BinaryPath,
): ImageClassifier {
  const clip = (x: tf.Tensor4D) => form.hardtanh ? tf.clipByValue(x, -1, 1) : x;
  const norm = (name: string) => batchNormOf(name, variables, statistics);

  const stem = (images: tf.Tensor4D, training: boolean) => {
    const kernel = variables["stem.kernel"] as unknown as tf.Tensor4D;
    return clip(batchNorm(paddedConv2d(images, kernel, form.stem.stride), norm("stem"), training));
  };
  const block = (x: tf.Tensor4D, index: number, { training, progress }: Pass) => {
    const { channels, stride } = form.convolutions[index];
    const name = layerName(index);
    const kernel = variables[`${name}.kernel`] as unknown as tf.Tensor4D;
    const y = binaryConv2d(x, kernel, variables[`${name}.alpha`], path, { stride, progress });
    return clip(tf.add(batchNorm(y, norm(name), training), shortcut(x, channels, stride)));
  };
  return {
    logits(images, pass) {
      let x = stem(images, pass.training); // [batch, height, width, channels]
      form.convolutions.forEach((_, index) => x = block(x, index, pass));
      const features = tf.mean<tf.Tensor2D>(x, [1, 2]); // [batch, channels]
      const standard = batchNorm(features, norm("head"), pass.training);
      const weights = variables["head.weights"] as unknown as tf.Tensor2D;
      return tf.add(tf.matMul(standard, weights), variables["head.bias"]);
    },
  };
}

/** The identity, fitted to a convolution's output by pooling and zero channels. */
function shortcut(x: tf.Tensor4D, channels: number, stride: number): tf.Tensor4D {
  const pooled = stride === 1 ? x : tf.avgPool(x, 2, stride, "same");
  const missing = channels - x.shape[3];
  return missing === 0 ? pooled : tf.pad(pooled, [[0, 0], [0, 0], [0, 0], [0, missing]]);
}

/** Multiply-adds of one image's way forward through the convolutions and the head. */
export function forwardMultiplyAdds(form: BinaryResidualForm): number {
  let [height, width, inputs, total] = [form.height, form.width, form.channels, 0];
  for (const { channels, stride } of [form.stem, ...form.convolutions]) {
    [height, width] = [Math.ceil(height / stride), Math.ceil(width / stride)];
    total += height * width * taps * taps * inputs * channels;
    inputs = channels;
  }
  return total + inputs * form.classes;
}
