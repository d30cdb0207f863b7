/** The products of small networks in WebAssembly, on their own, against sums written out in double precision. */
import assert from "node:assert/strict";
import { numberBytes, vectorBytes } from "../../learners/nn/vector/instructions.ts";
import { KernelSet } from "../../learners/nn/vector/kernel_set.ts";
import { Places, TileMemory } from "../../learners/nn/vector/memory_plan.ts";
import { Multiplication, once } from "../../learners/nn/vector/multiplication.ts";
import { PackedWeights } from "../../learners/nn/vector/packed_weights.ts";
import {
  foldLanes,
  outerProduct,
  outerRows,
  panelBytes,
  rowSums,
} from "../../learners/nn/vector/products.ts";
import { type ActivationName, activations } from "../../learners/nn/activations.ts";
import { randomStream } from "../../sim/random.ts";

const stream = randomStream(1, "tests/vector/products");
const normal = (count: number) => Float64Array.from({ length: count }, () => stream.normal());

/** Room in a memory of its own, and what is done with it once it is there. */
function memoryOf(places: Places, kernels: KernelSet) {
  const memory = new TileMemory(places.end);
  kernels.link(memory);
  const rows = (address: number, count: number) =>
    memory.numbers.subarray(address / numberBytes, address / numberBytes + count);
  return { memory, rows };
}

function assertClose(actual: ArrayLike<number>, expected: readonly number[], what: string): void {
  assert.equal(actual.length, expected.length);
  const largest = Math.max(...expected.map(Math.abs));
  expected.forEach((value, i) => {
    const difference = Math.abs(actual[i] - value);
    assert.ok(difference <= 2e-6 * largest, `${what}, ${i}: ${actual[i]} instead of ${value}`);
  });
}

const activationNames = Object.keys(activations) as ActivationName[];

for (const [rows, columns] of [[1, 1], [6, 16], [5, 7], [16, 32], [9, 33], [4, 70]] as const) {
  for (const activation of activationNames) {
    for (const start of ["bias", "sum"] as const) {
      Deno.test(`${activation}(${start} + W x) with W of ${rows} × ${columns}`, () => {
        const trials = 16;
        const rowBytes = trials * numberBytes;
        const [places, kernels, weights] = [new Places(), new KernelSet(), new PackedWeights()];
        const panel = places.take(panelBytes);
        const [x, y] = [columns, 4 * Math.ceil(rows / 4)].map((count) =>
          places.take(count * rowBytes)
        );
        // Parameters: the matrix [row][column], then the biases; the second stream's column counts twice.
        const parameters = normal(rows * columns + rows);
        const scaled = columns - 1;
        const multiplication = new Multiplication(
          { places, kernels, weights, rowBytes, panel },
          {
            rows,
            columns,
            weight: (row, column) => ({
              parameter: row * columns + column,
              ...(column === scaled && { stream: 1 }),
            }),
            ...(start === "bias" && {
              bias: (row: number) => ({ parameter: rows * columns + row }),
            }),
          },
          { start, activation, ...once },
        );
        const { memory, rows: numbersAt } = memoryOf(places, kernels);
        weights.write(memory.numbers, parameters, [1, 2]);
        const [input, before] = [normal(columns * trials), normal(rows * trials)];
        numbersAt(x, input.length).set(input);
        numbersAt(y, before.length).set(before);
        multiplication.run(x, y);
        const expected = Array.from(before, (old, i) => {
          const [row, trial] = [Math.floor(i / trials), i % trials];
          let sum = start === "bias" ? parameters[rows * columns + row] : old;
          for (let column = 0; column < columns; column++) {
            const factor = column === scaled ? 2 : 1;
            const weight = factor * parameters[row * columns + column];
            sum += weight * input[column * trials + trial];
          }
          return activations[activation].value(sum);
        });
        assertClose(numbersAt(y, expected.length), expected, "y");
      });
    }
  }
}

Deno.test("a product serves several pairs of x and y", () => {
  const [rows, columns, trials, copies] = [4, 3, 8, 3];
  const rowBytes = trials * numberBytes;
  const [places, kernels, weights] = [new Places(), new KernelSet(), new PackedWeights()];
  const panel = places.take(panelBytes);
  const [xBytes, yBytes] = [columns * rowBytes, rows * rowBytes];
  const [x, y] = [copies * xBytes, copies * yBytes].map((bytes) => places.take(bytes));
  const multiplication = new Multiplication(
    { places, kernels, weights, rowBytes, panel },
    { rows, columns, weight: (row, column) => ({ parameter: row * columns + column }) },
    { start: "bias", activation: "none", copies, xBytes, yBytes },
  );
  const { memory, rows: numbersAt } = memoryOf(places, kernels);
  const [matrix, input] = [normal(rows * columns), normal(copies * columns * trials)];
  weights.write(memory.numbers, matrix, []);
  numbersAt(x, input.length).set(input);
  multiplication.run(x, y);
  const expected = Array.from({ length: copies * rows * trials }, (_, i) => {
    const [copy, row, trial] = [
      Math.floor(i / (rows * trials)),
      Math.floor(i / trials) % rows,
      i % trials,
    ];
    let sum = 0;
    for (let column = 0; column < columns; column++) {
      sum += matrix[row * columns + column] * input[(copy * columns + column) * trials + trial];
    }
    return sum;
  });
  assertClose(numbersAt(y, expected.length), expected, "y");
});

Deno.test("outer products and sums over trials add to what is there, lane by lane", () => {
  const [xRows, yRows, trials] = [2 * outerRows.x, 3 * outerRows.y, 24];
  const rowBytes = trials * numberBytes;
  const [places, kernels] = [new Places(), new KernelSet()];
  const [x, y] = [xRows, yRows].map((count) => places.take(count * rowBytes));
  const [outer, sums] = [xRows * yRows, yRows].map((count) => places.take(count * vectorBytes));
  const outerKernel = kernels.add("outer", () => outerProduct(rowBytes));
  const rowKernel = kernels.add("rows", () => rowSums(rowBytes));
  const { rows: numbersAt } = memoryOf(places, kernels);
  const [xs, ys] = [normal(xRows * trials), normal(yRows * trials)];
  numbersAt(x, xs.length).set(xs);
  numbersAt(y, ys.length).set(ys);
  for (const times of [1, 2]) {
    outerKernel.run(x, y, outer, xRows / outerRows.x, yRows / outerRows.y);
    rowKernel.run(y, sums, yRows);
    const lanesOf = (value: (trial: number) => number) => {
      const lanes = [0, 0, 0, 0];
      for (let trial = 0; trial < trials; trial++) lanes[trial % 4] += times * value(trial);
      return lanes;
    };
    const products = Array.from({ length: xRows * yRows }, (_, place) => {
      const [i, j] = [Math.floor(place / yRows), place % yRows];
      return lanesOf((trial) => xs[i * trials + trial] * ys[j * trials + trial]);
    });
    const rows = Array.from(
      { length: yRows },
      (_, j) => lanesOf((trial) => ys[j * trials + trial]),
    );
    assertClose(numbersAt(outer, 4 * xRows * yRows), products.flat(), "outer product");
    assertClose(numbersAt(sums, 4 * yRows), rows.flat(), "sums");
  }
});

Deno.test("a kernel that has not been linked says so", () => {
  const kernel = new KernelSet().add("rows", () => rowSums(64));
  assert.throws(() => kernel.run(0, 0, 0), /run before its set has been linked/);
});

Deno.test("the lanes of sums are added up in place, four sums at a time", () => {
  const [places, kernels] = [new Places(), new KernelSet()];
  const count = 11;
  const sums = places.take(count * vectorBytes);
  const fold = kernels.add("fold", foldLanes);
  const { rows: numbersAt } = memoryOf(places, kernels);
  const lanes = normal(4 * count);
  numbersAt(sums, lanes.length).set(lanes);
  fold.run(sums, Math.ceil(count / 4));
  const expected = Array.from(
    { length: count },
    (_, i) => lanes.subarray(4 * i, 4 * i + 4).reduce((sum, lane) => sum + lane),
  );
  assertClose(numbersAt(sums, count), expected, "sums");
});
