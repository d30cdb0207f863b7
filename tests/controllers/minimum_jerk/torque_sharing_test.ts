/** Torques shared among muscles: within bounds, with the least sum of squares. */
import assert from "node:assert/strict";
import { shareTorque, torqueSharing } from "../../../controllers/minimum_jerk/torque_sharing.ts";
import { defaultActuator } from "../../../sim/actuators/catalogue.ts";
import { findArm } from "../../../sim/arms/catalogue.ts";
import { middlePosture } from "../../../sim/arms/kinematics.ts";
import { muscleGeometry, muscleTorques } from "../../../sim/arms/muscles.ts";
import { randomStream } from "../../../sim/random.ts";
import { assertClose, postureWithinLimits } from "./checks.ts";

const arm26 = findArm("arm26");

/** Torque of each muscle of arm26 at full isometric activation on the plateau, [joint][muscle]. */
function fullTorques(angles: readonly number[]): number[][] {
  const { momentArms } = muscleGeometry(arm26, angles);
  return [0, 1].map((j) =>
    arm26.muscles.map((muscle, m) => -momentArms[m][j] * muscle.maximalForce)
  );
}

Deno.test("shared torques are reproduced by activations within bounds", () => {
  const random = randomStream(2, "minimum-jerk/share");
  for (let i = 0; i < 200; i++) {
    const angles = postureWithinLimits(arm26, random);
    const torques = [random.uniform(-12, 12), random.uniform(-12, 12)];
    const activations = shareTorque(torques, fullTorques(angles), 0.001, 1);
    assert.ok(activations.every((value) => value >= 0.001 && value <= 1));
    const forces = activations.map((value, m) => value * arm26.muscles[m].maximalForce);
    assertClose(muscleTorques(muscleGeometry(arm26, angles), forces, 2), torques, 1e-5);
  }
});

Deno.test("no other activations that make the same torques have a smaller sum of squares", () => {
  const random = randomStream(3, "minimum-jerk/least");
  const unit = fullTorques([0.9, 1.3]);
  const sumOfSquares = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value ** 2, 0);
  const made = (values: readonly number[]) =>
    unit.map((row) => row.reduce((sum, torque, m) => sum + torque * values[m], 0));
  for (let i = 0; i < 300; i++) {
    const others = arm26.muscles.map(() => random.uniform());
    const least = shareTorque(made(others), unit, 0, 1);
    assertClose(made(least), made(others), 1e-5);
    assert.ok(sumOfSquares(least) <= sumOfSquares(others) + 1e-9);
  }
});

Deno.test("no torque needs no muscle, and flexion no extensor", () => {
  const unit = fullTorques(middlePosture(arm26));
  assert.deepEqual(shareTorque([0, 0], unit, 0, 1), [0, 0, 0, 0, 0, 0]);
  const [, deltoid, , tricepsLateral, , tricepsLong] = shareTorque([5, 5], unit, 0, 1);
  assert.deepEqual([deltoid, tricepsLateral, tricepsLong], [0, 0, 0]);
});

Deno.test("torques beyond strength are approached with everything that pulls the right way", () => {
  const activations = shareTorque([500, 500], fullTorques(middlePosture(arm26)), 0, 1);
  assertClose(activations, [1, 0, 1, 0, 1, 0], 1e-9);
  assertClose(shareTorque([5, -30], [[10, 0], [0, 10]], -1, 1), [0.5, -1], 1e-6);
});

Deno.test("sharing says how much torque an arm's actuators lack", () => {
  const share = torqueSharing(arm26, defaultActuator(arm26));
  const posture = middlePosture(arm26);
  assert.ok(share(posture, [5, -5]).missing < 1e-5);
  const weak = share(posture, [500, 0]).missing;
  const weaker = share(posture, [600, 0]).missing;
  assert.ok(weak > 300 && Math.abs(weaker - weak - 100) < 1, `missing ${weak}, then ${weaker} N m`);
});
