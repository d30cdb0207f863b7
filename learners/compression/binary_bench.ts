/**
 * The bench on which binary methods are tried: the shared image task, one residual network, one training
 * procedure. What a method brings are its binarisers, its phases, and what it measures.
 */
import { z } from "zod";
import type { Figure } from "../figure.ts";
import type { JobContext, Outcomes } from "../method.ts";
import type { BinaryPath, Scale } from "../nn/binary/binary_conv.ts";
import {
  type BinaryResidualForm,
  binaryResidualNet,
  binaryResidualParameters,
  forwardMultiplyAdds,
  latentKernels,
  residualLayers,
} from "../nn/binary/binary_residual_net.ts";
import { ClassifierTraining, type EpochObserver, type Phase } from "../nn/image_classification.ts";
import { disposeParameters, type ImageClassifier } from "../nn/image_classifier.ts";
import type { Variables } from "../nn/variables.ts";
import { deviationOf, meanOf, valuesOf } from "../outcomes.ts";
import { type ImageTask, imageTaskSchema, loadImageTask } from "../data/image_task.ts";

/** The part of a configuration that all methods on the bench have. */
export const binaryBenchSchema = imageTaskSchema.extend({
  layers: z.enum(["bnn-16", "resnet-20"]).default("bnn-16").describe("the network's layers"),
  batch: z.int().min(2).default(32).describe("images in a batch"),
  momentum: z.number().min(0).lt(1).default(0.9).describe("share of the velocity that is kept"),
  warmUp: z.int().min(0).default(1).describe("epochs in which the learning rate rises linearly"),
});

type BenchConfig = z.output<typeof binaryBenchSchema>;

/** What a method trains on the bench. */
export interface Bench {
  readonly task: ImageTask;
  /** The latent kernels of the binary layers, by name. */
  readonly kernels: Variables;
  /** The bench's network with its binary layers on `path`; all share one set of parameters. */
  network(path: BinaryPath): ImageClassifier;
  training(phases: readonly Phase[], observer?: EpochObserver): ClassifierTraining;
  /** Multiply-adds of a training: forward, and twice that for the gradients. */
  multiplyAdds(training: ClassifierTraining): number;
  /** Free all memory. */
  dispose(): void;
}

/** A fresh bench, its parameters drawn under the job's seed. */
export async function binaryBench(
  config: BenchConfig,
  context: Pick<JobContext, "file" | "stream">,
  { hardtanh, scale }: { readonly hardtanh: boolean; readonly scale: Scale },
): Promise<Bench> {
  const task = await loadImageTask(config, context);
  const { height, width, channels, classNames: { length: classes } } = task.training;
  const form: BinaryResidualForm = {
    height,
    width,
    channels,
    classes,
    ...residualLayers[config.layers],
    hardtanh,
  };
  const stream = (name: string) => context.stream(name);
  const parameters = binaryResidualParameters(form, scale, stream);
  const trainings: ClassifierTraining[] = [];
  return {
    task,
    kernels: latentKernels(parameters.variables),
    network: (path) => binaryResidualNet(form, parameters, path),
    training(phases, observer) {
      const { batch, momentum, shift, flip } = config;
      const { training, validation } = task;
      const augmentation = { shift, flip };
      const made = new ClassifierTraining({
        training,
        validation,
        classes,
        parameters,
        phases,
        batch,
        momentum,
        augmentation,
        stream,
        observer,
      });
      trainings.push(made);
      return made;
    },
    multiplyAdds: (training) => 3 * training.imagesSeen * forwardMultiplyAdds(form),
    dispose() {
      for (const training of trainings) training.dispose();
      disposeParameters(parameters);
    },
  };
}

/** A smoke run: a few images, a few epochs. */
export const smokeTask = { trainingImages: 96, validationImages: 40, testImages: 40, batch: 16 };

/** The CIFAR-10 task of the papers: padded crops and mirror images, a tenth kept for validation. */
export const cifarTask = {
  data: "cifar-10",
  layers: "resnet-20",
  validationImages: 5000,
  batch: 256,
  warmUp: 5,
  shift: 4,
  flip: true,
} as const;

const accuracy = "test accuracy";

/** The lead in test accuracy, 0 … 1, that counts: half a point. */
export const smallestLead = 0.005;

/** By how much test accuracy, 0 … 1, `variant` exceeds `other` on average; NaN if one was not run. */
export function accuracyLead(outcomes: Outcomes, variant: string, other: string): number {
  return meanOf(outcomes, variant, accuracy) - meanOf(outcomes, other, accuracy);
}

/** The test accuracies of all variants. */
export function accuracyFigure(outcomes: Outcomes): Figure {
  const names = Object.keys(outcomes).filter((name) =>
    valuesOf(outcomes, name, accuracy).length > 0
  );
  return {
    kind: "bars",
    title: "Test accuracy",
    caption: "Mean over seeds; the whiskers are one standard deviation.",
    names,
    values: names.map((name) => meanOf(outcomes, name, accuracy)),
    spread: names.map((name) => deviationOf(outcomes, name, accuracy)),
    xLabel: "variant",
    yLabel: "test accuracy",
  };
}
