/** Measures a controller on held-out trials, in any engine. */
import type { Controller } from "../../../controllers/controller.ts";
import type { Point } from "../../../sim/arms/kinematics.ts";
import { VectorEnv } from "../../../sim/env.ts";
import { constantError, endpointOffset, variableError } from "../../../sim/measures/accuracy.ts";
import type { MovementRecord } from "../../../sim/measures/record.ts";
import { holdStiffness } from "../../../sim/measures/hold.ts";
import { summarise } from "../../../sim/measures/summary.ts";
import { createPlant, type EngineName, type PlantRequest } from "../../../sim/physics/catalogue.ts";
import { randomStream } from "../../../sim/random.ts";
import { controlStep, type Task } from "../../../sim/tasks/task.ts";
import type { Sensing } from "../../../sim/sensors/sensing.ts";
import { loadsAtEnd, pickTrials, type TrialBatch } from "../../../sim/tasks/trial.ts";
import { adaptationMeasures } from "./adaptation.ts";
import { measuresOf, performTrials } from "./trials.ts";

/** Under which conditions trials are done. */
export interface TrialConditions extends Pick<PlantRequest, "arm" | "actuator"> {
  readonly task: Task;
  readonly engine: EngineName;
  /** What lies between the plant and the controller; nothing unless given. */
  readonly sensing?: Sensing;
}

/** What is to be measured. */
export interface EvaluationRequest extends TrialConditions {
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
  /** The constant force on the hand that still acts at the end, N. */
  readonly load: Point;
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
  const { arm, task, seed, trials } = request;
  const drawn = task.draw(arm, randomStream(seed, `evaluation/trials/${task.name}`), trials);
  const batch = pickTrials(drawn, first, end);
  return measureRecords(request, control, batch, recordTrials(request, control, batch));
}

/**
 * Let a controller do the trials of `batch`.
 * @throws {DivergenceError} when an arm's motion is no longer finite
 */
export function recordTrials(
  conditions: TrialConditions,
  control: MakeController,
  batch: TrialBatch,
): MovementRecord[] {
  return performTrials(environmentOf(conditions, batch), control(batch.trials), batch);
}

/** Where the trials of `batch` can be done. */
export function environmentOf(
  { arm, actuator, task, engine, sensing }: TrialConditions,
  { trials: arms, channel }: TrialBatch,
): VectorEnv {
  const stiff = channel !== undefined;
  const plant = createPlant(engine, { arm, actuator, arms, timeStep: controlStep, stiff });
  return new VectorEnv(plant, task, sensing);
}

/**
 * What the measures are made of, of each trial of a batch that a controller has done.
 * @param records what `recordTrials` gave of it
 */
export function measureRecords(
  conditions: TrialConditions,
  control: MakeController,
  batch: TrialBatch,
  records: readonly MovementRecord[],
): MeasuredTrial[] {
  const { task, engine } = conditions;
  const adaptation = task.field
    ? adaptationMeasures(engine, conditions, control, batch, task.field)
    : [];
  const loads = loadsAtEnd(batch);
  return records.map((record, trial) => ({
    measures: measuresOf(task, record),
    endpoint: endpointOffset(record),
    load: loads[trial],
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
    ...acrossTrials(task, trials),
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
function acrossTrials(task: Task, trials: readonly MeasuredTrial[]): MeanMeasures {
  const endpoints = trials.map(({ endpoint }) => endpoint);
  if (task.kind === "reach") {
    return { constantError: constantError(endpoints), variableError: variableError(endpoints) };
  }
  const loads = trials.map(({ load }) => load);
  const loaded = loads.some(([x, y]) => x !== 0 || y !== 0);
  return loaded && trials.length > 1 ? { holdStiffness: holdStiffness(endpoints, loads) } : {};
}
