/**
 * What the slots of a run do that have no job: they act for jobs that want actors, in threads of their own, as
 * idle workers of a cluster do.
 */
import { DeadLetters } from "../../cluster/dead_letters.ts";
import { inProcessBus } from "../../cluster/in_process.ts";
import type { Log } from "../../cluster/log.ts";
import { IdleActor } from "../worker/idle_actor.ts";
import type { JobHelp } from "./method_thread.ts";

/** See the file's head. Leaving its scope lets them all go. */
export class SpareActors implements AsyncDisposable {
  /** Where jobs find them. */
  readonly help: Omit<JobHelp, "name">;
  readonly #actors: readonly IdleActor[];

  /** @param slots of the run, all of which may be free at once */
  constructor(slots: number, log: Log) {
    const bus = inProcessBus((error, subject) => log.error(`${subject}: ${error}`));
    const letters = new DeadLetters({ bus, from: "spare-actors" });
    this.#actors = Array.from(
      { length: slots },
      (_, slot) => new IdleActor(bus, { worker: `slot-${slot}`, letters, log }),
    );
    this.help = { bus, actors: slots };
  }

  /** As many slots are free now: one of them for each actor. */
  readonly adjust = (free: number): void => {
    this.#actors.forEach((actor, slot) => slot < free ? actor.begin() : actor.end());
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#actors.map((actor) => actor.close()));
  }
}
