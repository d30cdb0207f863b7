/**
 * Regression with outliers of opposing signals: a rare, large feature whose sign says nothing, while each of
 * its two signs by itself promises a slope (after Rosenfeld & Risteski 2024, "Outliers with Opposing Signals
 * Have an Outsized Effect on Neural Network Optimization").
 */
import { type RandomStream, randomStream } from "../../../sim/random.ts";
import type { RegressionSet } from "../dataset.ts";
import { type DrawOptions, requireCounts, requirePositive, requireShares } from "../options.ts";

/** Pairs of x = (x_b, x_o) and y = β·x_b + κ|x_o|. */
export interface OutlierRegressionSet extends RegressionSet {
  /** [features]: β */
  readonly beta: Float64Array;
  /** [count]: the sign of x_o, +1 and −1 in the two opposing groups, 0 elsewhere. */
  readonly groups: Int8Array;
}

/** Which pairs are wanted. */
export interface OutlierRegressionOptions extends DrawOptions {
  /** d, the length of x_b; 10 unless given. */
  readonly features?: number;
  /** p, the share of samples with an outlier, above 0 … 1; 0.1 unless given. */
  readonly outlierShare?: number;
  /** α, the variance of x_o; 10 unless given. */
  readonly outlierVariance?: number;
  /** |β|; 2 unless given. */
  readonly signal?: number;
  /** κ; 0.3 unless given. */
  readonly slope?: number;
}

/**
 * The pairs that `options` describe: x_b standard normal; x_o = 0 with probability 1 − p, else ±√(α/p) with
 * equal odds. β has a random direction, which depends on the seed alone; pair i on seed, split and i.
 *
 * @throws {RangeError} when an option has no meaning
 */
export function outlierRegression(options: OutlierRegressionOptions): OutlierRegressionSet {
  const { count, seed, split = "train", features = 10 } = options;
  const { outlierShare = 0.1, outlierVariance = 10, signal = 2, slope = 0.3 } = options;
  requireCounts({ count, features });
  requireShares({ outlierShare });
  requirePositive({ outlierShare, outlierVariance, signal });
  if (!Number.isFinite(slope)) throw new RangeError(`slope ${slope} is not a number`);

  const beta = randomDirection(features, signal, randomStream(seed, "patterns/outliers/beta"));
  const outlier = Math.sqrt(outlierVariance / outlierShare);
  const stream = randomStream(seed, `patterns/outliers/${split}`);
  const width = features + 1;
  const inputs = new Float32Array(count * width);
  const targets = new Float32Array(count);
  const groups = new Int8Array(count);
  for (let i = 0; i < count; i++) {
    const sample = inputs.subarray(i * width, (i + 1) * width);
    const place = stream.uniform();
    groups[i] = place >= outlierShare ? 0 : place < outlierShare / 2 ? 1 : -1;
    targets[i] = slope * outlier * Math.abs(groups[i]);
    beta.forEach((weight, k) => {
      sample[k] = stream.normal();
      targets[i] += weight * sample[k];
    });
    sample[features] = groups[i] * outlier;
  }
  return {
    name: `patterns, regression with opposing outliers, ${split}`,
    count,
    inputNames: [...Array.from({ length: features }, (_, k) => `x_b ${k}`), "x_o"],
    inputs,
    targetNames: ["y"],
    targets,
    beta,
    groups,
  };
}

/** A vector of the given length, uniform over directions. */
function randomDirection(size: number, length: number, stream: RandomStream): Float64Array {
  const normals = Float64Array.from({ length: size }, () => stream.normal());
  const norm = Math.sqrt(normals.reduce((sum, value) => sum + value ** 2, 0));
  return normals.map((value) => length * value / norm);
}
