/**
 * `ArmPush`: push a puck to a goal with the human-sized arm; Pusher-v5's reward.
 *
 * | | |
 * | --- | --- |
 * | robot | arm26: links of 30.9 and 33.3 cm in a horizontal plane, limits 0 … 135° and 0 … 155°; round fingertip, radius 2 cm |
 * | puck | cylinder, radius 5 cm, 0.5 kg; friction 0.5 on the plane and 0.5 with the fingertip |
 * | contact | spring 10 kN/m, damper 50 N s/m, slip speed 1 cm/s (see `puck.ts`) |
 * | action | 2: motor commands −1 … 1, torque 10 N m at 1; commands beyond are clipped |
 * | observation | 15: cos q₁, cos q₂, sin q₁, sin q₂, q̇₁, q̇₂, hand x, y, puck x, y, ẋ, ẏ, spin, goal x, y |
 * | reward | −0.5 ‖puck − hand‖ − ‖puck − goal‖ − 0.1 Σ a², after the step |
 * | start | hand at (−0.05, 0.25) m, at rest; puck at rest, uniform in x −0.15 … 0.05, y 0.36 … 0.4 m; goal uniform in x −0.25 … 0.1, y 0.47 … 0.52 m, redrawn within 8 cm of the puck |
 * | end | never; truncated after 100 steps (2 s) |
 * | success | puck within 5 cm of the goal |
 * | rates | physics 500 Hz (semi-implicit Euler), control 50 Hz |
 * | version | 1 |
 *
 * The shoulder stands at the origin. Fingertip and puck overlap by 3 cm where they meet at 5 m/s.
 */
import { clip } from "../actuators/actuator.ts";
import { findArm } from "../arms/catalogue.ts";
import { inverseKinematics } from "../arms/kinematics.ts";
import type { Algebra } from "../expression/algebra.ts";
import { holdLimits, integrate } from "../physics/plant_equations.ts";
import type { RandomStream } from "../random.ts";
import { motorTorques } from "../robots/actuation.ts";
import {
  jointFrames,
  linkFrames,
  toolFrame,
  toolJacobian,
  toolVelocity,
  torquesOfToolForce,
} from "../robots/chain.ts";
import { robotAccelerations, type RobotMotion } from "../robots/robot_step.ts";
import type { EquationsTask, Parts } from "./equations_task.ts";
import {
  hand,
  humanArm,
  jointRows,
  jointValues,
  motorCommands,
  motorSpace,
  noGravity,
} from "./human_arm.ts";
import { type Contact, contactPushes, type DiscMotion, type Puck, puckStep } from "./puck.ts";
import { atMost, difference, norm, sumOfSquares } from "./terms.ts";

const physicsStep = 0.002;
const substeps = 10;

/** The puck of the task. */
export const taskPuck: Puck = { radius: 0.05, mass: 0.5, friction: 0.5 };

/** How the fingertip meets it. */
export const taskContact: Contact = {
  fingerRadius: 0.02,
  stiffness: 10_000,
  damping: 50,
  friction: 0.5,
  slipSpeed: 0.01,
};

/** What presses the puck to the plane, m/s². */
const gravity = 9.81;

const startHand = [-0.05, 0.25] as const;
const startAngles = inverseKinematics(findArm(humanArm.name), startHand);

/** x and y, m */
type Region = readonly [x: readonly [number, number], y: readonly [number, number]];

const puckRegion: Region = [[-0.15, 0.05], [0.36, 0.4]];
const goalRegion: Region = [[-0.25, 0.1], [0.47, 0.52]];
const smallestWay = 0.08;
const nearGoal = 0.05;

function drawPoint(random: RandomStream, region: Region): number[] {
  return region.map(([low, high]) => random.uniform(low, high));
}

function drawGoal(random: RandomStream, puck: readonly number[]): number[] {
  for (;;) {
    const goal = drawPoint(random, goalRegion);
    if (Math.hypot(goal[0] - puck[0], goal[1] - puck[1]) >= smallestWay) return goal;
  }
}

/** Arm and puck. */
export interface Pushing<Value> {
  readonly arm: RobotMotion<Value>;
  readonly puck: DiscMotion<Value>;
}

/**
 * Arm and puck a time step later, under joint torques.
 * @param timeStep s
 */
export function pushStep<Value>(
  algebra: Algebra<Value>,
  { arm, puck }: Pushing<Value>,
  torques: readonly Value[],
  timeStep: number,
  object: Puck = taskPuck,
): Pushing<Value> {
  const { add } = algebra;
  const links = linkFrames(algebra, jointFrames(algebra, humanArm, arm.angles));
  const tool = toolFrame(algebra, humanArm, links);
  const jacobian = toolJacobian(algebra, humanArm, links, tool);
  const { linear, angular } = toolVelocity(algebra, jacobian, arm.velocities);
  const finger: DiscMotion<Value> = {
    position: [tool.position[0], tool.position[1]],
    velocity: [linear[0], linear[1]],
    spin: angular[2],
  };
  const { onFinger, onPuck } = contactPushes(algebra, object, taskContact, finger, puck);
  const [x, y] = onFinger.force;
  const ofForce = torquesOfToolForce(algebra, jacobian, [x, y, algebra.constant(0)]);
  // All axes stand upright: the moment acts on each joint alike.
  const total = torques.map((torque, j) => add(torque, add(ofForce[j], onFinger.moment)));
  const free = integrate(
    algebra,
    "semi-implicit",
    timeStep,
    arm,
    (at) => robotAccelerations(algebra, humanArm, noGravity, at, total),
  );
  return {
    arm: holdLimits(algebra, humanArm, free),
    puck: puckStep(algebra, object, puck, onPuck, { gravity, timeStep }),
  };
}

function pushingOf<Value>(
  { angles, velocities, puck, puckVelocity, puckSpin }: Parts<Value>,
): Pushing<Value> {
  return {
    arm: { angles, velocities },
    puck: {
      position: [puck[0], puck[1]],
      velocity: [puckVelocity[0], puckVelocity[1]],
      spin: puckSpin[0],
    },
  };
}

/** Pushing a puck. */
export const armPush: EquationsTask = {
  specification: {
    name: "ArmPush",
    version: 1,
    summary: "Push a puck to a goal with the human-sized arm, by torques",
    action: motorCommands,
    observation: [
      ...jointRows,
      "hand x, m",
      "hand y, m",
      "puck x, m",
      "puck y, m",
      "puck ẋ, m/s",
      "puck ẏ, m/s",
      "puck's spin, rad/s",
      "goal x, m",
      "goal y, m",
    ],
    reward: "−0.5 ‖puck − hand‖ − ‖puck − goal‖ − 0.1 Σ a²",
    start: "hand at (−0.05, 0.25) m, at rest; puck at rest, uniform in x −0.15 … 0.05, " +
      "y 0.36 … 0.4 m; goal uniform in x −0.25 … 0.1, y 0.47 … 0.52 m, redrawn within 8 cm of the puck",
    success: "puck within 5 cm of the goal",
    physicsStep,
    controlStep: physicsStep * substeps,
    horizon: 100,
    source: "reward: Gymnasium, Pusher-v5; friction of the puck: Howe & Cutkosky 1996",
  },
  actionSpace: motorSpace,
  state: { angles: 2, velocities: 2, puck: 2, puckVelocity: 2, puckSpin: 1, goal: 2 },
  start(random) {
    const puck = drawPoint(random, puckRegion);
    return {
      angles: startAngles,
      velocities: [0, 0],
      puck,
      puckVelocity: [0, 0],
      puckSpin: [0],
      goal: drawGoal(random, puck),
    };
  },
  step(algebra, state, action) {
    const { constant, add, multiply, negate } = algebra;
    const commands = action.map((command) => clip(algebra, command, -1, 1));
    const torques = motorTorques(algebra, humanArm, commands);
    let pushing = pushingOf(state);
    for (let substep = 0; substep < substeps; substep++) {
      pushing = pushStep(algebra, pushing, torques, physicsStep);
    }
    const { arm, puck: { position, velocity, spin } } = pushing;
    const near = norm(algebra, difference(algebra, position, hand(algebra, arm.angles)));
    const left = norm(algebra, difference(algebra, position, state.goal));
    const cost = add(
      add(multiply(constant(0.5), near), left),
      multiply(constant(0.1), sumOfSquares(algebra, commands)),
    );
    return {
      state: {
        ...arm,
        puck: position,
        puckVelocity: velocity,
        puckSpin: [spin],
        goal: state.goal,
      },
      reward: negate(cost),
      success: atMost(algebra, left, nearGoal),
    };
  },
  observe: (algebra, { angles, velocities, puck, puckVelocity, puckSpin, goal }) => [
    ...jointValues(algebra, { angles, velocities }),
    ...hand(algebra, angles),
    ...puck,
    ...puckVelocity,
    ...puckSpin,
    ...goal,
  ],
};
