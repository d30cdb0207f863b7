/**
 * Tells the ledger of a worker that is dead for certain: its job is free at once, and need not wait until
 * nobody has heard of it for long enough.
 */
import type { Backbone } from "../../cluster/backbone.ts";
import { jsonOf } from "../../cluster/dead_letters.ts";
import { encodeHint } from "../../cluster/jobs/identity.ts";
import { JobRecord } from "../../cluster/jobs/job_record.ts";
import { hintLane } from "../../cluster/jobs/lanes.ts";
import { LedgerParts } from "../../cluster/jobs/ledger_parts.ts";
import { type JobState, workerRecord } from "../../cluster/jobs/records.ts";
import type { CauseOfDeath } from "./supervisor.ts";

const decode = jsonOf(workerRecord);

/** A job that has no holder any more. */
export interface FreedJob {
  readonly id: string;
  /** The run with which it was submitted, where that is known. */
  readonly run?: string;
}

/**
 * End the attempts of the worker `id`, as far as its own record names them, and remove the record.
 * @returns the jobs that were freed
 * @throws the signal's reason, when the server is away until it is aborted
 */
export async function buryWorker(
  backbone: Backbone,
  id: string,
  cause: CauseOfDeath,
  signal?: AbortSignal,
): Promise<FreedJob[]> {
  const parts = new LedgerParts(backbone, { signal });
  const workers = backbone.table("workers");
  const entry = await parts.persist(`the record of worker ${id}`, () => workers.get(id));
  if (!entry) return [];
  const freed: FreedJob[] = [];
  for (const job of decode(entry.value).jobs) {
    const state = await endAttempt(parts, id, job, cause);
    if (state) freed.push({ id: job, ...state.run !== undefined && { run: state.run } });
  }
  await parts.persist(`the record of worker ${id}`, () => workers.remove(id, entry.revision));
  return freed;
}

/** How the job stands now; undefined when the worker did not have it. */
async function endAttempt(
  parts: LedgerParts,
  worker: string,
  job: string,
  { end, message }: CauseOfDeath,
): Promise<JobState | undefined> {
  const what = `the end of an attempt at job ${job}`;
  const state = (await parts.persist(what, () => parts.jobs.get(job)))?.value;
  if (state?.holder?.worker !== worker) return undefined;
  const record = new JobRecord(parts.jobs, job, parts.limits);
  const by = { worker, epoch: state.epoch };
  const applied = await parts.persist(
    what,
    () => record.apply({ type: "end", by, end, message }),
  );
  if (!applied.applied) return undefined;
  const { queue } = parts.backbone;
  if (applied.state.state === "queued") {
    await parts.persist(what, () => queue.push(hintLane(applied.state), encodeHint(job)));
  }
  return applied.state;
}
