/**
 * Ctrl-C (or a polite kill) as a request to stop; a second one ends the program at once.
 *
 * A terminal sends Ctrl-C to all its programs, and `deno task` passes on what it gets: one Ctrl-C comes
 * twice, which must not be taken for two.
 */
import { exitCodes } from "./failure.ts";

/** Signals that ask for an end, with the exit codes that belong to them. */
const codes: Readonly<Partial<Record<Deno.Signal, number>>> = Deno.build.os === "windows"
  ? { SIGINT: 130 }
  : { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

/** Signals so soon after the first, ms, are the same request; nobody asks again so fast. */
const echoTime = 500;

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
    let askedAt: number | undefined;
    const listen = (code: number) => () => {
      const now = performance.now();
      if (askedAt !== undefined && now - askedAt < echoTime) return;
      this.#code = code;
      if (askedAt !== undefined) Deno.exit(code);
      askedAt = now;
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
