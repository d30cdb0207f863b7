/**
 * `ArmReachGoal` and `ArmReachGoalDelta`: reach with a sparse reward, the goal among the observation's
 * rows, so that what was reached can be taken for the goal afterwards. The first is driven by torques;
 * the second, like FetchReach, by displacements of the hand.
 *
 * | | |
 * | --- | --- |
 * | robot | arm26: links of 30.9 and 33.3 cm in a horizontal plane, limits 0 … 135° and 0 … 155° |
 * | action | 2, −1 … 1, clipped: motor commands, torque 10 N m at 1; or the hand's displacement, 5 cm at 1 |
 * | observation | 10: cos q₁, cos q₂, sin q₁, sin q₂, q̇₁, q̇₂, achieved (hand) x, y, desired (goal) x, y |
 * | reward | 0 where the hand is within 5 cm of the goal, else −1; after the step |
 * | start | hand at (−0.1, 0.4) m, at rest; goal uniform within ±0.15 m of it, x and y |
 * | end | never; truncated after 100 steps (2 s) |
 * | success | hand within 5 cm of the goal |
 * | rates | physics 100 Hz (torques: fourth-order Runge-Kutta; displacements: implicit servos), control 50 Hz |
 * | version | 1 |
 *
 * Displacements go through damped least squares (λ = 0.05 m/rad) to position servos of 100 N m/rad and
 * 10 N m s/rad, limited to 10 N m.
 */
import { clip } from "../actuators/actuator.ts";
import { findArm } from "../arms/catalogue.ts";
import { inverseKinematics } from "../arms/kinematics.ts";
import type { Algebra } from "../expression/algebra.ts";
import { motorTorques, servoStep, toolDeltaTargets } from "../robots/actuation.ts";
import { type RobotMotion, robotStep } from "../robots/robot_step.ts";
import type { GoalRows } from "./environment.ts";
import type { EquationsTask } from "./equations_task.ts";
import {
  hand,
  humanArm,
  jointRows,
  jointValues,
  motorCommands,
  motorSpace,
  noGravity,
} from "./human_arm.ts";
import { atMost, difference, norm } from "./terms.ts";

const physicsStep = 0.01;
const substeps = 2;

const startHand = [-0.1, 0.4] as const;
const startAngles = inverseKinematics(findArm(humanArm.name), startHand);

/** Largest component of the way to the goal, and how near is there, m. */
const goalRange = 0.15;
const threshold = 0.05;

const servos = { stiffness: [100, 100], damping: [10, 10] };
const displacement = { scale: 0.05, damping: 0.05 };

const goals: GoalRows = {
  achieved: [6, 7],
  desired: [8, 9],
  reward: (achieved, desired) =>
    Math.hypot(achieved[0] - desired[0], achieved[1] - desired[1]) > threshold ? -1 : 0,
};

/** One control step. */
type Drive = <Value>(
  algebra: Algebra<Value>,
  motion: RobotMotion<Value>,
  action: readonly Value[],
) => RobotMotion<Value>;

function repeatedly<Value>(
  motion: RobotMotion<Value>,
  step: (motion: RobotMotion<Value>) => RobotMotion<Value>,
): RobotMotion<Value> {
  for (let substep = 0; substep < substeps; substep++) motion = step(motion);
  return motion;
}

const byTorques: Drive = (algebra, motion, action) => {
  const torques = motorTorques(algebra, humanArm, action);
  const options = { gravity: noGravity, integrator: "rk4", timeStep: physicsStep } as const;
  return repeatedly(motion, (at) => robotStep(algebra, humanArm, at, torques, options));
};

const byDisplacements: Drive = (algebra, motion, action) => {
  const [x, y] = action.map((command) => clip(algebra, command, -1, 1));
  const targets = toolDeltaTargets(algebra, humanArm, motion.angles, displacement, [
    x,
    y,
    algebra.constant(0),
  ]);
  const options = { gravity: noGravity, timeStep: physicsStep };
  return repeatedly(motion, (at) => servoStep(algebra, humanArm, servos, at, targets, options));
};

function goalTask(
  name: string,
  summary: string,
  action: readonly string[],
  drive: Drive,
): EquationsTask {
  return {
    specification: {
      name,
      version: 1,
      summary,
      action,
      observation: [
        ...jointRows,
        "hand x (achieved), m",
        "hand y (achieved), m",
        "goal x (desired), m",
        "goal y (desired), m",
      ],
      reward: "0 where ‖hand − goal‖ ≤ 5 cm, else −1",
      start: "hand at (−0.1, 0.4) m, at rest; goal uniform within ±0.15 m of it, x and y",
      success: "hand within 5 cm of the goal",
      physicsStep,
      controlStep: physicsStep * substeps,
      horizon: 100,
      source: "Plappert et al. 2018 (arXiv 1802.09464), FetchReach; Gymnasium-Robotics v4",
    },
    actionSpace: motorSpace,
    goals,
    state: { angles: 2, velocities: 2, goal: 2 },
    start: (random) => ({
      angles: startAngles,
      velocities: [0, 0],
      goal: startHand.map((middle) => middle + random.uniform(-goalRange, goalRange)),
    }),
    step(algebra, { angles, velocities, goal }, action) {
      const motion = drive(algebra, { angles, velocities }, action);
      const distance = norm(algebra, difference(algebra, hand(algebra, motion.angles), goal));
      const there = atMost(algebra, distance, threshold);
      return {
        state: { ...motion, goal },
        reward: algebra.subtract(there, algebra.constant(1)),
        success: there,
      };
    },
    observe: (algebra, { angles, velocities, goal }) => [
      ...jointValues(algebra, { angles, velocities }),
      ...hand(algebra, angles),
      ...goal,
    ],
  };
}

/** Reaching a goal by torques. */
export const armReachGoal = goalTask(
  "ArmReachGoal",
  "Reach a goal with the human-sized arm, by torques; sparse reward, for hindsight replay",
  motorCommands,
  byTorques,
);

/** Reaching a goal by displacements of the hand. */
export const armReachGoalDelta = goalTask(
  "ArmReachGoalDelta",
  "Reach a goal with the human-sized arm, by moving its hand; sparse reward, FetchReach's twin",
  ["displacement of the hand along x, −1 … 1", "displacement of the hand along y, −1 … 1"],
  byDisplacements,
);
