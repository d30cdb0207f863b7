/**
 * MIP: "Magnitude Invariant Parametrizations Improve Hypernetwork Learning". Gonzalez Ortiz, Guttag, Dalca. ICLR
 * 2024, https://arxiv.org/abs/2304.07645
 *
 * A hypernetwork h predicts the weights θ of a primary network f from an input γ. With piecewise linear
 * activations and zero biases it is homogeneous, whatever its weights ω:
 *
 *     (1)  θ = h(γ; ω),  h(cγ) = c h(γ) for c > 0                  γ [sets, d] ↦ θ [sets, P]
 *
 * so ‖θ‖, the primary network's activities and every gradient swing with the magnitude of γ, and training is slow
 * or stuck. Biases start at 0 and grow slowly: (1) is exact in the beginning, and about right for long. Two changes
 * that cost nothing remove it:
 *
 *     (2)  E(γ) = [cos(πγ/2), sin(πγ/2)],  ‖E(γ)‖ = √d             [sets, d] ↦ [sets, 2d], γ in [0, 1]
 *     (3)  θ = θ⁰ + h(E(γ); ω)                                     θ⁰ [P], trained, shared by all γ
 *
 * θ⁰ is the last bias of h, started as the primary network's own weights would be (`hypernetwork.ts`). The loss is
 * the task's, over γ uniform in [0, 1]^d.
 *
 * The task: the inverse dynamics of an arm, γ being the payload (`payload_task.ts`); f is a perceptron whose every
 * weight and bias is predicted. γ = 0 is the heaviest payload: how γ is coded is arbitrary, and so coded the default
 * must produce its largest torques where its weights vanish. The opposite coding is a control. Afterwards the
 * trained models steer an arm round a circle (`payload_tracking.ts`): one knob, a continuum of controllers.
 *
 * Baseline: (1) with a last bias that starts at 0. Ablations: (2) alone, (3) alone, another encoding, learning
 * rates, activations of h, normalisation layers in h (of a scalar γ layer normalisation leaves nothing), knobs, and
 * sizes of h.
 */
import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { regression } from "../../sim/measures/arithmetic.ts";
import type { RandomStream } from "../../sim/random.ts";
import {
  defineMethod,
  type Job,
  type JobContext,
  type JobProgress,
  type JobResult,
  type Snapshot,
} from "../method.ts";
import { weightCount } from "../nn/functional.ts";
import { spreadOf } from "../nn/gradient_scale.ts";
import type { Hypernetwork } from "../nn/hypernetwork.ts";
import { nesterovDescent } from "../nn/nesterov.ts";
import { adam, type Optimiser } from "../nn/optimisers.ts";
import { warmUpCosine } from "../nn/schedules.ts";
import { groupOf, joinGroups } from "../nn/tensor_groups.ts";
import { disposeVariables, readTensors, type Variables, writeVariables } from "../nn/variables.ts";
import { gradientKnobs, initialScales, normKnobs, scalesSchema } from "./initial_scales.ts";
import { errorBound, largestError, mipClaim, mipFigures, mipTables, names } from "./mip_report.ts";
import { ingredients, lightFirst, rates, variants } from "./mip_variants.ts";
import {
  type Batch,
  batchOf,
  disposeBatch,
  type Learner,
  learnerOf,
  loss,
} from "./payload_learner.ts";
import { benches } from "./payload_task.ts";
import { steer } from "./steering.ts";

const configSchema = z.object({
  bench: z.enum(["rods", "two-dof"]).default("rods")
    .describe("the arm: two uniform rods of 1 m and 1 kg, or MotorNet's two-joint arm"),
  units: z.int().min(1).default(48).describe("units of both hidden layers of the primary network"),
  steps: z.int().min(2).default(1000).describe("training steps"),
  batch: z.int().min(1).default(64).describe("motions in a step, of all its γ together"),
  sets: z.int().min(1).default(4)
    .describe("values of γ in a step, among which the batch is divided; the paper draws one"),
  sgdLearningRate: z.number().positive().default(0.01)
    .describe("step size of gradient descent, where a variant has no rate of its own"),
  momentum: z.number().min(0).lt(1).default(0.9).describe(
    "Nesterov's momentum of gradient descent",
  ),
  adamLearningRate: z.number().positive().default(1e-3).describe("step size of Adam"),
  schedule: z.enum(["constant", "cosine"]).default("constant")
    .describe("learning rate over steps: constant, or half a cosine down to 0"),
  interval: z.int().min(1).default(25).describe("steps between two tests"),
  testMotions: z.int().min(1).default(500).describe("motions in a test for each of its γ"),
}).refine(({ batch, sets }) => batch % sets === 0, {
  path: ["sets"],
  message: "the batch is to be divided evenly among the values of γ",
});

type Config = z.output<typeof configSchema>;

/** One step on a batch. */
function step(
  learner: Learner,
  batch: Batch,
  optimiser: Optimiser,
  learningRate: number,
): void {
  const { variables } = learner.hyper;
  const { value, grads } = tf.variableGrads(
    () => loss(learner, batch, true),
    Object.values(variables),
  );
  const gradients = Object.entries(variables).map(([name, { name: id }]) => [name, grads[id]]);
  optimiser.apply(Object.fromEntries(gradients), learningRate);
  tf.dispose([value, grads]);
}

/** The first knob's values in a test; the others are drawn with its motions. */
const testKnobs = [0, 0.1, 0.25, 0.5, 0.75, 1];

/** The test's mean square error over its γ; `largestError` where it is larger, or no number any more. */
async function testError(learner: Learner, test: Batch): Promise<number> {
  const values = tf.tidy(() => loss(learner, test, false));
  const [value] = await values.data();
  values.dispose();
  return value <= largestError ? value : largestError;
}

/** All that was measured so far. */
const historySchema = z.object({
  scales: scalesSchema,
  /** Steps done at each test, and the test's error. */
  steps: z.array(z.number()),
  errors: z.array(z.number()),
});

type History = z.output<typeof historySchema>;

/** Tests between two checkpoints. */
const checkpointInterval = 10;

async function* train(
  { variant, config }: Job<Config>,
  context: JobContext,
): AsyncGenerator<JobProgress, JobResult> {
  const choices = variants[variant];
  const learner = learnerOf(
    choices,
    benches[config.bench],
    config.units,
    (name) => context.stream(`weights/${name}`),
  );
  const { variables, statistics } = learner.hyper;
  const optimiser = choices.optimiser === "sgd"
    ? nesterovDescent(variables, config.momentum)
    : adam(variables);
  const test = testBatch(learner, config, context.stream("test"));
  const base = choices.learningRate ??
    (choices.optimiser === "sgd" ? config.sgdLearningRate : config.adamLearningRate);
  try {
    const saved = context.restore();
    const history: History = saved ? resume(saved, learner.hyper, optimiser) : {
      scales: await initialScales(learner, config.batch, context.stream("scales")),
      steps: [],
      errors: [],
    };
    for (let done = history.steps.at(-1) ?? 0; done < config.steps;) {
      const rate = config.schedule === "constant"
        ? base
        : warmUpCosine(base, done, config.steps, 0);
      const batch = trainingBatch(learner, config, context.stream(`training/${done}`));
      step(learner, batch, optimiser, rate);
      disposeBatch(batch);
      done++;
      if (done % config.interval !== 0 && done !== config.steps) continue;
      const error = await testError(learner, test);
      history.steps.push(done);
      history.errors.push(error);
      if (history.steps.length % checkpointInterval === 0 || context.signal.aborted) {
        await context.checkpoint(await snapshot(learner.hyper, optimiser, history));
      }
      yield { step: done, steps: config.steps, metrics: { [names.error]: error } };
    }
    return await result(learner, config, history);
  } finally {
    disposeBatch(test);
    optimiser.dispose();
    disposeVariables({ ...variables, ...statistics });
  }
}

/** What all variants of a seed are tested on. */
function testBatch(learner: Learner, { testMotions }: Config, stream: RandomStream): Batch {
  const others = () => Array.from({ length: learner.knobCount - 1 }, () => stream.uniform());
  const γ = testKnobs.map((first) => [first, ...others()]);
  return batchOf(learner, γ, testMotions, stream);
}

/** What a step is done on: γ uniform in [0, 1]^d. */
function trainingBatch(learner: Learner, { batch, sets }: Config, stream: RandomStream): Batch {
  const γ = Array.from(
    { length: sets },
    () => Array.from({ length: learner.knobCount }, () => stream.uniform()),
  );
  return batchOf(learner, γ, batch / sets, stream);
}

/** The snapshot's state, and what had been measured by then. */
function resume(
  { tensors, values }: Snapshot,
  { variables, statistics }: Hypernetwork,
  optimiser: Optimiser,
): History {
  writeVariables(variables, groupOf(tensors, "weights"));
  writeVariables(statistics, groupOf(tensors, "statistics"));
  optimiser.load(groupOf(tensors, "optimiser"));
  return historySchema.parse(values);
}

async function snapshot(
  hyper: Hypernetwork,
  optimiser: Optimiser,
  history: History,
): Promise<Snapshot> {
  const [weights, statistics] = await Promise.all(
    [hyper.variables, hyper.statistics].map(readTensors),
  );
  return {
    step: history.steps.at(-1) ?? 0,
    tensors: joinGroups({ weights, statistics, optimiser: await optimiser.save() }),
    values: structuredClone(history),
  };
}

async function result(
  learner: Learner,
  config: Config,
  { scales, steps, errors }: History,
): Promise<JobResult> {
  const { slope } = regression(normKnobs.map(Math.log), scales.norms.map(Math.log));
  const reached = errors.findIndex((error) => error <= errorBound);
  const halfway = steps.findIndex((done) => 2 * done >= config.steps);
  const last = errors[errors.length - 1];
  const tracked = last < largestError ? await steer(learner) : undefined;
  return {
    metrics: {
      [names.error]: last,
      [names.halfway]: errors[halfway],
      // Those that never reach it need at least one test more.
      [names.stepsToBound]: reached >= 0 ? steps[reached] : config.steps + config.interval,
      [names.slope]: slope,
      [names.gradientSpread]: spreadOf(scales.gradients),
      [names.parameters]: weightCount(shapesOf(learner.hyper.variables)),
      ...tracked?.metrics,
    },
    series: {
      [names.error]: { x: steps, y: errors },
      [names.norm]: { x: normKnobs, y: scales.norms },
      [names.gradient]: { x: gradientKnobs, y: scales.gradients },
      ...tracked?.series,
    },
    multiplyAdds: multiplyAdds(learner, config, steps.length),
  };
}

const shapesOf = (variables: Variables) =>
  Object.fromEntries(Object.entries(variables).map(([name, { shape }]) => [name, shape]));

/** A forward pass of all steps, twice that for the gradients, and the tests; biases are counted as weights. */
function multiplyAdds(
  { hyper, primary }: Learner,
  { steps, batch, sets, testMotions }: Config,
  tests: number,
): number {
  const [outer, inner] = [shapesOf(hyper.variables), primary.shapes].map(weightCount);
  const forStep = 3 * (sets * outer + batch * inner);
  return steps * forStep + tests * testKnobs.length * (outer + testMotions * inner);
}

export const mip = defineMethod({
  id: "mip",
  card: "04",
  family: "hypernetworks",
  summary: "Weight-generating networks whose output does not scale with their input",
  paper: {
    title: "Magnitude Invariant Parametrizations Improve Hypernetwork Learning",
    authors: "Jose Javier Gonzalez Ortiz, John Guttag, Adrian V. Dalca",
    year: 2024,
    venue: "ICLR",
    arxiv: "2304.07645",
  },
  config: configSchema,
  profiles: {
    smoke: {
      config: { units: 8, steps: 20, batch: 8, interval: 5, testMotions: 20 },
      seeds: 1,
      variants: [
        ...Object.keys(ingredients),
        "mip-sgd-light-first",
        "default-sgd-light-first",
        "complement-adam",
        "mip-adam-batch-norm",
        "default-adam-layer-norm",
        "mip-adam-4-knobs",
      ],
    },
    desk: {
      config: {},
      seeds: 5,
      variants: [...Object.keys(ingredients), ...Object.keys(lightFirst), ...Object.keys(rates)],
    },
    // For the final error, and all that the paper varies.
    full: {
      config: { steps: 3000, schedule: "cosine" },
      seeds: 5,
      variants: Object.keys(variants),
    },
  },
  variants: Object.fromEntries(
    Object.entries(variants).map(([name, { description }]) => [name, description]),
  ),
  train,
  claim: mipClaim,
  figures: mipFigures,
  tables: mipTables,
});
