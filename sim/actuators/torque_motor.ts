/** A torque motor at every joint: τ = u τ_max with an optional first-order lag. */
import type { Arm } from "../arms/arm.ts";
import type { Algebra } from "../expression/algebra.ts";
import { type Actuator, type ActuatorGeometry, clip } from "./actuator.ts";

/**
 * Motors with the torque limits of `arm`; commands −1 … 1.
 *
 * @param lag time constant T_m of τ̇ = (u τ_max − τ)/T_m, s; 0 for none
 * @throws {RangeError} when the lag is negative or not finite
 */
export function torqueMotors(arm: Arm, lag = 0): Actuator {
  if (!(lag >= 0 && lag < Infinity)) {
    throw new RangeError(`motor lag ${lag} s is not a finite time of at least 0`);
  }
  const joints = arm.joints.length;
  return {
    name: "torque-motor",
    count: joints,
    muscles: false,
    command: { low: -1, high: 1 },
    restActivation: 0,
    geometry: (algebra, angles, velocities) => ({
      length: algebra.stack(angles),
      velocity: algebra.stack(velocities),
      // τ_j = −Σ R_jm F_m, so a motor's moment arm about its own joint is −1.
      momentArms: angles.map((_, j) =>
        algebra.constant(Array.from({ length: joints }, (_, m) => m === j ? -1 : 0))
      ),
    }),
    activate(algebra, activation, command, timeStep) {
      const target = clip(algebra, command, -1, 1);
      if (lag === 0) return target;
      const share = algebra.constant(Math.min(1, timeStep / lag));
      return algebra.add(
        activation,
        algebra.multiply(share, algebra.subtract(target, activation)),
      );
    },
    force: (algebra, _geometry, activation) =>
      algebra.multiply(activation, algebra.constant(arm.torqueLimits)),
    proprioception: <Value>(algebra: Algebra<Value>, geometry: ActuatorGeometry<Value>) =>
      algebra.stack([
        algebra.cos(geometry.length),
        algebra.sin(geometry.length),
        geometry.velocity,
      ]),
  };
}
