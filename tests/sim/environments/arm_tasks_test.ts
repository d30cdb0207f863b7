/** The human-sized arm's tasks: rewards and success by hand, starts, and that they can be done. */
import assert from "node:assert/strict";
import { findArm } from "../../../sim/arms/catalogue.ts";
import {
  handJacobian,
  handPosition,
  handVelocity,
  withinLimits,
} from "../../../sim/arms/kinematics.ts";
import { armHold } from "../../../sim/environments/arm_hold.ts";
import { armPush } from "../../../sim/environments/arm_push.ts";
import { armReach } from "../../../sim/environments/arm_reach.ts";
import { armReachGoal, armReachGoalDelta } from "../../../sim/environments/arm_reach_goal.ts";
import { equationsEnvironment } from "../../../sim/environments/equations_environment.ts";
import type { EquationsTask, Parts } from "../../../sim/environments/equations_task.ts";
import { reachReward } from "../../../sim/environments/reach_reward.ts";
import { randomStream } from "../../../sim/random.ts";
import { numbers } from "../numbers.ts";
import { moments, ofCopy, plainStep } from "./rollouts.ts";

const arm = findArm("arm26");

function starts(task: EquationsTask, count: number): Parts<number>[] {
  const random = randomStream(1, `tests/environments/${task.specification.name}/starts`);
  return Array.from({ length: count }, () => task.start(random));
}

function uniform(values: readonly number[], low: number, high: number): void {
  const { mean, deviation } = moments(values);
  const width = high - low;
  assert.ok(values.every((value) => value >= low && value <= high));
  assert.ok(Math.abs(mean - (low + high) / 2) < 0.02 * width, `mean ${mean} of ${low} … ${high}`);
  assert.ok(Math.abs(deviation - width / Math.sqrt(12)) < 0.02 * width, `deviation ${deviation}`);
}

function apart(a: readonly number[], b: readonly number[]): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

/** A policy by what one copy observes. */
type Policy = (observation: readonly number[]) => readonly number[];

/** What a policy comes to in one episode of each of `copies`: shares and means. */
function play(task: EquationsTask, copies: number, policy: Policy) {
  const environment = equationsEnvironment(task, copies);
  let observation = environment.reset(1);
  let total = 0;
  let successes = 0;
  const actions = new Float64Array(2 * copies);
  for (let step = 0; step < task.specification.horizon; step++) {
    for (let copy = 0; copy < copies; copy++) {
      policy(ofCopy(observation, copies, copy)).forEach((command, row) => {
        actions[row * copies + copy] = Math.min(1, Math.max(-1, command));
      });
    }
    const result = environment.step(actions);
    observation = result.observation;
    total += result.reward.reduce((sum, value) => sum + value, 0);
    successes = result.success.reduce((sum, value) => sum + value, 0);
  }
  return { success: successes / copies, return: total / copies };
}

/** Motor commands of a spring and a damper between the hand and where it should be. */
function pulled(observation: readonly number[], [x, y]: readonly number[], k: number, d: number) {
  const [c1, c2, s1, s2, ...velocities] = observation.slice(0, 6);
  const angles = [Math.atan2(s1, c1), Math.atan2(s2, c2)];
  const [vx, vy] = handVelocity(arm, angles, velocities);
  const [jx, jy] = handJacobian(arm, angles);
  return jx.map((lever, j) => (lever * (k * x - d * vx) + jy[j] * (k * y - d * vy)) / 10);
}

const idle: Policy = () => [0, 0];

Deno.test("ArmReach: starts are postures within the limits, targets hands of others", () => {
  const all = starts(armReach, 3000);
  arm.joints.forEach(({ lower, upper }, j) =>
    uniform(all.map(({ angles }) => angles[j]), lower, upper)
  );
  assert.ok(all.every(({ angles }) => withinLimits(arm, angles)));
  const reaches = moments(
    all.map(({ angles, target }) => apart(handPosition(arm, angles), target)),
  );
  assert.ok(reaches.mean > 0.3 && reaches.deviation > 0.1);
});

Deno.test("ArmReach: the reward is that of where the step ends, with clipped commands", () => {
  const state: Parts<number> = { ...starts(armReach, 1)[0], lastAction: [0.5, -0.25] };
  const { state: after, reward } = plainStep(armReach, state, [3, 0.5]);
  assert.deepEqual(after.lastAction, [1, 0.5]);
  const expected = reachReward(numbers, {
    distance: apart(handPosition(arm, after.angles), state.target),
    action: [1, 0.5],
    lastAction: [0.5, -0.25],
    velocities: after.velocities,
  });
  assert.ok(Math.abs(reward - expected) < 1e-14);
  assert.deepEqual(plainStep(armReach, state, [1, 0.5]).reward, reward);
});

Deno.test("ArmReach: it has succeeded once the hand has been near for 0.2 s on end", () => {
  const angles = [0.9, 1.7];
  const there = { ...starts(armReach, 1)[0], angles, target: handPosition(arm, angles) };
  let state: Parts<number> = there;
  const flags = Array.from({ length: 12 }, () => {
    const { state: after, success } = plainStep(armReach, state, [0, 0]);
    state = after;
    return success;
  });
  assert.deepEqual(flags, [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1]);
  const gone = plainStep(armReach, { ...state, target: [0, 0.6] }, [0, 0]);
  assert.deepEqual([gone.success, gone.state.settled], [0, [0]]);
});

Deno.test("ArmHold: motors that carry the load keep the arm where it is", () => {
  for (const start of starts(armHold, 20)) {
    const [jx, jy] = handJacobian(arm, start.angles);
    const [fx, fy] = start.load;
    const carrying = jx.map((lever, j) => -(lever * fx + jy[j] * fy) / 10);
    assert.ok(carrying.every((command) => Math.abs(command) < 1), "the motors are strong enough");
    const { state } = plainStep(armHold, start, carrying);
    assert.ok(state.velocities.every((velocity) => Math.abs(velocity) < 1e-12));
    assert.ok(apart(handPosition(arm, state.angles), start.target) < 1e-13);
  }
});

Deno.test("ArmHold: loads are uniform in ±10 N, constant, and not to be seen", () => {
  const all = starts(armHold, 3000);
  for (const axis of [0, 1]) uniform(all.map(({ load }) => load[axis]), -10, 10);
  const [start] = all;
  const observe = (load: number[]) => armHold.observe(numbers, { ...start, load });
  assert.deepEqual(observe([10, 0]), observe([0, -3]));
  assert.deepEqual(start.target, handPosition(arm, start.angles));
  assert.deepEqual(plainStep(armHold, start, [0, 0]).state.load, start.load);
});

Deno.test("ArmReachGoal: starts, and goals that can all be reached", () => {
  for (const task of [armReachGoal, armReachGoalDelta]) {
    const all = starts(task, 3000);
    const [x, y] = handPosition(arm, all[0].angles);
    assert.ok(apart([x, y], [-0.1, 0.4]) < 1e-12);
    uniform(all.map(({ goal }) => goal[0]), x - 0.15, x + 0.15);
    uniform(all.map(({ goal }) => goal[1]), y - 0.15, y + 0.15);
  }
});

Deno.test("ArmReachGoal: rewards of other goals are worked out as the task does", () => {
  for (const task of [armReachGoal, armReachGoalDelta]) {
    const goals = task.goals!;
    const random = randomStream(1, "tests/environments/goals");
    let near = 0;
    for (const start of starts(task, 300)) {
      const action = [0, 1].map(() => random.uniform(-1, 1));
      const { observation, reward, success } = plainStep(task, start, action);
      const [achieved, desired] = [goals.achieved, goals.desired]
        .map((rows) => rows.map((row) => observation[row]));
      assert.equal(goals.reward(achieved, desired), reward);
      assert.equal(success, reward + 1);
      assert.equal(goals.reward(achieved, achieved), 0, "what was reached is a goal reached");
      assert.deepEqual(desired, start.goal);
      near += reward + 1;
    }
    assert.ok(near > 5 && near < 100, `${near} of 300 start near their goal`);
    assert.equal(goals.reward([0, 0], [0.05, 0]), 0, "5 cm still count");
    assert.equal(goals.reward([0, 0], [0.0500001, 0]), -1);
  }
});

Deno.test("the reaching and holding tasks can be done, and not by doing nothing", () => {
  const spring = (rows: number, k: number, d: number): Policy => (observation) =>
    pulled(observation, [-observation[rows], -observation[rows + 1]], k, d);
  const toGoal: Policy = (observation) =>
    pulled(
      observation,
      [observation[8] - observation[6], observation[9] - observation[7]],
      100,
      20,
    );
  const stepwise: Policy = (observation) =>
    [0, 1].map((axis) => (observation[8 + axis] - observation[6 + axis]) / 0.05);
  for (
    const [task, policy, least] of [
      [armReach, spring(8, 100, 20), 0.75],
      [armHold, spring(8, 1000, 60), 0.9],
      [armReachGoal, toGoal, 0.99],
      [armReachGoalDelta, stepwise, 0.99],
    ] as const
  ) {
    const [done, nothing] = [play(task, 60, policy), play(task, 60, idle)];
    const { name } = task.specification;
    assert.ok(done.success >= least, `${name}: ${done.success}`);
    assert.ok(nothing.success < 0.25, `${name}: ${nothing.success} without doing anything`);
    assert.ok(done.return > nothing.return + 5, `${name}: ${done.return}, ${nothing.return}`);
  }
});

Deno.test("ArmPush: starts lie as its table says, the puck out of touch and off its goal", () => {
  const all = starts(armPush, 3000);
  uniform(all.map(({ puck }) => puck[0]), -0.15, 0.05);
  uniform(all.map(({ puck }) => puck[1]), 0.36, 0.4);
  for (const { angles, puck, goal } of all) {
    assert.ok(apart(handPosition(arm, angles), [-0.05, 0.25]) < 1e-12);
    assert.ok(apart(handPosition(arm, angles), puck) > 0.07);
    assert.ok(apart(puck, goal) >= 0.08);
    assert.ok(goal[0] >= -0.25 && goal[0] <= 0.1 && goal[1] >= 0.47 && goal[1] <= 0.52);
  }
});

Deno.test("ArmPush: the reward is Pusher's, of where the step ends", () => {
  const [start] = starts(armPush, 1);
  const { state, reward, success } = plainStep(armPush, start, [0.6, -5]);
  const hand = handPosition(arm, state.angles);
  const expected = -0.5 * apart(state.puck, hand) - apart(state.puck, start.goal) -
    0.1 * (0.36 + 1);
  assert.ok(Math.abs(reward - expected) < 1e-14);
  assert.equal(success, 0);
  const there = { ...start, puck: start.goal, puckVelocity: [0, 0] };
  assert.equal(plainStep(armPush, there, [0, 0]).success, 1);
});

/** Goes behind the puck, as seen from the goal, and pushes it there. */
const pushing: Policy = (observation) => {
  const [hx, hy, px, py] = observation.slice(6, 10);
  const [gx, gy] = observation.slice(13);
  const way = Math.hypot(gx - px, gy - py);
  const [ux, uy] = [(gx - px) / way, (gy - py) / way];
  const along = (hx - px) * ux + (hy - py) * uy;
  const beside = Math.abs((hx - px) * uy - (hy - py) * ux);
  const behind = along < -0.05 && beside < 0.02;
  const reach = behind ? -0.06 + 0.5 * way : -0.08;
  return pulled(observation, [px + reach * ux - hx, py + reach * uy - hy], 300, 40);
};

Deno.test("ArmPush: a script that gets behind the puck and pushes brings it nearer", () => {
  const [pushed, nothing] = [play(armPush, 60, pushing), play(armPush, 60, idle)];
  assert.ok(pushed.success > 0.4, `${pushed.success}`);
  assert.equal(nothing.success, 0);
  assert.ok(pushed.return > nothing.return + 8, `${pushed.return}, ${nothing.return}`);
});
