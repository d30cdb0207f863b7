/** SAC as a method of the library: `sac.ts` on the platform's tasks, and PPO beside it. */
import { z } from "zod";
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
import type { Table } from "../table.ts";
import { trainPolicy } from "./course.ts";
import {
  asGoodOnReacher,
  offPolicySchema,
  scheduleSchema,
  smokeConfig,
} from "./off_policy_method.ts";
import {
  betterThanRandom,
  names,
  policyComparisons,
  scoreTable,
  trainingFigures,
} from "./report.ts";
import { Sac, type SacReport } from "./sac.ts";
import { ppoBaseline } from "./sac_baseline.ts";
import { criticNetwork, environmentOf, policies, type PolicyName, policyNetwork } from "./study.ts";
import { sacUpdateOf, updateFormOf, updatesSchema } from "./update_forms.ts";

/** The usual values: those of CleanRL. */
const configSchema = offPolicySchema.extend({
  ...scheduleSchema.shape,
  ...updatesSchema.shape,
  steps: z.int().min(1).default(1_000_000).describe("steps of all copies together"),
  discount: z.number().min(0).max(1).default(0.99).describe("γ"),
  targetShare: z.number().min(0).max(1).default(0.005)
    .describe("τ: how far targets follow after each update"),
  policyLearningRate: z.number().positive().default(3e-4).describe("Adam's step size, policy"),
  criticLearningRate: z.number().positive().default(1e-3).describe("Adam's step size, critics"),
  temperatureLearningRate: z.number().positive().default(1e-3)
    .describe("Adam's step size, log of the temperature"),
  policyInterval: z.int().min(1).default(2)
    .describe("the policy is updated at every so many updates of the critics, as many times"),
});

type Config = z.output<typeof configSchema>;

const variants = {
  ...policies.values,
  ppo: "no SAC, but proximal policy optimisation with its usual values, for as many steps",
} as const;

/**
 * Motor networks' outputs end in tanh: means of ±1 would keep actions within ±0.76. Of three times that tanh
 * is 0.995.
 */
const motorMeanScale = 3;

const reportNames: Readonly<Record<keyof SacReport, string>> = {
  trainingReturn: names.trainingReturn,
  criticLoss: "critic loss",
  policyLoss: "policy loss",
  entropy: "entropy",
  temperature: "temperature",
};

async function* train(
  { variant, config }: Job<Config>,
  context: JobContext,
): AsyncGenerator<JobProgress, JobResult> {
  using updates = new DisposableStack();
  const Update = await sacUpdateOf(updateFormOf(config, context), context);
  const make = (seed: number) => {
    const environment = environmentOf(config, config.copies);
    if (variant === "ppo") return ppoBaseline(environment, config.steps, seed);
    const { actionSpace, specification: { action } } = environment;
    const head = { outputs: 2 * action.length, activation: "none" } as const;
    const policy = policyNetwork(variant as PolicyName, environment, config, head);
    const settings = {
      ...config,
      capacity: Math.min(config.capacity, config.steps),
      meanScale: variant === "plain" ? 1 : motorMeanScale,
    };
    const critic = criticNetwork(environment, config);
    const actorCritic = { policyNetwork: policy, criticNetwork: critic, actionSpace, seed };
    return new Sac(environment, updates.use(new Update(actorCritic, settings)), settings);
  };
  return yield* trainPolicy(config, context, make, reportNames);
}

/** Margins are in points of return, or in halves of the return of actions at random. */
function claim(outcomes: Outcomes): Claim {
  const score = (variant: keyof typeof variants) => meanOf(outcomes, variant, names.return);
  return claimOf(
    "A policy that keeps its entropy learns from all that it has ever tried.",
    [
      betterThanRandom(outcomes, "plain"),
      claimPart(
        "After as many steps the return is above that of PPO.",
        above(score("plain") - score("ppo"), 0, 1),
      ),
      asGoodOnReacher(outcomes, "plain"),
    ],
  );
}

function figures(outcomes: Outcomes): Figure[] {
  return trainingFigures(outcomes, "sac", reportNames);
}

function tables(outcomes: Outcomes): Table[] {
  return [scoreTable(outcomes), policyComparisons(outcomes)];
}

export const sac = defineMethod({
  id: "sac",
  card: "90",
  family: "rl",
  summary: "soft actor-critic with automatic temperature on the arm tasks, PPO beside it",
  paper: {
    title: "Soft Actor-Critic Algorithms and Applications",
    authors: "Tuomas Haarnoja, Aurick Zhou, Kristian Hartikainen, George Tucker, Sehoon Ha, Jie " +
      "Tan, Vikash Kumar, Henry Zhu, Abhishek Gupta, Pieter Abbeel, Sergey Levine",
    year: 2018,
    arxiv: "1812.05905",
  },
  config: configSchema,
  profiles: {
    smoke: {
      config: smokeConfig,
      seeds: 1,
      variants: ["plain", "bilateral"],
    },
    desk: {
      config: {
        steps: 100_000,
        copies: 4,
        learningStarts: 2000,
        updatesPerStep: 0.25,
        targetShare: 0.02, // as far a step as with an update at each
        policyLearningRate: 1e-3,
        units: 64,
      },
      seeds: 5,
      variants: ["plain", "ppo"],
    },
    full: { config: {}, seeds: 5, variants: Object.keys(variants) },
  },
  variants,
  train,
  claim,
  figures,
  tables,
});
