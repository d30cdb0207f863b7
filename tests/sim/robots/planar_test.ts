/** Planar arms as robots, against the planar equations of motion. */
import assert from "node:assert/strict";
import { arms, findArm } from "../../../sim/arms/catalogue.ts";
import { handPosition } from "../../../sim/arms/kinematics.ts";
import { jointAccelerations } from "../../../sim/physics/plant_equations.ts";
import { randomStream } from "../../../sim/random.ts";
import { jointFrames, linkFrames, toolFrame } from "../../../sim/robots/chain.ts";
import { robotOfArm } from "../../../sim/robots/planar.ts";
import { robotAccelerations } from "../../../sim/robots/robot_step.ts";
import { numbers } from "../numbers.ts";

const fall = 9.81;

for (const arm of Object.values(arms)) {
  Deno.test(`${arm.name} as a robot moves as its planar equations say`, () => {
    const robot = robotOfArm(arm);
    const random = randomStream(1, `tests/planar/${arm.name}`);
    const draw = (deviation: number) => arm.joints.map(() => random.normal(0, deviation));
    for (let trial = 0; trial < 50; trial++) {
      const motion = { angles: draw(2), velocities: draw(3) };
      const torques = draw(5);
      const expected = jointAccelerations(numbers, arm, fall, motion, torques, {});
      const actual = robotAccelerations(numbers, robot, [0, -fall, 0], motion, torques);
      expected.forEach((value, j) =>
        assert.ok(Math.abs(actual[j] - value) <= 1e-10 * (1 + Math.abs(value)))
      );
    }
  });

  Deno.test(`${arm.name} as a robot has its tool at the hand`, () => {
    const robot = robotOfArm(arm);
    const angles = arm.joints.map((_, j) => 0.4 + 0.3 * j);
    const { position } = toolFrame(
      numbers,
      robot,
      linkFrames(numbers, jointFrames(numbers, robot, angles)),
    );
    const [x, y] = handPosition(arm, angles);
    [x, y, 0].forEach((value, axis) => assert.ok(Math.abs(position[axis] - value) < 1e-14));
    assert.deepEqual(robot.joints.map(({ maximalTorque }) => maximalTorque), arm.torqueLimits);
    assert.deepEqual(robot.joints.map(({ upper }) => upper), arm.joints.map(({ upper }) => upper));
  });
}

Deno.test("a joint's own viscosity becomes its damping; one that couples joints is refused", () => {
  const arm26 = findArm("arm26");
  const damped = robotOfArm({ ...arm26, viscosity: [[0.5, 0], [0, 0.3]] });
  assert.deepEqual(damped.joints.map(({ damping }) => damping), [0.5, 0.3]);
  assert.throws(
    () => robotOfArm({ ...arm26, viscosity: [[0.05, 0.025], [0.025, 0.05]] }),
    /joint 1 acts on joint 0 with 0.025 N m s\/rad/,
  );
});
