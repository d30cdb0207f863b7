/** The course of a job of reinforcement learning: training, reports, evaluations, snapshots. */
import { z } from "zod";
import type { JobContext, JobProgress, JobResult, Snapshot } from "../method.ts";
import { mean } from "../statistics/descriptive.ts";
import { type Act, evaluate, type Evaluation, randomPolicy } from "./evaluation.ts";
import { History, historySchema } from "./history.ts";
import { names } from "./report.ts";
import { type RollOutPlan, rollOutsIn } from "./roll_out.ts";
import { environmentOf, type StudyConfig } from "./study.ts";
import type { TrainingState } from "./training_state.ts";

/** What the course of a job depends on. */
export interface CourseConfig
  extends Pick<StudyConfig, "task" | "evaluations" | "evaluationEpisodes"> {
  /** Steps of all copies together. */
  readonly steps: number;
  /** Steps from one report to the next, evaluations apart. */
  readonly reportSteps: number;
}

/** Reports of a whole training at the most: iterations are told of together where there are more. */
const mostReports = 250;

/** The course of a training that learns from roll-outs, whole ones only. */
export function wholeRollOuts<Config extends Omit<CourseConfig, "reportSteps">>(
  config: Config,
  { copies, rolloutLength }: Pick<RollOutPlan, "copies" | "rolloutLength">,
): Config & CourseConfig {
  const samples = copies * rolloutLength;
  const rollOuts = rollOutsIn({ copies, rolloutLength }, config.steps);
  const reportSteps = Math.ceil(rollOuts / mostReports) * samples;
  return { ...config, steps: rollOuts * samples, reportSteps };
}

/** A training as a job runs it. */
export interface Training<Report> {
  /** Steps of all copies so far. */
  readonly steps: number;
  readonly parameters: Float64Array;
  iterate(): Report | Promise<Report>;
  deterministic(copies: number): Act;
  save(): TrainingState | Promise<TrainingState>;
  restore(state: TrainingState): void | Promise<void>;
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
export async function* trainPolicy<Key extends string>(
  config: CourseConfig,
  context: JobContext,
  make: (seed: number) => Training<Readonly<Record<Key, number>>>,
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
  const history = snapshot ? await restored(training, snapshot) : new History();
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
    while (training.steps < until) means.add(named(await training.iterate(), curves));
    const due = evaluationsBy(before) !== evaluationsBy(training.steps);
    const metrics = { ...means.values, ...due && scores() };
    history.note(training.steps, metrics);
    await context.checkpoint(await snapshotOf(training, history));
    yield { step: training.steps, steps: Math.max(steps, training.steps), metrics };
  }

  const random = evaluate(bench, randomPolicy(bench, evaluationSeed), evaluationSeed);
  const { y: returns } = history.curve(names.return);
  const { name, version } = bench.specification;
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

async function snapshotOf(training: Training<unknown>, history: History): Promise<Snapshot> {
  const { tensors, counts } = await training.save();
  return { step: training.steps, tensors, values: { counts, history: history.curves } };
}

async function restored(
  training: Training<unknown>,
  { tensors, values }: Snapshot,
): Promise<History> {
  const { counts, history } = valuesSchema.parse(values);
  await training.restore({ tensors, counts });
  return new History(history);
}
