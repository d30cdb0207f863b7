/** What can be said about any graph: edges in one order, degree, homophily, splits. */
import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import type { Graph } from "../../../learners/data/dataset.ts";
import {
  homophily,
  meanDegree,
  planetoidSplit,
  undirectedEdges,
} from "../../../learners/data/graph.ts";
import { randomStream, shuffled } from "../../../sim/random.ts";

Deno.test("edges are kept once, smaller node first, in order, without loops", () => {
  const edges = undirectedEdges(12, [[3, 1], [1, 3], [11, 2], [2, 10], [0, 0], [0, 1], [3, 1]]);
  deepStrictEqual([...edges], [0, 1, 1, 3, 2, 10, 2, 11]);
});

Deno.test("degree and homophily of a square with one odd corner", () => {
  const graph: Graph = {
    name: "square",
    nodes: 4,
    featureCount: 0,
    features: new Float32Array(0),
    labels: Int32Array.of(0, 0, 0, 1),
    classNames: ["most", "odd"],
    edges: undirectedEdges(4, [[0, 1], [1, 2], [2, 3], [3, 0]]),
  };
  strictEqual(meanDegree(graph), 2);
  strictEqual(homophily(graph), 0.5);
});

Deno.test("shuffling keeps every number and puts each anywhere equally often", () => {
  const stream = randomStream(0, "tests/shuffled");
  const counts = new Int32Array(25);
  for (let i = 0; i < 5000; i++) {
    const order = shuffled(5, stream);
    deepStrictEqual([...order].sort(), [0, 1, 2, 3, 4]);
    order.forEach((value, place) => counts[5 * value + place]++);
  }
  ok(counts.every((count) => Math.abs(count - 1000) < 150), `${counts}`);
});

Deno.test("a split has equally many nodes of each class to learn from and no node twice", () => {
  const labels = Int32Array.from({ length: 100 }, (_, i) => i % 10 === 0 ? 1 : 0);
  const sizes = { labelsPerClass: 4, validation: 20, test: 30 };
  const { train, validation, test } = planetoidSplit(labels, 2, sizes, randomStream(0, "split"));
  strictEqual(train.filter((node) => labels[node] === 1).length, 4);
  deepStrictEqual([train.length, validation.length, test.length], [8, 20, 30]);
  strictEqual(new Set([...train, ...validation, ...test]).size, 58);
  for (const nodes of [train, validation, test]) {
    deepStrictEqual([...nodes].sort((a, b) => a - b), [...nodes]);
  }
});

Deno.test("a split that needs more nodes than there are is refused", () => {
  const labels = Int32Array.of(0, 0, 0, 1);
  const split = (labelsPerClass: number, validation: number, test?: number) =>
    planetoidSplit(labels, 2, { labelsPerClass, validation, test }, randomStream(0, "split"));
  throws(() => split(2, 0), { name: "RangeError", message: /class 1 has 1 nodes; 2 are needed/ });
  throws(() => split(1, 3), { name: "RangeError", message: /2 nodes are left/ });
  throws(() => split(1, 1, 2), { name: "RangeError", message: /2 nodes are left/ });
});
