/**
 * How much somebody may ask for: a token bucket (Turner 1986, "New directions in communications"), which
 * lets bursts pass and holds the rate.
 */

/** How much. */
export interface AllowanceLimits {
  /** Requests at once. */
  readonly burst: number;
  /** Requests per second in the long run. */
  readonly perSecond: number;
}

/** What is left to one of those who ask. */
export class Allowance {
  #left: number;
  #since: number;

  /** @param now a process's own time, ms */
  constructor(private readonly limits: AllowanceLimits, private readonly now: () => number) {
    this.#left = limits.burst;
    this.#since = now();
  }

  /** Take one request's worth. @returns whether there was any */
  take(): boolean {
    const { burst, perSecond } = this.limits;
    const now = this.now();
    this.#left = Math.min(burst, this.#left + (now - this.#since) / 1000 * perSecond);
    this.#since = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
