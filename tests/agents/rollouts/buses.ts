/** Buses on which things go wrong. */
import type { Bus } from "../../../cluster/bus.ts";
import { inProcessBus } from "../../../cluster/in_process.ts";
import type { RandomStream } from "../../../sim/random.ts";

/** A bus whose subscribers must not throw. */
export const strictBus = (): Bus =>
  inProcessBus((error) => {
    throw error;
  });

/** What happens to messages. */
export interface Chaos {
  /** Share of the messages that is lost, 0 … 1. */
  readonly lost: number;
  /** Share that comes twice. */
  readonly repeated: number;
  /** Longest delay, ms; messages overtake each other. */
  readonly delay: number;
}

/** One participant's way to a bus. */
export class TroubledBus implements Bus, Disposable {
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #dead = false;

  /** @param stream decides what happens to each message that is sent */
  constructor(readonly bus: Bus, readonly stream: RandomStream, readonly chaos: Chaos) {}

  publish(subject: string, payload: Uint8Array): void {
    if (this.stream.uniform() < this.chaos.lost) return;
    const times = this.stream.uniform() < this.chaos.repeated ? 2 : 1;
    for (let time = 0; time < times; time++) this.#later(subject, payload.slice());
  }

  subscribe(subject: string, handler: (payload: Uint8Array) => void) {
    return this.bus.subscribe(subject, (payload) => {
      if (!this.#dead) handler(payload);
    });
  }

  /** As if the participant had been killed: nothing passes any more. */
  kill(): void {
    this.#dead = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  [Symbol.dispose](): void {
    this.kill();
  }

  #later(subject: string, payload: Uint8Array): void {
    if (this.#dead) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.bus.publish(subject, payload);
    }, this.stream.uniform(0, this.chaos.delay));
    this.#timers.add(timer);
  }
}
