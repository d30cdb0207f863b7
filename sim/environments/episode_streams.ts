/**
 * The episodes of copies of a task, whatever they start from: where each copy stands in its present one, and
 * the random streams from which the next ones are drawn.
 */
import { type RandomStream, randomStream } from "../random.ts";
import type { EnvironmentState } from "./environment.ts";

/** Where the copies stand in their episodes. */
export type EpisodesState = Omit<EnvironmentState, "state">;

/** Episodes of `copies` copies, none begun yet. */
export class EpisodeStreams {
  /** [copy]: steps taken in the present episode. */
  readonly steps: Int32Array;
  /** [copy]: episodes begun. */
  readonly begun: Int32Array;
  #origin: { readonly seed: number; readonly first: number } | undefined;
  #streams: readonly RandomStream[] = [];

  /** @param name of the task, for errors */
  constructor(readonly name: string, readonly copies: number) {
    this.steps = new Int32Array(copies);
    this.begun = new Int32Array(copies);
  }

  /**
   * Forget all episodes; copy i draws from the stream `episodes/<first + i>` under the seed.
   * @param first the number of the first copy among all those of a run
   */
  reset(seed: number, first: number): void {
    this.#origin = { seed, first };
    this.#streams = Array.from(
      { length: this.copies },
      (_, copy) => randomStream(seed, `episodes/${first + copy}`),
    );
    this.steps.fill(0);
    this.begun.fill(0);
  }

  /** Begins the next episode of a copy; its stream, from which to draw what it starts from. */
  begin(copy: number): RandomStream {
    this.steps[copy] = 0;
    this.begun[copy]++;
    return this.#streams[copy];
  }

  /** @throws {Error} before the first reset */
  requireBegun(what: string): { readonly seed: number; readonly first: number } {
    if (this.#origin) return this.#origin;
    throw new Error(`${what} ${this.name} before its first reset`);
  }

  /** Where all copies stand, copied. */
  save(): EpisodesState {
    const { seed, first } = this.requireBegun("the state of");
    return { seed, first, steps: this.steps.slice(), episodes: this.begun.slice() };
  }

  /**
   * Take back what `save` gave; the draws of the episodes begun are repeated, as far as these streams have
   * not come to them already.
   * @param draw what an episode draws from its stream
   */
  restore(
    { seed, first, steps, episodes }: EpisodesState,
    draw: (stream: RandomStream) => void,
  ): void {
    const goesOn = this.#origin?.seed === seed && this.#origin.first === first &&
      this.begun.every((begun, copy) => begun <= episodes[copy]);
    if (!goesOn) this.reset(seed, first);
    this.#streams.forEach((stream, copy) => {
      for (let episode = this.begun[copy]; episode < episodes[copy]; episode++) draw(stream);
    });
    this.steps.set(steps);
    this.begun.set(episodes);
  }
}
