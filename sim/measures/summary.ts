/** Means and deviations of measures over trials. */
import { mean } from "./arithmetic.ts";

/** One measure over trials. */
export interface Summary {
  /** NaN when no trial defines the measure. */
  readonly mean: number;
  /** Sample standard deviation over the counted trials; NaN for fewer than two. */
  readonly deviation: number;
  /** How many trials define the measure. */
  readonly count: number;
  /** How many trials there were. */
  readonly trials: number;
}

/**
 * Mean and deviation of each measure over trials. Trials whose value is NaN are left out of that
 * measure; `count` of `trials` says how many remain.
 * @param trials what `reachMeasures` or `holdMeasures` gave, or other numbers under the same names
 * @throws {RangeError} when there is no trial
 */
export function summarise<Name extends string>(
  trials: readonly Readonly<Record<Name, number>>[],
): Record<Name, Summary> {
  if (trials.length === 0) throw new RangeError("no trials; a summary needs at least one");
  const names = Object.keys(trials[0]) as Name[];
  const summaries = names.map((name) => [name, summary(trials.map((trial) => trial[name]))]);
  return Object.fromEntries(summaries);
}

function summary(trials: readonly number[]): Summary {
  const values = trials.filter((value) => !Number.isNaN(value));
  const centre = mean(values);
  const squared = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return {
    mean: centre,
    deviation: values.length > 1 ? Math.sqrt(squared / (values.length - 1)) : NaN,
    count: values.length,
    trials: trials.length,
  };
}
