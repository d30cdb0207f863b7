/** PPO as a method of the library: `ppo.ts` on the platform's tasks, with each kind of policy network. */
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
import { above, claimOf, claimPart, meanOf } from "../outcomes.ts";
import type { Table } from "../table.ts";
import type { Actors } from "../actors.ts";
import { trainPolicy, wholeRollOuts } from "./course.ts";
import { gaussianTraining } from "./gaussian_training.ts";
import { Ppo, type PpoMeans, type PpoReport } from "./ppo.ts";
import { collectByActors } from "./ppo_pieces.ts";
import { canBeShared, planOf, type PpoWork } from "./ppo_work.ts";
import {
  betterThanRandom,
  names,
  policyComparisons,
  publishedBeside,
  scoreTable,
  trainingFigures,
} from "./report.ts";
import { policies, type PolicyName, studySchema, valueNetwork } from "./study.ts";
import { ppoUpdateOf, updateFormOf, updatesSchema } from "./update_forms.ts";

/** The usual values for robots: those of OpenAI's baselines and of CleanRL, but for the number of copies. */
export const ppoSchema = studySchema.extend({
  ...updatesSchema.shape,
  steps: z.int().min(1).default(204_800).describe("steps of all copies together"),
  copies: z.int().min(1).max(65_536).default(8).describe(
    "copies of the task that act side by side",
  ),
  copiesOfPiece: z.int().min(1).max(65_536).default(16).describe(
    "copies that act in one piece of a roll-out; pieces are spread over actors, where there are some",
  ),
  rolloutLength: z.int().min(1).default(256)
    .describe("steps of each copy from one update to the next"),
  epochs: z.int().min(1).default(10).describe("how often each roll-out is learnt from"),
  miniBatches: z.int().min(1).default(32).describe("parts of a roll-out in each epoch"),
  discount: z.number().min(0).max(1).default(0.99).describe("γ"),
  traceDecay: z.number().min(0).max(1).default(0.95).describe("λ of the advantages' estimate"),
  learningRate: z.number().positive().default(3e-4).describe("Adam's step size at the beginning"),
  annealing: z.boolean().default(true).describe("whether the learning rate falls to 0, linearly"),
  clipRange: z.number().positive().default(0.2)
    .describe("ε: by how much the policy's ratio, and the value, may move before the loss is flat"),
  clipValues: z.boolean().default(true).describe("whether the value's loss is clipped"),
  valueCoefficient: z.number().min(0).default(0.5).describe("weight of the value's loss"),
  entropyCoefficient: z.number().min(0).default(0).describe("weight of the policy's entropy"),
  gradientNorm: z.number().positive().default(0.5)
    .describe("largest norm of the gradient of all parameters together"),
  bootstrapTimeLimits: z.boolean().default(true)
    .describe("whether what would follow a time limit counts, by its estimated value"),
});

export type PpoConfig = z.output<typeof ppoSchema>;

/** The curves of what an iteration reports. */
const reportNames: Readonly<Record<keyof PpoReport, string>> = {
  trainingReturn: names.trainingReturn,
  policyLoss: "policy loss",
  valueLoss: "value loss",
  entropy: "entropy",
  clipFraction: "clip fraction",
  approximateKl: "approximate KL",
  explainedVariance: "explained variance",
};

/**
 * A training of PPO.
 * @throws {RangeError} when a motor network, whose commands are −1 … 1, is to act in another space
 */
export function startPpo(
  policy: PolicyName,
  config: PpoConfig,
  seed: number,
  { actors, update }: { readonly actors?: Actors } & Pick<PpoMeans, "update"> = {},
): Ppo {
  const { task, units, layers, activation, callosum, copies, copiesOfPiece, rolloutLength } =
    config;
  const networks = { units, layers, activation, callosum };
  const cut = { copies, copiesOfPiece, rolloutLength };
  const work: PpoWork = { kind: "ppo", task, policy, ...networks, ...cut, seed };
  const plan = planOf(work);
  const collect = actors && canBeShared(plan) ? collectByActors(work, plan, actors) : undefined;
  return new Ppo(plan, valueNetwork(plan.policy.network, config), config, { collect, update });
}

async function* train(
  { variant, config }: Job<PpoConfig>,
  context: JobContext,
): AsyncGenerator<JobProgress, JobResult> {
  const course = wholeRollOuts(config, config);
  using updates = new DisposableStack();
  const Update = await ppoUpdateOf(updateFormOf(config, context), context);
  const update: PpoMeans["update"] = (learner, seed) => updates.use(new Update(learner, seed));
  const means = { actors: context.actors, update };
  const make = (seed: number) =>
    gaussianTraining(startPpo(variant as PolicyName, config, seed, means));
  return yield* trainPolicy(course, context, make, reportNames);
}

/** What published scores are looked up by. */
const algorithm = "ppo";

/** Margins are in units of the effect that each part asks for, or of 1 point of return. */
function claim(outcomes: Outcomes): Claim {
  const plain = (metric: string) => meanOf(outcomes, "plain", metric);
  const published = publishedBeside(outcomes).filter((score) => score.algorithm === algorithm);
  return claimOf(
    "A clipped surrogate lets a policy learn from each roll-out many times over.",
    [
      betterThanRandom(outcomes, "plain"),
      claimPart(
        "The return still rises in the second half of the training.",
        above(plain(names.rise), 0, 1),
      ),
      ...published.map(({ label, score, steps }) =>
        claimPart(
          `After ${steps / 1e6} M steps the return is at least the published ${score} (${label}).`,
          plain(names.steps) >= 0.99 * steps ? above(plain(names.return), score, 1) : NaN,
        )
      ),
    ],
  );
}

function figures(outcomes: Outcomes): Figure[] {
  return trainingFigures(outcomes, algorithm, reportNames);
}

function tables(outcomes: Outcomes): Table[] {
  return [scoreTable(outcomes), policyComparisons(outcomes)];
}

const variants = variantsOf([policies]);

export const ppo = defineMethod({
  id: "ppo",
  card: "00",
  family: "rl",
  summary:
    "proximal policy optimisation on the arm tasks: plain, unilateral and bilateral policies",
  paper: {
    title: "Proximal Policy Optimization Algorithms",
    authors: "John Schulman, Filip Wolski, Prafulla Dhariwal, Alec Radford, Oleg Klimov",
    year: 2017,
    arxiv: "1707.06347",
  },
  config: ppoSchema,
  profiles: {
    smoke: {
      config: {
        steps: 512,
        copies: 4,
        rolloutLength: 32,
        epochs: 2,
        miniBatches: 4,
        units: 8,
        evaluationEpisodes: 4,
        evaluations: 4,
      },
      seeds: 1,
      variants: ["plain", "bilateral"],
    },
    desk: { config: {}, seeds: 5, variants: Object.keys(variants) },
    // What has been published took so many steps.
    full: { config: { steps: 8_000_000 }, seeds: 10, variants: Object.keys(variants) },
  },
  recipes: [
    {
      when: { task: "PandaReach" },
      config: {
        steps: 4_000_000,
        copies: 64,
        rolloutLength: 64,
        miniBatches: 16,
        epochs: 8,
        learningRate: 1e-3,
      },
    },
    {
      when: { task: "ArmPush" },
      config: {
        steps: 2_000_000,
        copies: 64,
        rolloutLength: 128,
        miniBatches: 16,
        epochs: 8,
        learningRate: 1e-3,
      },
    },
    {
      when: { task: "PandaPush" },
      config: {
        steps: 2_000_000,
        copies: 32,
        rolloutLength: 50,
        miniBatches: 4,
        epochs: 8,
        learningRate: 1e-3,
        discount: 0.9,
        traceDecay: 0.9,
      },
    },
  ],
  variants,
  axes: [policies],
  train,
  claim,
  figures,
  tables,
});
