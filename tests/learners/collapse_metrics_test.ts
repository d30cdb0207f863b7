/** Metrics of neural collapse: 0 for what has collapsed, far from it for what has not. */
import { ok, throws } from "node:assert/strict";
import { Matrix, pseudoInverse } from "ml-matrix";
import {
  classMeans,
  collapseMetrics,
  orthogonalFrame,
  simplexFrame,
} from "../../learners/nn/collapse_metrics.ts";
import { randomStream } from "../../sim/random.ts";

const labels = [0, 0, 0, 1, 1, 2, 3];
const classes = 4;
const lengths = [2, 1.5, 1, 0.5];

/** Unit vectors of these lengths, one for each class, in 16 dimensions. */
const directions = (of: readonly number[]) => {
  const matrix = Matrix.zeros(classes, 16);
  of.forEach((length, k) => matrix.set(k, 3 * k, length));
  return matrix;
};

/** Every sample at its class's row. */
function featuresOf(rows: Matrix): Matrix {
  const features = Matrix.zeros(16, labels.length);
  labels.forEach((label, i) => features.setColumn(i, rows.getRow(label)));
  return features;
}

function random(rows: number, columns: number, name: string): Matrix {
  const stream = randomStream(3, name);
  return Matrix.from1DArray(
    rows,
    columns,
    Array.from({ length: rows * columns }, () => stream.normal()),
  );
}

/** Invariant 8. */
Deno.test("all metrics of a collapsed classifier are 0, whatever its scale", () => {
  const means = [0.1, 0.2, 0.4, 0.3];
  const features = featuresOf(directions(means)).mul(7);
  const P = directions(lengths).mul(3);
  const metrics = collapseMetrics(
    { features, labels, classes },
    P,
    orthogonalFrame(lengths, means),
  );
  for (const [name, value] of Object.entries(metrics)) ok(value < 1e-12, `${name} ${value}`);
  // The lengths matter: a frame of equal ones is not that.
  const equal = collapseMetrics({ features, labels, classes }, P, orthogonalFrame([1, 1, 1, 1]));
  ok(equal.rows > 0.3 && equal.means > 0.3 && equal.duality > 0.3);
});

/** Invariant 8. */
Deno.test("random rows of width 16 are far from an orthogonal frame", () => {
  for (const name of ["a", "b", "c"]) {
    const of = { features: random(16, labels.length, `features/${name}`), labels, classes };
    const metrics = collapseMetrics(
      of,
      random(4, 16, `rows/${name}`),
      orthogonalFrame([1, 1, 1, 1]),
    );
    ok(metrics.rows > 0.3 && metrics.means > 0.3, JSON.stringify(metrics));
  }
});

Deno.test("NC1 is the trace with the pseudo-inverse, written out", () => {
  const features = random(16, labels.length, "features");
  const { means, overall } = classMeans({ features, labels, classes });
  const [within, between] = [Matrix.zeros(16, 16), Matrix.zeros(16, 16)];
  const add = (sum: Matrix, a: Matrix, b: Matrix, count: number) => {
    const difference = Matrix.sub(a, b);
    sum.add(difference.mmul(difference.transpose()).div(count));
  };
  labels.forEach((label, i) =>
    add(within, features.getColumnVector(i), means.getColumnVector(label), labels.length)
  );
  for (let k = 0; k < classes; k++) add(between, means.getColumnVector(k), overall, classes);
  const expected = within.mmul(pseudoInverse(between, 1e-8)).trace() / classes;
  const { withinClass } = collapseMetrics(
    { features, labels, classes },
    random(4, 16, "P"),
    orthogonalFrame(lengths),
  );
  ok(Math.abs(withinClass - expected) < 1e-9 * expected, `${withinClass} is not ${expected}`);
  ok(withinClass > 0.01);
});

Deno.test("a simplex is compared after the mean of all is taken away, an orthogonal frame before", () => {
  const balanced = [0, 1, 2, 3];
  const vertices = Matrix.eye(classes).sub(1 / classes);
  const shifted = Matrix.add(vertices, 5); // all features moved by one vector
  const of = { features: shifted, labels: balanced, classes };
  const metrics = collapseMetrics(of, vertices, simplexFrame(classes));
  ok(metrics.means < 1e-12 && metrics.product < 1e-12 && metrics.duality < 1e-12);
  ok(collapseMetrics(of, vertices, orthogonalFrame([1, 1, 1, 1])).means > 0.5);
  // The cosines between vertices are −1/(K − 1).
  const gram = simplexFrame(classes).rows;
  ok(Math.abs(gram.get(0, 1) / gram.get(0, 0) + 1 / 3) < 1e-15);
});

Deno.test("NC1 is unknown where all means coincide, and an erased head is far from any frame", () => {
  const of = { features: Matrix.zeros(16, labels.length), labels, classes };
  const metrics = collapseMetrics(of, Matrix.zeros(4, 16), orthogonalFrame(lengths));
  ok(Number.isNaN(metrics.withinClass));
  ok([metrics.rows, metrics.means, metrics.product].every((value) => Math.abs(value - 1) < 1e-12));
});

Deno.test("what does not fit together is refused", () => {
  const features = random(16, labels.length, "features");
  const frame = orthogonalFrame(lengths);
  throws(
    () => collapseMetrics({ features, labels, classes }, Matrix.zeros(3, 16), frame),
    /\[3, 16\]/,
  );
  throws(() => classMeans({ features, labels: [0], classes }), /1 labels for 7 columns/);
  throws(() => classMeans({ features, labels, classes: 3 }), /label 3 of 3 classes/);
  throws(() => classMeans({ features, labels, classes: 5 }), /class 4 of 5 has no sample/);
});
