/** Closed-loop trials: an environment, a controller, and the record of what happened. */
import { DivergenceError } from "./divergence.ts";
import type { Controller } from "../../../controllers/controller.ts";
import type { Arm } from "../../../sim/arms/arm.ts";
import { muscleGeometry, muscleTorques } from "../../../sim/arms/muscles.ts";
import type { VectorEnv } from "../../../sim/env.ts";
import { holdMeasures, reachMeasures } from "../../../sim/measures/catalogue.ts";
import type { MovementRecord } from "../../../sim/measures/record.ts";
import type { Plant } from "../../../sim/physics/plant.ts";
import type { Task } from "../../../sim/tasks/task.ts";
import type { TrialBatch } from "../../../sim/tasks/trial.ts";
import { finalSteps } from "../rollout.ts";

/** Copies one arm's values out of rows [row][arm] into `into` at `offset`. */
function copyArm(
  rows: Float64Array,
  arms: number,
  arm: number,
  into: Float64Array,
  offset: number,
): void {
  for (let row = 0; row < rows.length / arms; row++) into[offset + row] = rows[row * arms + arm];
}

/** The arrays of a record while it is being filled. */
interface Recording {
  readonly positions: Float64Array;
  readonly jointAngles: Float64Array;
  readonly jointVelocities: Float64Array;
  readonly excitations: Float64Array;
  readonly activations: Float64Array;
  readonly forces: Float64Array;
}

/** Records the trials of a batch, step by step. */
export class TrialRecorder implements TrialWatcher {
  readonly #recordings: Recording[];

  constructor(readonly plant: Plant, readonly trials: TrialBatch) {
    const { steps } = trials;
    const { arm, actuator } = plant;
    const rows = (samples: number, size: number) => new Float64Array(samples * size);
    this.#recordings = Array.from({ length: trials.trials }, () => ({
      positions: rows(steps + 1, 2),
      jointAngles: rows(steps + 1, arm.joints.length),
      jointVelocities: rows(steps + 1, arm.joints.length),
      excitations: rows(steps, actuator.count),
      activations: rows(steps, actuator.count),
      forces: rows(steps, actuator.count),
    }));
  }

  /** Take down the plant's state after `step` steps. */
  sample(step: number): void {
    const { hand, angles, velocities, activation, force } = this.plant.readings;
    const { arms } = this.plant;
    const joints = this.plant.arm.joints.length;
    const { count } = this.plant.actuator;
    this.#recordings.forEach((recording, arm) => {
      copyArm(hand, arms, arm, recording.positions, 2 * step);
      copyArm(angles, arms, arm, recording.jointAngles, joints * step);
      copyArm(velocities, arms, arm, recording.jointVelocities, joints * step);
      if (step === 0) return;
      copyArm(activation, arms, arm, recording.activations, count * (step - 1));
      copyArm(force, arms, arm, recording.forces, count * (step - 1));
    });
  }

  /** Take down the commands of the step after `step` steps. */
  command(step: number, commands: Float64Array): void {
    const { actuator, arms } = this.plant;
    this.#recordings.forEach(({ excitations }, arm) =>
      copyArm(commands, arms, arm, excitations, actuator.count * step)
    );
  }

  /** A motor's force is its joint's torque; measures of muscles have no meaning for it. */
  #driving(recording: Recording): Partial<MovementRecord> & Pick<MovementRecord, "positions"> {
    if (this.plant.actuator.muscles) {
      return { ...recording, torques: torquesOfMuscles(this.plant.arm, recording) };
    }
    const { activations: _, forces: torques, ...others } = recording;
    return { ...others, torques };
  }

  /** What has been recorded, one record a trial. */
  records(): MovementRecord[] {
    const { trials, start, goal, timeStep, load } = this.trials;
    return this.#recordings.map((recording, trial) => ({
      ...this.#driving(recording),
      timeStep,
      arm: this.plant.arm,
      start: [start[trial], start[trials + trial]],
      goal: [goal[trial], goal[trials + trial]],
      ...(load && { perturbationOnset: load.from[trial] * timeStep }),
    }));
  }
}

/** Torques of the joints, N m, [step][joint]: the forces of each step in the posture it started from. */
function torquesOfMuscles(arm: Arm, { jointAngles, forces }: Recording): Float64Array {
  const [joints, count] = [arm.joints.length, arm.muscles.length];
  const steps = forces.length / count;
  const torques = new Float64Array(steps * joints);
  for (let step = 0; step < steps; step++) {
    const angles = [...jointAngles.subarray(joints * step, joints * (step + 1))];
    const pulls = [...forces.subarray(count * step, count * (step + 1))];
    torques.set(muscleTorques(muscleGeometry(arm, angles), pulls, joints), joints * step);
  }
  return torques;
}

/** @throws {DivergenceError} when a hand of `plant` is nowhere after `step` steps */
export function requireFiniteMotion(plant: Plant, step: number): void {
  if (plant.readings.hand.every(Number.isFinite)) return;
  throw new DivergenceError(`a hand's position is no longer finite after step ${step}`);
}

/** Watches trials being done. */
export interface TrialWatcher {
  /** The plant has made `step` steps; 0 before the first one. */
  sample(step: number): void;
  /** These commands, [actuator][trial], are carried out in the step after `step` steps. */
  command(step: number, commands: Float64Array): void;
}

/**
 * Let `controller` do the trials of `env` from start to end, while `watcher` looks on.
 * @throws {DivergenceError} when an arm's motion is no longer finite
 */
export function doTrials(
  env: VectorEnv,
  controller: Controller,
  trials: TrialBatch,
  watcher: TrialWatcher,
): void {
  const actions = new Float64Array(env.plant.actuator.count * env.arms);
  let { observation } = env.reset({ seed: 0, trials });
  controller.reset(env.arms);
  watcher.sample(0);
  for (let step = 0; step < trials.steps; step++) {
    controller.act(observation, actions);
    watcher.command(step, actions);
    ({ observation } = env.step(actions));
    requireFiniteMotion(env.plant, step + 1);
    watcher.sample(step + 1);
  }
}

/**
 * Let `controller` do the trials of `env` from start to end and record them.
 * @throws {DivergenceError} when an arm's motion is no longer finite
 */
export function performTrials(
  env: VectorEnv,
  controller: Controller,
  trials: TrialBatch,
): MovementRecord[] {
  const recorder = new TrialRecorder(env.plant, trials);
  doTrials(env, controller, trials, recorder);
  return recorder.records();
}

/** What one needs to know of trials that are done many times over; means over all of them. */
export interface TrialSummary {
  /** Mean distance from the goal over the last 0.1 s, m. */
  readonly finalError: number;
  /** Mean squared command. */
  readonly effort: number;
}

/**
 * Let `controller` do the trials of `env`: the means of two of their measures, at a fraction of the cost of
 * their records.
 * @throws {DivergenceError} when an arm's motion is no longer finite
 */
export function summariseTrials(
  env: VectorEnv,
  controller: Controller,
  batch: TrialBatch,
): TrialSummary {
  const { trials, steps, goal } = batch;
  const { hand } = env.plant.readings;
  const counted = Math.min(finalSteps, steps);
  let [distances, squares] = [0, 0];
  doTrials(env, controller, batch, {
    sample(step) {
      if (step <= steps - counted) return;
      for (let trial = 0; trial < trials; trial++) {
        const [x, y] = [trial, trials + trial];
        distances += Math.hypot(hand[x] - goal[x], hand[y] - goal[y]);
      }
    },
    command(_step, commands) {
      for (const command of commands) squares += command * command;
    },
  });
  return {
    finalError: distances / (counted * trials),
    effort: squares / (env.plant.actuator.count * steps * trials),
  };
}

/** The measures that apply to a trial of `task`. */
export function measuresOf(task: Task, record: MovementRecord): Record<string, number> {
  return task.kind === "reach" ? reachMeasures(record) : holdMeasures(record);
}
