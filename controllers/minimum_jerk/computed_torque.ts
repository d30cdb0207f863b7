/**
 * Computed-torque control: the torques that keep the joints on a plan, by the arm's equations of motion
 * with feedback on the joints,
 *
 *     τ = M(q_d)(q̈_d + 2ζω ė + ω²(e + ∫e dt / T_i)) + C(q_d, q̇_d) + G(q_d) + D q̇_d,  e = q_d − q.
 *
 * Feedback scaled by the mass matrix has the same bandwidth on every arm. The slow integral takes up
 * constant loads. The desired motion is that of now in e and ė, and a little ahead elsewhere.
 */
import type { Arm } from "../../sim/arms/arm.ts";
import { inverseDynamics } from "../../sim/arms/dynamics.ts";
import type { JointEstimate } from "./joint_estimate.ts";
import type { Plan } from "./reach_plan.ts";
import { motionOf } from "./trajectory.ts";
import { minus } from "./vectors.ts";

/** The feedback's constants. */
export interface FeedbackSettings {
  /** ω, rad/s. */
  readonly bandwidth: number;
  /** ζ. */
  readonly dampingRatio: number;
  /** T_i, s. */
  readonly integralTime: number;
  /** By how much the feed-forward torque leads, s. */
  readonly anticipation: number;
  /** Time between two calls, s. */
  readonly timeStep: number;
  /** Gravitational acceleration along −y, m/s². */
  readonly gravity: number;
}

/** Where the integral of the error ends, rad: a joint that is held fast must not wind it up. */
const largestIntegral = 0.5;

/**
 * Makes the function that gives the torques (N m) of one arm for its plan and joint state at successive
 * steps, and keeps the integral of the error from step to step.
 */
export function computedTorque(arm: Arm, settings: FeedbackSettings) {
  const { bandwidth, dampingRatio, integralTime, anticipation, timeStep, gravity } = settings;
  let integral = arm.joints.map(() => 0);
  return (plan: Plan, estimate: JointEstimate): number[] => {
    const now = motionOf(plan.around(), timeStep);
    const soon = motionOf(plan.around(Math.round(anticipation / timeStep)), timeStep);
    const positionError = minus(now.position, estimate.angles);
    const velocityError = minus(now.velocity, estimate.velocities);
    integral = integral.map((sum, j) => {
      const next = sum + positionError[j] * timeStep / integralTime;
      return Math.min(largestIntegral, Math.max(-largestIntegral, next));
    });
    const accelerations = soon.acceleration.map((value, j) =>
      value + 2 * dampingRatio * bandwidth * velocityError[j] +
      bandwidth ** 2 * (positionError[j] + integral[j])
    );
    return inverseDynamics(arm, soon.position, soon.velocity, accelerations, gravity);
  };
}
