/** What the tests of environments share: tasks stepped as plain numbers, and actions by copy and step. */
import type { EquationsTask, Parts } from "../../../sim/environments/equations_task.ts";
import { randomStream } from "../../../sim/random.ts";
import { numbers } from "../numbers.ts";

/** What a step of one copy came to, in numbers. */
export interface PlainStep {
  readonly state: Parts<number>;
  readonly observation: readonly number[];
  readonly reward: number;
  readonly success?: number;
}

/** One step of a task without any environment. */
export function plainStep(
  task: EquationsTask,
  state: Parts<number>,
  action: readonly number[],
): PlainStep {
  const { state: after, reward, success } = task.step(numbers, state, action);
  return { state: after, observation: task.observe(numbers, after), reward, success };
}

/** A column of rows laid out [row][copy]. */
export function ofCopy(values: Float64Array, copies: number, copy: number): number[] {
  return Array.from({ length: values.length / copies }, (_, row) => values[row * copies + copy]);
}

/** A random action of a task, the same for a copy's number and a step, whoever asks. */
export function randomAction(task: EquationsTask, copy: number, step: number): number[] {
  const { name } = task.specification;
  const random = randomStream(1, `tests/environments/${name}/${copy}/${step}`);
  const { low, high } = task.actionSpace;
  return low.map((value, row) => random.uniform(value, high[row]));
}

/** The actions of copies `first` … as [row][copy]. */
export function randomActions(
  task: EquationsTask,
  copies: number,
  step: number,
  first = 0,
): Float64Array {
  const columns = Array.from(
    { length: copies },
    (_, copy) => randomAction(task, first + copy, step),
  );
  const rows = task.specification.action.map((_, row) => columns.map((column) => column[row]));
  return Float64Array.from(rows.flat());
}

/** Mean and standard deviation. */
export function moments(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(square / values.length) };
}
