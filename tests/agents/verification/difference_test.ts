/** How differences between pieces of data are found and measured. */
import assert from "node:assert/strict";
import { largestDifference } from "../../../agents/verification/difference.ts";

Deno.test("equal data have no difference, whatever they are made of", () => {
  const data = () => ({
    loss: 0.1,
    bad: NaN,
    zero: 0,
    list: [1, "two", null, { three: true }],
    tensor: { shape: [2], data: Float32Array.of(NaN, 3) },
  });
  assert.equal(largestDifference(data(), data()), undefined);
  assert.equal(largestDifference({ ...data(), zero: -0 }, data()), undefined);
  assert.equal(largestDifference(undefined, undefined), undefined);
});

Deno.test("the largest of several differences is named by its place and its size", () => {
  const before = { step: 3, metrics: { loss: 2, accuracy: 0.5 }, curve: [1, 1000] };
  const after = { step: 3, metrics: { loss: 1.5, accuracy: 0.49 }, curve: [1, 1001] };
  assert.deepEqual(largestDifference(before, after), {
    path: "metrics.loss",
    expected: 2,
    found: 1.5,
    size: 0.25,
  });
});

Deno.test("numbers are measured relative to their size, and against 0.001 below that", () => {
  const size = (before: number, after: number) => largestDifference(before, after)?.size;
  assert.equal(size(1e6, 2e6), 0.5);
  assert.equal(size(-4, 4), 2);
  assert.ok(Math.abs(size(1e-9, -1e-9)! - 2e-6) < 1e-18);
  assert.equal(size(1, NaN), Infinity);
  assert.equal(size(Infinity, -Infinity), Infinity);
  assert.ok(size(1, 1 + Number.EPSILON)! > 0);
});

Deno.test("what is missing, added or of another kind differs beyond measure", () => {
  const pairs: readonly (readonly [unknown, unknown, string])[] = [
    [{ loss: 1 }, {}, "loss"],
    [{}, { loss: 1 }, "loss"],
    [[1], [1, 2], "1"],
    [{ loss: "1" }, { loss: 1 }, "loss"],
    [{ loss: null }, { loss: 1 }, "loss"],
    [true, false, ""],
    [undefined, {}, ""],
  ];
  for (const [before, after, path] of pairs) {
    const difference = largestDifference(before, after);
    assert.equal(difference?.size, Infinity);
    assert.equal(difference.path, path);
  }
});

Deno.test("tensors are compared number by number, and by their sizes", () => {
  const tensor = (...numbers: number[]) => ({ weights: Float64Array.from(numbers) });
  assert.deepEqual(largestDifference(tensor(1, 2, 4), tensor(1, 2.5, 4.5)), {
    path: "weights.1",
    expected: 2,
    found: 2.5,
    size: 0.2,
  });
  assert.equal(largestDifference(tensor(1), tensor(1, 2))?.path, "weights.length");
  assert.equal(largestDifference(tensor(NaN), tensor(0))?.size, Infinity);
});
