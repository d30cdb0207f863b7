/**
 * The project's commands as child processes: started the way `deno task` starts them, with the permissions
 * that the task grants and no others, so that a missing one shows.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { signalChild } from "../../cluster/child_signal.ts";

const repository = fileURLToPath(new URL("../../", import.meta.url));

/** Longest life of a child, ms; no run of the tests comes near it. */
const longestLife = 60_000;

/** How a child ended, and all that it said. */
export interface Outcome {
  /** The exit code; 128 and the signal's number when a signal ended it. */
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What surrounds the command. */
export interface Surroundings {
  /** A command that runs the rest of its arguments, such as a terminal or a disk of its own. */
  readonly through?: readonly string[];
}

/** The words of a task behind the program, which is Deno. */
function taskWords(task: string): string[] {
  const text = Deno.readTextFileSync(`${repository}deno.json`);
  const { tasks }: { tasks: Record<string, { command: string }> } = JSON.parse(text);
  assert.ok(Object.hasOwn(tasks, task), `deno.json has a task ${task}`);
  const [program, ...words] = tasks[task].command.split(" ");
  assert.equal(program, "deno", "the task starts Deno");
  return words;
}

/** The flags with which a task is run: what it may do, and how. */
export function taskFlags(task: string): string[] {
  return taskWords(task).filter((word) => word.startsWith("--"));
}

/** What has come out of one stream of a child so far. */
class Transcript {
  text = "";
  /** All of it, once the stream has ended. */
  readonly whole: Promise<string>;
  #ended = false;
  #news = Promise.withResolvers<void>();

  constructor(stream: ReadableStream<Uint8Array>) {
    this.whole = this.#read(stream);
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<string> {
    const decoder = new TextDecoder();
    for await (const piece of stream) {
      this.text += decoder.decode(piece, { stream: true });
      this.#tell();
    }
    this.#ended = true;
    this.#tell();
    return this.text;
  }

  #tell(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }

  /** Wait until `pattern` is in it; fails when the stream ends before. */
  async find(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.text);
      if (found) return found;
      assert.ok(!this.#ended, `the process ended and never said ${pattern}, but: ${this.text}`);
      await this.#news.promise;
    }
  }
}

/** A running child; leaving its scope kills it. */
export class TaskProcess implements AsyncDisposable {
  readonly stdout: Transcript;
  readonly stderr: Transcript;
  /** Resolves when it has ended, however it did. */
  readonly ended: Promise<Outcome>;
  readonly #child: Deno.ChildProcess;

  /**
   * Use `startTask`.
   * @param life longest life, ms
   */
  constructor(command: readonly string[], private readonly life = longestLife) {
    const [program, ...args] = command;
    this.#child = new Deno.Command(program, {
      args,
      cwd: repository,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.stdout = new Transcript(this.#child.stdout);
    this.stderr = new Transcript(this.#child.stderr);
    this.ended = this.#wait();
  }

  async #wait(): Promise<Outcome> {
    const deadline = setTimeout(() => this.signal("SIGKILL"), this.life);
    const { code, signal } = await this.#child.status;
    clearTimeout(deadline);
    return { code, signal, stdout: await this.stdout.whole, stderr: await this.stderr.whole };
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Send it `signal`; harmless when it has ended. */
  signal(signal: Deno.Signal): void {
    signalChild(this.#child, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGKILL");
    await this.ended;
  }
}

/** Start `deno task <task>` with `args`. */
export function startTask(
  task: string,
  args: readonly string[],
  { through = [] }: Surroundings = {},
): TaskProcess {
  return new TaskProcess([...through, Deno.execPath(), ...taskWords(task), ...args]);
}

/** Let `deno task <task>` with `args` do its work. */
export async function runTask(
  task: string,
  args: readonly string[],
  surroundings?: Surroundings,
): Promise<Outcome> {
  await using child = startTask(task, args, surroundings);
  return await child.ended;
}

/** Whether a program is there and succeeds with `args`. */
export function succeeds(program: string, args: readonly string[]): boolean {
  try {
    return new Deno.Command(program, {
      args: [...args],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Fails unless the command said one line, on standard error, with all of `mentions`, and gave code 2. */
export function assertRefused(
  { code, stdout, stderr }: Outcome,
  ...mentions: readonly string[]
): void {
  assert.match(stderr, /^error: [^\n]+\n$/, "one line that is an error");
  for (const mention of mentions) assert.ok(stderr.includes(mention), `"${mention}" in ${stderr}`);
  assert.equal(stdout, "");
  assert.equal(code, 2);
}
