/**
 * `SuiteReacherEasy` and `SuiteReacherHard`: the reacher of the DeepMind Control Suite.
 *
 * | | |
 * | --- | --- |
 * | robot | two links in the plane, wrist and finger 12 cm apart; joint damping 0.01 N m s/rad |
 * | action | 2: motor commands −1 … 1, torque 0.05 N m at 1; commands beyond are clipped |
 * | observation | 6: q₁, q₂, (target − finger) x, y, q̇₁, q̇₂ |
 * | reward | 1 where the finger touches the target, ‖target − finger‖ ≤ r + 1 cm, else 0; after the step |
 * | target's radius r | easy 5 cm, hard 1.5 cm |
 * | start | shoulder uniform in ±π, wrist in ±160°, at rest; target at an angle uniform, 5 … 20 cm from the shoulder |
 * | end | never; truncated after 1000 steps (20 s): returns lie in 0 … 1000 |
 * | success | none |
 * | rates | physics and control 50 Hz (semi-implicit Euler, implicit in the damping, as MuJoCo's) |
 * | version | 1 |
 *
 * The wrist stops at ±160° at once, where MuJoCo's limit is a stiff spring.
 */
import type { Algebra } from "../expression/algebra.ts";
import { solveSymmetric } from "../physics/planar_chain.ts";
import { holdLimits } from "../physics/plant_equations.ts";
import { motorTorques } from "../robots/actuation.ts";
import {
  inverseDynamics,
  jointFrames,
  linkFrames,
  massMatrix,
  toolFrame,
} from "../robots/chain.ts";
import { controlSuiteReacher as robot } from "../robots/reachers.ts";
import type { RobotMotion } from "../robots/robot_step.ts";
import type { EquationsTask, Parts } from "./equations_task.ts";
import { difference, norm } from "./terms.ts";
import { tolerance } from "./tolerance.ts";

const timeStep = 0.02;

/** Radius of the finger, and how far from the shoulder targets lie, m. */
const fingerRadius = 0.01;
const targetDistances = [0.05, 0.2] as const;

function toTarget<Value>(algebra: Algebra<Value>, { angles, target }: Parts<Value>): Value[] {
  const links = linkFrames(algebra, jointFrames(algebra, robot, angles));
  const [x, y] = toolFrame(algebra, robot, links).position;
  return difference(algebra, target, [x, y]);
}

/**
 * MuJoCo's Euler step: the joints' damping acts on the velocities that the step leads to, for it is
 * large beside the links' inertia.
 */
function eulerStep<Value>(
  algebra: Algebra<Value>,
  { angles, velocities }: RobotMotion<Value>,
  torques: readonly Value[],
): RobotMotion<Value> {
  const { constant, add, subtract, multiply } = algebra;
  const advanced = (values: readonly Value[], rates: readonly Value[]) =>
    values.map((value, j) => add(value, multiply(constant(timeStep), rates[j])));
  const frames = jointFrames(algebra, robot, angles);
  const bias = inverseDynamics(algebra, robot, frames, velocities, [0, 0, 0]);
  const damped = massMatrix(algebra, robot, frames).map((row, i) =>
    row.map((mass, j) => i === j ? add(mass, constant(timeStep * robot.joints[i].damping)) : mass)
  );
  const driving = torques.map((torque, j) => subtract(torque, bias[j]));
  const next = advanced(velocities, solveSymmetric(algebra, damped, driving));
  return holdLimits(algebra, robot, { angles: advanced(angles, next), velocities: next });
}

function suiteReacher(level: "Easy" | "Hard", targetRadius: number): EquationsTask {
  return {
    specification: {
      name: `SuiteReacher${level}`,
      version: 1,
      summary: `Touch a target of ${targetRadius} m radius: the Control Suite's reacher, ` +
        level.toLowerCase(),
      action: ["shoulder motor, −1 … 1", "wrist motor, −1 … 1"],
      observation: [
        "q₁, rad",
        "q₂, rad",
        "target − finger, x, m",
        "target − finger, y, m",
        "q̇₁, rad/s",
        "q̇₂, rad/s",
      ],
      reward: `1 where ‖target − finger‖ ≤ ${targetRadius} m + ${fingerRadius} m, else 0`,
      start: "shoulder uniform in ±π, wrist in ±160°, at rest; target at a uniform angle, its " +
        "distance uniform in 5 … 20 cm",
      physicsStep: timeStep,
      controlStep: timeStep,
      horizon: 1000,
      source: "dm_control, suite/reacher (Tassa et al. 2018, arXiv 1801.00690)",
    },
    actionSpace: { low: [-1, -1], high: [1, 1] },
    state: { angles: 2, velocities: 2, target: 2 },
    start(random) {
      const [, wrist] = robot.joints;
      const angles = [
        random.uniform(-Math.PI, Math.PI),
        random.uniform(wrist.lower, wrist.upper),
      ];
      const direction = random.uniform(0, 2 * Math.PI);
      const distance = random.uniform(...targetDistances);
      return {
        angles,
        velocities: [0, 0],
        target: [distance * Math.sin(direction), distance * Math.cos(direction)],
      };
    },
    step(algebra, { angles, velocities, target }, action) {
      const torques = motorTorques(algebra, robot, action);
      const state = { ...eulerStep(algebra, { angles, velocities }, torques), target };
      const distance = norm(algebra, toTarget(algebra, state));
      const touching = { bounds: [0, targetRadius + fingerRadius] } as const;
      return { state, reward: tolerance(algebra, distance, touching) };
    },
    observe: (algebra, state) => [
      ...state.angles,
      ...toTarget(algebra, state),
      ...state.velocities,
    ],
  };
}

/** A target of 5 cm. */
export const suiteReacherEasy = suiteReacher("Easy", 0.05);

/** A target of 1.5 cm. */
export const suiteReacherHard = suiteReacher("Hard", 0.015);
