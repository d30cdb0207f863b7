/**
 * What a controller has learned of a curl field, beside its trials in the field: deviations of the same
 * reaches in the null field (the after-effect once it has adapted) and the force that it exerts on the
 * walls of a force channel (Shadmehr & Mussa-Ivaldi 1994; Scheidt et al. 2000).
 */
import type { Controller } from "../../../controllers/controller.ts";
import { VectorEnv } from "../../../sim/env.ts";
import { adaptationIndex } from "../../../sim/measures/adaptation.ts";
import { maximalDeviation } from "../../../sim/measures/path.ts";
import { type MovementRecord, velocities } from "../../../sim/measures/record.ts";
import { createPlant, type EngineName, type PlantRequest } from "../../../sim/physics/catalogue.ts";
import { findTask, withChannel } from "../../../sim/tasks/catalogue.ts";
import { controlStep } from "../../../sim/tasks/task.ts";
import type { Channel, TrialBatch } from "../../../sim/tasks/trial.ts";
import { performTrials } from "./trials.ts";

/** What one trial in the field gives. */
export interface AdaptationMeasures {
  /** Signed deviation of the same reach without the field, m, left positive. */
  readonly nullFieldDeviation: number;
  /** Lateral force in a channel over the force that would cancel the field: 0 naive, 1 adapted. */
  readonly adaptationIndex: number;
}

/**
 * The measures of each trial.
 * @param field trials in the curl field; the same reaches are done without it and in a channel
 * @param viscosity the field's b, N s/m
 */
export function adaptationMeasures(
  engine: EngineName,
  request: Pick<PlantRequest, "arm" | "actuator">,
  control: (arms: number) => Controller,
  field: TrialBatch,
  viscosity: number,
): AdaptationMeasures[] {
  const perform = (trials: TrialBatch) => {
    const stiff = trials.channel !== undefined;
    const arms = trials.trials;
    const plant = createPlant(engine, { ...request, arms, timeStep: controlStep, stiff });
    return performTrials(new VectorEnv(plant, findTask("centre-out")), control(arms), trials);
  };
  const free = { ...field, viscosity: undefined };
  const walled = withChannel(free);
  const index = (record: MovementRecord, trial: number) =>
    adaptationIndex(record, wallForces(record, walled.channel, walled.goStep[trial]), viscosity);
  const deviations = perform(free).map(maximalDeviation);
  const indices = perform(walled).map(index);
  return deviations.map((nullFieldDeviation, trial) => ({
    nullFieldDeviation,
    adaptationIndex: indices[trial],
  }));
}

/**
 * The force of the hand on the channel's wall along the normal, left positive, N, at each sample. There
 * is no wall before the go step.
 */
function wallForces(
  record: MovementRecord,
  { stiffness, damping }: Channel,
  goStep: number,
): number[] {
  const [startX, startY] = record.start;
  const along = [record.goal[0] - startX, record.goal[1] - startY];
  const length = Math.hypot(...along);
  const normal = [-along[1] / length, along[0] / length];
  return velocities(record).map(([rateX, rateY], k) => {
    if (k < goStep) return 0;
    const offset = (record.positions[2 * k] - startX) * normal[0] +
      (record.positions[2 * k + 1] - startY) * normal[1];
    return stiffness * offset + damping * (rateX * normal[0] + rateY * normal[1]);
  });
}
