/**
 * What a controller is told, as rows of numbers, in this order:
 *
 * | rows | arm with muscles | arm with torque motors |
 * | --- | --- | --- |
 * | proprioception | fibre length l/l0 of each muscle, then its velocity V/(10 l0) (negative: shortening) | cos of each joint angle, then sin, then rate (rad/s) |
 * | vision | hand x, y (m) | hand x, y (m) |
 * | command | target x, y (m) | target x, y (m) |
 *
 * Without further delays proprioception is one control step old (it belongs to the joint state from
 * which the last step started, as in MotorNet) and vision is current.
 */
import type { Arm } from "../arms/arm.ts";

/** Where each part of the observation stands. */
export interface ObservationLayout {
  /** Rows in all. */
  readonly size: number;
  /** How many rows of proprioception; they come first. */
  readonly proprioception: number;
  /** Row of the hand's x; y follows. */
  readonly hand: number;
  /** Row of the target's x; y follows. */
  readonly target: number;
}

/** The layout for an arm driven by muscles (`muscles` true) or by torque motors. */
export function observationLayout(arm: Arm, muscles: boolean): ObservationLayout {
  const proprioception = muscles ? 2 * arm.muscles.length : 3 * arm.joints.length;
  return {
    size: proprioception + 4,
    proprioception,
    hand: proprioception,
    target: proprioception + 2,
  };
}
