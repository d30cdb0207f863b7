/** Measures a controller on held-out trials, in any engine. */
import type { Controller } from "../../../controllers/controller.ts";
import type { Point } from "../../../sim/arms/kinematics.ts";
import { VectorEnv } from "../../../sim/env.ts";
import { constantError, endpointOffset, variableError } from "../../../sim/measures/accuracy.ts";
import { summarise } from "../../../sim/measures/summary.ts";
import { createPlant, type EngineName, type PlantRequest } from "../../../sim/physics/catalogue.ts";
import { randomStream } from "../../../sim/random.ts";
import { controlStep, type Task } from "../../../sim/tasks/task.ts";
import { pickTrials } from "../../../sim/tasks/trial.ts";
import { adaptationMeasures } from "./adaptation.ts";
import { measuresOf, performTrials } from "./trials.ts";

/** What is to be measured. */
export interface EvaluationRequest extends Pick<PlantRequest, "arm" | "actuator"> {
  readonly task: Task;
  readonly engine: EngineName;
  /** The run's seed; the trials come from its stream `evaluation/trials/<task>`. */
  readonly seed: number;
  readonly trials: number;
}

/** Some of an evaluation's trials: `first` … `end` − 1. */
export interface TrialRange {
  readonly first: number;
  readonly end: number;
}

/** What the measures of several trials are made of. */
export interface MeasuredTrial {
  /** In SI units; NaN where the trial does not define the measure. */
  readonly measures: Readonly<Record<string, number>>;
  /** Of the hand relative to the goal, m. */
  readonly endpoint: Point;
  /** Measured beside the trial itself, for tasks of adaptation; otherwise empty. */
  readonly adaptation: Readonly<Record<string, number>>;
}

/** Mean of each measure over the trials that define it. */
export type MeanMeasures = Record<string, number>;

/** Makes the controller of so many arms. */
export type MakeController = (arms: number) => Controller;

/**
 * Let the controller that `control` makes for so many arms do held-out trials and measure them. The
 * trials are the same in every engine and at every time of the training.
 * @throws {DivergenceError} when an arm's motion is no longer finite
 */
export function evaluate(request: EvaluationRequest, control: MakeController): MeanMeasures {
  const all = measureTrials(request, control, { first: 0, end: request.trials });
  return meanMeasures(request.task, all);
}

/**
 * Some trials of an evaluation, one by one. A trial's numbers do not depend on which others are done
 * along with it.
 * @throws {DivergenceError} when an arm's motion is no longer finite
 * @throws {RangeError} when the evaluation has no such trials
 */
export function measureTrials(
  request: EvaluationRequest,
  control: MakeController,
  { first, end }: TrialRange,
): MeasuredTrial[] {
  const { arm, actuator, task, engine, seed, trials } = request;
  const drawn = task.draw(arm, randomStream(seed, `evaluation/trials/${task.name}`), trials);
  const batch = pickTrials(drawn, first, end);
  const arms = batch.trials;
  const stiff = batch.channel !== undefined;
  const plant = createPlant(engine, { arm, actuator, arms, timeStep: controlStep, stiff });
  const records = performTrials(new VectorEnv(plant, task), control(arms), batch);
  const adaptation = task.curlViscosity === undefined
    ? []
    : adaptationMeasures(engine, request, control, batch, task.curlViscosity);
  return records.map((record, trial) => ({
    measures: measuresOf(task, record),
    endpoint: endpointOffset(record),
    adaptation: { ...adaptation[trial] },
  }));
}

/**
 * The means over all trials of an evaluation.
 * @param trials in the order in which they were drawn, so that sums are the same to the last bit
 * @throws {RangeError} when there is none
 */
export function meanMeasures(task: Task, trials: readonly MeasuredTrial[]): MeanMeasures {
  return {
    ...definedMeans(trials.map(({ measures }) => measures)),
    ...acrossTrials(task, trials.map(({ endpoint }) => endpoint)),
    ...definedMeans(trials.map(({ adaptation }) => adaptation)),
  };
}

function definedMeans(trials: readonly Readonly<Record<string, number>>[]): MeanMeasures {
  return Object.fromEntries(
    Object.entries(summarise(trials)).filter(([, { count }]) => count > 0)
      .map(([name, { mean }]) => [name, mean]),
  );
}

/** What only several trials together define. */
function acrossTrials(task: Task, endpoints: readonly Point[]): MeanMeasures {
  if (task.kind === "hold") return {};
  return { constantError: constantError(endpoints), variableError: variableError(endpoints) };
}
