/** What a finished job of the cluster has left: its result, its events, its last checkpoints. */
import { type Backbone, BackboneError } from "../../cluster/backbone.ts";
import { readCheckpoint } from "../../cluster/jobs/checkpoints.ts";
import { foldJobLog } from "../../cluster/jobs/fold.ts";
import { jobLog } from "../../cluster/jobs/identity.ts";
import type { Ledger } from "../../cluster/jobs/ledger.ts";
import type { CheckpointPointer, ResultRecord } from "../../cluster/jobs/records.ts";
import { retrying } from "../../cluster/retry.ts";
import { systemTimers, type Timers } from "../../cluster/timers.ts";
import { type JobEventLine, jobEvents } from "../worker/job_lines.ts";

/** A finished job. */
export interface FinishedJob {
  readonly record: ResultRecord;
  /** The result as JSON. */
  readonly result: unknown;
  /** Each once, in the order of their steps. */
  readonly events: readonly JobEventLine[];
  /** Events that a worker has dropped because the server was away for too long. */
  readonly thinned: number;
  /** The last two at most, the latest last; those that are gone or damaged are left out. */
  readonly checkpoints: readonly Uint8Array<ArrayBuffer>[];
}

/** Where jobs are. */
export interface ClusterAccess {
  readonly backbone: Backbone;
  readonly ledger: Ledger;
  /** Ends the waiting for the server; its reason is thrown. */
  readonly signal: AbortSignal;
  readonly timers?: Timers;
}

/**
 * All that the job `id` has left.
 * @throws {BackboneError} "damaged" when its result is not what was committed, or is gone
 */
export async function finishedJob(id: string, access: ClusterAccess): Promise<FinishedJob> {
  const { backbone, ledger, signal } = access;
  const record = await whenThere(() => ledger.result(id), `the result of job ${id}`, access);
  const bytes = await whenThere(() => ledger.resultBytes(id), `the result of job ${id}`, access);
  const entries = await retrying(() => backbone.logs.read(jobLog(id)), { signal });
  const { events, thinned } = foldJobLog(entries, record.epoch);
  const pointers = (await ledger.state(id))?.checkpoints ?? [];
  return {
    record,
    result: JSON.parse(new TextDecoder().decode(bytes)),
    events: jobEvents(events),
    thinned,
    checkpoints: await keptCheckpoints(id, pointers, access),
  };
}

/** Reads may lag behind what is known to be there, ms. */
const longestLag = 10_000;
const lagPause = 100;

/** @throws {BackboneError} "damaged" when it does not come */
async function whenThere<Value>(
  read: () => Promise<Value | undefined>,
  what: string,
  { signal, timers = systemTimers }: ClusterAccess,
): Promise<Value> {
  const began = timers.now();
  for (;;) {
    const value = await retrying(read, { signal, timers });
    if (value !== undefined) return value;
    if (timers.now() - began > longestLag) {
      throw new BackboneError(
        "damaged",
        `${what} is not there although it was committed; cancel the job and submit it again`,
      );
    }
    await timers.sleep(lagPause, signal);
  }
}

/** The result stands without them: one that is gone or damaged is no reason to fail. */
async function keptCheckpoints(
  id: string,
  pointers: readonly CheckpointPointer[],
  { backbone, signal }: ClusterAccess,
): Promise<Uint8Array<ArrayBuffer>[]> {
  const kept: Uint8Array<ArrayBuffer>[] = [];
  for (const pointer of [...pointers].sort((a, b) => a.step - b.step)) {
    try {
      const found = await retrying(() => readCheckpoint(backbone, id, pointer), { signal });
      if (found) kept.push(found.bytes);
    } catch (error) {
      if (!(error instanceof BackboneError && error.kind === "damaged")) throw error;
    }
  }
  return kept;
}
