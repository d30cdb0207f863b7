/**
 * Confidence intervals of a mean.
 *
 * Student's assumes that the values are normally distributed. The bootstrap assumes nothing of the kind,
 * but knows no values other than those seen: it never leaves their range, so that of three seeds it is
 * their range, and holds the mean in about three cases of four, not in 95 of 100. From six or seven on it
 * is about what it says.
 */
import { randomStream } from "../../sim/random.ts";
import { mean, standardDeviation } from "./descriptive.ts";
import { normalBelow, requireConfidence, studentBound } from "./distributions.ts";

/** From where to where. */
export type Interval = readonly [low: number, high: number];

/**
 * Student's confidence interval of the mean of normally distributed values: mean ± t·s/√n.
 *
 * @param confidence the chance that such an interval holds the mean, between 0 and 1
 * @returns `undefined` for fewer than two values, which tell nothing about their spread
 * @throws {RangeError} when there is no such confidence
 */
export function meanInterval(values: readonly number[], confidence = 0.95): Interval | undefined {
  requireConfidence(confidence);
  if (values.length < 2) return undefined;
  const centre = mean(values);
  const error = standardDeviation(values) / Math.sqrt(values.length);
  const half = studentBound(confidence, values.length - 1) * error;
  return [centre - half, centre + half];
}

/** So many that where an interval ends depends on the resampling by about a hundredth of its width. */
const resamples = 10_000;

/**
 * The bootstrap's confidence interval of the mean: the expanded percentile interval (Hesterberg 2015,
 * "What Teachers Should Know About the Bootstrap", The American Statistician 69:371, section 4.3).
 *
 * A percentile interval of few values is too narrow, since their own spread is that of a population with
 * n in the denominator, and its ends are those of a normal distribution. The expanded one goes as far into
 * the tails as makes up for both. Bias correction and acceleration (BCa) would rest on the skewness of
 * the values, of which a handful of seeds tells next to nothing.
 *
 * The same values in the same order have the same interval: resamples are drawn from a random stream of
 * their own.
 *
 * @param confidence that of the interval, between 0 and 1
 * @returns `undefined` for fewer than two values, which tell nothing about their spread
 * @throws {RangeError} when there is no such confidence
 */
export function bootstrapInterval(
  values: readonly number[],
  confidence = 0.95,
): Interval | undefined {
  requireConfidence(confidence);
  if (values.length < 2) return undefined;
  const means = resampled(values, mean).sort();
  const tail = expandedTail(confidence, values.length);
  return [quantile(means, tail), quantile(means, 1 - tail)];
}

/**
 * The percentile bootstrap's confidence interval of any statistic (Efron 1979): the quantiles of what it is
 * in resamples.
 *
 * @param confidence that of the interval, between 0 and 1
 * @returns `undefined` for fewer than two values, which tell nothing about their spread
 * @throws {RangeError} when there is no such confidence
 */
export function percentileInterval(
  values: readonly number[],
  statistic: (values: readonly number[]) => number,
  confidence = 0.95,
): Interval | undefined {
  requireConfidence(confidence);
  if (values.length < 2) return undefined;
  const statistics = resampled(values, statistic).sort();
  const tail = (1 - confidence) / 2;
  return [quantile(statistics, tail), quantile(statistics, 1 - tail)];
}

/** What a statistic is of as many values, drawn from the values again and again. */
function resampled(
  values: readonly number[],
  statistic: (values: readonly number[]) => number,
): Float64Array {
  const count = values.length;
  const stream = randomStream(0, `statistics/bootstrap/${count}`);
  // A random integer has several draws for digits, to the base of their number.
  const digits = Math.max(1, Math.floor(30 / Math.log2(count)));
  const integers = count ** digits;
  const statistics = new Float64Array(resamples);
  const sample = values.slice();
  let [draws, left] = [0, 0];
  for (let resample = 0; resample < resamples; resample++) {
    for (let draw = 0; draw < count; draw++) {
      if (left === 0) [draws, left] = [stream.integer(integers), digits];
      sample[draw] = values[draws % count];
      draws = Math.floor(draws / count);
      left--;
    }
    statistics[resample] = statistic(sample);
  }
  return statistics;
}

/** What share of the resamples an interval leaves out at each end. */
function expandedTail(confidence: number, count: number): number {
  const bound = studentBound(confidence, count - 1);
  return normalBelow(-Math.sqrt(count / (count - 1)) * bound);
}

/** The quantile of values in ascending order, interpolated between neighbours (Hyndman & Fan 1996, 7). */
function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.ceil(place);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}
