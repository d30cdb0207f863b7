/** The queue, as one end of a memory reaches it. */
import { BackboneError, type Hint, type WorkQueue } from "../backbone.ts";
import { elapse } from "../timers.ts";
import type { End } from "./end.ts";
import type { QueuedHint } from "./queue.ts";

export class EndQueue implements WorkQueue {
  constructor(private readonly end: End) {}

  push(lane: string, payload: Uint8Array): Promise<void> {
    return this.end.run("queue.push", () => this.end.shared.queue.push(lane, payload));
  }

  async pull(
    lanes: readonly string[],
    { signal, patience }: { readonly signal: AbortSignal; readonly patience: number },
  ): Promise<Hint | undefined> {
    const { timers } = this.end.shared;
    const ended = AbortSignal.any([signal, this.end.closed]);
    const deadline = timers.now() + patience;
    while (!ended.aborted) {
      const hint = await this.#take(lanes);
      if (hint) return this.#handedOver(hint);
      const left = deadline - timers.now();
      if (left <= 0) return undefined;
      await this.#changed(lanes, left, ended);
    }
    if (this.end.state === "closed") await this.#take(lanes);
    return undefined;
  }

  waiting(lane: string): Promise<number> {
    const { queue, timers } = this.end.shared;
    return this.end.run("queue.waiting", () => queue.waiting(lane, timers.now()));
  }

  /** A hint, unless there is none or it cannot be had: both may be over in a while. */
  async #take(lanes: readonly string[]): Promise<QueuedHint | undefined> {
    const { queue, timers } = this.end.shared;
    try {
      return await this.end.run("queue.pull", () => queue.take(lanes, timers.now()));
    } catch (error) {
      if (error instanceof BackboneError && error.kind === "unavailable") return undefined;
      throw error;
    }
  }

  /** Resolves when there may be a hint, `left` ms are over, or the end is closed. */
  async #changed(lanes: readonly string[], left: number, ended: AbortSignal): Promise<void> {
    const { queue, timers } = this.end.shared;
    const settled = new AbortController();
    const either = AbortSignal.any([settled.signal, ended]);
    const back = this.end.onChange(() => settled.abort());
    const pause = Math.min(left, Math.max(0, queue.nextFree(lanes) - timers.now()));
    try {
      await Promise.race([
        queue.changed(either),
        elapse(timers, this.end.state === "away" ? left : pause, either),
      ]);
    } finally {
      settled.abort();
      back.unsubscribe();
    }
  }

  #handedOver(hint: QueuedHint): Hint {
    const { end } = this;
    const { queue, timers } = end.shared;
    const { deliveries } = hint;
    // What is only said, not asked, is lost without a word when it cannot be said.
    const say = (action: string, carryOut: () => void) => {
      end.run(`queue.${action}`, carryOut).catch((error) => {
        if (!(error instanceof BackboneError)) end.shared.onError(error, `queue.${action}`);
      });
    };
    return {
      payload: hint.payload.slice(),
      deliveries,
      working: () => say("working", () => queue.working(hint, deliveries, timers.now())),
      done: () => end.run("queue.done", () => queue.done(hint)),
      giveBack: (delay = 0) =>
        say("giveBack", () => queue.giveBack(hint, deliveries, timers.now() + delay)),
    };
  }
}
