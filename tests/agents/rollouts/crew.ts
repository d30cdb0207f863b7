/** Work that is small enough for tests, and actors in the test's own thread that do it. */
import { encodeWeights } from "../../../agents/sim/checkpoint.ts";
import { type ActorCounters, type ActorOptions, runActor } from "../../../agents/rollouts/actor.ts";
import type { MeasuresWork, TransitionsWork } from "../../../agents/rollouts/work.ts";
import { type RunConfig, runNetwork, runParts } from "../../../agents/sim/run_config.ts";
import type { Bus } from "../../../cluster/bus.ts";
import { smallRun } from "../sim/small_run.ts";

/** Eleven held-out trials: pieces of two leave one over. */
export const run: RunConfig = { ...smallRun, evaluationTrials: 11 };

export const measuresWork: MeasuresWork = {
  kind: "measures",
  run,
  engine: "equations",
  trialsOfPiece: 2,
};

/** Of `measuresWork`. */
export const measuresPieces = 6;

export const transitionsWork: TransitionsWork = {
  kind: "transitions",
  run,
  engine: "equations",
  stream: "test",
  arms: 2,
  exploration: 0.1,
};

/** The initial weights of the run's network under a seed, as a file. */
export function weightsFile(seed: number): Uint8Array {
  const network = runNetwork(run, runParts(run));
  return encodeWeights(network.layout, { weights: network.initialWeights(seed), updates: 0 });
}

/** Actors in this thread. Leaving their scope has them leave. */
export class Crew implements AsyncDisposable {
  readonly #leaving = new AbortController();
  readonly #actors: Promise<ActorCounters>[] = [];

  /** Begin to act; offers come with the next announcement. */
  hire(bus: Bus, name: string, options: Partial<ActorOptions> = {}): void {
    const { signal } = this.#leaving;
    this.#actors.push(runActor(bus, { name, signal, beat: 100, ...options }));
  }

  /** Have all leave; what each has counted, in the order in which they came. */
  async leave(): Promise<ActorCounters[]> {
    this.#leaving.abort();
    return await Promise.all(this.#actors);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave();
  }
}

export const pause = (milliseconds: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** Wait until `holds` does. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(2);
}
