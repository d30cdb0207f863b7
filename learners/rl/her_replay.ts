/**
 * Hindsight experience replay (Andrychowicz et al. 2017, arXiv 1707.01495, section 3.2 and 4.5, strategy
 * "future"): whatever was reached would have been a success had it been the goal. When a transition is drawn
 * to be learnt from, its goal is replaced, with probability k/(k + 1), by what was achieved at a later time of
 * the same episode, uniformly drawn from them, and its reward is worked out anew.
 */
import type { EnvironmentStep, GoalRows } from "../../sim/environments/environment.ts";
import type { RandomStream } from "../../sim/random.ts";
import { ReplayBuffer, type TransitionRows, type Transitions } from "./replay_buffer.ts";
import {
  joinedStates,
  requireCount,
  requireTensor,
  savedVectors,
  type TrainingState,
} from "./training_state.ts";

/** How many transitions there is room for, and how goals are replaced. */
export interface HindsightOptions {
  /** At least one whole episode of each copy. */
  readonly capacity: number;
  readonly copies: number;
  /** k: transitions with goals of hindsight for each with its own; 0 for none. */
  readonly hindsight: number;
}

/** Replay of whole episodes with goals of hindsight. */
export class HindsightReplay {
  readonly #buffer: ReplayBuffer;
  readonly #hindsight: number;
  /** [slot]: how many steps of its episode follow a transition; −1 while the episode goes on. */
  readonly #following: Int32Array;
  /** [copy]: steps of the episode at hand. */
  readonly #lengths: Int32Array;
  #episodes = 0;

  constructor(
    rows: TransitionRows,
    readonly goals: GoalRows,
    { capacity, copies, hindsight }: HindsightOptions,
  ) {
    this.#buffer = new ReplayBuffer(rows, capacity, copies);
    this.#hindsight = hindsight;
    this.#following = new Int32Array(this.#buffer.slots).fill(-1);
    this.#lengths = new Int32Array(copies);
  }

  /** Steps of each copy that have been added. */
  get steps(): number {
    return this.#buffer.steps;
  }

  /** Whole episodes that have been added: there is nothing to draw before the first. */
  get episodes(): number {
    return this.#episodes;
  }

  /**
   * Keep a step of all copies.
   * @throws {RangeError} when an episode is longer than what is kept
   */
  add(observation: Float64Array, actions: Float64Array, step: EnvironmentStep): void {
    const now = this.#buffer.steps;
    this.#buffer.add(observation, actions, step);
    const { copies, slots } = this.#buffer;
    for (let copy = 0; copy < copies; copy++) {
      const length = ++this.#lengths[copy];
      if (length * copies > slots) {
        throw new RangeError(
          `an episode of ${length} steps or more does not fit into a replay buffer of ${slots} ` +
            `transitions of ${copies} copies; let it have more`,
        );
      }
      this.#following[this.#buffer.slotOf(now, copy)] = -1;
      if (!(step.terminated[copy] | step.truncated[copy])) continue;
      for (let back = 0; back < length; back++) {
        this.#following[this.#buffer.slotOf(now - back, copy)] = back;
      }
      this.#lengths[copy] = 0;
      this.#episodes++;
    }
  }

  /**
   * Fill `into` with transitions drawn uniformly from whole episodes, goals of hindsight among them.
   * @throws {Error} before there is a whole episode
   */
  sample(random: RandomStream, into: Transitions): void {
    if (this.#episodes === 0) throw new Error("there is no whole episode to replay yet");
    const chosen = Int32Array.from({ length: into.columns }, () => this.#draw(random));
    this.#buffer.gather(chosen, into);
    const share = this.#hindsight / (this.#hindsight + 1);
    for (let column = 0; column < into.columns; column++) {
      if (random.uniform() >= share) continue;
      const later = random.integer(this.#following[chosen[column]] + 1);
      this.#relabel(into, column, this.#later(chosen[column], later));
    }
  }

  /** What is kept, copied. */
  save(): TrainingState {
    const own = {
      tensors: savedVectors({
        "replay/following": this.#following.subarray(0, this.#buffer.size),
        "replay/lengths": this.#lengths,
      }),
      counts: { "replay/episodes": this.#episodes },
    };
    return joinedStates(own, this.#buffer.save());
  }

  /**
   * Go on from what another one of the same size kept.
   * @throws {RangeError} when it was not one of the same size
   */
  restore(state: TrainingState): void {
    this.#buffer.restore(state);
    const { size, copies } = this.#buffer;
    const { tensors, counts } = state;
    this.#following.set(requireTensor(tensors, "replay/following", Int32Array, size));
    this.#lengths.set(requireTensor(tensors, "replay/lengths", Int32Array, copies));
    this.#episodes = requireCount(counts, "replay/episodes");
  }

  /** A slot of a whole episode. */
  #draw(random: RandomStream): number {
    for (;;) {
      const slot = random.integer(this.#buffer.size);
      if (this.#following[slot] >= 0) return slot;
    }
  }

  /** The slot of the transition `steps` steps after that of `slot`; it is kept as long as the latter is. */
  #later(slot: number, steps: number): number {
    const { copies, slots } = this.#buffer;
    return (slot + steps * copies) % slots;
  }

  /** Let what was achieved by the end of the transition in `slot` have been the goal. */
  #relabel(into: Transitions, column: number, slot: number): void {
    const { achieved, desired, reward } = this.goals;
    const at = (row: number) => row * into.columns + column;
    const goal = achieved.map((row) => this.#buffer.nextObservationAt(row, slot));
    desired.forEach((row, i) => {
      into.observations[at(row)] = goal[i];
      into.nextObservations[at(row)] = goal[i];
    });
    const reached = achieved.map((row) => into.nextObservations[at(row)]);
    into.rewards[column] = reward(reached, goal);
  }
}
