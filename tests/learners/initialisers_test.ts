/** Initial weights: limits of Glorot's uniform distribution, and a stream for every tensor. */
import assert from "node:assert/strict";
import { glorotUniform, initialParameters } from "../../learners/nn/initialisers.ts";
import { layOut, type ParameterLayout, viewOf } from "../../learners/nn/parameters.ts";
import { randomStream } from "../../sim/random.ts";

const layout = layOut([
  ["left.0.kernel", [16, 20]],
  ["left.0.bias", [20]],
  ["right.0.kernel", [16, 20]],
  ["merge.left", [1]],
]);

function tensor(of: ParameterLayout, values: Float64Array, name: string): Float64Array {
  const found = of.tensors.find((candidate) => candidate.name === name);
  assert.ok(found, name);
  return viewOf(values, found);
}

Deno.test("Glorot's weights fill ±√(6/(inputs + outputs)) evenly", () => {
  const values = new Float64Array(20_000);
  glorotUniform(values, 16, 8, randomStream(1, "tests/glorot"));
  const limit = Math.sqrt(6 / 24); // 0.5
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length;
  assert.ok(values.every((value) => Math.abs(value) <= limit));
  assert.ok(Math.max(...values) > 0.999 * limit && Math.min(...values) < -0.999 * limit);
  // Standard errors of mean and variance are 0.002 and 0.0005.
  assert.ok(Math.abs(mean) < 0.01, `mean ${mean}`);
  assert.ok(Math.abs(variance - limit ** 2 / 3) < 0.0025, `variance ${variance}`);
});

Deno.test("matrices are drawn within the limit of their own shape, everything else is 0", () => {
  const values = initialParameters(layout, 1);
  for (const name of ["left.0.kernel", "right.0.kernel"]) {
    const kernel = tensor(layout, values, name);
    const limit = Math.sqrt(6 / 36);
    assert.ok(kernel.every((value) => value !== 0 && Math.abs(value) <= limit));
    assert.ok(Math.max(...kernel) > 0.9 * limit, "the limit is that of [16, 20]");
  }
  assert.ok(tensor(layout, values, "left.0.bias").every((value) => value === 0));
  assert.deepEqual(tensor(layout, values, "merge.left"), Float64Array.of(0));
});

Deno.test("the same seed gives the same weights, another one others", () => {
  assert.deepEqual(initialParameters(layout, 3), initialParameters(layout, 3));
  assert.notDeepEqual(initialParameters(layout, 3), initialParameters(layout, 4));
});

Deno.test("a tensor's weights depend on its name, not on what else there is", () => {
  const values = initialParameters(layout, 5);
  const alone = layOut([["right.0.kernel", [16, 20]]]);
  const right = tensor(layout, values, "right.0.kernel");
  assert.deepEqual(initialParameters(alone, 5), right.slice());
  assert.notDeepEqual(tensor(layout, values, "left.0.kernel").slice(), right.slice());
});
