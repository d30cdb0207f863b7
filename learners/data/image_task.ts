/**
 * The image-classification task that several methods share, so that their numbers can be put
 * side by side: `arm-images` on the desk, CIFAR-10 in full.
 */
import { z } from "zod";
import { armImages } from "./arm_images.ts";
import { readCifar10 } from "./cifar.ts";
import type { ImageSet } from "./dataset.ts";
import { sourceFile } from "./source_file.ts";
import type { JobContext } from "../method.ts";

/** The part of a configuration that settles the task. */
export const imageTaskSchema = z.object({
  data: z.enum(["arm-images", "cifar-10"]).default("arm-images")
    .describe("what is classified; cifar-10 reads the binary files from the data folder"),
  trainingImages: z.int().min(1).default(1600).describe("arm-images to train on"),
  validationImages: z.int().min(1).default(400).describe("images to choose the checkpoint by"),
  testImages: z.int().min(1).default(800).describe("arm-images to be judged by"),
  dataSeed: z.int().min(0).default(0).describe("seed of the arm-images"),
  shift: z.int().min(0).default(0)
    .describe("largest random shift of a training image along each axis (pixels)"),
  flip: z.boolean().default(false).describe("mirror half of the training images left to right"),
});

/** Images to train on, to choose by, and to be judged by. */
export interface ImageTask {
  readonly training: ImageSet;
  readonly validation: ImageSet;
  readonly test: ImageSet;
}

/** The file names of CIFAR-10's binary version, in the folder that its archive unpacks to. */
const cifarFolder = "cifar-10-batches-bin";
const cifarTraining = [1, 2, 3, 4, 5].map((batch) => `${cifarFolder}/data_batch_${batch}.bin`);
const cifarTest = `${cifarFolder}/test_batch.bin`;
const cifarClasses = [
  "airplane",
  "automobile",
  "bird",
  "cat",
  "deer",
  "dog",
  "frog",
  "horse",
  "ship",
  "truck",
];

/** The files of the data folder that a configuration's task is read from. */
export function imageTaskFiles({ data }: z.output<typeof imageTaskSchema>): readonly string[] {
  return data === "arm-images" ? [] : [...cifarTraining, cifarTest];
}

/**
 * The task that a configuration describes. CIFAR-10's validation images are the last of its training
 * images, which are then not trained on; its test images are all 10,000.
 *
 * @throws {DataError} when a file of CIFAR-10 is missing or damaged
 * @throws {RangeError} when validation would take all of CIFAR-10's training images
 */
export async function loadImageTask(
  config: z.output<typeof imageTaskSchema>,
  context: Pick<JobContext, "file">,
): Promise<ImageTask> {
  const { dataSeed: seed, validationImages } = config;
  if (config.data === "arm-images") {
    return {
      training: armImages({ seed, split: "train", count: config.trainingImages }),
      validation: armImages({ seed, split: "validation", count: validationImages }),
      test: armImages({ seed, split: "test", count: config.testImages }),
    };
  }
  const read = (names: readonly string[]) =>
    Promise.all(names.map((name) => sourceFile((file) => context.file(file), name)));
  const known = readCifar10(await read(cifarTraining), cifarClasses);
  const test = readCifar10(await read([cifarTest]), cifarClasses, "CIFAR-10, test");
  const cut = known.count - validationImages;
  if (cut < 1) {
    throw new RangeError(
      `${validationImages} validation images of ${known.count} leave none to train on`,
    );
  }
  return {
    training: part(known, "training", 0, cut),
    validation: part(known, "validation", cut, known.count),
    test,
  };
}

/** The images from `start` up to `end`, as views. */
function part(set: ImageSet, name: string, start: number, end: number): ImageSet {
  const size = set.height * set.width * set.channels;
  return {
    name: `${set.name}, ${name}`,
    count: end - start,
    height: set.height,
    width: set.width,
    channels: set.channels,
    images: set.images.subarray(start * size, end * size),
    labels: set.labels.subarray(start, end),
    classNames: set.classNames,
  };
}
