/** What off-policy learners have in common: N copies that act without pause, and when to learn from it. */
import type { EnvironmentStep, VectorEnvironment } from "../../sim/environments/environment.ts";
import type { RandomStream } from "../../sim/random.ts";
import type { TransitionRows } from "./replay_buffer.ts";
import { drawSeed } from "./seeds.ts";
import {
  environmentState,
  joinedStates,
  requireTensor,
  savedEnvironment,
  savedVectors,
  type TrainingState,
} from "./training_state.ts";

/** `count` standard normal numbers. */
export function normalNoise(random: RandomStream, count: number): Float64Array {
  return Float64Array.from({ length: count }, () => random.normal());
}

/** How many rows the transitions of an environment have. */
export function rowsOf({ specification }: VectorEnvironment): TransitionRows {
  return { observation: specification.observation.length, action: specification.action.length };
}

/** Fill `actions` [row][copy] uniformly from the action space; only the copies that are asked for. */
export function actAtRandom(
  { actionSpace: { low, high }, copies }: VectorEnvironment,
  random: RandomStream,
  actions: Float64Array,
  asked: (copy: number) => boolean = () => true,
): void {
  for (let copy = 0; copy < copies; copy++) {
    if (!asked(copy)) continue;
    for (let row = 0; row < low.length; row++) {
      actions[row * copies + copy] = random.uniform(low[row], high[row]);
    }
  }
}

/** Add normal noise of a share of the space's half width, in place, and stay within the space. */
export function addActionNoise(
  { low, high }: VectorEnvironment["actionSpace"],
  actions: Float64Array,
  noise: (half: number) => number,
): void {
  const columns = actions.length / low.length;
  for (let at = 0; at < actions.length; at++) {
    const row = Math.floor(at / columns);
    const noisy = actions[at] + noise((high[row] - low[row]) / 2);
    actions[at] = Math.min(Math.max(noisy, low[row]), high[row]);
  }
}

/** When an off-policy learner learns. */
export interface UpdateSchedule {
  /** Steps of all copies before the first update. */
  readonly learningStarts: number;
  /** Updates for each step of a copy from then on. */
  readonly updatesPerStep: number;
}

/** Updates that are to have been made after so many steps of all copies. */
export function updatesBy(
  steps: number,
  { learningStarts, updatesPerStep }: UpdateSchedule,
): number {
  return Math.max(0, Math.floor((steps - learningStarts) * updatesPerStep));
}

/** Copies of a task that go on from one episode to the next. */
export class Interaction {
  /** What the next actions are to be chosen from, [row][copy]. */
  readonly observation: Float64Array;
  /** Undiscounted rewards of the episodes at hand, [copy]. */
  readonly #returns: Float64Array;

  constructor(readonly environment: VectorEnvironment, seed: number) {
    this.observation = environment.reset(drawSeed(seed, "episodes")).slice();
    this.#returns = new Float64Array(environment.copies);
  }

  /**
   * One step of all copies.
   * @param keep is given what it has come to while `observation` is still what it started from
   * @returns the mean return of the episodes that are over with it; NaN if none is
   */
  step(actions: Float64Array, keep: (step: EnvironmentStep) => void): number {
    const step = this.environment.step(actions);
    keep(step);
    this.observation.set(step.observation);
    let [sum, over] = [0, 0];
    for (let copy = 0; copy < this.environment.copies; copy++) {
      this.#returns[copy] += step.reward[copy];
      if (!(step.terminated[copy] | step.truncated[copy])) continue;
      sum += this.#returns[copy];
      over++;
      this.#returns[copy] = 0;
    }
    return sum / over;
  }

  /** Where the copies stand, copied. */
  save(): TrainingState {
    const returns = { tensors: savedVectors({ episodeReturns: this.#returns }), counts: {} };
    return joinedStates(returns, savedEnvironment(this.environment.save()));
  }

  /** @throws {RangeError} when the state is not of as many copies */
  restore(state: TrainingState): void {
    const { copies } = this.environment;
    this.#returns.set(requireTensor(state.tensors, "episodeReturns", Float64Array, copies));
    this.observation.set(this.environment.restore(environmentState(state, copies)));
  }
}
