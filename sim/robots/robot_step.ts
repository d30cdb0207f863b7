/** One step of a robot's joints under torques, stated over an `Algebra`. */
import type { Algebra } from "../expression/algebra.ts";
import { solveSymmetric } from "../physics/planar_chain.ts";
import { holdLimits, integrate, type Integrator } from "../physics/plant_equations.ts";
import { inverseDynamics, jointFrames, massMatrix } from "./chain.ts";
import type { Robot, Triple } from "./robot.ts";

/** The joints' motion, one value a joint. */
export interface RobotMotion<Value> {
  /** rad */
  readonly angles: readonly Value[];
  /** rad/s */
  readonly velocities: readonly Value[];
}

/** What a step depends on beside its inputs. */
export interface RobotStepOptions {
  /** The acceleration of free fall in the base's frame, m/s². */
  readonly gravity: Triple;
  readonly integrator: Integrator;
  /** s */
  readonly timeStep: number;
}

/** Joint accelerations under joint torques, rad/s². */
export function robotAccelerations<Value>(
  algebra: Algebra<Value>,
  robot: Robot,
  gravity: Triple,
  { angles, velocities }: RobotMotion<Value>,
  torques: readonly Value[],
): Value[] {
  const frames = jointFrames(algebra, robot, angles);
  const bias = inverseDynamics(algebra, robot, frames, velocities, gravity);
  const driving = torques.map((torque, j) => algebra.subtract(torque, bias[j]));
  return solveSymmetric(algebra, massMatrix(algebra, robot, frames), driving);
}

/** The motion a time step later; joints stop at their limits. */
export function robotStep<Value>(
  algebra: Algebra<Value>,
  robot: Robot,
  motion: RobotMotion<Value>,
  torques: readonly Value[],
  { gravity, integrator, timeStep }: RobotStepOptions,
): RobotMotion<Value> {
  const free = integrate(
    algebra,
    integrator,
    timeStep,
    motion,
    (at) => robotAccelerations(algebra, robot, gravity, at, torques),
  );
  return holdLimits(algebra, robot, free);
}
