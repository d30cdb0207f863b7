/** Frames as those who draw them are told of them: rotations are unit quaternions. */
import type { PoseDescription } from "../../cluster/scene_protocol.ts";
import { quaternionOf } from "../../sim/robots/cannon/frames.ts";
import { type Pose, poseAt, type Triple } from "../../sim/robots/robot.ts";

/** A pose with its rotation as a quaternion. */
export function describePose({ position, rotation }: Pose): PoseDescription {
  const { x, y, z, w } = quaternionOf(rotation);
  return { position, rotation: [x, y, z, w] };
}

/** A place that is not turned. */
export function placeAt(position: Triple): PoseDescription {
  return describePose(poseAt(position));
}
