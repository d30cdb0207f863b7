/**
 * A run's events, one JSON text a line, in the order in which they happened.
 *
 * A line counts once its line feed is written. A process that dies within a line leaves a torn one,
 * which is cut off when the log is opened again.
 */
import type { z } from "zod";
import { writeAll } from "./durable_file.ts";
import { explainMismatch, RunStoreError } from "./run_store_error.ts";

const lineFeed = 0x0a;

/** An open log. Calls may not overlap, except that `append` may be called at any time. */
export class EventLog<Event> {
  /** Lines that are not in the file yet. */
  private buffer: string[] = [];

  private constructor(
    private readonly path: string,
    private readonly schema: z.ZodType<Event>,
    private readonly file: Deno.FsFile,
    /** Bytes of complete lines in the file. */
    private written: number,
    /** Complete lines in the file. */
    private lines: number,
  ) {}

  /** Open the log at `path`, or begin one. A torn last line is cut off. */
  static async open<Event>(path: string, schema: z.ZodType<Event>): Promise<EventLog<Event>> {
    const file = await Deno.open(path, { read: true, write: true, create: true });
    try {
      const bytes = await Deno.readFile(path);
      const written = bytes.lastIndexOf(lineFeed) + 1;
      await file.truncate(written);
      const lines = bytes.reduce((count, byte) => byte === lineFeed ? count + 1 : count, 0);
      return new EventLog(path, schema, file, written, lines);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** How many events there are, written or not. */
  get count(): number {
    return this.lines + this.buffer.length;
  }

  /** How many events are not written yet. */
  get waiting(): number {
    return this.buffer.length;
  }

  /**
   * Add an event to those that wait to be written.
   * @throws {TypeError} when it could not be read back: as JSON it does not fit the schema
   */
  append(event: Event): void {
    const line = JSON.stringify(event) ?? "null";
    const checked = this.schema.safeParse(JSON.parse(line));
    if (!checked.success) {
      throw new TypeError(`${line} is no event of this log: ${explainMismatch(checked.error)}`);
    }
    this.buffer.push(`${line}\n`);
  }

  /** Write what waits; afterwards it survives a `kill -9`. When this fails, it goes on waiting. */
  async flush(): Promise<void> {
    const waiting = this.buffer.length;
    if (waiting === 0) return;
    const bytes = new TextEncoder().encode(this.buffer.join(""));
    // From the end of the last complete line on: what a write that failed has left there is a part of
    // the same bytes, and written over.
    await this.file.seek(this.written, Deno.SeekMode.Start);
    await writeAll(this.file, bytes);
    this.written += bytes.length;
    this.lines += waiting;
    this.buffer = this.buffer.slice(waiting);
  }

  /** Write what waits and bring it to the disk; afterwards it survives a power cut. */
  async sync(): Promise<void> {
    await this.flush();
    await this.file.sync();
  }

  /** All events, oldest first. */
  async read(): Promise<Event[]> {
    await this.flush();
    return (await this.readLines()).map(({ event }) => event);
  }

  /**
   * Drop the first event that is superseded, and everything after it.
   * @returns how many events were dropped
   */
  async truncate(superseded: (event: Event, index: number) => boolean): Promise<number> {
    await this.flush();
    const all = await this.readLines();
    const kept = all.findIndex(({ event }, index) => superseded(event, index));
    if (kept < 0) return 0;
    // The end of a file moves in one step: a crash leaves the log either whole or cut, and a full disk
    // does not matter.
    await this.file.truncate(all[kept].begin);
    this.written = all[kept].begin;
    this.lines = kept;
    await this.file.sync();
    return all.length - kept;
  }

  close(): void {
    this.file.close();
  }

  private async readLines(): Promise<{ event: Event; begin: number }[]> {
    const bytes = (await Deno.readFile(this.path)).subarray(0, this.written);
    const all: { event: Event; begin: number }[] = [];
    let begin = 0;
    for (let end; (end = bytes.indexOf(lineFeed, begin)) >= 0; begin = end + 1) {
      all.push({ event: this.parse(bytes.subarray(begin, end), all.length + 1, begin), begin });
    }
    if (begin !== this.written) {
      const problem = `ends at byte ${begin}, ${this.written} were written; it was changed by ` +
        "something else, close the run and open it again to go on with what is left";
      throw new RunStoreError("corrupt-events", this.path, problem);
    }
    return all;
  }

  private parse(line: Uint8Array, number: number, begin: number): Event {
    const refuse = (reason: string, cause: unknown) => {
      const problem = `line ${number} (from byte ${begin}) is no event: ${reason}; ` +
        "repair the line, or remove it to go on without it";
      return new RunStoreError("corrupt-events", this.path, problem, { cause });
    };
    let value: unknown;
    try {
      value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(line));
    } catch (cause) {
      throw refuse(cause instanceof Error ? cause.message : String(cause), cause);
    }
    const checked = this.schema.safeParse(value);
    if (!checked.success) throw refuse(explainMismatch(checked.error), checked.error);
    return checked.data;
  }
}
