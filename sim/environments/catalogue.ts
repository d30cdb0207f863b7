/**
 * The tasks for reinforcement learning, by name. A new one is one more entry here; each file's head is
 * its specification.
 */
import { armHold } from "./arm_hold.ts";
import { armPush } from "./arm_push.ts";
import { armReach } from "./arm_reach.ts";
import { armReachGoal, armReachGoalDelta } from "./arm_reach_goal.ts";
import { armReacher } from "./arm_reacher.ts";
import type { EquationsTask } from "./equations_task.ts";
import { pandaReach } from "./panda_reach.ts";
import { suiteReacherEasy, suiteReacherHard } from "./suite_reacher.ts";

/** All tasks that are stated as equations. */
export const environmentTasks: readonly EquationsTask[] = [
  armReacher,
  suiteReacherEasy,
  suiteReacherHard,
  armReach,
  armReachGoal,
  armReachGoalDelta,
  armHold,
  armPush,
  pandaReach,
];

/**
 * The task called `name`.
 * @throws {RangeError} when there is none, naming those that there are
 */
export function findEnvironmentTask(name: string): EquationsTask {
  const task = environmentTasks.find(({ specification }) => specification.name === name);
  if (task) return task;
  const names = environmentTasks.map(({ specification }) => specification.name);
  throw new RangeError(`no task "${name}"; there are ${names.join(", ")}`);
}
