/**
 * One time step of an actuated planar arm, stated once over an `Algebra`. From this statement come the
 * compiled plant, its adjoint, and the tensor form.
 */
import type { Arm, Joint } from "../arms/arm.ts";
import type { Actuator, ActuatorGeometry } from "../actuators/actuator.ts";
import { jointTorques } from "../actuators/actuator.ts";
import type { Algebra } from "../expression/algebra.ts";
import type { Scene } from "./engine.ts";
import { type FieldPart, saturationSpeed } from "./hand_field.ts";
import {
  dynamics,
  handJacobian,
  handPosition,
  handVelocity,
  type Planar,
  posture,
  solveSymmetric,
  torquesOfHandForce,
} from "./planar_chain.ts";

/**
 * How a step is taken.
 * - `motornet`: explicit Euler in MotorNet's order. Joint torques come from the forces of the step
 *   before, the new forces from the old geometry and the new activation, so an excitation moves the
 *   hand two steps later at the earliest.
 * - `semi-implicit`: new activation, forces and accelerations, then velocities, then angles with the
 *   new velocities.
 * - `rk4`: classical Runge-Kutta of the joints under the new activation; forces follow the stages.
 */
export const integrators = ["motornet", "semi-implicit", "rk4"] as const;

export type Integrator = (typeof integrators)[number];

/** What a step depends on besides its inputs. */
export interface PlantEquations {
  readonly arm: Arm;
  readonly actuator: Actuator;
  readonly scene: Scene;
  readonly integrator: Integrator;
  /** s */
  readonly timeStep: number;
}

/** The state carried from step to step. */
export interface PlantState<Value> {
  /** rad, one value a joint */
  readonly angles: readonly Value[];
  /** rad/s, one value a joint */
  readonly velocities: readonly Value[];
  /** One lane an actuator. */
  readonly activation: Value;
  /** N (muscles) or N m (motors), one lane an actuator. */
  readonly force: Value;
}

type Matrix<Value> = readonly [Planar<Value>, Planar<Value>];

/**
 * The force on the hand: F = load + viscosity ṗ + quadraticViscosity ‖ṗ‖ ṗ + stiffness (p − anchor),
 * each part optional. A curl field is a viscosity, a force channel a stiffness and a viscosity across
 * its line; where ‖ṗ‖ exceeds `saturationSpeed`, the velocity-squared force grows no more.
 */
export interface HandField<Value> {
  readonly load?: Planar<Value>;
  /** N s/m; rows of a 2×2 matrix */
  readonly viscosity?: Matrix<Value>;
  /** N s²/m²; rows of a 2×2 matrix */
  readonly quadraticViscosity?: Matrix<Value>;
  /** N/m; rows of a 2×2 matrix, with the point where its force vanishes */
  readonly stiffness?: {
    readonly matrix: Matrix<Value>;
    readonly anchor: Planar<Value>;
  };
}

/**
 * The field whose parts have these rows, one value a row, in the order of `HandFieldArrays`. Whatever
 * reads the equations builds its field by this, so that a new part is known everywhere.
 */
export function handFieldOf<Value>(
  rows: { readonly [part in FieldPart]?: readonly Value[] },
): HandField<Value> {
  const planar = ([x, y]: readonly Value[]): Planar<Value> => ({ x, y });
  const matrix = (entries: readonly Value[]): Matrix<Value> => [
    planar(entries.slice(0, 2)),
    planar(entries.slice(2)),
  ];
  const { load, viscosity, quadraticViscosity, stiffness, anchor } = rows;
  return {
    ...(load && { load: planar(load) }),
    ...(viscosity && { viscosity: matrix(viscosity) }),
    ...(quadraticViscosity && { quadraticViscosity: matrix(quadraticViscosity) }),
    ...(stiffness && anchor && {
      stiffness: { matrix: matrix(stiffness), anchor: planar(anchor) },
    }),
  };
}

/** What a step results in. */
export interface PlantStep<Value> extends PlantState<Value> {
  /** What the body senses; it belongs to the joint state from which the step started. */
  readonly proprioception: Value;
  /** Position of the hand after the step, m. */
  readonly hand: Planar<Value>;
}

interface JointMotion<Value> {
  readonly angles: readonly Value[];
  readonly velocities: readonly Value[];
}

/** Below this speed the velocity-squared force has no slope, m/s: that of √ at 0 would not be finite. */
const slowestSpeed = 1e-6;

/** ‖ṗ‖ ṗ, of the size of `saturationSpeed`² where the hand is faster than that. */
function squaredVelocity<Value>(
  { constant, add, multiply, divide, sqrt, minimum, maximum }: Algebra<Value>,
  { x, y }: Planar<Value>,
): Planar<Value> {
  const square = add(multiply(x, x), multiply(y, y));
  const speed = sqrt(maximum(square, constant(slowestSpeed ** 2)));
  const scale = minimum(speed, divide(constant(saturationSpeed ** 2), speed));
  return { x: multiply(scale, x), y: multiply(scale, y) };
}

/** The forces that a field exerts on a hand at `position` that moves with `velocity`. */
function fieldForce<Value>(
  algebra: Algebra<Value>,
  field: HandField<Value>,
  position: Planar<Value>,
  velocity: Planar<Value>,
): Planar<Value> | undefined {
  const { add, subtract, multiply } = algebra;
  const times = ([top, bottom]: Matrix<Value>, v: Planar<Value>) => ({
    x: add(multiply(top.x, v.x), multiply(top.y, v.y)),
    y: add(multiply(bottom.x, v.x), multiply(bottom.y, v.y)),
  });
  const parts: Planar<Value>[] = [];
  if (field.load) parts.push(field.load);
  if (field.viscosity) parts.push(times(field.viscosity, velocity));
  if (field.quadraticViscosity) {
    parts.push(times(field.quadraticViscosity, squaredVelocity(algebra, velocity)));
  }
  if (field.stiffness) {
    const { matrix, anchor } = field.stiffness;
    parts.push(times(matrix, {
      x: subtract(position.x, anchor.x),
      y: subtract(position.y, anchor.y),
    }));
  }
  if (parts.length === 0) return undefined;
  return parts.reduce((sum, part) => ({ x: add(sum.x, part.x), y: add(sum.y, part.y) }));
}

/** Joint accelerations under joint torques and a force field at the hand, rad/s². */
export function jointAccelerations<Value>(
  algebra: Algebra<Value>,
  arm: Arm,
  gravity: number,
  motion: JointMotion<Value>,
  torques: readonly Value[],
  field: HandField<Value>,
): Value[] {
  const shape = posture(algebra, motion.angles);
  const { mass, bias } = dynamics(algebra, arm, shape, motion.velocities, gravity);
  const jacobian = handJacobian(algebra, arm, shape);
  const force = fieldForce(
    algebra,
    field,
    handPosition(algebra, arm, shape),
    handVelocity(algebra, jacobian, motion.velocities),
  );
  const external = force && torquesOfHandForce(algebra, jacobian, force);
  const right = torques.map((torque, j) => {
    const driving = external ? algebra.add(torque, external[j]) : torque;
    return algebra.subtract(driving, bias[j]);
  });
  return solveSymmetric(algebra, mass, right);
}

/**
 * Joints at their limits: a velocity that points out of a limit already reached becomes 0, then angles
 * are clipped (MotorNet's order).
 */
export function holdLimits<Value>(
  algebra: Algebra<Value>,
  { joints }: { readonly joints: readonly Pick<Joint, "lower" | "upper">[] },
  { angles, velocities }: JointMotion<Value>,
): JointMotion<Value> {
  const { constant, minimum, maximum, whereLess } = algebra;
  const zero = constant(0);
  return {
    velocities: velocities.map((velocity, j) => {
      if (isFree(joints[j])) return velocity;
      const [lower, upper] = [constant(joints[j].lower), constant(joints[j].upper)];
      const above = whereLess(lower, angles[j], velocity, maximum(velocity, zero));
      return whereLess(angles[j], upper, above, minimum(above, zero));
    }),
    angles: angles.map((angle, j) =>
      isFree(joints[j])
        ? angle
        : minimum(maximum(angle, constant(joints[j].lower)), constant(joints[j].upper))
    ),
  };
}

/** Whether a joint turns without limits. */
function isFree({ lower, upper }: Pick<Joint, "lower" | "upper">): boolean {
  return lower === -Infinity && upper === Infinity;
}

/** from + scale · rate, joint by joint. */
function advance<Value>(
  algebra: Algebra<Value>,
  from: readonly Value[],
  rate: readonly Value[],
  scale: number,
): Value[] {
  return from.map((value, j) =>
    algebra.add(value, algebra.multiply(algebra.constant(scale), rate[j]))
  );
}

/** One step of the joints; `accelerations` says how they are driven in a given motion. */
export function integrate<Value>(
  algebra: Algebra<Value>,
  integrator: Integrator,
  timeStep: number,
  motion: JointMotion<Value>,
  accelerations: (motion: JointMotion<Value>) => readonly Value[],
): JointMotion<Value> {
  const first = accelerations(motion);
  if (integrator !== "rk4") {
    const velocities = advance(algebra, motion.velocities, first, timeStep);
    const rates = integrator === "motornet" ? motion.velocities : velocities;
    return { angles: advance(algebra, motion.angles, rates, timeStep), velocities };
  }
  const stage = (rates: readonly Value[], slopes: readonly Value[], share: number) => ({
    angles: advance(algebra, motion.angles, rates, share * timeStep),
    velocities: advance(algebra, motion.velocities, slopes, share * timeStep),
  });
  const second = stage(motion.velocities, first, 0.5);
  const secondSlopes = accelerations(second);
  const third = stage(second.velocities, secondSlopes, 0.5);
  const thirdSlopes = accelerations(third);
  const fourth = stage(third.velocities, thirdSlopes, 1);
  const fourthSlopes = accelerations(fourth);
  const mean = (parts: readonly (readonly Value[])[]) =>
    motion.angles.map((_, j) => {
      const inner = algebra.multiply(algebra.constant(2), algebra.add(parts[1][j], parts[2][j]));
      const sum = algebra.add(algebra.add(parts[0][j], inner), parts[3][j]);
      return algebra.multiply(algebra.constant(1 / 6), sum);
    });
  return stage(
    mean([motion.velocities, second.velocities, third.velocities, fourth.velocities]),
    mean([first, secondSlopes, thirdSlopes, fourthSlopes]),
    1,
  );
}

/** One step of the whole plant under actuator commands and a force field at the hand. */
export function plantStep<Value>(
  algebra: Algebra<Value>,
  equations: PlantEquations,
  state: PlantState<Value>,
  command: Value,
  field: HandField<Value>,
): PlantStep<Value> {
  const { arm, actuator, scene, integrator, timeStep } = equations;
  const before = actuator.geometry(algebra, state.angles, state.velocities);
  const activation = actuator.activate(algebra, state.activation, command, timeStep);
  const force = actuator.force(algebra, before, activation);

  const drivenBy = (motion: JointMotion<Value>, geometry: ActuatorGeometry<Value>, pull: Value) =>
    jointAccelerations(
      algebra,
      arm,
      scene.gravity,
      motion,
      jointTorques(algebra, geometry, pull),
      field,
    );
  const accelerations = (motion: JointMotion<Value>) => {
    if (integrator === "motornet") return drivenBy(motion, before, state.force);
    if (motion === state) return drivenBy(motion, before, force);
    const geometry = actuator.geometry(algebra, motion.angles, motion.velocities);
    return drivenBy(motion, geometry, actuator.force(algebra, geometry, activation));
  };

  const free = integrate(algebra, integrator, timeStep, state, accelerations);
  const after = scene.limits ? holdLimits(algebra, arm, free) : free;
  return {
    ...after,
    activation,
    force,
    proprioception: actuator.proprioception(algebra, before),
    hand: handPosition(algebra, arm, posture(algebra, after.angles)),
  };
}

/** The state after a reset to `angles`: at rest, actuators at rest activation. */
export function restState<Value>(
  algebra: Algebra<Value>,
  { arm, actuator }: PlantEquations,
  angles: readonly Value[],
): PlantStep<Value> {
  const velocities = angles.map(() => algebra.constant(0));
  const geometry = actuator.geometry(algebra, angles, velocities);
  const activation = algebra.constant(
    Array.from({ length: actuator.count }, () => actuator.restActivation),
  );
  return {
    angles,
    velocities,
    activation,
    force: actuator.force(algebra, geometry, activation),
    proprioception: actuator.proprioception(algebra, geometry),
    hand: handPosition(algebra, arm, posture(algebra, angles)),
  };
}
