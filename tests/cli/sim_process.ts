/**
 * The `sim` command as a child process: started the way `deno task sim` starts it, with the permissions
 * that the task grants and no others, so that a missing one shows.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

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

/** The command of the task `sim`, word by word, with `args` after it. */
function simCommand(args: readonly string[]): string[] {
  const text = Deno.readTextFileSync(`${repository}deno.json`);
  const { tasks }: { tasks: { sim: { command: string } } } = JSON.parse(text);
  const [program, ...words] = tasks.sim.command.split(" ");
  assert.equal(program, "deno", "the task starts Deno");
  return [Deno.execPath(), ...words, ...args];
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
export class SimProcess implements AsyncDisposable {
  readonly stdout: Transcript;
  readonly stderr: Transcript;
  /** Resolves when it has ended, however it did. */
  readonly ended: Promise<Outcome>;
  readonly #child: Deno.ChildProcess;
  #running = true;

  /** Use `startSim`. */
  constructor(command: readonly string[]) {
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
    const deadline = setTimeout(() => this.signal("SIGKILL"), longestLife);
    const { code, signal } = await this.#child.status;
    this.#running = false;
    clearTimeout(deadline);
    return { code, signal, stdout: await this.stdout.whole, stderr: await this.stderr.whole };
  }

  /** Send it `signal`; harmless when it has ended. */
  signal(signal: Deno.Signal): void {
    if (this.#running) this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGKILL");
    await this.ended;
  }
}

/** Start `deno task sim` with `args`. */
export function startSim(
  args: readonly string[],
  { through = [] }: Surroundings = {},
): SimProcess {
  return new SimProcess([...through, ...simCommand(args)]);
}

/** Let `deno task sim` with `args` do its work. */
export async function runSim(
  args: readonly string[],
  surroundings?: Surroundings,
): Promise<Outcome> {
  await using child = startSim(args, surroundings);
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
