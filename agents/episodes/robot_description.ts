/** Robots as those who draw them are told of them. */
import type {
  PoseDescription,
  RobotDescription,
  SceneDescription,
  SceneExtent,
  ShapeDescription,
} from "../../cluster/scene_protocol.ts";
import type { Gripper } from "../../sim/robots/gripper.ts";
import type { Robot, RobotJoint } from "../../sim/robots/robot.ts";
import { describePose, placeAt } from "./pose.ts";
import { type RobotShapes, robotShapes } from "./robot_shapes.ts";

/** What a robot carries, and where it stands. */
export interface RobotSetting {
  /** At the end of the last link. */
  readonly gripper?: Gripper & {
    /** The shapes of one finger, in its link's frame. */
    readonly fingerShapes: readonly ShapeDescription[];
  };
  /** Those of the robot's own entry, unless given. */
  readonly shapes?: RobotShapes;
  /** The origin, unless given. */
  readonly place?: PoseDescription;
}

/** The description of a robot: its chain, its fingers, its shapes. */
export function describeRobot(robot: Robot, setting: RobotSetting = {}): RobotDescription {
  const { gripper, shapes = robotShapes(robot), place = placeAt([0, 0, 0]) } = setting;
  const last = robot.joints.length - 1;
  const fingers = gripper?.fingers ?? [];
  return {
    name: robot.name,
    summary: robot.summary,
    place,
    base: shapes.base,
    joints: [
      ...robot.joints.map((joint, i) => describeJoint(joint, i - 1, "turns")),
      ...fingers.map(({ joint }) => describeJoint(joint, last, "slides")),
    ],
    links: [
      ...robot.links.map(({ name }, i) => ({ name, shapes: shapes.links[i] })),
      ...fingers.map(({ link }) => ({
        name: link.name,
        shapes: gripper?.fingerShapes ?? [],
      })),
    ],
    tool: { link: last, pose: describePose(robot.tool) },
  };
}

function describeJoint(
  { name, origin, axis }: RobotJoint,
  parent: number,
  motion: "turns" | "slides",
): RobotDescription["joints"][number] {
  return { name, parent, motion, origin: describePose(origin), axis };
}

/**
 * A robot by itself.
 * @param timeStep between two of its frames, s
 * @param extent what holds all that is to be seen of it; unless given, all that it can reach
 */
export function describeRobotScene(
  robot: Robot,
  timeStep: number,
  extent: SceneExtent = reachOf(robot),
): SceneDescription {
  return {
    type: "scene",
    version: 1,
    task: robot.name,
    summary: robot.summary,
    timeStep,
    robot: describeRobot(robot),
    bodies: [],
    extent,
  };
}

/** All that a robot which stands on a table can reach at the most. */
function reachOf({ joints, tool }: Robot): SceneExtent {
  const reach = [...joints.map(({ origin }) => origin), tool]
    .reduce((sum, { position }) => sum + Math.hypot(...position), 0);
  return { low: [-reach, -reach, 0], high: [reach, reach, reach] };
}
