/**
 * The log of a process: one JSON text a line for machines, and lines to read where there is a terminal.
 *
 * Every line carries what it is about: the worker, the run, the job, the epoch. It goes through the
 * console, so that Deno's OpenTelemetry exports it with its level (`OTEL_DENO=true`).
 */

/** How much a line matters. */
export type LogLevel = "info" | "warn" | "error";

/** What a line is about, by name: `worker`, `run`, `job`, `epoch`, and numbers of the moment. */
export type LogFields = Readonly<Record<string, string | number | boolean>>;

/** What a line about a job carries: the run that it belongs to, where that is known, and the job. */
export function jobFields(job: string, run: string | undefined): LogFields {
  return { ...run !== undefined && { run }, job };
}

/** Takes the finished line. */
export type LogSink = (level: LogLevel, line: string) => void;

/** Writes lines that all are about the same. */
export class Log {
  /**
   * @param fields what all lines are about
   * @param format how a line looks
   */
  constructor(
    private readonly fields: LogFields,
    private readonly format: LogFormat,
    private readonly sink: LogSink = toConsole,
  ) {}

  /** A log whose lines are about `fields` as well. */
  about(fields: LogFields): Log {
    return new Log({ ...this.fields, ...fields }, this.format, this.sink);
  }

  info(message: string, fields?: LogFields): void {
    this.#write("info", message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#write("warn", message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#write("error", message, fields);
  }

  #write(level: LogLevel, message: string, fields?: LogFields): void {
    this.sink(level, this.format(level, message, { ...this.fields, ...fields }, new Date()));
  }
}

/** Makes one line, without its line feed. `time` is for people; nothing is decided by it. */
export type LogFormat = (
  level: LogLevel,
  message: string,
  fields: LogFields,
  time: Date,
) => string;

/** One JSON object. */
export const jsonLine: LogFormat = (level, message, fields, time) =>
  JSON.stringify({ time: time.toISOString(), level, message, ...fields });

/** A digest, or a name that ends in one, is told apart by its beginning. */
const shortened = (value: string) => /^[0-9a-f]{16,}$/.test(value) ? value.slice(0, 8) : value;

/** `14:03:07 warning: the server is away · worker desk-1 · job 3f2a9c01`. */
export const readableLine: LogFormat = (level, message, fields, time) => {
  const clock = time.toTimeString().slice(0, 8);
  const kind = { info: "", warn: "warning: ", error: "error: " }[level];
  const about = Object.entries(fields).map(([name, value]) =>
    ` · ${name} ${shortened(`${value}`)}`
  );
  // One line, whatever an error's message holds.
  return `${clock} ${kind}${message}${about.join("")}`.replace(/\s*\n\s*/g, " ");
};

/** The log of a process, in the form that suits where its output goes. */
export function processLog(fields: LogFields): Log {
  return new Log(fields, Deno.stdout.isTerminal() ? readableLine : jsonLine);
}

function toConsole(level: LogLevel, line: string): void {
  if (level === "info") console.info(line);
  else if (level === "warn") console.warn(line);
  else console.error(line);
}
