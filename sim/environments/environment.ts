/**
 * The contract of environments for reinforcement learning: N copies of a task that run side by side, with
 * the semantics of Gymnasium's vector environments (an episode that ends is followed by the next one in the
 * same step).
 *
 * Arrays are laid out [row][copy]: the values of one variable for all copies stand side by side.
 */

/** A box of real numbers, one interval a row. */
export interface Space {
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** What a task is: the table at the head of its file, as data. */
export interface TaskSpecification {
  readonly name: string;
  /** Scores of different versions are not to be compared. */
  readonly version: number;
  readonly summary: string;
  /** A name and a unit for each row of the action. */
  readonly action: readonly string[];
  /** A name and a unit for each row of the observation. */
  readonly observation: readonly string[];
  /** The reward's formula. */
  readonly reward: string;
  /** How episodes start. */
  readonly start: string;
  /** When a copy has succeeded; none where the task has no such rule. */
  readonly success?: string;
  /** Seconds of a step of the physics, and of the control. */
  readonly physicsStep: number;
  readonly controlStep: number;
  /** Control steps of an episode, after which it is truncated. */
  readonly horizon: number;
  /** Where the task, or its twin, was published. */
  readonly source: string;
}

/**
 * The rows of a goal-conditioned observation: what has been achieved, and what was to be. Rewards of other
 * goals can be worked out afterwards (Andrychowicz et al. 2017, hindsight experience replay).
 */
export interface GoalRows {
  readonly achieved: readonly number[];
  readonly desired: readonly number[];
  /** The reward where `achieved` was reached and `desired` was the goal; values in the rows' order. */
  reward(achieved: ArrayLike<number>, desired: ArrayLike<number>): number;
}

/** What a step has come to; views that the next step overwrites. */
export interface EnvironmentStep {
  /** What the next action is to be chosen from: of the next episode where one has ended. */
  readonly observation: Float64Array;
  /**
   * What the step itself ended in: differs from `observation` only where an episode has ended (and may be
   * the same view where none has). This is the observation to bootstrap a value from at a truncation.
   */
  readonly finalObservation: Float64Array;
  /** [copy] */
  readonly reward: Float64Array;
  /** [copy], 0 or 1: the episode came to an end of the task's own. */
  readonly terminated: Uint8Array;
  /** [copy], 0 or 1: the episode was cut off by its time limit. */
  readonly truncated: Uint8Array;
  /** [copy], 0 or 1: the task's success rule holds after this step. */
  readonly success: Uint8Array;
}

/** Where all copies stand between two steps: enough to go on from there. */
export interface EnvironmentState {
  readonly seed: number;
  /** The number of the first copy among all those of a run. */
  readonly first: number;
  /** The state of the task, [row][copy]. */
  readonly state: Float64Array;
  /** [copy]: steps taken in the present episode. */
  readonly steps: Int32Array;
  /** [copy]: episodes begun. */
  readonly episodes: Int32Array;
}

/** N copies of a task. */
export interface VectorEnvironment {
  readonly specification: TaskSpecification;
  readonly copies: number;
  readonly observationSpace: Space;
  readonly actionSpace: Space;
  /** Only where the task is one of reaching goals. */
  readonly goals?: GoalRows;
  /**
   * Start every copy anew. Copy i takes what it draws, episode by episode, from the stream
   * `episodes/<first + i>` under the seed, so that its episodes do not depend on how many others there
   * are.
   *
   * @param first the number of the first copy among all those of a run, which may be spread over processes
   * @returns the observation, a view that the next step overwrites
   */
  reset(seed: number, first?: number): Float64Array;
  /**
   * One control step of all copies.
   * @param actions [row][copy]; what is beyond the action space is clipped by the actuators
   * @throws {Error} before the first reset
   */
  step(actions: Float64Array): EnvironmentStep;
  /**
   * Where all copies stand, copied.
   * @throws {Error} before the first reset
   */
  save(): EnvironmentState;
  /**
   * Go on from where another environment of the same task and as many copies stood: what follows has the
   * same bits. (The draws of the episodes begun are repeated.)
   * @returns the observation, a view that the next step overwrites
   * @throws {RangeError} when the state belongs to another number of copies or rows
   */
  restore(saved: EnvironmentState): Float64Array;
}

/** Keeps actions [row][copy] within the action space, in place. */
export function clipActions(
  { actionSpace: { low, high }, copies }: Pick<VectorEnvironment, "actionSpace" | "copies">,
  actions: Float64Array,
): void {
  for (let at = 0; at < actions.length; at++) {
    const row = Math.floor(at / copies);
    actions[at] = Math.min(Math.max(actions[at], low[row]), high[row]);
  }
}
