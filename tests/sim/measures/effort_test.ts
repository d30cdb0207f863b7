/** Effort of actuators and joints. */
import assert from "node:assert/strict";
import { findArm } from "../../../sim/arms/catalogue.ts";
import {
  effort,
  rootMeanSquareForce,
  weightedActivation,
  work,
} from "../../../sim/measures/effort.ts";
import type { MovementRecord } from "../../../sim/measures/record.ts";
import { assertNear, minimumJerkRecord, recordOf, timeStep } from "./movements.ts";

const arm26 = findArm("arm26");

/** A rest record of two steps, to which the arrays of effort are added. */
const twoSteps = recordOf(() => [0, 0.4], 2 * timeStep);

Deno.test("effort, weighted activation and force are means over steps and muscles", () => {
  const excitations = Float64Array.of(1, 0, 0, 0, 0, 0, 0, 0.5, 0, 0, 0, 0);
  const record: MovementRecord = { ...twoSteps, arm: arm26, excitations, activations: excitations };
  assertNear(effort(record), 1.25 / 12, 1e-15);
  const total = arm26.muscles.reduce((sum, { maximalForce }) => sum + maximalForce, 0);
  assertNear(weightedActivation(record), (838 + 0.25 * 1207) / total / 2, 1e-15);
  const forces = Float64Array.from(excitations, (value) => 100 * value);
  assertNear(rootMeanSquareForce({ ...twoSteps, forces }), 100 * Math.sqrt(1.25 / 12), 1e-12);
});

Deno.test("work adds the size of each joint's power", () => {
  const record: MovementRecord = {
    ...twoSteps,
    arm: arm26,
    torques: Float64Array.of(1, -2, 3, 1),
    jointVelocities: Float64Array.of(1, 1, 3, 1, -1, 1),
  };
  // Step 1: |1·2| + |−2·1|; step 2: |3·1| + |1·1|; 10 ms each.
  assertNear(work(record), 0.08, 1e-15);
});

Deno.test("measures of effort say which of their data is missing", () => {
  const record = minimumJerkRecord(0.6);
  assert.throws(() => effort(record), /excitations has no numbers/);
  assert.throws(() => weightedActivation(record), /weightedActivation needs the record's arm/);
});
