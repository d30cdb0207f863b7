/** Plans of reaches: straight, as long as asked for or as needed, continued in motion. */
import assert from "node:assert/strict";
import {
  type Plan,
  planReach,
  type Shortfall,
} from "../../../controllers/minimum_jerk/reach_plan.ts";
import { findArm } from "../../../sim/arms/catalogue.ts";
import {
  handPosition,
  inverseKinematics,
  type Point,
  withinLimits,
} from "../../../sim/arms/kinematics.ts";
import { reachMeasures } from "../../../sim/measures/catalogue.ts";
import { assertClose, timeStep } from "./checks.ts";

const arm26 = findArm("arm26");

const settings = { duration: 0.4, timeStep, gravity: 0 };
const strong: Shortfall = () => 0;

/** The reach from rest at the hand position `from` to `to`. */
function reachFrom(from: Point, to: Point, shortfall = strong): Plan {
  const posture = inverseKinematics(arm26, from);
  return planReach(arm26, [posture, posture, posture], to, settings, shortfall);
}

/** The desired postures of `steps` steps from now on. */
function follow(plan: Plan, steps: number): (readonly number[])[] {
  return Array.from({ length: steps + 1 }, (_, ahead) => plan.around(ahead)[1]);
}

Deno.test("a plan takes the hand straight to the target at minimum jerk, in the asked duration", () => {
  const [from, to]: Point[] = [[-0.05, 0.4], [0.1, 0.45]];
  const postures = follow(reachFrom(from, to), 60);
  const measures = reachMeasures({
    timeStep,
    positions: Float64Array.from(postures.flatMap((posture) => [...handPosition(arm26, posture)])),
    start: from,
    goal: to,
  });
  assertClose([measures.straightness], [1], 1e-9);
  assertClose([measures.peakSpeed], [1.875 * Math.hypot(0.15, 0.05) / 0.4], 5e-3);
  assertClose(handPosition(arm26, postures[40]), to, 1e-9);
  assert.deepEqual(postures[60], postures[40]);
});

Deno.test("where a straight path would leave the joints' limits, the joints go straight instead", () => {
  // On the straight line between these hand positions the shoulder would have to turn below 0.
  const [from, to] = [[1.1, 1.9], [0.1, 0.4]];
  const plan = planReach(arm26, [from, from, from], handPosition(arm26, to), settings, strong);
  const postures = follow(plan, 40);
  assert.ok(postures.every((posture) => withinLimits(arm26, posture)));
  assertClose(postures[40], to, 1e-9);
  for (const [shoulder, elbow] of postures) {
    assertClose(
      [(shoulder - from[0]) / (to[0] - from[0])],
      [(elbow - from[1]) / (to[1] - from[1])],
      1e-9,
    );
  }
});

Deno.test("weak actuators make a plan longer, up to three times the duration", () => {
  const [from, to]: Point[] = [[-0.05, 0.4], [0.1, 0.45]];
  const arrival = (plan: Plan) => {
    const hands = follow(plan, 200).map((posture) => handPosition(arm26, posture));
    return hands.findIndex(([x, y]) => Math.hypot(x - to[0], y - to[1]) < 1e-9) * timeStep;
  };
  const lacking = (strength: number): Shortfall => (_, torques) =>
    Math.max(0, ...torques.map((torque) => Math.abs(torque) - strength));
  const needed = arrival(reachFrom(from, to, lacking(1)));
  assert.ok(needed > 0.45 && needed < 1.2, `the plan takes ${needed} s`);
  assertClose([arrival(reachFrom(from, to, () => Infinity))], [1.2], 1e-9);
});

Deno.test("a new plan continues the motion of the one that it replaces", () => {
  const [from, to]: Point[] = [[-0.05, 0.4], [0.1, 0.45]];
  const plan = reachFrom(from, to);
  for (let step = 0; step < 20; step++) plan.advance();
  const [, now, next] = plan.around();
  const continued = planReach(arm26, plan.around(), [0, 0.5], settings, strong);
  assert.deepEqual(continued.around()[1], now);
  const moved = next.map((angle, j) => angle - now[j]);
  assertClose(
    continued.around()[2].map((angle, j) => angle - now[j]),
    moved,
    0.1 * Math.hypot(...moved),
  );
});
