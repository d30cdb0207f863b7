/**
 * Running mean and variance of rows, batch by batch (Chan, Golub & LeVeque 1979), as OpenAI's baselines
 * normalise observations and returns with.
 */

/** What is known of the rows so far; part of a policy, since it acts on normalised observations. */
export interface Moments {
  /** [row] */
  readonly mean: Float64Array;
  /** [row], of the population */
  readonly variance: Float64Array;
  /** Numbers seen, the prior's among them. */
  count: number;
}

/** Weight of the prior, mean 0 and variance 1, in numbers seen. */
const priorCount = 1e-4;

/** Keeps the divisor of a constant away from 0. */
const smallestVariance = 1e-8;

/** Nothing seen yet. */
export function noMoments(rows: number): Moments {
  return {
    mean: new Float64Array(rows),
    variance: new Float64Array(rows).fill(1),
    count: priorCount,
  };
}

/** Take in a batch, [row][column]. */
export function observeBatch(moments: Moments, batch: Float64Array): void {
  const rows = moments.mean.length;
  const columns = batch.length / rows;
  const total = moments.count + columns;
  for (let row = 0; row < rows; row++) {
    const values = batch.subarray(row * columns, (row + 1) * columns);
    const mean = values.reduce((sum, value) => sum + value, 0) / columns;
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    const apart = mean - moments.mean[row];
    const known = moments.variance[row] * moments.count;
    moments.mean[row] += apart * columns / total;
    moments.variance[row] = (known + squares + apart ** 2 * moments.count * columns / total) /
      total;
  }
  moments.count = total;
}

/**
 * (x − mean)/deviation, within ±bound.
 * @param into written; may be `batch` itself; [row][column] both
 */
export function normalise(
  { mean, variance }: Moments,
  batch: Float64Array,
  bound: number,
  into: Float64Array,
): void {
  const columns = batch.length / mean.length;
  for (let row = 0; row < mean.length; row++) {
    const scale = 1 / Math.sqrt(variance[row] + smallestVariance);
    for (let at = row * columns; at < (row + 1) * columns; at++) {
      into[at] = Math.min(Math.max((batch[at] - mean[row]) * scale, -bound), bound);
    }
  }
}

/**
 * Rewards divided by the running deviation of the discounted return, not centred, so that a value function
 * has numbers of order 1 to learn whatever the task's unit is.
 */
export class RewardScale {
  readonly moments = noMoments(1);
  /** Discounted sum of the rewards of the episode at hand, [copy]. */
  readonly returns: Float64Array;

  constructor(copies: number, readonly discount: number) {
    this.returns = new Float64Array(copies);
  }

  /**
   * Scale the rewards of a step, within ±bound.
   * @param ended [copy], 1 where the episode is over after the step, in either way
   * @param into [copy], written
   */
  scale(rewards: Float64Array, ended: Uint8Array, bound: number, into: Float64Array): void {
    const { returns, discount, moments } = this;
    for (let copy = 0; copy < returns.length; copy++) {
      returns[copy] = discount * returns[copy] + rewards[copy];
    }
    observeBatch(moments, returns);
    const divisor = Math.sqrt(moments.variance[0] + smallestVariance);
    for (let copy = 0; copy < returns.length; copy++) {
      into[copy] = Math.min(Math.max(rewards[copy] / divisor, -bound), bound);
      if (ended[copy] === 1) returns[copy] = 0;
    }
  }
}
