/**
 * What acts along a joint beside its constraint forces: the motor's torque, the rotor's inertia
 * (armature), damping, and a position servo, as one equation for the solver.
 *
 * cannon-es knows none of these. Over a step of h seconds, in which the joint's rate goes from u to u⁺,
 * they come to the impulse
 *
 *     λ = h τ − a (u⁺ − u) − h d u⁺ + h k (target − q − h u⁺) − h k_d u⁺,
 *
 * armature, damping and servo by the motion that they lead to, so that none of them is too stiff for the
 * step. With A = a + h (d + k_d) + h² k this is a row like those of SPOOK, with compliance 1/A:
 *
 *     u⁺ + λ/A = (a u + h τ + h k (target − q))/A.
 *
 * No approximation beyond that of the step itself: a rotor that turns about the joint's axis adds
 * ½ a q̇² to the kinetic energy, as MuJoCo has it (its spin with the links before is left out there too).
 */
import { type Body, Equation } from "cannon-es";

/** Stands for the inertia of a joint that has no armature, damping or servo, kg m². */
const smallestInertia = 1e-9;

/** A position servo. */
export interface Servo {
  /** rad or m */
  readonly target: number;
  /** N m/rad or N/m */
  readonly stiffness: number;
  /** N m s/rad or N s/m */
  readonly damping: number;
}

/** One joint's drive. The joint sets the Jacobian elements: they make `computeGW` its rate. */
export class JointDrive extends Equation {
  /** Torque of the motor, N m (force, N). */
  torque = 0;
  servo: Servo | undefined;
  /** The joint's position, rad or m. */
  position = 0;
  /** What the servo gives when it asks for more than its motor has, N m or N. */
  #saturated: number | undefined;

  constructor(
    proximal: Body,
    distal: Body,
    readonly armature: number,
    readonly damping: number,
    /** Largest torque of the servo, N m (force, N). */
    readonly maximalTorque: number,
  ) {
    super(proximal, distal, -Number.MAX_VALUE, Number.MAX_VALUE);
  }

  /** Takes the state in at the start of a step; a servo may use all of its torque again. */
  begin(position: number): void {
    this.position = position;
    this.#saturated = undefined;
  }

  override computeB(dt: number): number {
    const servo = this.#saturated === undefined ? this.servo : undefined;
    const stiffness = servo?.stiffness ?? 0;
    const inertia = Math.max(
      smallestInertia,
      this.armature + dt * (this.damping + (servo?.damping ?? 0)) + dt ** 2 * stiffness,
    );
    const rate = this.computeGW();
    const pull = stiffness * ((servo?.target ?? 0) - this.position);
    const torque = this.torque + (this.#saturated ?? 0);
    this.eps = 1 / inertia;
    return (this.armature * rate + dt * (torque + pull)) / inertia - rate - dt * this.computeGiMf();
  }

  /**
   * Holds the servo to its motor's largest torque for this step, given the impulse that its equation
   * was solved with.
   * @returns whether it had asked for more, and the equation is to be solved again
   */
  saturate(impulse: number, dt: number): boolean {
    const { servo, armature, damping } = this;
    if (!servo || this.#saturated !== undefined) return false;
    const rate = this.computeGW();
    const servoRate = dt * servo.damping + dt ** 2 * servo.stiffness;
    const push = armature * rate +
      dt * (this.torque + servo.stiffness * (servo.target - this.position));
    const after = (push - impulse) / (armature + dt * damping + servoRate);
    const torque = servo.stiffness * (servo.target - this.position - dt * after) -
      servo.damping * after;
    if (Math.abs(torque) <= this.maximalTorque) return false;
    this.#saturated = Math.sign(torque) * this.maximalTorque;
    return true;
  }
}
