/**
 * Training of networks towards neural collapse: full batches, Adam with half a cosine, and the geometry of
 * features and head measured on the way.
 *
 * An interrupted training goes on to the bit-equal result: there are no random numbers after the start, and a
 * snapshot holds the weights, the running averages, the optimiser's state and all measurements.
 */
import * as tf from "@tensorflow/tfjs";
import { Matrix } from "ml-matrix";
import { z } from "zod";
import type { JobContext, JobProgress } from "../method.ts";
import { type LabelledImages, Normaliser } from "../nn/image_batches.ts";
import { adam } from "../nn/optimisers.ts";
import { warmUpCosine } from "../nn/schedules.ts";
import { groupOf, joinGroups } from "../nn/tensor_groups.ts";
import { readTensors, writeVariables } from "../nn/variables.ts";
import { geometryOf, type Measured, measuredSchema } from "./collapse_geometry.ts";
import type { CollapseDecay, CollapseNetwork } from "./collapse_network.ts";
import type { CollapseTheory } from "./collapse_theory.ts";

/** How a network is trained. */
export interface CollapseTraining {
  readonly epochs: number;
  /** The highest, at the start. */
  readonly learningRate: number;
  readonly decay: CollapseDecay;
}

/** What a training results in. */
export interface TrainedCollapse {
  readonly curve: readonly Measured[];
  /** The class that the network gives each training image, and each test image. */
  readonly trainingAnswers: Int32Array;
  readonly testAnswers: Int32Array;
}

const valuesSchema = z.object({ curve: z.array(measuredSchema) });

/** Epochs between two measurements, and two checkpoints. */
const measureInterval = 50;
const checkpointInterval = 5 * measureInterval;

/**
 * Train a network, whose weights are those of the last epoch in the end.
 * @throws {RangeError} when the loss is not finite, or the snapshot is of another network
 */
export async function* trainCollapse(
  network: CollapseNetwork,
  { training, test }: { readonly training: LabelledImages; readonly test: LabelledImages },
  theory: CollapseTheory,
  { epochs, learningRate, decay }: CollapseTraining,
  context: JobContext,
): AsyncGenerator<JobProgress, TrainedCollapse> {
  const { variables, statistics } = network;
  const normaliser = new Normaliser(training);
  const X = rowsOf(training, normaliser);
  const Xtest = rowsOf(test, normaliser);
  const Y = tf.tidy(() =>
    tf.cast(tf.oneHot(Array.from(training.labels), network.plan.classes), "float32") as tf.Tensor2D
  );
  const optimiser = adam(variables);
  const loss = () => network.loss(X, Y, decay);
  try {
    const saved = context.restore();
    const curve: Measured[] = saved ? valuesSchema.parse(saved.values).curve : [];
    if (saved) {
      writeVariables(variables, groupOf(saved.tensors, "weights"));
      writeVariables(statistics, groupOf(saved.tensors, "statistics"));
      optimiser.load(groupOf(saved.tensors, "optimiser"));
    }
    for (let epoch = saved?.step ?? 0; epoch < epochs;) {
      if (curve.length === 0) curve.push(await measure(network, X, Y, training, theory, decay, 0));
      const { grads, value } = tf.variableGrads(loss, Object.values(variables));
      const gradients = Object.entries(variables).map(([name, { name: id }]) => [name, grads[id]]);
      optimiser.apply(Object.fromEntries(gradients), warmUpCosine(learningRate, epoch, epochs, 0));
      tf.dispose([grads, value]);
      epoch++;
      if (epoch % measureInterval !== 0 && epoch < epochs) continue;
      const present = await measure(network, X, Y, training, theory, decay, epoch);
      curve.push(present);
      if (epoch % checkpointInterval === 0 || context.signal.aborted) {
        const tensors = joinGroups({
          weights: await readTensors(variables),
          statistics: await readTensors(statistics),
          optimiser: await optimiser.save(),
        });
        await context.checkpoint({ step: epoch, tensors, values: structuredClone({ curve }) });
      }
      yield { step: epoch, steps: epochs, metrics: progress(present) };
    }
    if (curve.length === 0) {
      const untrained = await measure(network, X, Y, training, theory, decay, 0);
      curve.push(untrained);
      yield { step: 1, steps: 1, metrics: progress(untrained) };
    }
    return {
      curve,
      trainingAnswers: await answers(network, X, true),
      testAnswers: await answers(network, Xtest, false),
    };
  } finally {
    tf.dispose([X, Xtest, Y]);
    optimiser.dispose();
  }
}

/** Images as normalised rows, [N, pixels]. */
function rowsOf(images: LabelledImages, normaliser: Normaliser): tf.Tensor2D {
  const indices = Array.from({ length: images.labels.length }, (_, i) => i);
  return tf.tidy(() => tf.reshape(normaliser.batch(images, indices), [indices.length, -1]));
}

async function measure(
  network: CollapseNetwork,
  X: tf.Tensor2D,
  Y: tf.Tensor2D,
  { labels }: LabelledImages,
  theory: CollapseTheory,
  decay: CollapseDecay,
  steps: number,
): Promise<Measured> {
  const { classes, units } = network.plan;
  // With batch statistics, as in training, but without moving the running ones: they are put back.
  const running = await readTensors(network.statistics);
  const tensors = tf.tidy(() => ({
    features: network.pass(X, true).features,
    product: network.product(),
    loss: network.loss(X, Y, decay),
  }));
  writeVariables(network.statistics, running);
  const { features, product, loss } = await readTensors(tensors);
  tf.dispose(tensors);
  if (!Number.isFinite(loss.data[0])) {
    throw new RangeError(`the loss is ${loss.data[0]} in epoch ${steps}; lower the learning rate`);
  }
  const H = Matrix.from1DArray(X.shape[0], units, features.data).transpose();
  const P = Matrix.from1DArray(classes, units, product.data);
  return { steps, loss: loss.data[0], ...geometryOf({ features: H, labels, classes }, P, theory) };
}

async function answers(
  network: CollapseNetwork,
  X: tf.Tensor2D,
  training: boolean,
): Promise<Int32Array> {
  const chosen = tf.tidy(() => tf.argMax(network.pass(X, training).scores, 1));
  const values = Int32Array.from(await chosen.data());
  chosen.dispose();
  return values;
}

function progress({ loss, predicted }: Measured): Record<string, number> {
  const { withinClass, rows, means } = predicted;
  return { "loss": loss, "NC1": withinClass, "NC2-W": rows, "NC2-H": means };
}
