/** A time that passes by hand. */
import type { Timers } from "../../../cluster/timers.ts";

interface Sleeper {
  readonly due: number;
  wake(): void;
}

/** Timers whose time a test moves on. */
export class HandTimers implements Timers {
  #now = 0;
  #sleepers: Sleeper[] = [];

  now(): number {
    return this.#now;
  }

  sleep(duration: number, signal?: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener("abort", () => reject(signal.reason));
    this.#sleepers.push({ due: this.#now + duration, wake: resolve });
    return promise;
  }

  /** Let time pass, step by step, so that whoever wakes up can go to sleep again. */
  async pass(duration: number, step = 250): Promise<void> {
    for (let passed = 0; passed < duration; passed += step) {
      this.#now += step;
      const due = this.#sleepers.filter((sleeper) => sleeper.due <= this.#now);
      this.#sleepers = this.#sleepers.filter((sleeper) => sleeper.due > this.#now);
      for (const { wake } of due) wake();
      await settle();
    }
  }
}

/** Let everything happen that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
}
