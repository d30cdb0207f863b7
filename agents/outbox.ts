/**
 * Messages that go out in the order in which they were put in, although some are not finished yet: those
 * behind an unfinished one wait for it. Whoever puts in a second unfinished one waits for `empty` first,
 * so that little has to wait.
 */
import type { Bus } from "../cluster/bus.ts";

/** Publishes on a bus in order. */
export class Outbox {
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(readonly bus: Bus) {}

  /** How many messages have not gone out yet. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Publish `payload` as soon as all before it has gone out: at once, if it has. */
  publish(subject: string, payload: Uint8Array): void {
    if (this.#waiting === 0) return this.bus.publish(subject, payload);
    this.publishLater(subject, Promise.resolve(payload));
  }

  /** Publish a payload when it is finished and all before it has gone out. */
  publishLater(subject: string, payload: Promise<Uint8Array>): void {
    this.#waiting++;
    this.#last = Promise.all([payload, this.#last]).then(([finished]) => {
      this.#waiting--;
      this.bus.publish(subject, finished);
    });
    // Whoever waits until it is empty learns of a failure.
    this.#last.catch(() => {});
  }

  /**
   * Resolves when all has gone out.
   * @throws what kept a payload from being finished; all behind it stays unsent
   */
  get empty(): Promise<void> {
    return this.#last;
  }
}
