/** Pictures of the arm: determinism, balance, geometry of the annotations, shifts, and difficulty. */
import { deepStrictEqual, notDeepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import {
  type ArmImageOptions,
  armImages,
  domainShifts,
  type ShiftName,
} from "../../../learners/data/arm_images.ts";
import type { ImageSet } from "../../../learners/data/dataset.ts";
import { findArm } from "../../../sim/arms/catalogue.ts";

const steady = { noise: 0, translation: 0, viewpoint: 0 } as const;
const shiftNames = Object.keys(domainShifts) as ShiftName[];

Deno.test("the same options give the same images and annotations, another seed or split others", () => {
  const options: ArmImageOptions = { count: 12, seed: 4 };
  deepStrictEqual(armImages(options), armImages(options));
  for (const other of [{ seed: 5 }, { split: "test" }]) {
    notDeepStrictEqual(armImages({ ...options, ...other }).images, armImages(options).images);
  }
});

Deno.test("a larger set begins with the smaller one", () => {
  const small = armImages({ count: 11, seed: 0 });
  const large = armImages({ count: 30, seed: 0 });
  deepStrictEqual(large.images.subarray(0, small.images.length), small.images);
  deepStrictEqual(large.labels.subarray(0, 11), small.labels);
});

Deno.test("arrays have the shapes that the set declares, and pixels lie between 0 and 1", () => {
  for (
    const options of [{}, { size: 24, channels: 3, scene: "reach" }, { scene: "carry" }] as const
  ) {
    const set = armImages({ count: 10, seed: 1, ...options });
    const { count, height, width, channels, masks, keypoints, boxes } = set;
    strictEqual(set.images.length, count * height * width * channels);
    strictEqual(set.labels.length, count);
    strictEqual(masks?.values.length, count * height * width);
    strictEqual(keypoints?.values.length, count * keypoints!.names.length * 3);
    strictEqual(boxes?.values.length, count * boxes!.names.length * 4);
    ok(set.images.every((value) => value >= 0 && value <= 1));
    ok(masks!.values.every((part) => part < masks!.names.length));
  }
});

Deno.test("the default classes are four objects in an open and a closed hand, equally often", () => {
  const set = armImages({ count: 80, seed: 2 });
  deepStrictEqual(set.classNames, [
    "disc, open",
    "disc, closed",
    "square, open",
    "square, closed",
    "triangle, open",
    "triangle, closed",
    "bar, open",
    "bar, closed",
  ]);
  const sizes = new Int32Array(8);
  set.labels.forEach((label) => sizes[label]++);
  deepStrictEqual([...sizes], Array(8).fill(10));
});

Deno.test("a label is the combination of its factors", () => {
  const classes = ["elbow", "texture", "shoulder"] as const;
  const set = armImages({ count: 64, seed: 3, scene: "carry", classes });
  strictEqual(set.classNames.length, 2 * 4 * 4);
  set.labels.forEach((label, i) => {
    const values = classes.map((name) => {
      const { names, values } = set.factors![name];
      return names[values[i]];
    });
    strictEqual(set.classNames[label], values.join(", "));
  });
});

Deno.test("the octant is the direction from the hand to the object, and both are in the image", () => {
  const set = armImages({
    count: 200,
    seed: 0,
    scene: "reach",
    classes: ["octant"],
    conditions: steady,
  });
  set.labels.forEach((label, i) => {
    const [handX, handY] = keypoint(set, i, "hand");
    const [x, y] = keypoint(set, i, "object");
    const octants = Math.atan2(handY - y, x - handX) / (Math.PI / 4);
    const turn = (octants - label + 12) % 8 - 4;
    ok(Math.abs(turn) <= 0.5 + 1e-4, `image ${i}: ${turn} octants off`);
    ok(Math.min(x, y) > 0 && Math.max(x, y) < set.width);
  });
});

Deno.test("shoulder and elbow are the quarter turn and the side of the drawn joint angles", () => {
  const set = armImages({
    count: 64,
    seed: 0,
    scene: "carry",
    classes: ["shoulder", "elbow"],
    conditions: steady,
  });
  set.labels.forEach((label, i) => {
    const [shoulder, elbow, hand] = ["shoulder", "elbow", "hand"].map((name) =>
      keypoint(set, i, name)
    );
    const upper = Math.atan2(shoulder[1] - elbow[1], elbow[0] - shoulder[0]);
    const fore = Math.atan2(elbow[1] - hand[1], hand[0] - elbow[0]);
    strictEqual(Math.floor((upper + 2 * Math.PI) / (Math.PI / 2)) % 4, label >> 1);
    strictEqual(Math.sin(fore - upper) > 0 ? "left" : "right", ["left", "right"][label & 1]);
  });
});

Deno.test("key-points keep the arm's proportions", () => {
  const arm = findArm("arm26");
  const set = armImages({
    count: 20,
    seed: 0,
    scene: "carry",
    classes: ["elbow"],
    conditions: steady,
  });
  for (let i = 0; i < set.count; i++) {
    const [shoulder, elbow, hand] = ["shoulder", "elbow", "hand"].map((name) =>
      keypoint(set, i, name)
    );
    const lengths = [distance(shoulder, elbow), distance(elbow, hand)];
    ok(Math.abs(lengths[0] / lengths[1] - arm.links[0].length / arm.links[1].length) < 1e-4);
    ok(distance(shoulder, [set.width / 2, set.height / 2, 1]) < 1e-4);
  }
});

Deno.test("a visible key-point lies on its part, and boxes are the masks' bounds to a pixel", () => {
  const set = armImages({ count: 40, seed: 6, size: 32, conditions: { noise: 0 } });
  const { width, height, masks, boxes } = set;
  let seen = 0;
  for (let i = 0; i < set.count; i++) {
    const mask = masks!.values.subarray(i * width * height, (i + 1) * width * height);
    const [x, y, visible] = keypoint(set, i, "object");
    if (visible === 1) {
      seen++;
      const near = [-1, 0, 1].flatMap((dy) =>
        [-1, 0, 1].map((dx) => mask[(Math.floor(y) + dy) * width + Math.floor(x) + dx])
      );
      ok(near.includes(masks!.names.indexOf("object")), `image ${i}`);
    }
    const part = boxes!.names.indexOf("object");
    const box = boxes!.values.subarray(
      (i * boxes!.names.length + part) * 4,
      (i * 3 + part + 1) * 4,
    );
    maskBounds(mask, width, masks!.names.indexOf("object")).forEach((bound, side) =>
      ok(Math.abs(bound - box[side]) <= 1, `image ${i}: side ${side} of ${box}, mask ${bound}`)
    );
  }
  ok(seen > 30, `${seen} of ${set.count} objects are visible`);
});

Deno.test("outlines cover equal areas: brightness does not give the object away", () => {
  const set = armImages({
    count: 400,
    seed: 0,
    size: 32,
    classes: ["object"],
    conditions: { noise: 0 },
  });
  const object = set.masks!.names.indexOf("object");
  const pixels = set.width * set.height;
  const areas = new Float64Array(4);
  set.masks!.values.forEach((part, i) => {
    if (part === object) areas[set.labels[Math.floor(i / pixels)]]++;
  });
  // Fingers hide some outlines more than others.
  ok(Math.max(...areas) / Math.min(...areas) < 1.15, `${areas}`);
});

for (const shift of shiftNames) {
  Deno.test(`the shift ${shift} shows the same scenes otherwise`, () => {
    const options = { count: 16, seed: 7, size: 16, channels: 3 } as const;
    const source = armImages(options);
    const target = armImages({ ...options, shift });
    deepStrictEqual(target.labels, source.labels);
    deepStrictEqual(target.factors, source.factors);
    const difference = meanDifference(source.images, target.images);
    ok(difference > 0.015, `mean difference ${difference}`);
  });
}

Deno.test("without its condition a shift's draws change nothing", () => {
  const options = { count: 8, seed: 7 } as const;
  const unshifted = armImages({
    ...options,
    shift: ["occlusion", "texture", "blur", "colour", "lighting"],
    conditions: {
      occlusion: 0,
      backgroundTexture: 0,
      blur: 0,
      colourCast: 0,
      lampElevation: [0.8, 1.3],
      ambientLight: 0.45,
      lightFalloff: 0,
    },
  });
  deepStrictEqual(unshifted.images, armImages(options).images);
});

Deno.test("an occluder hides key-points that were visible and is in the mask", () => {
  const options = { count: 60, seed: 1, size: 32 } as const;
  const visible = (set: ImageSet) =>
    set.keypoints!.values.filter((_, i) => i % 3 === 2).reduce((sum, value) => sum + value, 0);
  const source = armImages(options);
  const occluded = armImages({ ...options, shift: "occlusion" });
  ok(visible(occluded) < 0.9 * visible(source));
  const occluder = source.masks!.names.indexOf("occluder");
  ok(!source.masks!.values.includes(occluder));
  ok(occluded.masks!.values.includes(occluder));
});

Deno.test("grey images are the luma of colour images", () => {
  const options = {
    count: 6,
    seed: 0,
    conditions: { ...steady, contrast: [1, 1], brightness: 0 },
  } as const;
  const grey = armImages({ ...options, channels: 1 });
  const colour = armImages({ ...options, channels: 3 });
  grey.images.forEach((value, i) => {
    const [red, green, blue] = colour.images.subarray(3 * i, 3 * i + 3);
    ok(Math.abs(value - (0.2126 * red + 0.7152 * green + 0.0722 * blue)) < 1e-6);
  });
});

Deno.test("every arm of the catalogue can be drawn", () => {
  for (const name of ["two-dof", "human3"]) {
    for (const scene of ["grasp", "carry"] as const) {
      const set = armImages({ count: 8, seed: 0, scene, classes: ["object"], arm: findArm(name) });
      ok(set.masks!.values.includes(set.masks!.names.indexOf("hand")), `${name}, ${scene}`);
    }
  }
});

Deno.test("the default task is learnable, and beyond a nearest class mean", () => {
  const train = armImages({ count: 800, seed: 0 });
  const test = armImages({ count: 400, seed: 0, split: "test" });
  const byMeans = nearestMeanAccuracy(train, test);
  ok(byMeans > 2 / 8, `nearest class mean: ${byMeans}`);
  ok(byMeans < 0.7, `nearest class mean: ${byMeans}`);
  const linear = linearAccuracy(train, test);
  ok(linear > 3 / 8, `linear: ${linear}`);
  ok(linear < 0.8, `linear: ${linear}`);
});

Deno.test("options without a meaning are refused by name", () => {
  const refused: [Partial<ArmImageOptions>, RegExp][] = [
    [{ count: -1 }, /count -1/],
    [{ size: 7 }, /size 7 .* at least 8/],
    [{ seed: 0.5 }, /seed 0.5/],
    [{ classes: ["octant"] }, /"octant" does not show; a grasp scene shows object, handPose/],
    [{ classes: ["object", "object"] }, /"object" twice/],
    [{ values: { object: [] } }, /values of object \[\]: expected one or more of disc/],
    [{ conditions: { noise: -1 } }, /condition noise is -1/],
    [{ conditions: { contrast: [2, 1] } }, /condition contrast is 2,1/],
    [{ conditions: { viewpoint: NaN } }, /condition viewpoint is NaN/],
    [{ shift: "fog" as ShiftName }, /no domain shift "fog"; there are lighting, noise/],
  ];
  for (const [options, message] of refused) {
    throws(() => armImages({ count: 1, seed: 0, ...options }), { name: "RangeError", message });
  }
});

function keypoint(set: ImageSet, image: number, name: string): number[] {
  const { names, values } = set.keypoints!;
  const start = (image * names.length + names.indexOf(name)) * 3;
  return [...values.subarray(start, start + 3)];
}

function distance([x, y]: readonly number[], [otherX, otherY]: readonly number[]): number {
  return Math.hypot(x - otherX, y - otherY);
}

/** Left, top, right, bottom of a part in a mask. */
function maskBounds(mask: Uint8Array, width: number, part: number): number[] {
  const pixels = [...mask.keys()].filter((i) => mask[i] === part);
  const columns = pixels.map((i) => i % width);
  const rows = pixels.map((i) => Math.floor(i / width));
  return [Math.min(...columns), Math.min(...rows), Math.max(...columns) + 1, Math.max(...rows) + 1];
}

function meanDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length;
}

function image(set: ImageSet, i: number): Float32Array {
  const size = set.images.length / set.count;
  return set.images.subarray(i * size, (i + 1) * size);
}

function accuracy(set: ImageSet, scores: (image: Float32Array) => ArrayLike<number>): number {
  let right = 0;
  for (let i = 0; i < set.count; i++) {
    const values = Array.from(scores(image(set, i)));
    if (values.indexOf(Math.max(...values)) === set.labels[i]) right++;
  }
  return right / set.count;
}

function nearestMeanAccuracy(train: ImageSet, test: ImageSet): number {
  const size = image(train, 0).length;
  const means = train.classNames.map(() => new Float64Array(size));
  train.labels.forEach((label, i) =>
    image(train, i).forEach((value, k) => means[label][k] += value * means.length / train.count)
  );
  return accuracy(
    test,
    (pixels) =>
      means.map((mean) => -mean.reduce((sum, value, k) => sum + (value - pixels[k]) ** 2, 0)),
  );
}

/** Multinomial logistic regression by stochastic gradient descent. */
function linearAccuracy(train: ImageSet, test: ImageSet): number {
  const classes = train.classNames.length;
  const size = image(train, 0).length;
  const weights = Array.from({ length: classes }, () => new Float64Array(size + 1));
  const logits = (pixels: Float32Array) =>
    weights.map((row) => pixels.reduce((sum, value, k) => sum + row[k] * (value - 0.3), row[size]));
  for (let epoch = 0; epoch < 40; epoch++) {
    for (let i = 0; i < train.count; i++) {
      const pixels = image(train, i);
      const powers = logits(pixels).map(Math.exp);
      const total = powers.reduce((sum, power) => sum + power, 0);
      weights.forEach((row, label) => {
        const step = 0.05 * ((train.labels[i] === label ? 1 : 0) - powers[label] / total);
        pixels.forEach((value, k) => row[k] += step * (value - 0.3));
        row[size] += step;
      });
    }
  }
  return accuracy(test, logits);
}
