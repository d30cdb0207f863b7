/** What runs of reinforcement-learning methods report, and what claims, figures and tables make of it. */
import { comparisonTable } from "../comparisons.ts";
import type { Figure, Panel, Trace } from "../figure.ts";
import type { ClaimPart, Outcomes, Series } from "../method.ts";
import { above, claimPart, estimateOf, meanOf, valuesOf } from "../outcomes.ts";
import { mean, standardDeviation } from "../statistics/descriptive.ts";
import { interquartileInterval, interquartileMean } from "../statistics/interquartile.ts";
import type { Cell, Table } from "../table.ts";
import { type PublishedScore, publishedScores, publishedTasks } from "./published.ts";

/** The names of metrics and curves. */
export const names = {
  /** Of the deterministic policy, mean over the evaluation's episodes. */
  return: "return",
  /** Of actions uniform in the action space, on the same episodes. */
  randomReturn: "random return",
  /** Share of the evaluation's episodes that end in success. */
  success: "success",
  /** How much the return has grown over the second half of the training. */
  rise: "rise over the second half",
  /** Steps of the environment that were trained on. */
  steps: "steps",
  parameters: "parameters of the policy",
  /** Of the sampling policy, mean over the episodes that ended in a roll-out. */
  trainingReturn: "training return",
  /** The task's version, under the task's name: how reports know of which task results are. */
  version: (task: string) => `version of ${task}`,
} as const;

/** The scores that have been published of the task that all results are of. */
export function publishedBeside(outcomes: Outcomes): readonly PublishedScore[] {
  const results = Object.values(outcomes).flat();
  const task = publishedTasks.find((name) =>
    results.every(({ result: { metrics } }) => Object.hasOwn(metrics, names.version(name)))
  );
  return results.length === 0 || task === undefined ? [] : publishedScores[task];
}

/** The variants that have results. */
const variantsIn = (outcomes: Outcomes) =>
  Object.keys(outcomes).filter((variant) => outcomes[variant].length > 0);

/** The curve called `name` of each seed of a variant, of those that have it. */
function curvesOf(outcomes: Outcomes, variant: string, name: string): Series[] {
  return outcomes[variant].flatMap(({ result: { series = {} } }) =>
    Object.hasOwn(series, name) ? [series[name]] : []
  );
}

/** Mean and deviation over seeds, as far as all of them have come. */
function meanCurve(name: string, curves: readonly Series[]): Trace[] {
  if (curves.length === 0) return [];
  const length = Math.min(...curves.map(({ x }) => x.length));
  const x = curves[0].x.slice(0, length);
  const at = (i: number) => curves.map(({ y }) => y[i]);
  return [{
    name,
    x,
    y: x.map((_, i) => mean(at(i))),
    spread: x.map((_, i) => standardDeviation(at(i))),
  }];
}

/** A line figure over the steps of the environment. */
const overSteps = { kind: "line", xLabel: "steps of the environment" } as const;

/**
 * The learning curve: the evaluations of each variant, whole and from the middle on, and the scores that
 * have been published of `algorithm` as lines.
 */
export function learningCurves(outcomes: Outcomes, algorithm: string): Figure[] {
  const curves = variantsIn(outcomes).flatMap((variant) =>
    meanCurve(variant, curvesOf(outcomes, variant, names.return))
  );
  if (curves.length === 0) return [];
  const end = Math.max(...curves.flatMap(({ x }) => x));
  const published = publishedBeside(outcomes).filter((score) => score.algorithm === algorithm);
  const panel = (title: string, start: number): Panel => ({
    ...overSteps,
    title,
    yLabel: "return",
    traces: [
      ...curves.map((curve) => from(curve, start)),
      ...published.map(({ short: name, score }) => ({ name, x: [start, end], y: [score, score] })),
    ],
  });
  return [{
    kind: "panels",
    title: "Returns over the training",
    caption: "Evaluations of the policies without noise on episodes that they were not trained " +
      "on: mean over seeds, the band is their standard deviation. Horizontal: published scores, " +
      "and after how many steps.",
    columns: 2,
    panels: [panel("whole", 0), panel("from the middle on", end / 2)],
  }];
}

/** What a trace shows from `start` on. */
function from({ name, x, y, spread = [] }: Trace, start: number): Trace {
  const first = x.findIndex((step) => step >= start);
  return { name, x: x.slice(first), y: y.slice(first), spread: spread.slice(first) };
}

/** The share of successes over the training, of tasks that have a rule for them. */
export function successCurves(outcomes: Outcomes): Figure[] {
  const traces = variantsIn(outcomes).flatMap((variant) =>
    meanCurve(variant, curvesOf(outcomes, variant, names.success))
  );
  if (traces.length === 0) return [];
  return [{
    ...overSteps,
    title: "Successes over the training",
    caption: "Share of the evaluation's episodes that end in success.",
    yLabel: "success",
    traces,
  }];
}

/** What the algorithm says of itself while it learns: a panel for each of the curves called so. */
export function diagnosticFigure(outcomes: Outcomes, curves: readonly string[]): Figure[] {
  const panels = curves.flatMap((curve) => {
    const traces = variantsIn(outcomes).flatMap((variant) =>
      meanCurve(variant, curvesOf(outcomes, variant, curve))
    );
    if (traces.length === 0) return [];
    return [{ ...overSteps, title: curve, yLabel: curve, traces }];
  });
  if (panels.length === 0) return [];
  return [{
    kind: "panels",
    title: "Diagnostics",
    caption: "What the algorithm reports of itself, mean over seeds with their deviation.",
    columns: 3,
    panels,
  }];
}

/** Final returns of all variants, of actions at random, and as published. */
export function scoreTable(outcomes: Outcomes): Table {
  const variants = variantsIn(outcomes);
  const row = (variant: string): Cell[] => {
    const returns = valuesOf(outcomes, variant, names.return);
    const interval = interquartileInterval(returns);
    return [
      variant,
      mean(valuesOf(outcomes, variant, names.steps)),
      returns.length,
      estimateOf(outcomes, variant, names.return),
      { value: interquartileMean(returns), ...interval && { interval } },
      valuesOf(outcomes, variant, names.success).length > 0
        ? estimateOf(outcomes, variant, names.success)
        : "",
      mean(valuesOf(outcomes, variant, names.parameters)),
    ];
  };
  const random = variants.flatMap((variant) => valuesOf(outcomes, variant, names.randomReturn));
  const published = publishedBeside(outcomes).map((score): Cell[] => {
    const { label, score: value, deviation, steps } = score;
    return [label, steps, "", deviation === undefined ? value : { value, deviation }, "", "", ""];
  });
  return {
    title: "Returns",
    caption: "Evaluation of the policies without noise on episodes that they were not trained " +
      "on. Mean over seeds with its 95 % bootstrap interval (expanded percentile); inter-quartile " +
      "mean with its percentile bootstrap interval, as rliable has it. Published scores are of " +
      "their sources' own simulators and evaluations.",
    columns: [
      { label: "policy" },
      { label: "steps", decimals: 0 },
      { label: "seeds", decimals: 0 },
      { label: "return", decimals: 2 },
      { label: "inter-quartile mean", decimals: 2 },
      { label: "success", decimals: 3 },
      { label: "parameters", decimals: 0 },
    ],
    rows: random.length === 0 ? [] : [
      ...variants.map(row),
      ["random actions", "", random.length, mean(random), "", "", ""],
      ...published,
    ],
  };
}

/** The kinds of policies compared two by two. */
export function policyComparisons(outcomes: Outcomes): Table {
  const compare = (first: string, second: string) => ({
    name: `${first} and ${second}`,
    variants: [first, second] as const,
    metric: names.return,
  });
  return comparisonTable(
    { title: "Policies compared", caption: "Final returns under the same seeds." },
    [
      compare("bilateral", "unilateral"),
      compare("bilateral", "plain"),
      compare("unilateral", "plain"),
    ],
    outcomes,
  );
}

/** What is drawn of every training: learning, success, and what its iterations report. */
export function trainingFigures(
  outcomes: Outcomes,
  algorithm: string,
  curves: Readonly<Record<string, string>>,
): Figure[] {
  return [
    ...learningCurves(outcomes, algorithm),
    ...successCurves(outcomes),
    ...diagnosticFigure(outcomes, Object.values(curves)),
  ];
}

/** A policy does better than half-way from actions at random to nothing lost; margins in half the way. */
export function betterThanRandom(outcomes: Outcomes, variant: string): ClaimPart {
  const random = meanOf(outcomes, variant, names.randomReturn);
  const margin = Number.isNaN(random)
    ? NaN
    : above(meanOf(outcomes, variant, names.return), random / 2, Math.abs(random) / 2 || 1);
  return claimPart("The policy's return is above half of that of actions at random.", margin);
}
