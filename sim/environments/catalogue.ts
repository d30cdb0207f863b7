/**
 * The tasks for reinforcement learning, by name. A new one is one more entry here; each file's head is
 * its specification.
 */
import type { Precision } from "../expression/batch.ts";
import { armHold } from "./arm_hold.ts";
import { armPush } from "./arm_push.ts";
import { armReach } from "./arm_reach.ts";
import { armReachGoal, armReachGoalDelta } from "./arm_reach_goal.ts";
import { armReacher } from "./arm_reacher.ts";
import { cannonEnvironment, type CannonTask } from "./cannon_environment.ts";
import type { TaskSpecification, VectorEnvironment } from "./environment.ts";
import { equationsEnvironment } from "./equations_environment.ts";
import type { EquationsTask } from "./equations_task.ts";
import { pandaLift } from "./panda_lift.ts";
import { pandaPush } from "./panda_push.ts";
import { pandaReach } from "./panda_reach.ts";
import { suiteReacherEasy, suiteReacherHard } from "./suite_reacher.ts";

/** Tasks that are stated as equations: thousands of copies at once. */
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

/** Tasks with contacts, in cannon-es. */
export const contactTasks: readonly CannonTask[] = [pandaPush, pandaLift];

/** What each task is. */
export const taskSpecifications: readonly TaskSpecification[] = [
  ...environmentTasks,
  ...contactTasks,
].map(({ specification }) => specification);

/**
 * The task called `name`, one that is stated as equations.
 * @throws {RangeError} when there is none, naming those that there are
 */
export function findEnvironmentTask(name: string): EquationsTask {
  return environmentTasks.find(named(name)) ?? unknown(name, environmentTasks);
}

/**
 * `copies` copies of the task called `name`.
 *
 * @param precision of tasks that are stated as equations; contacts are always in double precision
 * @throws {RangeError} when there is no such task, naming those that there are
 */
export function createEnvironment(
  name: string,
  copies: number,
  precision?: Precision,
): VectorEnvironment {
  const withContacts = contactTasks.find(named(name));
  if (withContacts) return cannonEnvironment(withContacts, copies);
  const stated = environmentTasks.find(named(name)) ??
    unknown(name, [...environmentTasks, ...contactTasks]);
  return equationsEnvironment(stated, copies, precision);
}

interface Specified {
  readonly specification: TaskSpecification;
}

const named = (name: string) => ({ specification }: Specified) => specification.name === name;

function unknown(name: string, tasks: readonly Specified[]): never {
  const names = tasks.map(({ specification }) => specification.name);
  throw new RangeError(`no task "${name}"; there are ${names.join(", ")}`);
}
