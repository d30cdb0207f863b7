/**
 * The backbone: what the laboratory's processes share. Messages that may be lost, tables with
 * compare-and-set, logs, a queue, and blobs. Nothing above it can tell whether the others are in the
 * same thread, in another one, or on another machine.
 *
 * What it promises is no more than JetStream keeps on its worst day, so that nothing above relies on
 * more by accident: the queue is a hint and may lose, repeat or delay; only a table's compare-and-set
 * decides. A call that fails with `BackboneError` of kind "unavailable" may nevertheless have been
 * carried out: read again before it is repeated.
 */
import type { Bus, Subscription } from "./bus.ts";

/** The tables that there are; `nats/plan.ts` says what each holds. */
export const tableNames = [
  "jobs",
  "specs",
  "results",
  "alarms",
  "runs",
  "workers",
  "lanes",
  "leases",
] as const;

export type TableName = (typeof tableNames)[number];

/** All that processes share. */
export interface Backbone extends AsyncDisposable {
  /** Publish and subscribe: at most once, never waits. */
  readonly bus: Bus;
  table(name: TableName): Table;
  readonly logs: Logs;
  readonly queue: WorkQueue;
  readonly blobs: Blobs;
  /** Whether the others can be reached now. */
  readonly link: Link;
  /** Send what waits, then let go of it. */
  close(): Promise<void>;
}

/** The connection to the others. */
export interface Link {
  readonly state: LinkState;
  /** Call `handler` whenever the state changes. */
  onChange(handler: (state: LinkState) => void): Subscription;
}

/** "away": the server cannot be reached; it is tried again and again until the backbone is closed. */
export type LinkState = "connected" | "away" | "closed";

/** Grows with every change of a table's key; a key's revision is that of its last change. */
export type Revision = number;

/** What a table holds under a key. */
export interface Entry {
  readonly key: string;
  readonly value: Uint8Array;
  readonly revision: Revision;
}

/** A change of a table: a new value, or the key's removal. */
export interface Change {
  readonly key: string;
  /** Absent when the key was removed. */
  readonly value?: Uint8Array;
  readonly revision: Revision;
}

/**
 * A table of small values. Every write is a compare-and-set: it happens only if nobody has changed the
 * key meanwhile. Keys: letters, digits, `-`, `_`, `.`, `=`; at most 200 characters. Values: at most 512 KiB.
 */
export interface Table {
  /** What is under `key`; it may lag behind the latest write, which a write that follows would notice. */
  get(key: string): Promise<Entry | undefined>;
  /** Write a key that is not there; undefined when it is. */
  create(key: string, value: Uint8Array): Promise<Revision | undefined>;
  /** Replace what has this revision; undefined when somebody was faster. */
  update(key: string, value: Uint8Array, revision: Revision): Promise<Revision | undefined>;
  /** Remove what has this revision; false when somebody was faster. */
  remove(key: string, revision: Revision): Promise<boolean>;
  keys(): Promise<string[]>;
  /**
   * Follow the table: first every present entry, then every later change, each key's in order. Resolves
   * when the present entries have been handed over. After an interruption the changes go on; intermediate
   * values of a key may have been skipped.
   */
  watch(handler: (change: Change) => void): Promise<Subscription>;
}

/** An entry of a log. Positions grow along a log, not necessarily by one. */
export interface LogEntry {
  readonly position: number;
  readonly payload: Uint8Array;
}

/** Logs that are kept and can be read again from the beginning, one under each name. */
export interface Logs {
  /**
   * Append, if the log's last entry is at `after` (0: the log is empty).
   * @returns the new entry's position; undefined when somebody else has written meanwhile
   */
  append(name: string, payload: Uint8Array, after: number): Promise<number | undefined>;
  /** The position of the log's last entry, 0 when it is empty. */
  last(name: string): Promise<number>;
  /** All entries beyond `after`, oldest first. */
  read(name: string, after?: number): Promise<LogEntry[]>;
  /** The names of all logs that have an entry, in no particular order. */
  names(): Promise<string[]>;
  /**
   * Forget the log's entries; harmless when there are none. Positions go on growing, so that nobody who
   * knew the old end can append, and whoever follows hears what comes afterwards.
   * @param until only entries up to this position are forgotten; all unless given
   */
  remove(name: string, until?: number): Promise<void>;
  /** Hand over all entries beyond `after` and then every later one. */
  follow(
    name: string,
    handler: (entry: LogEntry) => void,
    after?: number,
  ): Promise<Subscription>;
}

/**
 * A queue of hints in lanes. It hands each hint to somebody at least once as long as nothing goes
 * badly wrong, and again when nothing has been heard of it for a while.
 */
export interface WorkQueue {
  /** Resolves when the queue has it. */
  push(lane: string, payload: Uint8Array): Promise<void>;
  /**
   * The next hint of the first lane that has one; waits for it.
   * @param lanes in the order of preference
   * @returns undefined when `signal` was aborted or `patience` (ms) is over
   */
  pull(
    lanes: readonly string[],
    options: { readonly signal: AbortSignal; readonly patience: number },
  ): Promise<Hint | undefined>;
  /** How many hints of the lane are with nobody; 0 for a lane that there is not. */
  waiting(lane: string): Promise<number>;
}

/** A hint that was handed to us. */
export interface Hint {
  readonly payload: Uint8Array;
  /** How often it has been handed out, this time included. */
  readonly deliveries: number;
  /** Say that it is being worked on: it is not handed to others for another while. */
  working(): void;
  /** It is dealt with. Resolves when the queue knows. */
  done(): Promise<void>;
  /** Somebody else shall have it, after `delay` ms at the least. */
  giveBack(delay?: number): void;
}

/** A blob that is kept, or what an interrupted `put` has left of one. */
export interface BlobEntry {
  readonly digest: string;
  /** bytes */
  readonly size: number;
  /** Grows whenever the blob is put, also when it is there already. */
  readonly revision: Revision;
}

/** Bytes under their SHA-256 digest, in hexadecimal. */
export interface Blobs {
  /** Keep the bytes; resolves to their digest when they have been read back and match it. */
  put(bytes: Uint8Array): Promise<string>;
  /**
   * The bytes with this digest; undefined when there are none.
   * @throws {BackboneError} "damaged" when what is kept has another digest
   */
  get(digest: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** All blobs, in no particular order. */
  list(): Promise<BlobEntry[]>;
  /**
   * Forget the bytes; harmless when there are none.
   * @param revision they are forgotten only if they have not been put since they had it
   */
  remove(digest: string, revision?: Revision): Promise<void>;
}

/**
 * - `unavailable`: no answer in time; it may nevertheless have been carried out.
 * - `refused`: not allowed, or the wrong server; asking again will not help.
 * - `full`: no room left where things are kept.
 * - `too-large`: over the size that fits.
 * - `damaged`: what was kept is not what was given.
 */
export type BackboneErrorKind = "unavailable" | "refused" | "full" | "too-large" | "damaged";

/** The backbone could not do what was asked of it. */
export class BackboneError extends Error {
  override readonly name = "BackboneError";

  constructor(readonly kind: BackboneErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}
