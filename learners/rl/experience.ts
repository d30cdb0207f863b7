/** What an off-policy learner has lived through: copies that act without pause, and all that they came to. */
import type { VectorEnvironment } from "../../sim/environments/environment.ts";
import type { RandomStream } from "../../sim/random.ts";
import { Interaction, rowsOf } from "./interaction.ts";
import { ObservationScaling } from "./observation_scaling.ts";
import { emptyTransitions, ReplayBuffer, type Transitions } from "./replay_buffer.ts";
import { joinedStates, type TrainingState } from "./training_state.ts";

/** How much is remembered, and how it is learnt from. */
export interface ExperienceSettings {
  /** Transitions that are remembered. */
  readonly capacity: number;
  /** Transitions of a batch. */
  readonly batchSize: number;
  /** Whether networks are given observations by their running moments. */
  readonly normaliseObservations: boolean;
}

/** Observations are given out as networks take them. */
export class Experience {
  readonly #interaction: Interaction;
  readonly #buffer: ReplayBuffer;
  readonly #batch: Transitions;
  readonly #scaling: ObservationScaling;

  /** @param seed of the episodes */
  constructor(
    readonly environment: VectorEnvironment,
    { capacity, batchSize, normaliseObservations }: ExperienceSettings,
    seed: number,
  ) {
    const rows = rowsOf(environment);
    this.#interaction = new Interaction(environment, seed);
    this.#buffer = new ReplayBuffer(rows, capacity, environment.copies);
    this.#batch = emptyTransitions(rows, batchSize);
    this.#scaling = new ObservationScaling(rows.observation, normaliseObservations);
  }

  /** Steps of each copy so far. */
  get stepsOfCopy(): number {
    return this.#buffer.steps;
  }

  /** Steps of the environment so far, of all copies together. */
  get steps(): number {
    return this.#buffer.steps * this.environment.copies;
  }

  /** What the next actions are to be chosen from, [row][copy]. */
  get observation(): Float64Array {
    return this.scaled(this.#interaction.observation);
  }

  /** Observations of the task, [row][column], as networks take them. */
  scaled(observations: Float64Array): Float64Array {
    return this.#scaling.scaled(observations);
  }

  /**
   * One step of all copies.
   * @returns the mean return of the episodes that are over with it; NaN if none is
   */
  step(actions: Float64Array): number {
    return this.#interaction.step(actions, (step) => {
      this.#buffer.add(this.#interaction.observation, actions, step);
      this.#scaling.observe(step.observation);
    });
  }

  /** A batch of what is remembered; overwritten by the next one. */
  sample(random: RandomStream): Transitions {
    this.#buffer.sample(random, this.#batch);
    this.#scaling.scale(this.#batch);
    return this.#batch;
  }

  /** Where it stands, copied. */
  save(): TrainingState {
    return joinedStates(this.#interaction.save(), this.#buffer.save(), this.#scaling.save());
  }

  /** @throws {RangeError} when the state is not one of such a training */
  restore(state: TrainingState): void {
    this.#buffer.restore(state);
    this.#scaling.restore(state);
    this.#interaction.restore(state);
  }
}
