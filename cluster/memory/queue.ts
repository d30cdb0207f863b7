/** A queue of hints in memory. */

/** A hint and where it is. */
export interface QueuedHint {
  readonly lane: string;
  readonly payload: Uint8Array;
  deliveries: number;
  /** When somebody may have it, ms; while it is with somebody, when it is taken away again. */
  free: number;
  held: boolean;
}

/** Hints in lanes, first come, first served. Times are those that the caller passes, in ms. */
export class MemoryQueue {
  readonly #hints = new Map<string, Set<QueuedHint>>();
  readonly #wakers = new Set<() => void>();

  /** @param redeliverAfter after how long without a word a hint is free again, ms */
  constructor(private readonly redeliverAfter: number) {}

  push(lane: string, payload: Uint8Array): void {
    const hints = this.#hints.get(lane) ?? new Set();
    const hint = { lane, payload: payload.slice(), deliveries: 0, free: -Infinity, held: false };
    this.#hints.set(lane, hints.add(hint));
    this.#wake();
  }

  /** The first free hint of the first lane that has one; it is the caller's from now on. */
  take(lanes: readonly string[], now: number): QueuedHint | undefined {
    for (const lane of lanes) {
      for (const hint of this.#hints.get(lane) ?? []) {
        if (hint.free > now) continue;
        hint.deliveries++;
        hint.held = true;
        hint.free = now + this.redeliverAfter;
        return hint;
      }
    }
    return undefined;
  }

  /** When the next hint of these lanes becomes free, ms; Infinity when there is none. */
  nextFree(lanes: readonly string[]): number {
    const times = lanes.flatMap((lane) => [...this.#hints.get(lane) ?? []].map(({ free }) => free));
    return times.reduce((first, time) => Math.min(first, time), Infinity);
  }

  working(hint: QueuedHint, delivery: number, now: number): void {
    if (this.#isHeld(hint, delivery)) hint.free = now + this.redeliverAfter;
  }

  done(hint: QueuedHint): void {
    const hints = this.#hints.get(hint.lane);
    hints?.delete(hint);
    if (hints?.size === 0) this.#hints.delete(hint.lane);
  }

  giveBack(hint: QueuedHint, delivery: number, free: number): void {
    if (!this.#isHeld(hint, delivery)) return;
    hint.held = false;
    hint.free = free;
    this.#wake();
  }

  waiting(lane: string, now: number): number {
    return [...this.#hints.get(lane) ?? []].filter(({ held, free }) => !held || free <= now).length;
  }

  /** Forget everything. */
  clear(): void {
    this.#hints.clear();
  }

  /** Resolves when something has changed, or the signal is aborted. */
  changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const settle = () => {
        this.#wakers.delete(settle);
        signal.removeEventListener("abort", settle);
        resolve();
      };
      if (signal.aborted) return settle();
      this.#wakers.add(settle);
      signal.addEventListener("abort", settle);
    });
  }

  /** Whether the hint is still with whoever got it at its `delivery`-th delivery. */
  #isHeld(hint: QueuedHint, delivery: number): boolean {
    return hint.held && hint.deliveries === delivery;
  }

  #wake(): void {
    for (const waker of [...this.#wakers]) waker();
  }
}
