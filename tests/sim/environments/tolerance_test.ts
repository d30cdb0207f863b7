/** `tolerance` and the other terms of rewards, by numbers. */
import assert from "node:assert/strict";
import { reachReward } from "../../../sim/environments/reach_reward.ts";
import {
  atLeast,
  atMost,
  hyperbolicTangent,
  norm,
  stepsInARow,
} from "../../../sim/environments/terms.ts";
import { type Sigmoid, tolerance } from "../../../sim/environments/tolerance.ts";
import { numbers } from "../numbers.ts";

function close(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} for ${expected}`);
}

const bounds = [0, 0.05] as const;

/** Half a margin outside the bounds. */
const halfway: Readonly<Record<Sigmoid, number>> = {
  gaussian: 0.562341,
  "long-tail": 0.307692,
  linear: 0.55,
  quadratic: 0.775,
  reciprocal: 0.181818,
  "tanh-squared": 0.480506,
  // 1/cosh(½ arcosh 10) and (1 + cos(½ arccos(−0.8)))/2
  hyperbolic: 1 / Math.sqrt((10 + 1) / 2),
  cosine: (1 + Math.sqrt((1 - 0.8) / 2)) / 2,
};

for (const [name, value] of Object.entries(halfway)) {
  const sigmoid = name as Sigmoid;
  const at = (x: number) => tolerance(numbers, x, { bounds, margin: 0.1, sigmoid });

  Deno.test(`tolerance, ${sigmoid}: its value half a margin and a margin away, on both sides`, () => {
    close(at(0.1), value, 1e-6);
    close(at(-0.05), value, 1e-6);
    close(at(0.15), 0.1, 1e-12);
    close(at(-0.1), 0.1, 1e-12);
  });

  Deno.test(`tolerance, ${sigmoid}: 1 within the bounds, falls outside, never below 0`, () => {
    assert.deepEqual([0, 0.02, 0.05].map(at), [1, 1, 1]);
    const values = Array.from({ length: 100 }, (_, i) => at(0.05 + 0.01 * i));
    values.slice(1).forEach((value, i) => assert.ok(value <= values[i] && value >= 0));
  });
}

Deno.test("tolerance without a margin is a step whose edges belong to it", () => {
  const at = (x: number) => tolerance(numbers, x, { bounds });
  assert.deepEqual([-1e-9, 0, 0.05, 0.05 + 1e-9].map(at), [0, 1, 1, 0]);
});

Deno.test("tolerance refuses bounds, margins and values that make no sense", () => {
  const with_ = (options: Partial<Parameters<typeof tolerance>[2]>) => () =>
    tolerance(numbers, 0, { bounds, margin: 1, ...options });
  assert.throws(with_({ bounds: [1, 0] }), /bounds 1 … 0 are in the wrong order/);
  assert.throws(with_({ margin: -1 }), /margin -1; 0 or more/);
  assert.throws(with_({ valueAtMargin: 0 }), /value 0 at the margin of a gaussian sigmoid/);
  assert.throws(with_({ valueAtMargin: 1, sigmoid: "linear" }), /less than 1 is needed/);
  assert.equal(with_({ valueAtMargin: 0, sigmoid: "linear" })(), 1);
});

Deno.test("terms are what their names say", () => {
  assert.equal(norm(numbers, [3, 4, 12]), 13);
  assert.deepEqual([0.4, 0.5, 0.6].map((value) => atMost(numbers, value, 0.5)), [1, 1, 0]);
  assert.deepEqual([9, 10, 11].map((value) => atLeast(numbers, value, 10)), [0, 1, 1]);
  assert.deepEqual([stepsInARow(numbers, 1, 4), stepsInARow(numbers, 0, 4)], [5, 0]);
  for (const x of [-400, -1, 0, 0.3, 2, 400]) {
    close(hyperbolicTangent(numbers, x), Math.tanh(x), 1e-15);
  }
});

Deno.test("reaching terms of other suites at 0.1 m: ManiSkill's PushCube, robosuite's Lift", () => {
  const nearness = (steepness: number) => 1 - hyperbolicTangent(numbers, steepness * 0.1);
  close(nearness(5), 0.537883, 5e-7);
  close(nearness(10) / 2.25, 0.105958, 5e-7);
});

Deno.test("the reach reward's terms: published value at 0.1 m, and each penalty by hand", () => {
  const still = { action: [0, 0], lastAction: [0, 0], velocities: [0, 0] };
  close(reachReward(numbers, { ...still, distance: 0.1 }), 0.003841, 5e-7);
  close(reachReward(numbers, { ...still, distance: 0 }), 0.1, 1e-15);
  const moving = { distance: 0, action: [1, -0.5], lastAction: [0, 0.5], velocities: [3, 4] };
  close(reachReward(numbers, moving), 0.1 - 1e-4 * 2 - 1e-4 * 25, 1e-15);
});
