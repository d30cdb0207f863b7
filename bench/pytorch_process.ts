/** PyTorch in a process of its own, pytorch_steps.py, which is asked for measurements line by line. */
import { fileURLToPath } from "node:url";
import { ask } from "../cli/child_process.ts";
import type { Clock } from "./timing.ts";

/** Milliseconds that importing PyTorch may take. */
const patience = 120_000;

/** A running process. Leaving its scope ends it. */
export class PyTorch implements AsyncDisposable {
  /** What it says of itself. */
  readonly version: string;
  /** Threads that it uses unless told otherwise. */
  readonly threads: number;
  readonly #child: Deno.ChildProcess;
  readonly #requests: WritableStreamDefaultWriter<Uint8Array>;
  readonly #answers: AsyncIterator<string>;

  private constructor(child: Deno.ChildProcess, answers: AsyncIterator<string>, greeting: string) {
    ({ version: this.version, threads: this.threads } = JSON.parse(greeting));
    this.#child = child;
    this.#answers = answers;
    this.#requests = child.stdin.getWriter();
  }

  /**
   * @param python a program that has PyTorch
   * @returns why not, where it cannot be started
   */
  static async start(python: string): Promise<PyTorch | string> {
    const trial = await ask(python, ["-c", "import torch"], patience);
    if (trial.kind !== "answered") return trial.reason;
    const script = fileURLToPath(new URL("./pytorch_steps.py", import.meta.url));
    const child = new Deno.Command(python, { args: [script], stdin: "piped", stdout: "piped" })
      .spawn();
    const answers = lines(child.stdout);
    return new PyTorch(child, answers, await next(answers));
  }

  /** Mean milliseconds of a step. */
  async measure(
    training: string,
    threads: number,
    repetitions: number,
    clock: Clock,
  ): Promise<number> {
    const request = `${JSON.stringify({ training, threads, repetitions })}\n`;
    await this.#requests.write(new TextEncoder().encode(request));
    return JSON.parse(await next(this.#answers))[clock];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#requests.close();
    await this.#child.status;
  }
}

async function* lines(bytes: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of bytes.pipeThrough(new TextDecoderStream())) {
    const [...complete] = (rest + text).split("\n");
    rest = complete.pop()!;
    yield* complete;
  }
}

async function next(answers: AsyncIterator<string>): Promise<string> {
  const { value, done } = await answers.next();
  if (done) throw new Error("PyTorch's process has ended; it wrote above why");
  return value;
}
