/** Muscles of an arm: path geometry, activation dynamics, and a force law. */
import type { Arm } from "../arms/arm.ts";
import type { Algebra } from "../expression/algebra.ts";
import { type Actuator, type ActuatorGeometry, type ActuatorName, clip } from "./actuator.ts";
import type { MuscleLaw } from "./muscle_laws.ts";

/**
 * All muscles of `arm` with one force law.
 * @throws {RangeError} when the arm has no muscle data
 */
export function muscles(name: ActuatorName, arm: Arm, law: MuscleLaw): Actuator {
  if (arm.muscles.length === 0) {
    throw new RangeError(`arm "${arm.name}" has no muscle data; use the actuator torque-motor`);
  }
  const column = (pick: (muscle: Arm["muscles"][number]) => number) => arm.muscles.map(pick);
  const optimal = column((muscle) => muscle.optimalLength);

  return {
    name,
    count: arm.muscles.length,
    muscles: true,
    command: { low: law.minimalActivation, high: 1 },
    restActivation: law.minimalActivation,

    geometry(algebra, angles, velocities) {
      const { constant, add, subtract, multiply, maximum } = algebra;
      let path = constant(column((muscle) => muscle.pathLength));
      let pathVelocity = constant(0);
      const momentArms = angles.map((angle, j) => {
        const fromReference = subtract(angle, constant(arm.muscleReference[j]));
        const linear = constant(column((muscle) => muscle.momentArms[j]));
        const bend = multiply(
          constant(column((muscle) => muscle.momentArmSlopes[j])),
          fromReference,
        );
        path = add(path, multiply(add(linear, bend), fromReference));
        const momentArm = add(linear, multiply(constant(2), bend));
        pathVelocity = add(pathVelocity, multiply(momentArm, velocities[j]));
        return momentArm;
      });
      const fibre = maximum(
        subtract(path, constant(column((muscle) => muscle.tendonLength))),
        constant(0),
      );
      return {
        length: multiply(fibre, constant(optimal.map((length) => 1 / length))),
        velocity: multiply(pathVelocity, constant(optimal.map((length) => 1 / (10 * length)))),
        momentArms,
      };
    },

    activate: (algebra, activation, command, timeStep) =>
      activate(algebra, law, activation, command, timeStep),

    force(algebra, geometry, activation) {
      const { length, velocity } = geometry;
      const share = law.force(algebra, activation, length, velocity);
      const force = algebra.multiply(share, algebra.constant(column((m) => m.maximalForce)));
      return algebra.function(force, [activation, length, velocity]);
    },

    proprioception: <Value>(algebra: Algebra<Value>, geometry: ActuatorGeometry<Value>) =>
      algebra.stack([geometry.length, geometry.velocity]),
  };
}

/**
 * Activation dynamics of Thelen 2003 (eq. 1 and 2): ȧ = (u − a)/T with T = T_act (0.5 + 1.5 a) while
 * rising and T_deact/(0.5 + 1.5 a) while falling; one explicit Euler step, clipped to the law's range.
 */
function activate<Value>(
  algebra: Algebra<Value>,
  law: MuscleLaw,
  activation: Value,
  command: Value,
  timeStep: number,
): Value {
  const { constant, add, subtract, multiply, divide, whereLess } = algebra;
  const target = clip(algebra, command, law.minimalActivation, 1);
  const scale = add(constant(0.5), multiply(constant(1.5), activation));
  const change = subtract(target, activation);
  // Rising: Δ dt / (T_act s); falling: Δ s dt / T_deact. One select, one division.
  const rising = divide(multiply(change, constant(timeStep / law.activationTime)), scale);
  const falling = multiply(
    multiply(change, constant(timeStep / law.deactivationTime)),
    scale,
  );
  const next = add(activation, whereLess(activation, target, rising, falling));
  return algebra.function(clip(algebra, next, law.minimalActivation, 1), [activation, command]);
}
