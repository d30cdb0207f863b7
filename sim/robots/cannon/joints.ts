/**
 * Joints between two bodies in cannon-es: hinges, and the slides that it lacks. Each is a constraint that
 * holds the bodies together, and a second one of what acts along the joint: its drive and its limits.
 *
 * A slide keeps five of the six ways in which one body moves against another at zero: three rotations,
 * as cannon-es's lock does, and two translations across the axis. (A kinematic pair of fingers would
 * give whatever force a grasp asks for; a lock with one row less, which this is, has a finger press as hard
 * as its drive lets it, and feel what it holds.)
 */
import {
  type Body,
  Constraint,
  Equation,
  HingeConstraint,
  Quaternion,
  RotationalEquation,
  Vec3,
} from "cannon-es";
import {
  JointLimitEquation,
  pivotGap,
  setConstraintTimeStep,
} from "../../physics/cannon_bodies.ts";
import type { RobotJoint } from "../robot.ts";
import { JointDrive } from "./drive.ts";

/**
 * A limit nearer than this is within reach even at rest, rad or m: no joint of ours is moved further in a
 * step of 10 ms by what it bears.
 */
const limitMargin = 0.1;

/** How a joint stands on its two bodies, in their own frames. */
export interface JointFrames {
  /** The joint's place on the body before it, and on its own. */
  readonly pivotA: Vec3;
  readonly pivotB: Vec3;
  /** From the joint's frame (the link's at zero) to the body before, and to its own. */
  readonly rotationA: Quaternion;
  readonly rotationB: Quaternion;
  /** In the joint's frame. */
  readonly axis: Vec3;
}

/** A joint of either kind. */
export abstract class CannonJoint {
  abstract readonly constraint: Constraint;
  readonly drive: JointDrive;
  readonly #limits: readonly JointLimitEquation[];
  /** Drive and limits. */
  readonly #along: Constraint;
  /** rad or m */
  position = 0;
  /** rad/s or m/s */
  rate = 0;

  constructor(
    readonly proximal: Body,
    readonly distal: Body,
    readonly joint: Omit<RobotJoint, "origin" | "axis">,
  ) {
    this.drive = new JointDrive(
      proximal,
      distal,
      joint.armature,
      joint.damping,
      joint.maximalTorque,
    );
    this.#limits = [joint.lower, joint.upper].map(() => new JointLimitEquation(proximal, distal));
    this.#along = new AlongJoint(proximal, distal, [this.drive, ...this.#limits]);
  }

  get constraints(): readonly Constraint[] {
    return [this.constraint, this.#along];
  }

  /** Makes `computeGW` of an equation `sign` times the joint's rate, as the bodies stand. */
  protected abstract setJacobian(equation: Equation, sign: number): void;

  /** The joint's position as the bodies stand, rad or m. */
  protected abstract measurePosition(): number;

  /** How far the bodies have come apart across the joint, m. */
  abstract gap(): number;

  /** Takes in how the bodies stand and move. */
  measure(): void {
    this.position = this.measurePosition();
    this.setJacobian(this.drive, 1);
    this.rate = this.drive.computeGW();
  }

  /** Gets its equations ready for a step of `dt` seconds from what was measured. */
  prepare(dt: number): void {
    this.drive.begin(this.position);
    const gaps = [this.position - this.joint.lower, this.joint.upper - this.position];
    this.#limits.forEach((limit, side) => {
      limit.gap = gaps[side];
      limit.enabled = limit.gap < limitMargin + 2 * dt * Math.abs(this.rate);
      if (limit.enabled) this.setJacobian(limit, side === 0 ? 1 : -1);
    });
  }

  setTimeStep(dt: number): void {
    setConstraintTimeStep(this.constraint, dt);
  }
}

/** Equations that the joint sets itself. */
class AlongJoint extends Constraint {
  constructor(proximal: Body, distal: Body, equations: readonly Equation[]) {
    super(proximal, distal, { collideConnected: false });
    this.equations.push(...equations);
  }

  override update(): void {}
}

/** A joint that turns about its axis; full turns are counted. */
export class Hinge extends CannonJoint {
  readonly constraint: HingeConstraint;
  readonly #axis: Vec3;

  constructor(
    proximal: Body,
    distal: Body,
    joint: Omit<RobotJoint, "origin" | "axis">,
    readonly frames: JointFrames,
  ) {
    super(proximal, distal, joint);
    this.#axis = frames.rotationB.vmult(frames.axis);
    this.constraint = new HingeConstraint(proximal, distal, {
      pivotA: frames.pivotA,
      pivotB: frames.pivotB,
      axisA: frames.rotationA.vmult(frames.axis),
      axisB: this.#axis,
      collideConnected: false,
    });
  }

  override gap(): number {
    return pivotGap(this.constraint);
  }

  protected override setJacobian(
    { jacobianElementA, jacobianElementB }: Equation,
    sign: number,
  ): void {
    this.distal.quaternion.vmult(this.#axis, direction);
    direction.scale(sign, jacobianElementB.rotational);
    direction.scale(-sign, jacobianElementA.rotational);
  }

  protected override measurePosition(): number {
    const { rotationA, rotationB, axis } = this.frames;
    this.proximal.quaternion.mult(rotationA, before);
    this.distal.quaternion.mult(rotationB, after);
    before.conjugate(before);
    before.mult(after, before);
    const { x, y, z, w } = before;
    const turned = 2 * Math.atan2(x * axis.x + y * axis.y + z * axis.z, w);
    return turned + fullTurn * Math.round((this.position - turned) / fullTurn);
  }
}

/** A joint that slides along its axis. */
export class Slide extends CannonJoint {
  readonly constraint: SlideConstraint;

  constructor(
    proximal: Body,
    distal: Body,
    joint: Omit<RobotJoint, "origin" | "axis">,
    frames: JointFrames,
  ) {
    super(proximal, distal, joint);
    this.constraint = new SlideConstraint(proximal, distal, frames);
  }

  override gap(): number {
    this.constraint.update();
    return Math.hypot(...this.constraint.across.map(({ displacement }) => displacement));
  }

  protected override setJacobian(equation: Equation, sign: number): void {
    this.constraint.place();
    this.constraint.setTranslation(equation, this.constraint.axis, sign);
  }

  protected override measurePosition(): number {
    this.constraint.place();
    return this.constraint.axis.dot(this.constraint.offset);
  }
}

/** Keeps a displacement across a slide at zero. */
class SlideEquation extends Equation {
  /** m */
  displacement = 0;

  override computeB(dt: number): number {
    return -this.displacement * this.a - this.computeGW() * this.b - dt * this.computeGiMf();
  }
}

/** What a slide holds fast. */
class SlideConstraint extends Constraint {
  readonly across: readonly SlideEquation[];
  /** The slide's direction, and its bodies' offset along and across it, in the world, m. */
  readonly axis = new Vec3();
  readonly offset = new Vec3();
  readonly #leverA = new Vec3();
  readonly #leverB = new Vec3();
  readonly #rotations: readonly RotationalEquation[];
  /** The slide's axis and two directions across it, in the frame of the first body. */
  readonly #axes: readonly Vec3[];
  /** The joint frame's axes on either body. */
  readonly #turningA: readonly Vec3[];
  readonly #turningB: readonly Vec3[];

  constructor(proximal: Body, distal: Body, readonly frames: JointFrames) {
    super(proximal, distal, { collideConnected: false });
    const { axis, rotationA, rotationB } = frames;
    const [first, second] = [new Vec3(), new Vec3()];
    axis.tangents(first, second);
    this.#axes = [axis, first, second].map((direction) => rotationA.vmult(direction.unit()));
    const units = [Vec3.UNIT_X, Vec3.UNIT_Y, Vec3.UNIT_Z];
    this.#turningA = units.map((unit) => rotationA.vmult(unit));
    this.#turningB = units.map((unit) => rotationB.vmult(unit));
    this.across = [first, second].map(() => new SlideEquation(proximal, distal));
    this.#rotations = units.map(() => new RotationalEquation(proximal, distal));
    this.equations.push(...this.across, ...this.#rotations);
  }

  override update(): void {
    const { bodyA, bodyB } = this;
    this.place();
    this.across.forEach((equation, i) => {
      bodyA.quaternion.vmult(this.#axes[i + 1], direction);
      equation.displacement = direction.dot(this.offset);
      this.setTranslation(equation, direction, 1);
    });
    // Each axis on one body stays at right angles to the next one on the other.
    this.#rotations.forEach((equation, i) => {
      bodyA.quaternion.vmult(this.#turningA[i], equation.axisA);
      bodyB.quaternion.vmult(this.#turningB[(i + 1) % 3], equation.axisB);
    });
  }

  /** Finds axis, offset and levers as the bodies stand. */
  place(): void {
    const { bodyA, bodyB, frames: { pivotA, pivotB } } = this;
    bodyA.quaternion.vmult(this.#axes[0], this.axis);
    bodyB.quaternion.vmult(pivotB, this.#leverB);
    // From the first body's centre to the point on the second: the direction turns about the former.
    bodyB.position.vadd(this.#leverB, this.#leverA);
    this.#leverA.vsub(bodyA.position, this.#leverA);
    bodyA.quaternion.vmult(pivotA, this.offset);
    this.#leverA.vsub(this.offset, this.offset);
  }

  /** Makes `computeGW` of an equation `sign` times how fast the bodies move apart along `along`. */
  setTranslation(
    { jacobianElementA, jacobianElementB }: Equation,
    along: Vec3,
    sign: number,
  ): void {
    along.scale(sign, jacobianElementB.spatial);
    along.scale(-sign, jacobianElementA.spatial);
    this.#leverB.cross(jacobianElementB.spatial, jacobianElementB.rotational);
    this.#leverA.cross(jacobianElementA.spatial, jacobianElementA.rotational);
  }
}

const fullTurn = 2 * Math.PI;
const before = new Quaternion();
const after = new Quaternion();
const direction = new Vec3();
