/** How an attempt finds where to go on from, showing life meanwhile. */
import { BackboneError } from "../backbone.ts";
import { elapse } from "../timers.ts";
import { type Checkpoint, readCheckpoint } from "./checkpoints.ts";
import type { JobRecord } from "./job_record.ts";
import type { LedgerParts } from "./ledger_parts.ts";
import type { CheckpointPointer, JobState } from "./records.ts";

/** A checkpoint, and what points to it. */
export interface FoundCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly pointer: CheckpointPointer;
}

/** Between two signs of life while a checkpoint is loaded, ms. */
const loadingBeat = 700;

/**
 * The newest checkpoint that is intact, and how many signs of life were given: a large one takes longer
 * to load than a lease.
 *
 * @param state the job's, with its holder in whose name it is loaded
 */
export async function loadCheckpoint(
  parts: LedgerParts,
  record: JobRecord,
  state: JobState,
): Promise<{ readonly found: FoundCheckpoint | undefined; readonly beats: number }> {
  const loaded = new AbortController();
  const beating = beatUntil(parts, record, state, loaded.signal);
  try {
    const found = await findIntact(parts, record.id, state.checkpoints);
    loaded.abort();
    return { found, beats: await beating };
  } finally {
    loaded.abort();
  }
}

async function findIntact(
  parts: LedgerParts,
  job: string,
  pointers: readonly CheckpointPointer[],
): Promise<FoundCheckpoint | undefined> {
  for (const pointer of pointers) {
    const what = `the checkpoint of job ${job} at step ${pointer.step}`;
    const read = () => readCheckpoint(parts.backbone, job, pointer);
    try {
      const checkpoint = await parts.persist(what, read);
      if (checkpoint) return { checkpoint, pointer };
      parts.onTrouble(`${what} is gone`, undefined);
    } catch (error) {
      if (!(error instanceof BackboneError) || error.kind !== "damaged") throw error;
      parts.onTrouble(`${what} is damaged`, error);
    }
  }
  return undefined;
}

/** Show life until `signal` is aborted; how often it was shown. */
async function beatUntil(
  { timers, onTrouble }: LedgerParts,
  record: JobRecord,
  { holder, epoch }: JobState,
  signal: AbortSignal,
): Promise<number> {
  if (!holder) throw new Error(`job ${record.id} has no holder who could load its checkpoint`);
  const { worker, step, steps } = holder;
  for (let beat = 0;; beat++) {
    await elapse(timers, loadingBeat, signal);
    if (signal.aborted) return beat;
    try {
      await record.apply({ type: "beat", by: { worker, epoch }, beat: beat + 1, step, steps });
    } catch (error) {
      onTrouble(`a sign of life of job ${record.id} did not get through`, error);
    }
  }
}
