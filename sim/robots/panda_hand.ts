/**
 * The Panda's hand, a parallel gripper of two fingers that slide apart, 8 cm at most.
 *
 * Masses, inertias, frames, armature and damping of the MuJoCo Menagerie; the largest force is the
 * continuous one of the manufacturer's data sheet. The pads of the fingers are four balls each, whose inner
 * sides lie in the plane of Menagerie's pads (boxes, which cannon-es handles with more contacts and much
 * more work): they hold a face at four points, so that it cannot turn between them.
 */
import type { CollisionShape } from "./collision.ts";
import { placedIn, withFixed } from "./composite.ts";
import type { Finger, Gripper } from "./gripper.ts";
import { panda } from "./panda.ts";
import { type Pose, poseAt, type Robot, type RobotLink, symmetric } from "./robot.ts";

/** The material of the pads. */
export const padMaterial = "finger pad";

/** How far each finger goes, m. */
export const fingerTravel = 0.04;

const handPose: Pose = placedIn(panda.tool, poseAt([0, 0, 0], [0, 0, -Math.PI / 4]));

const hand: RobotLink = {
  name: "hand",
  mass: 0.73,
  centreOfMass: [-0.01, 0, 0.03],
  inertia: symmetric([0.001, 0.0025, 0.0017]),
};

/** m: of a pad's balls, their distance across the pad, and the pad's middle along the finger */
const ball = 0.006;
const halfWidth = 0.0055;
const padMiddle = 0.0445;

const pad: readonly CollisionShape[] = [-halfWidth, halfWidth].flatMap((x) =>
  [-halfWidth, halfWidth].map((z): CollisionShape => ({
    primitive: { kind: "sphere", radius: ball },
    pose: poseAt([x, ball, padMiddle + z]),
    material: padMaterial,
  }))
);

/** @param turn of the finger about the hand's z axis: both slide outwards along their own y */
function finger(name: string, turn: number): Finger {
  return {
    link: {
      name: `${name} finger`,
      mass: 0.015,
      centreOfMass: [0, 0, 0],
      inertia: symmetric([2.375e-6, 2.375e-6, 7.5e-7]),
    },
    joint: {
      name: `${name} finger`,
      origin: placedIn(handPose, poseAt([0, 0, 0.0584], [0, 0, turn])),
      axis: [0, 1, 0],
      lower: 0,
      upper: fingerTravel,
      maximalTorque: 70,
      maximalSpeed: 0.05,
      armature: 0.1,
      damping: 1,
    },
    shapes: pad,
  };
}

/** The fingers; their positions are 0 where they meet and 4 cm when open. */
export const pandaGripper: Gripper = {
  name: "panda-hand",
  fingers: [finger("left", 0), finger("right", Math.PI)],
};

/** The Panda with the hand's mass on its last link; the tool is the middle between the pads. */
export const pandaWithHand: Robot = {
  ...panda,
  name: "panda-with-hand",
  summary: "Franka Emika Panda with its hand",
  links: panda.links.map((link, i) =>
    i === panda.links.length - 1 ? withFixed(link, hand, handPose) : link
  ),
  tool: placedIn(handPose, poseAt([0, 0, 0.0584 + padMiddle])),
};

/** Shapes of the arm's links: the hand's housing on the last one, which stands on no material. */
export const pandaHandShapes: readonly (readonly CollisionShape[])[] = panda.links.map((_, i) =>
  i < panda.links.length - 1 ? [] : [{
    primitive: { kind: "box", size: [0.04, 0.2, 0.06] },
    pose: placedIn(handPose, poseAt([0, 0, 0.03])),
  }]
);
