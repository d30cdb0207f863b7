/** What holds for every task: its table, its episodes, and that copies are independent. */
import assert from "node:assert/strict";
import { environmentTasks, findEnvironmentTask } from "../../../sim/environments/catalogue.ts";
import { equationsEnvironment } from "../../../sim/environments/equations_environment.ts";
import { randomStream } from "../../../sim/random.ts";
import { numbers } from "../numbers.ts";
import { ofCopy, plainStep, randomAction, randomActions } from "./rollouts.ts";

/** The numbers of the files' tables: version, rows, rates in Hz, steps of an episode. */
const tables: Readonly<
  Record<
    string,
    readonly [
      version: number,
      action: number,
      observation: number,
      physics: number,
      control: number,
      horizon: number,
    ]
  >
> = {
  ArmReacher: [5, 2, 10, 100, 50, 50],
  SuiteReacherEasy: [1, 2, 6, 50, 50, 1000],
  SuiteReacherHard: [1, 2, 6, 50, 50, 1000],
  ArmReach: [1, 2, 12, 100, 50, 100],
  ArmReachGoal: [1, 2, 10, 100, 50, 100],
  ArmReachGoalDelta: [1, 2, 10, 100, 50, 100],
  ArmHold: [1, 2, 12, 100, 50, 100],
  ArmPush: [1, 2, 15, 500, 50, 100],
  PandaReach: [1, 7, 24, 60, 30, 360],
};

/** Tasks whose reward is a cost. */
const neverPositive = ["ArmReacher", "ArmReachGoal", "ArmReachGoalDelta", "ArmPush"];

Deno.test("the catalogue has every task by its name, and says which there are", () => {
  assert.deepEqual(
    environmentTasks.map(({ specification }) => specification.name),
    Object.keys(tables),
  );
  assert.equal(findEnvironmentTask("ArmPush").specification.name, "ArmPush");
  assert.throws(() => findEnvironmentTask("ArmPull"), /no task "ArmPull"; there are ArmReacher,/);
});

for (const task of environmentTasks) {
  const { specification, actionSpace } = task;
  const { name, horizon } = specification;
  const environment = (copies: number, precision?: "single" | "double") =>
    equationsEnvironment(task, copies, precision);

  Deno.test(`${name}: its specification is its table`, () => {
    const [version, action, observation, physics, control, steps] = tables[name];
    assert.equal(specification.version, version);
    assert.equal(specification.action.length, action);
    assert.equal(actionSpace.low.length, action);
    assert.equal(actionSpace.high.length, action);
    assert.equal(specification.observation.length, observation);
    assert.equal(new Set(specification.observation).size, observation, "rows have their own names");
    assert.equal(Math.round(1 / specification.physicsStep), physics);
    assert.ok(Math.abs(specification.controlStep * control - 1) < 1e-12);
    assert.equal(horizon, steps);
    const state = task.start(randomStream(1, "tests/environments/table"));
    assert.equal(plainStep(task, state, randomAction(task, 0, 0)).observation.length, observation);
  });

  Deno.test(`${name}: an episode is cut off at the horizon, and the next one follows`, () => {
    const copies = 3;
    const one = environment(copies);
    const first = one.reset(1).slice();
    const still = new Float64Array(specification.action.length * copies);
    for (let step = 1; step < horizon; step++) {
      const result = one.step(still);
      assert.deepEqual(result.observation, result.finalObservation);
      assert.ok(result.truncated.every((flag) => flag === 0), `step ${step}`);
      assert.ok(result.terminated.every((flag) => flag === 0), `step ${step}`);
    }
    const last = one.step(still);
    assert.deepEqual([...last.truncated], [1, 1, 1]);
    assert.deepEqual([...last.terminated], [0, 0, 0]);
    assert.notDeepEqual(last.observation, last.finalObservation);
    assert.notDeepEqual(last.observation, first, "the next episode is another one");
    // The next episode starts as the second of its stream does.
    const stream = randomStream(1, "episodes/2");
    task.start(stream);
    const observed = task.observe(numbers, task.start(stream));
    ofCopy(last.observation, copies, 2).forEach((value, row) =>
      assert.ok(Math.abs(value - observed[row]) < 1e-5)
    );
    assert.deepEqual([...one.step(still).truncated], [0, 0, 0]);
  });

  Deno.test(`${name}: the compiled step is the stated one, in either precision`, () => {
    const copies = 5;
    const exact = environment(copies, "double");
    const fast = environment(copies);
    exact.reset(3, 7);
    fast.reset(3, 7);
    const states = Array.from(
      { length: copies },
      (_, copy) => task.start(randomStream(3, `episodes/${7 + copy}`)),
    );
    for (let step = 0; step < 10; step++) {
      const actions = randomActions(task, copies, step);
      const [precise, single] = [exact.step(actions), fast.step(actions)];
      states.forEach((state, copy) => {
        const plain = plainStep(task, state, randomAction(task, copy, step));
        states[copy] = plain.state;
        const observed = [precise, single].map(({ observation }) =>
          ofCopy(observation, copies, copy)
        );
        plain.observation.forEach((value, row) => {
          assert.ok(Math.abs(observed[0][row] - value) < 1e-9 * (1 + Math.abs(value)));
          assert.ok(
            Math.abs(observed[1][row] - value) < 2e-3 * (1 + Math.abs(value)),
            `${specification.observation[row]}: ${observed[1][row]} for ${value}`,
          );
        });
        assert.ok(Math.abs(precise.reward[copy] - plain.reward) < 1e-9);
        assert.ok(Math.abs(single.reward[copy] - plain.reward) < 2e-3);
        assert.equal(precise.success[copy], plain.success ?? 0);
      });
    }
  });

  Deno.test(`${name}: a copy's episodes depend on its number alone, not on the others`, () => {
    const steps = Math.min(horizon + 5, 60);
    const many = environment(9);
    const few = environment(2);
    many.reset(5);
    few.reset(5, 6);
    for (let step = 0; step < steps; step++) {
      const [all, some] = [
        many.step(randomActions(task, 9, step)),
        few.step(randomActions(task, 2, step, 6)),
      ];
      for (const copy of [0, 1]) {
        assert.deepEqual(
          ofCopy(some.observation, 2, copy),
          ofCopy(all.observation, 9, 6 + copy),
        );
        assert.equal(some.reward[copy], all.reward[6 + copy]);
      }
    }
  });

  Deno.test(`${name}: a seed gives the same numbers again, another seed others`, () => {
    const start = (seed: number) => environment(4).reset(seed).slice();
    assert.deepEqual(start(1), start(1));
    assert.notDeepEqual(start(1), start(2));
    const again = environment(4);
    const before = again.reset(1).slice();
    again.step(randomActions(task, 4, 0));
    assert.deepEqual(again.reset(1), before);
  });

  if (neverPositive.includes(name)) {
    Deno.test(`${name}: the reward is never positive`, () => {
      const one = environment(16);
      one.reset(1);
      for (let step = 0; step < horizon; step++) {
        const { reward } = one.step(randomActions(task, 16, step));
        assert.ok(reward.every((value) => value <= 0));
      }
    });
  }
}
