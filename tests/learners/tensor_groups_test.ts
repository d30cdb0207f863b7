/** Groups of named tensors in one flat list. */
import { deepStrictEqual } from "node:assert/strict";
import { groupOf, joinGroups } from "../../learners/nn/tensor_groups.ts";

Deno.test("groups that were joined are found again under their own names", () => {
  const tensor = (value: number) => ({ shape: [1], data: Float32Array.of(value) });
  const weights = { "a": tensor(1), "b.c": tensor(2) };
  const joined = joinGroups({ weights, best: { a: tensor(3) }, none: {} });
  deepStrictEqual(Object.keys(joined), ["weights.a", "weights.b.c", "best.a"]);
  deepStrictEqual(groupOf(joined, "weights"), weights);
  deepStrictEqual(groupOf(joined, "best"), { a: tensor(3) });
  deepStrictEqual(groupOf(joined, "weight"), {});
});

Deno.test("a group is a copy in single precision, whatever it was kept as", () => {
  const kept = { "g.x": { shape: [2], data: Float64Array.of(0.5, 2) } };
  deepStrictEqual(groupOf(kept, "g"), { x: { shape: [2], data: Float32Array.of(0.5, 2) } });
});
