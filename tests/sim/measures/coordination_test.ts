/** Co-contraction and the coordination of elbow and shoulder. */
import assert from "node:assert/strict";
import { findArm } from "../../../sim/arms/catalogue.ts";
import { coriolisTorques, massMatrix } from "../../../sim/arms/dynamics.ts";
import { coContraction, coordinationIndex } from "../../../sim/measures/coordination.ts";
import type { MovementRecord } from "../../../sim/measures/record.ts";
import { assertNear, minimumJerk, recordOf, timeStep } from "./movements.ts";

const arm26 = findArm("arm26");

Deno.test("co-contraction is the torque that opposed muscles spend against each other", () => {
  const jointAngles = Float64Array.from({ length: 6 }, (_, i) => i % 2 ? 0 : Math.PI / 2);
  const both = Float64Array.of(100, 60, 0, 0, 0, 0, 100, 60, 0, 0, 0, 0);
  const record: MovementRecord = {
    ...recordOf(() => [0, 0.4], 2 * timeStep),
    arm: arm26,
    jointAngles,
    forces: both,
  };
  // Pectoralis and deltoid have moment arms of 3 cm: min(3, 1.8) N m at the shoulder, none elsewhere.
  assertNear(coContraction(record), 1.8, 1e-12);
  const single = both.map((force, i) => i % 6 === 0 ? force : 0);
  assert.equal(coContraction({ ...record, forces: single }), 0);
});

Deno.test("the coordination index is 1 when the elbow's torque only cancels the interaction", () => {
  const times = Array.from({ length: 61 }, (_, k) => k * timeStep);
  const states = times.map((t) => ({
    angles: [0.8 + 0.4 * minimumJerk(t / 0.6), 1.2],
    rates: [0.4 * 30 * (t / 0.6) ** 2 * (1 - t / 0.6) ** 2 / 0.6, 0],
  }));
  const elbow = states.slice(1).map(({ angles, rates }, k) => {
    const angle = angles.map((value, j) => (value + states[k].angles[j]) / 2);
    const rate = rates.map((value, j) => (value + states[k].rates[j]) / 2);
    const acceleration = (rates[0] - states[k].rates[0]) / timeStep;
    return coriolisTorques(arm26, angle, rate)[1] + massMatrix(arm26, angle)[1][0] * acceleration;
  });
  const withElbow = (torque: (cancelling: number, k: number) => number): MovementRecord => ({
    ...recordOf(() => [0, 0.4], 0.6),
    arm: arm26,
    jointAngles: Float64Array.from(states.flatMap(({ angles }) => angles)),
    jointVelocities: Float64Array.from(states.flatMap(({ rates }) => rates)),
    torques: Float64Array.from(elbow.flatMap((value, k) => [0, torque(value, k)])),
  });
  assertNear(coordinationIndex(withElbow((cancelling) => cancelling)), 1, 1e-9);
  assertNear(coordinationIndex(withElbow((cancelling) => -2 * cancelling)), -1, 1e-9);
  assertNear(coordinationIndex(withElbow((_, k) => k % 2)), 0, 0.05);
});
