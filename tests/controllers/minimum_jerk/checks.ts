/** What the tests of the minimum-jerk controller share. */
import assert from "node:assert/strict";
import type { Arm } from "../../../sim/arms/arm.ts";
import type { RandomStream } from "../../../sim/random.ts";

/** Between control steps, s. */
export const timeStep = 0.01;

export function assertClose(
  actual: readonly number[],
  expected: readonly number[],
  tolerance: number,
) {
  assert.equal(actual.length, expected.length);
  actual.forEach((value, i) =>
    assert.ok(
      Math.abs(value - expected[i]) <= tolerance,
      `element ${i} of [${actual}] is not within ${tolerance} of [${expected}]`,
    )
  );
}

export const postureWithinLimits = (arm: Arm, random: RandomStream) =>
  arm.joints.map(({ lower, upper }) => random.uniform(lower, upper));
