/** Hindsight replay as a method of the library: `her.ts` on the tasks that are of reaching goals. */
import { z } from "zod";
import { environmentTasks } from "../../sim/environments/catalogue.ts";
import type { Figure } from "../figure.ts";
import {
  type Claim,
  defineMethod,
  type Job,
  type JobContext,
  type JobProgress,
  type JobResult,
  type Outcomes,
} from "../method.ts";
import { above, claimOf, claimPart, meanOf } from "../outcomes.ts";
import { mean } from "../statistics/descriptive.ts";
import type { Table } from "../table.ts";
import { Her, type HerReport } from "./her.ts";
import type { History } from "./history.ts";
import { trainPolicy } from "./course.ts";
import { offPolicySchema } from "./off_policy_method.ts";
import { names, scoreTable, trainingFigures } from "./report.ts";
import { criticNetwork, environmentOf, perceptron } from "./study.ts";

const goalTasks = environmentTasks
  .filter(({ goals }) => goals !== undefined)
  .map(({ specification }) => specification.name);

/**
 * The usual values: those of OpenAI's baselines for the Fetch tasks, but for τ. Theirs is 0.05 a cycle, for
 * trainings of millions of steps; 0.3 is what 0.005 after each update, as RL-Baselines3-Zoo has it, comes to
 * over the 80 updates of a cycle here.
 */
const configSchema = offPolicySchema.omit({ callosum: true }).extend({
  task: z.enum(goalTasks).default("ArmReachGoal").describe(
    "the task's name, one of reaching goals",
  ),
  layers: offPolicySchema.shape.layers.default(3),
  copies: offPolicySchema.shape.copies.default(2),
  steps: z.int().min(1).default(20_000)
    .describe("steps of all copies together, rounded up to whole cycles of an episode each"),
  updatesPerStep: z.number().positive().max(64).default(0.4)
    .describe("updates for each step of a copy, made after each cycle"),
  targetShare: z.number().min(0).max(1).default(0.3)
    .describe("τ: how far targets follow after each cycle"),
  learningRate: z.number().positive().default(1e-3).describe("Adam's step size"),
  hindsight: z.number().positive().max(64).default(4)
    .describe("k: transitions with goals of hindsight for each with its own"),
  actionPrice: z.number().min(0).default(1).describe("c: the price of the actions' mean square"),
  explorationNoise: z.number().min(0).default(0.2)
    .describe("deviation of the noise that is acted with, in half widths of the action space"),
  randomActions: z.number().min(0).max(1).default(0.3)
    .describe("probability of an action at random"),
});

type Config = z.output<typeof configSchema>;

const variants = {
  hindsight: "DDPG with goals of hindsight, strategy future",
  "no-hindsight": "DDPG with the goals that were tried for only",
} as const;

const reportNames: Readonly<Record<keyof HerReport, string>> = {
  trainingReturn: names.trainingReturn,
  criticLoss: "critic loss",
  policyLoss: "policy loss",
};

/** The steps within which the published twins of the task are solved. */
const judgedSteps = 20_000;
const judgedSuccess = "success within 20,000 steps";
/** Mean of all evaluations: the sooner there is success, the more. */
const overallSuccess = "success over the whole training";

function train(
  { variant, config }: Job<Config>,
  context: JobContext,
): AsyncGenerator<JobProgress, JobResult> {
  const settings = {
    ...config,
    capacity: Math.min(config.capacity, config.steps),
    hindsight: variant === "hindsight" ? config.hindsight : 0,
  };
  const make = (seed: number) => {
    const environment = environmentOf(config, config.copies);
    const { observation, action } = environment.specification;
    const policy = perceptron(config, observation.length, action.length, "tanh");
    return new Her(environment, policy, criticNetwork(environment, config), settings, seed);
  };
  return trainPolicy(config, context, make, reportNames, successes);
}

/** The mean of all evaluations, and the last one within the steps that are judged if there were as many. */
function successes(history: History): Record<string, number> {
  const { x, y } = history.curve(names.success);
  const judged = x[x.length - 1] >= 0.99 * judgedSteps;
  const last = x.findLastIndex((step) => step <= 1.01 * judgedSteps);
  return { [overallSuccess]: mean(y), ...judged && { [judgedSuccess]: y[last] } };
}

/** Margins are in tenths of all episodes, and in units of the lead that is asked for. */
function claim(outcomes: Outcomes): Claim {
  const overall = (variant: keyof typeof variants) => meanOf(outcomes, variant, overallSuccess);
  return claimOf(
    "Goals that were reached by chance teach how to reach those that were meant.",
    [
      claimPart(
        "Within 20,000 steps more than 95 % of the episodes end in success.",
        above(meanOf(outcomes, "hindsight", judgedSuccess), 0.95, 0.1),
      ),
      claimPart(
        "With hindsight there is more success over the whole training than without, by a tenth.",
        above(overall("hindsight") - overall("no-hindsight"), 0.1),
      ),
    ],
  );
}

function figures(outcomes: Outcomes): Figure[] {
  return trainingFigures(outcomes, "her", reportNames);
}

function tables(outcomes: Outcomes): Table[] {
  return [scoreTable(outcomes)];
}

export const her = defineMethod({
  id: "her",
  card: "92",
  family: "rl",
  summary: "hindsight experience replay with DDPG on the tasks of reaching goals",
  paper: {
    title: "Hindsight Experience Replay",
    authors: "Marcin Andrychowicz, Filip Wolski, Alex Ray, Jonas Schneider, Rachel Fong, Peter " +
      "Welinder, Bob McGrew, Josh Tobin, Pieter Abbeel, Wojciech Zaremba",
    year: 2017,
    arxiv: "1707.01495",
  },
  config: configSchema,
  profiles: {
    smoke: {
      config: {
        steps: 600,
        reportSteps: 200,
        units: 8,
        batchSize: 32,
        updatesPerStep: 0.05,
        evaluationEpisodes: 4,
        evaluations: 3,
      },
      seeds: 1,
      variants: Object.keys(variants),
    },
    desk: { config: { units: 64 }, seeds: 5, variants: Object.keys(variants) },
    full: { config: { steps: 100_000 }, seeds: 5, variants: Object.keys(variants) },
  },
  variants,
  train,
  claim,
  figures,
  tables,
});
