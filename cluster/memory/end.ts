/** One end of a memory: its link, and all that depends on whether the memory can be reached. */
import { BackboneError, type Link, type LinkState, type TableName } from "../backbone.ts";
import type { Bus, Subscription } from "../bus.ts";
import type { Timers } from "../timers.ts";
import type { MemoryBlobs } from "./blobs.ts";
import { Delivery } from "./delivery.ts";
import type { MemoryLog } from "./log.ts";
import type { MemoryQueue } from "./queue.ts";
import type { MemoryTable } from "./table.ts";

/** Stands between an end and the memory. */
export type Interpose = <T>(operation: string, carryOut: () => T) => Promise<T>;

/** What the ends share. */
export interface Shared {
  readonly bus: Bus;
  readonly tables: ReadonlyMap<TableName, MemoryTable>;
  readonly logs: Map<string, MemoryLog>;
  readonly queue: MemoryQueue;
  readonly blobs: MemoryBlobs;
  readonly timers: Timers;
  readonly onError: (error: unknown, subject: string) => void;
}

/** An end's link, and all that depends on it. */
export class End implements Link {
  #state: LinkState = "connected";
  readonly #handlers = new Set<(state: LinkState) => void>();
  readonly #followers = new Set<{ hold(held: boolean): void; stop(): void }>();
  readonly #closed = new AbortController();

  constructor(readonly shared: Shared, readonly interpose: Interpose) {}

  get state(): LinkState {
    return this.#state;
  }

  /** Aborted when the end is closed. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  onChange(handler: (state: LinkState) => void): Subscription {
    const own = (state: LinkState) => handler(state);
    this.#handlers.add(own);
    return { unsubscribe: () => this.#handlers.delete(own) };
  }

  change(state: LinkState): void {
    if (state === this.#state || this.#state === "closed") return;
    this.#state = state;
    for (const follower of [...this.#followers]) {
      if (state === "closed") follower.stop();
      else follower.hold(state === "away");
    }
    if (state === "closed") this.#closed.abort();
    for (const handler of [...this.#handlers]) handler(state);
  }

  /** Carry out an operation on the memory, if it can be reached. */
  run<T>(operation: string, carryOut: () => T): Promise<T> {
    return this.interpose(operation, () => {
      this.#requireReach(operation);
      return carryOut();
    });
  }

  /** Carry out an operation that hands things over to `handler`, now and later. */
  async follow<Item extends object>(
    operation: string,
    handler: (item: Item) => void,
    begin: (push: (item: Item) => void) => () => void,
    supersedes?: (later: Item, earlier: Item) => boolean,
  ): Promise<Subscription> {
    const onError = (error: unknown) => this.shared.onError(error, operation);
    const delivery = new Delivery(handler, onError, supersedes);
    const leave = await this.run(operation, () => begin((item) => delivery.push(item)));
    const follower = {
      hold: (held: boolean) => delivery.held = held,
      stop: () => {
        leave();
        delivery.end();
        this.#followers.delete(follower);
      },
    };
    this.#followers.add(follower);
    follower.hold(this.#state === "away");
    delivery.drain();
    if (this.#state === "closed") follower.stop();
    return { unsubscribe: () => follower.stop() };
  }

  #requireReach(operation: string): void {
    if (this.#state === "connected") return;
    if (this.#state === "away") {
      throw new BackboneError("unavailable", `${operation}: the server is away`);
    }
    throw new BackboneError("refused", `${operation}: this end of the backbone is closed`);
  }
}

/** The shared bus, as far as the end can reach it. */
export function endBus(end: End): Bus {
  const { bus } = end.shared;
  const connected = () => end.state === "connected";
  return {
    publish(subject, payload) {
      if (connected()) bus.publish(subject, payload);
    },
    subscribe(subject, handler) {
      return bus.subscribe(subject, (payload) => {
        if (connected()) handler(payload);
      });
    },
  };
}
