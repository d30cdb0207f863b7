/** The propagation operator of an undirected graph, and what its powers tend to. */
import { type Entry, type SparseMatrix, sparseMatrix } from "./sparse_matrix.ts";

/** An undirected graph: every edge once. */
export interface Edges {
  readonly nodes: number;
  /** [edges, 2], pairs of different nodes. */
  readonly edges: Int32Array;
}

/**
 * Symmetric normalisation with self-loops (Kipf & Welling 2017, section 2):
 * Â = D̃^-½ (A + I) D̃^-½ with D̃_ii = d_i + 1, so Â_ij = 1/√((d_i + 1)(d_j + 1)) for neighbours and i = j.
 *
 * @returns [nodes, nodes]; symmetric, its eigenvalues are in (−1, 1]
 */
export function symmetricNormalisation(graph: Edges): SparseMatrix {
  const degrees = degreesWithSelfLoop(graph);
  const weight = (i: number, j: number) => 1 / Math.sqrt(degrees[i] * degrees[j]);
  const entries: Entry[] = Array.from({ length: graph.nodes }, (_, i) => [i, i, weight(i, i)]);
  for (const [i, j] of pairs(graph)) {
    entries.push([i, j, weight(i, j)], [j, i, weight(i, j)]);
  }
  return sparseMatrix(graph.nodes, graph.nodes, entries);
}

/**
 * Π = lim Â^k: what is left of a signal after very many hops, which is nothing but degrees.
 * Π_ij = √((d_i + 1)(d_j + 1)) / Σ_m (d_m + 1) over the nodes m of the component of i and j, and 0
 * between components.
 *
 * @returns [nodes, nodes], row after row
 */
export function stationaryProjection(graph: Edges): Float64Array {
  const { nodes } = graph;
  const degrees = degreesWithSelfLoop(graph);
  const component = components(graph);
  const total = new Float64Array(nodes);
  component.forEach((c, i) => total[c] += degrees[i]);
  return Float64Array.from({ length: nodes * nodes }, (_, position) => {
    const [i, j] = [Math.floor(position / nodes), position % nodes];
    if (component[i] !== component[j]) return 0;
    return Math.sqrt(degrees[i] * degrees[j]) / total[component[i]];
  });
}

/** d_i + 1 of every node. */
function degreesWithSelfLoop(graph: Edges): Float64Array {
  const degrees = new Float64Array(graph.nodes).fill(1);
  for (const [i, j] of pairs(graph)) {
    degrees[i]++;
    degrees[j]++;
  }
  return degrees;
}

/** For every node the smallest node that can be reached from it. */
function components(graph: Edges): Int32Array {
  const smallest = Int32Array.from({ length: graph.nodes }, (_, i) => i);
  for (let changed = true; changed;) {
    changed = false;
    for (const [i, j] of pairs(graph)) {
      if (smallest[i] === smallest[j]) continue;
      smallest[i] = smallest[j] = Math.min(smallest[i], smallest[j]);
      changed = true;
    }
  }
  return smallest;
}

/** The edges one by one. @throws {RangeError} when one is not between two different nodes */
function* pairs({ nodes, edges }: Edges): Generator<readonly [number, number]> {
  for (let e = 0; e < edges.length; e += 2) {
    const [i, j] = [edges[e], edges[e + 1]];
    if (!(i >= 0 && i < nodes && j >= 0 && j < nodes) || i === j) {
      throw new RangeError(`edge ${e / 2} joins ${i} and ${j}; expected two of ${nodes} nodes`);
    }
    yield [i, j];
  }
}
