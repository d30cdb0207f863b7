/** Measures a controller on held-out trials, in any engine. */
import type { Controller } from "../controllers/controller.ts";
import { VectorEnv } from "../sim/env.ts";
import { constantError, variableError } from "../sim/measures/accuracy.ts";
import type { MovementRecord } from "../sim/measures/record.ts";
import { summarise } from "../sim/measures/summary.ts";
import { createPlant, type EngineName, type PlantRequest } from "../sim/physics/catalogue.ts";
import { randomStream } from "../sim/random.ts";
import { controlStep, type Task } from "../sim/tasks/task.ts";
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

/** Mean of each measure over the trials that define it. */
export type MeanMeasures = Record<string, number>;

/** What only several trials together define. */
function acrossTrials(task: Task, records: readonly MovementRecord[]): MeanMeasures {
  if (task.kind === "hold") return {};
  return { constantError: constantError(records), variableError: variableError(records) };
}

/**
 * Let the controller that `control` makes for so many arms do held-out trials and measure them. The
 * trials are the same in every engine and at every time of the training.
 */
export function evaluate(
  request: EvaluationRequest,
  control: (arms: number) => Controller,
): MeanMeasures {
  const { arm, actuator, task, engine, seed, trials } = request;
  const batch = task.draw(arm, randomStream(seed, `evaluation/trials/${task.name}`), trials);
  const plant = createPlant(engine, {
    arm,
    actuator,
    arms: trials,
    timeStep: controlStep,
    stiff: batch.channel !== undefined,
  });
  const records = performTrials(new VectorEnv(plant, task), control(trials), batch);
  const summaries = summarise(records.map((record) => measuresOf(task, record)));
  const means = Object.fromEntries(
    Object.entries(summaries).filter(([, { count }]) => count > 0)
      .map(([name, { mean }]) => [name, mean]),
  );
  Object.assign(means, acrossTrials(task, records));
  if (task.curlViscosity === undefined) return means;
  const adaptation = adaptationMeasures(engine, request, control, batch, task.curlViscosity);
  return { ...means, ...adaptation };
}
