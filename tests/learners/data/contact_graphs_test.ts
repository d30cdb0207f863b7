/** Contact graphs: their statistics over seeds, how edges and features come about, and refusals. */
import { deepStrictEqual, notDeepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { contactGraph, type ContactGraphOptions } from "../../../learners/data/contact_graphs.ts";
import type { SplitGraph } from "../../../learners/data/dataset.ts";
import { homophily, meanDegree } from "../../../learners/data/graph.ts";

const graphs = Array.from({ length: 20 }, (_, seed) => contactGraph({ seed }));

Deno.test("the same seed gives the same graph, another seed another", () => {
  deepStrictEqual(contactGraph({ seed: 3 }), graphs[3]);
  notDeepStrictEqual(graphs[4].edges, graphs[3].edges);
});

Deno.test("mean degree is about 8 and homophily about 0.94", () => {
  const degree = mean(graphs.map(meanDegree));
  ok(Math.abs(degree - 8) < 0.4, `mean degree ${degree}`);
  const same = mean(graphs.map(homophily));
  ok(Math.abs(same - 0.94) < 0.02, `homophily ${same}`);
});

Deno.test("arrays have their shapes, and splits are 30, 150 and 220 different nodes", () => {
  for (const graph of graphs) {
    strictEqual(graph.nodes, 400);
    strictEqual(graph.features.length, 400 * 16);
    strictEqual(graph.labels.length, 400);
    strictEqual(graph.positions!.length, 800);
    const { train, validation, test } = graph.splits;
    deepStrictEqual([train.length, validation.length, test.length], [30, 150, 220]);
    strictEqual(new Set([...train, ...validation, ...test]).size, 400);
    const perClass = new Int32Array(6);
    train.forEach((node) => perClass[graph.labels[node]]++);
    deepStrictEqual([...perClass], Array(6).fill(5));
  }
});

Deno.test("nodes touch exactly if they are close, except for half of the pairs across zones", () => {
  const graph = graphs[0];
  const all = contactGraph({ seed: 0, cutShare: 0 });
  deepStrictEqual(all.labels, graph.labels);
  strictEqual(edgeSet(all).size, closePairs(all));
  const kept = edgeSet(graph);
  const crossing = [...edgeSet(all)].filter((pair) => {
    const [a, b] = pair.split(" ").map(Number);
    return graph.labels[a] !== graph.labels[b];
  });
  const lost = [...edgeSet(all)].filter((pair) => !kept.has(pair));
  ok(lost.every((pair) => crossing.includes(pair)));
  strictEqual(lost.length, Math.round(crossing.length / 2));
});

Deno.test("zones are the cells of sites: a straight line separates any two", () => {
  for (const { positions, labels } of graphs.slice(0, 3)) {
    for (let one = 0; one < 6; one++) {
      for (let other = one + 1; other < 6; other++) {
        const nodes = [...labels.keys()].filter((node) => [one, other].includes(labels[node]));
        const points = nodes.map((node) => ({
          point: [1, positions![2 * node] - 0.5, positions![2 * node + 1] - 0.5],
          side: labels[node] === one ? 1 : -1,
        }));
        ok(separable(points), `zones ${one} and ${other}`);
      }
    }
  }
});

Deno.test("features tell a class faintly: a mean of 0.25 against a deviation of 1", () => {
  const size = 16;
  const between: number[] = [];
  const within: number[] = [];
  for (const { features, labels } of graphs) {
    for (let zone = 0; zone < 6; zone++) {
      const nodes = [...labels.keys()].filter((node) => labels[node] === zone);
      for (let k = 0; k < size; k++) {
        const values = nodes.map((node) => features[node * size + k]);
        const centre = mean(values);
        const spread = values.reduce((sum, value) => sum + (value - centre) ** 2, 0) /
          (nodes.length - 1);
        within.push(spread);
        between.push(centre ** 2 - spread / nodes.length);
      }
    }
  }
  ok(Math.abs(mean(within) - 1) < 0.03, `variance within a class ${mean(within)}`);
  ok(Math.abs(mean(between) - 0.25 ** 2) < 0.01, `variance of class means ${mean(between)}`);
});

Deno.test("options without a meaning and graphs too small are refused", () => {
  const refused: [Partial<ContactGraphOptions>, RegExp][] = [
    [{ nodes: 0 }, /nodes 0/],
    [{ classes: 1.5 }, /classes 1.5/],
    [{ radius: NaN }, /radius NaN/],
    [{ cutShare: 1.1 }, /cutShare 1.1 is not a number from 0 to 1/],
    [{ nodes: 20, classes: 6 }, /20 nodes are too few for 6 zones of at least 6/],
    [{ validation: 371 }, /370 nodes are left .* 371 for validation/],
  ];
  for (const [options, message] of refused) {
    throws(() => contactGraph({ seed: 0, ...options }), { name: "RangeError", message });
  }
});

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function edgeSet({ edges }: SplitGraph): Set<string> {
  return new Set(
    Array.from({ length: edges.length / 2 }, (_, i) => `${edges[2 * i]} ${edges[2 * i + 1]}`),
  );
}

function closePairs({ nodes, positions }: SplitGraph): number {
  let pairs = 0;
  for (let a = 0; a < nodes; a++) {
    for (let b = a + 1; b < nodes; b++) {
      const [dx, dy] = [0, 1].map((k) => positions![2 * a + k] - positions![2 * b + k]);
      if (Math.hypot(dx, dy) < 0.085) pairs++;
    }
  }
  return pairs;
}

/** Whether the perceptron finds a line with every point on its side. */
function separable(points: readonly { point: number[]; side: number }[]): boolean {
  const normal = [0, 0, 0];
  for (let epoch = 0; epoch < 20000; epoch++) {
    let mistakes = 0;
    for (const { point, side } of points) {
      if (side * point.reduce((sum, value, k) => sum + value * normal[k], 0) > 0) continue;
      mistakes++;
      point.forEach((value, k) => normal[k] += side * value);
    }
    if (mistakes === 0) return true;
  }
  return false;
}
