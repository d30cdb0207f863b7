/**
 * The geometry of an arm's muscle paths in plain numbers, one arm at a time: the quadratic lengths of
 * `Muscle` in `arm.ts` and their derivatives.
 */
import type { Arm } from "./arm.ts";
import { cumulative } from "./kinematics.ts";

/** Lengths and moment arms of all muscles in one posture. */
export interface MuscleGeometry {
  /** Length L of each muscle's path, tendon and fibres together, m. */
  readonly lengths: readonly number[];
  /**
   * R = ∂L/∂q, [muscle][joint], m/rad. A muscle's force F pulls with the torque −R F, so a positive
   * moment arm extends the joint.
   */
  readonly momentArms: readonly (readonly number[])[];
}

/**
 * The muscles' geometry at `angles` (rad); empty lists for an arm without muscles.
 * @throws {RangeError} when there is not one finite angle for each joint
 */
export function muscleGeometry(arm: Arm, angles: readonly number[]): MuscleGeometry {
  cumulative(arm, angles, "angles");
  const fromReference = arm.muscleReference.map((reference, j) => angles[j] - reference);
  return {
    lengths: arm.muscles.map((muscle) =>
      fromReference.reduce(
        (length, angle, j) =>
          length + (muscle.momentArms[j] + muscle.momentArmSlopes[j] * angle) * angle,
        muscle.pathLength,
      )
    ),
    momentArms: arm.muscles.map((muscle) =>
      fromReference.map((angle, j) => muscle.momentArms[j] + 2 * muscle.momentArmSlopes[j] * angle)
    ),
  };
}

/** The rates of change V = R q̇ of the muscles' path lengths, m/s; negative: shortening. */
export function muscleVelocities(
  geometry: MuscleGeometry,
  velocities: readonly number[],
): number[] {
  return geometry.momentArms.map((arms) =>
    arms.reduce((sum, momentArm, j) => sum + momentArm * velocities[j], 0)
  );
}

/** The joint torques −Rᵀ F of muscle forces F in N, N m; `joints` is how many joints there are. */
export function muscleTorques(
  geometry: MuscleGeometry,
  forces: readonly number[],
  joints: number,
): number[] {
  return Array.from(
    { length: joints },
    (_, j) => -geometry.momentArms.reduce((sum, arms, m) => sum + arms[j] * forces[m], 0),
  );
}
