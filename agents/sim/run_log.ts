/** What a run writes into its folder: the log's events, and who writes them. */
import { z } from "zod";
import { type Bus, subjects, type Subscription } from "../../cluster/bus.ts";
import {
  decodeEvent,
  encodeMessage,
  evaluation,
  type Event,
  progress,
} from "../../cluster/protocol.ts";
import type { RunFolder } from "../../cluster/run_store.ts";
import { type RunConfig, runConfig } from "./run_config.ts";

/** A line of `events.jsonl`: what the bus says of a training, less what depends on the clock. */
export const loggedEvent = z.discriminatedUnion("type", [
  progress.omit({ updatesPerSecond: true, secondsLeft: true }),
  evaluation,
]);

export type LoggedEvent = z.infer<typeof loggedEvent>;

/** What is in the folder of a `sim` run. */
export const simSchemas = { config: runConfig, event: loggedEvent };

/** A run's folder as a `sim` run uses it. */
export type SimRunFolder = RunFolder<RunConfig, LoggedEvent>;

/** Whether an event belongs to what is done again after a resume at `updates`. */
export function isSuperseded(event: LoggedEvent, updates: number): boolean {
  return event.update > updates || (event.type === "evaluation" && event.stage !== "during");
}

/** What the log keeps of an event; undefined when nothing. */
export function toLog(event: Event): LoggedEvent | undefined {
  if (event.type === "evaluation") return event;
  if (event.type !== "progress") return undefined;
  const { updatesPerSecond: _, secondsLeft: __, ...progress } = event;
  return progress;
}

/** A logged event for the bus once more, for those who were not there; its clock has stopped. */
export function recall(event: LoggedEvent): Uint8Array {
  return encodeMessage(
    event.type === "progress" ? { ...event, updatesPerSecond: 0, secondsLeft: 0 } : event,
  );
}

/** Keeps a run: writes the bus's events and checkpoints into its folder. */
export class RunKeeper {
  readonly #pending = new Set<Promise<void>>();
  readonly #subscriptions: readonly Subscription[];
  readonly #failure = Promise.withResolvers<never>();
  /** Rejects as soon as something could not be kept; never resolves. */
  readonly failed = this.#failure.promise;

  constructor(bus: Bus, folder: SimRunFolder) {
    // Whoever does not wait for it learns of a failure from `settle`.
    this.failed.catch(() => {});
    this.#subscriptions = [
      bus.subscribe(subjects.events(folder.id), (payload) => {
        const event = toLog(decodeEvent(payload));
        if (event) this.#keep(folder.appendEvent(event));
      }),
      bus.subscribe(
        subjects.checkpoints(folder.id),
        (payload) => this.#keep(folder.saveCheckpoint(payload)),
      ),
    ];
  }

  /** Take no more; what has come is still written. */
  close(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
  }

  #keep(writing: Promise<void>): void {
    const kept = writing.catch(this.#failure.reject).finally(() => this.#pending.delete(kept));
    this.#pending.add(kept);
  }

  /**
   * Resolves when all that has come so far is kept.
   * @throws what went wrong with any of it
   */
  async settle(): Promise<void> {
    await Promise.all(this.#pending);
    await Promise.race([this.failed, Promise.resolve()]);
  }
}
