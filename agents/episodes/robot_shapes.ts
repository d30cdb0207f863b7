/**
 * How robots look: bars, housings and tools in the frames of their links. Proportions follow the
 * manufacturers' drawings and the models that the kinematics come from; nothing touches by these shapes.
 * A robot that has no entry is drawn as bars from joint to joint.
 */
import type { ShapeDescription } from "../../cluster/scene_protocol.ts";
import type { CollisionShape } from "../../sim/robots/collision.ts";
import type { Robot, Triple } from "../../sim/robots/robot.ts";
import { describePose } from "./pose.ts";

/** The shapes of a robot: those of its base, and those of each link. */
export interface RobotShapes {
  readonly base: readonly ShapeDescription[];
  /** [link] */
  readonly links: readonly (readonly ShapeDescription[])[];
}

type Tone = ShapeDescription["tone"];

const bar = (
  tone: Tone,
  from: Triple,
  to: Triple,
  radius: number,
  endRadius = radius,
): ShapeDescription => ({ kind: "capsule", from, to, radius, endRadius, tone });

const disc = (tone: Tone, from: Triple, to: Triple, radius: number): ShapeDescription => ({
  kind: "cylinder",
  from,
  to,
  radius,
  tone,
});

const ball = (tone: Tone, centre: Triple, radius: number): ShapeDescription => ({
  kind: "ball",
  centre,
  radius,
  tone,
});

const origin: Triple = [0, 0, 0];

/** Two capsules of 1 cm radius and a fingertip, as the reachers' own models have them. */
const reacher = (upper: number, fore: number, finger: number): RobotShapes => ({
  base: [disc("joint", [0, 0, -0.02], [0, 0, -0.004], 0.014)],
  links: [
    [bar("link", origin, [upper, 0, 0], 0.01), disc("joint", [0, 0, -0.011], [0, 0, 0.011], 0.011)],
    [
      bar("link", origin, [fore, 0, 0], 0.01),
      disc("joint", [0, 0, -0.011], [0, 0, 0.011], 0.011),
      ball("tool", [finger, 0, 0], 0.0115),
    ],
  ],
});

const ur5e: RobotShapes = {
  base: [disc("joint", origin, [0, 0, 0.09], 0.075)],
  links: [
    [
      bar("link", [0, 0, -0.05], [0, 0, 0], 0.062),
      bar("link", origin, [0, -0.06, 0], 0.058),
    ],
    [
      disc("joint", [0, 0, 0.065], [0, 0, 0.195], 0.061),
      bar("link", [0, 0, 0.136], [-0.425, 0, 0.136], 0.052, 0.045),
      disc("joint", [-0.425, 0, 0.186], [-0.425, 0, 0.06], 0.053),
    ],
    [
      disc("joint", [0, 0, -0.03], [0, 0, 0.065], 0.051),
      bar("link", [0, 0, 0.015], [-0.3922, 0, 0.015], 0.043, 0.036),
      disc("joint", [-0.3922, 0, -0.03], [-0.3922, 0, 0.085], 0.042),
    ],
    [
      bar("link", [0, 0, -0.045], origin, 0.041),
      disc("joint", [0, 0.045, 0], [0, -0.055, 0], 0.042),
    ],
    [disc("joint", [0, 0, -0.05], [0, 0, 0.045], 0.042), bar("link", origin, [0, 0.05, 0], 0.04)],
    [disc("tool", [0, 0, -0.045], origin, 0.036)],
  ],
};

const panda: RobotShapes = {
  base: [
    disc("joint", origin, [0, 0, 0.14], 0.078),
    bar("joint", [-0.08, 0, 0.055], [0.02, 0, 0.055], 0.055),
  ],
  links: [
    [bar("link", [0, 0, -0.19], [0, 0, -0.005], 0.064)],
    [disc("joint", [0, 0, -0.085], [0, 0, 0.085], 0.066), bar("link", origin, [0, -0.1, 0], 0.062)],
    [
      bar("link", [0, 0, -0.2], [0, 0, -0.085], 0.06),
      bar("link", [0, 0, -0.085], [0.0825, 0, 0], 0.058, 0.054),
    ],
    [
      disc("joint", [0, 0, -0.078], [0, 0, 0.078], 0.061),
      bar("link", origin, [-0.0825, 0.1, 0], 0.054),
    ],
    [
      bar("link", [0, 0, -0.27], [0, 0.01, -0.2], 0.056),
      bar("link", [0, 0.02, -0.2], [0, 0.058, -0.06], 0.036),
      bar("link", [0, 0.05, -0.06], origin, 0.042, 0.048),
    ],
    [disc("joint", [0, 0, -0.07], [0, 0, 0.06], 0.051), bar("link", origin, [0.088, 0, 0], 0.046)],
    [
      disc("joint", [0, 0, -0.04], [0, 0, 0.075], 0.045),
      disc("link", [0, 0, 0.07], [0, 0, 0.107], 0.033),
    ],
  ],
};

/** Each robot's shapes, by its name. */
const shapesByRobot: Readonly<Record<string, RobotShapes>> = {
  "gym-reacher": reacher(0.1, 0.1, 0.11),
  "dm-reacher": reacher(0.12, 0.1, 0.12),
  ur5e,
  panda,
  "panda-with-hand": panda,
};

/** Share of a robot's length that the bars of a robot without shapes of its own are thick. */
const slenderness = 0.045;

/** The shapes of a robot. */
export function robotShapes(robot: Robot): RobotShapes {
  return Object.hasOwn(shapesByRobot, robot.name) ? shapesByRobot[robot.name] : barsOf(robot);
}

/** Bars from joint to joint, thinner towards the tool. */
function barsOf({ joints, tool }: Robot): RobotShapes {
  const ends = [...joints.slice(1).map(({ origin }) => origin.position), tool.position];
  const size = ends.reduce((sum, end) => sum + Math.hypot(...end), 0);
  const radius = (joint: number) => slenderness * size * (1 - 0.4 * joint / joints.length) / 1.6;
  return {
    base: [],
    links: ends.map((end, i) => [
      bar("link", origin, end, radius(i), radius(i + 1)),
      ball("joint", origin, 1.25 * radius(i)),
      ...i === joints.length - 1 ? [ball("tool", end, 1.15 * radius(i + 1))] : [],
    ]),
  };
}

/**
 * Collision shapes as they are drawn: of grippers, and of robots that come with shapes.
 * @throws {RangeError} for a plane, which no link is
 */
export function drawnCollisionShapes(
  shapes: readonly CollisionShape[],
  tone: Tone,
): ShapeDescription[] {
  return shapes.map(({ primitive, pose }): ShapeDescription => {
    const along = (distance: number): Triple => {
      const [x, y, z] = pose.position;
      const [[, , ax], [, , ay], [, , az]] = pose.rotation;
      return [x + distance * ax, y + distance * ay, z + distance * az];
    };
    switch (primitive.kind) {
      case "box":
        return { kind: "box", size: primitive.size, pose: describePose(pose), tone };
      case "sphere":
        return ball(tone, pose.position, primitive.radius);
      case "cylinder":
        return disc(
          tone,
          along(-primitive.length / 2),
          along(primitive.length / 2),
          primitive.radius,
        );
      case "plane":
        throw new RangeError("a plane has no end and cannot be part of a link");
    }
  });
}
