/** The `sim` command as a child process. */
import {
  type Outcome,
  runTask,
  startTask,
  type Surroundings,
  type TaskProcess,
} from "./task_process.ts";

export { type Outcome, succeeds, type TaskProcess as SimProcess } from "./task_process.ts";

/** Start `deno task sim` with `args`. */
export function startSim(args: readonly string[], surroundings?: Surroundings): TaskProcess {
  return startTask("sim", args, surroundings);
}

/** Let `deno task sim` with `args` do its work. */
export function runSim(args: readonly string[], surroundings?: Surroundings): Promise<Outcome> {
  return runTask("sim", args, surroundings);
}
