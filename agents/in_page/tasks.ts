/**
 * The tasks that a page can do. It cannot do those with a force channel, nor those that are measured in
 * one: such stiff walls take the engine's sub-steps, and these are JavaScript that would have to be
 * compiled, which the policy of a page forbids.
 */
import { arms, findArm } from "../../sim/arms/catalogue.ts";
import { randomStream } from "../../sim/random.ts";
import { tasks } from "../../sim/tasks/catalogue.ts";
import type { Task } from "../../sim/tasks/task.ts";

const everyTask = Object.values(tasks);

/** Whether trials of `task` have walls; that does not depend on the arm, nor on the trial. */
function hasWalls({ draw }: Task): boolean {
  const arm = findArm(Object.keys(arms)[0]);
  return draw(arm, randomStream(0, "in-page/tasks"), 1).channel !== undefined;
}

/** Those whose trials can be shown. */
export const shownTasks: readonly Task[] = everyTask.filter((task) => !hasWalls(task));

/** Those that can be trained and measured. */
export const trainedTasks: readonly Task[] = shownTasks.filter(({ field }) => !field);

/** @throws {RangeError} when the task cannot be done in a page */
export function requireShown(task: string): void {
  const names = shownTasks.map(({ name }) => name);
  if (names.includes(task)) return;
  throw new RangeError(`task "${task}" cannot be done in a page; there are ${names.join(", ")}`);
}
