/**
 * `ArmReacher`: Gymnasium's Reacher-v5 to the letter.
 *
 * | | |
 * | --- | --- |
 * | robot | two links of 10 cm in the plane, finger 11 cm from the elbow; armature 1 kg m² a joint |
 * | action | 2: motor commands −1 … 1, torque 200 N m at 1 |
 * | observation | 10: cos q₁, cos q₂, sin q₁, sin q₂, target x, y, q̇₁, q̇₂, (finger − target) x, y |
 * | reward | −‖finger − target‖ − Σ a², after the step |
 * | start | angles uniform within ±0.1 rad, speeds within ±0.005 rad/s; target uniform in a disc of 0.2 m |
 * | end | never; truncated after 50 steps |
 * | success | none |
 * | rates | physics 100 Hz (fourth-order Runge-Kutta), control 50 Hz |
 * | version | 5 (rewards after the step; weight of the control term 1) |
 *
 * The elbow stops at ±3 rad at once, where MuJoCo's limit is a stiff spring.
 */
import type { Algebra } from "../expression/algebra.ts";
import type { RandomStream } from "../random.ts";
import { motorTorques } from "../robots/actuation.ts";
import { jointFrames, linkFrames, toolFrame } from "../robots/chain.ts";
import { gymReacher } from "../robots/reachers.ts";
import { robotStep } from "../robots/robot_step.ts";
import type { EquationsTask, Parts } from "./equations_task.ts";
import { difference, norm, sumOfSquares } from "./terms.ts";

const physicsStep = 0.01;
const substeps = 2;
const noGravity = [0, 0, 0] as const;

/** Radius of the disc that targets come from, m. */
const targetRadius = 0.2;

function finger<Value>(algebra: Algebra<Value>, angles: readonly Value[]) {
  const links = linkFrames(algebra, jointFrames(algebra, gymReacher, angles));
  const [x, y] = toolFrame(algebra, gymReacher, links).position;
  return [x, y] as const;
}

function offTarget<Value>(algebra: Algebra<Value>, { angles, target }: Parts<Value>) {
  return difference(algebra, finger(algebra, angles), target);
}

/** Uniform in the disc, by rejection from the square around it. */
function drawTarget(random: RandomStream): number[] {
  for (;;) {
    const target = [0, 1].map(() => random.uniform(-targetRadius, targetRadius));
    if (Math.hypot(...target) < targetRadius) return target;
  }
}

/** Reacher-v5. */
export const armReacher: EquationsTask = {
  specification: {
    name: "ArmReacher",
    version: 5,
    summary: "Point a light two-link arm's finger at a target: Gymnasium's Reacher-v5",
    action: ["shoulder motor, −1 … 1", "elbow motor, −1 … 1"],
    observation: [
      "cos q₁",
      "cos q₂",
      "sin q₁",
      "sin q₂",
      "target x, m",
      "target y, m",
      "q̇₁, rad/s",
      "q̇₂, rad/s",
      "finger − target, x, m",
      "finger − target, y, m",
    ],
    reward: "−‖finger − target‖ − Σ a²",
    start: "q uniform within ±0.1 rad, q̇ within ±0.005 rad/s; target uniform in a disc of 0.2 m",
    physicsStep,
    controlStep: physicsStep * substeps,
    horizon: 50,
    source: "Gymnasium, Reacher-v5",
  },
  actionSpace: { low: [-1, -1], high: [1, 1] },
  state: { angles: 2, velocities: 2, target: 2 },
  start: (random) => ({
    angles: [0, 1].map(() => random.uniform(-0.1, 0.1)),
    target: drawTarget(random),
    velocities: [0, 1].map(() => random.uniform(-0.005, 0.005)),
  }),
  step(algebra, { angles, velocities, target }, action) {
    const torques = motorTorques(algebra, gymReacher, action);
    let motion = { angles, velocities };
    for (let substep = 0; substep < substeps; substep++) {
      motion = robotStep(algebra, gymReacher, motion, torques, {
        gravity: noGravity,
        integrator: "rk4",
        timeStep: physicsStep,
      });
    }
    const state = { ...motion, target };
    const distance = norm(algebra, offTarget(algebra, state));
    const control = sumOfSquares(algebra, action);
    return { state, reward: algebra.negate(algebra.add(distance, control)) };
  },
  observe(algebra, state) {
    const { angles, velocities, target } = state;
    return [
      ...angles.map((angle) => algebra.cos(angle)),
      ...angles.map((angle) => algebra.sin(angle)),
      ...target,
      ...velocities,
      ...offTarget(algebra, state),
    ];
  },
};
