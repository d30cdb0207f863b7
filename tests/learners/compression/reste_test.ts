/** ReSTE: its schedule, its limits, its jobs, its claim. */
import { deepStrictEqual, notDeepStrictEqual, ok, strictEqual } from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { powerSchedule, reste } from "../../../learners/compression/reste.ts";
import type { Outcomes } from "../../../learners/method.ts";
import { readyBackend } from "../../../learners/nn/backend.ts";
import { binariser } from "../../../learners/nn/binary/binary_conv.ts";
import {
  binaryResidualNet,
  binaryResidualParameters,
  residualLayers,
} from "../../../learners/nn/binary/binary_residual_net.ts";
import {
  type Estimator,
  powerFamily,
  straightThrough,
} from "../../../learners/nn/binary/estimators.ts";
import { ClassifierTraining } from "../../../learners/nn/image_classification.ts";
import { isJudged } from "../../../learners/outcomes.ts";
import { randomStream } from "../../../sim/random.ts";
import { assertClose } from "../binary/support.ts";
import { smokeJob } from "./support.ts";

await readyBackend("wasm");

/** Enough to train two steps an epoch. */
const few = { trainingImages: 32, validationImages: 16, testImages: 16, batch: 16 };

const stream = (name: string) => randomStream(1, name);

Deno.test("o rises along the cosine from 1 towards its end", () => {
  const o = (epoch: number) => powerSchedule(epoch / 100, 3);
  assertClose([0, 25, 50, 75, 100].map(o), [1, 1.152241, 1.585786, 2.234633, 3], 1e-6);
  assertClose([o(99)], [2.968585], 1e-6);
  for (let epoch = 1; epoch < 100; epoch++) ok(o(epoch) >= o(epoch - 1) && o(epoch) < 3);
});

Deno.test("with o_end = 1 a whole training step is that of the straight-through estimator, bit for bit", async () => {
  const form = {
    height: 16,
    width: 16,
    channels: 1,
    classes: 8,
    ...residualLayers["bnn-16"],
    hardtanh: false,
  };
  const source = stream("images");
  const images = Float32Array.from({ length: 16 * 256 }, () => source.uniform());
  const labels = Array.from({ length: 16 }, (_, i) => i % 8);
  const set = { height: 16, width: 16, channels: 1, images, labels };
  const afterOneStep = async (estimator: Estimator) => {
    const parameters = binaryResidualParameters(form, "layer", stream);
    const path = { weights: binariser(estimator), activations: binariser(estimator) };
    const classifier = binaryResidualNet(form, parameters, { ...path, scale: "layer" });
    const training = new ClassifierTraining({
      training: set,
      validation: set,
      classes: 8,
      parameters,
      phases: [{ classifier, epochs: 1, learningRate: 0.05, weightDecay: 1e-4, warmUp: 0 }],
      batch: 16,
      momentum: 0.9,
      augmentation: { shift: 0, flip: false },
      stream,
    });
    await training.epoch();
    return await training.save();
  };
  const power = await afterOneStep(powerFamily((progress) => powerSchedule(progress, 1)));
  deepStrictEqual(power, await afterOneStep(straightThrough(1.5)));
  notDeepStrictEqual(power, await afterOneStep(straightThrough(0.05)));
});

Deno.test("a job that is interrupted goes on to the bit-equal result", async () => {
  const changes = { ...few, epochs: 3 };
  const whole = await smokeJob(reste, "reste", { changes });
  strictEqual(whole.snapshots.length, 3);
  const rest = await smokeJob(reste, "reste", { changes, from: whole.snapshots[0] });
  deepStrictEqual(rest.progress, whole.progress.slice(1));
  deepStrictEqual(rest.snapshots, whole.snapshots.slice(1));
  deepStrictEqual(rest.result, whole.result);
});

Deno.test("a job leaves no tensors behind, says its epochs and counts its multiply-adds", async () => {
  const before = tf.memory().numTensors;
  const { progress, result } = await smokeJob(reste, "ste");
  strictEqual(tf.memory().numTensors, before);
  deepStrictEqual(progress.map(({ step, steps }) => [step, steps]), [[1, 2], [2, 2]]);
  strictEqual(result.multiplyAdds, 3 * 2 * 96 * 525_568);
});

Deno.test("on equal weights and one batch the error falls and the instability rises with o", async () => {
  const { result: { series = {} } } = await smokeJob(reste, "reste", { changes: { epochs: 1 } });
  const error = series["estimating error over o"];
  const instability = series["gradient instability over o"];
  deepStrictEqual(error.x, [1, 2, 3, 5, 10]);
  for (let i = 1; i < 5; i++) {
    ok(error.y[i] < error.y[i - 1]);
    ok(instability.y[i] > instability.y[i - 1]);
  }
});

Deno.test("every variant runs, and the binary ones report both indicators", async () => {
  for (const variant of Object.keys(reste.variants)) {
    const { result: { metrics } } = await smokeJob(reste, variant, {
      changes: { ...few, epochs: 1 },
    });
    ok(metrics["test accuracy"] >= 0 && metrics["test accuracy"] <= 1);
    strictEqual("gradient instability" in metrics, variant !== "full-precision", variant);
    ok(Object.values(metrics).every(Number.isFinite), variant);
  }
});

Deno.test("profiles name variants that there are, and give configurations that parse", () => {
  for (const { config, variants } of Object.values(reste.profiles)) {
    ok(variants.every((variant) => variant in reste.variants));
    reste.config.parse(config);
  }
});

/** Outcomes of one seed with these accuracies, errors and instabilities. */
function outcomesOf(values: Readonly<Record<string, readonly [number, number, number]>>): Outcomes {
  return Object.fromEntries(
    Object.entries(values).map(([variant, [accuracy, error, instability]]) => {
      const metrics = {
        "test accuracy": accuracy,
        "estimating error": error,
        "gradient instability": instability,
      };
      return [variant, [{ seed: 0, result: { metrics } }]];
    }),
  );
}

const asPublished = {
  "ste": [0.8444, 9, 0.1],
  "ede": [0.852, 9, 0.1],
  "rbnn": [0.8587, 9, 0.1],
  "reste-1": [0.845, 8, 0.2],
  "reste-2": [0.86, 6, 0.3],
  "reste": [0.8675, 5, 0.5],
  "reste-5": [0.85, 4, 0.7],
  "reste-10": [0.8286, 3, 2],
} as const;

Deno.test("the claim holds of the published numbers, with their margins", () => {
  const claim = reste.claim(outcomesOf(asPublished));
  ok(claim.holds);
  const judged = claim.parts.filter(isJudged).map(({ margin }) => margin);
  assertClose(judged, [
    // In units of 0.005 of accuracy.
    (0.8675 - 0.8444) / 0.005 - 1,
    (0.8675 - 0.852) / 0.005,
    (0.8675 - 0.8587) / 0.005,
    // In hundredths of the indicator: 6 → 5 is the smallest fall, 5 → 7 the smallest rise.
    (6 - 5) / 6 / 0.01,
    (0.7 - 0.5) / 0.5 / 0.01,
    (0.8675 - 0.8286) / 0.005,
    (0.8675 - 0.845) / 0.005,
  ], 1e-9);
  assertClose([claim.margin], [(0.8675 - 0.8587) / 0.005], 1e-9);
});

Deno.test("the claim fails where the numbers do, and says where", () => {
  const turned = { ...asPublished, "reste-5": [0.9, 5.5, 0.4], "reste-10": [0.95, 3, 2] } as const;
  const claim = reste.claim(outcomesOf(turned));
  ok(!claim.holds);
  const failing = claim.parts.filter((part) => isJudged(part) && !part.holds).map(({ statement }) =>
    statement
  );
  strictEqual(failing.length, 4);
  ok(failing.some((statement) => statement.includes("estimating error falls with o_end")));
  ok(failing.some((statement) => statement.includes("instability rises with o_end")));
});

Deno.test("parts of the claim that were not run are not judged", () => {
  const { ste, reste: own } = asPublished;
  strictEqual(reste.claim(outcomesOf({ ste, reste: own })).parts.filter(isJudged).length, 1);
  strictEqual(reste.claim({}).holds, false);
});

Deno.test("figures show the estimator, the equilibrium and the accuracies", () => {
  const figures = reste.figures(outcomesOf(asPublished));
  deepStrictEqual(figures.map(({ kind }) => kind), ["line", "line", "scatter", "bars"]);
  const [estimator, derivative, equilibrium, bars] = figures;
  ok(estimator.kind === "line" && derivative.kind === "line");
  const at = (figure: typeof estimator, trace: number, z: number) => {
    const { x, y } = figure.traces[trace];
    return y[x.indexOf(z)];
  };
  assertClose([at(estimator, 2, -1), at(estimator, 2, 0.5)], [-1, 0.793701], 1e-6);
  assertClose([at(derivative, 2, 0.05), at(derivative, 2, 1), at(derivative, 2, 1.6)], [
    4.641589,
    0.333333,
    0,
  ], 1e-6);
  ok(equilibrium.kind === "scatter" && equilibrium.traces.length === 8);
  ok(bars.kind === "bars" && bars.values.includes(0.8286));
});
