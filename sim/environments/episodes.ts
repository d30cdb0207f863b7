/** The episodes of N copies of a task that is stated as equations: what each starts from is written. */
import { requireLength } from "../physics/arrays.ts";
import type { EnvironmentState } from "./environment.ts";
import { EpisodeStreams } from "./episode_streams.ts";
import { type EquationsTask, requireRows } from "./equations_task.ts";

/** Starts episodes in an array of states. */
export class Episodes {
  readonly #task: EquationsTask;
  readonly #state: Float64Array;
  readonly #streams: EpisodeStreams;

  /** @param state [row][copy], written where an episode starts */
  constructor(task: EquationsTask, copies: number, state: Float64Array) {
    this.#task = task;
    this.#state = state;
    this.#streams = new EpisodeStreams(task.specification.name, copies);
  }

  /** [copy]: steps taken in the present episode. */
  get steps(): Int32Array {
    return this.#streams.steps;
  }

  /**
   * @param what is asked of the task, for the error
   * @throws {Error} before the first reset
   */
  requireBegun(what: string): void {
    this.#streams.requireBegun(what);
  }

  /** The first episode of every copy. */
  reset(seed: number, first: number): void {
    this.#streams.reset(seed, first);
    for (let copy = 0; copy < this.#streams.copies; copy++) this.start(copy);
  }

  /** The next episode of a copy. */
  start(copy: number): void {
    const { state, specification } = this.#task;
    const parts = this.#task.start(this.#streams.begin(copy));
    let row = 0;
    for (const name in state) {
      const values = parts[name];
      requireRows(specification.name, name, values.length, state[name]);
      for (const value of values) this.#state[row++ * this.#streams.copies + copy] = value;
    }
  }

  /** Where all copies stand, when the array of states shows it. */
  save(): EnvironmentState {
    return { ...this.#streams.save(), state: this.#state.slice() };
  }

  /** Go on from what was saved. */
  restore(saved: EnvironmentState): void {
    requireLength("the saved state", saved.state, this.#state.length);
    this.#streams.restore(saved, (stream) => this.#task.start(stream));
    this.#state.set(saved.state);
  }
}
