/**
 * Housekeeping: what a death leaves behind and nobody needs any more is removed after a while. Blobs and logs
 * that nobody refers to (`orphan_sweep.ts`), by whoever watches over the jobs; records of workers that are
 * long dead. How long something has stood still is what this process has seen itself: no clocks are
 * compared.
 */
import type { Backbone } from "../backbone.ts";
import type { Subscription } from "../bus.ts";
import { sizeText } from "../size_text.ts";
import { elapse, systemTimers, type Timers } from "../timers.ts";
import { LedgerParts } from "./ledger_parts.ts";
import { OrphanSweep, type Swept } from "./orphan_sweep.ts";
import { Standing } from "./standing.ts";

/** How it goes; all of it can be left out. Times in ms. */
export interface HousekeepingOptions {
  /** Between two looks; default 10 minutes. */
  readonly interval?: number;
  /** How long a blob or a log must have been nobody's; default an hour. */
  readonly orphans?: number;
  /** How long a worker must have been dead until its record goes; default a day. */
  readonly workers?: number;
  /** Whether logs are swept, which only the owner may; default false. */
  readonly logs?: boolean;
  readonly timers?: Timers;
  /** Told what could not be done for now. */
  readonly onTrouble?: (message: string, error: unknown) => void;
  /** Told what was removed, in words. */
  readonly onSwept?: (message: string) => void;
}

const minute = 60_000;

/** How long the others may take to be heard again after an outage, ms. */
const settling = minute;

/** See the file's head. */
export class Housekeeper implements AsyncDisposable {
  readonly #backbone: Backbone;
  readonly #isLeading: () => boolean;
  readonly #timers: Timers;
  readonly #interval: number;
  readonly #deadFor: number;
  readonly #onTrouble: (message: string, error: unknown) => void;
  readonly #onSwept: (message: string) => void;
  readonly #sweep: OrphanSweep;
  readonly #workers = new Standing();
  readonly #closed = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #link: Subscription | undefined;
  /** Since when the others could be heard without a gap. */
  #hearingSince = 0;

  /** @param isLeading whether it is for this process to remove things: others do it otherwise */
  constructor(backbone: Backbone, isLeading: () => boolean, options: HousekeepingOptions = {}) {
    this.#backbone = backbone;
    this.#isLeading = isLeading;
    this.#timers = options.timers ?? systemTimers;
    this.#interval = options.interval ?? 10 * minute;
    this.#deadFor = options.workers ?? 24 * 60 * minute;
    this.#onTrouble = options.onTrouble ?? (() => {});
    this.#onSwept = options.onSwept ?? (() => {});
    const parts = new LedgerParts(backbone, {
      signal: this.#closed.signal,
      timers: this.#timers,
      onTrouble: this.#onTrouble,
    });
    const { orphans: age = 60 * minute, logs = false } = options;
    this.#sweep = new OrphanSweep(parts, { age, logs });
  }

  /** Begin; it goes on until it is closed. */
  start(): void {
    this.#hearingSince = this.#timers.now();
    this.#link = this.#backbone.link.onChange(() => this.#hearingSince = this.#timers.now());
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#closed.abort();
    this.#link?.unsubscribe();
    await this.#running;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #run(): Promise<void> {
    const { signal } = this.#closed;
    for (let last = this.#timers.now();;) {
      await elapse(this.#timers, this.#interval, signal);
      if (signal.aborted) return;
      const now = this.#timers.now();
      // This process itself was frozen.
      if (now - last > 2 * this.#interval) this.#hearingSince = now;
      last = now;
      try {
        await this.#look();
      } catch (error) {
        if (!signal.aborted) this.#onTrouble("housekeeping is interrupted", error);
      }
    }
  }

  async #look(): Promise<void> {
    const isHearing = this.#timers.now() - this.#hearingSince >= Math.min(settling, this.#interval);
    if (this.#backbone.link.state !== "connected" || !isHearing) return;
    await this.#forgetWorkers();
    if (this.#isLeading()) this.#tell(await this.#sweep.look());
  }

  /** A worker that is there after all writes its record anew. */
  async #forgetWorkers(): Promise<void> {
    const table = this.#backbone.table("workers");
    const records = new Map<string, number>();
    const reading = await table.watch(({ key, value, revision }) => {
      if (value) records.set(key, revision);
      else records.delete(key);
    });
    reading.unsubscribe();
    const dead = this.#workers.look(records, this.#timers.now(), this.#deadFor);
    if (!this.#isLeading()) return;
    for (const id of dead) {
      const removed = await table.remove(id, records.get(id)!);
      if (removed) this.#onSwept(`forgot the worker ${id}, which has been dead for long`);
    }
  }

  #tell({ blobs, bytes, logs }: Swept): void {
    if (blobs + logs === 0) return;
    const what = `${blobs} blobs of ${sizeText(bytes)}, ${logs} logs`;
    this.#onSwept(`removed what nobody refers to: ${what}`);
  }
}
