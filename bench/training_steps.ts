/** Training steps that the benches measure: forward, backward, update, reading the loss. */
import * as tf from "@tensorflow/tfjs";
import { binariser, real } from "../learners/nn/binary/binary_conv.ts";
import {
  binaryResidualNet,
  binaryResidualParameters,
  residualLayers,
} from "../learners/nn/binary/binary_residual_net.ts";
import { powerFamily } from "../learners/nn/binary/estimators.ts";
import { adam, momentumDescent, type Optimiser } from "../learners/nn/optimisers.ts";
import type { Variables } from "../learners/nn/variables.ts";
import { randomStream } from "../sim/random.ts";

/** A step on fixed data, on the backend that is current when it is made. */
export type TrainingStep = () => void;

/** Something that is trained by steps. */
export interface Training {
  readonly title: string;
  /** Multiplications in the products and convolutions of one step. */
  readonly multiplications: number;
  readonly step: () => TrainingStep;
}

const stream = randomStream(1, "training-steps");

function normal(shape: readonly number[], deviation = 1): tf.Tensor {
  const size = tf.util.sizeFromShape([...shape]);
  return tf.tensor(Float32Array.from({ length: size }, () => stream.normal(0, deviation)), [
    ...shape,
  ]);
}

/** Three layers of `width` units with ReLU between, on a batch of as many; squared error, Adam. */
export function perceptron(width: number): Training {
  return {
    title: `perceptron of three layers, ${width} units, batch ${width}`,
    // A product for each layer forward, two backward, but none for the gradient of the input.
    multiplications: 8 * width ** 3,
    step: () => {
      const [x, y] = [normal([width, width]), normal([width, width])];
      const variables: Record<string, tf.Variable> = {};
      for (const layer of layers) {
        variables[`${layer}.weights`] = tf.variable(normal([width, width], Math.sqrt(2 / width)));
        variables[`${layer}.bias`] = tf.variable(tf.zeros([width]));
      }
      const loss = () => {
        const output = layers.reduce((input, layer, i) => {
          const product = tf.matMul(input, variables[`${layer}.weights`]);
          const sum = tf.add(product, variables[`${layer}.bias`]);
          return i === layers.length - 1 ? sum : tf.relu(sum);
        }, x);
        return tf.mean(tf.square(tf.sub(output, y)));
      };
      return trainingStep(loss, variables, adam(variables), 1e-3);
    },
  };
}

const layers = ["first", "second", "third"] as const;

/** ReSTE's exponent o at half of the training (Wu et al. 2023): 1 + 2 (1 − cos(π/4)). */
const halfWay = 1 + 2 * (1 - Math.cos(Math.PI / 4));

const images = { count: 32, side: 16, classes: 8 };

/**
 * The small residual net of the binary methods, `bnn-16`, on 32 grey images of 16×16: a convolution
 * 1→16 that halves the image, convolutions 16→16, 16→16, 16→32 (halving) and 32→32 with a shortcut each,
 * batch norm after every one, a linear head; cross-entropy, momentum descent with weight decay.
 *
 * @param binary whether weights and activations are signs, trained by ReSTE's estimator half way through its
 * schedule
 */
export function convolutionalNet(binary: boolean): Training {
  const form = {
    height: images.side,
    width: images.side,
    channels: 1,
    classes: images.classes,
    ...residualLayers["bnn-16"],
    hardtanh: false,
  };
  return {
    title: `convolutional net bnn-16, ${binary ? "binary (ReSTE)" : "real"}, batch ${images.count}`,
    multiplications: convolutionMultiplications(form),
    step: () => {
      const parameters = binaryResidualParameters(
        form,
        binary ? "layer" : "none",
        (name) => randomStream(1, name),
      );
      const layer = binary ? binariser(powerFamily(() => halfWay)) : real;
      const path = {
        weights: layer,
        activations: layer,
        scale: binary ? "layer" : "none",
      } as const;
      const net = binaryResidualNet(form, parameters, path);
      const x = normal([images.count, images.side, images.side, 1]) as tf.Tensor4D;
      const classes = Int32Array.from({ length: images.count }, (_, i) => i % images.classes);
      const labels = tf.oneHot(tf.tensor1d(classes, "int32"), images.classes);
      const loss = () =>
        tf.losses.softmaxCrossEntropy(labels, net.logits(x, { training: true, progress: 0.5 }));
      const { variables } = parameters;
      return trainingStep(loss, variables, momentumDescent(variables, 0.9, 1e-4), 0.05);
    },
  };
}

/** Of the convolutions: forward and for both gradients, but none for that of the images. */
function convolutionMultiplications(
  { height, width, channels, stem, convolutions }: {
    readonly height: number;
    readonly width: number;
    readonly channels: number;
    readonly stem: { readonly channels: number; readonly stride: number };
    readonly convolutions: readonly { readonly channels: number; readonly stride: number }[];
  },
): number {
  let [total, pixels, from] = [0, images.count * height * width, channels];
  for (const [i, { channels: to, stride }] of [stem, ...convolutions].entries()) {
    pixels /= stride ** 2;
    total += (i === 0 ? 2 : 3) * pixels * 9 * from * to;
    from = to;
  }
  return total;
}

function trainingStep(
  loss: () => tf.Tensor,
  variables: Variables,
  optimiser: Optimiser,
  learningRate: number,
): TrainingStep {
  const entries = Object.entries(variables);
  const trained = Object.values(variables);
  return () => {
    const { value, grads } = tf.variableGrads(() => loss() as tf.Scalar, trained);
    const gradients = entries.map(([name, variable]) => [name, grads[variable.name]] as const);
    optimiser.apply(Object.fromEntries(gradients), learningRate);
    value.dataSync();
    tf.dispose([value, grads]);
  };
}
