/** BiPer: its binarisers, its stages, its jobs, its claim. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import {
  biper,
  phaseRegulariser,
  signActivation,
  sineWeight,
  squareWave,
} from "../../../learners/compression/biper.ts";
import { gaussianDeparture } from "../../../learners/compression/biper_report.ts";
import type { JobResult, Outcomes } from "../../../learners/method.ts";
import { readyBackend } from "../../../learners/nn/backend.ts";
import type { Binariser } from "../../../learners/nn/binary/binary_conv.ts";
import { gaussianQuantisationError } from "../../../learners/nn/binary/diagnostics.ts";
import { applied, assertClose } from "../binary/support.ts";
import { smokeJob } from "./support.ts";

await readyBackend("wasm");

const value = (w: readonly number[], path: Binariser) => applied(w, (x) => path(x, 0));

/** Enough to train two steps an epoch. */
const few = { trainingImages: 32, validationImages: 16, testImages: 16, batch: 16 };

/** An epoch for each stage. */
const shortest = { ...few, stage1Epochs: 1, stage2Epochs: 1 };

/** The gradient that arrives at `w` from the weights 1, 2, 3, … of the output. */
const gradient = (w: readonly number[], path: Binariser) =>
  applied(
    w,
    (x) =>
      tf.grad((latent: tf.Tensor) => tf.sum(tf.mul(path(latent, 0), w.map((_, i) => i + 1))))(x),
  );

Deno.test("stage 1 computes with the sine, stage 2 with its sign, and both have the same gradient", () => {
  const w = [0.05, 0, 0.1, Math.PI / 40, 0.2, -0.03];
  assertClose(value([0.05], sineWeight(20)), [0.841471], 1e-6);
  deepStrictEqual(value(w, squareWave(20)), [1, 1, 1, 1, -1, -1]);
  const slopes = gradient(w, squareWave(20));
  deepStrictEqual(slopes, gradient(w, sineWeight(20)));
  assertClose(slopes.slice(0, 3), [10.806046, 2 * 20, 3 * -8.322937], 1e-4);
});

Deno.test("where a clipped estimator would push a bit on, the square wave turns back", () => {
  deepStrictEqual(value([0.1], squareWave(20)), [1]);
  assertClose(gradient([0.1], squareWave(20)), [-8.322937], 1e-5);
});

Deno.test("an activation's gradient depends on its size in deviations of its sample", () => {
  // Two samples of equal form: the second is a hundred times the first.
  const a = tf.tensor2d([[-1.5, -0.5, 0.5, 1.5], [-150, -50, 50, 150]]);
  const slopes = tf.tidy(() =>
    tf.grad((x: tf.Tensor) => tf.sum(signActivation(x, 0)))(a).arraySync() as number[][]
  );
  const bits = tf.tidy(() => signActivation(a, 0).arraySync());
  deepStrictEqual(bits, [[-1, -1, 1, 1], [-1, -1, 1, 1]]);
  assertClose(slopes[1].map((slope) => 100 * slope), slopes[0], 1e-3);
  // Of the two within a deviation: (2 − 2·0.5/σ)/σ, less what flows back through σ, which the symmetric
  // sample cancels.
  const deviation = Math.sqrt(5 / 3);
  assertClose([slopes[0][1]], [(2 - 1 / deviation) / deviation], 1e-3);
});

Deno.test("the phase regulariser has the value and the gradient of its formula", () => {
  const [omega, tau] = [20, 0.037];
  const regulariser = (w: tf.Tensor) => phaseRegulariser(w, omega, tau);
  const table = [[0.05, 0.026199, 0.672880], [Math.PI / 40, tau, 0], [0, 0, 0]];
  for (const [w, penalty, slope] of table) {
    assertClose(applied([w], regulariser), [penalty], 1e-6);
    assertClose(applied([w], (x) => tf.grad(regulariser)(x)), [slope], 1e-5);
  }
  // It is a mean: two equal weights share one weight's gradient.
  assertClose(applied([0.05, 0.05], (x) => tf.grad(regulariser)(x)), [0.33644, 0.33644], 1e-5);
});

Deno.test("below a quarter period the square wave is the sign of the weight", () => {
  const w = [-0.07, -0.01, 0.01, 0.07];
  deepStrictEqual(value(w, squareWave(20)), [-1, -1, 1, 1]);
  const slow = gradient([0.9], squareWave(1e-3));
  assertClose([slow[0] / 1e-3], [1], 1e-6);
});

Deno.test("a job that is interrupted goes on to the bit-equal result, in both stages and between", async () => {
  const changes = { ...few, stage1Epochs: 2, stage2Epochs: 2 };
  const whole = await smokeJob(biper, "biper", { changes });
  strictEqual(whole.snapshots.length, 4);
  for (const at of [0, 1, 2]) {
    const rest = await smokeJob(biper, "biper", { changes, from: whole.snapshots[at] });
    deepStrictEqual(rest.progress, whole.progress.slice(at + 1));
    deepStrictEqual(rest.snapshots, whole.snapshots.slice(at + 1));
    deepStrictEqual(rest.result, whole.result);
  }
});

Deno.test("stage 2 begins with all of stage 1's best checkpoint", async () => {
  const { snapshots: [, switched] } = await smokeJob(biper, "biper", {
    changes: { ...few, stage1Epochs: 2 },
  });
  const parameters = Object.keys(switched.tensors).filter((name) => name.startsWith("parameters."));
  // Kernels, α and batch norms with their statistics; ω is the configuration's in both stages.
  for (
    const part of [
      "convolution1.kernel",
      "convolution1.alpha",
      "convolution4.mean",
      "head.variance",
    ]
  ) {
    ok(parameters.some((name) => name.endsWith(part)), part);
  }
  for (const name of parameters) {
    const best = switched.tensors[name.replace("parameters.", "best.")];
    deepStrictEqual(switched.tensors[name], best, name);
  }
});

Deno.test("fresh layers have the quantisation error of normal weights at every frequency", async () => {
  const errors: number[] = [];
  for (const variant of ["biper-omega-2", "biper-omega-5", "biper-omega-10", "biper"]) {
    const { result: { metrics } } = await smokeJob(biper, variant, { changes: shortest });
    ok(metrics["initial departure from the Gaussian line"] < 0.02, variant);
    errors.push(metrics["initial quantisation error"]);
  }
  ok(errors.every((error, i) => i === 0 || error < errors[i - 1]), `${errors}`);
});

Deno.test("the departure from the Gaussian line is that of the worst layer", () => {
  const line = gaussianQuantisationError(20 * Math.sqrt(2 / 144));
  const kernel = { size: 144 * 5, shape: [3, 3, 16, 5] };
  const layers = [{ error: line + 0.01, scale: 1 }, { error: line - 0.03, scale: 1 }];
  assertClose([gaussianDeparture(layers, [kernel, kernel], 20)], [0.03], 1e-9);
});

Deno.test("every variant runs for as many epochs; the binary ones report flips, the periodic ones errors", async () => {
  const before = tf.memory().numTensors;
  for (const variant of Object.keys(biper.variants)) {
    const { progress, result } = await smokeJob(biper, variant, { changes: shortest });
    strictEqual(progress.length, 2, variant);
    strictEqual(result.multiplyAdds, 3 * 2 * 32 * 525_568);
    strictEqual("flip rate" in result.metrics, variant !== "full-precision", variant);
    strictEqual("quantisation error" in result.metrics, variant.startsWith("biper"), variant);
  }
  strictEqual(tf.memory().numTensors, before);
});

Deno.test("with rescaled rates a slower wave takes larger steps in its weights", async () => {
  const changes = { ...shortest, trainingImages: 16 };
  const step = async (rescaleRate: boolean) => {
    const job = { changes: { ...changes, rescaleRate, stage1LearningRate: 1e-4 } };
    const { snapshots: [first] } = await smokeJob(biper, "biper-omega-2", job);
    return Math.hypot(...first.tensors["parameters.variables.head.bias"].data);
  };
  // One batch from zero bias: the step is proportional to the rate, here (20/2)² times as high.
  assertClose([await step(true) / await step(false)], [100], 0.01);
});

Deno.test("the regulariser changes the training, and only where it is on", async () => {
  const changes = { ...shortest, trainingImages: 16 };
  const loss = async (variant: string, tau: number) =>
    (await smokeJob(biper, variant, { changes: { ...changes, tau } })).progress[0].metrics.loss;
  const plain = await loss("biper", 0);
  strictEqual(await loss("biper", 0.04), await loss("biper-regularised", 0));
  // Four layers of widely spread phases add about τ/2 each.
  assertClose([await loss("biper", 0.04) - plain], [0.08], 0.01);
  strictEqual(await loss("ste", 0.04), await loss("ste", 0));
});

Deno.test("profiles name variants that there are, and give configurations that parse", () => {
  for (const { config, variants } of Object.values(biper.profiles)) {
    ok(variants.every((variant) => variant in biper.variants));
    biper.config.parse(config);
  }
});

function outcomesOf(metrics: Readonly<Record<string, JobResult["metrics"]>>): Outcomes {
  return Object.fromEntries(
    Object.entries(metrics).map(([variant, values]) => {
      const flips = { x: [1, 2], y: [0.1, 0.05] };
      const spread = { x: [1, 2], y: [0.45, 0.4] };
      const series = {
        "flip rate": flips,
        "initial quantisation error over phase spread": spread,
        "quantisation error over phase spread": spread,
      };
      return [variant, [{ seed: 0, result: { metrics: values, series } }]];
    }),
  );
}

function periodic(accuracy: number, error: number): JobResult["metrics"] {
  return {
    "test accuracy": accuracy,
    "initial quantisation error": error,
    "quantisation error": error,
    "initial departure from the Gaussian line": 0.012,
  };
}

const shown = outcomesOf({
  "full-precision": { "test accuracy": 0.95 },
  "ste": { "test accuracy": 0.9 },
  "ste-two-stage": { "test accuracy": 0.91 },
  "biper": periodic(0.92, 0.37),
  "biper-one-stage": periodic(0.9, 0.37),
  "biper-omega-2": periodic(0.85, 0.83),
  "biper-omega-5": periodic(0.88, 0.6),
  "biper-omega-10": periodic(0.91, 0.42),
  "biper-omega-40": periodic(0.9, 0.365),
});

Deno.test("the claim holds of numbers that show it, with their margins", () => {
  const { holds, margin, parts } = biper.claim(shown);
  ok(holds);
  strictEqual(parts.length, 7);
  assertClose(parts.map((part) => part.margin), [
    // In units of 0.005 of accuracy.
    (0.92 - 0.9) / 0.005 - 1,
    (0.92 - 0.91) / 0.005,
    (0.92 - 0.9) / 0.005,
    (0.95 - 0.92) / 0.005,
    // Of the tolerances: 0.02 of departure, 0.01 of a fall, the smallest of which is 0.37 to 0.365.
    (0.02 - 0.012) / 0.02,
    (0.37 - 0.365) / 0.01 + 1,
    (0.37 - 0.365) / 0.01 + 1,
  ], 1e-9);
  assertClose([margin], [0.4], 1e-9);
});

Deno.test("the claim fails when the error rises with the frequency or layers leave the line", () => {
  const turned = {
    ...shown,
    ...outcomesOf({
      "biper-omega-40": {
        ...periodic(0.9, 0.4),
        "initial departure from the Gaussian line": 0.05,
      },
    }),
  };
  const failing = biper.claim(turned).parts.filter(({ holds }) => !holds);
  strictEqual(failing.length, 3);
});

Deno.test("figures show the laws with the layers, the frequencies, the flips and the accuracies", () => {
  const figures = biper.figures(shown);
  deepStrictEqual(figures.map(({ kind }) => kind), ["scatter", "line", "line", "bars"]);
  const [laws, frequencies, flips] = figures;
  ok(laws.kind === "scatter" && frequencies.kind === "line" && flips.kind === "line");
  const [laplace, normal, fresh] = laws.traces;
  const nearOne = laplace.x.findIndex((x) => x >= 0.9999);
  assertClose([laplace.y[nearOne]], [0.454834], 1e-3);
  assertClose([normal.y[nearOne]], [gaussianQuantisationError(1.2533)], 1e-3);
  strictEqual(fresh.x.length, 18);
  deepStrictEqual(frequencies.traces[0].x, [2, 5, 10, 20, 40]);
  strictEqual(flips.traces.length, 9);
});
