/** The contract of a motor task: a named distribution of trials and how they are judged. */
import type { Arm } from "../arms/arm.ts";
import type { RandomStream } from "../random.ts";
import type { CurlField } from "./force_fields.ts";
import type { TrialBatch } from "./trial.ts";

/** Seconds from one command to the next in every task. */
export const controlStep = 0.01;

/** Draws so many trials from a stream. */
export type DrawTrials = (arm: Arm, stream: RandomStream, trials: number) => TrialBatch;

/** A part of the training in which trials are drawn in one way. */
export interface TrainingPhase {
  readonly name: string;
  /** Share of all updates, 0 … 1. */
  readonly share: number;
  readonly draw: DrawTrials;
}

/** A motor task. */
export interface Task {
  readonly name: string;
  readonly summary: string;
  /** Whether it is judged as a reach (towards a goal) or as a hold (staying there). */
  readonly kind: "reach" | "hold";
  /** Trials of the task itself, as in a test. */
  readonly draw: DrawTrials;
  /** How a controller is prepared for it, in order; shares add up to 1. */
  readonly training: readonly TrainingPhase[];
  /** The force field that is to be learned; only tasks of adaptation have one. */
  readonly field?: CurlField;
}

/** The updates after which a phase ends, in order; the last one is `updates`. */
export function phaseEnds(task: Task, updates: number): number[] {
  let share = 0;
  return task.training.map((phase) => Math.round((share += phase.share) * updates));
}

/** The phase in which update `update` (from 0) of `updates` falls. */
export function phaseAt(task: Task, update: number, updates: number): TrainingPhase {
  const index = phaseEnds(task, updates).findIndex((end) => update < end);
  return task.training.at(index)!;
}
