/**
 * A small method for the runner's tests: least squares by gradient descent with momentum. Its variants
 * differ by momentum; one of them oversteps and diverges.
 */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { defineMethod, type Method, type Outcomes } from "../../../learners/method.ts";
import { momentumDescent } from "../../../learners/nn/optimisers.ts";
import {
  disposeVariables,
  readTensors,
  uniformTensor,
  writeVariables,
} from "../../../learners/nn/variables.ts";
import { mean } from "../../../learners/statistics/descriptive.ts";

const config = z.strictObject({
  steps: z.int().min(1).default(40).describe("descent steps"),
  samples: z.int().min(1).default(32).describe("equations"),
  unknowns: z.int().min(1).default(8).describe("unknowns"),
  learningRate: z.number().positive().default(0.05).describe("step along the gradient"),
  targets: z.enum(["drawn", "targets.f32"]).default("drawn").describe(
    "right-hand sides: drawn, or a file of 32-bit floats",
  ),
});

type Config = z.output<typeof config>;

/** What each variant does to momentum and step. */
const settings: Readonly<Record<string, { momentum: number; stride: number }>> = {
  momentum: { momentum: 0.9, stride: 1 },
  plain: { momentum: 0, stride: 1 },
  overstepping: { momentum: 0, stride: 1e6 },
};

const meanLoss = (outcomes: Outcomes, variant: string) =>
  mean(outcomes[variant].map(({ result }) => result.metrics.loss));

/** [samples, 1] */
async function readTargets(file: Promise<Uint8Array>, { samples }: Config): Promise<tf.Tensor> {
  const bytes = (await file).slice();
  return tf.tensor(new Float32Array(bytes.buffer), [samples, 1]);
}

/** The method. */
export const quadratic: Method = defineMethod({
  id: "quadratic",
  card: "00",
  family: "tests",
  summary: "Least squares by gradient descent with momentum.",
  paper: { title: "Some methods of speeding up convergence", authors: "B. T. Polyak", year: 1964 },
  config,
  profiles: {
    smoke: { config: {}, seeds: 2, variants: ["momentum", "plain"] },
    desk: { config: { steps: 400 }, seeds: 3, variants: ["momentum", "plain"] },
    full: { config: { steps: 4000 }, seeds: 5, variants: ["momentum", "plain"] },
  },
  variants: {
    momentum: "heavy-ball momentum",
    plain: "gradient descent",
    overstepping: "a step so long that it diverges",
  },
  async *train({ variant, config }, context) {
    const { steps, samples, unknowns, learningRate, targets } = config;
    const { momentum, stride } = settings[variant];
    const inputs = uniformTensor([samples, unknowns], 1, context.stream("inputs"));
    const outputs = targets === "drawn"
      ? uniformTensor([samples, 1], 1, context.stream("targets"))
      : await readTargets(context.file(targets), config);
    const weights = tf.tidy(() => ({
      weights: tf.variable(uniformTensor([unknowns, 1], 1, context.stream("weights"))),
    }));
    const optimiser = momentumDescent(weights, momentum);
    const residual = () => tf.sub(tf.matMul(inputs, weights.weights), outputs);
    const readLoss = () => tf.tidy(() => tf.mean(tf.square(residual())).dataSync()[0]);

    const restored = context.restore();
    if (restored) {
      const tensors = Object.entries(restored.tensors).map(([name, { shape, data }]) =>
        [name, { shape, data: Float32Array.from(data) }] as const
      );
      writeVariables(weights, Object.fromEntries(tensors));
      optimiser.load(Object.fromEntries(tensors));
    }
    const losses = restored ? [...restored.values as number[]] : [];
    for (let step = (restored?.step ?? 0) + 1; step <= steps; step++) {
      tf.tidy(() => {
        const gradient = tf.matMul(inputs, residual(), true).mul(2 / samples);
        optimiser.apply({ weights: gradient }, stride * learningRate);
      });
      losses.push(readLoss());
      yield { step, steps, metrics: { loss: losses[step - 1] } };
      const tensors = { ...await readTensors(weights), ...await optimiser.save() };
      await context.checkpoint({ step, tensors, values: losses });
    }
    disposeVariables(weights);
    optimiser.dispose();
    tf.dispose([inputs, outputs]);
    return {
      metrics: { loss: losses[steps - 1], improvement: losses[0] / losses[steps - 1] },
      series: { loss: { x: losses.map((_, index) => index + 1), y: losses } },
      multiplyAdds: 2 * steps * samples * unknowns,
    };
  },
  claim(outcomes) {
    const margin = meanLoss(outcomes, "plain") - meanLoss(outcomes, "momentum");
    const part = { statement: "momentum ends at a lower loss", holds: margin > 0, margin };
    return { ...part, parts: [part] };
  },
  figures(outcomes) {
    const traces = Object.entries(outcomes).flatMap(([name, results]) =>
      results.slice(0, 1).map(({ result }) => ({ name, ...result.series!.loss }))
    );
    const labels = { xLabel: "step", yLabel: "loss", yLogarithmic: true };
    const caption = "Momentum falls faster.";
    return [{ kind: "line", title: "Loss", caption, traces, ...labels }];
  },
});

const nothing = z.strictObject({});
const nothingMore = { config: {}, seeds: 1, variants: ["read"] };

/** What a job must not be able to do. */
const forbidden: Readonly<Record<string, () => Promise<unknown>>> = {
  read: () => Deno.readTextFile("/etc/hostname"),
  write: () => Deno.writeTextFile(new URL("written-by-a-job", import.meta.url), "mine"),
  connect: () => Deno.connect({ hostname: "127.0.0.1", port: 4222 }),
  start: () => new Deno.Command(Deno.execPath(), { args: ["--version"] }).output(),
};

/** A method whose jobs try to reach out of their thread. */
const prying: Method = defineMethod({
  id: "prying",
  card: "01",
  family: "tests",
  summary: "Does what a job must not do.",
  paper: { title: "None", authors: "None", year: 2000 },
  config: nothing,
  profiles: { smoke: nothingMore, desk: nothingMore, full: nothingMore },
  variants: Object.fromEntries(Object.keys(forbidden).map((name) => [name, `to ${name}`])),
  async *train({ variant }) {
    yield { step: 0, steps: 1, metrics: {} };
    await forbidden[variant]();
    return { metrics: { succeeded: 1 } };
  },
  claim: () => ({ statement: "nothing", holds: false, margin: 0, parts: [] }),
  figures: () => [],
});

/** As a module of methods, for the runner. */
export const library: readonly Method[] = [quadratic, prying];
