/** The episodes of N copies of a task: what each starts from, and how long it has lasted. */
import { requireLength } from "../physics/arrays.ts";
import { type RandomStream, randomStream } from "../random.ts";
import type { EnvironmentState } from "./environment.ts";
import { type EquationsTask, requireRows } from "./equations_task.ts";

/** Where the episodes come from. */
interface Origin {
  readonly seed: number;
  readonly first: number;
  /** [copy] */
  readonly streams: readonly RandomStream[];
}

/** Starts episodes in an array of states. */
export class Episodes {
  /** [copy]: steps taken in the present episode. */
  readonly steps: Int32Array;
  /** [copy]: episodes begun. */
  readonly begun: Int32Array;
  readonly #task: EquationsTask;
  readonly #state: Float64Array;
  #origin: Origin | undefined;

  /** @param state [row][copy], written where an episode starts */
  constructor(task: EquationsTask, readonly copies: number, state: Float64Array) {
    this.#task = task;
    this.#state = state;
    this.steps = new Int32Array(copies);
    this.begun = new Int32Array(copies);
  }

  /**
   * The origin of the episodes.
   * @param what is asked of the task, for the error
   * @throws {Error} before there is one
   */
  requireOrigin(what: string): Origin {
    if (this.#origin) return this.#origin;
    throw new Error(`${what} ${this.#task.specification.name} before its first reset`);
  }

  /** The first episode of every copy. */
  reset(seed: number, first: number): void {
    this.#setOrigin(seed, first);
    this.begun.fill(0);
    for (let copy = 0; copy < this.copies; copy++) this.start(copy);
  }

  /** The next episode of a copy. */
  start(copy: number): void {
    const { state, specification } = this.#task;
    const parts = this.#task.start(this.requireOrigin("an episode of").streams[copy]);
    let row = 0;
    for (const name in state) {
      const values = parts[name];
      requireRows(specification.name, name, values.length, state[name]);
      for (const value of values) this.#state[row++ * this.copies + copy] = value;
    }
    this.steps[copy] = 0;
    this.begun[copy]++;
  }

  /** Where all copies stand, when the array of states shows it. */
  save(): EnvironmentState {
    const { seed, first } = this.requireOrigin("the state of");
    return {
      seed,
      first,
      state: this.#state.slice(),
      steps: this.steps.slice(),
      episodes: this.begun.slice(),
    };
  }

  /** Go on from what was saved. */
  restore({ seed, first, state, steps, episodes }: EnvironmentState): void {
    requireLength("the saved state", state, this.#state.length);
    this.#setOrigin(seed, first).forEach((stream, copy) => {
      for (let episode = 0; episode < episodes[copy]; episode++) this.#task.start(stream);
    });
    this.#state.set(state);
    this.steps.set(steps);
    this.begun.set(episodes);
  }

  #setOrigin(seed: number, first: number): readonly RandomStream[] {
    const streams = Array.from(
      { length: this.copies },
      (_, copy) => randomStream(seed, `episodes/${first + copy}`),
    );
    this.#origin = { seed, first, streams };
    return streams;
  }
}
