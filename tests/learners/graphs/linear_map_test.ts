/** Sparse matrices and their products with tensors, against full matrices. */
import { deepStrictEqual, ok, throws } from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { readyBackend } from "../../../learners/nn/backend.ts";
import {
  stationaryProjection,
  symmetricNormalisation,
} from "../../../learners/nn/graphs/adjacency.ts";
import { fullMap, sparseMap } from "../../../learners/nn/graphs/linear_map.ts";
import {
  droppedEntries,
  type Entry,
  fullMatrix,
  rowNormalised,
  sparseMatrix,
  sparseOf,
} from "../../../learners/nn/graphs/sparse_matrix.ts";
import { randomStream } from "../../../sim/random.ts";

function randomMatrix(rows: number, columns: number, entries: number, name: string) {
  const stream = randomStream(0, name);
  const drawn = Array.from(
    { length: entries },
    (): Entry => [stream.integer(rows), stream.integer(columns), stream.normal()],
  );
  return sparseMatrix(rows, columns, drawn);
}

for (const backend of ["cpu", "wasm"] as const) {
  Deno.test(`sparse and full maps agree in product and gradient on ${backend}`, async () => {
    await readyBackend(backend);
    const stream = randomStream(0, "cases");
    for (let repeat = 0; repeat < 12; repeat++) {
      const [rows, columns, width] = [1, 1, 1].map((least) => least + stream.integer(30));
      const entries = stream.integer(3 * rows);
      const matrix = randomMatrix(rows, columns, entries, `matrix ${repeat}`);
      const draw = (...shape: [number, number]) =>
        tf.tensor2d(
          Float32Array.from({ length: shape[0] * shape[1] }, () => stream.normal()),
          shape,
        );
      const [x, weights] = [draw(columns, width), draw(rows, width)];
      const [sparse, full] = [sparseMap(matrix), fullMap(matrix)].map((map) =>
        tf.tidy(() => {
          const { value, grad } = tf.valueAndGrad((x: tf.Tensor) =>
            tf.sum(tf.mul(weights, tf.sin(map.apply(x))))
          )(x);
          const parts = [map.apply(x), grad, value].map((part) => part.dataSync());
          map.dispose();
          return parts.flatMap((part) => [...part]);
        })
      );
      sparse.forEach((value, i) => ok(Math.abs(value - full[i]) < 1e-4, `${value}, ${full[i]}`));
    }
  });
}

Deno.test("a map refuses what it does not fit, by shape", async () => {
  await readyBackend("cpu");
  const map = sparseMap(randomMatrix(3, 4, 5, "matrix"));
  throws(() => map.apply(tf.zeros([3, 2])), /4 columns .* not \[3,2\]/);
  throws(() => map.apply(tf.zeros([4])), /not \[4\]/);
});

Deno.test("a full matrix survives being made sparse", () => {
  const full = [0, 1.5, 0, 0, 0, 0, -2, 0, 3];
  deepStrictEqual([...fullMatrix(sparseOf(3, 3, full))], full);
  throws(() => sparseOf(2, 3, full), /9 numbers do not fill a 2 × 3 matrix/);
  throws(() => sparseMatrix(2, 2, [[0, 2, 1]]), /\(0, 2\) lies outside a 2 × 2/);
});

Deno.test("rows are divided by their sums, rows of zeros are left", () => {
  const matrix = rowNormalised(sparseOf(3, 3, [1, 0, 3, 0, 0, 0, 0, 2, 0]));
  deepStrictEqual([...fullMatrix(matrix)], [0.25, 0, 0.75, 0, 0, 0, 0, 1, 0]);
});

Deno.test("dropped entries are as many as the rate says, and the others make up for them", () => {
  const matrix = sparseOf(100, 100, new Array(10000).fill(2));
  const dropped = droppedEntries(matrix, 0.8, randomStream(0, "mask"));
  const kept = dropped.values.length;
  // Five standard deviations of the binomial distribution.
  ok(Math.abs(kept - 2000) < 5 * Math.sqrt(10000 * 0.8 * 0.2), `${kept} kept`);
  ok(dropped.values.every((value) => Math.abs(value - 10) < 1e-12));
  deepStrictEqual(droppedEntries(matrix, 0.8, randomStream(0, "mask")), dropped);
  deepStrictEqual(droppedEntries(matrix, 0, randomStream(0, "mask")), matrix);
  // What is kept stays where it was.
  const numbered = sparseOf(10, 10, Array.from({ length: 100 }, (_, i) => i + 1));
  const some = fullMatrix(droppedEntries(numbered, 0.5, randomStream(0, "mask")));
  ok(some.every((value, i) => value === 0 || value === 2 * (i + 1)));
});

Deno.test("Â's powers tend to the projection of each component", async () => {
  await readyBackend("cpu");
  const graph = { nodes: 6, edges: Int32Array.of(0, 1, 1, 2, 0, 2, 3, 4) };
  const Â = fullMap(symmetricNormalisation(graph));
  const power = tf.tidy(() => {
    let product = tf.eye(6);
    for (let hop = 0; hop < 60; hop++) product = Â.apply(product);
    return product.dataSync();
  });
  stationaryProjection(graph).forEach((value, i) => ok(Math.abs(value - power[i]) < 1e-5));
  Â.dispose();
});

Deno.test("an edge that leads out of the graph, or back to its node, is refused", () => {
  throws(
    () => symmetricNormalisation({ nodes: 2, edges: Int32Array.of(0, 1, 1, 2) }),
    /edge 1 joins 1 and 2; expected two of 2 nodes/,
  );
  throws(() => symmetricNormalisation({ nodes: 2, edges: Int32Array.of(1, 1) }), /joins 1 and 1/);
});
