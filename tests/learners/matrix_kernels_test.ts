/** The blocked products against the plainest loops that say the same. */
import assert from "node:assert/strict";
import {
  addOuterProduct,
  addProduct,
  addRowSums,
  addScaled,
  fillRows,
} from "../../learners/nn/matrix_kernels.ts";
import { randomStream } from "../../sim/random.ts";

const stream = randomStream(1, "tests/matrix-kernels");

const random = (size: number) => Float64Array.from({ length: size }, () => stream.uniform(-1, 1));

/** Every size from 1 to 9: all that the blocks of two and four can leave over, twice. */
const sizes = Array.from({ length: 9 }, (_, i) => i + 1);

function eachShape(visit: (rows: number, inner: number, columns: number) => void): void {
  for (const rows of sizes) {
    for (const inner of sizes) {
      for (const columns of sizes) visit(rows, inner, columns);
    }
  }
}

/** Equal up to the order of summation of at most nine products of numbers below 1. */
function assertSums(actual: Float64Array, expected: Float64Array, what: string): void {
  assert.equal(actual.length, expected.length, what);
  actual.forEach((value, i) => {
    assert.ok(Math.abs(value - expected[i]) < 1e-14, `${what}: [${i}] ${value} ≠ ${expected[i]}`);
  });
}

for (const transposed of [false, true]) {
  const form = transposed ? "Wᵀ x" : "W x";
  Deno.test(`addProduct adds ${form} for every remainder of its blocks`, () => {
    eachShape((rows, inner, columns) => {
      const [rowStride, innerStride] = transposed ? [1, rows] : [inner, 1];
      const [matrix, x, out] = [
        random(rows * inner),
        random(inner * columns),
        random(rows * columns),
      ];
      const expected = out.slice();
      for (let r = 0; r < rows; r++) {
        for (let k = 0; k < inner; k++) {
          for (let c = 0; c < columns; c++) {
            const weight = transposed ? matrix[k * rows + r] : matrix[r * inner + k];
            expected[r * columns + c] += weight * x[k * columns + c];
          }
        }
      }
      addProduct(out, matrix, x, rows, inner, columns, rowStride, innerStride);
      assertSums(out, expected, `${rows} × ${inner} × ${columns}`);
    });
  });
}

Deno.test("addProduct takes a block out of a wider matrix by its strides", () => {
  const [rows, inner, columns, width] = [3, 5, 2, 11];
  const [matrix, x] = [random(rows * width), random(inner * columns)];
  const block = Float64Array.from(
    { length: rows * inner },
    (_, i) => matrix[Math.floor(i / inner) * width + i % inner],
  );
  const [out, expected] = [new Float64Array(rows * columns), new Float64Array(rows * columns)];
  addProduct(out, matrix, x, rows, inner, columns, width, 1);
  addProduct(expected, block, x, rows, inner, columns, inner, 1);
  assert.deepEqual(out, expected);
});

Deno.test("addOuterProduct adds x yᵀ over the columns for every remainder of its blocks", () => {
  eachShape((xRows, yRows, columns) => {
    const [x, y, matrix] = [
      random(xRows * columns),
      random(yRows * columns),
      random(xRows * yRows),
    ];
    const expected = matrix.slice();
    for (let i = 0; i < xRows; i++) {
      for (let j = 0; j < yRows; j++) {
        for (let c = 0; c < columns; c++) {
          expected[i * yRows + j] += x[i * columns + c] * y[j * columns + c];
        }
      }
    }
    addOuterProduct(matrix, x, y, xRows, yRows, columns);
    assertSums(matrix, expected, `${xRows} × ${yRows} × ${columns}`);
  });
});

Deno.test("addProduct and addOuterProduct are each other's adjoint", () => {
  const [inputs, outputs, columns] = [7, 5, 3];
  const [weights, x, delta] = [
    random(inputs * outputs),
    random(inputs * columns),
    random(outputs * columns),
  ];
  const dot = (a: Float64Array, b: Float64Array) =>
    a.reduce((sum, value, i) => sum + value * b[i], 0);
  const [forward, backward, gradient] = [outputs * columns, inputs * columns, inputs * outputs]
    .map((size) => new Float64Array(size));
  addProduct(forward, weights, x, outputs, inputs, columns, 1, outputs);
  addProduct(backward, weights, delta, inputs, outputs, columns, outputs, 1);
  addOuterProduct(gradient, x, delta, inputs, outputs, columns);
  // ⟨Wᵀx, δ⟩ = ⟨x, Wδ⟩ = ⟨W, x δᵀ⟩
  assert.ok(Math.abs(dot(forward, delta) - dot(x, backward)) < 1e-13);
  assert.ok(Math.abs(dot(forward, delta) - dot(weights, gradient)) < 1e-13);
});

Deno.test("addRowSums adds each row's sum to its bias", () => {
  const vector = Float64Array.of(10, 20);
  addRowSums(vector, Float64Array.of(1, 2, 3, 4, 5, 6), 2, 3);
  assert.deepEqual(vector, Float64Array.of(16, 35));
});

Deno.test("fillRows repeats each bias over its row and touches nothing beyond", () => {
  const out = new Float64Array(7).fill(-1);
  fillRows(out, Float64Array.of(4, 5), 2, 3);
  assert.deepEqual(out, Float64Array.of(4, 4, 4, 5, 5, 5, -1));
});

Deno.test("addScaled adds a multiple, element by element", () => {
  const out = Float64Array.of(1, 2, 3);
  addScaled(out, Float64Array.of(10, 20, 30), 0.5);
  assert.deepEqual(out, Float64Array.of(6, 12, 18));
});
