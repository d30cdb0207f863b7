/**
 * Run folders: all that is kept of a run, readable without this program.
 *
 *     runs/2026-11-24T06-55-12-random-reach-bilateral-s1/
 *       config.json                        everything needed to repeat the run; never changed
 *       events.jsonl                       what happened, one JSON event a line
 *       checkpoint.safetensors             the latest state, from which the run goes on
 *       checkpoint.previous.safetensors    the one before
 *       checkpoint.sha256                  digests of both
 *       report.json                        the outcome
 *       trials.recording                   what was shown of the arm, see trial_recording.ts
 *       run.lock                           locked by the process that has the run open; names it
 *
 * Only one process at a time has a run open. The lock belongs to the system and ends with the process
 * however that dies, so no stale lock is left to take over.
 *
 * What has been flushed survives a `kill -9`; checkpoints, the events before them, and reports survive
 * a power cut too.
 */
import { basename, dirname, join } from "node:path";
import type { z } from "zod";
import {
  checkpointName,
  loadCheckpointPair,
  type LoadedCheckpoint,
  saveCheckpointPair,
} from "./checkpoint_pair.ts";
import { replaceFile, syncFolder, writeAll } from "./durable_file.ts";
import { EventLog } from "./event_log.ts";
import { describingErrors, explainMismatch, RunStoreError } from "./run_store_error.ts";

export type { LoadedCheckpoint } from "./checkpoint_pair.ts";
export { RunStoreError, type RunStoreErrorCode } from "./run_store_error.ts";

/**
 * What a run's config and events look like. A schema must accept as JSON what it gave out itself, so
 * that what was written can be read.
 */
export interface RunSchemas<Config, Event> {
  readonly config: z.ZodType<Config>;
  readonly event: z.ZodType<Event>;
}

/** What a new run's folder is called after. */
export interface RunName {
  /** When the run began; to the second, in UTC. */
  readonly time: Date;
  /** What it is, e.g. `random-reach-bilateral-s1`: lower-case letters, digits, `.`, `-` and `_`. */
  readonly title: string;
}

const configName = "config.json";
const eventsName = "events.jsonl";
const reportName = "report.json";
const lockName = "run.lock";

/** Events are written without being asked for when so many wait. */
const mostWaitingEvents = 256;

/**
 * Begin a run: make its folder under `root`, write its config, and open it. An existing folder is never
 * touched: of two runs with one name, the second gets `-2` after it.
 *
 * @param root where the runs are; made when it is missing
 * @throws {RunStoreError} `unwritable` or `disk-full`; no folder is left then
 * @throws {TypeError} when the config does not fit its schema
 * @throws {RangeError} when the title has other characters, or the time is invalid
 */
export async function createRun<Config, Event>(
  root: string,
  config: Config,
  name: RunName,
  schemas: RunSchemas<Config, Event>,
): Promise<RunFolder<Config, Event>> {
  const kept = keepable(config, schemas.config);
  const path = await describingErrors("write", root, () => makeRunFolder(root, runId(name)));
  try {
    const lock = await lockRun(path);
    return await closingOnError(lock, () => begin(path, kept, schemas, lock));
  } catch (error) {
    await describingErrors("write", path, () => Deno.remove(path, { recursive: true }));
    throw error;
  }
}

/**
 * Open the run in the folder `path`, whose name the caller has chosen, or begin it there when it has no
 * config yet. It may be called again after a crash at any moment.
 *
 * @param config of a run that begins; a run that has begun keeps its own, which the caller compares
 * @throws {RunStoreError} as `openRun`, or `disk-full`
 * @throws {TypeError} when the config does not fit its schema
 */
export async function openOrCreateRun<Config, Event>(
  path: string,
  config: Config,
  schemas: RunSchemas<Config, Event>,
): Promise<RunFolder<Config, Event>> {
  const kept = keepable(config, schemas.config);
  await describingErrors("write", path, () => Deno.mkdir(path, { recursive: true }));
  const lock = await lockRun(path);
  return closingOnError(lock, async () => {
    const configPath = join(path, configName);
    const begun = await describingErrors("read", configPath, () => statIfPresent(configPath));
    return begun === undefined
      ? await begin(path, kept, schemas, lock)
      : await openLocked(path, schemas, lock);
  });
}

/** A config and the text that is kept of it. */
interface KeepableConfig<Config> {
  readonly value: Config;
  readonly text: string;
}

function keepable<Config>(config: Config, schema: z.ZodType<Config>): KeepableConfig<Config> {
  const text = `${JSON.stringify(config, null, 2)}\n`;
  const checked = schema.safeParse(JSON.parse(text));
  if (!checked.success) {
    throw new TypeError(`the config cannot be kept: ${explainMismatch(checked.error)}`);
  }
  return { value: checked.data, text };
}

async function begin<Config, Event>(
  path: string,
  { value, text }: KeepableConfig<Config>,
  schemas: RunSchemas<Config, Event>,
  lock: Deno.FsFile,
): Promise<RunFolder<Config, Event>> {
  await describingErrors("write", join(path, configName), async () => {
    await replaceFile(join(path, configName), new TextEncoder().encode(text));
    await syncFolder(dirname(path));
  });
  return new RunFolder(path, value, await openEvents(path, schemas), lock);
}

/**
 * Open the run in the folder `path`, to look at it or to go on with it. A torn last event is cut off.
 *
 * @throws {RunStoreError} `missing`, `not-a-run`, `in-use`, `invalid-config`, `unreadable` or
 * `unwritable`; nothing is changed then
 */
export async function openRun<Config, Event>(
  path: string,
  schemas: RunSchemas<Config, Event>,
): Promise<RunFolder<Config, Event>> {
  await checkIsRun(path);
  const lock = await lockRun(path);
  return closingOnError(lock, () => openLocked(path, schemas, lock));
}

async function openLocked<Config, Event>(
  path: string,
  schemas: RunSchemas<Config, Event>,
  lock: Deno.FsFile,
): Promise<RunFolder<Config, Event>> {
  const config = await readConfig(join(path, configName), schemas.config);
  return new RunFolder(path, config, await openEvents(path, schemas), lock);
}

/**
 * A run that this process has open. Its methods may be called at any time: they are carried out one
 * after the other. All of them throw a `RunStoreError` when the system does not let them (`disk-full`,
 * `unwritable`, `unreadable`, `missing`, `failed`); what was kept before is intact then, and the call
 * may be tried again.
 */
export class RunFolder<Config, Event> implements AsyncDisposable {
  /** The folder's name. */
  readonly id: string;
  private open = true;
  private last: Promise<unknown> = Promise.resolve();

  /** Use `createRun` or `openRun`. */
  constructor(
    readonly path: string,
    readonly config: Config,
    private readonly events: EventLog<Event>,
    private readonly lock: Deno.FsFile,
  ) {
    this.id = basename(path);
  }

  /**
   * Append an event. It is written with the next flush, or when enough of them wait.
   * @throws {TypeError} when the event does not fit its schema as JSON
   */
  async appendEvent(event: Event): Promise<void> {
    this.checkOpen();
    this.events.append(event);
    if (this.events.waiting >= mostWaitingEvents) await this.flush();
  }

  /** Write all appended events; they survive a `kill -9` afterwards. */
  flush(): Promise<void> {
    return this.next("write", eventsName, () => this.events.flush());
  }

  /**
   * All events, oldest first.
   * @throws {RunStoreError} `corrupt-events` naming the line
   */
  readEvents(): Promise<Event[]> {
    return this.next("read", eventsName, () => this.events.read());
  }

  /**
   * Drop the first event that is `superseded`, and everything after it: on resume, what happened after
   * the checkpoint happens again.
   *
   * @param superseded asked about each event, oldest first, with its place in the log from 0
   * @returns how many events were dropped
   * @throws {RunStoreError} `corrupt-events` naming the line
   */
  truncateEvents(superseded: (event: Event, index: number) => boolean): Promise<number> {
    return this.next("write", eventsName, () => this.events.truncate(superseded));
  }

  /**
   * Keep a checkpoint, and with it all events so far; both survive a power cut afterwards.
   * @param bytes not to be changed before that
   */
  saveCheckpoint(bytes: Uint8Array): Promise<void> {
    return this.next("write", checkpointName, async () => {
      const events = join(this.path, eventsName);
      await describingErrors("write", events, () => this.events.sync());
      await saveCheckpointPair(this.path, bytes);
    });
  }

  /**
   * The latest checkpoint that matches its digest, which may be the previous one; `undefined` when none
   * was ever saved.
   * @throws {RunStoreError} `corrupt-checkpoint` when there are some and none is good
   */
  loadCheckpoint(): Promise<LoadedCheckpoint | undefined> {
    return this.next("read", checkpointName, () => loadCheckpointPair(this.path));
  }

  /**
   * The run's outcome as JSON; `undefined` when none was kept yet.
   * @throws {RunStoreError} `corrupt-report` when it is no JSON
   */
  loadReport(): Promise<unknown> {
    const path = join(this.path, reportName);
    return this.next("read", reportName, async () => {
      if (await statIfPresent(path) === undefined) return undefined;
      return parseReport(path, await Deno.readTextFile(path));
    });
  }

  /** Keep the run's outcome, in place of an earlier one; it survives a power cut afterwards. */
  saveReport(report: object): Promise<void> {
    const text = `${JSON.stringify(report, null, 2)}\n`;
    return this.next(
      "write",
      reportName,
      () => replaceFile(join(this.path, reportName), new TextEncoder().encode(text)),
    );
  }

  /** Keep all events and let others open the run. Harmless when it is closed already. */
  async close(): Promise<void> {
    if (!this.open) return;
    const synced = this.next("write", eventsName, () => this.events.sync());
    this.open = false;
    try {
      await synced;
    } finally {
      this.events.close();
      this.lock.close();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private checkOpen(): void {
    if (!this.open) throw new Error(`run ${this.id} is closed: open it again`);
  }

  /** Carry out `operation` on one of the run's files once all earlier ones have ended, well or not. */
  private next<T>(access: "read" | "write", name: string, operation: () => Promise<T>): Promise<T> {
    this.checkOpen();
    const outcome = this.last.then(() =>
      describingErrors(access, join(this.path, name), operation)
    );
    this.last = Promise.allSettled([outcome]);
    return outcome;
  }
}

function runId({ time, title }: RunName): string {
  if (!/^[a-z0-9][a-z0-9._-]{0,99}$/.test(title)) {
    throw new RangeError(
      `run title ${
        JSON.stringify(title)
      }: expected 1 to 100 lower-case letters, digits, ".", "-", "_"`,
    );
  }
  return `${time.toISOString().slice(0, 19).replaceAll(":", "-")}-${title}`;
}

/** A folder that did not exist before. */
async function makeRunFolder(root: string, id: string): Promise<string> {
  await Deno.mkdir(root, { recursive: true });
  for (let copy = 1;; copy++) {
    const path = join(root, copy === 1 ? id : `${id}-${copy}`);
    try {
      await Deno.mkdir(path);
      return path;
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  }
}

async function statIfPresent(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function checkIsRun(path: string): Promise<void> {
  await describingErrors("read", path, async () => {
    const folder = await statIfPresent(path);
    if (folder === undefined) {
      throw new RunStoreError("missing", path, "no such run; give the path of a run's folder");
    }
    if (!folder.isDirectory || await statIfPresent(join(path, configName)) === undefined) {
      const found = folder.isDirectory ? `a folder without ${configName}` : "no folder";
      throw new RunStoreError("not-a-run", path, `${found}; give the path of a run's folder`);
    }
  });
}

/** The run's lock, held by this process until the file is closed. */
function lockRun(path: string): Promise<Deno.FsFile> {
  const lockPath = join(path, lockName);
  return describingErrors("write", lockPath, async () => {
    const file = await Deno.open(lockPath, { read: true, write: true, create: true });
    return closingOnError(file, async () => {
      if (!await file.tryLock(true)) {
        const holder = await readHolder(lockPath);
        throw new RunStoreError(
          "in-use",
          path,
          `in use by ${holder}; stop it, or wait for its end`,
        );
      }
      await file.truncate();
      await writeAll(file, new TextEncoder().encode(`${Deno.pid}\n`));
      return file;
    });
  });
}

/** Who holds the lock, as far as can be told: Windows does not let others read a locked file. */
async function readHolder(lockPath: string): Promise<string> {
  try {
    const text = (await Deno.readTextFile(lockPath)).trim();
    return text === "" ? "another process" : `process ${text}`;
  } catch {
    // The holder is told as a help only: that the run is in use is known already.
    return "another process";
  }
}

async function closingOnError<T>(file: Deno.FsFile, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    file.close();
    throw error;
  }
}

function parseReport(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const problem = `no report: ${reason}; restore it from a copy, or remove it`;
    throw new RunStoreError("corrupt-report", path, problem, { cause });
  }
}

function openEvents<Config, Event>(
  path: string,
  schemas: RunSchemas<Config, Event>,
): Promise<EventLog<Event>> {
  const eventsPath = join(path, eventsName);
  return describingErrors("write", eventsPath, () => EventLog.open(eventsPath, schemas.event));
}

function readConfig<Config>(path: string, schema: z.ZodType<Config>): Promise<Config> {
  return describingErrors("read", path, async () => {
    const text = await Deno.readTextFile(path);
    const refuse = (reason: string, cause: unknown) =>
      new RunStoreError(
        "invalid-config",
        path,
        `not a config of this version: ${reason}; restore it from a copy, or start a new run`,
        { cause },
      );
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw refuse(cause instanceof Error ? cause.message : String(cause), cause);
    }
    const checked = schema.safeParse(value);
    if (!checked.success) throw refuse(explainMismatch(checked.error), checked.error);
    return checked.data;
  });
}
