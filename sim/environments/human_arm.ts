/** What the tasks of the human-sized arm share: its two joints under torques, its hand, its postures. */
import { findArm } from "../arms/catalogue.ts";
import { handPosition } from "../arms/kinematics.ts";
import type { Algebra } from "../expression/algebra.ts";
import { holdLimits, integrate } from "../physics/plant_equations.ts";
import type { RandomStream } from "../random.ts";
import {
  jointFrames,
  linkFrames,
  toolFrame,
  toolJacobian,
  torquesOfToolForce,
} from "../robots/chain.ts";
import { robotOfArm } from "../robots/planar.ts";
import { robotAccelerations, type RobotMotion } from "../robots/robot_step.ts";
import type { Space } from "./environment.ts";

const arm = findArm("arm26");

/** Shoulder and elbow of a person, 31 and 33 cm, in a horizontal plane; motors of ±10 N m. */
export const humanArm = robotOfArm(arm);

/** The arm lies in the plane: nothing falls. */
export const noGravity = [0, 0, 0] as const;

export const motorCommands: readonly string[] = ["shoulder motor, −1 … 1", "elbow motor, −1 … 1"];
export const motorSpace: Space = { low: [-1, -1], high: [1, 1] };

/** Rows that show the joints' motion. */
export const jointRows: readonly string[] = [
  "cos q₁",
  "cos q₂",
  "sin q₁",
  "sin q₂",
  "q̇₁, rad/s",
  "q̇₂, rad/s",
];

/** The values of `jointRows`. */
export function jointValues<Value>(
  algebra: Algebra<Value>,
  { angles, velocities }: RobotMotion<Value>,
): Value[] {
  return [
    ...angles.map((angle) => algebra.cos(angle)),
    ...angles.map((angle) => algebra.sin(angle)),
    ...velocities,
  ];
}

/** Position of the hand: x, y, m. */
export function hand<Value>(
  algebra: Algebra<Value>,
  angles: readonly Value[],
): [x: Value, y: Value] {
  const links = linkFrames(algebra, jointFrames(algebra, humanArm, angles));
  const [x, y] = toolFrame(algebra, humanArm, links).position;
  return [x, y];
}

/** Position of the hand in a posture, in numbers, m. */
export function handAt(angles: readonly number[]): readonly [x: number, y: number] {
  return handPosition(arm, angles);
}

/** A posture uniform within the joints' limits, rad. */
export function drawPosture(random: RandomStream): number[] {
  return humanArm.joints.map(({ lower, upper }) => random.uniform(lower, upper));
}

/**
 * The motion a time step later under joint torques and a force on the hand, by the fourth-order
 * Runge-Kutta method; joints stop at their limits.
 *
 * @param torques N m, constant over the step
 * @param load x, y of the force, N, constant over the step
 */
export function loadedStep<Value>(
  algebra: Algebra<Value>,
  motion: RobotMotion<Value>,
  torques: readonly Value[],
  [x, y]: readonly Value[],
  timeStep: number,
): RobotMotion<Value> {
  const free = integrate(algebra, "rk4", timeStep, motion, (at) => {
    const links = linkFrames(algebra, jointFrames(algebra, humanArm, at.angles));
    const tool = toolFrame(algebra, humanArm, links);
    const jacobian = toolJacobian(algebra, humanArm, links, tool);
    const external = torquesOfToolForce(algebra, jacobian, [x, y, algebra.constant(0)]);
    const total = torques.map((torque, j) => algebra.add(torque, external[j]));
    return robotAccelerations(algebra, humanArm, noGravity, at, total);
  });
  return holdLimits(algebra, humanArm, free);
}
