/** Lets a thread that computes hear what others say. */

/**
 * Let the event loop run, so that messages arrive and timers fire. It takes about 2 ms; Node's
 * `setImmediate` would take none, but leaves messages of other threads where they are.
 */
export const breathe = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

/** For work in small pieces, which would spend more time on breathing than on itself. */
export class Breathing {
  #last = performance.now();

  /** @param every longest time between two breaths, ms */
  constructor(readonly every: number) {}

  /** Breathe, if the last time was long enough ago. */
  async whenDue(): Promise<void> {
    if (performance.now() - this.#last < this.every) return;
    await breathe();
    this.#last = performance.now();
  }
}
