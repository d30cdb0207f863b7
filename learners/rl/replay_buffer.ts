/**
 * What has been experienced, to be learnt from many times over: a ring of transitions (s, a, r, s′) of N
 * copies of a task.
 *
 * Of the two ways in which an episode can be over only the task's own end is kept, since a time limit says
 * nothing of what would have followed (Pardo et al. 2018, arXiv 1712.00378); and s′ is what the step itself
 * ended in, not what the next episode starts from.
 *
 * Arrays are [row][slot]. The copies' transitions of one step have neighbouring slots, and the step after
 * it the slots behind them, so that an episode is every N-th slot.
 */
import type { EnvironmentStep } from "../../sim/environments/environment.ts";
import type { RandomStream } from "../../sim/random.ts";
import { requireCount, requireTensor, type TrainingState } from "./training_state.ts";

/** Transitions to learn from, [row][column]. */
export interface Transitions {
  readonly columns: number;
  readonly observations: Float64Array;
  readonly actions: Float64Array;
  readonly rewards: Float64Array;
  readonly nextObservations: Float64Array;
  /** 0 or 1. */
  readonly terminated: Float64Array;
}

const arrayNames = [
  "observations",
  "actions",
  "rewards",
  "nextObservations",
  "terminated",
] as const satisfies readonly (keyof Transitions)[];

/** How many rows a transition has. */
export interface TransitionRows {
  readonly observation: number;
  readonly action: number;
}

/** Room for so many transitions. */
export function emptyTransitions(rows: TransitionRows, columns: number): Transitions {
  const array = (count: number) => new Float64Array(count * columns);
  return {
    columns,
    observations: array(rows.observation),
    actions: array(rows.action),
    rewards: array(1),
    nextObservations: array(rows.observation),
    terminated: array(1),
  };
}

/** The ring. Numbers are kept in single precision, which is what environments compute in. */
export class ReplayBuffer {
  /** Transitions that there is room for: a whole number of steps of all copies. */
  readonly slots: number;
  readonly #arrays: Readonly<Record<(typeof arrayNames)[number], Float32Array>>;
  #steps = 0;

  /**
   * @param capacity transitions to be kept at least, rounded up to whole steps of all copies
   * @throws {RangeError} when there is no room for one
   */
  constructor(rows: TransitionRows, capacity: number, readonly copies: number) {
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw new RangeError(`a replay buffer of ${capacity} transitions; expected at least 1`);
    }
    const slots = this.slots = Math.ceil(capacity / copies) * copies;
    const array = (count: number) => new Float32Array(count * slots);
    this.#arrays = {
      observations: array(rows.observation),
      actions: array(rows.action),
      rewards: array(1),
      nextObservations: array(rows.observation),
      terminated: array(1),
    };
  }

  /** Steps of each copy that have been added, those forgotten among them. */
  get steps(): number {
    return this.#steps;
  }

  /** Transitions that are kept: those in the first so many slots. */
  get size(): number {
    return Math.min(this.#steps * this.copies, this.slots);
  }

  /** The slot of a copy's transition in step `step`, counted from 0 over the whole training. */
  slotOf(step: number, copy: number): number {
    return (step * this.copies + copy) % this.slots;
  }

  /**
   * Keep a step of all copies; the oldest one is forgotten when there is no room.
   * @param observation what the actions were chosen from, [row][copy]
   * @param actions [row][copy], as the environment took them
   */
  add(observation: Float64Array, actions: Float64Array, step: EnvironmentStep): void {
    const first = this.slotOf(this.#steps++, 0);
    this.#write(this.#arrays.observations, observation, first);
    this.#write(this.#arrays.actions, actions, first);
    this.#write(this.#arrays.rewards, step.reward, first);
    this.#write(this.#arrays.nextObservations, step.finalObservation, first);
    this.#write(this.#arrays.terminated, step.terminated, first);
  }

  /**
   * Copy the transitions of these slots, one for each column of `into`.
   * @param chosen slots that have been written
   */
  gather(chosen: Int32Array, into: Transitions): void {
    const { columns } = into;
    for (const name of arrayNames) {
      const [from, to] = [this.#arrays[name], into[name]];
      for (let row = 0; row * columns < to.length; row++) {
        const [start, offset] = [row * columns, row * this.slots];
        for (let i = 0; i < columns; i++) to[start + i] = from[offset + chosen[i]];
      }
    }
  }

  /** Fill `into` with transitions, each drawn uniformly from all that are kept, with replacement. */
  sample(random: RandomStream, into: Transitions): void {
    const chosen = Int32Array.from({ length: into.columns }, () => random.integer(this.size));
    this.gather(chosen, into);
  }

  /** A row of s′ in one slot. */
  nextObservationAt(row: number, slot: number): number {
    return this.#arrays.nextObservations[row * this.slots + slot];
  }

  /** What is kept, copied. */
  save(): Pick<TrainingState, "tensors" | "counts"> {
    const { size, slots } = this;
    const tensors = Object.entries(this.#arrays).map(([name, array]) => {
      const rows = array.length / slots;
      const data = new Float32Array(rows * size);
      for (let row = 0; row < rows; row++) {
        data.set(array.subarray(row * slots, row * slots + size), row * size);
      }
      return [`replay/${name}`, { shape: [rows, size], data }] as const;
    });
    return { tensors: Object.fromEntries(tensors), counts: { "replay/steps": this.#steps } };
  }

  /**
   * Go on from what another buffer of the same size kept.
   * @throws {RangeError} when it was not one of the same size
   */
  restore({ tensors, counts }: Pick<TrainingState, "tensors" | "counts">): void {
    this.#steps = requireCount(counts, "replay/steps");
    const { size, slots } = this;
    for (const [name, array] of Object.entries(this.#arrays)) {
      const rows = array.length / slots;
      const data = requireTensor(tensors, `replay/${name}`, Float32Array, rows * size);
      for (let row = 0; row < rows; row++) {
        array.set(data.subarray(row * size, (row + 1) * size), row * slots);
      }
    }
  }

  #write(into: Float32Array, values: Float64Array | Uint8Array, first: number): void {
    const { copies, slots } = this;
    for (let row = 0; row * copies < values.length; row++) {
      const [to, from] = [row * slots + first, row * copies];
      for (let copy = 0; copy < copies; copy++) into[to + copy] = values[from + copy];
    }
  }
}
