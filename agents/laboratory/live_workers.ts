/**
 * Which workers there are. A worker that was killed leaves its record behind, so only those count that are
 * heard of twice: no clocks of two machines are compared.
 */
import type { Backbone, Change } from "../../cluster/backbone.ts";
import { type WorkerRecord, workerRecord } from "../../cluster/jobs/records.ts";
import { systemTimers, type Timers } from "../../cluster/timers.ts";

/** How workers are listened for; all of it can be left out. */
export interface ListenOptions {
  /** How long a worker may be silent and still be there, ms. Default 3000. */
  readonly patience?: number;
  readonly signal?: AbortSignal;
  readonly timers?: Timers;
}

/**
 * The workers that are there now, by id. It takes as long as the slowest of the records needs to change,
 * or `patience` when one of them does not.
 * @throws {BackboneError} when the table cannot be read
 */
export async function liveWorkers(
  backbone: Backbone,
  { patience = 3000, signal, timers = systemTimers }: ListenOptions = {},
): Promise<Map<string, WorkerRecord>> {
  const silent = new Set<string>();
  const live = new Map<string, WorkerRecord>();
  const allHeard = new AbortController();
  let isPresent = true;
  const hear = ({ key, value }: Change) => {
    const record = value && readRecord(value);
    if (record === undefined) {
      silent.delete(key);
      live.delete(key);
    } else if (isPresent) {
      silent.add(key);
    } else {
      silent.delete(key);
      live.set(key, record);
    }
    if (!isPresent && silent.size === 0) allHeard.abort();
  };
  const subscription = await backbone.table("workers").watch(hear);
  try {
    isPresent = false;
    if (silent.size > 0) {
      const ended = AbortSignal.any([allHeard.signal, ...signal ? [signal] : []]);
      await interruptible(timers.sleep(patience, ended), allHeard.signal);
    }
    return live;
  } finally {
    subscription.unsubscribe();
  }
}

/** Wait for `sleeping`, or until `woken` ends it. */
async function interruptible(sleeping: Promise<void>, woken: AbortSignal): Promise<void> {
  try {
    await sleeping;
  } catch (error) {
    if (!woken.aborted) throw error;
  }
}

/** Undefined of a record that another version has written: its worker cannot be told anything about. */
function readRecord(value: Uint8Array): WorkerRecord | undefined {
  try {
    return workerRecord.safeParse(JSON.parse(new TextDecoder().decode(value))).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
