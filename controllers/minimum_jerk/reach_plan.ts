/**
 * Where the joints should be, step by step, on the way to a target: the hand on a straight minimum-jerk
 * path (Flash & Hogan 1985) from the present desired motion; where a straight path would take a joint
 * beyond its limits, a minimum-jerk path of the joints. A plan takes longer than was asked for if the
 * actuators are too weak for it.
 */
import type { Arm } from "../../sim/arms/arm.ts";
import { inverseDynamics } from "../../sim/arms/dynamics.ts";
import {
  closestPosture,
  handPosition,
  type Point,
  withinLimits,
} from "../../sim/arms/kinematics.ts";
import { minimumJerkTrajectory, motionOf, type SuccessivePositions } from "./trajectory.ts";
import { minus } from "./vectors.ts";

/** What a plan is made for. */
export interface PlanSettings {
  /** Duration of a movement, s; longer where the actuators are too weak for it. */
  readonly duration: number;
  /** Time between two desired postures, s. */
  readonly timeStep: number;
  /** Gravitational acceleration along −y, m/s². */
  readonly gravity: number;
}

/** Desired postures, one a control step, on the way to a target. */
export interface Plan {
  readonly target: Point;
  /** The desired postures one step before, at, and one step after now or `ahead` steps later. */
  around(ahead?: number): SuccessivePositions;
  /** Time goes on by one step. */
  advance(): void;
}

/** How much torque the actuators lack to make `torques` at `angles`, of the worst joint, N m. */
export type Shortfall = (angles: readonly number[], torques: readonly number[]) => number;

/** The actuators are strong enough if they lack no more than this, N m. */
const tolerableShortfall = 1e-3;

/** Durations that a plan tries, as multiples of the chosen one. */
const stretches = [1, 1.15, 1.3, 1.5, 1.75, 2, 2.5, 3];

/**
 * A plan that continues the motion of three successive desired postures, the middle one being now. It
 * has the first of the durations for which the actuators are strong enough, or the last of all. After the
 * duration it stays where it ends.
 *
 * @param recent desired postures one step before, at, and one step after now, rad
 * @param target where the hand should go, m; beyond reach it goes as near as it can
 * @param shortfall what the actuators lack, for the choice of the duration
 */
export function planReach(
  arm: Arm,
  recent: SuccessivePositions,
  target: Point,
  settings: PlanSettings,
  shortfall: Shortfall,
): Plan {
  const [before, now] = recent;
  let postures: (readonly number[])[] = [];
  for (const stretch of stretches) {
    const slower = { ...settings, duration: stretch * settings.duration };
    const joints = jointPath(arm, recent, target, slower);
    postures = [before, now, ...straightPath(arm, recent, joints, slower) ?? joints];
    if (withinStrength(arm, postures, settings, shortfall)) break;
  }
  const at = (index: number) => postures[Math.min(index, postures.length - 1)];
  let index = 1;
  return {
    target,
    around: (ahead = 0) => [at(index + ahead - 1), at(index + ahead), at(index + ahead + 1)],
    advance: () => void index++,
  };
}

function withinStrength(
  arm: Arm,
  postures: readonly (readonly number[])[],
  { timeStep, gravity }: PlanSettings,
  shortfall: Shortfall,
): boolean {
  return postures.slice(2).every((after, k) => {
    const { position, velocity, acceleration } = motionOf(
      [postures[k], postures[k + 1], after],
      timeStep,
    );
    const torques = inverseDynamics(arm, position, velocity, acceleration, gravity);
    return shortfall(position, torques) <= tolerableShortfall;
  });
}

const pathTimes = ({ duration, timeStep }: PlanSettings) =>
  Array.from({ length: Math.ceil(duration / timeStep) }, (_, k) => (k + 1) * timeStep);

/** A minimum-jerk path of the joints. */
function jointPath(
  arm: Arm,
  recent: SuccessivePositions,
  target: Point,
  settings: PlanSettings,
): number[][] {
  const goal = closestPosture(arm, target, recent[1]);
  const motion = minimumJerkTrajectory(
    motionOf(recent, settings.timeStep),
    goal,
    settings.duration,
  );
  return pathTimes(settings).map((time) => [...motion(time).position]);
}

/**
 * Postures whose hand moves straight at minimum jerk to where the path `joints` ends; undefined if a
 * joint's limits are in the way. Of the postures that put the hand in one place, the one near `joints`
 * is taken.
 */
function straightPath(
  arm: Arm,
  recent: SuccessivePositions,
  joints: readonly (readonly number[])[],
  settings: PlanSettings,
): number[][] | undefined {
  const hands = recent.map((posture) => handPosition(arm, posture)) as [Point, Point, Point];
  const goal = handPosition(arm, joints[joints.length - 1]);
  const hand = minimumJerkTrajectory(motionOf(hands, settings.timeStep), goal, settings.duration);
  const postures: number[][] = [];
  for (const [k, time] of pathTimes(settings).entries()) {
    const point = hand(time).position as Point;
    const posture = closestPosture(arm, point, joints[k]);
    const missed = Math.hypot(...minus(handPosition(arm, posture), point));
    if (missed > 1e-6 || !withinLimits(arm, posture)) return undefined;
    postures.push(posture);
  }
  return postures;
}
