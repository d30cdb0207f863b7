/**
 * Training of image classifiers: epochs over shuffled, augmented batches, momentum descent on the cross
 * entropy with a warm-up and a cosine, and the checkpoint with the best validation accuracy.
 *
 * The training goes epoch by epoch. What `save` returns after an epoch is all there is to know: another
 * training that `load`s it goes on to the bit-equal result. Shuffles and augmentations come from streams
 * that are named after phase and epoch, so nothing has to be replayed.
 */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { type RandomStream, shuffled } from "../../sim/random.ts";
import { type Augmentation, type LabelledImages, Normaliser } from "./image_batches.ts";
import type { ClassifierParameters, ImageClassifier } from "./image_classifier.ts";
import { momentumDescent, type Optimiser } from "./optimisers.ts";
import { warmUpCosine } from "./schedules.ts";
import { groupOf, joinGroups, type TensorNumbers } from "./tensor_groups.ts";
import { type HostTensor, readTensors, writeVariables } from "./variables.ts";

/** A stretch of training with one network, one optimiser and one learning-rate curve. */
export interface Phase {
  /** What is trained: a view of the training's parameters. */
  readonly classifier: ImageClassifier;
  readonly epochs: number;
  /** The highest, at the end of the warm-up. */
  readonly learningRate: number;
  /** L2 decay of every variable. */
  readonly weightDecay: number;
  /** Epochs of linear warm-up. */
  readonly warmUp: number;
  /** Added to the cross entropy. */
  readonly penalty?: () => tf.Tensor;
}

/** Measures what else is of interest in an epoch. What it remembers lasts for that epoch only. */
export interface EpochObserver {
  /** Before the epoch's first step. */
  started?(): Promise<void>;
  /**
   * After its last step.
   * @param gradients of the last batch, by the variable's name
   */
  ended(
    gradients: Readonly<Record<string, tf.Tensor>>,
  ): Promise<Readonly<Record<string, number>>>;
}

/** What does not change between phases. */
export interface TrainingSetup {
  readonly training: LabelledImages;
  readonly validation: LabelledImages;
  readonly classes: number;
  readonly parameters: ClassifierParameters;
  /**
   * In order. Each later one starts from the best checkpoint of the one before, with all of its
   * parameters and a fresh optimiser.
   */
  readonly phases: readonly Phase[];
  /** Images in a batch. An epoch's last, incomplete batch is left out. */
  readonly batch: number;
  readonly momentum: number;
  readonly augmentation: Augmentation;
  readonly stream: (name: string) => RandomStream;
  readonly observer?: EpochObserver;
}

/** Numbers of each epoch by name. */
export type History = Readonly<Record<string, readonly number[]>>;

/** The whole state of a training. */
export interface TrainingSnapshot {
  /** Epochs done. */
  readonly step: number;
  readonly tensors: Readonly<Record<string, HostTensor>>;
  readonly values: { readonly history: History; readonly bestAccuracy: number };
}

/** A saved training as it comes back from wherever it was kept. */
export interface SavedTraining {
  readonly step: number;
  readonly tensors: Readonly<Record<string, TensorNumbers>>;
  readonly values?: unknown;
}

/** Keeps snapshots. */
export interface SnapshotKeeper {
  /** The last one, if the training was interrupted. */
  restore(): SavedTraining | undefined;
  checkpoint(snapshot: TrainingSnapshot): Promise<void>;
}

/** How a training stands after an epoch. */
export interface TrainingProgress {
  /** Epochs done. */
  readonly step: number;
  /** Epochs of all phases. */
  readonly steps: number;
  readonly metrics: Readonly<Record<string, number>>;
}

const snapshotValues = z.object({
  history: z.record(z.string(), z.array(z.number())),
  bestAccuracy: z.number(),
});

/** A training under way. */
export class ClassifierTraining {
  /** Epochs of all phases. */
  readonly epochs: number;
  readonly #setup: TrainingSetup;
  readonly #normaliser: Normaliser;
  #epochsDone = 0;
  #history: Record<string, number[]> = {};
  #optimiser: Optimiser;
  #best: Record<string, HostTensor> = {};
  #bestAccuracy = -1;

  /** @throws {RangeError} when there are fewer training images than a batch has, or no epoch */
  constructor(setup: TrainingSetup) {
    const { training, batch, phases } = setup;
    this.#setup = setup;
    this.epochs = phases.reduce((total, phase) => total + phase.epochs, 0);
    if (training.labels.length < batch) {
      throw new RangeError(
        `${training.labels.length} training images do not fill a batch, ${batch}`,
      );
    }
    if (this.epochs < 1) throw new RangeError("a training needs at least one epoch");
    this.#normaliser = new Normaliser(training);
    this.#optimiser = this.#freshOptimiser();
  }

  get epochsDone(): number {
    return this.#epochsDone;
  }

  /** Numbers of the epochs done: `loss`, `validation accuracy` (0 … 1), and those observed. */
  get history(): History {
    return this.#history;
  }

  /** The history as curves over the epochs, counted from 1. */
  get series(): Record<string, { readonly x: readonly number[]; readonly y: readonly number[] }> {
    return Object.fromEntries(
      Object.entries(this.#history).map(([name, y]) => [name, { x: y.map((_, i) => i + 1), y }]),
    );
  }

  /** How many images all epochs train on, counting repetitions. */
  get imagesSeen(): number {
    const { training: { labels }, batch } = this.#setup;
    return this.epochs * Math.floor(labels.length / batch) * batch;
  }

  /**
   * Train to the end, from the snapshot that `keeper` has if there is one, and go back to the best
   * parameters of the last phase. A snapshot is kept after every epoch.
   */
  async *run(keeper: SnapshotKeeper): AsyncGenerator<TrainingProgress, void> {
    const snapshot = keeper.restore();
    if (snapshot) this.load(snapshot);
    while (this.#epochsDone < this.epochs) {
      const metrics = await this.epoch();
      await keeper.checkpoint(await this.save());
      yield { step: this.#epochsDone, steps: this.epochs, metrics };
    }
    this.restoreBest();
  }

  /**
   * Train for one epoch, and enter the next phase if that ends one.
   * @returns the epoch's numbers
   * @throws {RangeError} when all epochs are done, or the loss is not a finite number
   */
  async epoch(): Promise<Readonly<Record<string, number>>> {
    if (this.#epochsDone >= this.epochs) throw new RangeError(`all ${this.epochs} epochs are done`);
    const { index, phase, epoch } = this.#position();
    const learningRate = warmUpCosine(phase.learningRate, epoch, phase.epochs, phase.warmUp);
    const progress = epoch / phase.epochs;

    const numbers: Record<string, number> = {};
    const losses: tf.Scalar[] = [];
    await this.#setup.observer?.started?.();
    const batches = this.#batches(`${index}/${epoch}`);
    for (const [position, indices] of batches.entries()) {
      const images = this.#batch(indices, `${index}/${epoch}/${position}`);
      const { loss, gradients } = this.gradients(images, phase, progress);
      tf.dispose(images);
      losses.push(loss);
      this.#optimiser.apply(gradients, learningRate);
      if (position === batches.length - 1) {
        Object.assign(numbers, await this.#setup.observer?.ended(gradients));
      }
      tf.dispose(gradients);
    }
    numbers.loss = await meanOf(losses);
    if (!Number.isFinite(numbers.loss)) {
      throw new RangeError(
        `the loss is ${numbers.loss} in epoch ${this.#epochsDone + 1}; lower the learning rate, ` +
          `${phase.learningRate}`,
      );
    }
    numbers["validation accuracy"] = await this.accuracy(this.#setup.validation);
    await this.#keepBest(numbers["validation accuracy"]);
    for (const [name, value] of Object.entries(numbers)) (this.#history[name] ??= []).push(value);
    this.#epochsDone++;
    if (epoch + 1 === phase.epochs && index + 1 < this.#setup.phases.length) this.#enterPhase();
    return numbers;
  }

  /**
   * The loss of labelled images and its gradients, by the name of each variable on which it depends. The
   * caller disposes of both.
   */
  gradients(
    { images, labels }: ImageBatch,
    phase: Phase,
    progress: number,
  ): { loss: tf.Scalar; gradients: Record<string, tf.Tensor> } {
    const entries = Object.entries(this.#setup.parameters.variables);
    const { value, grads } = tf.variableGrads(() => {
      const logits = phase.classifier.logits(images, { training: true, progress });
      const crossEntropy = tf.losses.softmaxCrossEntropy(labels, logits);
      return (phase.penalty ? tf.add(crossEntropy, phase.penalty()) : crossEntropy) as tf.Scalar;
    }, entries.map(([, variable]) => variable));
    const gradients = entries.flatMap(([name, variable]) =>
      variable.name in grads ? [[name, grads[variable.name]] as const] : []
    );
    return { loss: value, gradients: Object.fromEntries(gradients) };
  }

  /** The first `count` training images as they are, as one batch. The caller disposes of it. */
  firstImages(count: number): ImageBatch {
    return this.#tensors(Array.from({ length: count }, (_, i) => i));
  }

  /** The share of the images that the present network classifies rightly, 0 … 1. */
  async accuracy(images: LabelledImages): Promise<number> {
    const { phase } = this.#position();
    const count = images.labels.length;
    let right = 0;
    for (let start = 0; start < count; start += evaluationBatch) {
      const indices = Array.from(
        { length: Math.min(evaluationBatch, count - start) },
        (_, i) => start + i,
      );
      const predicted = tf.tidy(() => {
        const batch = this.#normaliser.batch(images, indices);
        const logits = phase.classifier.logits(batch, { training: false, progress: 1 });
        return tf.argMax(logits, 1);
      });
      const classes = await predicted.data();
      predicted.dispose();
      right += indices.filter((index, i) => images.labels[index] === classes[i]).length;
    }
    return right / count;
  }

  /** Go back to the best parameters of the present phase; of equally good ones the latest. */
  restoreBest(): void {
    this.#writeParameters(this.#best);
  }

  /** All that another training of the same setup needs to go on exactly here. */
  async save(): Promise<TrainingSnapshot> {
    const tensors = joinGroups({
      parameters: await this.#readParameters(),
      optimiser: await this.#optimiser.save(),
      best: this.#best,
    });
    const history = structuredClone(this.#history);
    return {
      step: this.#epochsDone,
      tensors,
      values: { history, bestAccuracy: this.#bestAccuracy },
    };
  }

  /**
   * Go on from a snapshot.
   * @throws {RangeError} when it is not one of this setup
   * @throws {z.ZodError} when its values are not those of a training
   */
  load(snapshot: SavedTraining): void {
    const { history, bestAccuracy } = snapshotValues.parse(snapshot.values);
    if (!(snapshot.step >= 0 && snapshot.step <= this.epochs)) {
      throw new RangeError(`a snapshot of epoch ${snapshot.step}; there are ${this.epochs}`);
    }
    this.#writeParameters(groupOf(snapshot.tensors, "parameters"));
    this.#epochsDone = snapshot.step;
    this.#optimiser.dispose();
    this.#optimiser = this.#freshOptimiser();
    this.#optimiser.load(groupOf(snapshot.tensors, "optimiser"));
    this.#best = groupOf(snapshot.tensors, "best");
    this.#bestAccuracy = bestAccuracy;
    this.#history = history;
  }

  /** Free the optimiser's memory; the parameters are the caller's. */
  dispose(): void {
    this.#optimiser.dispose();
  }

  /** The phase of the next epoch (the last one's when all are done), and the epoch within it. */
  #position(): { index: number; phase: Phase; epoch: number } {
    const { phases } = this.#setup;
    let [index, epoch] = [0, this.#epochsDone];
    while (index + 1 < phases.length && epoch >= phases[index].epochs) {
      epoch -= phases[index++].epochs;
    }
    return { index, phase: phases[index], epoch };
  }

  #enterPhase(): void {
    this.restoreBest();
    this.#bestAccuracy = -1;
    this.#optimiser.dispose();
    this.#optimiser = this.#freshOptimiser();
  }

  #freshOptimiser(): Optimiser {
    const { parameters: { variables }, momentum } = this.#setup;
    return momentumDescent(variables, momentum, this.#position().phase.weightDecay);
  }

  async #keepBest(accuracy: number): Promise<void> {
    if (accuracy < this.#bestAccuracy) return;
    this.#bestAccuracy = accuracy;
    this.#best = await this.#readParameters();
  }

  async #readParameters(): Promise<Record<string, HostTensor>> {
    const { variables, statistics } = this.#setup.parameters;
    return joinGroups({
      variables: await readTensors(variables),
      statistics: await readTensors(statistics),
    });
  }

  #writeParameters(saved: Readonly<Record<string, HostTensor>>): void {
    const { variables, statistics } = this.#setup.parameters;
    writeVariables(variables, groupOf(saved, "variables"));
    writeVariables(statistics, groupOf(saved, "statistics"));
  }

  /** The epoch's images, shuffled and cut. */
  #batches(name: string): number[][] {
    const { training, batch, stream } = this.#setup;
    const order = [...shuffled(training.labels.length, stream(`training/shuffle/${name}`))];
    const count = Math.floor(order.length / batch);
    return Array.from({ length: count }, (_, i) => order.slice(i * batch, (i + 1) * batch));
  }

  #batch(indices: readonly number[], name: string): ImageBatch {
    const { augmentation, stream } = this.#setup;
    return this.#tensors(indices, {
      ...augmentation,
      stream: stream(`training/augmentation/${name}`),
    });
  }

  #tensors(
    indices: readonly number[],
    augmentation?: Augmentation & { readonly stream: RandomStream },
  ): ImageBatch {
    const { training, classes } = this.#setup;
    return tf.tidy(() => ({
      images: this.#normaliser.batch(training, indices, augmentation),
      labels: tf.oneHot(indices.map((index) => training.labels[index]), classes) as tf.Tensor2D,
    }));
  }
}

/** Labelled images on the backend. */
export type ImageBatch = {
  /** [batch, height, width, channels] */
  readonly images: tf.Tensor4D;
  /** [batch, classes], 1 at the image's class. */
  readonly labels: tf.Tensor2D;
};

const evaluationBatch = 200;

async function meanOf(scalars: tf.Scalar[]): Promise<number> {
  const mean = tf.tidy(() => tf.mean(tf.stack(scalars)));
  const [value] = await mean.data();
  tf.dispose([mean, ...scalars]);
  return value;
}
