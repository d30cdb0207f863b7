/**
 * The file of recorded trials in a run's folder (layout: `cluster/trial_recording.ts`): written as the trials
 * are shown, and read at any place. What has been appended survives a `kill -9`; a trial that was being
 * written then is cut off when the file is opened again.
 */
import { z } from "zod";
import { partialPath, writeAll } from "../../cluster/durable_file.ts";
import { type Description, description, trialEnded, trialStarted } from "../../cluster/protocol.ts";
import {
  decodeRecord,
  descriptionBytes,
  encodeFileHead,
  encodeRecord,
  prefixBytes,
  recordBytes,
  type RecordedTrialSummary,
  type RecordHeader,
  type ShownTrial,
  summaryOf,
} from "../../cluster/trial_recording.ts";

/** How large a file becomes at the most; the latest trial comes on top. */
export interface RecordingLimits {
  readonly trials: number;
  readonly bytes: number;
}

/** Some twenty minutes of motion, evenly spread over however long the run is shown. */
export const recordingLimits: RecordingLimits = { trials: 600, bytes: 32 * 2 ** 20 };

const recordHeader: z.ZodType<RecordHeader> = z.object({
  number: z.int().min(0),
  every: z.int().min(1),
  trial: trialStarted,
  ended: trialEnded,
  frames: z.int().min(1),
});

/** Reads the header of a record. @throws {SyntaxError | z.ZodError} when it is none */
export const checkedHeader = (json: string): RecordHeader => recordHeader.parse(JSON.parse(json));

/** A record in the file. */
interface Entry {
  readonly offset: number;
  readonly bytes: number;
  readonly summary: RecordedTrialSummary;
}

/** What is in a file. */
interface Contents {
  readonly description: Description;
  readonly entries: readonly Entry[];
  /** Of every so many trials one is kept. */
  readonly every: number;
  /** Where the next record is written. */
  readonly end: number;
}

const decoder = new TextDecoder();
const parseDescription = (json: string) => description.parse(JSON.parse(json));

/** A file of recorded trials. Its methods may be called at any time: they are carried out in order. */
export class RecordingFile implements AsyncDisposable {
  readonly #limits: RecordingLimits;
  readonly #path: string;
  #file: Deno.FsFile;
  #contents: Contents;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(
    path: string,
    file: Deno.FsFile,
    contents: Contents,
    limits: RecordingLimits,
  ) {
    this.#path = path;
    this.#file = file;
    this.#contents = contents;
    this.#limits = limits;
  }

  /**
   * Open the file to read it, also while a run goes on writing it.
   * @throws {Deno.errors.NotFound} when there is none
   * @throws {RangeError | SyntaxError | z.ZodError} when it holds no recorded trials
   */
  static async open(path: string): Promise<RecordingFile> {
    const file = await Deno.open(path, { read: true });
    return await closingOnError(
      file,
      async () => new RecordingFile(path, file, await scan(file), recordingLimits),
    );
  }

  /**
   * Open the file to go on with it, or begin it. Only one process at a time may write it.
   * @param described what the run says of itself; a file that there is keeps its own
   * @throws {RangeError | SyntaxError | z.ZodError} when it holds something else
   */
  static async openOrCreate(
    path: string,
    described: Description,
    limits: RecordingLimits = recordingLimits,
  ): Promise<RecordingFile> {
    const file = await Deno.open(path, { read: true, write: true, create: true });
    return await closingOnError(file, async () => {
      if ((await file.stat()).size === 0) await writeAll(file, encodeFileHead(described));
      const contents = await scan(file);
      // What a crash has left of a record.
      await file.truncate(contents.end);
      return new RecordingFile(path, file, contents, limits);
    });
  }

  /** What the run said of itself. */
  get description(): Description {
    return this.#contents.description;
  }

  /** The recorded trials, in the order in which they were shown. */
  get trials(): RecordedTrialSummary[] {
    return this.#contents.entries.map(({ summary }) => summary);
  }

  /** The record of the trial of that number; undefined when it is not, or no longer, there. */
  read(number: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.#next(async () => {
      const entry = this.#contents.entries.find(({ summary }) => summary.number === number);
      if (!entry) return undefined;
      const record = await readAt(this.#file, entry.offset, entry.bytes);
      return record && isRecordOf(record, number) ? record : undefined;
    });
  }

  /**
   * Keep a trial, as the latest.
   * @throws {RangeError} as `encodeRecord`; and what the system does not let it do, after which what was
   * kept before is still there
   */
  append(shown: ShownTrial): Promise<void> {
    return this.#next(async () => {
      const latest = this.#contents.entries.at(-1)?.summary.number ?? -1;
      const { every } = this.#contents;
      if (latest % every !== 0) this.#keepFirst(this.#contents.entries.length - 1);
      while (this.#isFull()) await this.#thin();
      await this.#write(shown, latest + 1);
    });
  }

  /** Drop the first trial whose weights had had more than `updates` updates, and all after it. */
  dropAfter(updates: number): Promise<void> {
    return this.#next(async () => {
      const first = this.#contents.entries.findIndex(({ summary }) => summary.update > updates);
      if (first < 0) return;
      this.#keepFirst(first);
      await this.#file.truncate(this.#contents.end);
    });
  }

  /** Close it once all that was asked for before has been done. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#next(() => Promise.resolve(this.#file.close()));
  }

  /** Do `operation` when those before it have ended, well or not. */
  #next<Value>(operation: () => Promise<Value>): Promise<Value> {
    const outcome = this.#last.then(operation);
    this.#last = Promise.allSettled([outcome]);
    return outcome;
  }

  /** Forget all but the first `count` records; they are written over. */
  #keepFirst(count: number): void {
    const { entries, ...others } = this.#contents;
    const end = count < entries.length ? entries[count].offset : others.end;
    this.#contents = { ...others, entries: entries.slice(0, count), end };
  }

  #isFull(): boolean {
    const { entries, end } = this.#contents;
    const { trials, bytes } = this.#limits;
    return entries.length > 1 && (entries.length >= trials || end >= bytes);
  }

  async #write(shown: ShownTrial, number: number): Promise<void> {
    const { entries, every, end } = this.#contents;
    const record = encodeRecord(shown, { number, every });
    await this.#file.truncate(end);
    await this.#file.seek(end, Deno.SeekMode.Start);
    await writeAll(this.#file, record);
    const summary = summaryOf({ ...shown, number, every, frames: shown.frames.length });
    const entry = { offset: end, bytes: record.length, summary };
    this.#contents = {
      ...this.#contents,
      entries: [...entries, entry],
      end: end + record.length,
    };
  }

  /** Keep every second record, in a new file that takes the place of the old one. */
  async #thin(): Promise<void> {
    const every = 2 * this.#contents.every;
    const partial = partialPath(this.#path);
    const anew = { read: true, write: true, create: true, truncate: true };
    const thinned = await Deno.open(partial, anew);
    const contents = await closingOnError(thinned, async () => {
      const contents = await this.#copyEvery(every, thinned);
      await Deno.rename(partial, this.#path);
      return contents;
    });
    this.#file.close();
    this.#file = thinned;
    this.#contents = contents;
  }

  async #copyEvery(every: number, into: Deno.FsFile): Promise<Contents> {
    const { description } = this.#contents;
    const head = encodeFileHead(description);
    await writeAll(into, head);
    let end = head.length;
    const entries: Entry[] = [];
    for (const { offset, bytes, summary } of this.#contents.entries) {
      if (summary.number % every !== 0) continue;
      const record = await readAt(this.#file, offset, bytes);
      if (!record) throw new RangeError(`${this.#path} has become shorter while it was in use`);
      await writeAll(into, record);
      entries.push({ offset: end, bytes, summary });
      end += bytes;
    }
    return { description, entries, every, end };
  }
}

/** What is in a file, up to the first record that is not whole. */
async function scan(file: Deno.FsFile): Promise<Contents> {
  const prefix = await readAt(file, 0, prefixBytes.file);
  const length = descriptionBytes(prefix ?? new Uint8Array(0));
  const described = await readAt(file, prefixBytes.file, length);
  if (!described) throw new RangeError("the file of recorded trials ends in its description");
  let end = prefixBytes.file + length;
  let every = 1;
  const entries: Entry[] = [];
  for (
    let record = await scanRecord(file, end);
    record;
    record = await scanRecord(file, end)
  ) {
    entries.push({ offset: end, bytes: record.bytes, summary: record.summary });
    every = record.every;
    end += record.bytes;
  }
  return { description: parseDescription(decoder.decode(described)), entries, every, end };
}

/** What a record says of itself; undefined where no whole one begins. */
async function scanRecord(file: Deno.FsFile, offset: number) {
  const prefix = await readAt(file, offset, prefixBytes.record);
  if (!prefix) return undefined;
  const { header: length, frames } = recordBytes(prefix);
  const bytes = prefix.length + length + frames;
  if (offset + bytes > (await file.stat()).size) return undefined;
  const text = await readAt(file, offset + prefix.length, length);
  if (!text) return undefined;
  const header = checkedHeader(decoder.decode(text));
  return { bytes, every: header.every, summary: summaryOf(header) };
}

/** Whether these are still the bytes of that trial: the latest one is written over by whoever has the run open. */
function isRecordOf(record: Uint8Array, number: number): boolean {
  const { header: length, frames } = recordBytes(record);
  if (record.length !== prefixBytes.record + length + frames) return false;
  return decodeRecord(record, checkedHeader).header.number === number;
}

/** `length` bytes at `offset`; undefined when the file ends before. */
async function readAt(
  file: Deno.FsFile,
  offset: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const bytes = new Uint8Array(length);
  await file.seek(offset, Deno.SeekMode.Start);
  for (let read = 0; read < length;) {
    const count = await file.read(bytes.subarray(read));
    if (count === null) return undefined;
    read += count;
  }
  return bytes;
}

async function closingOnError<Value>(
  file: Deno.FsFile,
  operation: () => Promise<Value>,
): Promise<Value> {
  try {
    return await operation();
  } catch (error) {
    file.close();
    throw error;
  }
}
