/**
 * The backbone within one thread: a laboratory in a single process, and the place where tests put
 * several processes, their deaths and their network.
 *
 * A `MemoryCluster` is what is shared; each of its ends is a backbone as another process would have it.
 * It keeps what the contract promises and no more: with `away`, `loseHints` and `interpose` it does what
 * a server does on its worst day.
 */
import {
  type Backbone,
  type Blobs,
  type Link,
  type Logs,
  type Table,
  type TableName,
  tableNames,
  type WorkQueue,
} from "./backbone.ts";
import type { Bus } from "./bus.ts";
import { inProcessBus } from "./in_process.ts";
import { MemoryBlobs } from "./memory/blobs.ts";
import { End, endBus, type Interpose, type Shared } from "./memory/end.ts";
import { EndQueue } from "./memory/end_queue.ts";
import { EndBlobs, EndLogs, EndTable } from "./memory/end_stores.ts";
import { MemoryQueue } from "./memory/queue.ts";
import { MemoryTable } from "./memory/table.ts";
import { systemTimers, type Timers } from "./timers.ts";

export type { Interpose } from "./memory/end.ts";

/** How a memory behaves; all of it can be left out. */
export interface MemoryOptions {
  /**
   * Told what a subscriber, a table's watcher or a log's follower threw, and on what; without it, it is
   * thrown to the system.
   */
  readonly onError?: (error: unknown, subject: string) => void;
  /** After how long without a word a hint is handed to somebody else, ms; default 30 000. */
  readonly redeliverAfter?: number;
  readonly timers?: Timers;
}

/** How one end reaches the memory. */
export interface EndOptions {
  /**
   * Carries out an operation, called e.g. `jobs.update`: now or later, or fails before or after it, as a
   * network does. Tests put outages, delays and deaths here. Without it every operation succeeds at once.
   */
  readonly interpose?: Interpose;
}

const defaultRedelivery = 30_000;

/** The backbone of a process that shares it with nobody. */
export function memoryBackbone(options?: MemoryOptions): MemoryBackbone {
  return new MemoryCluster(options).open();
}

/** A memory that several ends share. */
export class MemoryCluster {
  readonly #shared: Shared;
  readonly #ends = new Set<MemoryBackbone>();
  #away = false;

  constructor(options: MemoryOptions = {}) {
    const onError = options.onError ?? reportError;
    this.#shared = {
      bus: inProcessBus(onError),
      tables: new Map(tableNames.map((name) => [name, new MemoryTable()])),
      logs: new Map(),
      queue: new MemoryQueue(options.redeliverAfter ?? defaultRedelivery),
      blobs: new MemoryBlobs(),
      timers: options.timers ?? systemTimers,
      onError,
    };
  }

  /** One more end, as another process would have it. */
  open(options: EndOptions = {}): MemoryBackbone {
    const end = new MemoryBackbone(this.#shared, options.interpose ?? atOnce);
    end.away = this.#away;
    this.#ends.add(end);
    end.link.onChange((state) => {
      if (state === "closed") this.#ends.delete(end);
    });
    return end;
  }

  /** Whether all ends find the server away, for tests of outages. */
  set away(away: boolean) {
    this.#away = away;
    for (const end of this.#ends) end.away = away;
  }

  /** Forget all hints, also those that somebody has. */
  loseHints(): void {
    this.#shared.queue.clear();
  }

  /** Flip a bit of the blob with this digest. */
  damage(digest: string): void {
    this.#shared.blobs.damage(digest);
  }

  /** The digests of all blobs. */
  get blobs(): string[] {
    return this.#shared.blobs.list().map(({ digest }) => digest);
  }
}

// deno-lint-ignore require-await -- a failure must be a rejection
const atOnce: Interpose = async (_operation, carryOut) => carryOut();

/** One end of a memory. */
export class MemoryBackbone implements Backbone {
  readonly bus: Bus;
  readonly logs: Logs;
  readonly queue: WorkQueue;
  readonly blobs: Blobs;
  readonly link: Link;
  readonly #tables: ReadonlyMap<TableName, Table>;
  readonly #end: End;

  /** Use `MemoryCluster.open` or `memoryBackbone`. */
  constructor(shared: Shared, interpose: Interpose) {
    const end = this.#end = new End(shared, interpose);
    this.bus = endBus(end);
    this.logs = new EndLogs(end);
    this.queue = new EndQueue(end);
    this.blobs = new EndBlobs(end);
    this.link = end;
    this.#tables = new Map(
      [...shared.tables].map(([name, table]) => [name, new EndTable(end, name, table)]),
    );
  }

  table(name: TableName): Table {
    const table = this.#tables.get(name);
    if (!table) throw new RangeError(`no table ${name}; there are ${tableNames.join(", ")}`);
    return table;
  }

  /** Whether this end finds the server away, for tests of outages. */
  set away(away: boolean) {
    this.#end.change(away ? "away" : "connected");
  }

  close(): Promise<void> {
    this.#end.change("closed");
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
