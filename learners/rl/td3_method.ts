/** TD3 as a method of the library: `td3.ts` on the platform's tasks, with each kind of policy network. */
import { z } from "zod";
import { variantsOf } from "../axes.ts";
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
import { claimOf } from "../outcomes.ts";
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
import { criticNetwork, environmentOf, policies, type PolicyName, policyNetwork } from "./study.ts";
import { Td3, type Td3Report } from "./td3.ts";
import { td3UpdateOf, updateFormOf, updatesSchema } from "./update_forms.ts";

/** The usual values: those of CleanRL. */
const configSchema = offPolicySchema.extend({
  ...scheduleSchema.shape,
  ...updatesSchema.shape,
  learningStarts: scheduleSchema.shape.learningStarts.default(25_000),
  steps: z.int().min(1).default(1_000_000).describe("steps of all copies together"),
  discount: z.number().min(0).max(1).default(0.99).describe("γ"),
  targetShare: z.number().min(0).max(1).default(0.005)
    .describe("τ: how far targets follow whenever the policy is updated"),
  learningRate: z.number().positive().default(3e-4).describe("Adam's step size"),
  explorationNoise: z.number().min(0).default(0.1)
    .describe("deviation of the noise that is acted with, in half widths of the action space"),
  targetNoise: z.number().min(0).default(0.2)
    .describe("deviation of the noise of the targets' actions, in half widths"),
  targetNoiseBound: z.number().min(0).default(0.5)
    .describe("largest noise of the targets' actions, in half widths"),
  policyDelay: z.int().min(1).default(2)
    .describe("policy and targets are updated at every so many updates of the critics"),
});

type Config = z.output<typeof configSchema>;

const reportNames: Readonly<Record<keyof Td3Report, string>> = {
  trainingReturn: names.trainingReturn,
  criticLoss: "critic loss",
  policyLoss: "policy loss",
};

async function* train(
  { variant, config }: Job<Config>,
  context: JobContext,
): AsyncGenerator<JobProgress, JobResult> {
  using updates = new DisposableStack();
  const Update = await td3UpdateOf(updateFormOf(config, context), context);
  const make = (seed: number) => {
    const environment = environmentOf(config, config.copies);
    const { actionSpace, specification: { action } } = environment;
    const head = { outputs: action.length, activation: "tanh" } as const;
    const policy = policyNetwork(variant as PolicyName, environment, config, head);
    const settings = { ...config, capacity: Math.min(config.capacity, config.steps) };
    const critic = criticNetwork(environment, config);
    const actorCritic = { policyNetwork: policy, criticNetwork: critic, actionSpace, seed };
    return new Td3(environment, updates.use(new Update(actorCritic, settings)), settings);
  };
  return yield* trainPolicy(config, context, make, reportNames);
}

/** Margins are in points of return, or in halves of the return of actions at random. */
function claim(outcomes: Outcomes): Claim {
  return claimOf(
    "A policy that waits for two critics, and believes the lesser, is not led astray by their errors.",
    [betterThanRandom(outcomes, "plain"), asGoodOnReacher(outcomes, "plain")],
  );
}

function figures(outcomes: Outcomes): Figure[] {
  return trainingFigures(outcomes, "td3", reportNames);
}

function tables(outcomes: Outcomes): Table[] {
  return [scoreTable(outcomes), policyComparisons(outcomes)];
}

const variants = variantsOf([policies]);

export const td3 = defineMethod({
  id: "td3",
  card: "91",
  family: "rl",
  summary: "twin delayed deterministic policy gradients on the arm tasks",
  paper: {
    title: "Addressing Function Approximation Error in Actor-Critic Methods",
    authors: "Scott Fujimoto, Herke van Hoof, David Meger",
    year: 2018,
    arxiv: "1802.09477",
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
        learningRate: 1e-3,
        units: 64,
      },
      seeds: 5,
      variants: ["plain"],
    },
    full: { config: {}, seeds: 5, variants: Object.keys(variants) },
  },
  variants,
  axes: [policies],
  train,
  claim,
  figures,
  tables,
});
