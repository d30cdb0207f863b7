/**
 * The time in which a process could have heard something. Silence is measured by it: while a thread
 * computes, or is suspended, messages wait for it, and their senders must not be taken for dead.
 */
export class ListeningClock {
  #time = 0;
  #last: number;

  /**
   * @param interval how often `tick` is called by a timer, ms: what a longer gap exceeds it by, this
   * process has not been listening
   * @param now the process's own monotonic time, ms
   */
  constructor(
    readonly interval: number,
    readonly now: () => number = () => performance.now(),
  ) {
    this.#last = now();
  }

  /** Milliseconds of listening so far. */
  get time(): number {
    return this.#time;
  }

  /** Called by the timer. */
  tick(): void {
    const now = this.now();
    this.#time += Math.min(now - this.#last, this.interval);
    this.#last = now;
  }
}
