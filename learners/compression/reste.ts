/**
 * ReSTE: "Estimator Meets Equilibrium Perspective: A Rectified Straight Through Estimator for Binary
 * Neural Networks Training". Wu, Zheng, Liu, Zheng. ICCV 2023, https://arxiv.org/abs/2308.06689
 *
 * A binary layer computes with signs; the backward pass needs a stand-in f for the sign. The closer f
 * comes to it, the smaller the estimating error e, and the larger the instability s of the gradients:
 * training is an equilibrium between the two. ReSTE moves through it by one number, o:
 *
 *     f(z)  = sign(z) |z|^(1/o)              o = 1: the straight-through estimator; o → ∞: the sign
 *     f'(z) = (1/o) |z|^((1 − o)/o)          m < |z| ≤ t
 *           = f(m)/m                         |z| ≤ m, in place of the singularity
 *           = 0                              |z| > t, saturation
 *     o(r)  = 1 + (1 − cos(πr/2))(o_end − 1) r = epoch/epochs, the same o for weights and activations
 *     e     = Σ_layers ‖f(w) − sign(w)‖₂     with o = o_end
 *     s     = Σ_layers var |∂L/∂w|
 *
 * Layer: y = conv2d(sign(a), mean|w| · sign(w)), one scale for a layer, gradients flow through it.
 * Shapes: a [batch, height, width, in], w [3, 3, in, out], y [batch, height/stride, width/stride, out].
 * The estimators it is compared with are in `nn/binary/estimators.ts`, the network in
 * `nn/binary/binary_residual_net.ts`. The full-precision network has ReLUs where the others have signs,
 * since it would be linear without.
 */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import {
  defineMethod,
  type Job,
  type JobContext,
  type JobProgress,
  type JobResult,
  type Series,
} from "../method.ts";
import { binariser, type BinaryPath, real } from "../nn/binary/binary_conv.ts";
import { estimatingError, gradientInstability } from "../nn/binary/diagnostics.ts";
import {
  errorDecay,
  type Estimator,
  powerFamily,
  type PowerLimits,
  resteLimits,
  rotatedPolynomial,
  straightThrough,
} from "../nn/binary/estimators.ts";
import type { ClassifierTraining, Phase } from "../nn/image_classification.ts";
import { mean } from "../statistics/descriptive.ts";
import {
  type Bench,
  binaryBench,
  binaryBenchSchema,
  cifarTask,
  smokeTask,
} from "./binary_bench.ts";
import { indicatorNames, overO, resteClaim, resteFigures, sweep } from "./reste_report.ts";

const configSchema = binaryBenchSchema.extend({
  epochs: z.int().min(1).default(18).describe("passes over the training images"),
  learningRate: z.number().positive().default(0.05).describe("highest learning rate"),
  weightDecay: z.number().min(0).default(1e-4).describe("L2 decay of all variables"),
  oEnd: z.number().min(1).default(3).describe("o_end, the power's exponent at the end, 1 … 10"),
  threshold: z.number().positive().default(resteLimits.threshold)
    .describe("t, |z| beyond which no gradient passes"),
  core: z.number().positive().default(resteLimits.core)
    .describe("m, |z| up to which the slope is the chord's"),
});

type Config = z.output<typeof configSchema>;

/** o(r) = 1 + (1 − cos(πr/2))(o_end − 1). */
export function powerSchedule(progress: number, oEnd: number): number {
  return 1 + (1 - Math.cos(Math.PI * progress / 2)) * (oEnd - 1);
}

function resteEstimator({ oEnd, ...limits }: PowerLimits & { readonly oEnd: number }): Estimator {
  return powerFamily((progress) => powerSchedule(progress, oEnd), limits);
}

/** The stand-in of every binary variant. */
const estimators: Readonly<Record<string, (config: Config) => Estimator>> = {
  "ste": () => straightThrough(),
  "ede": () => errorDecay,
  "rbnn": () => rotatedPolynomial,
  "reste": resteEstimator,
  "reste-1": (config) => resteEstimator({ ...config, oEnd: 1 }),
  "reste-2": (config) => resteEstimator({ ...config, oEnd: 2 }),
  "reste-5": (config) => resteEstimator({ ...config, oEnd: 5 }),
  "reste-10": (config) => resteEstimator({ ...config, oEnd: 10 }),
  "reste-constant": (config) => powerFamily(() => config.oEnd, config),
  "reste-no-core": (config) => resteEstimator({ ...config, core: undefined }),
  "reste-no-saturation": (config) => resteEstimator({ ...config, threshold: Infinity }),
};

const fullPrecision: BinaryPath = { weights: real, activations: (a) => tf.relu(a), scale: "none" };

function binaryPath(weights: Estimator, activations = weights): BinaryPath {
  return { weights: binariser(weights), activations: binariser(activations), scale: "layer" };
}

/** The two indicators: e of the latent weights, with `estimator` at its end, and s of `gradients`. */
async function indicators(
  { kernels }: Bench,
  estimator: Estimator,
  gradients: Readonly<Record<string, tf.Tensor>>,
) {
  const ofKernels = Object.keys(kernels).map((name) => gradients[name]);
  return {
    "estimating error": await estimatingError(Object.values(kernels), estimator),
    "gradient instability": await gradientInstability(ofKernels),
  };
}

async function* train(
  { variant, config }: Job<Config>,
  context: JobContext,
): AsyncGenerator<JobProgress, JobResult> {
  const bench = await binaryBench(config, context, { hardtanh: false, scale: "layer" });
  try {
    const estimator = variant === "full-precision" ? undefined : estimators[variant](config);
    const path = estimator ? binaryPath(estimator) : fullPrecision;
    const phase = { ...config, classifier: bench.network(path) };
    const training = bench.training(
      [phase],
      estimator && { ended: (gradients) => indicators(bench, estimator, gradients) },
    );
    yield* training.run(context);

    const { history } = training;
    const metrics: Record<string, number> = {
      "test accuracy": await training.accuracy(bench.task.test),
    };
    if (estimator) {
      metrics["estimating error"] = mean(history["estimating error"]);
      metrics["gradient instability"] = history["gradient instability"].reduce(
        (total, s) => total + s,
        0,
      );
    }
    const series = {
      ...training.series,
      ...(estimator && await equalFooting(bench, training, phase, estimator, config)),
    };
    return { metrics, series, multiplyAdds: bench.multiplyAdds(training) };
  } finally {
    bench.dispose();
  }
}

/** The indicators over o when nothing but the weights' o differs: one set of weights, one batch. */
async function equalFooting(
  bench: Bench,
  training: ClassifierTraining,
  phase: Phase,
  activations: Estimator,
  config: Config,
): Promise<Record<string, Series>> {
  const images = training.firstImages(config.batch);
  const points: Awaited<ReturnType<typeof indicators>>[] = [];
  for (const o of sweep) {
    const weights = powerFamily(() => o, config);
    const classifier = bench.network(binaryPath(weights, activations));
    const { loss, gradients } = training.gradients(images, { ...phase, classifier }, 1);
    points.push(await indicators(bench, weights, gradients));
    tf.dispose([loss, gradients]);
  }
  tf.dispose(images);
  return Object.fromEntries(
    indicatorNames.map((
      name,
    ) => [overO(name), { x: sweep, y: points.map((point) => point[name]) }]),
  );
}

/** ReSTE, its rivals and its ablations. */
export const reste = defineMethod({
  id: "reste",
  card: "12",
  family: "compression",
  summary:
    "binary networks trained through a power-law stand-in for the sign that sharpens with time",
  paper: {
    title: "Estimator Meets Equilibrium Perspective: A Rectified Straight Through Estimator for " +
      "Binary Neural Networks Training",
    authors: "Xiao-Ming Wu, Dian Zheng, Zuhao Liu, Wei-Shi Zheng",
    year: 2023,
    venue: "ICCV",
    arxiv: "2308.06689",
  },
  config: configSchema,
  profiles: {
    smoke: {
      config: { ...smokeTask, epochs: 2 },
      seeds: 1,
      variants: ["ste", "reste"],
    },
    desk: { config: {}, seeds: 3, variants: ["full-precision", ...Object.keys(estimators)] },
    full: {
      config: { ...cifarTask, epochs: 1000, learningRate: 0.1 },
      seeds: 3,
      variants: ["full-precision", "ste", "ede", "rbnn", "reste-1", "reste", "reste-10"],
    },
  },
  variants: {
    "full-precision": "real weights, ReLU activations",
    "ste": "straight-through estimator with window 1",
    "ede": "error decay estimator of IR-Net",
    "rbnn": "training-aware polynomial of RBNN",
    "reste": "ReSTE, o rising to o_end (3 unless set)",
    "reste-1": "ReSTE with o_end = 1: the straight-through estimator with window t",
    "reste-2": "ReSTE with o_end = 2",
    "reste-5": "ReSTE with o_end = 5",
    "reste-10": "ReSTE with o_end = 10",
    "reste-constant": "o = o_end from the start, without a schedule",
    "reste-no-core": "ReSTE with the singular derivative at zero (|z| held above 1e-6)",
    "reste-no-saturation": "ReSTE without the threshold t",
  },
  train,
  claim: resteClaim,
  figures: resteFigures,
});
