/**
 * Forward kinematics of the planar arm and the course of its muscles, from the run's description.
 *
 * Metres and radians in the plane of the arm: the shoulder is the origin, a joint's angle counts
 * counter-clockwise from the link before it, the first one's from the x axis. The trunk, to which the
 * muscles of the first joint attach, is drawn as a link along the x axis that ends in the shoulder.
 */
import type { Description } from "../../cluster/protocol.ts";

type Arm = Description["arm"];
type Actuator = Arm["actuators"][number];

/** A point of the plane, m. */
export type Point = readonly [x: number, y: number];

/** Length of the drawn trunk, m. */
export const trunkLength = 0.11;
/** Muscles keep at least this distance from the axis of a bone, m. */
const clearance = 0.021;
/** Where muscles attach they are this far from the axis of a bone, m: inside its surface. */
const attachmentDepth = 0.005;
/** Distance along the bones over which a muscle bends round a joint, m. */
const bend = 0.014;
/** Where muscles attach: share of a link's length from the joint that they cross. */
const attachment = { origin: 0.58, insertion: 0.38 } as const;

/** The joints from the shoulder to the hand: one point more than the arm has links. */
export function chainPoints(arm: Arm, angles: ArrayLike<number>): Point[] {
  const points: Point[] = [[0, 0]];
  let direction = 0;
  arm.links.forEach(({ length }, i) => {
    direction += angles[i];
    points.push(along(points[i], direction, length));
  });
  return points;
}

/** Where the hand is. */
export function handPoint(arm: Arm, angles: ArrayLike<number>): Point {
  return chainPoints(arm, angles)[arm.links.length];
}

/** The farthest that the hand can be from the shoulder, m. */
export function reach(arm: Arm): number {
  return arm.links.reduce((sum, { length }) => sum + length, 0);
}

/** The joints that a muscle crosses: those where it has a moment arm. */
export function crossedJoints({ momentArms }: Actuator): number[] {
  return momentArms.flatMap((momentArm, joint) => momentArm === 0 ? [] : [joint]);
}

/**
 * The course of a muscle, from its origin to its insertion.
 *
 * The path length changes with a joint's angle by the moment arm, so a muscle with a negative one gets
 * shorter as the angle grows: it flexes, and it runs on the left of the chain. It passes the joint at
 * the distance of its moment arm, straight across the inside of the bend, round the outside of it.
 *
 * @returns no points for a muscle that crosses no joint
 */
export function musclePath(arm: Arm, muscle: Actuator, angles: ArrayLike<number>): Point[] {
  const joints = crossedJoints(muscle);
  if (joints.length === 0) return [];
  const points = chainPoints(arm, angles);
  const directions = [0];
  arm.links.forEach((_, i) => directions.push(directions[i] + angles[i]));

  const path: Point[] = [];
  const first = joints[0];
  const proximal = first === 0 ? trunkLength : arm.links[first - 1].length;
  const originSide = side(muscle, first) * attachmentDepth;
  path.push(beside(points[first], directions[first], -attachment.origin * proximal, originSide));
  joints.forEach((joint, i) => {
    if (i > 0 && joints[i - 1] === joint - 1) {
      // The belly of a muscle over two joints bulges between them.
      const before = side(muscle, joint - 1) * offset(muscle, joint - 1);
      const after = side(muscle, joint) * offset(muscle, joint);
      const middle = arm.links[joint - 1].length / 2;
      path.push(beside(points[joint], directions[joint], -middle, (before + after) / 2));
    }
    path.push(...passage(points[joint], directions[joint], angles[joint], muscle, joint));
  });
  const last = joints[joints.length - 1];
  const insertionSide = side(muscle, last) * attachmentDepth;
  const insertion = attachment.insertion * arm.links[last].length;
  path.push(beside(points[last], directions[last + 1], insertion, insertionSide));
  return path;
}

/** How a muscle passes one joint. */
function passage(
  joint: Point,
  direction: number,
  angle: number,
  muscle: Actuator,
  index: number,
): Point[] {
  const distance = side(muscle, index) * offset(muscle, index);
  const middle = beside(joint, direction + angle / 2, 0, distance);
  const inside = Math.sign(distance) === Math.sign(angle);
  if (inside) return [middle];
  return [
    beside(joint, direction, -bend, distance),
    middle,
    beside(joint, direction + angle, bend, distance),
  ];
}

/** 1 when the muscle runs on the left of the chain at a joint, −1 on the right. */
const side = (muscle: Actuator, joint: number) => muscle.momentArms[joint] < 0 ? 1 : -1;

const offset = (muscle: Actuator, joint: number) =>
  Math.max(Math.abs(muscle.momentArms[joint]), clearance);

const along = (from: Point, direction: number, distance: number): Point => [
  from[0] + distance * Math.cos(direction),
  from[1] + distance * Math.sin(direction),
];

/** The point `distance` along a direction and `left` to the left of it. */
const beside = (from: Point, direction: number, distance: number, left: number): Point =>
  along(along(from, direction, distance), direction + Math.PI / 2, left);

/**
 * The border of what the hand can reach with the first two joints, the others held as straight as they
 * go: closed, without repetition of the first point.
 */
export function reachableBorder(arm: Arm, pointsPerSide = 48): Point[] {
  const straight = arm.joints.map(({ lower, upper }) => Math.min(Math.max(0, lower), upper));
  const [shoulder, elbow] = arm.joints;
  const sweep = (posture: (share: number) => readonly number[]) =>
    Array.from({ length: pointsPerSide }, (_, i) => {
      const angles = [...straight];
      posture(i / pointsPerSide).forEach((angle, joint) => angles[joint] = angle);
      return handPoint(arm, angles);
    });
  const turn = (from: number, to: number, share: number) => from + (to - from) * share;
  if (!elbow) return sweep((share) => [turn(shoulder.lower, shoulder.upper, share)]);
  // Whichever limit is nearest to a straight elbow reaches farthest.
  const [far, near] = Math.abs(elbow.lower) < Math.abs(elbow.upper)
    ? [elbow.lower, elbow.upper]
    : [elbow.upper, elbow.lower];
  return [
    ...sweep((share) => [turn(shoulder.lower, shoulder.upper, share), far]),
    ...sweep((share) => [shoulder.upper, turn(far, near, share)]),
    ...sweep((share) => [turn(shoulder.upper, shoulder.lower, share), near]),
    ...sweep((share) => [shoulder.lower, turn(near, far, share)]),
  ];
}
