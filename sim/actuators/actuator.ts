/**
 * The contract of actuators: what turns commands into joint torques. Stated over an `Algebra`, so
 * that one statement serves simulation, adjoints and tensors.
 *
 * Every actuator, muscle or motor, is described by the same state: its `activation` (follows the
 * command with first-order dynamics) and its `force` (N along the path of a muscle, N m for a motor).
 */
import type { Algebra } from "../expression/algebra.ts";

/** The actuators' geometry in one joint state; one lane an actuator. */
export interface ActuatorGeometry<Value> {
  /** Normalised length; motors: joint angle. */
  readonly length: Value;
  /** Normalised velocity, negative when shortening; motors: joint rate. */
  readonly velocity: Value;
  /** For each joint the moment arms ∂L/∂q_j of all actuators. */
  readonly momentArms: readonly Value[];
}

/** All actuators of one arm. */
export interface Actuator {
  readonly name: ActuatorName;
  /** How many there are: the lanes of command, activation and force. */
  readonly count: number;
  /** Whether they are muscles (which only pull) or motors. */
  readonly muscles: boolean;
  /** The range of commands; commands beyond it are clipped. */
  readonly command: { readonly low: number; readonly high: number };
  /** Activation after a reset. */
  readonly restActivation: number;
  /** Lengths, velocities and moment arms in a joint state (one value a joint, one lane each). */
  geometry<Value>(
    algebra: Algebra<Value>,
    angles: readonly Value[],
    velocities: readonly Value[],
  ): ActuatorGeometry<Value>;
  /** Activation after `timeStep` seconds under `command`, explicit Euler. */
  activate<Value>(
    algebra: Algebra<Value>,
    activation: Value,
    command: Value,
    timeStep: number,
  ): Value;
  /** The force of each actuator. */
  force<Value>(
    algebra: Algebra<Value>,
    geometry: ActuatorGeometry<Value>,
    activation: Value,
  ): Value;
  /** What the body senses of its own state: rows as in `sim/sensors/observation.ts`. */
  proprioception<Value>(
    algebra: Algebra<Value>,
    geometry: ActuatorGeometry<Value>,
  ): Value;
}

/** The actuators that can be chosen by name. */
export const actuatorNames = [
  "hill-muscle",
  "thelen-muscle",
  "mujoco-muscle",
  "relu-muscle",
  "torque-motor",
] as const;

export type ActuatorName = (typeof actuatorNames)[number];

/** Torque of each joint, N m: τ_j = −Σ_m R_jm F_m. */
export function jointTorques<Value>(
  algebra: Algebra<Value>,
  geometry: ActuatorGeometry<Value>,
  force: Value,
): Value[] {
  return geometry.momentArms.map((arms) =>
    algebra.negate(algebra.sum(algebra.multiply(arms, force)))
  );
}

/** `value` limited to low … high. */
export function clip<Value>(
  algebra: Algebra<Value>,
  value: Value,
  low: number,
  high: number,
): Value {
  return algebra.minimum(
    algebra.maximum(value, algebra.constant(low)),
    algebra.constant(high),
  );
}
