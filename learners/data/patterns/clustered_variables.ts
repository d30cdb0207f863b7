/**
 * Variables in clusters: strongly dependent within a cluster, and weakly across clusters through a common
 * cause. What sample reweighting has to take apart, and to leave together (Chen et al. 2024, "Learning to
 * Reweight for Generalizable Graph Neural Network").
 */
import { randomStream } from "../../../sim/random.ts";
import type { Table } from "../dataset.ts";
import { type DrawOptions, requireCounts } from "../options.ts";

/** Samples of variables, and the cluster of each variable. */
export interface ClusteredVariables extends Table {
  /** [columns], ascending from 0 */
  readonly clusters: Int32Array;
}

/** Which samples are wanted. */
export interface ClusteredVariableOptions extends DrawOptions {
  /** 2 unless given. */
  readonly clusterCount?: number;
  /** Variables of each cluster; 4 unless given. */
  readonly perCluster?: number;
}

/** A cluster's centre: 0.7 times the common cause and 0.71 times its own. */
const commonShare = 0.7;
const ownShare = 0.71;
/** A variable: 0.9 times its cluster's centre and 0.45 times noise of its own. */
const loading = 0.9;
const noise = 0.45;

/** The variance of a centre, 0.994. */
const centreVariance = commonShare ** 2 + ownShare ** 2;

/** What the samples' moments tend to. */
export const clusteredMoments = {
  /** Of each variable: 1.008. */
  variance: loading ** 2 * centreVariance + noise ** 2,
  /** Of two variables of one cluster: 0.805. */
  covarianceWithin: loading ** 2 * centreVariance,
  /** Of two variables of different clusters: 0.397. */
  covarianceAcross: loading ** 2 * commonShare ** 2,
} as const;

/**
 * The samples that `options` describe: all causes and noises are independent standard normals. Sample i
 * depends on seed, split and i alone.
 *
 * @throws {RangeError} when an option has no meaning
 */
export function clusteredVariables(options: ClusteredVariableOptions): ClusteredVariables {
  const { count, seed, split = "train", clusterCount = 2, perCluster = 4 } = options;
  requireCounts({ count, clusterCount, perCluster });
  const columns = clusterCount * perCluster;
  const clusters = Int32Array.from({ length: columns }, (_, i) => Math.floor(i / perCluster));
  const stream = randomStream(seed, `patterns/clustered variables/${split}`);
  const values = new Float64Array(count * columns);
  for (let sample = 0; sample < count; sample++) {
    const common = stream.normal();
    const centres = Float64Array.from(
      { length: clusterCount },
      () => commonShare * common + ownShare * stream.normal(),
    );
    clusters.forEach((cluster, column) => {
      values[sample * columns + column] = loading * centres[cluster] + noise * stream.normal();
    });
  }
  return {
    name: `patterns, clustered variables, ${split}`,
    rows: count,
    columnNames: Array.from(clusters, (cluster, i) => `${cluster}.${i % perCluster}`),
    values,
    clusters,
  };
}
