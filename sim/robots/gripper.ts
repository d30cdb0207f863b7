/** The description of a gripper whose fingers slide. */
import type { CollisionShape } from "./collision.ts";
import type { RobotJoint, RobotLink } from "./robot.ts";

/** One finger. */
export interface Finger {
  readonly link: RobotLink;
  /** A slide; its origin in the frame of the robot's last link, positions in m, forces in N. */
  readonly joint: RobotJoint;
  readonly shapes: readonly CollisionShape[];
}

/** A gripper at the end of a robot. */
export interface Gripper {
  readonly name: string;
  readonly fingers: readonly Finger[];
}
