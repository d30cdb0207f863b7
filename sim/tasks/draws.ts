/** What the tasks draw their trials from: postures, loads, cues. */
import type { Arm } from "../arms/arm.ts";
import { handPosition, type Point } from "../arms/kinematics.ts";
import type { RandomStream } from "../random.ts";
import { controlStep } from "./task.ts";
import type { TimedRows, TrialBatch } from "./trial.ts";

/** Postures uniform within the joints' limits, [joint][trial], rad. */
export function uniformPostures(arm: Arm, stream: RandomStream, trials: number): Float64Array {
  const angles = new Float64Array(arm.joints.length * trials);
  for (let trial = 0; trial < trials; trial++) {
    arm.joints.forEach(({ lower, upper }, j) => {
      angles[j * trials + trial] = stream.uniform(lower, upper);
    });
  }
  return angles;
}

/** One posture for all trials, [joint][trial]. */
export function samePosture(posture: readonly number[], trials: number): Float64Array {
  return Float64Array.from(
    { length: posture.length * trials },
    (_, i) => posture[Math.floor(i / trials)],
  );
}

/** The hands' positions in postures [joint][trial], as [x, y][trial], m. */
export function handsAt(arm: Arm, angles: Float64Array): Float64Array {
  const trials = angles.length / arm.joints.length;
  const hands = new Float64Array(2 * trials);
  for (let trial = 0; trial < trials; trial++) {
    const posture = arm.joints.map((_, j) => angles[j * trials + trial]);
    [hands[trial], hands[trials + trial]] = handPosition(arm, posture);
  }
  return hands;
}

/** Points of `trials` trials as rows, [x, y][trial]. */
export function pointRows(points: readonly Point[]): Float64Array {
  return Float64Array.from([...points.map(([x]) => x), ...points.map(([, y]) => y)]);
}

/** A step for each trial, uniform between two times, s. */
export function uniformSteps(
  stream: RandomStream,
  trials: number,
  earliest: number,
  latest: number,
): Int32Array {
  const first = Math.round(earliest / controlStep);
  const count = Math.round(latest / controlStep) - first + 1;
  return Int32Array.from({ length: trials }, () => first + stream.integer(count));
}

/** Rows that count throughout the trial. */
export function throughout(rows: Float64Array, trials: number, steps: number): TimedRows {
  return { rows, from: new Int32Array(trials), until: new Int32Array(trials).fill(steps) };
}

/** Reaches between two random postures; the goal is shown from the first step. */
export function randomReaches(
  arm: Arm,
  stream: RandomStream,
  trials: number,
  steps: number,
): TrialBatch {
  const startAngles = uniformPostures(arm, stream, trials);
  const goalAngles = uniformPostures(arm, stream, trials);
  return {
    trials,
    steps,
    timeStep: controlStep,
    startAngles,
    start: handsAt(arm, startAngles),
    goal: handsAt(arm, goalAngles),
    goStep: new Int32Array(trials),
  };
}
