/** Batches of both precisions: what is taken, computed and published, and of what size. */
import assert from "node:assert/strict";
import { type Batch, type Precision, precisions } from "../../sim/expression/batch.ts";
import { createBatch } from "../../sim/expression/batches.ts";
import { Graph } from "../../sim/expression/graph.ts";
import type { KernelStatement } from "../../sim/expression/lowering.ts";

/** Array "x" of two rows → "sum" of one, "newX" of two: x and y change places. */
function swap(): KernelStatement {
  const graph = new Graph();
  const [x, y] = [graph.input(), graph.input()];
  return {
    name: "swap",
    inputs: [{ name: "x", rows: [x, y] }],
    outputs: [{ name: "sum", rows: [graph.add(x, y)] }, { name: "newX", rows: [y, x] }],
  };
}

function swapping(precision: Precision, elements: number): Batch {
  const batch = createBatch(precision, elements, { x: 2, unused: 3, sum: 1 });
  batch.array("x").forEach((_, i, x) => x[i] = i + 0.25);
  return batch;
}

const arrays = { newX: "x" };

for (const precision of precisions) {
  const stored = precision === "single" ? Math.fround : (value: number) => value;

  Deno.test(`${precision}: any number of elements is computed, and no others are touched`, () => {
    for (const elements of [1, 3, 4, 5, 63, 64, 65, 200]) {
      const batch = swapping(precision, elements);
      batch.array("unused").fill(7);
      const run = batch.compile([
        { take: ["x"] },
        { kernel: swap(), arrays },
        { publish: ["x", "sum"] },
      ]);
      run();
      const range = Array.from({ length: elements }, (_, i) => i + 0.25);
      const other = range.map((value) => value + elements);
      assert.deepEqual([...batch.array("x")], [...other, ...range], `${elements} elements`);
      assert.deepEqual([...batch.array("sum")], range.map((value, i) => value + other[i]));
      assert.ok(batch.array("unused").every((value) => value === 7), `${elements} elements`);
    }
  });

  Deno.test(`${precision}: arrays are carried from one function to the next`, () => {
    const batch = swapping(precision, 10);
    const start = [...batch.array("x")];
    const take = batch.compile([{ take: ["x"] }]);
    const step = batch.compile([{ kernel: swap(), arrays }]);
    const publish = batch.compile([{ publish: ["x"] }]);
    take();
    step();
    step();
    step();
    publish();
    assert.deepEqual([...batch.array("x")], [...start.slice(10), ...start.slice(0, 10)]);
  });

  Deno.test(`${precision}: a view stays the same memory, whatever is compiled later`, () => {
    const batch = swapping(precision, 3);
    const before = batch.array("sum");
    batch.compile([{ take: ["x"] }, { kernel: swap(), arrays }, { publish: ["sum"] }])();
    assert.deepEqual([...before], [...batch.array("sum")]);
    assert.equal(before[0], 0.25 + 3.25);
  });

  Deno.test(`${precision}: numbers are those of that precision`, () => {
    const batch = createBatch(precision, 2, { x: 2, sum: 1 });
    batch.array("x").set([0.1, 1e9, 0.2, 0.7]);
    batch.compile([{ take: ["x"] }, { kernel: swap(), arrays }, { publish: ["sum"] }])();
    const [x, y] = [[0.1, 1e9], [0.2, 0.7]].map((row) => row.map(stored));
    assert.deepEqual([...batch.array("sum")], x.map((value, i) => stored(value + y[i])));
  });

  Deno.test(`${precision}: an array that is not there is refused by its name`, () => {
    const batch = createBatch(precision, 4, { x: 2 });
    const refusal = { name: "RangeError", message: /"sum".*x/ };
    assert.throws(() => batch.array("sum"), refusal);
    assert.throws(() => batch.compile([{ take: ["sum"] }]), refusal);
    assert.throws(() => batch.compile([{ publish: ["sum"] }]), refusal);
    assert.throws(() => batch.compile([{ kernel: swap() }]), refusal);
  });

  Deno.test(`${precision}: a number of elements that is no positive whole number is refused`, () => {
    for (const elements of [0, -1, 2.5, NaN]) {
      assert.throws(() => createBatch(precision, elements, { x: 1 }), {
        name: "RangeError",
        message: new RegExp(`of ${elements} elements`),
      });
    }
  });
}

Deno.test("a precision that there is not is refused by its name", () => {
  assert.throws(() => createBatch("half" as Precision, 4, { x: 1 }), {
    name: "RangeError",
    message: /"half".*single, double/,
  });
});
