/**
 * Where a planar arm's points are for given joint angles, and which angles put the hand at a point.
 * Plain numbers, one arm at a time; the conventions are those of `arm.ts` (SI units, radians, the
 * first joint at the origin). Closed form for two links: any robotics text, e.g. Craig, Introduction
 * to Robotics, chapter 4; damped least squares: Wampler 1986 (IEEE SMC 16), with Marquardt's rule.
 */
import type { Arm } from "./arm.ts";

/** A point, velocity or acceleration in the plane of the arm: m, m/s or m/s². */
export type Point = readonly [x: number, y: number];

/** Which of the postures that reach a point is wanted. */
export interface InverseKinematicsOptions {
  /** Sign of the elbow's angle, two links only. Default +1, the human elbow. */
  readonly elbow?: 1 | -1;
  /**
   * A posture (rad) near which the answer should be. Two links: the elbow's sign is the one whose
   * posture is nearer (unless `elbow` says), and the shoulder's angle is the nearest of those that
   * differ by full turns. Otherwise: the start of the search; default the middle of the joints' ranges.
   */
  readonly near?: readonly number[];
}

const fullTurn = 2 * Math.PI;

/** A point whose distance from reach is below this share of the arm's length counts as reachable. */
const reachTolerance = 1e-9;

/**
 * The first `count` sums of `values`: absolute link angles φ_i = q_1 + … + q_i from joint angles, and
 * likewise for rates.
 * @throws {RangeError} when there is not one finite value for each joint of the arm
 */
export function cumulative(arm: Arm, values: readonly number[], name: string): number[] {
  if (values.length !== arm.joints.length || !values.every(Number.isFinite)) {
    throw new RangeError(
      `${name} [${values}] should be one finite number for each of the ` +
        `${arm.joints.length} joints of ${arm.name}`,
    );
  }
  let sum = 0;
  return values.map((value) => sum += value);
}

/** The positions of every joint, proximal first, and of the hand: n + 1 points, m. */
export function jointPositions(arm: Arm, angles: readonly number[]): Point[] {
  const points: Point[] = [[0, 0]];
  cumulative(arm, angles, "angles").forEach((angle, i) => {
    const [x, y] = points[i];
    const { length } = arm.links[i];
    points.push([x + length * Math.cos(angle), y + length * Math.sin(angle)]);
  });
  return points;
}

/** The position of the hand, the distal end of the last link, m. */
export function handPosition(arm: Arm, angles: readonly number[]): Point {
  return jointPositions(arm, angles)[arm.links.length];
}

/** The Jacobian J of the hand: two rows (x, y), one column a joint, m/rad; ṗ = J q̇. */
export function handJacobian(arm: Arm, angles: readonly number[]): [x: number[], y: number[]] {
  const points = jointPositions(arm, angles);
  const [handX, handY] = points[arm.links.length];
  const joints = points.slice(0, -1);
  return [joints.map(([, y]) => y - handY), joints.map(([x]) => handX - x)];
}

/** The velocity of the hand for joint rates in rad/s, m/s. */
export function handVelocity(
  arm: Arm,
  angles: readonly number[],
  velocities: readonly number[],
): Point {
  cumulative(arm, velocities, "velocities");
  const [x, y] = handJacobian(arm, angles).map((row) =>
    row.reduce((sum, momentArm, j) => sum + momentArm * velocities[j], 0)
  );
  return [x, y];
}

/** The smallest and largest distance of the hand from the first joint, limits aside, m. */
export function reach(arm: Arm): { readonly inner: number; readonly outer: number } {
  const lengths = arm.links.map((link) => link.length);
  const outer = lengths.reduce((sum, length) => sum + length, 0);
  return { inner: Math.max(0, 2 * Math.max(...lengths) - outer), outer };
}

/**
 * Joint angles that put the hand at `point`.
 *
 * Two links: the closed form, without regard to the joints' limits. Any other number: damped least
 * squares from `near`, within the joints' limits; among the postures that reach the point it finds
 * one that needs little movement from there.
 *
 * @param point where the hand should be, m
 * @returns one angle a joint, rad; without `near` the shoulder of two links lies in [−π, π]
 * @throws {RangeError} when the point is out of reach, or the search finds no posture within the
 * limits, or `elbow` is given for an arm that has not two links
 */
export function inverseKinematics(
  arm: Arm,
  point: Point,
  options: InverseKinematicsOptions = {},
): number[] {
  const { elbow, near } = options;
  checkReach(arm, point);
  if (near) cumulative(arm, near, "near");
  if (arm.links.length !== 2) {
    if (elbow !== undefined) {
      throw new RangeError(
        `elbow ${elbow} can be chosen for two links only, ${arm.name} has ${arm.links.length}; ` +
          "choose the posture by near",
      );
    }
    return searchPosture(arm, point, near ?? middlePosture(arm));
  }
  if (elbow !== undefined || !near) return twoLinkPosture(arm, point, elbow ?? 1, near);
  const [up, down] = ([1, -1] as const).map((sign) => twoLinkPosture(arm, point, sign, near));
  return distance(up, near) <= distance(down, near) ? up : down;
}

/**
 * A posture within the joints' limits whose hand comes as close to `point` as a search from `near`
 * finds; for a reachable point it reaches it. Never refuses: for targets that somebody drags about.
 *
 * @param point m
 * @param near rad, one angle a joint; default the middle of the joints' ranges
 */
export function closestPosture(
  arm: Arm,
  point: Point,
  near: readonly number[] = middlePosture(arm),
): number[] {
  cumulative(arm, near, "near");
  const target = nearestInReach(arm, point);
  if (arm.links.length === 2) {
    const elbow = middlePosture(arm)[1] < 0 ? -1 : 1;
    const angles = twoLinkPosture(arm, target, elbow, near);
    if (withinLimits(arm, angles)) return angles;
  }
  return searchClosest(arm, target, near).angles;
}

/** `point` itself if the hand can be there, limits aside, else the nearest point where it can. */
export function nearestInReach(arm: Arm, [x, y]: Point): Point {
  const { inner, outer } = reach(arm);
  const radius = Math.hypot(x, y);
  if (radius >= inner && radius <= outer) return [x, y];
  if (radius === 0) return [inner, 0];
  const scale = Math.min(outer, Math.max(inner, radius)) / radius;
  return [x * scale, y * scale];
}

/** Whether every joint is within its limits, up to rounding. */
export function withinLimits(arm: Arm, angles: readonly number[]): boolean {
  const rounding = 1e-9;
  return arm.joints.every(({ lower, upper }, j) =>
    angles[j] >= lower - rounding && angles[j] <= upper + rounding
  );
}

/** The posture in the middle of every joint's range, rad. */
export function middlePosture(arm: Arm): number[] {
  return arm.joints.map(({ lower, upper }) => (lower + upper) / 2);
}

function checkReach(arm: Arm, [x, y]: Point): void {
  const radius = Math.hypot(x, y);
  const { inner, outer } = reach(arm);
  const tolerance = reachTolerance * outer;
  if (!(radius >= inner - tolerance && radius <= outer + tolerance)) {
    throw new RangeError(
      `point (${x}, ${y}) m is ${radius} m from the first joint; the hand of ${arm.name} reaches ` +
        `${inner} to ${outer} m`,
    );
  }
}

function twoLinkPosture(arm: Arm, [x, y]: Point, sign: 1 | -1, near?: readonly number[]): number[] {
  const [upper, lower] = arm.links.map((link) => link.length);
  const cosine = (x ** 2 + y ** 2 - upper ** 2 - lower ** 2) / (2 * upper * lower);
  const elbow = sign * Math.acos(Math.min(1, Math.max(-1, cosine)));
  const shoulder = Math.atan2(y, x) -
    Math.atan2(lower * Math.sin(elbow), upper + lower * Math.cos(elbow));
  const turns = Math.round(((near?.[0] ?? 0) - shoulder) / fullTurn);
  return [shoulder + turns * fullTurn, elbow];
}

function distance(a: readonly number[], b: readonly number[]): number {
  return Math.hypot(...a.map((value, i) => value - b[i]));
}

const searchIterations = 60;
/** The search ends when the hand is this close, as a share of the arm's length. */
const searchTolerance = 1e-12;

function searchPosture(arm: Arm, point: Point, start: readonly number[]): number[] {
  const { angles, distanceLeft } = searchClosest(arm, point, start);
  if (distanceLeft > reachTolerance * reach(arm).outer) {
    throw new RangeError(
      `no posture of ${arm.name} within its joint limits was found for the point ` +
        `(${point[0]}, ${point[1]}) m; the hand stays ${distanceLeft} m away`,
    );
  }
  return angles;
}

/** Searches from `start` and, where that ends in a dead corner of the joints' limits, from elsewhere. */
function searchClosest(arm: Arm, point: Point, start: readonly number[]) {
  const from = start.map((angle, j) => clampToJoint(arm, j, angle));
  const others = () => spreadPostures(arm).sort((a, b) => distance(a, from) - distance(b, from));
  let best = descend(arm, point, from);
  if (best.distanceLeft <= reachTolerance * reach(arm).outer) return best;
  for (const other of others()) {
    const found = descend(arm, point, other);
    if (found.distanceLeft < best.distanceLeft) best = found;
    if (best.distanceLeft <= reachTolerance * reach(arm).outer) break;
  }
  return best;
}

/** The 2ⁿ postures with each joint at a quarter or at three quarters of its range. */
function spreadPostures(arm: Arm): number[][] {
  return arm.joints.reduce<number[][]>(
    (postures, { lower, upper }) =>
      postures.flatMap((posture) =>
        [0.25, 0.75].map((share) => [...posture, lower + share * (upper - lower)])
      ),
    [[]],
  );
}

/**
 * Levenberg-Marquardt within the box of the joints' limits. With two rows, the damped least-squares
 * step Jᵀ(JJᵀ + λI)⁻¹e needs only a 2×2 solution. A joint at its limit that the step would push
 * outwards is left out of the step.
 */
function descend(arm: Arm, point: Point, start: number[]) {
  const { outer } = reach(arm);
  let angles = start;
  let error = handError(arm, angles, point);
  let damping = 1e-6 * outer ** 2;
  for (let i = 0; i < searchIterations && Math.hypot(...error) > searchTolerance * outer; i++) {
    const candidate = stepWithinLimits(arm, angles, error, damping);
    const candidateError = handError(arm, candidate, point);
    if (Math.hypot(...candidateError) < Math.hypot(...error)) {
      angles = candidate;
      error = candidateError;
      damping = Math.max(damping / 10, 1e-12 * outer ** 2);
    } else {
      damping *= 10;
    }
  }
  return { angles, distanceLeft: Math.hypot(...error) };
}

function handError(arm: Arm, angles: readonly number[], [x, y]: Point): Point {
  const hand = handPosition(arm, angles);
  return [x - hand[0], y - hand[1]];
}

function clampToJoint(arm: Arm, joint: number, angle: number): number {
  const { lower, upper } = arm.joints[joint];
  return Math.min(upper, Math.max(lower, angle));
}

function stepWithinLimits(
  arm: Arm,
  angles: readonly number[],
  error: Point,
  damping: number,
): number[] {
  const jacobian = handJacobian(arm, angles);
  const free = angles.map(() => true);
  for (;;) {
    const step = dampedStep(jacobian, free, error, damping);
    const next = angles.map((angle, j) => clampToJoint(arm, j, angle + step[j]));
    const stopped = next.findIndex((angle, j) => step[j] !== 0 && angle === angles[j]);
    if (stopped < 0) return next;
    free[stopped] = false;
  }
}

function dampedStep(
  [rowX, rowY]: readonly [number[], number[]],
  free: readonly boolean[],
  [errorX, errorY]: Point,
  damping: number,
): number[] {
  let xx = damping;
  let xy = 0;
  let yy = damping;
  free.forEach((isFree, j) => {
    if (!isFree) return;
    xx += rowX[j] ** 2;
    xy += rowX[j] * rowY[j];
    yy += rowY[j] ** 2;
  });
  const determinant = xx * yy - xy ** 2;
  const pullX = (yy * errorX - xy * errorY) / determinant;
  const pullY = (xx * errorY - xy * errorX) / determinant;
  return free.map((isFree, j) => isFree ? rowX[j] * pullX + rowY[j] * pullY : 0);
}
