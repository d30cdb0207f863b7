/**
 * How actions drive a robot's joints, stated over an `Algebra`: motors that give torques, and position
 * servos (PD) whose targets come from joint targets, from joint deltas, or from deltas of the tool's
 * position by damped least squares.
 *
 * Actions have one row a joint, those of the tool one an axis. A motor gives no more than its largest
 * torque; targets stay within the joints' limits, and otherwise take actions as they are.
 */
import { clip } from "../actuators/actuator.ts";
import type { Algebra } from "../expression/algebra.ts";
import { solveSymmetric } from "../physics/planar_chain.ts";
import { holdLimits } from "../physics/plant_equations.ts";
import {
  inverseDynamics,
  type JacobianColumn,
  jointFrames,
  linkFrames,
  massMatrix,
  toolFrame,
  toolJacobian,
} from "./chain.ts";
import type { Robot, RobotJoint, Triple } from "./robot.ts";
import type { RobotMotion } from "./robot_step.ts";
import { spaceOver, type Vector } from "./spatial.ts";

/** Gains of the joints' position servos, one number a joint. */
export interface ServoGains {
  /** N m/rad */
  readonly stiffness: readonly number[];
  /** N m s/rad */
  readonly damping: readonly number[];
}

/** Torques of motors that give their largest torque at a command of ±1, N m. */
export function motorTorques<Value>(
  algebra: Algebra<Value>,
  { joints }: Robot,
  action: readonly Value[],
): Value[] {
  return action.map((command, j) =>
    algebra.multiply(clip(algebra, command, -1, 1), algebra.constant(joints[j].maximalTorque))
  );
}

/**
 * Joint targets about a posture: target = centre + scale · action, within the joints' limits, rad.
 * @param centre rad, one number a joint
 * @param scale rad
 */
export function jointTargets<Value>(
  algebra: Algebra<Value>,
  robot: Robot,
  centre: readonly number[],
  scale: number,
  action: readonly Value[],
): Value[] {
  return jointDeltaTargets(algebra, robot, centre.map((c) => algebra.constant(c)), scale, action);
}

/**
 * Joint targets about the present angles: target = q + scale · action, within the joints' limits, rad.
 * @param scale rad
 */
export function jointDeltaTargets<Value>(
  algebra: Algebra<Value>,
  robot: Robot,
  angles: readonly Value[],
  scale: number,
  action: readonly Value[],
): Value[] {
  return moved(algebra, robot, angles, scaled(algebra, scale, action));
}

/**
 * Joint targets that displace the tool: target = q + Jᵀ (J Jᵀ + λ² I)⁻¹ · scale · action, within the
 * joints' limits, rad. The tool's rotation is left free.
 *
 * @param scale m
 * @param damping λ, m/rad: where the tool moves less than that per radian it is not forced to
 * @param action x, y, z in the base's frame
 */
export function toolDeltaTargets<Value>(
  algebra: Algebra<Value>,
  robot: Robot,
  angles: readonly Value[],
  { scale, damping }: { readonly scale: number; readonly damping: number },
  action: Vector<Value>,
): Value[] {
  const links = linkFrames(algebra, jointFrames(algebra, robot, angles));
  const jacobian = toolJacobian(algebra, robot, links, toolFrame(algebra, robot, links));
  const [x, y, z] = scaled(algebra, scale, action);
  return moved(algebra, robot, angles, dampedLeastSquares(algebra, jacobian, [x, y, z], damping));
}

/**
 * The joint displacements that minimise ‖J Δq − Δx‖² + λ² ‖Δq‖²: Δq = Jᵀ (J Jᵀ + λ² I)⁻¹ Δx
 * (Nakamura & Hanafusa 1986; Wampler 1986), rad.
 *
 * @param displacement Δx of the tool's position, m
 * @param damping λ, m/rad
 */
export function dampedLeastSquares<Value>(
  algebra: Algebra<Value>,
  jacobian: readonly JacobianColumn<Value>[],
  displacement: Vector<Value>,
  damping: number,
): Value[] {
  const { constant, add, multiply } = algebra;
  const axes = [0, 1, 2] as const;
  const rows = axes.map((i) => jacobian.map(({ linear }) => linear[i]));
  const product = (a: readonly Value[], b: readonly Value[]) =>
    a.reduce((sum, value, j) => add(sum, multiply(value, b[j])), constant(0));
  const damped = axes.map((i) =>
    axes.map((j) => {
      const entry = product(rows[i], rows[j]);
      return i === j ? add(entry, constant(damping ** 2)) : entry;
    })
  );
  const [x, y, z] = solveSymmetric(algebra, damped, displacement);
  const space = spaceOver(algebra);
  return jacobian.map(({ linear }) => space.dot(linear, [x, y, z]));
}

/** Torques of position servos, k (target − q) − d q̇ within what the motors give, N m. */
export function servoTorques<Value>(
  algebra: Algebra<Value>,
  { joints }: Robot,
  { stiffness, damping }: ServoGains,
  { angles, velocities }: RobotMotion<Value>,
  targets: readonly Value[],
): Value[] {
  const { constant, subtract, multiply } = algebra;
  return targets.map((target, j) => {
    const pull = multiply(constant(stiffness[j]), subtract(target, angles[j]));
    const torque = subtract(pull, multiply(constant(damping[j]), velocities[j]));
    return clip(algebra, torque, -joints[j].maximalTorque, joints[j].maximalTorque);
  });
}

/**
 * The motion a time step later under position servos, which may be stiff for the step: the servos act
 * on the motion that they lead to (Tan, Liu & Turk 2011, "Stable proportional-derivative controllers"),
 *
 *     (M + h D + h² K) q̈ = K (target − q − h q̇) − D q̇ − b.
 *
 * The torques that this takes are then limited to what the motors give, and the joints move under them
 * by a semi-implicit Euler step; joints stop at their limits.
 *
 * @param gravity the acceleration of free fall in the base's frame, m/s²
 * @param timeStep h, s
 */
export function servoStep<Value>(
  algebra: Algebra<Value>,
  robot: Robot,
  gains: ServoGains,
  motion: RobotMotion<Value>,
  targets: readonly Value[],
  { gravity, timeStep }: { readonly gravity: Triple; readonly timeStep: number },
): RobotMotion<Value> {
  const { constant, add, subtract, multiply } = algebra;
  const h = constant(timeStep);
  const { angles, velocities } = motion;
  const frames = jointFrames(algebra, robot, angles);
  const bias = inverseDynamics(algebra, robot, frames, velocities, gravity);
  const mass = massMatrix(algebra, robot, frames);
  const after = (accelerations: readonly Value[]): RobotMotion<Value> => {
    const next = velocities.map((velocity, j) => add(velocity, multiply(h, accelerations[j])));
    return { angles: angles.map((angle, j) => add(angle, multiply(h, next[j]))), velocities: next };
  };

  const implicit = mass.map((row, i) =>
    row.map((value, j) => i === j ? add(value, constant(impedance(gains, i, timeStep))) : value)
  );
  const unlimited = velocities.map((velocity, j) => {
    const left = subtract(subtract(targets[j], angles[j]), multiply(h, velocity));
    const pull = multiply(constant(gains.stiffness[j]), left);
    return subtract(subtract(pull, multiply(constant(gains.damping[j]), velocity)), bias[j]);
  });
  const foreseen = after(solveSymmetric(algebra, implicit, unlimited));

  const torques = servoTorques(algebra, robot, gains, foreseen, targets);
  const driving = torques.map((torque, j) => subtract(torque, bias[j]));
  return holdLimits(algebra, robot, after(solveSymmetric(algebra, mass, driving)));
}

/** What a servo adds to its joint's inertia over a time step: h d + h² k, kg m². */
function impedance({ stiffness, damping }: ServoGains, joint: number, timeStep: number): number {
  return timeStep * damping[joint] + timeStep ** 2 * stiffness[joint];
}

function scaled<Value>(algebra: Algebra<Value>, scale: number, action: readonly Value[]): Value[] {
  return action.map((command) => algebra.multiply(algebra.constant(scale), command));
}

/** Angles and their displacements as targets. */
function moved<Value>(
  algebra: Algebra<Value>,
  { joints }: Robot,
  angles: readonly Value[],
  by: readonly Value[],
): Value[] {
  return angles.map((angle, j) => withinLimits(algebra, joints[j], algebra.add(angle, by[j])));
}

function withinLimits<Value>(
  algebra: Algebra<Value>,
  { lower, upper }: RobotJoint,
  angle: Value,
): Value {
  const free = lower === -Infinity && upper === Infinity;
  return free ? angle : clip(algebra, angle, lower, upper);
}
