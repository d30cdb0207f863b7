/**
 * What bodies and joints in cannon-es 0.20 need before they follow rigid-body mechanics, for planar arms
 * (`cannon.ts`) and for robots in space (`../robots/cannon/`) alike.
 */
import {
  type Body,
  type Constraint,
  Equation,
  type PointToPointConstraint,
  Quaternion,
  Vec3,
} from "cannon-es";

/**
 * Joint stiffness, N/m, and relaxation, in steps, of the SPOOK parameters: cannon-es's own values.
 */
const jointStiffness = 1e7;
const jointRelaxation = 4;

/**
 * Share of a violation of a joint limit that is taken back per step. Below 1, so that a joint that
 * was placed beyond its limit returns over some steps instead of being thrown back.
 */
const limitCorrection = 0.2;

/**
 * Gives a body its own moments of inertia about its axes, kg m², instead of its bounding box's. To be
 * called after the body's last shape was added: each one makes cannon-es put the box's back.
 */
export function setInertia(body: Body, x: number, y: number, z: number): void {
  body.inertia.set(x, y, z);
  body.invInertia.set(1 / x, 1 / y, 1 / z);
  body.updateInertiaWorld(true);
}

/** Sets the SPOOK parameters of a constraint for a step of `dt` seconds; cannon-es leaves them at 1/60. */
export function setConstraintTimeStep(constraint: Constraint, dt: number): void {
  for (const equation of constraint.equations) {
    equation.setSpookParams(jointStiffness, jointRelaxation, dt);
  }
}

/** The distance between the two bodies' views of a joint, m. */
export function pivotGap({ bodyA, bodyB, pivotA, pivotB }: PointToPointConstraint): number {
  return bodyA.pointToWorldFrame(pivotA).distanceTo(bodyB.pointToWorldFrame(pivotB));
}

/**
 * Adds the gyroscopic torque −ω × (I ω) to a body, for the next step. cannon-es integrates
 * ω̇ = I⁻¹ τ only, so without it a body with three different moments of inertia does not keep its
 * angular momentum. Nothing to add where all three are equal.
 *
 * The body must have its inertia about its own axes (`body.inertia`, kg m²).
 */
export function addGyroscopicTorque(body: Body): void {
  const { inertia } = body;
  if (inertia.x === inertia.y && inertia.y === inertia.z) return;
  body.quaternion.conjugate(inverseRotation);
  inverseRotation.vmult(body.angularVelocity, localVector);
  const { x, y, z } = localVector;
  localVector.set(
    (inertia.y - inertia.z) * y * z,
    (inertia.z - inertia.x) * z * x,
    (inertia.x - inertia.y) * x * y,
  );
  body.quaternion.vmult(localVector, worldVector);
  body.torque.vadd(worldVector, body.torque);
}
const inverseRotation = new Quaternion();
const localVector = new Vec3();
const worldVector = new Vec3();

/**
 * Keeps a joint from passing a limit within the next step: gap + dt · (rate of the gap) ≥ 0, by an
 * impulse that can only push away from the limit. A joint that would pass arrives at the limit and
 * stops there, so a hit is inelastic: the impulse works against the motion and energy is lost,
 * whatever the step. (A spring and damper of 1e3 N m/rad and 10 N m s/rad give way by half a degree
 * under 10 N m, and explicit steps of 2 ms are unstable with them at a joint that carries no more
 * than a hand.)
 *
 * The Jacobian elements are set by the joint: they make `computeGW` the rate of the gap.
 */
export class JointLimitEquation extends Equation {
  /** Distance to the limit, rad or m; negative beyond it. */
  gap = Infinity;

  constructor(proximal: Body, distal: Body) {
    super(proximal, distal, 0, Number.MAX_VALUE);
    this.eps = 0; // a hard stop: no compliance
  }

  override computeB(dt: number): number {
    const share = this.gap > 0 ? 1 : limitCorrection;
    return -share * this.gap / dt - this.computeGW() - dt * this.computeGiMf();
  }
}
