/** The contract of a rigid-body engine: arms driven by joint torques and forces at the hand. */

/** The joint states of N arms on flat arrays. */
export interface JointState {
  /** [joint][arm], rad */
  readonly angles: Float64Array;
  /** [joint][arm], rad/s */
  readonly velocities: Float64Array;
}

/** What surrounds the arm. */
export interface Scene {
  /** Gravitational acceleration along −y, m/s²; 0 for an arm in a horizontal plane. */
  readonly gravity: number;
  /** Whether the joints stop at their limits. */
  readonly limits: boolean;
}

/** A horizontal plane, joints with their limits. */
export const horizontalScene: Scene = { gravity: 0, limits: true };

/**
 * N independent copies of one arm. Arrays are laid out [variable][arm]: the values of one variable
 * for all arms stand side by side, so element `j * arms + i` belongs to joint j of arm i.
 *
 * Torques and hand forces stay until they are set again; they are zero after `reset`.
 */
export interface PhysicsEngine {
  /** The name under which the engine can be chosen. */
  readonly name: string;
  /** How many arms are stepped at once. */
  readonly arms: number;
  /** Put every arm into the given joint state; clears torques and hand forces. */
  reset(state: JointState): void;
  /** Torques of the joints, N m, [joint][arm]. */
  setTorques(torques: Float64Array): void;
  /** External forces on the hand, N, [x, y][arm]. */
  setHandForces(forces: Float64Array): void;
  /** Advance every arm by `dt` seconds. */
  step(dt: number): void;
  /** Copy the current joint state into `into`. */
  readState(into: JointState): void;
}
