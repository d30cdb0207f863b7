/** Gathers the lines of a job's log, so that many small ones go out as a few. */
import type { JobLine } from "./job_lines.ts";

/** The longest that a line waits, ms. */
const longestWait = 250;

/** Bytes of JSON at which lines wait no longer. */
const fullAt = 64 * 1024;

/** Lines on their way out, in order. Closing it sends what is left. */
export class LineBatch {
  #lines: JobLine[] = [];
  #bytes = 0;
  #timer?: ReturnType<typeof setTimeout>;

  /** @param send is given the lines, oldest first, and how many bytes of JSON they are */
  constructor(private readonly send: (lines: JobLine[], bytes: number) => void) {}

  add(line: JobLine): void {
    this.#lines.push(line);
    this.#bytes += JSON.stringify(line).length;
    if (this.#bytes >= fullAt) return this.flush();
    this.#timer ??= setTimeout(() => this.flush(), longestWait);
  }

  /** Send the lines of steps up to `step` that wait; all of them without it. */
  flush(step = Infinity): void {
    const due = this.#lines.filter((line) => line.step <= step);
    const later = this.#lines.filter((line) => line.step > step);
    const bytes = due.reduce((sum, line) => sum + JSON.stringify(line).length, 0);
    this.#lines = later;
    this.#bytes -= bytes;
    if (later.length === 0) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    }
    if (due.length > 0) this.send(due, bytes);
  }

  /** Nothing is sent any more: the job belongs to somebody else. */
  discard(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#lines = [];
    this.#bytes = 0;
  }
}
