/**
 * The contract of tasks that are stated as equations over an `Algebra`: physics, observation, reward and
 * ends in one expression graph, from which one kernel is compiled that steps all copies.
 */
import type { Algebra } from "../expression/algebra.ts";
import type { RandomStream } from "../random.ts";
import type { GoalRows, Space, TaskSpecification } from "./environment.ts";

/** The values of each part of the state. */
export type Parts<Value> = Readonly<Record<string, readonly Value[]>>;

/** What a step results in, one lane each. */
export interface TaskStep<Value> {
  readonly state: Parts<Value>;
  readonly reward: Value;
  /** 1 where the episode has come to its end, else 0; never, unless given. */
  readonly terminated?: Value;
  /** 1 where the success rule holds, else 0; where the task has one. */
  readonly success?: Value;
}

/** A task as equations. */
export interface EquationsTask {
  readonly specification: TaskSpecification;
  readonly actionSpace: Space;
  readonly goals?: GoalRows;
  /** The parts of a copy's state, such as angles and target, and how many rows each has. */
  readonly state: Readonly<Record<string, number>>;
  /** Draw the state that an episode starts from. */
  start(random: RandomStream): Parts<number>;
  /** One control step under an action, a value a row. */
  step<Value>(
    algebra: Algebra<Value>,
    state: Parts<Value>,
    action: readonly Value[],
  ): TaskStep<Value>;
  /** What a policy is shown of a state, a value a row. */
  observe<Value>(algebra: Algebra<Value>, state: Parts<Value>): readonly Value[];
}

/** @throws {RangeError} when a task states another number of rows than it declares */
export function requireRows(task: string, what: string, given: number, expected: number): void {
  if (given === expected) return;
  throw new RangeError(`${task} states ${given} rows of its ${what} and declares ${expected}`);
}
