/**
 * Time as the cluster knows it: how long something has taken here, never what o'clock it is. The clocks
 * of several machines are not compared with each other anywhere.
 */
import { setTimeout as sleep } from "node:timers/promises";

/** A process's own monotonic time, ms. Tests put their own in its place. */
export interface Timers {
  /** Milliseconds since some moment; never goes back. */
  now(): number;
  /**
   * Resolves after `duration` ms.
   * @throws the signal's reason as soon as it is aborted
   */
  sleep(duration: number, signal?: AbortSignal): Promise<void>;
}

/** The time of this machine. */
export const systemTimers: Timers = {
  now: () => performance.now(),
  async sleep(duration, signal) {
    signal?.throwIfAborted();
    try {
      await sleep(duration, undefined, { signal });
    } catch (error) {
      // Node wraps the reason into an error of its own.
      signal?.throwIfAborted();
      throw error;
    }
  },
};

/** Resolves after `duration` ms, or as soon as `signal` is aborted. */
export async function elapse(timers: Timers, duration: number, signal: AbortSignal): Promise<void> {
  try {
    await timers.sleep(duration, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
