/** What can be said about any graph: its edges in one order, degree, homophily, splits of its nodes. */
import { type RandomStream, shuffled } from "../../sim/random.ts";
import type { Graph, Splits } from "./dataset.ts";

/**
 * Pairs of nodes as a graph's edges: every undirected edge once, its smaller node first, in ascending
 * order, without loops.
 *
 * @param pairs pairs of nodes in any order and direction, repeated or not, each 0 … nodes − 1
 * @returns [edges, 2]
 */
export function undirectedEdges(
  nodes: number,
  pairs: Iterable<readonly [number, number]>,
): Int32Array {
  // A pair as one number: exact as long as nodes² is a safe integer, which holds for 94 million nodes.
  const codes = new Set<number>();
  for (const [a, b] of pairs) {
    if (a !== b) codes.add(Math.min(a, b) * nodes + Math.max(a, b));
  }
  const sorted = Float64Array.from(codes).sort();
  const edges = new Int32Array(2 * sorted.length);
  sorted.forEach((code, i) => {
    edges[2 * i] = Math.floor(code / nodes);
    edges[2 * i + 1] = code % nodes;
  });
  return edges;
}

/** How many edges end at a node, averaged over the nodes. */
export function meanDegree({ nodes, edges }: Graph): number {
  return edges.length / nodes;
}

/** The share of edges that join nodes of one class; NaN for a graph without edges. */
export function homophily({ edges, labels }: Graph): number {
  let same = 0;
  for (let i = 0; i < edges.length; i += 2) {
    if (labels[edges[i]] === labels[edges[i + 1]]) same++;
  }
  return same / (edges.length / 2);
}

/** The sizes of a random split. */
export interface SplitSizes {
  /** Nodes of each class to learn from. */
  readonly labelsPerClass: number;
  /** Nodes to choose by. */
  readonly validation: number;
  /** Nodes to be judged by; all that remain unless given. */
  readonly test?: number;
}

/**
 * A random split in the manner of Planetoid (Yang, Cohen & Salakhutdinov 2016): equally many training
 * nodes of every class, then validation and test nodes from the rest regardless of class.
 *
 * @param labels [nodes]
 * @throws {RangeError} when a class, or the graph, has too few nodes
 */
export function planetoidSplit(
  labels: Int32Array,
  classes: number,
  { labelsPerClass, validation, test }: SplitSizes,
  stream: RandomStream,
): Splits {
  const order = shuffled(labels.length, stream);
  const taken = new Array<number>(classes).fill(0);
  const train: number[] = [];
  const rest: number[] = [];
  for (const node of order) {
    if (taken[labels[node]] < labelsPerClass) {
      taken[labels[node]]++;
      train.push(node);
    } else {
      rest.push(node);
    }
  }
  const poor = taken.findIndex((count) => count < labelsPerClass);
  if (poor >= 0) {
    throw new RangeError(
      `class ${poor} has ${taken[poor]} nodes; ${labelsPerClass} are needed to learn from`,
    );
  }
  const testCount = test ?? rest.length - validation;
  if (testCount < 0 || validation + testCount > rest.length) {
    throw new RangeError(
      `${rest.length} nodes are left beside the training nodes; ` +
        `${validation} for validation and ${test ?? "some"} for the test were asked for`,
    );
  }
  const ascending = (nodes: number[]) => Int32Array.from(nodes).sort();
  return {
    train: ascending(train),
    validation: ascending(rest.slice(0, validation)),
    test: ascending(rest.slice(validation, validation + testCount)),
  };
}
