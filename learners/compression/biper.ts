/**
 * BiPer: "BiPer: Binary Neural Networks using a Periodic Function". Vargas, Correa, Hinojosa, Arguello.
 * CVPR 2024, https://arxiv.org/abs/2404.01278
 *
 * The usual binariser of a latent weight is one step, which no smooth stand-in matches. BiPer binarises
 * by a square wave and pulls gradients back through the sine of the same period, so every latent weight
 * has both signs nearby, and the frequency ω sets the gap between the sine and its sign:
 *
 *     stage 1: ŵ = sin(ωw)              real weights, binary activations
 *     stage 2: ŵ = sign(sin(ωw))        all binary, from the best checkpoint of stage 1, with the same ω
 *     ∂ŵ/∂w   := ω cos(ωw)              in both stages; there is no window
 *     â = sign(a₀), a₀ = a/σ(a)         σ: each sample's own deviation
 *     ∂â/∂a₀  := max(0, 2 − 2|a₀|)
 *     R = Σ_layers τ mean(sin²(ωw))     optional; draws phases towards the crossings, where bits flip
 *     QE = 1 − mean|sin(ωw)|            the quantisation error, for each layer
 *
 * Layer: y = α ⊙ conv2d(â, ŵ), α trained. Shapes: a [batch, height, width, in], w [3, 3, in, out],
 * α [out], y [batch, height/stride, width/stride, out]. Every activation is clipped to ±1, which is also
 * what makes the full-precision network nonlinear.
 *
 * In the phase θ = ωw a step of descent is Δθ = −rate ω² (∂L/∂ŵ) cos θ: at a fixed rate a sweep of ω
 * also sweeps the step. `rescaleRate` keeps rate ω² constant.
 */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import {
  defineMethod,
  type Job,
  type JobContext,
  type JobProgress,
  type JobResult,
} from "../method.ts";
import {
  type Binariser,
  binariser,
  perSampleDeviationScale,
  real,
  relaxation,
} from "../nn/binary/binary_conv.ts";
import { flipCounter, quantisationErrors } from "../nn/binary/diagnostics.ts";
import { piecewiseQuadratic, sign, sine, straightThrough } from "../nn/binary/estimators.ts";
import type { Phase } from "../nn/image_classification.ts";
import { mean } from "../statistics/descriptive.ts";
import {
  type Bench,
  binaryBench,
  binaryBenchSchema,
  cifarTask,
  smokeTask,
} from "./binary_bench.ts";
import {
  biperClaim,
  biperFigures,
  gaussianDeparture,
  phaseSpread,
  sweepVariants,
} from "./biper_report.ts";

const configSchema = binaryBenchSchema.extend({
  omega: z.number().positive().default(20).describe(
    "ω, the frequency (radians per unit of weight)",
  ),
  stage1Epochs: z.int().min(1).default(12).describe("epochs with sine weights"),
  stage2Epochs: z.int().min(1).default(6).describe("epochs with binary weights"),
  stage1LearningRate: z.number().positive().default(0.02).describe("highest, in stage 1"),
  stage2LearningRate: z.number().positive().default(0.004).describe("highest, in stage 2"),
  stage1WeightDecay: z.number().min(0).default(1e-3).describe("L2 decay in stage 1"),
  stage2WeightDecay: z.number().min(0).default(1e-4).describe("L2 decay in stage 2"),
  tau: z.number().min(0).default(0).describe("τ, weight of the phase regulariser"),
  rescaleRate: z.boolean().default(false)
    .describe("multiply the learning rates by (20/ω)², so that steps in the phase stay the same"),
});

type Config = z.output<typeof configSchema>;

/** Stage 1: ŵ = sin(ωw), and its derivative. */
export function sineWeight(omega: number): Binariser {
  return relaxation(sine(omega));
}

/** Stage 2: ŵ = sign(sin(ωw)), differentiated as the sine. */
export function squareWave(omega: number): Binariser {
  return binariser(sine(omega));
}

/** â = sign(a/σ(a)), differentiated as the piecewise quadratic. */
export const signActivation: Binariser = (a, progress) =>
  binariser(piecewiseQuadratic)(perSampleDeviationScale(a), progress);

/** R of one layer: τ mean(½ − ½ cos(2ωw)). */
export function phaseRegulariser(w: tf.Tensor, omega: number, tau: number): tf.Tensor {
  return tf.mul(tau / 2, tf.sub(1, tf.mean(tf.cos(tf.mul(2 * omega, w)))));
}

/** What differs between variants. */
interface Arm {
  /** The weights' path in each stage; a single one lasts for all epochs, on stage 1's terms. */
  readonly stages: readonly [Binariser] | readonly [Binariser, Binariser];
  readonly activations: Binariser;
  /** The bits of latent weights, where there are bits. */
  readonly bits?: (w: tf.Tensor) => tf.Tensor;
  /** ω, where the weights are periodic. */
  readonly omega?: number;
  readonly tau?: number;
}

function periodic(omega: number, tau: number): Arm {
  const stages = [sineWeight(omega), squareWave(omega)] as const;
  return { stages, activations: signActivation, bits: sine(omega).binary, omega, tau };
}

const straight = binariser(straightThrough());

/** w/mean|w| clipped to ±1: real weights of a similar range as their signs. */
const clippedWeight: Binariser = (w) => tf.clipByValue(tf.div(w, tf.mean(tf.abs(w))), -1, 1);

const arms: Readonly<Record<string, (config: Config) => Arm>> = {
  "full-precision": () => ({ stages: [real], activations: real }),
  "ste": () => ({ stages: [straight], activations: signActivation, bits: sign }),
  "ste-two-stage": () => ({
    stages: [clippedWeight, straight],
    activations: signActivation,
    bits: sign,
  }),
  "biper": ({ omega, tau }) => periodic(omega, tau),
  "biper-one-stage": ({ omega, tau }) => ({
    ...periodic(omega, tau),
    stages: [squareWave(omega)],
  }),
  "biper-regularised": ({ omega }) => periodic(omega, 0.04),
  "biper-omega-2": ({ tau }) => periodic(2, tau),
  "biper-omega-5": ({ tau }) => periodic(5, tau),
  "biper-omega-10": ({ tau }) => periodic(10, tau),
  "biper-omega-40": ({ tau }) => periodic(40, tau),
};

/** The stages of a variant on the bench's network. */
function phasesOf(
  { stages, activations, omega, tau = 0 }: Arm,
  bench: Bench,
  config: Config,
): Phase[] {
  const rescaled = config.rescaleRate && omega !== undefined ? (20 / omega) ** 2 : 1;
  const penalty = omega === undefined || tau === 0
    ? undefined
    : () => tf.addN(Object.values(bench.kernels).map((w) => phaseRegulariser(w, omega, tau)));
  const terms = [
    {
      epochs: config.stage1Epochs + (stages.length === 1 ? config.stage2Epochs : 0),
      learningRate: config.stage1LearningRate * rescaled,
      weightDecay: config.stage1WeightDecay,
    },
    {
      epochs: config.stage2Epochs,
      learningRate: config.stage2LearningRate * rescaled,
      weightDecay: config.stage2WeightDecay,
    },
  ];
  return stages.map((weights, stage) => ({
    ...terms[stage],
    warmUp: config.warmUp,
    classifier: bench.network({ weights, activations, scale: "learned" }),
    penalty,
  }));
}

async function* train(
  { variant, config }: Job<Config>,
  context: JobContext,
): AsyncGenerator<JobProgress, JobResult> {
  const bench = await binaryBench(config, context, { hardtanh: true, scale: "learned" });
  try {
    const arm = arms[variant](config);
    const kernels = Object.values(bench.kernels);
    const initial = arm.omega === undefined ? [] : await quantisationErrors(kernels, arm.omega);
    const training = bench.training(
      phasesOf(arm, bench, config),
      arm.bits && flipCounter(kernels, arm.bits),
    );
    yield* training.run(context);

    const metrics: Record<string, number> = {
      "test accuracy": await training.accuracy(bench.task.test),
    };
    const series = training.series;
    if (arm.bits) metrics["flip rate"] = mean(training.history["flip rate"]);
    if (arm.omega !== undefined) {
      const { omega } = arm;
      const final = await quantisationErrors(kernels, omega);
      metrics["initial quantisation error"] = mean(initial.map(({ error }) => error));
      metrics["quantisation error"] = mean(final.map(({ error }) => error));
      metrics["initial departure from the Gaussian line"] = gaussianDeparture(
        initial,
        kernels,
        omega,
      );
      series["initial quantisation error over phase spread"] = phaseSpread(initial, omega);
      series["quantisation error over phase spread"] = phaseSpread(final, omega);
    }
    return { metrics, series, multiplyAdds: bench.multiplyAdds(training) };
  } finally {
    bench.dispose();
  }
}

/** BiPer, its baselines, its frequencies. */
export const biper = defineMethod({
  id: "biper",
  card: "02",
  family: "compression",
  summary: "binary networks whose weights are the sign of a sine of their latent values",
  paper: {
    title: "BiPer: Binary Neural Networks using a Periodic Function",
    authors: "Edwin Vargas, Claudia V. Correa, Carlos Hinojosa, Henry Arguello",
    year: 2024,
    venue: "CVPR",
    arxiv: "2404.01278",
  },
  config: configSchema,
  profiles: {
    smoke: {
      config: { ...smokeTask, stage1Epochs: 2, stage2Epochs: 1 },
      seeds: 1,
      variants: ["ste", "biper"],
    },
    desk: { config: {}, seeds: 3, variants: Object.keys(arms) },
    full: {
      config: {
        ...cifarTask,
        stage1Epochs: 600,
        stage2Epochs: 300,
        stage1LearningRate: 0.021,
        stage2LearningRate: 0.0037,
        stage1WeightDecay: 0.0016,
        stage2WeightDecay: 0.00016,
      },
      seeds: 3,
      variants: ["full-precision", "ste", "ste-two-stage", "biper", "biper-one-stage"],
    },
  },
  variants: {
    "full-precision": "real weights and activations, the latter clipped to ±1",
    "ste": "sign of the weight, straight-through estimator with window 1, one stage",
    "ste-two-stage": "the same after a stage with real weights w/mean|w| clipped to ±1",
    "biper": "BiPer: sine weights, then their signs",
    "biper-one-stage": "the square wave from the start, for as many epochs",
    "biper-regularised": "BiPer with the phase regulariser, τ = 0.04",
    ...sweepVariants,
  },
  train,
  claim: biperClaim,
  figures: biperFigures,
});
