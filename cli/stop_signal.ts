/** Ctrl-C (or a polite kill) as a request to stop; a second one ends the program at once. */
import { exitCodes } from "./failure.ts";

const signals: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT"]
  : ["SIGINT", "SIGTERM"];

/** Listens from its construction to `close`. */
export class StopSignal {
  /** Resolves at the first signal. */
  readonly requested: Promise<void>;
  readonly #listener: () => void;

  /** @param onRequest called at the first signal */
  constructor(onRequest: () => void) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.requested = promise;
    let asked = false;
    this.#listener = () => {
      if (asked) Deno.exit(exitCodes.interrupted);
      asked = true;
      onRequest();
      resolve();
    };
    for (const signal of signals) Deno.addSignalListener(signal, this.#listener);
  }

  /** Leave the signals to the system again. */
  close(): void {
    for (const signal of signals) Deno.removeSignalListener(signal, this.#listener);
  }
}
