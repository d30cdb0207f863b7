/**
 * `contact-graphs`: points of contact in zones, of which few are labelled and which a node's own features
 * hardly tell apart; the neighbours must help.
 *
 * Nodes lie uniformly at random in the unit square. Two nodes are joined if they are closer than `radius`.
 * Sites, one a class, lie there too, and a node's class is the nearest site. Of the edges between classes
 * the share `cutShare` is removed. A node's features are `signal` times its class's mean vector, whose
 * entries are standard normal, plus standard normal noise.
 *
 * With the default numbers: mean degree about 8, homophily about 0.94 (the zones of Liu, Gao & Ji 2020's
 * setting: 5 labels a class, 150 nodes to validate, the rest to test). Splits: equally many training nodes
 * of each class, drawn at random, then validation and test nodes regardless of class. Sites are drawn anew
 * while some class has too few nodes to train on and leave one over.
 */
import { type RandomStream, randomStream, shuffled } from "../../sim/random.ts";
import type { SplitGraph } from "./dataset.ts";
import { planetoidSplit, undirectedEdges } from "./graph.ts";

/** Raised whenever equal options give another graph than before. */
export const contactGraphsVersion = 1;

/** Which graph is wanted. */
export interface ContactGraphOptions {
  /** An integer of at least 0. */
  readonly seed: number;
  /** 400 unless given. */
  readonly nodes?: number;
  /** Distance below which nodes touch, in sides of the square; 0.085 unless given. */
  readonly radius?: number;
  /** Sites, and so classes; 6 unless given. */
  readonly classes?: number;
  /** Share of the edges between classes that is removed, 0 … 1; 0.5 unless given. */
  readonly cutShare?: number;
  /** 16 unless given. */
  readonly featureCount?: number;
  /** Size of the class's part of the features relative to the noise; 0.25 unless given. */
  readonly signal?: number;
  /** Training nodes of each class; 5 unless given. */
  readonly labelsPerClass?: number;
  /** Validation nodes; 150 unless given. */
  readonly validation?: number;
}

const siteAttempts = 1000;

/**
 * The graph that `options` describe.
 * @throws {RangeError} when an option has no meaning, or the classes or splits need more nodes
 */
export function contactGraph(options: ContactGraphOptions): SplitGraph {
  const { seed, nodes = 400, radius = 0.085, classes = 6, cutShare = 0.5 } = options;
  const { featureCount = 16, signal = 0.25, labelsPerClass = 5, validation = 150 } = options;
  checkOptions({ nodes, classes, featureCount, labelsPerClass }, { radius, signal, cutShare });
  const stream = (name: string) => randomStream(seed, `contact-graphs/${name}`);

  const positions = uniformPoints(nodes, stream("positions"));
  const labels = zoneLabels(positions, classes, labelsPerClass + 1, stream("sites"));
  const contacts = closePairs(positions, radius);
  const kept = cutBetweenZones(contacts, labels, cutShare, stream("cuts"));
  return {
    name: "contact-graphs",
    nodes,
    featureCount,
    features: zoneFeatures(labels, classes, featureCount, signal, stream("features")),
    labels,
    classNames: Array.from({ length: classes }, (_, zone) => `zone ${zone}`),
    edges: undirectedEdges(nodes, kept),
    positions,
    splits: planetoidSplit(labels, classes, { labelsPerClass, validation }, stream("splits")),
  };
}

function checkOptions(counts: Record<string, number>, sizes: Record<string, number>): void {
  for (const [name, value] of Object.entries(counts)) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new RangeError(`${name} ${value} is not an integer of at least 1`);
    }
  }
  for (const [name, value] of Object.entries(sizes)) {
    const most = name === "cutShare" ? 1 : Number.MAX_VALUE;
    if (!(value >= 0 && value <= most)) {
      throw new RangeError(`${name} ${value} is not a number from 0 to ${most}`);
    }
  }
}

/** [points, 2] */
function uniformPoints(points: number, stream: RandomStream): Float32Array {
  return Float32Array.from({ length: 2 * points }, () => stream.uniform());
}

/** The nearest of random sites to each node, for sites that all have at least `least` nodes. */
function zoneLabels(
  positions: Float32Array,
  classes: number,
  least: number,
  stream: RandomStream,
): Int32Array {
  for (let attempt = 0; attempt < siteAttempts; attempt++) {
    const sites = uniformPoints(classes, stream);
    const labels = nearestSites(positions, sites);
    const sizes = new Int32Array(classes);
    labels.forEach((label) => sizes[label]++);
    if (sizes.every((size) => size >= least)) return labels;
  }
  throw new RangeError(
    `${
      positions.length / 2
    } nodes are too few for ${classes} zones of at least ${least} nodes each`,
  );
}

function nearestSites(positions: Float32Array, sites: Float32Array): Int32Array {
  const labels = new Int32Array(positions.length / 2);
  for (let node = 0; node < labels.length; node++) {
    let nearest = Infinity;
    for (let site = 0; 2 * site < sites.length; site++) {
      const distance = squaredDistance(positions, node, sites, site);
      if (distance < nearest) {
        nearest = distance;
        labels[node] = site;
      }
    }
  }
  return labels;
}

function squaredDistance(a: Float32Array, i: number, b: Float32Array, j: number): number {
  return (a[2 * i] - b[2 * j]) ** 2 + (a[2 * i + 1] - b[2 * j + 1]) ** 2;
}

function closePairs(positions: Float32Array, radius: number): [number, number][] {
  const pairs: [number, number][] = [];
  for (let i = 0; 2 * i < positions.length; i++) {
    for (let j = i + 1; 2 * j < positions.length; j++) {
      if (squaredDistance(positions, i, positions, j) < radius ** 2) pairs.push([i, j]);
    }
  }
  return pairs;
}

/** All pairs but a random share of those whose nodes are of different classes. */
function cutBetweenZones(
  pairs: readonly [number, number][],
  labels: Int32Array,
  cutShare: number,
  stream: RandomStream,
): [number, number][] {
  const crossing = pairs.filter(([a, b]) => labels[a] !== labels[b]);
  const order = shuffled(crossing.length, stream);
  const cuts = Math.round(cutShare * crossing.length);
  const cut = new Set(Array.from(order.subarray(0, cuts), (i) => crossing[i]));
  return pairs.filter((pair) => !cut.has(pair));
}

/** [nodes, featureCount] */
function zoneFeatures(
  labels: Int32Array,
  classes: number,
  featureCount: number,
  signal: number,
  stream: RandomStream,
): Float32Array {
  const means = Float64Array.from({ length: classes * featureCount }, () => stream.normal());
  return Float32Array.from({ length: labels.length * featureCount }, (_, i) => {
    const label = labels[Math.floor(i / featureCount)];
    return signal * means[label * featureCount + i % featureCount] + stream.normal();
  });
}
