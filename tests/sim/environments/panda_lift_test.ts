/** PandaLift: the numbers of its table, its reward, and that its cube can be grasped and lifted. */
import assert from "node:assert/strict";
import { cannonEnvironment } from "../../../sim/environments/cannon_environment.ts";
import { liftReward, pandaLift } from "../../../sim/environments/panda_lift.ts";
import { jointFrames, linkFrames, toolFrame } from "../../../sim/robots/chain.ts";
import { pandaWithHand } from "../../../sim/robots/panda_hand.ts";
import { toolDeltaControl } from "../../../sim/robots/tool_control.ts";
import { numbers } from "../numbers.ts";

/** First rows of parts of the observation. */
const fingers = 7, cube = 18, target = 21;
const defaultAngles = [0, -0.569, 0, -2.81, 0, 3.037, 0.741];

function near(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  assert.equal(actual.length, expected.length);
  actual.forEach((value, i) =>
    assert.ok(
      Math.abs(value - expected[i]) <= tolerance,
      `[${actual.join(", ")}] for [${expected.join(", ")}]`,
    )
  );
}

const place = (observation: ArrayLike<number>, start: number) =>
  [0, 1, 2].map((axis) => observation[start + axis]);

Deno.test("PandaLift's rates and sizes are those of its table", () => {
  const { physicsStep, controlStep, horizon, action, observation } = pandaLift.specification;
  near([physicsStep, controlStep, horizon * controlStep], [0.01, 0.02, 5], 1e-12);
  assert.deepEqual([action.length, observation.length], [8, 32]);
  assert.deepEqual([observation[cube], observation[target]], ["cube x, m", "target x, m"]);
});

Deno.test("PandaLift starts as its table says", () => {
  const environment = cannonEnvironment(pandaLift, 16);
  const observation = environment.reset(1);
  const row = (index: number) => [...observation.slice(16 * index, 16 * (index + 1))];
  const within = (index: number, low: number, high: number) =>
    row(index).forEach((value) =>
      assert.ok(value >= low && value < high, `row ${index}: ${value}`)
    );
  within(cube, 0.4, 0.6);
  within(cube + 1, -0.25, 0.25);
  near(row(cube + 2), row(cube).map(() => 0.02), 1e-15);
  within(target, 0.4, 0.6);
  within(target + 1, -0.25, 0.25);
  within(target + 2, 0.25, 0.5);
  for (let index = 0; index < cube; index++) near(row(index), row(index).map(() => 0), 1e-12);
  for (let index = 24; index < 32; index++) near(row(index), row(index).map(() => 0), 0);
});

Deno.test("PandaLift's reward has Isaac Lab's terms", () => {
  const still = { actionChange: 0, speed: 0 };
  near(
    [liftReward({ ...still, toCube: 0.1, toTarget: 0.3, height: 0.02 })],
    [1 - Math.tanh(1)],
    1e-15,
  );
  near(
    [liftReward({ ...still, toCube: 0, toTarget: 0.05, height: 0.05 })],
    [1 + 15 + 16 * (1 - Math.tanh(1 / 6)) + 5 * (1 - Math.tanh(1))],
    1e-12,
  );
  near(
    [liftReward({ toCube: Infinity, toTarget: 0, height: 0, actionChange: 3, speed: 4 })],
    [-7e-4],
    1e-15,
  );
});

Deno.test("an environment's reward is that of a control step's length", () => {
  const environment = cannonEnvironment(pandaLift, 1);
  environment.reset(1);
  const { reward, observation } = environment.step(new Float64Array(8));
  const angles = defaultAngles.map((angle, j) => angle + observation[j]);
  const frames = linkFrames(numbers, jointFrames(numbers, pandaWithHand, angles));
  const { position } = toolFrame(numbers, pandaWithHand, frames);
  const expected = liftReward({
    toCube: Math.hypot(...position.map((x, axis) => x - observation[cube + axis])),
    toTarget: 1,
    height: observation[cube + 2],
    actionChange: 0,
    speed: observation.slice(9, 18).reduce((sum, rate) => sum + rate ** 2, 0),
  });
  // Bodies and angles disagree by what the joints give way.
  near([reward[0]], [0.02 * expected], 1e-7);
});

Deno.test("the gripper closes below 0 and opens from 0 on", () => {
  const environment = cannonEnvironment(pandaLift, 1);
  environment.reset(1);
  const hold = (command: number) => {
    const action = new Float64Array(8);
    action[7] = command;
    let observation = environment.step(action).observation;
    for (let step = 0; step < 50; step++) observation = environment.step(action).observation;
    return [...observation.slice(fingers, fingers + 2)];
  };
  near(hold(-0.01), [-0.04, -0.04], 1e-3);
  near(hold(0), [0, 0], 1e-3);
});

/** Where the tool is to be at a step: over the cube, at the cube, there while the fingers close, aloft. */
function wayPoint(step: number, observation: Float64Array, tool: readonly number[]) {
  const [x, y] = place(observation, cube);
  if (step < 60) return [x, y, 0.12];
  if (step < 110) return [x, y, 0.02];
  return step < 140 ? tool : place(observation, target);
}

Deno.test("a cube is grasped, lifted, and held at its target", () => {
  const control = toolDeltaControl(pandaWithHand, { scale: 1, damping: 0.05 });
  for (const seed of [1, 3]) {
    const environment = cannonEnvironment(pandaLift, 1);
    let observation = environment.reset(seed);
    let targets: readonly number[] = defaultAngles;
    let total = 0, lifted = false;
    for (let step = 0; step < 250; step++) {
      const frames = linkFrames(numbers, jointFrames(numbers, pandaWithHand, targets));
      const tool = toolFrame(numbers, pandaWithHand, frames).position;
      const [x, y, z] = wayPoint(step, observation, tool).map((value, axis) =>
        Math.max(-0.01, Math.min(0.01, value - tool[axis]))
      );
      targets = control(targets, [x, y, z]);
      const { reward, success, ...next } = environment.step(Float64Array.of(
        ...targets.map((angle, j) => (angle - defaultAngles[j]) / 0.5),
        step < 110 ? 1 : -1,
      ));
      observation = step === 249 ? next.finalObservation : next.observation;
      total += reward[0];
      lifted = success[0] === 1;
    }
    assert.ok(lifted);
    near(place(observation, cube), place(observation, target), 0.01);
    assert.ok(total > 60, `return ${total}`);
  }
});
