/**
 * What a controller has learned of a force field, beside its trials in the field. The same reaches are
 * done, without learning, in other surroundings:
 *
 * | surroundings | what they tell |
 * | --- | --- |
 * | no field (catch trials) | the after-effect of what is predicted (Shadmehr & Mussa-Ivaldi 1994) |
 * | the field at its mean strength | how much the path gives way to it (Yadav & Sainburg 2014) |
 * | a force channel | the force that is predicted, apart from any error (Scheidt et al. 2000) |
 * | no field, a pulse from either side | how stiffly the hand is held on its way |
 */
import type { Controller } from "../../../controllers/controller.ts";
import { VectorEnv } from "../../../sim/env.ts";
import {
  adaptationIndex,
  type AdaptationShares,
  adaptationShares,
  afterEffect,
  deviationAtPeakSpeed,
  deviationReduction,
  type FieldResponse,
  pulseCompliance,
} from "../../../sim/measures/adaptation.ts";
import { maximalDeviation } from "../../../sim/measures/path.ts";
import { type MovementRecord, velocities } from "../../../sim/measures/record.ts";
import { createPlant, type EngineName, type PlantRequest } from "../../../sim/physics/catalogue.ts";
import type { Sensing } from "../../../sim/sensors/sensing.ts";
import { findTask, forceChannel } from "../../../sim/tasks/catalogue.ts";
import {
  cancellingForce,
  type CurlField,
  withChannel,
  withCurlField,
  withoutForces,
  withPulse,
} from "../../../sim/tasks/force_fields.ts";
import { controlStep } from "../../../sim/tasks/task.ts";
import type { Channel, TrialBatch } from "../../../sim/tasks/trial.ts";
import { performTrials } from "./trials.ts";

/** What the reach of one trial gives in other surroundings; deviations in m, left positive. */
export interface AdaptationMeasures {
  /** The largest, without the field and in the mean field. */
  readonly nullFieldDeviation: number;
  readonly meanFieldDeviation: number;
  /** The one where the hand is fastest, likewise. */
  readonly nullFieldDeviationAtPeakSpeed: number;
  readonly meanFieldDeviationAtPeakSpeed: number;
  /** Lateral force in a channel over the one that would cancel the mean field: 0 naive, 1 adapted. */
  readonly adaptationIndex: number;
  /** How far a pulse across the movement gets, m/N. */
  readonly lateralCompliance: number;
}

/** The pulse that probes how stiffly the hand is held: while a reach is about at its fastest. */
const probe = { force: 4, after: 15, steps: 10 };

/** Whose reaches are measured. */
interface Subject extends Pick<PlantRequest, "arm" | "actuator"> {
  /** What lies between the plant and the controller; nothing unless given. */
  readonly sensing?: Sensing;
}

/**
 * The measures of each trial.
 * @param trials reaches of the task of learning `field`
 */
export function adaptationMeasures(
  engine: EngineName,
  { arm, actuator, sensing }: Subject,
  control: (arms: number) => Controller,
  trials: TrialBatch,
  field: CurlField,
): AdaptationMeasures[] {
  const perform = (batch: TrialBatch) => {
    const stiff = batch.channel !== undefined;
    const arms = batch.trials;
    const plant = createPlant(engine, { arm, actuator, arms, timeStep: controlStep, stiff });
    const env = new VectorEnv(plant, findTask("centre-out"), sensing);
    return performTrials(env, control(arms), batch);
  };
  const free = withoutForces(trials);
  const walled = withChannel(free, forceChannel);
  const nullField = perform(free);
  const meanField = perform(withCurlField(free, field));
  const channel = perform(walled);
  const fromRight = perform(withPulse(free, probe));
  const fromLeft = perform(withPulse(free, { ...probe, force: -probe.force }));
  const cancelling = (speed: number) => cancellingForce(field, speed);
  return channel.map((record, trial) => {
    const goStep = trials.goStep[trial];
    const forces = wallForces(record, walled.channel, goStep);
    const pulsed = [fromRight[trial], fromLeft[trial]] as const;
    const pulseOnset = (goStep + probe.after) * controlStep;
    return {
      nullFieldDeviation: maximalDeviation(nullField[trial]),
      meanFieldDeviation: maximalDeviation(meanField[trial]),
      nullFieldDeviationAtPeakSpeed: deviationAtPeakSpeed(nullField[trial]),
      meanFieldDeviationAtPeakSpeed: deviationAtPeakSpeed(meanField[trial]),
      adaptationIndex: adaptationIndex(record, forces, cancelling),
      lateralCompliance: pulseCompliance(pulsed, 2 * probe.force, pulseOnset),
    };
  });
}

/** What a controller has come to in a field since it met it; shares of deviations at peak speed. */
export interface AdaptationOutcome extends AdaptationShares {
  /** By how much the largest deviation in the mean field has shrunk, as a share of the naive one. */
  readonly deviationReduction: number;
  /** The largest deviation without the field over the naive one in it, the sign reversed. */
  readonly afterEffect: number;
  /** Compliance against pulses over the naive one: below 1 when it has stiffened. */
  readonly complianceRatio: number;
}

/**
 * Adaptation as the difference of two evaluations of one controller on the same trials.
 * @param naive its mean measures when it met the field
 * @param adapted its mean measures after learning in the field
 * @throws {RangeError} when one of them lacks a measure of adaptation
 */
export function adaptationOutcome(
  naive: Readonly<Record<string, number>>,
  adapted: Readonly<Record<string, number>>,
): AdaptationOutcome {
  const firstField = measureOf(naive, "meanFieldDeviation");
  return {
    ...adaptationShares(responseOf(naive), responseOf(adapted)),
    deviationReduction: deviationReduction(firstField, measureOf(adapted, "meanFieldDeviation")),
    afterEffect: afterEffect(firstField, measureOf(adapted, "nullFieldDeviation")),
    complianceRatio: measureOf(adapted, "lateralCompliance") /
      measureOf(naive, "lateralCompliance"),
  };
}

const responseOf = (measures: Readonly<Record<string, number>>): FieldResponse => ({
  free: measureOf(measures, "nullFieldDeviationAtPeakSpeed"),
  inField: measureOf(measures, "meanFieldDeviationAtPeakSpeed"),
});

function measureOf(
  measures: Readonly<Record<string, number>>,
  name: keyof AdaptationMeasures,
): number {
  if (Number.isFinite(measures[name])) return measures[name];
  throw new RangeError(
    `${name} is ${
      measures[name]
    }; adaptation is told from measures of a task with a field to learn`,
  );
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
