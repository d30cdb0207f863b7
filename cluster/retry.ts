/** Calls to the backbone that are tried again while the others cannot be reached. */
import { BackboneError } from "./backbone.ts";
import { systemTimers, type Timers } from "./timers.ts";

/** How often and how long; all of it can be left out. */
export interface RetryOptions {
  /** Ends the trying; its reason is thrown. */
  readonly signal?: AbortSignal;
  /** Wait before the second try, ms; doubles with each one. Default 50. */
  readonly first?: number;
  /** Longest wait between two tries, ms. Default 2000. */
  readonly longest?: number;
  /** Tries at the most; without it, for ever. */
  readonly tries?: number;
  /** Told of each failure that is followed by another try. */
  readonly onTrouble?: (error: BackboneError) => void;
  /** Whether to try again after this; default: when it was "unavailable". */
  readonly again?: (error: BackboneError) => boolean;
  readonly timers?: Timers;
}

const unavailable = (error: BackboneError) => error.kind === "unavailable";

/**
 * The outcome of `operation`, tried again with growing pauses while the backbone is unavailable. An
 * operation that failed so may nevertheless have been carried out: it must be harmless to repeat.
 *
 * @throws what `operation` throws otherwise, the last failure when the tries are used up, or the
 * signal's reason
 */
export async function retrying<T>(
  operation: () => Promise<T>,
  options: RetryOptions = {},
): Promise<T> {
  const { signal, first = 50, longest = 2000, tries = Infinity, again = unavailable } = options;
  const timers = options.timers ?? systemTimers;
  let pause = first;
  for (let attempt = 1;; attempt++) {
    signal?.throwIfAborted();
    try {
      return await operation();
    } catch (error) {
      if (!(error instanceof BackboneError) || !again(error) || attempt >= tries) throw error;
      options.onTrouble?.(error);
    }
    await timers.sleep(pause, signal);
    pause = Math.min(2 * pause, longest);
  }
}
