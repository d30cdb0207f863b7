/**
 * What an attempt has to say to the ledger, in order, while the server is away or slow: events and
 * checkpoints. It is bounded: of checkpoints only the newest waits, and when the events take too much
 * room, every second one goes, which leaves a curve its shape.
 */
import { eventsEntry, type PreparedEntry } from "./job_log.ts";
import type { Checkpoint } from "./checkpoints.ts";

/** A checkpoint that is to be kept; the bytes must not change. */
export type WaitingCheckpoint = Pick<Checkpoint, "step"> & { readonly bytes: Uint8Array };

/** Who brings things to the ledger; both try until they succeed, or somebody else has the job. */
export interface Delivery {
  entry(entry: PreparedEntry): Promise<void>;
  /** @param seq of the last entry before it, 0 when there is none */
  checkpoint(checkpoint: WaitingCheckpoint, seq: number): Promise<void>;
}

type Item =
  | { readonly kind: "events"; readonly lines: string[]; readonly thinned: number }
  | { readonly kind: "entry"; readonly entry: PreparedEntry }
  | { readonly kind: "checkpoint"; readonly checkpoint: WaitingCheckpoint };

/** Characters of events in one entry, unless a single one is longer. */
const entrySize = 192 * 1024;

/** Characters of events that may wait: some minutes of a talkative job. */
const defaultRoom = 8 * 1024 * 1024;

export class Outbox {
  #items: Item[] = [];
  #size = 0;
  #seq = 0;
  #busy = false;
  #failure: { readonly error: unknown } | undefined;
  #waiters: PromiseWithResolvers<void>[] = [];

  /**
   * @param room for waiting events, characters
   * @param onFailure told what has made an end of the delivery
   */
  constructor(
    private readonly epoch: number,
    private readonly delivery: Delivery,
    private readonly onFailure: (error: unknown) => void,
    private readonly room = defaultRoom,
  ) {}

  /** @param lines each a JSON text */
  addEvents(lines: readonly string[]): void {
    if (this.#failure || lines.length === 0) return;
    this.#items.push({ kind: "events", lines: [...lines], thinned: 0 });
    this.#size += sizeOf(lines);
    while (this.#size > this.room && this.#thin());
    this.#start();
  }

  addCheckpoint(checkpoint: WaitingCheckpoint): void {
    if (this.#failure) return;
    this.#dropCheckpoints();
    this.#items.push({ kind: "checkpoint", checkpoint });
    this.#start();
  }

  /**
   * Take what waits out of here, as the entries that it would have become, also the one that is on its
   * way. Checkpoints are dropped.
   */
  seal(): PreparedEntry[] {
    const entries: PreparedEntry[] = [];
    for (let item = this.#prepared(); item; item = this.#prepared()) {
      if (item.kind === "entry") entries.push(item.entry);
      this.#items.shift();
    }
    return entries;
  }

  /**
   * Resolves when nothing waits and nothing is on its way.
   * @throws what has made an end of the delivery
   */
  async settled(): Promise<void> {
    if (this.#failure) throw this.#failure.error;
    if (!this.#busy) return;
    const waiter = Promise.withResolvers<void>();
    this.#waiters.push(waiter);
    await waiter.promise;
  }

  /** Deliver nothing more; whoever waits gets `error`. What waits can still be taken out by `seal`. */
  stop(error: unknown): void {
    if (this.#failure) return;
    this.#failure = { error };
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
  }

  /** A checkpoint on its way is at the front, and stays. */
  #dropCheckpoints(): void {
    this.#items = this.#items.filter(({ kind }, index) =>
      kind !== "checkpoint" || (this.#busy && index === 0)
    );
  }

  /** Drop every second waiting event; false when none can go. */
  #thin(): boolean {
    let count = 0;
    let dropped = 0;
    this.#items = this.#items.map((item) => {
      if (item.kind !== "events") return item;
      const lines = item.lines.filter(() => count++ % 2 === 0);
      dropped += item.lines.length - lines.length;
      return { ...item, lines, thinned: item.thinned + item.lines.length - lines.length };
    });
    this.#size = this.#items.reduce(
      (sum, item) => sum + (item.kind === "events" ? sizeOf(item.lines) : 0),
      0,
    );
    return dropped > 0;
  }

  #start(): void {
    if (this.#busy) return;
    this.#busy = true;
    this.#deliver().catch((error) => {
      this.stop(error);
      this.onFailure(error);
    });
  }

  async #deliver(): Promise<void> {
    while (!this.#failure) {
      const item = this.#prepared();
      if (!item) break;
      if (item.kind === "entry") await this.delivery.entry(item.entry);
      if (item.kind === "checkpoint") await this.delivery.checkpoint(item.checkpoint, this.#seq);
      // Unless it was taken out meanwhile.
      if (this.#items[0] === item) this.#items.shift();
    }
    this.#busy = false;
    for (const waiter of this.#waiters.splice(0)) waiter.resolve();
  }

  /** What is first; of events, an entry is made, with as many as fit into one. */
  #prepared(): Item | undefined {
    if (this.#items[0]?.kind === "events") this.#prepare();
    return this.#items[0];
  }

  #prepare(): void {
    const lines: string[] = [];
    let thinned = 0;
    let size = 0;
    for (let first = this.#items[0]; first?.kind === "events"; first = this.#items[0]) {
      const fitting = fittingLines(first.lines, entrySize - size, lines.length === 0);
      lines.push(...first.lines.splice(0, fitting));
      size = sizeOf(lines);
      if (first.lines.length > 0) break;
      thinned += first.thinned;
      this.#items.shift();
    }
    this.#size -= size;
    const entry = eventsEntry(this.epoch, ++this.#seq, lines, thinned);
    this.#items.unshift({ kind: "entry", entry });
  }
}

function sizeOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.length + 1, 0);
}

/** How many of the first lines fit into `room`; at least one if `some`. */
function fittingLines(lines: readonly string[], room: number, some: boolean): number {
  let size = 0;
  let count = 0;
  for (const line of lines) {
    size += line.length + 1;
    if (size > room && !(some && count === 0)) break;
    count++;
  }
  return count;
}
