/** The recorded trials one after the other on one axis of time, s: their motion without what lies between. */
import type { RecordedTrialSummary } from "../../cluster/trial_recording.ts";

/** A moment of a recording. */
export interface RecordedPlace {
  readonly trial: RecordedTrialSummary;
  /** Since the trial's start, s. */
  readonly time: number;
}

/** Where each trial lies. */
export class TimelineAxis {
  readonly trials: readonly RecordedTrialSummary[];
  /** All motion, s. */
  readonly duration: number;
  /** [trial], s */
  readonly #starts: readonly number[];

  constructor(trials: readonly RecordedTrialSummary[]) {
    let end = 0;
    this.#starts = trials.map(({ duration }) => (end += duration) - duration);
    this.trials = trials;
    this.duration = end;
  }

  /** The place at a time of the axis; undefined when there are no trials. Beyond the ends: the ends. */
  placeAt(time: number): RecordedPlace | undefined {
    const { length } = this.trials;
    if (length === 0) return undefined;
    const index = Math.max(this.#starts.findLastIndex((start) => start <= time), 0);
    const within = Math.min(Math.max(time - this.#starts[index], 0), this.trials[index].duration);
    return { trial: this.trials[index], time: within };
  }

  /** A time within the trial of that number on the axis, s; of a trial that is gone, where the next begins. */
  positionOf(number: number, time: number): number {
    const index = this.trials.findIndex((trial) => trial.number >= number);
    if (index < 0) return this.duration;
    return this.#starts[index] + (this.trials[index].number === number ? time : 0);
  }

  /** The next trial, or the one before. */
  neighbour(number: number, direction: 1 | -1): RecordedTrialSummary | undefined {
    return direction > 0
      ? this.trials.find((trial) => trial.number > number)
      : this.trials.findLast((trial) => trial.number < number);
  }
}
