/**
 * What a job's log says, each event once. The log is written by one attempt after the other; an attempt
 * begins where its checkpoint was, so what the earlier ones have written beyond that happens again and
 * is superseded.
 */
import type { LogEntry } from "../backbone.ts";
import { decodeRecord } from "./record_table.ts";
import { type JobLogEntry, jobLogEntry } from "./records.ts";

/** A job's events so far. */
export interface FoldedLog {
  /** The events of the chain of attempts, oldest first, without superseded ones. */
  readonly events: unknown[];
  /** Events left out: they have happened again since, or their attempt had lost the job. */
  readonly superseded: number;
  /** Events of the chain that were dropped because they could not be got away for too long. */
  readonly thinned: number;
  /** The attempt that has begun last; 0 when none has. */
  readonly epoch: number;
}

/**
 * Fold a job's log.
 *
 * @param finished the epoch of the job's result: later attempts, which were in vain, are then left out
 * @throws {BackboneError} "damaged" when an entry is none of a job's log
 */
export function foldJobLog(entries: readonly LogEntry[], finished = Infinity): FoldedLog {
  const fold = new JobLogFold(finished);
  for (const entry of entries) fold.add(entry);
  return fold.log;
}

type EventsEntry = Extract<JobLogEntry, { events: unknown }>;

/** The fold of a log that is still being written, entry by entry. */
export class JobLogFold {
  #chain: EventsEntry[] = [];
  #superseded = 0;
  #epoch = 0;
  #seq = 0;

  /** @param finished as in `foldJobLog` */
  constructor(private readonly finished = Infinity) {}

  /**
   * Add the log's next entry.
   * @returns whether earlier events are superseded now, and what was drawn from them is to be drawn anew
   * @throws {BackboneError} "damaged" when it is none of a job's log
   */
  add({ payload }: LogEntry): boolean {
    const entry = decodeRecord("an entry of a job's log", jobLogEntry, payload);
    if (entry.epoch < this.#epoch || entry.epoch > this.finished) {
      this.#superseded += eventsIn(entry);
      return false;
    }
    if ("began" in entry) return this.#begin(entry.epoch, entry.began.after);
    this.#addEvents(entry);
    return false;
  }

  get log(): FoldedLog {
    return {
      events: this.#chain.flatMap(({ events }) => events),
      superseded: this.#superseded,
      thinned: this.#chain.reduce((sum, { thinned }) => sum + thinned, 0),
      epoch: this.#epoch,
    };
  }

  /** An attempt begins: of the chain stays what belongs to its checkpoint. */
  #begin(epoch: number, after: { readonly epoch: number; readonly seq: number }): boolean {
    const belongs = (entry: EventsEntry) =>
      entry.epoch < after.epoch || (entry.epoch === after.epoch && entry.seq <= after.seq);
    const dropped = this.#chain.filter((entry) => !belongs(entry));
    this.#chain = this.#chain.filter(belongs);
    this.#superseded += dropped.reduce((sum, entry) => sum + eventsIn(entry), 0);
    this.#epoch = epoch;
    this.#seq = 0;
    return dropped.length > 0;
  }

  #addEvents(entry: EventsEntry): void {
    if (entry.epoch === this.#epoch && entry.seq > this.#seq) {
      this.#chain.push(entry);
      this.#seq = entry.seq;
    } else {
      this.#superseded += eventsIn(entry);
    }
  }
}

function eventsIn(entry: JobLogEntry): number {
  return "events" in entry ? entry.events.length : 0;
}
