/** `PandaReach`: commands, reward and start by its table, and that every command can be reached. */
import assert from "node:assert/strict";
import { equationsEnvironment } from "../../../sim/environments/equations_environment.ts";
import type { EquationsTask, Parts } from "../../../sim/environments/equations_task.ts";
import { pandaReach } from "../../../sim/environments/panda_reach.ts";
import { reachReward } from "../../../sim/environments/reach_reward.ts";
import { randomStream } from "../../../sim/random.ts";
import { dampedLeastSquares } from "../../../sim/robots/actuation.ts";
import { jointFrames, linkFrames, toolFrame, toolJacobian } from "../../../sim/robots/chain.ts";
import { panda } from "../../../sim/robots/panda.ts";
import type { Triple } from "../../../sim/robots/robot.ts";
import { numbers } from "../numbers.ts";
import { moments, plainStep, randomAction } from "./rollouts.ts";

const defaults = [0, -0.569, 0, -2.81, 0, 3.037, 0.741];

function starts(count: number): Parts<number>[] {
  const random = randomStream(1, "tests/environments/panda-starts");
  return Array.from({ length: count }, () => pandaReach.start(random));
}

function toolAt(angles: readonly number[]) {
  const links = linkFrames(numbers, jointFrames(numbers, panda, angles));
  const tool = toolFrame(numbers, panda, links);
  return { position: tool.position, jacobian: toolJacobian(numbers, panda, links, tool) };
}

Deno.test("PandaReach: starts scale the default posture, within the joints' limits", () => {
  const all = starts(2000);
  panda.joints.forEach(({ lower, upper }, j) => {
    const values = all.map(({ angles }) => angles[j]);
    const ends = [0.5, 1.5].map((scale) => scale * defaults[j]).sort((a, b) => a - b);
    const [low, high] = [Math.max(lower, ends[0]), Math.min(upper, ends[1])];
    assert.ok(values.every((value) => value >= low - 1e-12 && value <= high + 1e-12));
    const { deviation } = moments(values);
    assert.equal(deviation > 0, defaults[j] !== 0);
  });
  const ranges = [[0.35, 0.65], [-0.2, 0.2], [0.15, 0.5]];
  for (let row = 0; row < 9; row++) {
    const [low, high] = ranges[row % 3];
    const { mean, deviation } = moments(all.map(({ commands }) => commands[row]));
    assert.ok(Math.abs(mean - (low + high) / 2) < 0.03 * (high - low));
    assert.ok(Math.abs(deviation - (high - low) / Math.sqrt(12)) < 0.03 * (high - low));
  }
});

Deno.test("PandaReach: the reward is a thirtieth of the formula, of where the step ends", () => {
  const [start] = starts(1);
  const state = { ...start, lastAction: [0.1, 0, 0, 0, 0, 0, 2] };
  const action = [...randomAction(pandaReach, 0, 0).slice(0, 6), 5];
  const { state: after, reward, observation } = plainStep(pandaReach, state, action);
  const { position } = toolAt(after.angles);
  const bounded = [...action.slice(0, 6), 3];
  const expected = reachReward(numbers, {
    distance: Math.hypot(...position.map((value, axis) => value - start.commands[axis])),
    action: bounded,
    lastAction: state.lastAction,
    velocities: after.velocities,
  }) / 30;
  assert.ok(Math.abs(reward - expected) < 1e-14);
  assert.deepEqual(observation.slice(17), bounded);
  assert.deepEqual(observation.slice(0, 7), after.angles.map((angle, j) => angle - defaults[j]));
});

Deno.test("PandaReach: a new command is shown after 4 s, and rewarded from then on", () => {
  const [start] = starts(1);
  const shown = (steps: number) =>
    pandaReach.observe(numbers, { ...start, steps: [steps] }).slice(14, 17);
  const command = (index: number) => start.commands.slice(3 * index, 3 * index + 3);
  for (const [steps, index] of [[0, 0], [119, 0], [120, 1], [239, 1], [240, 2], [360, 2]]) {
    assert.deepEqual(shown(steps), command(index), `step ${steps}`);
  }
  const away = (steps: number, index: number) => {
    const far = {
      ...start,
      steps: [steps],
      commands: start.commands.map((value, i) => Math.floor(i / 3) === index ? value + 1 : value),
    };
    const [a, b] = [far, { ...start, steps: [steps] }].map((state) =>
      plainStep(pandaReach, state, defaults.map(() => 0)).reward
    );
    return a !== b;
  };
  assert.deepEqual([0, 1, 2].map((index) => away(119, index)), [true, false, false]);
  assert.deepEqual([0, 1, 2].map((index) => away(120, index)), [false, true, false]);
});

/** The action whose targets put the tool at a point, by damped least squares from the default posture. */
function actionFor(point: Triple): number[] {
  let angles: readonly number[] = defaults;
  for (let i = 0; i < 200; i++) {
    const { position, jacobian } = toolAt(angles);
    const [x, y, z] = point.map((value, axis) => value - position[axis]);
    const step = dampedLeastSquares(numbers, jacobian, [x, y, z], 0.05);
    angles = angles.map((angle, j) =>
      Math.min(panda.joints[j].upper, Math.max(panda.joints[j].lower, angle + step[j]))
    );
  }
  return angles.map((angle, j) => (angle - defaults[j]) / 0.5);
}

Deno.test("PandaReach: the corners of the commands' box are reached and held within 2 cm", () => {
  const corners = [0.35, 0.65].flatMap((x) =>
    [-0.2, 0.2].flatMap((y) => [0.15, 0.5].map((z): Triple => [x, y, z]))
  );
  const [start] = starts(1);
  for (const corner of corners) {
    const task: EquationsTask = {
      ...pandaReach,
      start: () => ({ ...start, commands: [...corner, ...corner, ...corner] }),
    };
    const environment = equationsEnvironment(task, 1);
    environment.reset(1);
    const action = Float64Array.from(actionFor(corner));
    assert.ok(action.every((value) => Math.abs(value) < 3), `${action} for ${corner}`);
    const successes = Array.from({ length: 120 }, () => environment.step(action).success[0]);
    assert.equal(successes[0], 0);
    assert.ok(successes.slice(90).every((flag) => flag === 1), `${corner}: ${successes}`);
  }
});
