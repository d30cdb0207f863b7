/**
 * Bilateral control: "Left/Right Brain, human motor control and the implications for robotics". Rinaldo,
 * Kuhlmann, Friedman, Kowadlo. ACAIN 2024, https://arxiv.org/abs/2401.14057
 *
 * A single network that controls a limb by one loss is a compromise, while people have two half-brains, one
 * better at coordinated, efficient movement, the other at holding a position. Two hemispheres receive the
 * same observation x, are coupled after every hidden layer by a callosum κ without parameters, are merged by
 * two learned non-negative scalars into one command u, and are each trained by a loss of their own through
 * the same differentiable arm:
 *
 *     h₀ˢ = tanh(x W₀ˢ + b₀ˢ)                       s = L, R
 *     h_kˢ = tanh((h_{k−1}ˢ + κ(h_{k−1}^{other})) W_kˢ + b_kˢ)
 *     u = sigmoid((w_L h^L + w_R h^R) W_o + b_o)
 *     L_A = 5 P1 + 0.02 R                           accuracy and smooth activity; trains the left one
 *     L_B = 5 P2 + 2 E                              large errors and effort; trains the right one
 *     g_θ = ∂L_A/∂θ of the left, ∂L_B/∂θ of the right, half of each of w, W_o, b_o
 *
 * with P1 = mean |e|, P2 = 10 mean e², E = mean u², R = Σ_layers mean h² + 0.05 mean (Δh/dt)²
 * (`objectives.ts`). Every gradient takes the whole way back through both hemispheres, callosum, muscles and
 * arm; only the update is masked. Balanced models train on ½ (L_A + L_B), unilateral ones are one network.
 * Both tasks are trained and tested apart: a reach from any posture to any other, and holding a posture
 * against a constant force of up to 10 N an axis that is not observed.
 *
 * Shapes: x [batch, 16] (fibre lengths, fibre velocities, hand, target), h [batch, ⌊units/2⌋], u [batch, 6],
 * 50 steps of 10 ms. The released code computes R on the state of the body by mistake, under which an arm
 * hardly moves: `regulariser` "as-released".
 *
 * In the arm this is the laboratory's main controller. What the hemispheres learn in the equations of motion
 * drives the simulated arm of cannon-es through the same observations and the same muscles or motors, and
 * every test is done in both. Extensions, each off unless asked for: late and noisy senses, torque motors, an
 * arm of three joints, a force field, another callosum, gated recurrent hemispheres, a merge that goes on
 * learning alone.
 */
import type { MotorNetwork } from "../../controllers/motor_network.ts";
import { networkController } from "../../controllers/network_controller.ts";
import { variantsOf } from "../axes.ts";
import {
  defineMethod,
  type Job,
  type JobContext,
  type JobProgress,
  type JobResult,
} from "../method.ts";
import { kerasAdam } from "../nn/adam.ts";
import { type ComputingBackend, computingBackends } from "../nn/backend.ts";
import { bilateralClaim } from "./bilateral/claim.ts";
import { lesionStudy, type TestBench, testController, testFloor } from "./bilateral/evaluation.ts";
import { bilateralFigures } from "./bilateral/figures.ts";
import { metricNames } from "./bilateral/metrics.ts";
import { isBilateral, lossesOf, type ModelName, networkOf } from "./bilateral/models.ts";
import {
  axes,
  floorModel,
  isPaperTask,
  type StudyConfig,
  studyParts,
  studySchema,
  studyVariant,
} from "./bilateral/study.ts";
import { bilateralTables } from "./bilateral/tables.ts";
import { StudyTraining } from "./bilateral/training.ts";
import { bodySignalCount } from "./body_signals.ts";
import { createRollout } from "./rollouts.ts";

async function* train(
  { variant, seed, config }: Job<StudyConfig>,
  context: JobContext,
): AsyncGenerator<JobProgress, JobResult> {
  const { task, model } = studyVariant(variant);
  const parts = studyParts(task, config);
  const bench: TestBench = {
    parts,
    trials: parts.task.draw(parts.arm, context.stream("test/trials"), config.testTrials),
    transferTrials: config.transferTrials,
  };
  return model === floorModel
    ? yield* measureFloor(bench, context)
    : yield* trainModel(model, bench, config, seed, context);
}

/** There is nothing to train: a job of one step. */
async function* measureFloor(
  bench: TestBench,
  context: JobContext,
): AsyncGenerator<JobProgress, JobResult> {
  const result = testFloor(bench);
  await context.checkpoint({ step: 1, tensors: {} });
  if (!context.restore()) {
    yield { step: 1, steps: 1, metrics: { "final error": result.metrics.finalError } };
  }
  return result;
}

async function* trainModel(
  model: ModelName,
  bench: TestBench,
  config: StudyConfig,
  seed: number,
  context: JobContext,
): AsyncGenerator<JobProgress, JobResult> {
  const { parts: { arm, task, equations, sensing, sizes } } = bench;
  const network = networkOf(model, sizes);
  const { updates, batch, learningRate, clipping } = config;
  const problem = {
    network,
    equations,
    losses: lossesOf(model),
    sensing,
    ...config.regulariser === "as-released" && { bodySignals: releasedSignals(network) },
  };
  const training = await StudyTraining.start({
    network,
    rollout: await createRollout(config.rollout, problem, tensorBackend(context)),
    plan: {
      arm,
      task,
      seed,
      updates,
      batch,
      adam: { ...kerasAdam, learningRate, clipNorm: clipping },
    },
    epoch: config.epoch,
    validation: task.draw(arm, context.stream("validation/trials"), config.validationTrials),
    validationNoise: () => context.stream("validation/noise"),
    patience: config.patience,
    mergeLearns: config.merge === "learned",
    mergeOnly: {
      updates: isBilateral(model) ? config.mergeUpdates : 0,
      seed: context.stream("merge-only/seed").integer(2 ** 32),
    },
  }, context.restore());
  while (!training.finished) {
    const metrics = await training.epoch();
    await context.checkpoint(training.snapshot());
    yield { step: training.step, steps: training.steps, metrics };
  }
  const { weights } = training;
  const tested = testController(bench, (arms) => networkController(network, weights, arms));
  const [left, right] = network.mergeWeights(weights);
  return {
    metrics: {
      ...tested.metrics,
      ...lesionStudy(bench, network, weights),
      ...isBilateral(model) && { [metricNames.mergeLeft]: left, [metricNames.mergeRight]: right },
      [metricNames.parameters]: network.layout.size,
      [metricNames.units]: network.config.units,
      [metricNames.updates]: training.step,
      [metricNames.nonFinite]: training.nonFinite,
    },
    series: { ...training.series, ...tested.series },
  };
}

/** The released code has a regulariser for each hidden layer, and signals to put them on. */
function releasedSignals({ streams, config }: MotorNetwork): number {
  return Math.min(streams.length * config.layers, bodySignalCount);
}

/** The backend that the job's tensors compute on, if it has one. */
function tensorBackend({ backend }: JobContext): ComputingBackend | undefined {
  return computingBackends.find((name) => name === backend);
}

const variants = variantsOf(axes);

/** All models on the paper's tasks; others only where they are asked for. */
const paperVariants = Object.keys(variants).filter((name) => isPaperTask(studyVariant(name).task));

/** The method with its baselines. */
export const bilateral = defineMethod({
  id: "bilateral",
  card: "01",
  family: "motor",
  summary: "two hemispheres trained by different losses through one arm, with callosum and lesions",
  paper: {
    title: "Left/Right Brain, human motor control and the implications for robotics",
    authors: "Jarrad Rinaldo, Levin Kuhlmann, Jason Friedman, Gideon Kowadlo",
    year: 2024,
    venue: "ACAIN",
    arxiv: "2401.14057",
  },
  config: studySchema,
  profiles: {
    smoke: {
      config: {
        updates: 4,
        epoch: 2,
        batch: 4,
        units: 8,
        validationTrials: 4,
        testTrials: 4,
        transferTrials: 2,
      },
      seeds: 1,
      variants: ["reach-bicc-spec", "hold-bicc-spec"],
    },
    desk: { config: {}, seeds: 3, variants: paperVariants },
    full: { config: { updates: 8000 }, seeds: 10, variants: paperVariants },
  },
  variants,
  axes,
  train,
  claim: bilateralClaim,
  figures: bilateralFigures,
  tables: bilateralTables,
});
