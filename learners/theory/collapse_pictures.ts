/** The pictures of neural collapse's networks: as many of each class as its experiment asks for. */
import type { z } from "zod";
import { armImages } from "../data/arm_images.ts";
import type { ImageSet } from "../data/dataset.ts";
import { imageTaskSchema, loadImageTask } from "../data/image_task.ts";
import type { JobContext } from "../method.ts";

/** How many pictures the classes have, relative to one another. */
export type Classes = "imbalanced" | "balanced" | "rare-last" | "rare-first";

type PictureConfig = Pick<
  z.output<typeof imageTaskSchema>,
  "data" | "dataSeed" | "testImages"
>;

/** n_k of each class. */
export function countsOf(
  classes: Classes,
  { data }: Pick<PictureConfig, "data">,
): readonly number[] {
  if (data === "cifar-10") {
    const ascending = [100, 100, 200, 200, 300, 300, 400, 400, 500, 500];
    return {
      "imbalanced": ascending,
      "balanced": ascending.map(() => 300),
      "rare-last": ascending.toReversed(),
      "rare-first": ascending,
    }[classes];
  }
  return {
    "imbalanced": [160, 80, 40, 40, 20],
    "balanced": [60, 60, 60, 60, 60],
    "rare-last": [160, 80, 40, 40, 5],
    "rare-first": [5, 40, 40, 80, 160],
  }[classes];
}

/** Pictures to train on, and to be judged by. */
export interface Pictures {
  readonly training: ImageSet;
  readonly test: ImageSet;
}

/** The first n_k training images of each class, and test images of all classes alike. */
export async function loadPictures(
  counts: readonly number[],
  config: PictureConfig,
  context: JobContext,
): Promise<Pictures> {
  const { training, test } = config.data === "arm-images"
    ? objectPictures(counts, config)
    : await loadImageTask(imageTaskSchema.parse({ ...config, validationImages: 1 }), context);
  return { training: firstOfEachClass(training, counts), test };
}

/** The hand with one of five objects. */
function objectPictures(
  counts: readonly number[],
  { dataSeed: seed, testImages }: PictureConfig,
): Pictures {
  const options = {
    seed,
    classes: ["object"],
    values: { object: ["disc", "square", "triangle", "bar", "cross"] },
  } as const;
  const count = counts.length * Math.max(...counts);
  return {
    training: armImages({ ...options, split: "train", count }),
    test: armImages({ ...options, split: "test", count: testImages }),
  };
}

/**
 * The first `counts[k]` images of each class k, in their order.
 * @throws {RangeError} when a class has not as many
 */
export function firstOfEachClass(set: ImageSet, counts: readonly number[]): ImageSet {
  const taken = counts.map(() => 0);
  const chosen = Array.from(set.labels.keys()).filter((i) =>
    taken[set.labels[i]]++ < counts[set.labels[i]]
  );
  taken.forEach((there, k) => {
    if (there >= counts[k]) return;
    throw new RangeError(`${set.name} has ${there} images of class ${k}, not ${counts[k]}`);
  });
  const size = set.height * set.width * set.channels;
  const images = new Float32Array(chosen.length * size);
  chosen.forEach((i, at) => images.set(set.images.subarray(i * size, (i + 1) * size), at * size));
  const { name, height, width, channels, classNames } = set;
  const labels = Int32Array.from(chosen, (i) => set.labels[i]);
  return { name, count: chosen.length, height, width, channels, images, labels, classNames };
}
