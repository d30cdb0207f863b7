/** PPO as a method of the library: `ppo.ts` on the platform's tasks, with each kind of policy network. */
import { z } from "zod";
import type { VectorEnvironment } from "../../sim/environments/environment.ts";
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
  type Snapshot,
} from "../method.ts";
import { above, claimOf, claimPart, meanOf } from "../outcomes.ts";
import { mean } from "../statistics/descriptive.ts";
import type { Table } from "../table.ts";
import { deterministicPolicy, evaluate, type Evaluation, randomPolicy } from "./evaluation.ts";
import { History, historySchema } from "./history.ts";
import { bound, Ppo, type PpoReport } from "./ppo.ts";
import {
  diagnosticFigure,
  learningCurves,
  names,
  policyComparisons,
  publishedBeside,
  scoreTable,
  successCurves,
} from "./report.ts";
import {
  environmentOf,
  policies,
  type PolicyName,
  policyNetwork,
  studySchema,
  valueNetwork,
} from "./study.ts";

/** The usual values for robots: those of OpenAI's baselines and of CleanRL, but for the number of copies. */
const configSchema = studySchema.extend({
  steps: z.int().min(1).default(204_800).describe("steps of all copies together"),
  copies: z.int().min(1).max(65_536).default(8).describe(
    "copies of the task that act side by side",
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

type Config = z.output<typeof configSchema>;

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

const valuesSchema = z.object({
  counts: z.record(z.string(), z.number()),
  history: historySchema,
});

async function* train(
  { variant, config }: Job<Config>,
  context: JobContext,
): AsyncGenerator<JobProgress, JobResult> {
  const environment = environmentOf(config, config.copies);
  const network = policyNetwork(variant as PolicyName, environment, config);
  const value = valueNetwork(environment, config);
  const ppo = new Ppo(environment, network, value, config, seedFor(context, "training"));
  const bench = testBench(config, ppo, seedFor(context, "evaluation"));

  const snapshot = context.restore();
  const history = snapshot ? restore(ppo, snapshot) : new History();
  if (!snapshot) history.note(0, scoresOf(bench.policy()));

  const all = ppo.allIterations;
  const evaluationsBy = (iteration: number) => Math.floor(iteration * config.evaluations / all);
  while (ppo.iterations < all) {
    const before = ppo.iterations;
    const report = named(ppo.iterate());
    history.note(ppo.steps, report);
    if (evaluationsBy(before) === evaluationsBy(ppo.iterations)) continue;
    const scores = scoresOf(bench.policy());
    history.note(ppo.steps, scores);
    await context.checkpoint(snapshotOf(ppo, history));
    const metrics = Object.entries({ ...scores, ...report }).filter(([, y]) => Number.isFinite(y));
    yield { step: ppo.steps, steps: ppo.allSteps, metrics: Object.fromEntries(metrics) };
  }

  const random = bench.random();
  const { y: returns } = history.curve(names.return);
  const half = returns[Math.floor((returns.length - 1) / 2)];
  return {
    metrics: {
      ...scoresOf(bench.policy()),
      [names.randomReturn]: mean(random.returns),
      [names.rise]: returns[returns.length - 1] - half,
      [names.steps]: ppo.steps,
      [names.parameters]: ppo.policy.layout.size,
      [names.version(config.task)]: environment.specification.version,
    },
    series: history.curves,
  };
}

/** A seed of its own for each purpose, so that no episode is both trained on and evaluated. */
function seedFor(context: JobContext, purpose: string): number {
  return context.stream(`${purpose}/seed`).integer(2 ** 32);
}

/** The same episodes again and again, for the policy as it is and for actions at random. */
function testBench(config: Config, ppo: Ppo, seed: number) {
  const environment: VectorEnvironment = environmentOf(config, config.evaluationEpisodes);
  const pass = ppo.policy.network.pass(config.evaluationEpisodes);
  return {
    policy() {
      pass.load(ppo.policy.meanPart(ppo.policyParameters));
      const act = deterministicPolicy(pass, ppo.observationMoments, bound);
      return evaluate(environment, act, seed);
    },
    random: () => evaluate(environment, randomPolicy(environment, seed), seed),
  };
}

function scoresOf({ returns, successes }: Evaluation): Record<string, number> {
  return {
    [names.return]: mean(returns),
    ...successes && { [names.success]: mean(successes.map(Number)) },
  };
}

function named(report: PpoReport): Record<string, number> {
  const keys = Object.keys(reportNames) as (keyof PpoReport)[];
  return Object.fromEntries(keys.map((key) => [reportNames[key], report[key]]));
}

function snapshotOf(ppo: Ppo, history: History): Snapshot {
  const { tensors, counts } = ppo.save();
  return { step: ppo.steps, tensors, values: { counts, history: history.curves } };
}

function restore(ppo: Ppo, { tensors, values }: Snapshot): History {
  const { counts, history } = valuesSchema.parse(values);
  ppo.restore({ tensors, counts });
  return new History(history);
}

/** What published scores are looked up by. */
const algorithm = "ppo";

/** Margins are in units of the effect that each part asks for, or of 1 point of return. */
function claim(outcomes: Outcomes): Claim {
  const plain = (metric: string) => meanOf(outcomes, "plain", metric);
  const published = publishedBeside(outcomes).filter((score) => score.algorithm === algorithm);
  const random = plain(names.randomReturn);
  const halfway = Number.isNaN(random)
    ? NaN
    : above(plain(names.return), random / 2, Math.max(Math.abs(random) / 2, 1e-9));
  return claimOf(
    "A clipped surrogate lets a policy learn from each roll-out many times over.",
    [
      claimPart("The policy's return is above half of that of actions at random.", halfway),
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
  return [
    ...learningCurves(outcomes, algorithm),
    ...successCurves(outcomes),
    ...diagnosticFigure(outcomes, Object.values(reportNames)),
  ];
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
  config: configSchema,
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
  variants,
  axes: [policies],
  train,
  claim,
  figures,
  tables,
});
