/**
 * The inter-quartile mean, which neither one lucky run nor one that failed can move far, and its bootstrap
 * interval: Agarwal et al. 2021, "Deep Reinforcement Learning at the Edge of the Statistical Precipice"
 * (arXiv 2108.13264), as their library `rliable` computes them.
 */
import { mean } from "./descriptive.ts";
import { type Interval, percentileInterval } from "./intervals.ts";

/**
 * The mean of what is left when a quarter of the values, rounded down, is cut off at either end; NaN of
 * nothing. Of fewer than four values it is the mean.
 */
export function interquartileMean(values: readonly number[]): number {
  const cut = Math.floor(values.length / 4);
  const sorted = [...values].sort((a, b) => a - b);
  return mean(sorted.slice(cut, sorted.length - cut));
}

/**
 * The percentile bootstrap's confidence interval of the inter-quartile mean. It is too narrow for a handful
 * of values (see `bootstrapInterval`), but it is the one that published scores come with.
 *
 * @param confidence that of the interval, between 0 and 1
 * @returns `undefined` for fewer than two values, which tell nothing about their spread
 * @throws {RangeError} when there is no such confidence
 */
export function interquartileInterval(
  values: readonly number[],
  confidence = 0.95,
): Interval | undefined {
  return percentileInterval(values, interquartileMean, confidence);
}
