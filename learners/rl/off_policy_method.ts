/** What the off-policy methods of the library have in common: their configuration and the course of a job. */
import { z } from "zod";
import type { VectorEnvironment } from "../../sim/environments/environment.ts";
import type {
  ClaimPart,
  JobContext,
  JobProgress,
  JobResult,
  Outcomes,
  Snapshot,
} from "../method.ts";
import { MotorPolicyNetwork } from "../motor/policy_network.ts";
import type { ActivationName } from "../nn/activations.ts";
import type { Network } from "../nn/network.ts";
import { Perceptron } from "../nn/perceptron.ts";
import { above, claimPart, meanOf } from "../outcomes.ts";
import { mean } from "../statistics/descriptive.ts";
import { type Act, evaluate, type Evaluation, randomPolicy } from "./evaluation.ts";
import { History, historySchema } from "./history.ts";
import { names } from "./report.ts";
import { environmentOf, type PolicyName, type StudyConfig, studySchema } from "./study.ts";
import type { TrainingState } from "./training_state.ts";

/** The part of a configuration that all off-policy methods have. */
export const offPolicySchema = studySchema.extend({
  units: studySchema.shape.units.default(256),
  activation: studySchema.shape.activation.default("relu"),
  evaluationEpisodes: studySchema.shape.evaluationEpisodes.default(50),
  copies: z.int().min(1).max(4096).default(1).describe("copies of the task that act side by side"),
  capacity: z.int().min(1).max(4_000_000).default(1_000_000)
    .describe("transitions that are remembered; no more than there are steps"),
  batchSize: z.int().min(1).max(4096).default(256).describe(
    "transitions that an update learns from",
  ),
  reportSteps: z.int().min(1).default(1000).describe(
    "steps from one report to the next, evaluations apart",
  ),
});

/** When learning starts, and how much of it there is, of methods that learn at every step. */
export const scheduleSchema = z.object({
  learningStarts: z.int().min(0).default(5000)
    .describe("steps of all copies with actions at random, before the first update"),
  updatesPerStep: z.number().positive().max(64).default(1)
    .describe("updates for each step of a copy"),
});

/** What the course of a job depends on. */
export type OffPolicyConfig =
  & Pick<
    z.output<typeof offPolicySchema>,
    "task" | "evaluations" | "evaluationEpisodes" | "reportSteps"
  >
  & { readonly steps: number };

/** A training as a job runs it; `sac.ts`, `td3.ts` and `her.ts` have them. */
export interface OffPolicyTraining<Report> {
  readonly environment: VectorEnvironment;
  /** Steps of all copies so far. */
  readonly steps: number;
  readonly parameters: Float64Array;
  iterate(): Report;
  deterministic(copies: number): Act;
  save(): TrainingState;
  restore(state: TrainingState): void;
}

/** A perceptron of the configuration's hidden layers. */
export function perceptronOf(
  { units, layers, activation }: Pick<StudyConfig, "units" | "layers" | "activation">,
  inputs: number,
  outputs: number,
  outputActivation: ActivationName,
): Network {
  return new Perceptron({
    inputs,
    hidden: Array.from({ length: layers }, () => units),
    outputs,
    activation,
    outputActivation,
  });
}

/** A critic's network: a perceptron, whatever the policy is. */
export function criticNetwork(
  { specification }: VectorEnvironment,
  config: Pick<StudyConfig, "units" | "layers" | "activation">,
): Network {
  const inputs = specification.observation.length + specification.action.length;
  return perceptronOf(config, inputs, 1, "none");
}

/**
 * A policy's network.
 * @param outputs how many outputs it has
 * @param outputActivation of a perceptron; that of motor networks is tanh
 */
export function actorNetwork(
  kind: PolicyName,
  { specification }: VectorEnvironment,
  config: Pick<StudyConfig, "units" | "layers" | "activation" | "callosum">,
  outputs: number,
  outputActivation: "none" | "tanh",
): Network {
  const inputs = specification.observation.length;
  if (kind === "plain") return perceptronOf(config, inputs, outputs, outputActivation);
  const { units, layers, callosum } = config;
  return new MotorPolicyNetwork({
    kind,
    units,
    layers,
    callosum: kind === "bilateral" ? callosum : "none",
    inputs,
    outputs,
    outputActivation: "tanh",
  });
}

const valuesSchema = z.object({
  counts: z.record(z.string(), z.number()),
  history: historySchema,
});

/**
 * The course of a job: training, and evaluations on the same episodes every time.
 * @param make a training under a seed
 * @param curves the names of what it reports
 * @param further metrics of the result, made of the curves
 */
export async function* trainOffPolicy<Key extends string>(
  config: OffPolicyConfig,
  context: JobContext,
  make: (seed: number) => OffPolicyTraining<Readonly<Record<Key, number>>>,
  curves: Readonly<Record<Key, string>>,
  further: (history: History) => Readonly<Record<string, number>> = () => ({}),
): AsyncGenerator<JobProgress, JobResult> {
  const { steps, evaluations, evaluationEpisodes, reportSteps } = config;
  const training = make(seedFor(context, "training"));
  const evaluationSeed = seedFor(context, "evaluation");
  const bench = environmentOf(config, evaluationEpisodes);
  const act = training.deterministic(evaluationEpisodes);
  const scores = () => scoresOf(evaluate(bench, act, evaluationSeed));

  const snapshot = context.restore();
  const history = snapshot ? restored(training, snapshot) : new History();
  if (!snapshot) history.note(0, scores());

  const evaluationsBy = (step: number) => Math.floor(Math.min(step, steps) * evaluations / steps);
  while (training.steps < steps) {
    const before = training.steps;
    const until = Math.min(
      (Math.floor(before / reportSteps) + 1) * reportSteps,
      Math.ceil((evaluationsBy(before) + 1) * steps / evaluations),
      steps,
    );
    const means = new Means();
    while (training.steps < until) means.add(named(training.iterate(), curves));
    const due = evaluationsBy(before) !== evaluationsBy(training.steps);
    const metrics = { ...means.values, ...due && scores() };
    history.note(training.steps, metrics);
    await context.checkpoint(snapshotOf(training, history));
    yield { step: training.steps, steps: Math.max(steps, training.steps), metrics };
  }

  const random = evaluate(bench, randomPolicy(bench, evaluationSeed), evaluationSeed);
  const { y: returns } = history.curve(names.return);
  const { name, version } = training.environment.specification;
  return {
    metrics: {
      ...scores(),
      [names.randomReturn]: mean(random.returns),
      [names.rise]: returns[returns.length - 1] - returns[Math.floor((returns.length - 1) / 2)],
      [names.steps]: training.steps,
      [names.parameters]: training.parameters.length,
      [names.version(name)]: version,
      ...further(history),
    },
    series: history.curves,
  };
}

/** A policy does better than half-way from actions at random to nothing lost; margins in half the way. */
export function betterThanRandom(outcomes: Outcomes, variant: string): ClaimPart {
  const random = meanOf(outcomes, variant, names.randomReturn);
  const margin = Number.isNaN(random)
    ? NaN
    : above(meanOf(outcomes, variant, names.return), random / 2, Math.abs(random) / 2 || 1);
  return claimPart("The policy's return is above half of that of actions at random.", margin);
}

/** The return that off-policy learners come to on Reacher, after so many steps; margins in points. */
const reacher = { task: "ArmReacher", score: -4.3, steps: 1_000_000 };

/** What is judged only of trainings on ArmReacher that are as long as published ones. */
export function asGoodOnReacher(outcomes: Outcomes, variant: string): ClaimPart {
  const ofReacher = !Number.isNaN(meanOf(outcomes, variant, names.version(reacher.task)));
  const longEnough = meanOf(outcomes, variant, names.steps) >= 0.99 * reacher.steps;
  return claimPart(
    `After ${
      reacher.steps / 1e6
    } M steps on ${reacher.task} the return is at least ${reacher.score}.`,
    ofReacher && longEnough
      ? above(meanOf(outcomes, variant, names.return), reacher.score, 1)
      : NaN,
  );
}

/** Means of what iterations report, of those that have something to report. */
class Means {
  readonly #sums = new Map<string, { readonly sum: number; readonly count: number }>();

  add(values: Readonly<Record<string, number>>): void {
    for (const [name, value] of Object.entries(values)) {
      if (Number.isNaN(value)) continue;
      const { sum, count } = this.#sums.get(name) ?? { sum: 0, count: 0 };
      this.#sums.set(name, { sum: sum + value, count: count + 1 });
    }
  }

  get values(): Record<string, number> {
    return Object.fromEntries(
      this.#sums.entries().map(([name, { sum, count }]) => [name, sum / count]),
    );
  }
}

/** A seed of its own for each purpose, so that no episode is both trained on and evaluated. */
function seedFor(context: JobContext, purpose: string): number {
  return context.stream(`${purpose}/seed`).integer(2 ** 32);
}

function scoresOf({ returns, successes }: Evaluation): Record<string, number> {
  return {
    [names.return]: mean(returns),
    ...successes && { [names.success]: mean(successes.map(Number)) },
  };
}

function named<Key extends string>(
  report: Readonly<Record<Key, number>>,
  curves: Readonly<Record<Key, string>>,
): Record<string, number> {
  const keys = Object.keys(curves) as Key[];
  return Object.fromEntries(keys.map((key) => [curves[key], report[key]]));
}

function snapshotOf(training: OffPolicyTraining<unknown>, history: History): Snapshot {
  const { tensors, counts } = training.save();
  return { step: training.steps, tensors, values: { counts, history: history.curves } };
}

function restored(training: OffPolicyTraining<unknown>, { tensors, values }: Snapshot): History {
  const { counts, history } = valuesSchema.parse(values);
  training.restore({ tensors, counts });
  return new History(history);
}
