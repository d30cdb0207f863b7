/** How actions drive joints: limits, fixed points, and the equations that they solve. */
import assert from "node:assert/strict";
import { solveSymmetric } from "../../../sim/physics/planar_chain.ts";
import { randomStream } from "../../../sim/random.ts";
import {
  dampedLeastSquares,
  jointDeltaTargets,
  jointTargets,
  motorTorques,
  servoStep,
  servoTorques,
  toolDeltaTargets,
} from "../../../sim/robots/actuation.ts";
import {
  inverseDynamics,
  jointFrames,
  linkFrames,
  massMatrix,
  toolFrame,
  toolJacobian,
} from "../../../sim/robots/chain.ts";
import { panda, pandaHome, pandaServoGains } from "../../../sim/robots/panda.ts";
import { integrate } from "../../../sim/physics/plant_equations.ts";
import { robotAccelerations, type RobotMotion } from "../../../sim/robots/robot_step.ts";
import { gymReacher } from "../../../sim/robots/reachers.ts";
import type { Triple } from "../../../sim/robots/robot.ts";
import { numbers } from "../numbers.ts";

const gravity: Triple = [0, 0, -9.81];
const weightless: Triple = [0, 0, 0];
const gains = {
  stiffness: pandaServoGains,
  damping: pandaServoGains.map((stiffness) => stiffness / 10),
};
const zeros = panda.joints.map(() => 0);
const atHome = { angles: pandaHome, velocities: zeros };
const limits = panda.joints.map(({ maximalTorque }) => maximalTorque);

function near(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  assert.equal(actual.length, expected.length);
  actual.forEach((value, i) =>
    assert.ok(
      Math.abs(value - expected[i]) <= tolerance,
      `[${actual.join(", ")}] for [${expected.join(", ")}]`,
    )
  );
}

function largest(values: readonly number[]): number {
  return Math.max(...values.map(Math.abs));
}

function jacobianAt(angles: readonly number[]) {
  const links = linkFrames(numbers, jointFrames(numbers, panda, angles));
  const tool = toolFrame(numbers, panda, links);
  return { jacobian: toolJacobian(numbers, panda, links, tool), position: tool.position };
}

Deno.test("motors give their largest torque at a command of 1, and no more beyond", () => {
  assert.deepEqual(motorTorques(numbers, gymReacher, [0.25, -1]), [50, -200]);
  assert.deepEqual(motorTorques(numbers, gymReacher, [7, -1.5]), [200, -200]);
});

Deno.test("targets lie about a posture or the present angles, within the joints' limits", () => {
  const action = [1, -1, 0.5, 0, 0, 0, 0];
  near(
    jointTargets(numbers, panda, pandaHome, 0.2, action),
    [0.2, -0.2, 0.1, ...pandaHome.slice(3)],
    1e-15,
  );
  const angles = pandaHome.map((angle) => angle + 0.01);
  near(
    jointDeltaTargets(numbers, panda, angles, 0.2, action),
    angles.map((angle, j) => angle + 0.2 * action[j]),
    1e-15,
  );
  const far = jointTargets(numbers, panda, pandaHome, 10, panda.joints.map(() => -1));
  assert.deepEqual(far, panda.joints.map(({ lower }) => lower));
});

Deno.test("servos pull by their gains, within what the motors give", () => {
  const motion = { angles: pandaHome, velocities: [0.1, 0, 0, 0, 0, 0, 0] };
  const targets = pandaHome.map((angle, j) => angle + [0.01, 0.01, 1, -1, 0, 0.001, 1][j]);
  near(
    servoTorques(numbers, panda, gains, motion, targets),
    [4500 * 0.01 - 450 * 0.1, 45, 87, -87, 0, 2, 12],
    1e-10,
  );
});

Deno.test("a servo at its target, at rest and without weight, stays there", () => {
  const step = { gravity: weightless, timeStep: 1 / 60 };
  assert.deepEqual(
    servoStep(numbers, panda, gains, atHome, pandaHome, step),
    { angles: [...pandaHome], velocities: zeros },
  );
});

Deno.test("under gravity the servos come to rest where their springs carry the arm", () => {
  let motion: RobotMotion<number> = atHome;
  for (let step = 0; step < 600; step++) {
    motion = servoStep(numbers, panda, gains, motion, pandaHome, { gravity, timeStep: 1 / 60 });
  }
  assert.ok(largest(motion.velocities) < 1e-9);
  const frames = jointFrames(numbers, panda, motion.angles);
  const weight = inverseDynamics(numbers, panda, frames, zeros, gravity);
  near(motion.angles.map((angle, j) => pandaServoGains[j] * (pandaHome[j] - angle)), weight, 1e-6);
  assert.ok(largest(weight) > 5, "gravity should pull at the arm");
});

Deno.test("servos that are stiff for the step settle at a far target without ringing up", () => {
  const targets = pandaHome.map((angle, j) => angle + (j % 2 ? -0.5 : 0.5));
  let motion: RobotMotion<number> = atHome;
  let fastest = 0;
  for (let step = 0; step < 240; step++) {
    const next = servoStep(numbers, panda, gains, motion, targets, {
      gravity: weightless,
      timeStep: 1 / 60,
    });
    fastest = Math.max(fastest, largest(next.velocities));
    motion = next;
  }
  near(motion.angles, targets, 1e-4);
  assert.ok(fastest < 20, `${fastest} rad/s`);
});

Deno.test("a servo step solves its implicit equation where no motor is at its limit", () => {
  const random = randomStream(1, "tests/actuation/implicit");
  const h = 0.01;
  const angles = pandaHome.map((angle) => angle + random.normal(0, 0.2));
  const velocities = zeros.map(() => random.normal(0, 0.05));
  const targets = angles.map((angle) => angle + random.normal(0, 0.001));
  const after = servoStep(numbers, panda, gains, { angles, velocities }, targets, {
    gravity: weightless,
    timeStep: h,
  });
  near(after.angles, angles.map((angle, j) => angle + h * after.velocities[j]), 1e-15);
  const frames = jointFrames(numbers, panda, angles);
  const bias = inverseDynamics(numbers, panda, frames, velocities, weightless);
  const accelerations = after.velocities.map((velocity, j) => (velocity - velocities[j]) / h);
  const driving = massMatrix(numbers, panda, frames).map((row, i) =>
    row.reduce((sum, mass, j) => sum + mass * accelerations[j], bias[i])
  );
  const torques = targets.map((target, j) =>
    gains.stiffness[j] * (target - after.angles[j]) - gains.damping[j] * after.velocities[j]
  );
  assert.ok(torques.every((torque, j) => Math.abs(torque) < limits[j]));
  near(driving, torques, 1e-8);
});

Deno.test("a servo step with every motor at its limit is a step under those torques", () => {
  const h = 1 / 60;
  const signs = [1, -1, 1, 1, -1, 1, -1];
  const targets = pandaHome.map((angle, j) => angle + 2 * signs[j]);
  const after = servoStep(numbers, panda, gains, atHome, targets, { gravity, timeStep: h });
  const frames = jointFrames(numbers, panda, pandaHome);
  const bias = inverseDynamics(numbers, panda, frames, zeros, gravity);
  const driving = limits.map((limit, j) => signs[j] * limit - bias[j]);
  const accelerations = solveSymmetric(numbers, massMatrix(numbers, panda, frames), driving);
  near(after.velocities, accelerations.map((value) => h * value), 1e-12);
});

Deno.test("with ever smaller steps a servo comes to the continuous motion, at first order", () => {
  const soft = { stiffness: zeros.map(() => 80), damping: zeros.map(() => 8) };
  const targets = pandaHome.map((angle) => angle + 0.1);
  const seconds = 0.1;
  const run = (steps: number) => {
    let motion: RobotMotion<number> = atHome;
    for (let step = 0; step < steps; step++) {
      motion = servoStep(numbers, panda, soft, motion, targets, {
        gravity,
        timeStep: seconds / steps,
      });
    }
    return motion.angles;
  };
  let exact: RobotMotion<number> = atHome;
  for (let step = 0; step < 200; step++) {
    exact = integrate(numbers, "rk4", seconds / 200, exact, (at) =>
      robotAccelerations(
        numbers,
        panda,
        gravity,
        at,
        servoTorques(numbers, panda, soft, at, targets),
      ));
  }
  const error = (steps: number) => largest(run(steps).map((angle, j) => angle - exact.angles[j]));
  const ratio = error(50) / error(100);
  assert.ok(error(100) < 2e-3, `${error(100)} rad`);
  assert.ok(ratio > 1.8 && ratio < 2.2, `halving the step divides the error by ${ratio}`);
});

/** The inverse of a 3 × 3 matrix by its cofactors. */
function inverse(m: readonly (readonly number[])[]): number[][] {
  const minor = (i: number, j: number) => {
    const [a, b] = [0, 1, 2].filter((k) => k !== i);
    const [c, d] = [0, 1, 2].filter((k) => k !== j);
    return (m[a][c] * m[b][d] - m[a][d] * m[b][c]) * ((i + j) % 2 ? -1 : 1);
  };
  const determinant = [0, 1, 2].reduce((sum, j) => sum + m[0][j] * minor(0, j), 0);
  return [0, 1, 2].map((i) => [0, 1, 2].map((j) => minor(j, i) / determinant));
}

Deno.test("damped least squares is its explicit solution, and the minimum that it claims", () => {
  const { jacobian } = jacobianAt([0.1, -0.4, 0.3, -2, 0.2, 1.7, 0.5]);
  const displacement = [0.03, -0.02, 0.05] as const;
  const damping = 0.1;
  const rows = [0, 1, 2].map((axis) => jacobian.map(({ linear }) => linear[axis]));
  const product = rows.map((a, i) =>
    rows.map((b, j) => a.reduce((sum, value, k) => sum + value * b[k], i === j ? damping ** 2 : 0))
  );
  const pull = inverse(product).map((row) =>
    row.reduce((sum, value, j) => sum + value * displacement[j], 0)
  );
  const actual = dampedLeastSquares(numbers, jacobian, displacement, damping);
  near(
    actual,
    jacobian.map((_, j) => rows.reduce((sum, row, i) => sum + row[j] * pull[i], 0)),
    1e-14,
  );
  // The gradient of ‖J Δq − Δx‖² + λ² ‖Δq‖² vanishes.
  const left = rows.map((row, i) =>
    row.reduce((sum, value, j) => sum + value * actual[j], -displacement[i])
  );
  const gradient = actual.map((value, j) =>
    rows.reduce((sum, row, i) => sum + row[j] * left[i], damping ** 2 * value)
  );
  near(gradient, zeros, 1e-14);
});

Deno.test("with little damping the tool goes where it is sent, to first order", () => {
  const { position } = jacobianAt(pandaHome);
  const targets = toolDeltaTargets(
    numbers,
    panda,
    pandaHome,
    { scale: 1e-4, damping: 1e-4 },
    [1, -1, 0.5],
  );
  const moved = jacobianAt(targets).position.map((value, axis) => value - position[axis]);
  near(moved, [1e-4, -1e-4, 0.5e-4], 1e-7);
});

Deno.test("damping keeps the joints calm where the arm is stretched out and cannot go further", () => {
  // Upright: the flange is moved along z by no joint.
  const { jacobian } = jacobianAt([0, 0, 0, 0, 0, Math.PI, 0]);
  const calm = dampedLeastSquares(numbers, jacobian, [0, 0, 0.1], 0.05);
  assert.ok(calm.every(Number.isFinite));
  assert.ok(largest(calm) < 0.1 / (2 * 0.05) + 1e-12, "no joint moves more than Δx/2λ");
});
