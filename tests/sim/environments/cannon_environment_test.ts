/** Environments with contacts keep the contract of vector environments. */
import assert from "node:assert/strict";
import {
  cannonEnvironment,
  type CannonTask,
} from "../../../sim/environments/cannon_environment.ts";
import { pandaLift } from "../../../sim/environments/panda_lift.ts";
import { pandaPush } from "../../../sim/environments/panda_push.ts";
import { randomStream } from "../../../sim/random.ts";

/** Actions for `copies` copies: copy i's depend on its number and the step only. */
function actionsFor(task: CannonTask, copies: number, first: number, step: number): Float64Array {
  const rows = task.specification.action.length;
  const actions = new Float64Array(rows * copies);
  for (let copy = 0; copy < copies; copy++) {
    const random = randomStream(7, `tests/actions/${first + copy}/${step}`);
    for (let row = 0; row < rows; row++) actions[row * copies + copy] = random.uniform(-1, 1);
  }
  return actions;
}

const column = (values: Float64Array, copy: number, copies: number) =>
  [...values].filter((_, i) => i % copies === copy);

for (const task of [pandaPush, pandaLift]) {
  const { name, action, observation, physicsStep, controlStep } = task.specification;

  Deno.test(`${name}: what is declared is what there is`, () => {
    const environment = cannonEnvironment(task, 1);
    assert.equal(environment.reset(1).length, observation.length);
    const { low, high } = environment.actionSpace;
    assert.deepEqual([low.length, high.length], [action.length, action.length]);
    assert.ok(low.every((bound, i) => bound < high[i]));
    const substeps = controlStep / physicsStep;
    assert.ok(Math.abs(substeps - Math.round(substeps)) < 1e-9);
    assert.ok(environment.reset(1).every(Number.isFinite));
  });

  Deno.test(`${name}: a copy's episodes do not depend on how many others there are`, () => {
    const together = cannonEnvironment(task, 3);
    const alone = cannonEnvironment(task, 1);
    together.reset(5);
    alone.reset(5, 2);
    for (let step = 0; step < 10; step++) {
      const all = together.step(actionsFor(task, 3, 0, step));
      const one = alone.step(actionsFor(task, 1, 2, step));
      assert.deepEqual(column(all.observation, 2, 3), [...one.observation]);
      assert.equal(all.reward[2], one.reward[0]);
    }
  });

  Deno.test(`${name}: what was saved goes on with the same bits`, () => {
    const one = cannonEnvironment(task, 2), other = cannonEnvironment(task, 2);
    one.reset(3);
    for (let step = 0; step < 8; step++) one.step(actionsFor(task, 2, 0, step));
    const saved = one.save();
    assert.deepEqual([...other.restore(saved)], [...one.restore(saved)]);
    for (let step = 8; step < 16; step++) {
      const actions = actionsFor(task, 2, 0, step);
      const [expected, actual] = [one.step(actions), other.step(actions)];
      assert.deepEqual([...actual.observation], [...expected.observation]);
      assert.deepEqual([...actual.reward], [...expected.reward]);
    }
    assert.deepEqual(other.save(), one.save());
  });

  Deno.test(`${name}: actions beyond their space are clipped`, () => {
    const far = cannonEnvironment(task, 1), bounded = cannonEnvironment(task, 1);
    far.reset(2);
    bounded.reset(2);
    const actions = task.actionSpace.high.map((high, i) => i % 2 ? 100 * high : -50 * high);
    const clipped = actions.map((value, i) =>
      Math.min(task.actionSpace.high[i], Math.max(task.actionSpace.low[i], value))
    );
    const [a, b] = [
      far.step(Float64Array.from(actions)),
      bounded.step(Float64Array.from(clipped)),
    ];
    assert.deepEqual([...a.observation], [...b.observation]);
    assert.deepEqual([...a.reward], [...b.reward]);
  });
}

Deno.test("an episode that is cut off is followed by the next one in the same step", () => {
  const environment = cannonEnvironment(pandaPush, 2);
  environment.reset(4);
  const { horizon } = pandaPush.specification;
  for (let step = 1; step < horizon; step++) {
    const { truncated, observation, finalObservation } = environment.step(
      actionsFor(pandaPush, 2, 0, step),
    );
    assert.deepEqual([...truncated], [0, 0]);
    assert.deepEqual([...finalObservation], [...observation]);
  }
  const last = environment.step(actionsFor(pandaPush, 2, 0, horizon));
  assert.deepEqual([[...last.truncated], [...last.terminated]], [[1, 1], [0, 0]]);
  assert.notDeepEqual([...last.finalObservation], [...last.observation]);
  // The second episodes start from the streams' second draws.
  const second = [0, 1].map((copy) => {
    const stream = randomStream(4, `episodes/${copy}`);
    pandaPush.draw(stream);
    const cell = pandaPush.create();
    cell.start(pandaPush.draw(stream));
    return [...cell.observe()];
  });
  assert.deepEqual([0, 1].map((copy) => column(last.observation, copy, 2)), second);
  assert.deepEqual([...environment.save().episodes], [2, 2]);
});

/** Counts the steps, and ends after as many as it has drawn. */
const counting: CannonTask = {
  specification: {
    ...pandaPush.specification,
    name: "Counting",
    action: ["nothing"],
    observation: ["steps", "steps of the episode"],
    horizon: 4,
  },
  actionSpace: { low: [-1], high: [1] },
  draw: (random) => [3 + random.integer(2)],
  create() {
    let steps = 0, length = 0;
    return {
      start: ([drawn]) => [steps, length] = [0, drawn],
      step: () => ({ reward: ++steps, terminated: steps === length, success: steps > 1 }),
      observe: () => [steps, length],
      stateRows: 2,
      save: () => [steps, length],
      restore: (state) => [steps, length] = state,
    };
  },
};

Deno.test("an end of the task's own is no truncation, also where the time is up", () => {
  const copies = 8;
  const environment = cannonEnvironment(counting, copies);
  const lengths = [...environment.reset(1).slice(copies)];
  assert.deepEqual(new Set(lengths), new Set([3, 4]));
  const nothing = new Float64Array(copies);
  for (let step = 1; step <= 4; step++) {
    const { terminated, truncated, success, reward, observation, finalObservation } = environment
      .step(nothing);
    const over = lengths.map((length) => Number(length === step));
    if (step <= 3) assert.deepEqual([...reward], lengths.map(() => step));
    for (let copy = 0; copy < copies; copy++) {
      if (step === 4 && lengths[copy] === 3) continue; // in its second episode
      assert.equal(terminated[copy], over[copy]);
      assert.equal(truncated[copy], 0);
      assert.equal(success[copy], Number(step > 1));
      assert.equal(finalObservation[copy], step);
      assert.equal(observation[copy], over[copy] ? 0 : step);
    }
  }
});

Deno.test("steps before a reset, and arrays of another size, are refused", () => {
  const environment = cannonEnvironment(counting, 2);
  const nothing = new Float64Array(2);
  assert.throws(() => environment.step(nothing), /a step of Counting before its first reset/);
  assert.throws(() => environment.save(), /the state of Counting before its first reset/);
  environment.reset(1);
  assert.throws(() => environment.step(new Float64Array(3)), /actions: 3 numbers were given, 2/);
  const saved = environment.save();
  assert.throws(
    () => environment.restore({ ...saved, state: new Float64Array(5) }),
    /the saved state: 5 numbers were given, 4/,
  );
});
