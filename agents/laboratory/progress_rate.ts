/** How fast something gets on, and how long it still takes, as the last minute went. */

/** Between two marks, ms: what is told rests on the time since the mark before the last. */
const markEvery = 30_000;
/** A shorter time says nothing, ms. */
const shortest = 5_000;

interface Mark {
  readonly time: number;
  readonly progress: number;
}

/** Times are a process's own, ms; progress is a share, 0 … 1. */
export class ProgressRate {
  #before: Mark | undefined;
  #last: Mark | undefined;

  /**
   * How long it still takes, s; undefined while that cannot be said.
   * @param progress undefined while nobody works on it, which begins the measurement anew
   */
  secondsLeft(now: number, progress: number | undefined): number | undefined {
    if (progress === undefined) {
      this.#before = this.#last = undefined;
      return undefined;
    }
    this.#last ??= { time: now, progress };
    this.#before ??= this.#last;
    const { time, progress: from } = this.#before;
    if (now - this.#last.time >= markEvery) {
      this.#before = this.#last;
      this.#last = { time: now, progress };
    }
    const gain = progress - from;
    if (now - time < shortest || gain <= 0) return undefined;
    return (1 - progress) / gain * (now - time) / 1000;
  }
}
