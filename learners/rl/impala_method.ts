/**
 * IMPALA as a method of the library: `impala.ts` on the platform's tasks, with what its paper compares V-trace
 * with, and without any lag.
 */
import { z } from "zod";
import { comparisonTable } from "../comparisons.ts";
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
import { above, claimOf, claimPart, estimateOf, meanOf, valuesOf } from "../outcomes.ts";
import type { Table } from "../table.ts";
import { trainPolicy, wholeRollOuts } from "./course.ts";
import { gaussianTraining } from "./gaussian_training.ts";
import { Impala, type ImpalaReport } from "./impala.ts";
import { type ImpalaWork, piecePlanOf } from "./impala_pieces.ts";
import { LaggedPieces, type PieceSource, StreamedPieces } from "./impala_sources.ts";
import { betterThanRandom, names, scoreTable, trainingFigures } from "./report.ts";
import { environmentOf, policies, type PolicyName, studySchema, valueNetwork } from "./study.ts";
import { type CorrectionName, corrections } from "./vtrace.ts";

const policyNames = Object.keys(policies.values) as [PolicyName, ...PolicyName[]];

/**
 * The paper's values are those of Atari games and of billions of frames. Here there is an update from every
 * 200 steps, with a learning rate at which an arm's task is learnt in 400,000.
 */
export const impalaSchema = studySchema.extend({
  policy: z.enum(policyNames).default("plain").describe("what kind of network the policy is"),
  steps: z.int().min(1).default(400_000).describe("steps of all copies together"),
  copies: z.int().min(1).max(65_536).default(4)
    .describe("copies that act in a piece, each for the length of an episode"),
  lag: z.int().min(0).max(10_000).default(5)
    .describe("versions of the weights that the policy that acts is behind the one that learns"),
  asynchronous: z.boolean().default(false).describe(
    "whether actors act as fast as they can, at whatever lag that is, where there are some: the numbers " +
      "then depend on who was how fast",
  ),
  largestLag: z.int().min(0).max(10_000).default(8)
    .describe("asynchronous: versions behind which a piece is dropped"),
  room: z.int().min(1).max(1000).default(4)
    .describe("asynchronous: pieces that may be asked for or waiting, all together"),
  importanceLimit: z.number().positive().default(1).describe("ρ̄: where ratios are truncated"),
  traceLimit: z.number().positive().default(1)
    .describe("c̄: where they are in traces, no larger than ρ̄"),
  discount: z.number().min(0).max(1).default(0.9).describe("γ"),
  traceDecay: z.number().min(0).max(1).default(0.97).describe("λ of the value's targets"),
  learningRate: z.number().positive().default(2e-3).describe("Adam's step size at the beginning"),
  annealing: z.boolean().default(true).describe("whether the learning rate falls to 0, linearly"),
  valueCoefficient: z.number().min(0).default(0.5).describe("weight of the value's loss"),
  entropyCoefficient: z.number().min(0).default(0).describe("weight of the policy's entropy"),
  gradientNorm: z.number().positive().default(0.5)
    .describe("largest norm of the gradient of all parameters together"),
  bootstrapTimeLimits: z.boolean().default(true)
    .describe("whether what would follow a time limit counts, by its estimated value"),
});

export type ImpalaConfig = z.output<typeof impalaSchema>;

const variants = {
  ...corrections,
  "on-policy": "V-trace on pieces that its own policy has just acted: no lag at all",
} as const;

type VariantName = keyof typeof variants;

/** The curves of what an update reports. */
const reportNames: Readonly<Record<keyof ImpalaReport, string>> = {
  trainingReturn: names.trainingReturn,
  policyLoss: "policy loss",
  valueLoss: "value loss",
  entropy: "entropy",
  agreement: "agreement with the policy that acted",
  explainedVariance: "explained variance",
  lag: "lag",
};

/** How old what was learnt from was. */
const stalenessNames = {
  meanLag: "mean lag (versions)",
  largestLag: "largest lag (versions)",
  dropped: "pieces dropped for their age",
} as const;

/** What actors must know, but for the number of their first piece. */
function workOf(config: ImpalaConfig, seed: number): Omit<ImpalaWork, "firstPiece"> {
  const { task, policy, units, layers, activation, callosum, copies } = config;
  const rolloutLength = environmentOf(config, 1).specification.horizon;
  const networks = { units, layers, activation, callosum };
  return { kind: "impala", task, policy, ...networks, copies, rolloutLength, seed };
}

/**
 * A training of a variant.
 * @param actors who act, where there are some and they are asked for
 * @throws {RangeError} when a motor network, whose commands are −1 … 1, is to act in another space
 */
export function startImpala(
  variant: VariantName,
  config: ImpalaConfig,
  seed: number,
  context: Pick<JobContext, "actors"> = {},
): Impala {
  const work = workOf(config, seed);
  const plan = piecePlanOf(work);
  const onPolicy = variant === "on-policy";
  const correction: CorrectionName = onPolicy ? "vtrace" : variant;
  const source: PieceSource = context.actors && isTimed(variant, config, context)
    ? new StreamedPieces(context.actors, work, config)
    : new LaggedPieces(plan, onPolicy ? 0 : config.lag);
  const value = valueNetwork(plan.policy.network, config);
  return new Impala(plan, value, { ...config, correction }, source);
}

async function* train(
  { variant, config }: Job<ImpalaConfig>,
  context: JobContext,
): AsyncGenerator<JobProgress, JobResult> {
  const plan = piecePlanOf(workOf(config, 0));
  const course = wholeRollOuts(config, plan);
  // Whatever becomes of the job, its actors are told that they are free.
  using running = new DisposableStack();
  let impala: Impala | undefined;
  const make = (seed: number) => {
    impala = running.use(startImpala(variant as VariantName, config, seed, context));
    return gaussianTraining(impala);
  };
  const result = yield* trainPolicy(course, context, make, reportNames, () => stalenessOf(impala));
  return isTimed(variant as VariantName, config, context)
    ? { ...result, reproducible: false }
    : result;
}

/** Whether the numbers depend on who was how fast. */
function isTimed(
  variant: VariantName,
  { asynchronous }: ImpalaConfig,
  { actors }: Pick<JobContext, "actors">,
): boolean {
  return actors !== undefined && asynchronous && variant !== "on-policy";
}

function stalenessOf(impala?: Impala): Record<string, number> {
  if (!impala) return {};
  const { meanLag, largestLag, dropped } = impala.staleness;
  return {
    [stalenessNames.meanLag]: meanLag,
    [stalenessNames.largestLag]: largestLag,
    [stalenessNames.dropped]: dropped,
  };
}

/** Margins are in points of return, or as `betterThanRandom` and `keptShare` have them. */
function claim(outcomes: Outcomes): Claim {
  const lead = (variant: VariantName) =>
    meanOf(outcomes, "vtrace", names.return) - meanOf(outcomes, variant, names.return);
  return claimOf(
    "V-trace learns from what older policies have done, where learning without correction fails.",
    [
      betterThanRandom(outcomes, "vtrace"),
      claimPart("Its return is above that without correction.", above(lead("none"), 0, 1)),
      claimPart("It is above that with the ε-correction.", above(lead("epsilon"), 0, 1)),
      claimPart(
        "It is no more than a point below that of weighting the policy's gradient only.",
        above(lead("one-step"), -1),
      ),
      claimPart(
        "Of what learning without lag gains over actions at random it keeps nine tenths.",
        above(keptShare(outcomes), 0.9, 0.1),
      ),
    ],
  );
}

/** How much of the lead over actions at random V-trace keeps; NaN where there is no lead to keep. */
function keptShare(outcomes: Outcomes): number {
  const random = meanOf(outcomes, "on-policy", names.randomReturn);
  const gain = meanOf(outcomes, "on-policy", names.return) - random;
  const kept = meanOf(outcomes, "vtrace", names.return) - random;
  return gain > 0 ? kept / gain : NaN;
}

function figures(outcomes: Outcomes): Figure[] {
  return trainingFigures(outcomes, "impala", reportNames);
}

/** How old what each variant has learnt from was. */
function stalenessTable(outcomes: Outcomes): Table {
  const reported = Object.keys(variants).filter((variant) =>
    valuesOf(outcomes, variant, stalenessNames.meanLag).length > 0
  );
  return {
    title: "Staleness",
    caption: "By how many versions of the weights the policy that acted was behind the one that " +
      "learnt, and how many pieces were too old to be learnt from. Mean over seeds with its 95 % " +
      "bootstrap interval (expanded percentile).",
    columns: [
      { label: "variant" },
      { label: "mean lag", unit: "versions", decimals: 1 },
      { label: "largest lag", unit: "versions", decimals: 1 },
      { label: "pieces dropped", decimals: 1 },
    ],
    rows: reported.map((variant) => [
      variant,
      ...Object.values(stalenessNames).map((name) => estimateOf(outcomes, variant, name)),
    ]),
  };
}

function tables(outcomes: Outcomes): Table[] {
  const others = Object.keys(variants).filter((variant) => variant !== "vtrace");
  const compared = comparisonTable(
    { title: "Corrections compared", caption: "Final returns under the same seeds." },
    others.map((variant) => ({
      name: `vtrace and ${variant}`,
      variants: ["vtrace", variant] as const,
      metric: names.return,
    })),
    outcomes,
  );
  return [scoreTable(outcomes), stalenessTable(outcomes), compared];
}

export const impala = defineMethod({
  id: "impala",
  card: "93",
  family: "rl",
  summary:
    "asynchronous actor-learner with V-trace on the arm tasks, at a lag, beside no correction",
  paper: {
    title:
      "IMPALA: Scalable Distributed Deep-RL with Importance Weighted Actor-Learner Architectures",
    authors:
      "Lasse Espeholt, Hubert Soyer, Remi Munos, Karen Simonyan, Volodymyr Mnih, Tom Ward, " +
      "Yotam Doron, Vlad Firoiu, Tim Harley, Iain Dunning, Shane Legg, Koray Kavukcuoglu",
    year: 2018,
    venue: "ICML",
    arxiv: "1802.01561",
  },
  config: impalaSchema,
  profiles: {
    smoke: {
      config: {
        steps: 1200,
        copies: 2,
        lag: 2,
        units: 8,
        evaluationEpisodes: 4,
        evaluations: 4,
      },
      seeds: 1,
      variants: ["vtrace", "none"],
    },
    desk: { config: {}, seeds: 5, variants: Object.keys(variants) },
    full: { config: { steps: 4_000_000 }, seeds: 10, variants: Object.keys(variants) },
  },
  variants,
  train,
  claim,
  figures,
  tables,
});
