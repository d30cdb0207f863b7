/**
 * Observations as an off-policy learner's networks are given them: by their running moments, or as they are.
 * What is remembered are the observations themselves, since their moments go on changing.
 */
import type { Transitions } from "./replay_buffer.ts";
import { noMoments, normalise, observeBatch } from "./running_moments.ts";
import {
  requireCount,
  restoreVectors,
  savedVectors,
  type TrainingState,
} from "./training_state.ts";

/** Normalised observations are kept within ±10, as PPO's. */
const bound = 10;

/** Part of the policy: it acts on what this makes of observations. */
export class ObservationScaling {
  readonly #moments;

  /** @param isOn whether observations are normalised; as they are otherwise */
  constructor(rows: number, readonly isOn: boolean) {
    this.#moments = noMoments(rows);
  }

  /** Take in what has been observed, [row][column]. */
  observe(observations: Float64Array): void {
    if (this.isOn) observeBatch(this.#moments, observations);
  }

  /** Observations [row][column] for the networks, of which the others stay as they are. */
  scaled(observations: Float64Array): Float64Array {
    if (!this.isOn) return observations;
    const into = new Float64Array(observations.length);
    normalise(this.#moments, observations, bound, into);
    return into;
  }

  /** The observations of `batch` for the networks, in place. */
  scale({ observations, nextObservations }: Transitions): void {
    if (!this.isOn) return;
    for (const each of [observations, nextObservations]) {
      normalise(this.#moments, each, bound, each);
    }
  }

  /** The moments, copied; nothing where observations are as they are. */
  save(): TrainingState {
    if (!this.isOn) return { tensors: {}, counts: {} };
    return {
      tensors: savedVectors(this.#vectors()),
      counts: { "observations": this.#moments.count },
    };
  }

  /** @throws {RangeError} when the state has no moments of as many rows */
  restore(state: TrainingState): void {
    if (!this.isOn) return;
    restoreVectors(state, this.#vectors());
    this.#moments.count = requireCount(state.counts, "observations");
  }

  #vectors(): Record<string, Float64Array> {
    const { mean, variance } = this.#moments;
    return { "observations/mean": mean, "observations/variance": variance };
  }
}
