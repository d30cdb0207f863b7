/**
 * Which workers there are. A worker is there as long as its record keeps changing, by the time of whoever
 * looks at it; one that was killed leaves its record behind, so nobody is believed before the record has
 * changed once.
 */
import type { CounterName } from "../../cluster/counters.ts";
import type { WorkerRecord } from "../../cluster/jobs/records.ts";
import {
  jobIdentifier,
  type Laboratory,
  laboratoryLimits,
  type ShownWorker,
} from "../../cluster/protocol.ts";
import type { JobBook } from "./job_book.ts";
import { shortened } from "./shortened.ts";

/** After so long without a word a worker counts as silent, ms: four of its beats. */
const silentAfter = 4_000;
/** After so long it is not told of any more, ms. */
const goneAfter = 60_000;

interface BookedWorker {
  readonly record: WorkerRecord;
  /** When it was heard of last; undefined while only its record is known. */
  readonly heard: number | undefined;
}

/** See the file's head. Times are a process's own, ms. */
export class WorkerBook {
  readonly #workers = new Map<string, BookedWorker>();
  /** What those are called that are told of. */
  #titles: ReadonlyMap<string, string> = new Map();

  /** Take note of a worker's record, or of its leaving. */
  set(id: string, record: WorkerRecord | undefined, now: number): void {
    const known = this.#workers.get(id);
    if (!record) this.#workers.delete(id);
    else this.#workers.set(id, { record, heard: known ? now : undefined });
  }

  /** Nobody could be heard until now: whoever was there before is given time to speak again. */
  excuse(now: number): void {
    for (const [id, { record, heard }] of this.#workers) {
      if (heard !== undefined) this.#workers.set(id, { record, heard: now });
    }
  }

  /** What a worker is called; among those that are told of, no other is called so. */
  nameOf(id: string): string {
    return this.#titles.get(id) ?? shortened(this.#workers.get(id)?.record.name ?? id);
  }

  /** A counter's sum over all workers that are known. */
  total(counter: CounterName): number {
    return this.#workers.values()
      .reduce((sum, { record: { counters } }) => sum + (counters[counter] ?? 0), 0);
  }

  /** The workers by name, with what they do. */
  list(jobs: JobBook, now: number): Laboratory["workers"] {
    const there = [...this.#workers].flatMap(([id, { record, heard }]) => {
      const silence = heard === undefined ? Infinity : now - heard;
      return silence < goneAfter ? [{ id, record, silence }] : [];
    });
    there.sort((a, b) => compare(a.record.name, b.record.name) || compare(a.id, b.id));
    this.#titles = titlesOf(there);
    const list = there.slice(0, laboratoryLimits.workers).map(({ id, record, silence }) => ({
      ...shown(id, record, silence),
      name: this.nameOf(id),
      job: shownJob(record, jobs),
    }));
    return { total: there.length, list };
  }
}

/**
 * What workers are called so that each is told apart: by their name; the workers of one machine, which share
 * it, by their place there, which their id begins with; those of two machines of one name by their id.
 */
function titlesOf(
  workers: readonly { readonly id: string; readonly record: WorkerRecord }[],
): Map<string, string> {
  const candidates = workers.map(({ id, record: { name } }) => ({
    id,
    titles: [name, id.replace(/-[0-9a-f]+$/, ""), id].map(shortened),
  }));
  const holders = new Map<string, Set<string>>();
  for (const { id, titles } of candidates) {
    for (const title of titles) holders.set(title, (holders.get(title) ?? new Set()).add(id));
  }
  const isOwn = (title: string) => holders.get(title)!.size === 1;
  return new Map(candidates.map(({ id, titles }) => [id, titles.find(isOwn) ?? shortened(id)]));
}

function shown(
  id: string,
  record: WorkerRecord,
  silence: number,
): Omit<ShownWorker, "name" | "job"> {
  const { host, state, backends, cores, load, memory, finished } = record;
  return {
    id: shortened(id),
    host: shortened(host),
    state: silence < silentAfter ? state : "silent",
    silence: silence / 1000,
    backends: backends.slice(0, 8).map(({ name, device }) => ({
      name: shortened(name),
      device: shortened(device),
    })),
    cores,
    load,
    memory: { total: Math.max(0, memory.total), free: Math.max(0, memory.free) },
    finished,
  };
}

/** The job that a worker has in hand. */
function shownJob({ jobs: held }: WorkerRecord, jobs: JobBook): ShownWorker["job"] {
  const id = jobIdentifier.safeParse(held[0]).data;
  if (id === undefined) return undefined;
  const { step = 0, steps = 0 } = jobs.job(id) ?? {};
  return { id, ...jobs.nameOf(id), step, steps };
}

const compare = (a: string, b: string) => a < b ? -1 : a > b ? 1 : 0;
