/** PandaPush: the numbers of its table, its reward, and that its cube can be pushed to the goal. */
import assert from "node:assert/strict";
import { scriptedPush } from "../../../controllers/scripted_push.ts";
import { cannonEnvironment } from "../../../sim/environments/cannon_environment.ts";
import { pandaPush, pandaPushRows, pushReward } from "../../../sim/environments/panda_push.ts";
import { randomStream } from "../../../sim/random.ts";

const { tool, cube, goal } = pandaPushRows;
const place = (observation: ArrayLike<number>, start: number) =>
  [0, 1, 2].map((axis) => observation[start + axis]);

function near(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  assert.equal(actual.length, expected.length);
  actual.forEach((value, i) =>
    assert.ok(
      Math.abs(value - expected[i]) <= tolerance,
      `[${actual.join(", ")}] for [${expected.join(", ")}]`,
    )
  );
}

/** Return and success at the end of one episode. */
function episode(seed: number, policy: (observation: Float64Array) => readonly number[]) {
  const environment = cannonEnvironment(pandaPush, 1);
  let observation = environment.reset(seed);
  let total = 0, succeeded = false;
  for (let step = 0; step < pandaPush.specification.horizon; step++) {
    const { reward, success, ...next } = environment.step(
      Float64Array.from(policy(observation)),
    );
    observation = next.observation;
    total += reward[0];
    succeeded = success[0] === 1;
  }
  return { total, succeeded };
}

Deno.test("PandaPush's rates and sizes are those of its table", () => {
  const { physicsStep, controlStep, horizon, action, observation } = pandaPush.specification;
  near([physicsStep, controlStep, horizon * controlStep], [0.01, 0.05, 2.5], 1e-12);
  assert.deepEqual([action.length, observation.length], [3, 27]);
  assert.deepEqual(
    [tool, cube, goal].map((row) => observation[row]),
    ["tool x, m", "cube x, m", "goal x, m"],
  );
});

Deno.test("PandaPush starts as its table says", () => {
  const environment = cannonEnvironment(pandaPush, 16);
  const observation = environment.reset(1);
  const row = (index: number) => [...observation.slice(16 * index, 16 * (index + 1))];
  row(cube).forEach((x, copy) => {
    assert.ok(x >= 0.515 && x < 0.715);
    assert.ok(Math.abs(row(cube + 1)[copy]) < 0.1);
  });
  near(row(goal), row(cube).map((x) => x + 0.2), 1e-15);
  near(row(goal + 1), row(cube + 1), 0);
  near(row(cube + 2), row(cube).map(() => 0.02), 1e-15);
  const rest = [0, Math.PI / 8, 0, -5 * Math.PI / 8, 0, 3 * Math.PI / 4, Math.PI / 4];
  const deviations = rest.flatMap((angle, j) => row(j).map((q) => q - angle));
  const size = Math.sqrt(deviations.reduce((sum, d) => sum + d ** 2, 0) / deviations.length);
  assert.ok(size > 0.015 && size < 0.025, `deviation ${size} rad`);
  assert.ok(Math.max(...row(cube)) - Math.min(...row(cube)) > 0.1, "cubes start in other places");
});

Deno.test("PandaPush's reward has ManiSkill's terms", () => {
  // The reaching term is 0.537883 at 0.1 m.
  near([pushReward(0.1, 0.2, false)], [0.537883 / 3], 1e-6);
  near([pushReward(0, 0.2, false)], [(1 + 1 - Math.tanh(1)) / 3], 1e-15);
  near([pushReward(0.0101, 0, false)], [(1 - Math.tanh(0.0505)) / 3], 1e-15);
  assert.equal(pushReward(1, 1, true), 1);
});

Deno.test("without actions the arm stays, and the cube rests", () => {
  const environment = cannonEnvironment(pandaPush, 1);
  const before = environment.reset(2).slice();
  let after: Float64Array = before;
  for (let step = 0; step < 20; step++) after = environment.step(new Float64Array(3)).observation;
  near(place(after, tool), place(before, tool), 1e-4);
  near(place(after, cube), place(before, cube), 1e-5);
});

Deno.test("an action moves the tool along its axis", () => {
  for (const axis of [0, 1, 2]) {
    const environment = cannonEnvironment(pandaPush, 1);
    const before = environment.reset(2).slice();
    const action = new Float64Array(3);
    action[axis] = 0.3;
    const after = environment.step(action).observation;
    const moved = place(after, tool).map((value, i) => value - before[tool + i]);
    assert.ok(moved[axis] > 0.003, `moved ${moved}`);
    const aside = moved.filter((_, i) => i !== axis);
    assert.ok(aside.every((value) => Math.abs(value) < 0.4 * moved[axis]), `moved ${moved}`);
  }
});

Deno.test("the scripted policy pushes each cube to its goal; chance does not", () => {
  const seeds = [1, 2, 3, 4, 5];
  const scripted = seeds.map((seed) => episode(seed, scriptedPush));
  const chance = seeds.map((seed) => {
    const random = randomStream(seed, "tests/push/chance");
    return episode(seed, () => [0, 1, 2].map(() => random.uniform(-1, 1)));
  });
  assert.deepEqual(scripted.map(({ succeeded }) => succeeded), seeds.map(() => true));
  assert.ok(scripted.every(({ total }) => total > 35), JSON.stringify(scripted));
  assert.ok(chance.every(({ total }) => total < 20), JSON.stringify(chance));
});
