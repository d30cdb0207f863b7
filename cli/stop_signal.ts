/** Ctrl-C (or a polite kill) as a request to stop; a second one ends the program at once. */
import { exitCodes } from "./failure.ts";

/** Signals that ask for an end, with the exit codes that belong to them. */
const codes: Readonly<Partial<Record<Deno.Signal, number>>> = Deno.build.os === "windows"
  ? { SIGINT: 130 }
  : { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

const signals = Object.keys(codes) as Deno.Signal[];

/** Listens from its construction to `close`. */
export class StopSignal {
  /** Resolves at the first signal. */
  readonly requested: Promise<void>;
  readonly #listeners: ReadonlyMap<Deno.Signal, () => void>;
  #code = exitCodes.failed as number;

  /** @param onRequest called at the first signal */
  constructor(onRequest: () => void) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.requested = promise;
    let asked = false;
    const listen = (code: number) => () => {
      this.#code = code;
      if (asked) Deno.exit(code);
      asked = true;
      onRequest();
      resolve();
    };
    this.#listeners = new Map(signals.map((signal) => [signal, listen(codes[signal]!)]));
    for (const [signal, listener] of this.#listeners) Deno.addSignalListener(signal, listener);
  }

  /** The exit code that belongs to the signal that came last. */
  get code(): number {
    return this.#code;
  }

  /** Leave the signals to the system again. */
  close(): void {
    for (const [signal, listener] of this.#listeners) Deno.removeSignalListener(signal, listener);
  }
}
