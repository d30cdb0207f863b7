/**
 * Takes a run out of the ledger, with all that only it has: its jobs, their logs, results and blobs. Jobs
 * that another run has as well stay.
 *
 * It may be interrupted at any moment and be done again: a job's state is removed after its log, so that
 * nobody goes on in an old one, and before its result, without which it would be done anew; the run comes
 * last. Blobs that nobody knew of any more are left to the sweep (`orphan_sweep.ts`). Whoever submits one
 * of the jobs at the same moment has to submit it again.
 */
import type { TableName } from "../backbone.ts";
import { jobLog } from "./identity.ts";
import type { LedgerParts } from "./ledger_parts.ts";
import { blobsOf, referringRecords } from "./references.ts";
import type { JobState, JobStateName } from "./records.ts";

/** A job that is not at its end. */
export interface ActiveJob {
  readonly id: string;
  readonly state: JobStateName;
  /** Who has it in hand. */
  readonly worker?: string;
}

/** A run that is gone. */
export interface DeletedRun {
  readonly deleted: true;
  /** Jobs that were removed with it. */
  readonly jobs: number;
  /** Jobs that stay, since other runs have them. */
  readonly shared: number;
  readonly blobs: number;
}

/** What came of it. */
export type RunDeletion =
  | DeletedRun
  | { readonly deleted: false; readonly reason: "unknown" }
  /** Some jobs are not at their end: let them end, or cancel them. */
  | { readonly deleted: false; readonly reason: "active"; readonly jobs: readonly ActiveJob[] };

/** Jobs removed at a time. */
const atOnce = 16;

/** Delete the run `id`. @throws what the backbone throws, but for its being away */
export async function deleteRun(parts: LedgerParts, id: string): Promise<RunDeletion> {
  const runs = await parts.persist("the list of runs", () => parts.runs.all(parts.onDamage));
  const run = runs.get(id);
  if (!run) return { deleted: false, reason: "unknown" };
  runs.delete(id);
  const elsewhere = new Set([...runs.values()].flatMap(({ jobs }) => Object.values(jobs)));
  const all = new Set(Object.values(run.jobs));
  const own = all.difference(elsewhere);

  const records = await referringRecords(parts);
  const active = [...own].flatMap((job) => activeJob(job, records.jobs.get(job)) ?? []);
  if (active.length > 0) return { deleted: false, reason: "active", jobs: active };
  const needed = blobsOf(records, (job) => !own.has(job));
  const blobs = records.complete
    ? blobsOf(records, (job) => own.has(job)).difference(needed)
    : new Set<string>();
  const alarms = [...records.alarms].flatMap(([key, { job }]) => own.has(job) ? [key] : []);

  const again = await removeJobs(parts, [...own]);
  if (again.length > 0) return { deleted: false, reason: "active", jobs: again };
  for (const key of alarms) await removeKey(parts, "alarms", key);
  for (const digest of blobs) {
    await parts.persist(`the blob ${digest}`, () => parts.backbone.blobs.remove(digest));
  }
  await removeKey(parts, "runs", id);
  return { deleted: true, jobs: own.size, shared: all.size - own.size, blobs: blobs.size };
}

/** Undefined when the job rests for good, or there is none. */
function activeJob(id: string, state: JobState | undefined): ActiveJob | undefined {
  if (!state || ["done", "failed", "cancelled"].includes(state.state)) return undefined;
  return { id, state: state.state, ...state.holder && { worker: state.holder.worker } };
}

/** @returns those that somebody has let go on meanwhile, and which stay */
async function removeJobs(parts: LedgerParts, ids: readonly string[]): Promise<ActiveJob[]> {
  const active: ActiveJob[] = [];
  for (let start = 0; start < ids.length; start += atOnce) {
    const slice = ids.slice(start, start + atOnce);
    active.push(...(await Promise.all(slice.map((id) => removeJob(parts, id)))).flat());
  }
  return active;
}

async function removeJob(parts: LedgerParts, id: string): Promise<ActiveJob[]> {
  const { jobs, backbone: { logs } } = parts;
  for (;;) {
    const entry = await parts.persist(`job ${id}`, () => jobs.get(id));
    const active = activeJob(id, entry?.value);
    if (active) return [active];
    await parts.persist(`the log of job ${id}`, () => logs.remove(jobLog(id)));
    if (!entry) break;
    if (await parts.persist(`job ${id}`, () => jobs.remove(id, entry.revision))) break;
  }
  for (const table of ["results", "specs"] as const) await removeKey(parts, table, id);
  return [];
}

/** Remove what is there, whatever it is. */
async function removeKey(parts: LedgerParts, name: TableName, key: string): Promise<void> {
  const table = parts.backbone.table(name);
  await parts.persist(`${name} ${key}`, async () => {
    for (let entry = await table.get(key); entry; entry = await table.get(key)) {
      if (await table.remove(key, entry.revision)) return;
    }
  });
}
