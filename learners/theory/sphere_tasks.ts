/**
 * Classification of points on the unit sphere, with what is known of the best that can be done.
 *
 * | task | points | classes | dimension d |
 * | --- | --- | --- | --- |
 * | `simplex-n` | two Dirichlet distributions of n numbers, divided by their length | 2, chances 0.4 and 0.6 | n − 1 |
 * | `checkerboard` | angles uniform in a quarter of a circle | 2, in 12 alternating sectors, 10 % of labels flipped | 1 |
 * | `poses` | 20 principal components of pictures of the arm, scaled to 0 … 1, with a 1 appended, divided by their length | 8 postures | estimated by two neighbours |
 *
 * All coordinates are at least 0, so that ξ = x·x′ is in [0, 1]. Dirichlet parameters are those of the authors'
 * experiments (arXiv 2204.14126). Training sets of one seed begin with the smaller ones; test sets are the same.
 */
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import type { RandomStream } from "../../sim/random.ts";
import { armImages } from "../data/arm_images.ts";
import { twoNearestDimension } from "../kernel_machines/neighbours.ts";
import {
  type LabelledPoints,
  onSphere,
  type Points,
  withoutDuplicates,
} from "../kernel_machines/points.ts";
import { dirichletDraw, dirichletLogDensity } from "../statistics/gamma_draws.ts";

/** What is to be learned, and judged by. */
export interface SphereTask {
  /** No two points of it are the same. */
  readonly train: LabelledPoints;
  readonly test: LabelledPoints;
  /** d of what the points lie on. */
  readonly dimension: number;
  /** The decision for each test point that is right most often, where the distribution is known. */
  readonly bayes?: Int32Array;
}

/** How much of it is wanted. */
export interface TaskSizes {
  /** Training points. */
  readonly train: number;
  /** Test points. */
  readonly test: number;
  /** Pixels along each side of a picture. */
  readonly imageSize: number;
}

/** Where a task's random numbers come from. */
interface TaskSource {
  readonly seed: number;
  stream(name: string): RandomStream;
}

/** Labelled points before they are put on the sphere, with the best decision for each. */
interface Sample {
  readonly rows: readonly (readonly number[])[];
  readonly labels: readonly number[];
  readonly bayes: readonly number[];
}

const dirichletClasses = {
  "simplex-2": [[1, 2], [2, 1]],
  "simplex-3": [[0.5, 0.5, 2.5], [2.5, 0.1, 0.5]],
  "simplex-5": [[3, 1, 2, 1, 1], [1, 2, 2, 2, 3]],
  "simplex-9": [[1, 2, 1, 2, 1, 1, 1, 1, 1], [1, 1, 1, 2, 3, 4, 2, 2, 1]],
} as const;

/** The chance of the second class. */
const secondClass = 0.6;

const sectors = 12;
const flips = 0.1;

const poseComponents = 20;

export type TaskName = keyof typeof taskMeanings;

/** What each task is, by name. */
export const taskMeanings = {
  "simplex-2": "two Dirichlet distributions of 2 numbers",
  "simplex-3": "two Dirichlet distributions of 3 numbers",
  "simplex-5": "two Dirichlet distributions of 5 numbers",
  "simplex-9": "two Dirichlet distributions of 9 numbers",
  "checkerboard": "12 alternating sectors of a quarter circle, a tenth of the labels flipped",
  "poses": "8 postures of the arm in pictures, by 20 principal components",
} as const;

/** The task of this name. */
export function sphereTask(name: TaskName, sizes: TaskSizes, source: TaskSource): SphereTask {
  if (name === "poses") return poses(sizes, source.seed);
  const draw = name === "checkerboard"
    ? (count: number, stream: RandomStream) => sectorSample(count, stream)
    : (count: number, stream: RandomStream) => simplexSample(dirichletClasses[name], count, stream);
  const train = draw(sizes.train, source.stream(`${name}/train`));
  const test = draw(sizes.test, source.stream(`${name}/test`));
  return {
    train: withoutDuplicates(labelled(train)),
    test: labelled(test),
    dimension: train.rows[0].length - 1,
    bayes: Int32Array.from(test.bayes),
  };
}

function labelled({ rows, labels }: Sample): LabelledPoints {
  const size = rows[0].length;
  const values = Float64Array.from(rows.flat());
  return {
    points: onSphere({ count: rows.length, size, values }),
    labels: Int32Array.from(labels),
    classes: 2,
  };
}

function simplexSample(
  parameters: readonly (readonly number[])[],
  count: number,
  stream: RandomStream,
): Sample {
  const priors = [1 - secondClass, secondClass].map(Math.log);
  const sample: { rows: number[][]; labels: number[]; bayes: number[] } = {
    rows: [],
    labels: [],
    bayes: [],
  };
  for (let i = 0; i < count; i++) {
    const label = stream.uniform() < secondClass ? 1 : 0;
    const row = dirichletDraw(parameters[label], stream);
    const [first, second] = parameters.map((class_, c) =>
      priors[c] + dirichletLogDensity(class_, row)
    );
    sample.rows.push(row);
    sample.labels.push(label);
    sample.bayes.push(second > first ? 1 : 0);
  }
  return sample;
}

function sectorSample(count: number, stream: RandomStream): Sample {
  const places = Array.from({ length: count }, () => stream.uniform());
  const bayes = places.map((place) => Math.floor(sectors * place) % 2);
  const angles = places.map((place) => place * Math.PI / 2);
  return {
    rows: angles.map((angle) => [Math.cos(angle), Math.sin(angle)]),
    labels: bayes.map((label) => stream.uniform() < flips ? 1 - label : label),
    bayes,
  };
}

function poses({ train, test, imageSize }: TaskSizes, seed: number): SphereTask {
  const pictures = (split: string, count: number) =>
    armImages({
      count,
      seed,
      split,
      size: imageSize,
      scene: "reach",
      classes: ["shoulder", "elbow"],
    });
  const [learned, judged] = [pictures("train", train), pictures("test", test)];
  const pixels = ({ count, images }: typeof learned): Points => ({
    count,
    size: images.length / count,
    values: Float64Array.from(images),
  });
  const place = principalPlace(pixels(learned), poseComponents);
  const placed = (set: typeof learned): LabelledPoints => ({
    points: place(pixels(set)),
    labels: set.labels,
    classes: set.classNames.length,
  });
  const set = withoutDuplicates(placed(learned));
  return { train: set, test: placed(judged), dimension: twoNearestDimension(set.points) };
}

/**
 * A map to the sphere: the first principal components of `points`, scaled to where these lie between 0 and 1
 * (others are brought there), with a 1 appended, divided by the length.
 */
function principalPlace(points: Points, components: number): (points: Points) => Points {
  const data = matrixOf(points);
  const centre = Matrix.rowVector(data.mean("column"));
  const centred = data.clone().subRowVector(centre);
  const { eigenvectorMatrix } = new EigenvalueDecomposition(
    centred.transpose().mmul(centred),
    { assumeSymmetric: true },
  );
  // Eigenvalues ascend.
  const last = points.size - 1;
  const axes = eigenvectorMatrix.subMatrix(0, last, points.size - components, last);
  const scores = centred.mmul(axes);
  const [least, most] = [scores.min("column"), scores.max("column")];
  return (others) => {
    const projected = matrixOf(others).subRowVector(centre).mmul(axes);
    const values = Float64Array.from({ length: others.count * (components + 1) }, (_, i) => {
      const [row, column] = [Math.floor(i / (components + 1)), i % (components + 1)];
      if (column === components) return 1;
      const range = most[column] - least[column];
      // A handful of points has fewer axes than are asked for; along the others nothing differs.
      if (range < 1e-9) return 0;
      const share = (projected.get(row, column) - least[column]) / range;
      return Math.min(1, Math.max(0, share));
    });
    return onSphere({ count: others.count, size: components + 1, values });
  };
}

function matrixOf({ count, size, values }: Points): Matrix {
  return Matrix.from1DArray(count, size, values);
}
