/**
 * Optimal wide and deep networks: "Wide and Deep Neural Networks Achieve Optimality for Classification".
 * Radhakrishnan, Belkin, Uhler. PNAS 2023, https://arxiv.org/abs/2204.14126
 *
 * Infinitely wide networks are kernel machines, and there are three that an infinitely deep one can be. For
 * inputs x on the unit sphere with coordinates of at least 0, ξ = x·x′, and an activation φ, E[φ(u)²] = 1:
 *
 *     (1)  φ̌(ξ) = E[φ(u) φ(v)] = Σ_k c_k² ξ^k                       u, v standard normal, correlation ξ
 *     (2)  S_0 = ξ,  S_l = φ̌(S_{l−1})                               NNGP
 *     (3)  K_0 = ξ,  K_l = S_l + K_{l−1} φ̌′(S_{l−1})                 NTK
 *     (4)  f(x) = Yᵀ K(X, X)⁻¹ K(X, x),  class argmax f(x)           X [n, d + 1], Y [n, C] one-hot
 *
 * By A = E[φ], A′ = E[φ′], a = A′² and b = E[φ′²], as the depth L goes to infinity, (4) tends to
 *
 *     A = 0, A′ = 0:       S_L ~ ξ^(k^L)                             the nearest neighbour
 *     A ≠ 0:               K → (1 − c) I + c 1 1ᵀ                    the majority vote
 *     A = 0, 0 < a < 1:    S_L/a^L → ψ(ξ) ~ R/|x − x′|^α, K → I      votes by |x − x′|^−α
 *
 * with (5) α = 2 ln(1/a)/ln b. Votes by |x − x′|^−d are the Hilbert estimate, whose error tends to Bayes' for
 * every distribution in d dimensions: so does that of the network whose activation has α = d
 * (`optimal_activation.ts`). d is the dimension of what the inputs fill, one less than their numbers at most.
 *
 * "Training" is one kernel matrix and one linear solve, in float64 throughout. A job has as many steps as
 * sizes of training sets. In the arm: the same on postures in pictures, in a dimension that is estimated; and
 * what depth does to the activations that the laboratory's networks have (the table of activations).
 */
import { z } from "zod";
import { type Axis, combinationsOf, variantsOf } from "../axes.ts";
import {
  agreement,
  classify,
  type PointClassifier,
  undecided,
} from "../kernel_machines/decisions.ts";
import { singularExponent } from "../kernel_machines/dual_activation.ts";
import { nngpKernel } from "../kernel_machines/neural_kernels.ts";
import {
  innerProducts,
  pickLabelled,
  type Points,
  slicePoints,
} from "../kernel_machines/points.ts";
import {
  defineMethod,
  type Job,
  type JobContext,
  type JobProgress,
  type JobResult,
  type Series,
} from "../method.ts";
import { mean } from "../statistics/descriptive.ts";
import { type SphereTask, sphereTask, taskMeanings, type TaskName } from "./sphere_tasks.ts";
import {
  type Circumstances,
  classifierKinds,
  type ClassifierName,
  networkOf,
  optimalDual,
  type Plan,
} from "./wide_deep_classifiers.ts";
import {
  arcSeries,
  labelsOnArc,
  learningCurve,
  singularSeries,
  wideDeepClaim,
  wideDeepFigures,
  wideDeepTables,
  widthSeries,
} from "./wide_deep_report.ts";

const configSchema = z.object({
  samples: z.int().min(6).default(1000).describe(
    "training points that classifiers are compared at",
  ),
  otherSamples: z.array(z.int().min(6)).default([250, 3000])
    .describe("other numbers of training points, of the classifiers whose curve is drawn"),
  testPoints: z.int().min(1).default(4000).describe("points that classifiers are judged by"),
  imageSize: z.int().min(8).default(16).describe("pixels along each side of a picture of the arm"),
  ridge: z.number().min(0).default(1e-8)
    .describe("λ added to the kernel's diagonal of 1; shallow kernels have not full rank"),
  width: z.int().min(1).default(512).describe("units in each layer of the finite network"),
  arcSamples: z.int().min(1).default(30)
    .describe("training points that decision functions are drawn with"),
});

type Config = z.output<typeof configSchema>;

const axes: readonly Axis[] = [
  { name: "subjects", meaning: "what is classified", values: taskMeanings },
  {
    name: "classifiers",
    meaning: "by what",
    values: Object.fromEntries(
      Object.entries(classifierKinds).map(([name, { description }]) => [name, description]),
    ),
  },
];

const combinations = combinationsOf(axes);

/** Those whose accuracy is followed over the number of training points. */
const followed: readonly ClassifierName[] = ["optimal", "hilbert", "nearest-neighbour"];

/** Where the distribution is known, and with it how far from the best they are. */
const followedOn: readonly TaskName[] = [
  "simplex-2",
  "simplex-3",
  "simplex-5",
  "simplex-9",
  "checkerboard",
];

/** Where points lie on an arc. */
const onArc: readonly TaskName[] = ["simplex-2", "checkerboard"];

/** Those that are drawn there as functions. */
const drawn: readonly ClassifierName[] = ["optimal", "depth-1", "depth-3", "depth-10"];

const outcomeSchema = z.object({
  /** Training points, without duplicates. */
  samples: z.array(z.int()),
  /** Of each number of samples, the metrics. */
  metrics: z.array(z.record(z.string(), z.number())),
});

async function* train(
  { variant, seed, config }: Job<Config>,
  context: JobContext,
): AsyncGenerator<JobProgress, JobResult> {
  const { task: name, kind } = partsOf(variant);
  const sizes = sizesOf(name, kind, config);
  const taskOf = (samples: number) =>
    sphereTask(
      name,
      { train: samples, test: config.testPoints, imageSize: config.imageSize },
      { seed, stream: (part) => context.stream(part) },
    );
  const done = outcomeSchema.parse(context.restore()?.values ?? { samples: [], metrics: [] });
  while (done.metrics.length < sizes.length) {
    const task = taskOf(sizes[done.metrics.length]);
    const plan = classifierKinds[kind].plan(circumstancesOf(task, config, context));
    done.metrics.push(judge(task, plan));
    done.samples.push(task.train.points.count);
    const step = done.metrics.length;
    await context.checkpoint({ step, tensors: {}, values: structuredClone(done) });
    yield { step, steps: sizes.length, metrics: done.metrics[step - 1] };
  }
  const metrics = done.metrics[sizes.indexOf(config.samples)];
  return {
    metrics,
    series: {
      ...learningCurve(done.samples, done.metrics),
      ...kind === "optimal" && singularSeries(metrics.dimension),
      ...isDrawn(name, kind) && drawing(kind, taskOf(config.samples), config, context),
    },
  };
}

/** Whether there is more to draw than numbers, for which the task is needed once more. */
function isDrawn(task: TaskName, kind: ClassifierName): boolean {
  return kind === "finite-width" || onArc.includes(task) && drawn.includes(kind);
}

function drawing(
  kind: ClassifierName,
  task: SphereTask,
  config: Config,
  context: JobContext,
): Record<string, Series> {
  const circumstances = circumstancesOf(task, config, context);
  return kind === "finite-width"
    ? widthSeries(kernelErrors(task, circumstances))
    : decisionSeries(task, classifierKinds[kind].plan(circumstances), config.arcSamples);
}

function partsOf(variant: string): { readonly task: TaskName; readonly kind: ClassifierName } {
  const combination = combinations.get(variant);
  if (!combination) throw new RangeError(`no variant "${variant}"`);
  // The axes are made of these very names.
  return {
    task: combination.subjects as TaskName,
    kind: combination.classifiers as ClassifierName,
  };
}

function sizesOf(
  task: TaskName,
  kind: ClassifierName,
  { samples, otherSamples }: Config,
): number[] {
  if (!followedOn.includes(task) || !followed.includes(kind)) return [samples];
  return [...new Set([samples, ...otherSamples])].sort((one, other) => one - other);
}

function circumstancesOf(task: SphereTask, config: Config, context: JobContext): Circumstances {
  const { ridge, width } = config;
  return { dimension: task.dimension, ridge, width, stream: (name) => context.stream(name) };
}

/** What is to be said of a classifier on a task. */
function judge(
  { train, test, dimension, bayes }: SphereTask,
  { fit, limit, numbers, depth, candidates, ...plan }: Plan,
): Record<string, number> {
  const classifier: PointClassifier & { readonly coupling?: number } = fit(train);
  const decisions = classify(classifier, test.points);
  const accuracy = agreement(decisions, test.labels);
  const best = bayes && agreement(bayes, test.labels);
  const exponent = plan.exponent ?? (numbers && singularExponent(numbers));
  return {
    "test accuracy": accuracy,
    "undecided": mean(Array.from(decisions, (decision) => decision === undecided ? 1 : 0)),
    ...best !== undefined && { "Bayes accuracy": best, "excess error": best - accuracy },
    ...limit && {
      "agreement with the limit": agreement(decisions, classify(limit(train), test.points)),
    },
    "dimension": dimension,
    ...depth !== undefined && { "layers": depth },
    ...candidates !== undefined && { "candidates": candidates },
    ...exponent !== undefined && { "singular exponent": exponent },
    // How far the kernel matrix is from the identity, of classifiers that have one.
    ...classifier.coupling !== undefined && { "coupling": classifier.coupling },
  };
}

/** The decision function of a classifier of few points, along the quarter circle that all lie on. */
function decisionSeries(task: SphereTask, { fit }: Plan, samples: number): Record<string, Series> {
  const count = Math.min(samples, task.train.points.count);
  const few = pickLabelled(task.train, Array.from({ length: count }, (_, i) => i));
  const steps = 400;
  const angles = Array.from({ length: steps + 1 }, (_, i) => i / steps * Math.PI / 2);
  const arc: Points = {
    count: angles.length,
    size: 2,
    values: Float64Array.from(angles.flatMap((angle) => [Math.cos(angle), Math.sin(angle)])),
  };
  return { ...arcSeries(angles, fit(few).scores(arc)), ...labelsOnArc(few) };
}

/** How far inner products of a finite network's features are from the NNGP, after 1 to 3 layers. */
function kernelErrors(task: SphereTask, circumstances: Circumstances): number[] {
  const points = slicePoints(task.test.points, 0, Math.min(100, task.test.points.count));
  const dual = optimalDual(task.dimension);
  return networkOf(circumstances, points.size, 3).features(points).map((features, l) => {
    const expected = innerProducts(points, points);
    nngpKernel(dual, l + 1)(expected);
    const squares = innerProducts(features, features).map((value, i) => (value - expected[i]) ** 2);
    return Math.sqrt(mean(Array.from(squares)));
  });
}

/** Variants of some data. */
const on = (data: TaskName, kinds: readonly ClassifierName[]) =>
  kinds.map((kind) => `${data}-${kind}`);

const core = ["optimal", "hilbert", "nearest-neighbour", "majority"] as const;
const limits = [...core, "even", "offset", "depth-1"] as const;
const baselines = ["k-nearest", "rbf-ridge", "relu-ntk-3"] as const;

const deskVariants = [
  ...on("simplex-2", [
    ...limits,
    "depth-3",
    "depth-10",
    "optimal-ntk",
    "finite-width",
    ...baselines,
  ]),
  ...on("simplex-3", limits),
  ...on("simplex-5", limits),
  ...on("simplex-9", limits),
  ...on("checkerboard", [...core, "depth-1", "depth-3", "depth-10"]),
  ...on("poses", [...core, "half-exponent", "double-exponent", ...baselines]),
];

export const wideDeep = defineMethod({
  id: "wide-deep-ntk",
  card: "26",
  family: "theory",
  summary: "Infinitely wide and deep networks: three classifiers, one of them optimal",
  paper: {
    title: "Wide and Deep Neural Networks Achieve Optimality for Classification",
    authors: "Adityanarayanan Radhakrishnan, Mikhail Belkin, Caroline Uhler",
    year: 2023,
    venue: "PNAS",
    arxiv: "2204.14126",
  },
  config: configSchema,
  axes,
  profiles: {
    smoke: {
      config: { samples: 24, otherSamples: [12], testPoints: 40, imageSize: 8, width: 16 },
      seeds: 1,
      variants: [
        ...on("simplex-2", [
          "optimal",
          "hilbert",
          "nearest-neighbour",
          "even",
          "offset",
          "majority",
        ]),
        ...on("poses", ["optimal", "k-nearest"]),
      ],
    },
    desk: { config: {}, seeds: 5, variants: deskVariants },
    // The sizes of the authors' experiments, of which the kernel matrix is never solved for.
    full: {
      config: { samples: 10_000, otherSamples: [1000, 3000], testPoints: 10_000 },
      seeds: 5,
      variants: (["simplex-2", "simplex-3", "simplex-5", "simplex-9"] as const).flatMap((data) =>
        on(data, [...core, "even", "erf", "sine", "optimal-ntk"])
      ),
    },
  },
  variants: variantsOf(axes),
  train,
  claim: wideDeepClaim,
  figures: wideDeepFigures,
  tables: wideDeepTables,
});
