/** A Python script of this folder in a process of its own, which is asked things line by line. */
import { fileURLToPath } from "node:url";
import { ask } from "../cli/child_process.ts";

/** Milliseconds that importing what a script needs may take. */
const patience = 120_000;

/** What a script is and needs. */
export interface PythonScript {
  /** Its file's name in this folder. */
  readonly file: string;
  /** The modules without which it cannot run. */
  readonly needs: readonly string[];
}

/** How a program with these modules is got, as a line for a shell. */
export function gettingPython(needs: readonly string[]): string {
  return `  python3 -m venv /tmp/python && /tmp/python/bin/pip install ${needs.join(" ")}`;
}

/**
 * A running script: it writes one line of JSON as a greeting, and then one for each line that it reads.
 * Leaving its scope ends it.
 */
export class PythonProcess<Greeting> implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #requests: WritableStreamDefaultWriter<Uint8Array>;
  readonly #answers: AsyncIterator<string>;

  private constructor(
    child: Deno.ChildProcess,
    answers: AsyncIterator<string>,
    /** What it says of itself. */
    readonly greeting: Greeting,
  ) {
    this.#child = child;
    this.#answers = answers;
    this.#requests = child.stdin.getWriter();
  }

  /**
   * @param python a program that has the modules
   * @returns why not, where it cannot be started
   */
  static async start<Greeting>(
    python: string,
    { file, needs }: PythonScript,
  ): Promise<PythonProcess<Greeting> | string> {
    const trial = await ask(python, ["-c", `import ${needs.join(", ")}`], patience);
    if (trial.kind !== "answered") return trial.reason;
    const script = fileURLToPath(new URL(file, import.meta.url));
    const child = new Deno.Command(python, { args: [script], stdin: "piped", stdout: "piped" })
      .spawn();
    const answers = lines(child.stdout);
    return new PythonProcess<Greeting>(child, answers, JSON.parse(await next(answers)));
  }

  /** Ask for something and wait for the answer. */
  async request<Answer>(request: unknown): Promise<Answer> {
    await this.#requests.write(new TextEncoder().encode(`${JSON.stringify(request)}\n`));
    return JSON.parse(await next(this.#answers));
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
  if (done) throw new Error("the script's process has ended; it wrote above why");
  return value;
}
