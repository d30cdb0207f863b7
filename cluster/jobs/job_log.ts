/**
 * An attempt's side of its job's log. Each entry is appended behind the one that was last here, so that
 * once another attempt has begun, nothing of this one gets in any more.
 */
import type { Logs } from "../backbone.ts";
import { retrying, type RetryOptions } from "../retry.ts";
import { canonicalBytes, jobLog } from "./identity.ts";
import { decodeRecord } from "./record_table.ts";
import { type JobLogEntry, jobLogEntry } from "./records.ts";
import type { AttemptKey } from "./transitions.ts";

/** Where an attempt went on from. */
export interface Origin {
  readonly step: number;
  /** The entry up to which events belong to its checkpoint; epoch 0 without one. */
  readonly after: { readonly epoch: number; readonly seq: number };
}

/** An entry that is to be appended. */
export interface PreparedEntry {
  readonly seq: number;
  readonly payload: Uint8Array;
}

/** An entry with these events, each a JSON text. */
export function eventsEntry(
  epoch: number,
  seq: number,
  lines: readonly string[],
  thinned: number,
): PreparedEntry {
  const text = `{"epoch":${epoch},"events":[${lines.join(",")}],"seq":${seq},"thinned":${thinned}}`;
  return { seq, payload: new TextEncoder().encode(text) };
}

/** Another attempt has begun: the log is not ours any more. */
export class FencedError extends Error {
  override readonly name = "FencedError";
}

/** Appends an attempt's entries, one after the other, each once however often it is asked to. */
export class JobLog {
  readonly #name: string;
  #began = false;
  /** The position behind which the next entry belongs, and the last entry of ours. */
  #position: number | undefined;
  #seq = -1;
  /** The last entry that the log has had, and whether it was found to have it no more. */
  #appended = -1;
  #shortened = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly logs: Logs,
    job: string,
    private readonly attempt: AttemptKey,
    private readonly origin: Origin,
    private readonly retry: RetryOptions,
  ) {
    this.#name = jobLog(job);
  }

  /**
   * Append the attempt's first entry, unless it is there already.
   * @throws {FencedError} when a later attempt has begun
   */
  begin(): Promise<void> {
    return this.#next(() => this.#begin());
  }

  /**
   * Append an entry, and the attempt's first one before it, unless they are there already.
   * @throws {FencedError} when a later attempt has begun
   */
  append(entry: PreparedEntry): Promise<void> {
    return this.#next(async () => {
      await this.#begin();
      while (this.#seq < entry.seq) {
        // The server may have lost the end of the log, our beginning included.
        if (!this.#began) await this.#begin();
        await this.#tryAppend(entry);
      }
    });
  }

  /**
   * Whether all that was appended is still there: a server that comes back with an older store has
   * forgotten some of it.
   */
  isIntact(): Promise<boolean> {
    return this.#next(async () => {
      if (this.#position === undefined) await this.#find();
      return !this.#shortened && await this.logs.last(this.#name) === this.#position;
    });
  }

  /** Carry out `operation` once all earlier ones have ended; again while the backbone is unavailable. */
  #next<T>(operation: () => Promise<T>): Promise<T> {
    const outcome = this.#last.then(() => retrying(operation, this.retry));
    this.#last = Promise.allSettled([outcome]);
    return outcome;
  }

  async #begin(): Promise<void> {
    const { worker, epoch } = this.attempt;
    const began = { worker, step: this.origin.step, after: this.origin.after };
    const payload = canonicalBytes({ epoch, seq: 0, began } satisfies JobLogEntry);
    while (!this.#began) await this.#tryAppend({ seq: 0, payload });
  }

  async #tryAppend(entry: PreparedEntry): Promise<void> {
    if (this.#position === undefined) await this.#find();
    if (this.#position === undefined || this.#seq >= entry.seq) return;
    const after = this.#position;
    // Until there is an answer, only the log knows its end.
    this.#position = undefined;
    const position = await this.logs.append(this.#name, entry.payload, after);
    if (position === undefined) return;
    this.#position = position;
    this.#seq = this.#appended = entry.seq;
    this.#began = true;
  }

  /** Read where the log ends, and what of it is ours. */
  async #find(): Promise<void> {
    const entries = await this.logs.read(this.#name);
    const end = entries.at(-1)?.position ?? 0;
    const own = this.#ownPart(
      entries.map(({ payload }) => decodeRecord(this.#name, jobLogEntry, payload)),
    );
    this.#began = own.length > 0;
    this.#seq = own.at(-1)?.seq ?? -1;
    this.#shortened ||= this.#seq < this.#appended;
    this.#position = end;
  }

  /** Our entries from our beginning on. */
  #ownPart(entries: readonly JobLogEntry[]): JobLogEntry[] {
    const { worker, epoch } = this.attempt;
    const later = entries.find((entry) => entry.epoch > epoch);
    if (later) throw new FencedError(`${this.#name}: attempt ${later.epoch} has begun since`);
    const start = entries.findLastIndex((entry) => "began" in entry && entry.epoch === epoch);
    const first = entries[start];
    if (!first || !("began" in first)) return [];
    if (first.began.worker !== worker) {
      throw new FencedError(`${this.#name}: ${first.began.worker} makes attempt ${epoch}`);
    }
    return entries.slice(start).filter((entry) => entry.epoch === epoch);
  }
}
