/**
 * What is to be seen of each task for reinforcement learning: its robot, its objects and goals, and where
 * they are in the state of one copy. A new task is one more entry in the table.
 */
import type {
  BodyDescription,
  RobotDescription,
  SceneDescription,
  SceneExtent,
  ShapeDescription,
} from "../../cluster/scene_protocol.ts";
import { commandSteps } from "../../sim/environments/panda_reach.ts";
import { taskPuck } from "../../sim/environments/arm_push.ts";
import { taskSpecifications } from "../../sim/environments/catalogue.ts";
import { humanArm } from "../../sim/environments/human_arm.ts";
import { cubeEdge } from "../../sim/environments/panda_table.ts";
import { bodyStateRows } from "../../sim/robots/cannon/robot_bodies.ts";
import { panda } from "../../sim/robots/panda.ts";
import { pandaGripper, pandaHandShapes, pandaWithHand } from "../../sim/robots/panda_hand.ts";
import { controlSuiteReacher, gymReacher } from "../../sim/robots/reachers.ts";
import type { Robot } from "../../sim/robots/robot.ts";
import { placeAt } from "./pose.ts";
import { describeRobot } from "./robot_description.ts";
import { drawnCollisionShapes, robotShapes } from "./robot_shapes.ts";

/** The state of one copy: all its rows, and the parts of a task that is stated as equations by name. */
export interface CopyState {
  readonly rows: readonly number[];
  /** @throws {RangeError} when the task's state has no such part */
  part(name: string): readonly number[];
}

/** How a task is shown. */
export interface TaskScene {
  readonly robot: RobotDescription;
  readonly bodies: readonly BodyDescription[];
  readonly extent: SceneExtent;
  /** The coordinates of one copy, in the order of `coordinateUnits`. */
  coordinates(state: CopyState): readonly number[];
}

/** Height of the plane in which planar arms move over the table, m. */
const planeHeight = 0.035;

const planar = (robot: Robot) => describeRobot(robot, { place: placeAt([0, 0, planeHeight]) });

/** A place where something is to come, x, y, z. */
const goal = (name: string, ...shapes: ShapeDescription[]): BodyDescription => ({
  name,
  role: "goal",
  motion: "point",
  place: placeAt([0, 0, 0]),
  shapes,
});

const goalBall = (name: string, radius: number) =>
  goal(name, { kind: "ball", centre: [0, 0, 0], radius, tone: "tool" });

/** A disc on the table, `below` m under the goal's middle. */
const goalDisc = (name: string, radius: number, below: number) =>
  goal(name, {
    kind: "cylinder",
    from: [0, 0, 0.001 - below],
    to: [0, 0, 0.003 - below],
    radius,
    tone: "tool",
  });

/** A planar arm that reaches for a point of its plane. */
function planarReach(
  robot: Robot,
  extent: SceneExtent,
  part: string,
  radius: number,
): TaskScene {
  return {
    robot: planar(robot),
    bodies: [goalBall(part, radius)],
    extent,
    coordinates: (state) => [...state.part("angles"), ...state.part(part), planeHeight],
  };
}

const gymExtent: SceneExtent = { low: [-0.22, -0.22, 0], high: [0.22, 0.22, 0.06] };
const suiteExtent: SceneExtent = { low: [-0.26, -0.26, 0], high: [0.26, 0.26, 0.08] };
const humanExtent: SceneExtent = { low: [-0.62, -0.15, 0], high: [0.62, 0.65, 0.08] };
const pandaExtent: SceneExtent = { low: [-0.15, -0.35, 0], high: [0.75, 0.35, 0.7] };
/** The goal is beyond the cube. */
const pushExtent: SceneExtent = { low: [-0.15, -0.3, 0], high: [1, 0.3, 0.55] };

const humanReach = (part: string, radius: number) =>
  planarReach(humanArm, humanExtent, part, radius);

const push: TaskScene = {
  robot: planar(humanArm),
  bodies: [
    {
      name: "puck",
      role: "object",
      motion: "plane",
      place: placeAt([0, 0, 0]),
      shapes: [
        {
          kind: "cylinder",
          from: [0, 0, 0.003],
          to: [0, 0, 0.03],
          radius: taskPuck.radius,
          tone: "link",
        },
        // Off the middle, so that one sees it turn.
        {
          kind: "cylinder",
          from: [0.03, 0, 0.03],
          to: [0.03, 0, 0.031],
          radius: 0.007,
          tone: "tool",
        },
      ],
    },
    goalDisc("goal", taskPuck.radius, 0),
  ],
  extent: humanExtent,
  coordinates(state) {
    const [x, y] = state.part("puck");
    return [...state.part("angles"), x, y, 0, ...state.part("goal"), 0];
  },
};

const reach: TaskScene = {
  robot: describeRobot(panda),
  bodies: [goalBall("command", 0.02)],
  extent: pandaExtent,
  coordinates(state) {
    const commands = state.part("commands");
    const [steps] = state.part("steps");
    const last = commands.length / 3 - 1;
    const at = 3 * Math.min(Math.floor(steps / commandSteps), last);
    return [...state.part("angles"), ...commands.slice(at, at + 3)];
  },
};

const handShapes = robotShapes(pandaWithHand);

const pandaHanded = describeRobot(pandaWithHand, {
  gripper: {
    ...pandaGripper,
    fingerShapes: [{
      kind: "box",
      size: [0.02, 0.014, 0.054],
      pose: placeAt([0, 0.007, 0.027]),
      tone: "tool",
    }],
  },
  shapes: {
    ...handShapes,
    links: handShapes.links.map((shapes, i) => [
      ...shapes,
      ...drawnCollisionShapes(pandaHandShapes[i], "link"),
    ]),
  },
});

/**
 * A Panda with its hand that moves a cube.
 * @param further rows that stand behind the world's in the state, the target's place first
 */
function cubeTask(target: BodyDescription, extent: SceneExtent, further: number): TaskScene {
  const joints = pandaHanded.joints.length;
  return {
    robot: pandaHanded,
    bodies: [
      {
        name: "cube",
        role: "object",
        motion: "space",
        place: placeAt([0, 0, 0]),
        shapes: [{
          kind: "box",
          size: [cubeEdge, cubeEdge, cubeEdge],
          pose: placeAt([0, 0, 0]),
          tone: "link",
        }],
      },
      target,
    ],
    extent,
    coordinates({ rows }) {
      // The world's state: the robot's bodies, its joints, then the bodies of table and cube.
      const world = rows.length - further;
      const cube = world - bodyStateRows;
      const table = cube - bodyStateRows;
      return [
        ...rows.slice(table - joints, table),
        ...rows.slice(cube, cube + 7),
        ...rows.slice(world, world + 3),
      ];
    },
  };
}

/** How each task is shown, by its name. */
const scenes: Readonly<Record<string, TaskScene>> = {
  ArmReacher: planarReach(gymReacher, gymExtent, "target", 0.009),
  SuiteReacherEasy: planarReach(controlSuiteReacher, suiteExtent, "target", 0.05),
  SuiteReacherHard: planarReach(controlSuiteReacher, suiteExtent, "target", 0.015),
  ArmReach: humanReach("target", 0.02),
  ArmHold: humanReach("target", 0.02),
  ArmReachGoal: humanReach("goal", 0.05),
  ArmReachGoalDelta: humanReach("goal", 0.05),
  ArmPush: push,
  PandaReach: reach,
  PandaPush: cubeTask(goalDisc("goal", 0.1, cubeEdge / 2), pushExtent, 3),
  PandaLift: cubeTask(goalBall("target", 0.02), pandaExtent, 11),
};

/**
 * How the task called `name` is shown.
 * @throws {RangeError} when there is no scene for it, naming those that there are
 */
export function findTaskScene(name: string): TaskScene {
  if (Object.hasOwn(scenes, name)) return scenes[name];
  throw new RangeError(
    `no scene for a task "${name}"; there are ${Object.keys(scenes).join(", ")}`,
  );
}

/**
 * The description of the task called `name`, for those who draw it.
 * @throws {RangeError} when there is no such task, or no scene for it
 */
export function describeTask(name: string): SceneDescription {
  const { robot, bodies, extent } = findTaskScene(name);
  const specification = taskSpecifications.find((task) => task.name === name);
  if (!specification) throw new RangeError(`no task "${name}"`);
  return {
    type: "scene",
    version: 1,
    task: name,
    summary: specification.summary,
    timeStep: specification.controlStep,
    robot,
    bodies,
    extent,
  };
}
