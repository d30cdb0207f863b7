/** The outcome of a `sim` run, as kept in `report.json` and printed by `--json`. */
import type { Evaluation } from "../../cluster/protocol.ts";
import { type EngineName, engineNames } from "../../sim/physics/catalogue.ts";
import { findTask } from "../../sim/tasks/catalogue.ts";
import { phaseEnds } from "../../sim/tasks/task.ts";
import {
  type AdaptationOutcome,
  adaptationOutcome,
} from "../../learners/motor/evaluation/adaptation.ts";
import type { MeanMeasures } from "../../learners/motor/evaluation/evaluator.ts";
import type { RunConfig } from "./run_config.ts";

/** Measures before the first and after the last update; SI units, see `sim/measures/catalogue.ts`. */
export interface BeforeAndAfter {
  readonly before: MeanMeasures;
  readonly after: MeanMeasures;
}

/** `before` and `after` are those of the run's own engine. */
export interface SimReport extends BeforeAndAfter {
  readonly run: string;
  readonly dir: string;
  readonly task: string;
  readonly controller: string;
  readonly engine: EngineName;
  readonly seed: number;
  /** Training updates. */
  readonly batches: number;
  /** Wall clock since the start or the last resume, s. */
  readonly seconds: number;
  /** Held-out trials behind each mean. */
  readonly trials: number;
  /** The same trials in every engine. */
  readonly engines: Readonly<Record<EngineName, BeforeAndAfter>>;
  /** By how much each measure after training is larger in cannon-es than where the controller learned. */
  readonly transfer: MeanMeasures;
  /** Where the training has several phases: the measures as each but the last one ended. */
  readonly phases?: Readonly<Record<string, MeanMeasures>>;
  /** Where a force field was learned: what that consists of, in `equations`, since the phase before. */
  readonly adaptation?: AdaptationOutcome;
}

/** What a run is called after its time. */
export function runTitle({ task, controller, seed }: RunConfig): string {
  return `${task}-${controller}-s${seed}`;
}

/**
 * The report of a finished run.
 * @throws {Error} when an engine has not been evaluated before or after
 */
export function simReport(
  dir: string,
  run: string,
  config: RunConfig,
  seconds: number,
  evaluations: readonly Evaluation[],
): SimReport {
  const measures = (engine: EngineName, stage: Evaluation["stage"]): MeanMeasures => {
    const found = evaluations.find((event) => event.engine === engine && event.stage === stage);
    if (!found) throw new Error(`run ${run} was not evaluated in ${engine} ${stage} training`);
    return found.measures;
  };
  const engines = Object.fromEntries(
    engineNames.map((engine) => [engine, {
      before: measures(engine, "before"),
      after: measures(engine, "after"),
    }]),
  ) as Record<EngineName, BeforeAndAfter>;
  return {
    run,
    dir,
    task: config.task,
    controller: config.controller,
    engine: config.engine,
    seed: config.seed,
    batches: config.updates,
    seconds,
    trials: config.evaluationTrials,
    ...engines[config.engine],
    engines,
    transfer: differences(engines.cannon.after, engines.equations.after),
    ...phaseMeasures(config, evaluations, engines.equations.after),
  };
}

/** What both have, the one less the other. */
function differences(there: MeanMeasures, here: MeanMeasures): MeanMeasures {
  return Object.fromEntries(
    Object.keys(here).filter((name) => name in there)
      .map((name) => [name, there[name] - here[name]]),
  );
}

/** Evaluations at the ends of phases; the last phase ends with the training. */
function phaseMeasures(
  config: RunConfig,
  evaluations: readonly Evaluation[],
  after: MeanMeasures,
): Pick<SimReport, "phases" | "adaptation"> {
  const task = findTask(config.task);
  const ends = phaseEnds(task, config.updates);
  const phases = task.training.slice(0, -1).flatMap(({ name }, phase) => {
    const found = evaluations.find(({ stage, update }) =>
      stage === "during" && update === ends[phase]
    );
    return found ? [[name, found.measures] as const] : [];
  });
  if (phases.length === 0) return {};
  return {
    phases: Object.fromEntries(phases),
    ...(task.field && { adaptation: adaptationOutcome(phases[phases.length - 1][1], after) }),
  };
}
