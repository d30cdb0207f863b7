/** The training of image classifiers, on a linear one that is quick. */
import {
  deepStrictEqual,
  notDeepStrictEqual,
  ok,
  rejects,
  strictEqual,
  throws,
} from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { readyBackend } from "../../../learners/nn/backend.ts";
import { type LabelledImages, Normaliser } from "../../../learners/nn/image_batches.ts";
import {
  ClassifierTraining,
  type Phase,
  type TrainingSetup,
} from "../../../learners/nn/image_classification.ts";
import {
  type ClassifierParameters,
  disposeParameters,
  type ImageClassifier,
} from "../../../learners/nn/image_classifier.ts";
import { randomStream } from "../../../sim/random.ts";
import { assertClose, numbersOf } from "./support.ts";

await readyBackend("wasm");

const classes = 3;
const stream = (name: string) => randomStream(4, name);

/** Images of 4×4 with one bright row, which is the class, in noise. */
function rows(count: number, name: string): LabelledImages {
  const source = stream(name);
  const labels = Array.from({ length: count }, (_, i) => i % classes);
  const images = labels.flatMap((label) =>
    Array.from(
      { length: 16 },
      (_, i) => (Math.floor(i / 4) === label ? 1 : 0) + source.normal(0, 0.5),
    )
  );
  return { height: 4, width: 4, channels: 1, images: Float32Array.from(images), labels };
}

function linearParameters(): ClassifierParameters {
  return {
    variables: {
      weights: tf.tidy(() => tf.variable(tf.zeros([16, classes]))),
      bias: tf.tidy(() => tf.variable(tf.zeros([classes]))),
    },
    statistics: { passes: tf.tidy(() => tf.variable(tf.scalar(0), false)) },
  };
}

function linear({ variables, statistics }: ClassifierParameters): ImageClassifier {
  return {
    logits(images, { training }) {
      if (training) statistics.passes.assign(tf.add(statistics.passes, 1));
      const flat = tf.reshape<tf.Rank.R2>(images, [-1, 16]);
      return tf.add(tf.matMul(flat, variables.weights as unknown as tf.Tensor2D), variables.bias);
    },
  };
}

function phaseOf(parameters: ClassifierParameters, change: Partial<Phase> = {}): Phase {
  const classifier = linear(parameters);
  return { classifier, epochs: 3, learningRate: 0.05, weightDecay: 1e-3, warmUp: 1, ...change };
}

function setupOf(
  parameters: ClassifierParameters,
  phases: readonly Phase[],
  change: Partial<TrainingSetup> = {},
): TrainingSetup {
  return {
    training: rows(50, "training"),
    validation: rows(30, "validation"),
    classes,
    parameters,
    phases,
    batch: 16,
    momentum: 0.9,
    augmentation: { shift: 1, flip: true },
    stream,
    ...change,
  };
}

Deno.test("a linear classifier learns rows", async () => {
  const parameters = linearParameters();
  const augmentation = { shift: 0, flip: true };
  const training = new ClassifierTraining(
    setupOf(parameters, [phaseOf(parameters, { epochs: 8 })], { augmentation }),
  );
  while (training.epochsDone < training.epochs) await training.epoch();
  const { loss, "validation accuracy": accuracy } = training.history;
  ok(loss[7] < 0.5 * loss[0], `${loss}`);
  ok(accuracy[7] > 0.9, `${accuracy}`);
  training.dispose();
});

Deno.test("an interrupted training goes on to the bit-equal result, within and between phases", async () => {
  const make = () => {
    const parameters = linearParameters();
    const phases = [
      phaseOf(parameters),
      phaseOf(parameters, { epochs: 2, learningRate: 0.01, weightDecay: 0 }),
    ];
    return new ClassifierTraining(setupOf(parameters, phases));
  };
  const whole = make();
  const snapshots = [await whole.save()];
  while (whole.epochsDone < whole.epochs) {
    await whole.epoch();
    snapshots.push(await whole.save());
  }
  for (const snapshot of snapshots.slice(1)) {
    const resumed = make();
    resumed.load(structuredClone(snapshot));
    while (resumed.epochsDone < resumed.epochs) await resumed.epoch();
    deepStrictEqual(await resumed.save(), snapshots[5]);
  }
});

Deno.test("a later phase starts from the best checkpoint of the one before", async () => {
  // A rate that is far too high makes the validation accuracy go up and down.
  const run = async (phases: number) => {
    const parameters = linearParameters();
    const phase = phaseOf(parameters, { learningRate: 20 });
    const setup = setupOf(parameters, Array.from({ length: phases }, () => phase));
    const training = new ClassifierTraining(setup);
    for (let epoch = 0; epoch < 3; epoch++) await training.epoch();
    return { tensors: (await training.save()).tensors, history: training.history };
  };
  const [single, switched] = [await run(1), await run(2)];
  deepStrictEqual(switched.history, single.history);
  for (const name of ["variables.weights", "variables.bias", "statistics.passes"]) {
    deepStrictEqual(switched.tensors[`parameters.${name}`], single.tensors[`best.${name}`]);
    notDeepStrictEqual(
      switched.tensors[`parameters.${name}`],
      single.tensors[`parameters.${name}`],
    );
  }
  const velocity = "optimiser.velocity.weights";
  ok(switched.tensors[velocity].data.every((value) => value === 0));
  ok(single.tensors[velocity].data.some((value) => value !== 0));
});

Deno.test("the best checkpoint is the last one of those with the highest validation accuracy", async () => {
  const parameters = linearParameters();
  const training = new ClassifierTraining(
    setupOf(parameters, [phaseOf(parameters, { epochs: 6 })]),
  );
  const saved = [];
  while (training.epochsDone < training.epochs) {
    await training.epoch();
    saved.push((await training.save()).tensors["parameters.variables.weights"]);
  }
  const accuracies = training.history["validation accuracy"];
  const best = accuracies.lastIndexOf(Math.max(...accuracies));
  training.restoreBest();
  const kept = (await training.save()).tensors["parameters.variables.weights"];
  deepStrictEqual(kept, saved[best]);
});

Deno.test("an epoch's last, incomplete batch is left out", async () => {
  const parameters = linearParameters();
  const training = new ClassifierTraining(setupOf(parameters, [phaseOf(parameters)]));
  await training.epoch();
  assertClose(numbersOf(tf.clone(parameters.statistics.passes)), [3], 0);
  strictEqual(training.imagesSeen, 3 * 48);
});

Deno.test("a penalty's gradient is added, and a variable without gradient stays as it is", async () => {
  const parameters = linearParameters();
  const unused = tf.variable(tf.ones([2]));
  const all = { ...parameters, variables: { ...parameters.variables, unused } };
  const penalty = () => tf.sum(tf.mul(parameters.variables.bias, [1, 2, 3]));
  const phase = phaseOf(all, { penalty });
  const training = new ClassifierTraining(setupOf(all, [phase]));
  const images = training.firstImages(15);
  const plain = training.gradients(images, phaseOf(all), 0).gradients;
  const penalised = training.gradients(images, phase, 0).gradients;
  assertClose(numbersOf(tf.sub(penalised.bias, plain.bias)), [1, 2, 3], 1e-6);
  strictEqual("unused" in plain, false);
  await training.epoch();
  assertClose(numbersOf(tf.clone(unused)), [1, 1], 0);
});

Deno.test("an observer sees the epoch's start and, after its last step, the last gradients", async () => {
  const parameters = linearParameters();
  const seen: string[] = [];
  const weights = async () => (await parameters.variables.weights.data()).join();
  const observer = {
    started: async () => void seen.push(await weights()),
    ended: async (gradients: Readonly<Record<string, tf.Tensor>>) => {
      seen.push(await weights());
      return { slope: (await gradients.weights.data())[0] };
    },
  };
  const training = new ClassifierTraining(setupOf(parameters, [phaseOf(parameters)], { observer }));
  const { slope } = await training.epoch();
  const after = await weights();
  strictEqual(seen[1], after);
  notDeepStrictEqual(seen[0], after);
  ok(slope !== 0 && Number.isFinite(slope));
  deepStrictEqual(training.history.slope, [slope]);
});

Deno.test("a training leaves no tensors behind", async () => {
  const before = tf.memory().numTensors;
  const parameters = linearParameters();
  const training = new ClassifierTraining(setupOf(parameters, [phaseOf(parameters)]));
  for await (const _ of training.run({ restore: () => undefined, checkpoint: async () => {} }));
  await training.accuracy(rows(30, "test"));
  training.dispose();
  disposeParameters(parameters);
  strictEqual(tf.memory().numTensors, before);
});

Deno.test("what cannot be trained is refused with the reason", async () => {
  const parameters = linearParameters();
  const phases = [phaseOf(parameters, { epochs: 1 })];
  throws(
    () => new ClassifierTraining(setupOf(parameters, phases, { batch: 51 })),
    /50 training images/,
  );
  throws(() => new ClassifierTraining(setupOf(parameters, [])), /at least one epoch/);
  const training = new ClassifierTraining(setupOf(parameters, phases));
  await training.epoch();
  await rejects(training.epoch(), /all 1 epochs are done/);
  const snapshot = await training.save();
  throws(() => training.load({ ...snapshot, step: 2 }), /snapshot of epoch 2; there are 1/);
  throws(() => training.load({ ...snapshot, tensors: {} }), /"weights" is absent/);
});

Deno.test("a loss that is no number stops the training and names the learning rate", async () => {
  const parameters = linearParameters();
  const phase = phaseOf(parameters, { penalty: () => tf.scalar(NaN), learningRate: 7 });
  const training = new ClassifierTraining(setupOf(parameters, [phase]));
  await rejects(training.epoch(), /loss is NaN in epoch 1; lower the learning rate, 7/);
});

Deno.test("normalised training images have mean 0 and deviation 1 in each channel", () => {
  const source = stream("pixels");
  const images = Float32Array.from(
    { length: 20 * 4 * 2 },
    (_, i) => source.normal(i % 2, 1 + i % 2),
  );
  const set = { height: 2, width: 2, channels: 2, images, labels: new Uint8Array(20) };
  const batch = new Normaliser(set).batch(set, Array.from({ length: 20 }, (_, i) => i));
  const { mean, variance } = tf.moments(batch, [0, 1, 2]);
  assertClose(numbersOf(mean), [0, 0], 1e-5);
  assertClose(numbersOf(variance), [1, 1], 1e-4);
});

Deno.test("a channel that never changes becomes 0", () => {
  const set = { height: 1, width: 2, channels: 1, images: Uint8Array.of(7, 7), labels: [0] };
  assertClose(numbersOf(new Normaliser(set).batch(set, [0])), [0, 0], 0);
});

Deno.test("augmentation shifts and mirrors, and zeros come in at the border", () => {
  // One row 1 … 4; its mean and deviation undo the normalisation.
  const set = {
    height: 1,
    width: 4,
    channels: 1,
    images: Float32Array.of(1, 2, 3, 4),
    labels: [0],
  };
  const normaliser = new Normaliser(set);
  const seen = new Set<string>();
  for (let i = 0; i < 200; i++) {
    const augmentation = { shift: 1, flip: true, stream: stream(`augmentation/${i}`) };
    const pixels = numbersOf(normaliser.batch(set, [0], augmentation))
      .map((value) => Math.round(value * Math.sqrt(1.25) + 2.5));
    seen.add(pixels.join(""));
  }
  // Up or down by one leaves nothing of a single row.
  deepStrictEqual([...seen].sort(), ["0000", "0123", "0432", "1234", "2340", "3210", "4321"]);
});
