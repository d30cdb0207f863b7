/** Adam with Keras' constants, against numbers worked out by hand. */
import assert from "node:assert/strict";
import {
  adamState,
  adamStep,
  adamUpdate,
  clipByGlobalNorm,
  clipByTensorNorm,
  kerasAdam,
} from "../../learners/nn/adam.ts";
import { layOut } from "../../learners/nn/parameters.ts";
import { VectorAdam } from "../../learners/nn/vector/adam.ts";
import { randomStream } from "../../sim/random.ts";

const scalar = layOut([["weight", [1]]]);

Deno.test("two updates of Adam give the numbers worked out by hand", () => {
  const weight = Float64Array.of(1);
  const state = adamState(1);

  // m = 0.1 · 0.5, v = 0.001 · 0.25, step = 0.001 √0.001/0.1:
  // w = 1 − 3.16227766e-4 · 0.05/(0.01581138830 + 1e-7)
  adamUpdate(scalar, weight, Float64Array.of(0.5), state, kerasAdam);
  assert.equal(state.updates, 1);
  assert.ok(Math.abs(state.first[0] - 0.05) < 1e-16);
  assert.ok(Math.abs(state.second[0] - 2.5e-4) < 1e-18);
  assert.ok(Math.abs(weight[0] - 0.99900000632451532) < 1e-15, `${weight[0]}`);

  // m = 0.9 · 0.05 − 0.1 · 0.2 = 0.025, v = 0.999 · 2.5e-4 + 0.001 · 0.04 = 2.8975e-4,
  // step = 0.001 √(1 − 0.998001)/(1 − 0.81):
  // w = 0.999000006325 − 2.353167253e-4 · 0.025/(0.01702204453 + 1e-7)
  adamUpdate(scalar, weight, Float64Array.of(-0.2), state, kerasAdam);
  assert.equal(state.updates, 2);
  assert.ok(Math.abs(state.first[0] - 0.025) < 1e-16);
  assert.ok(Math.abs(state.second[0] - 2.8975e-4) < 1e-18);
  assert.ok(Math.abs(weight[0] - 0.99865440250693356) < 1e-15, `${weight[0]}`);
});

Deno.test("ε is added to the uncorrected root, as Keras does, not to the corrected one", () => {
  // With a gradient as small as ε the two differ by a factor: here 1e-3 √1e-3 · 1e-8/(√1e-3 1e-7 + 1e-7).
  const weight = Float64Array.of(0);
  adamUpdate(scalar, weight, Float64Array.of(1e-7), adamState(1), kerasAdam);
  const root = Math.sqrt(1e-3);
  const expected = -1e-3 * root / 0.1 * 1e-8 / (root * 1e-7 + 1e-7);
  assert.ok(Math.abs(weight[0] / expected - 1) < 1e-9, `${weight[0]}, expected ${expected}`);
  assert.ok(Math.abs(weight[0] / -5e-4) < 0.1, "far from the step of the corrected form");
});

Deno.test("clipping scales the tensors of too large a gradient, each by its own norm", () => {
  const layout = layOut([["large", [2]], ["small", [2, 1]], ["one", [2]], ["another", [1]]]);
  const gradient = Float64Array.of(3, -4, 0.18, 0.24, 0.6, 0.8, -1);
  clipByTensorNorm(layout, gradient, 1);
  const [x, y, ...rest] = gradient;
  assert.ok(Math.abs(x - 0.6) < 1e-15 && Math.abs(y + 0.8) < 1e-15, "norm 5 becomes 1");
  // Norm 0.3 is left alone, and so are two tensors of norm 1, which a global clip would scale.
  assert.deepEqual(rest, [0.18, 0.24, 0.6, 0.8, -1]);
});

Deno.test("an update moves as if the clipped gradient had been given", () => {
  const layout = layOut([["kernel", [2]]]);
  const updated = (gradient: Float64Array, clipNorm: number) => {
    const [weights, state] = [new Float64Array(2), adamState(2)];
    adamUpdate(layout, weights, gradient, state, { ...kerasAdam, clipNorm });
    return state.first;
  };
  const clipped = updated(Float64Array.of(30, 40), 1);
  assert.deepEqual(clipped, updated(Float64Array.of(30 / 50, 40 / 50), Infinity));
  assert.notDeepEqual(clipped, updated(Float64Array.of(30, 40), Infinity));
});

Deno.test("Adam goes on bit for bit from a copy of its state", () => {
  const layout = layOut([["kernel", [3, 2]], ["bias", [2]]]);
  const gradients = Array.from({ length: 20 }, (_, update) => {
    const stream = randomStream(1, `tests/adam/${update}`);
    return Float64Array.from({ length: layout.size }, () => stream.normal());
  });
  const [weights, state] = [new Float64Array(layout.size), adamState(layout.size)];
  const run = (
    into: Float64Array,
    moments: typeof state,
    from: number,
    until: number,
  ) =>
    gradients.slice(from, until).forEach((gradient) =>
      adamUpdate(layout, into, gradient.slice(), moments, kerasAdam)
    );
  run(weights, state, 0, 7);
  const restored = structuredClone({ weights, state });
  run(weights, state, 7, 20);
  run(restored.weights, restored.state, 7, 20);
  assert.deepEqual(restored, { weights, state });
});

Deno.test("a gradient of nothing but zeros leaves fresh weights where they are", () => {
  const weights = Float64Array.of(0.3);
  adamUpdate(scalar, weights, new Float64Array(1), adamState(1), kerasAdam);
  assert.equal(weights[0], 0.3);
});

Deno.test("a gradient too large as a whole is scaled as a whole", () => {
  const gradient = Float64Array.of(3, 0, 4, 0, 12);
  assert.equal(clipByGlobalNorm(gradient, 20), 13);
  assert.deepEqual([...gradient], [3, 0, 4, 0, 12]);
  assert.equal(clipByGlobalNorm(gradient, 6.5), 13);
  assert.deepEqual([...gradient], [1.5, 0, 2, 0, 6]);
  assert.ok(Number.isNaN(clipByGlobalNorm(Float64Array.of(1, NaN), 1)));
});

Deno.test("the compiled step has the bits of the written one, for even and odd numbers of parameters", () => {
  for (const size of [1, 2, 7, 100]) {
    const stream = randomStream(4, "tests/vector-adam");
    const normal = () => Float64Array.from({ length: size }, () => stream.normal());
    const compiled = new VectorAdam(size);
    const parameters = normal();
    compiled.parameters.set(parameters);
    const state = adamState(size);
    for (let update = 0; update < 5; update++) {
      const settings = {
        learningRate: 0.01 / (1 + update),
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-5,
      };
      const gradient = normal();
      compiled.gradient.set(gradient);
      compiled.step(settings);
      adamStep(parameters, gradient, state, settings);
    }
    assert.deepEqual(Float64Array.from(compiled.parameters), parameters);
    assert.deepEqual(Float64Array.from(compiled.state.first), state.first);
    assert.deepEqual(Float64Array.from(compiled.state.second), state.second);
    assert.equal(compiled.state.updates, state.updates);
  }
});
