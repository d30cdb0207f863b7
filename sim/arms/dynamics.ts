/**
 * The equations of motion of a planar arm in plain numbers, one arm at a time:
 * τ + Jᵀ F_hand = M(q) q̈ + C(q, q̇) + G(q) + D q̇, with the constants of `inertialConstants`.
 * Lagrange's equations in absolute link angles φ_i = q_1 + … + q_i, in which the Christoffel symbols
 * of the chain reduce to one sine each.
 */
import { type Arm, inertialConstants, staticMoments } from "./arm.ts";
import { cumulative } from "./kinematics.ts";

/** A vector in absolute link angles as generalised forces of the joints: Σ over a ≥ i. */
function outward(linkTorques: readonly number[]): number[] {
  let sum = 0;
  return linkTorques.map((_, i) => sum += linkTorques[linkTorques.length - 1 - i]).reverse();
}

/** The mass matrix M(q), symmetric and positive definite, kg m², row by row. */
export function massMatrix(arm: Arm, angles: readonly number[]): number[][] {
  const constants = inertialConstants(arm);
  const links = cumulative(arm, angles, "angles");
  const ofLinks = constants.map((row, a) =>
    outward(row.map((constant, b) => constant * Math.cos(links[a] - links[b])))
  );
  const columns = ofLinks.map((_, k) => outward(ofLinks.map((row) => row[k])));
  return columns.map((_, i) => columns.map((column) => column[i]));
}

/** Centrifugal and Coriolis torques C_i = Σ_{a≥i} Σ_b A_ab sin(φ_a − φ_b) φ̇_b², N m. */
export function coriolisTorques(
  arm: Arm,
  angles: readonly number[],
  velocities: readonly number[],
): number[] {
  const links = cumulative(arm, angles, "angles");
  const rates = cumulative(arm, velocities, "velocities");
  return outward(
    inertialConstants(arm).map((row, a) =>
      row.reduce(
        (sum, constant, b) => sum + constant * Math.sin(links[a] - links[b]) * rates[b] ** 2,
        0,
      )
    ),
  );
}

/** Torques G(q) that hold the arm against gravity along −y, N m; `gravity` in m/s². */
export function gravityTorques(arm: Arm, angles: readonly number[], gravity: number): number[] {
  const moments = staticMoments(arm);
  return outward(
    cumulative(arm, angles, "angles").map((angle, i) => gravity * moments[i] * Math.cos(angle)),
  );
}

/**
 * The joint torques that give the accelerations, with no force on the hand:
 * τ = M(q) q̈ + C(q, q̇) + G(q) + D q̇.
 *
 * @param angles rad, one a joint
 * @param velocities rad/s
 * @param accelerations rad/s²
 * @param gravity m/s² along −y; 0 (default) for an arm in a horizontal plane
 * @returns N m, one a joint
 * @throws {RangeError} when an argument has not one finite number a joint
 */
export function inverseDynamics(
  arm: Arm,
  angles: readonly number[],
  velocities: readonly number[],
  accelerations: readonly number[],
  gravity = 0,
): number[] {
  cumulative(arm, accelerations, "accelerations");
  const coriolis = coriolisTorques(arm, angles, velocities);
  const weight = gravityTorques(arm, angles, gravity);
  return massMatrix(arm, angles).map((row, i) =>
    row.reduce(
      (sum, mass, j) => sum + mass * accelerations[j] + arm.viscosity[i][j] * velocities[j],
      coriolis[i] + weight[i],
    )
  );
}
