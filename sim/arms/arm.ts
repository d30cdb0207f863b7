/**
 * The arm description: the one object from which physics, equations, controllers' sizes, viewer and
 * tests are derived. SI units; angles in radians, counter-clockwise; a joint's angle is measured from
 * the previous link (the first from the x axis); the arm moves in the x-y plane.
 */

/** One rigid link of a planar arm. */
export interface Link {
  readonly name: string;
  /** kg */
  readonly mass: number;
  /** Distance from the proximal joint to the distal one (or to the hand), m. */
  readonly length: number;
  /** Distance of the centre of mass from the proximal joint, m. */
  readonly centreOfMass: number;
  /** Moment of inertia about the centre of mass, kg m². */
  readonly inertia: number;
}

/** The hinge at the proximal end of the link with the same index. */
export interface Joint {
  readonly name: string;
  /** Smallest angle, rad. */
  readonly lower: number;
  /** Largest angle, rad. */
  readonly upper: number;
}

/**
 * One muscle-tendon unit whose path length is a quadratic of the joint angles:
 * L(q) = a0 + Σ_j [a1_j + a2_j (q_j − q0_j)] (q_j − q0_j), moment arm R_j = ∂L/∂q_j.
 */
export interface Muscle {
  readonly name: string;
  /** Largest isometric force F_max, N. */
  readonly maximalForce: number;
  /** Tendon slack length l_t, m. */
  readonly tendonLength: number;
  /** Optimal fibre length l0, m. */
  readonly optimalLength: number;
  /** a0: path length at the reference posture, m. */
  readonly pathLength: number;
  /** a1: moment arm of each joint at the reference posture, m. */
  readonly momentArms: readonly number[];
  /** a2: half the change of each moment arm with its joint's angle, m/rad. */
  readonly momentArmSlopes: readonly number[];
}

/** A planar serial arm of n links, with or without muscles. */
export interface Arm {
  readonly name: string;
  readonly summary: string;
  /** Where the numbers come from. */
  readonly source: string;
  readonly links: readonly Link[];
  readonly joints: readonly Joint[];
  /** Viscosity matrix D of the joints, N m s/rad, row by row. */
  readonly viscosity: readonly (readonly number[])[];
  /** Largest torque of a motor at each joint, N m; used by torque actuators. */
  readonly torqueLimits: readonly number[];
  /** Empty where the arm has no muscle data. */
  readonly muscles: readonly Muscle[];
  /** q0: the reference posture of the muscle paths, rad. */
  readonly muscleReference: readonly number[];
}

/**
 * The configuration-independent inertial constants of a planar chain.
 *
 * With absolute link angles φ_i = q_1 + … + q_i the kinetic energy is
 * ½ Σ_ij A_ij cos(φ_i − φ_j) φ̇_i φ̇_j, where A_ii = I_i + m_i c_i² + l_i² Σ_{k>i} m_k and, for i > j,
 * A_ij = l_j (m_i c_i + l_i Σ_{k>i} m_k). For two links: A_11 + A_22 = α, A_22 = β, A_21 = k.
 */
export function inertialConstants(arm: Arm): readonly (readonly number[])[] {
  let constants = knownConstants.get(arm);
  if (!constants) knownConstants.set(arm, constants = deriveConstants(arm));
  return constants;
}

const knownConstants = new WeakMap<Arm, readonly (readonly number[])[]>();

function deriveConstants(arm: Arm): number[][] {
  const distalMass = arm.links.map((_, i) =>
    arm.links.slice(i + 1).reduce((sum, link) => sum + link.mass, 0)
  );
  const first = arm.links.map((link, i) =>
    link.mass * link.centreOfMass + link.length * distalMass[i]
  );
  return arm.links.map((link, i) =>
    arm.links.map((other, j) => {
      if (i === j) {
        return link.inertia + link.mass * link.centreOfMass ** 2 + link.length ** 2 * distalMass[i];
      }
      return i > j ? other.length * first[i] : link.length * first[j];
    })
  );
}

/** Σ over the links beyond and including i of the static moment about joint i, kg m (for gravity). */
export function staticMoments(arm: Arm): number[] {
  return arm.links.map((link, i) =>
    link.mass * link.centreOfMass +
    link.length * arm.links.slice(i + 1).reduce((sum, distal) => sum + distal.mass, 0)
  );
}
