/** Joint states estimated from observations whose joint states are known. */
import assert from "node:assert/strict";
import { estimateJoints } from "../../../controllers/minimum_jerk/joint_estimate.ts";
import type { Arm } from "../../../sim/arms/arm.ts";
import { arms, findArm } from "../../../sim/arms/catalogue.ts";
import { handPosition } from "../../../sim/arms/kinematics.ts";
import { muscleGeometry, muscleVelocities } from "../../../sim/arms/muscles.ts";
import { randomStream } from "../../../sim/random.ts";
import { observationLayout } from "../../../sim/sensors/observation.ts";
import { assertClose, timeStep } from "./checks.ts";

const arm26 = findArm("arm26");

/** What an arm senses that moves on from `angles` at `velocities` for one step (explicit Euler). */
function observe(arm: Arm, muscles: boolean, angles: number[], velocities: number[]) {
  const next = angles.map((angle, j) => angle + timeStep * velocities[j]);
  const geometry = muscleGeometry(arm, angles);
  const proprioception = muscles
    ? [
      ...arm.muscles.map((muscle, m) =>
        (geometry.lengths[m] - muscle.tendonLength) / muscle.optimalLength
      ),
      ...muscleVelocities(geometry, velocities).map((velocity, m) =>
        velocity / (10 * arm.muscles[m].optimalLength)
      ),
    ]
    : [...angles.map(Math.cos), ...angles.map(Math.sin), ...velocities];
  const observation = Float64Array.of(...proprioception, ...handPosition(arm, next), 0, 0.4);
  assert.equal(observation.length, observationLayout(arm, muscles).size);
  return { observation, next };
}

Deno.test("the estimated joint state is the true one: current angles, rates of one step before", () => {
  for (const arm of Object.values(arms)) {
    for (const muscles of arm.muscles.length > 0 ? [true, false] : [false]) {
      const random = randomStream(1, `minimum-jerk/estimate/${arm.name}`);
      for (let i = 0; i < 100; i++) {
        // Away from the stretched arm, where the hand tells little of the elbow.
        const angles = arm.joints.map(({ lower, upper }) =>
          random.uniform(lower + 0.15, upper - 0.15)
        );
        const velocities = angles.map(() => random.uniform(-8, 8));
        const { observation, next } = observe(arm, muscles, angles, velocities);
        const estimate = estimateJoints(arm, muscles, timeStep, observation, angles);
        assertClose(estimate.angles, next, 1e-9);
        assertClose(estimate.velocities, velocities, 1e-9);
      }
    }
  }
});

Deno.test("at rest the first estimate needs no memory", () => {
  const angles = [1.1, 0.9];
  const { observation } = observe(arm26, true, angles, [0, 0]);
  const estimate = estimateJoints(arm26, true, timeStep, observation);
  assertClose(estimate.angles, angles, 1e-9);
  assertClose(estimate.velocities, [0, 0], 1e-12);
});
