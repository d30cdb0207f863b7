/**
 * Neural collapse: "Neural Collapse in Deep Linear Networks: From Balanced to Imbalanced Data". Dang, Tran,
 * Osher, Tran-The, Ho, Nguyen. ICML 2023, https://arxiv.org/abs/2301.00437
 *
 * Put M linear layers without a bias on free features, with decay on both and the squared loss, and the global
 * minimum can be written down (`collapse_theory.ts`, equations 1 to 5): the features of each class fall into
 * one point, and points and rows of P = W_M … W_1 share one frame.
 *
 *     balanced              an orthogonal frame of equal lengths; with a free bias a simplex equiangular tight frame
 *     imbalanced, no bias   a general orthogonal frame: lengths p_k by the size of the class, and classes whose
 *                           cost b_k exceeds t_M at zero: minority collapse
 *
 * Shapes: H [d, N], W_1 … W_{M−1} [d, d], W_M [K, d], class means μ [d, K].
 *
 * Three experiments:
 *   frame, minority   descent on the model itself, compared with the closed form in loss, frame and lengths
 *                     (`direct_collapse.ts`)
 *   sweep             the rarest class from 5 to 60 samples, each size from two starts, with and without that
 *                     class: the deeper of the two minima switches where b = t_M
 *   network           pictures of the arm's hand with an object, by a network whose last features are not free
 *                     (`collapse_network.ts`, `collapse_training.ts`)
 *
 * In the arm: a hemisphere sees one of five objects rarely. The closed form tells before training whether its
 * head erases that object, and which decay keeps it. Two hemispheres with opposite habits lose opposite objects.
 *
 * The paper's code stops at a loss of 1e-5 above the minimum, where frames are not yet settled; here descents
 * go on to 1e-9 of it. With random starts the strong decays of the minority problems lead to worse minima in
 * most cases (x = 0 is a local minimum of every class for M ≥ 2): several starts, and the least loss counts.
 */
import { z } from "zod";
import type { ImageSet } from "../data/dataset.ts";
import { imageTaskFiles, imageTaskSchema } from "../data/image_task.ts";
import {
  defineMethod,
  type Job,
  type JobContext,
  type JobProgress,
  type JobResult,
} from "../method.ts";
import { type Measured, predictedLengths } from "./collapse_geometry.ts";
import { CollapseNetwork } from "./collapse_network.ts";
import { type Classes, countsOf, loadPictures, type Pictures } from "./collapse_pictures.ts";
import { type CollapseTheory, collapseTheory, largestHarmlessDecay } from "./collapse_theory.ts";
import { trainCollapse, type TrainedCollapse } from "./collapse_training.ts";
import { descendAll, type Descent, type Start } from "./direct_collapse.ts";
import { collapseClaim, collapseFigures, collapseTables, sizes } from "./neural_collapse_report.ts";

const configSchema = z.object({
  width: z.int().min(5).default(16).describe("d, free features of a sample; at least the classes"),
  steps: z.int().min(1).default(10_000).describe("steps of a descent on the model at most"),
  tolerance: z.number().positive().default(1e-9)
    .describe("loss above the minimum at which a descent ends, as a share of the minimum"),
  starts: z.int().min(1).default(16)
    .describe("random starts at most where there are worse minima; the least loss counts"),
  data: imageTaskSchema.shape.data,
  units: z.int().min(10).default(64).describe("units of each hidden layer, and features"),
  reluLayers: z.int().min(1).default(3).describe("ReLU layers of the backbone"),
  epochs: z.int().min(1).default(2000).describe("full-batch steps of a network"),
  learningRate: z.number().positive().default(3e-3).describe("Adam's step size at the start"),
  decay: z.number().positive().default(1e-3)
    .describe("λ_W of the network's linear layers and λ_H of its features"),
  testImages: z.int().min(1).default(500).describe("arm-images to be judged by"),
  dataSeed: imageTaskSchema.shape.dataSeed,
});

type Config = z.output<typeof configSchema>;

/** Descents on the model. */
interface DirectVariant {
  readonly kind: "direct";
  readonly counts: readonly number[];
  readonly layers: number;
  readonly decay: number;
  readonly bias?: true;
  readonly learningRate: number;
  /** Standard deviation of the start for 16 features; layers of more begin with the same gain. */
  readonly deviation: number;
  /** Whether one start has to do, where the configuration's number of starts is allowed otherwise. */
  readonly once?: true;
}

/** The rarest class of all sizes. */
interface SweepVariant {
  readonly kind: "sweep";
  readonly layers: number;
  readonly decay: number;
  readonly learningRate: number;
}

/** A network on pictures. */
interface NetworkVariant {
  readonly kind: "network";
  readonly classes: Classes;
  readonly layers: number;
  readonly bias?: true;
  readonly batchNorm?: true;
  /** How the decay relates to the largest with which no class collapses; else the configuration's. */
  readonly decayShare?: number;
  /** "all": on the backbone's weights too, and not on the features; "none": nothing is trained. */
  readonly training?: "all-decayed" | "none";
}

type Variant = (DirectVariant | SweepVariant | NetworkVariant) & { readonly description: string };

const imbalanced = [200, 100, 50, 50];
const minority = [200, 100, 50, 10];
const balanced = [100, 100, 100, 100];
const weak = { kind: "direct", decay: 5e-4, deviation: 0.1, once: true } as const;
const strong = { kind: "direct", counts: minority } as const;

const variants: Readonly<Record<string, Variant>> = {
  "frame-1": {
    ...weak,
    counts: imbalanced,
    layers: 1,
    learningRate: 0.5,
    description: "the model of one layer on 200, 100, 50 and 50 samples",
  },
  "frame-3": {
    ...weak,
    counts: imbalanced,
    layers: 3,
    learningRate: 0.2,
    deviation: 0.2,
    description: "the same with three layers",
  },
  "frame-6": {
    ...weak,
    counts: imbalanced,
    layers: 6,
    learningRate: 0.1,
    deviation: 0.3,
    description: "the same with six layers",
  },
  "balanced-1": {
    ...weak,
    counts: balanced,
    layers: 1,
    learningRate: 0.5,
    description: "the model of one layer on four classes of 100 samples",
  },
  "balanced-bias-1": {
    ...weak,
    counts: balanced,
    layers: 1,
    bias: true,
    learningRate: 0.5,
    description: "the same with a free bias: a simplex",
  },
  "minority-1": {
    ...strong,
    layers: 1,
    decay: 0.0125,
    learningRate: 0.5,
    deviation: 0.1,
    once: true,
    description: "one layer on 200, 100, 50 and 10 samples, of which the last collapse",
  },
  "minority-2": {
    ...strong,
    layers: 2,
    decay: 0.01,
    learningRate: 0.1,
    deviation: 0.3,
    description: "the same with two layers, the best of several starts",
  },
  "minority-2-small-start": {
    ...strong,
    layers: 2,
    decay: 0.01,
    learningRate: 0.1,
    deviation: 0.1,
    once: true,
    description: "the trap: from one small start, classes die that the minimum keeps",
  },
  "sweep-1": {
    kind: "sweep",
    layers: 1,
    decay: 0.0125,
    learningRate: 0.5,
    description: "one layer, the rarest class of 5 to 60 samples",
  },
  "sweep-2": {
    kind: "sweep",
    layers: 2,
    decay: 0.01,
    learningRate: 0.1,
    description: "two layers, the rarest class of 5 to 60 samples",
  },
  "network-1": {
    kind: "network",
    classes: "imbalanced",
    layers: 1,
    description: "a network with one linear layer on imbalanced pictures",
  },
  "network-3": {
    kind: "network",
    classes: "imbalanced",
    layers: 3,
    description: "the same with three linear layers",
  },
  "network-1-all-decayed": {
    kind: "network",
    classes: "imbalanced",
    layers: 1,
    training: "all-decayed",
    description: "the same network with decay on all weights instead of head and features",
  },
  "network-1-untrained": {
    kind: "network",
    classes: "imbalanced",
    layers: 1,
    training: "none",
    description: "the same network before training",
  },
  "network-balanced-bias-1": {
    kind: "network",
    classes: "balanced",
    layers: 1,
    bias: true,
    batchNorm: true,
    description: "a network with batch norms and a free bias on balanced pictures",
  },
  "left-hemisphere": {
    kind: "network",
    classes: "rare-last",
    layers: 1,
    batchNorm: true,
    decayShare: 1.6,
    description: "sees the last object rarely, with a decay that erases it",
  },
  "right-hemisphere": {
    kind: "network",
    classes: "rare-first",
    layers: 1,
    batchNorm: true,
    decayShare: 1.6,
    description: "sees the first object rarely, with a decay that erases it",
  },
  "left-hemisphere-safe": {
    kind: "network",
    classes: "rare-last",
    layers: 1,
    batchNorm: true,
    decayShare: 0.5,
    description: "the left one with half the largest decay that erases nothing",
  },
};

async function* train(
  { variant: name, config }: Job<Config>,
  context: JobContext,
): AsyncGenerator<JobProgress, JobResult> {
  const variant = variants[name];
  if (variant.kind === "direct") return yield* trainDirect(variant, config, context);
  if (variant.kind === "sweep") return yield* trainSweep(variant, config, context);
  return yield* trainNetwork(variant, config, context);
}

async function* trainDirect(
  variant: DirectVariant,
  config: Config,
  context: JobContext,
): AsyncGenerator<JobProgress, JobResult> {
  const { counts, layers, decay, bias = false, learningRate, deviation, once } = variant;
  const problem = { counts, layers, weightDecay: decay, featureDecay: decay, bias };
  const theory = collapseTheory(problem);
  const start: Start = { kind: "normal", deviation: deviation * Math.sqrt(16 / config.width) };
  const descents = Array.from({ length: once ? 1 : config.starts }, (_, i): Descent => ({
    problem,
    start,
    name: `start/${i}`,
    ...config,
    learningRate,
  }));
  const atMinimum = ({ loss }: Measured) => loss - theory.loss <= sameMinimum * theory.loss;
  const { finished, curves } = yield* descendAll(
    descents,
    context,
    (finished) => finished.some(atMinimum),
  );
  const best = leastLoss(finished);
  return {
    metrics: {
      ...metricsOf(finished[best], theory),
      "starts": finished.length,
      "starts that ended above the minimum": finished.filter((end) => !atMinimum(end)).length,
    },
    series: seriesOf(curves[best], finished[best], theory),
  };
}

/** Losses that are this close, as a share, are those of one minimum. */
const sameMinimum = 1e-3;

function leastLoss(measured: readonly Measured[]): number {
  return measured.reduce((best, { loss }, i) => loss < measured[best].loss ? i : best, 0);
}

/** Every size from a start with the rarest class, and from one without. */
async function* trainSweep(
  { layers, decay, learningRate }: SweepVariant,
  config: Config,
  context: JobContext,
): AsyncGenerator<JobProgress, JobResult> {
  const rarest = minority.length - 1;
  const problemOf = (size: number) => ({
    counts: minority.with(rarest, size),
    layers,
    weightDecay: decay,
    featureDecay: decay,
    bias: false,
  });
  const problems = sizes.map(problemOf);
  const descents = problems.flatMap((problem, i) =>
    [[], [rarest]].map((without, side): Descent => ({
      problem,
      start: { kind: "frame", gain: 1.5, without, deviation: 0.02 },
      name: `start/${sizes[i]}/${side === 0 ? "with" : "without"}`,
      ...config,
      learningRate,
    }))
  );
  const { finished } = yield* descendAll(descents, context);
  const theories = problems.map(collapseTheory);
  const ends = (side: number) => sizes.map((_, i) => finished[2 * i + side]);
  const [withRarest, without] = [ends(0), ends(1)];
  const best = sizes.map((_, i) =>
    [withRarest[i], without[i]][leastLoss([withRarest[i], without[i]])]
  );
  const lengths = (ends: readonly Measured[]) => ends.map(({ rows }) => rows[rarest]);
  const excess = (ends: readonly Measured[]) => ends.map(({ loss }, i) => loss - theories[i].loss);
  const wrong = best.filter(({ rows }, i) =>
    (rows[rarest] < deadLength * Math.max(...rows)) !== theories[i].collapsed[rarest]
  );
  const over = (y: readonly number[]) => ({ x: [...sizes], y });
  const predicted = (size: number) =>
    Math.sqrt(collapseTheory(problemOf(size)).squaredRows[rarest]);
  const range = Array.from({ length: Math.max(...sizes) - sizes[0] + 1 }, (_, i) => sizes[0] + i);
  return {
    metrics: {
      "largest loss above the minimum": Math.max(...excess(best)),
      "sizes judged wrongly": wrong.length,
      "shortest surviving length": Math.min(
        ...lengths(best).filter((_, i) => !theories[i].collapsed[rarest]),
      ),
    },
    series: {
      "length found": over(lengths(best)),
      "length predicted": over(sizes.map(predicted)),
      "closed form": { x: range, y: range.map(predicted) },
      "loss above the minimum, with": over(excess(withRarest)),
      "loss above the minimum, without": over(excess(without)),
    },
  };
}

/** A row that is this short, as a share of the longest, is dead. */
const deadLength = 0.01;

async function* trainNetwork(
  variant: NetworkVariant,
  config: Config,
  context: JobContext,
): AsyncGenerator<JobProgress, JobResult> {
  const { layers, bias = false, batchNorm = false, decayShare, training } = variant;
  const counts = countsOf(variant.classes, config);
  const decay = decayShare ? decayShare * largestHarmlessDecay(counts, layers) : config.decay;
  const pictures = await loadPictures(counts, config, context);
  const theory = collapseTheory({
    counts,
    layers,
    weightDecay: decay,
    featureDecay: decay,
    bias,
  });
  const { height, width, channels } = pictures.training;
  const network = new CollapseNetwork({
    ...config,
    inputs: height * width * channels,
    linearLayers: layers,
    classes: counts.length,
    bias,
    batchNorm,
  }, (parameter) => context.stream(`weights/${parameter}`));
  try {
    const all = training === "all-decayed";
    const plan = {
      epochs: training === "none" ? 0 : config.epochs,
      learningRate: config.learningRate,
      decay: { weights: decay, features: all ? 0 : decay, backbone: all },
    };
    const trained = yield* trainCollapse(network, pictures, theory, plan, context);
    return networkResult(trained, pictures, counts, theory);
  } finally {
    network.dispose();
  }
}

function networkResult(
  { curve, trainingAnswers, testAnswers }: TrainedCollapse,
  pictures: Pictures,
  counts: readonly number[],
  theory: CollapseTheory,
): JobResult {
  const end = curve[curve.length - 1];
  const early = curve.find(({ steps }) => steps === 50);
  const rarest = counts.indexOf(Math.min(...counts));
  return {
    metrics: {
      ...metricsOf(end, theory),
      ...early && end !== early && {
        "fall of NC1 since epoch 50": early.predicted.withinClass / end.predicted.withinClass,
      },
      "training accuracy": accuracy(trainingAnswers, pictures.training),
      "test accuracy": accuracy(testAnswers, pictures.test),
      "training accuracy of the rarest class": accuracy(
        trainingAnswers,
        pictures.training,
        rarest,
      ),
      "length of the rarest class": end.rows[rarest] / Math.max(...end.rows),
      "predicted length of the rarest class": Math.sqrt(
        theory.squaredRows[rarest] / Math.max(...theory.squaredRows),
      ),
    },
    series: seriesOf(curve, end, theory),
  };
}

/** The share of the images, of one class where it is named, that have their own class for an answer. */
function accuracy(answers: Int32Array, { labels }: ImageSet, only?: number): number {
  const asked = Array.from(labels.keys()).filter((i) => only === undefined || labels[i] === only);
  return asked.filter((i) => answers[i] === labels[i]).length / asked.length;
}

function metricsOf({ loss, predicted, equalLengths }: Measured, theory: CollapseTheory) {
  return {
    "loss": loss,
    "minimum": theory.loss,
    "loss above the minimum": loss - theory.loss,
    // Where all class means coincide there is none.
    ...Number.isFinite(predicted.withinClass) && { "NC1": predicted.withinClass },
    "NC2-W": predicted.rows,
    "NC2-H": predicted.means,
    "NC3-WH": predicted.product,
    "NC3-dual": predicted.duality,
    "NC2-W to equal lengths": equalLengths.rows,
    "NC2-H to equal lengths": equalLengths.means,
  };
}

/** Curves over steps, and the lengths at the end, class by class. */
function seriesOf(
  curve: readonly Measured[],
  { rows, means, meansInFrame }: Measured,
  theory: CollapseTheory,
) {
  const over = (value: (measured: Measured) => number) => {
    const points = curve.filter((measured) => Number.isFinite(value(measured)));
    return { x: points.map(({ steps }) => steps), y: points.map(value) };
  };
  const predicted = predictedLengths(theory);
  const classes = rows.map((_, k) => k + 1);
  return {
    "loss above the minimum": over(({ loss }) => loss - theory.loss),
    "NC1": over(({ predicted }) => predicted.withinClass),
    "NC2-W": over(({ predicted }) => predicted.rows),
    "NC2-H": over(({ predicted }) => predicted.means),
    "NC3-WH": over(({ predicted }) => predicted.product),
    "NC3-dual": over(({ predicted }) => predicted.duality),
    "rows found": { x: classes, y: rows },
    "rows predicted": { x: classes, y: predicted.rows },
    "means found": { x: classes, y: means },
    "means predicted": { x: classes, y: predicted.means },
    "means in the frame": { x: meansInFrame.map((_, i) => i), y: meansInFrame },
  };
}

const all = Object.keys(variants);

export const neuralCollapse = defineMethod({
  id: "neural-collapse",
  card: "37",
  family: "theory",
  summary: "Deep linear heads on imbalanced classes: the frame in closed form, and what it erases",
  paper: {
    title: "Neural Collapse in Deep Linear Networks: From Balanced to Imbalanced Data",
    authors: "Hien Dang, Tho Tran, Stanley Osher, Hung Tran-The, Nhat Ho, Tan Nguyen",
    year: 2023,
    venue: "ICML",
    arxiv: "2301.00437",
  },
  config: configSchema,
  files: ({ data }) => imageTaskFiles(imageTaskSchema.parse({ data })),
  profiles: {
    smoke: {
      config: { steps: 300, starts: 2, units: 16, epochs: 60, testImages: 50 },
      seeds: 1,
      // What the others do too is left out.
      variants: all.filter((name) => !["frame-6", "sweep-2", "right-hemisphere"].includes(name)),
    },
    desk: { config: {}, seeds: 3, variants: all },
    // The authors' imbalanced setting: CIFAR-10, full batches, and their width of the direct problem.
    full: {
      config: {
        width: 64,
        steps: 30_000,
        data: "cifar-10",
        units: 512,
        reluLayers: 6,
        epochs: 12_000,
        learningRate: 1e-4,
        decay: 1e-5,
      },
      seeds: 5,
      // The rest is about other decays and sizes than theirs.
      variants: all.filter((name) => !name.includes("hemisphere") && !name.startsWith("sweep")),
    },
  },
  variants: Object.fromEntries(
    Object.entries(variants).map(([name, { description }]) => [name, description]),
  ),
  train,
  claim: collapseClaim,
  figures: collapseFigures,
  tables: collapseTables,
});
