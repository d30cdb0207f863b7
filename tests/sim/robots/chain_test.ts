/** The equations of motion of serial chains in space, against MuJoCo and against mechanics itself. */
import assert from "node:assert/strict";
import { solveSymmetric } from "../../../sim/physics/planar_chain.ts";
import { randomStream } from "../../../sim/random.ts";
import { findRobot, robots } from "../../../sim/robots/catalogue.ts";
import {
  inverseDynamics,
  jointFrames,
  linkFrames,
  massMatrix,
  toolFrame,
  toolJacobian,
} from "../../../sim/robots/chain.ts";
import { pandaHome } from "../../../sim/robots/panda.ts";
import type { Robot, Triple } from "../../../sim/robots/robot.ts";
import { numbers } from "../numbers.ts";
import { mujocoRobot } from "./mujoco.ts";

const gravity: Triple = [0, 0, -9.81];

function toolAt(robot: Robot, angles: readonly number[]): readonly number[] {
  const links = linkFrames(numbers, jointFrames(numbers, robot, angles));
  return toolFrame(numbers, robot, links).position;
}

function near(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  assert.equal(actual.length, expected.length);
  actual.forEach((value, i) =>
    assert.ok(
      Math.abs(value - expected[i]) <= tolerance * (1 + Math.abs(expected[i])),
      `[${actual.join(", ")}] for [${expected.join(", ")}]`,
    )
  );
}

/** q̈ under torques, by the project's equations. */
function accelerations(
  robot: Robot,
  angles: readonly number[],
  velocities: readonly number[],
  torques: readonly number[],
): number[] {
  const frames = jointFrames(numbers, robot, angles);
  const bias = inverseDynamics(numbers, robot, frames, velocities, gravity);
  const driving = torques.map((torque, j) => torque - bias[j]);
  return solveSymmetric(numbers, massMatrix(numbers, robot, frames), driving);
}

function randomState(robot: Robot, name: string) {
  const random = randomStream(1, `tests/chain/${name}`);
  return () => ({
    angles: robot.joints.map(() => random.uniform(-Math.PI, Math.PI)),
    velocities: robot.joints.map(() => random.normal(0, 2)),
    torques: robot.joints.map(() => random.normal(0, 10)),
  });
}

Deno.test("the Panda's flange is where its maker's parameters put it", () => {
  const panda = findRobot("panda");
  near(toolAt(panda, pandaHome), [0.554499, 0, 0.624502], 2e-6);
  near(toolAt(panda, [0, 0, 0, 0, 0, 0, 0]), [0.088, 0, 0.926], 1e-12);
  near(toolAt(panda, [0.1, -0.4, 0.3, -2, 0.2, 1.7, 0.5]), [0.391821, 0.211606, 0.620445], 1e-6);
});

Deno.test("the UR5e's flange is where its Denavit-Hartenberg parameters put it", () => {
  const ur5e = findRobot("ur5e");
  near(toolAt(ur5e, [0, 0, 0, 0, 0, 0]), [-0.8172, -0.2329, 0.0628], 1e-12);
  near(toolAt(ur5e, [0.1, -1, 1.2, -0.5, 0.3, 0.7]), [-0.645431, -0.294358, 0.355658], 1e-6);
});

for (const robot of robots) {
  Deno.test(`${robot.name}: accelerations at random states are MuJoCo's`, () => {
    using oracle = mujocoRobot(robot, gravity);
    const draw = randomState(robot, robot.name);
    for (let trial = 0; trial < 100; trial++) {
      const { angles, velocities, torques } = draw();
      near(
        accelerations(robot, angles, velocities, torques),
        oracle.accelerations(angles, velocities, torques),
        1e-9,
      );
    }
  });

  Deno.test(`${robot.name}: inverse dynamics undoes forward dynamics`, () => {
    const draw = randomState(robot, `${robot.name}/inverse`);
    for (let trial = 0; trial < 20; trial++) {
      const { angles, velocities, torques } = draw();
      const moving = accelerations(robot, angles, velocities, torques);
      const frames = jointFrames(numbers, robot, angles);
      near(inverseDynamics(numbers, robot, frames, velocities, gravity, moving), torques, 1e-9);
    }
  });

  Deno.test(`${robot.name}: the Jacobian is the derivative of the tool's position`, () => {
    const { angles } = randomState(robot, `${robot.name}/jacobian`)();
    const links = linkFrames(numbers, jointFrames(numbers, robot, angles));
    const jacobian = toolJacobian(numbers, robot, links, toolFrame(numbers, robot, links));
    const step = 1e-6;
    jacobian.forEach(({ linear }, j) => {
      const moved = (by: number) =>
        toolAt(robot, angles.map((angle, k) => k === j ? angle + by : angle));
      const [after, before] = [moved(step), moved(-step)];
      near(linear, after.map((value, axis) => (value - before[axis]) / (2 * step)), 1e-8);
    });
  });
}
