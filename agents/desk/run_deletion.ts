/** Deletes runs of a cluster; what of their jobs is not at its end can be cancelled first. */
import type { ActiveJob, RunDeletion } from "../../cluster/jobs/deletion.ts";
import type { Ledger } from "../../cluster/jobs/ledger.ts";
import { systemTimers, type Timers } from "../../cluster/timers.ts";

/** How it is done. */
export interface DeletionOptions {
  /** Whether jobs that are not at their end are cancelled; otherwise their run stays. */
  readonly force: boolean;
  /** How long workers may take to let go of them, ms. Default 30 s. */
  readonly patience?: number;
  readonly timers?: Timers;
}

/** Between two looks whether workers have let go, ms. */
const lookEvery = 200;

/** Delete the run `id`. */
export async function deleteClusterRun(
  ledger: Ledger,
  id: string,
  { force, patience = 30_000, timers = systemTimers }: DeletionOptions,
): Promise<RunDeletion> {
  const outcome = await ledger.deleteRun(id);
  if (outcome.deleted || outcome.reason === "unknown" || !force) return outcome;
  await cancelAll(ledger, outcome.jobs, patience, timers);
  return await ledger.deleteRun(id);
}

/** Resolves when nobody is at them any more, or patience is over. */
async function cancelAll(
  ledger: Ledger,
  jobs: readonly ActiveJob[],
  patience: number,
  timers: Timers,
): Promise<void> {
  const ids = jobs.map(({ id }) => id);
  for (const id of ids) await ledger.cancel(id);
  for (const deadline = timers.now() + patience; timers.now() < deadline;) {
    const states = await ledger.jobs(ids);
    if (![...states.values()].some(({ state }) => state === "running")) return;
    await timers.sleep(lookEvery);
  }
}
