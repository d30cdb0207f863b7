/** Environments of equations: ends, saving and going on, and what they refuse. */
import assert from "node:assert/strict";
import { armReach } from "../../../sim/environments/arm_reach.ts";
import { equationsEnvironment } from "../../../sim/environments/equations_environment.ts";
import type { EquationsTask } from "../../../sim/environments/equations_task.ts";
import { randomActions } from "./rollouts.ts";

/**
 * A counter that starts anywhere in 0 … 4, goes up by 1 and a reward of 1 a step, and ends at 10; episodes
 * are cut off after 8 steps.
 */
const counter: EquationsTask = {
  specification: {
    name: "Counter",
    version: 1,
    summary: "counts",
    action: ["ignored"],
    observation: ["count"],
    reward: "1",
    start: "0 … 4",
    physicsStep: 1,
    controlStep: 1,
    horizon: 8,
    source: "a test",
  },
  actionSpace: { low: [-1], high: [1] },
  state: { count: 1 },
  start: (random) => ({ count: [random.integer(5)] }),
  step(algebra, { count: [count] }) {
    const { constant, add, whereLess } = algebra;
    const next = add(count, constant(1));
    return {
      state: { count: [next] },
      reward: constant(1),
      terminated: whereLess(next, constant(10), constant(0), constant(1)),
    };
  },
  observe: (_algebra, { count }) => count,
};

Deno.test("a copy ends or is cut off by itself, and never both at once", () => {
  const copies = 40;
  const environment = equationsEnvironment(counter, copies);
  let counts = [...environment.reset(1)];
  let steps = counts.map(() => 0);
  let [ended, cut] = [0, 0];
  for (let step = 0; step < 50; step++) {
    const result = environment.step(new Float64Array(copies));
    steps = steps.map((value) => value + 1);
    counts.forEach((count, copy) => {
      assert.equal(result.finalObservation[copy], count + 1);
      const terminated = count + 1 >= 10;
      const truncated = !terminated && steps[copy] === 8;
      assert.equal(result.terminated[copy], Number(terminated));
      assert.equal(result.truncated[copy], Number(truncated));
      assert.equal(result.reward[copy], 1);
      if (terminated || truncated) {
        steps[copy] = 0;
        assert.ok(result.observation[copy] < 5, "a new episode has begun");
      } else {
        assert.equal(result.observation[copy], count + 1);
      }
      ended += Number(terminated);
      cut += Number(truncated);
    });
    counts = [...result.observation];
  }
  assert.ok(ended > 0 && cut > 0, `${ended} ended, ${cut} cut off`);
});

for (const precision of ["single", "double"] as const) {
  Deno.test(`what is saved goes on elsewhere with the same bits (${precision})`, () => {
    const copies = 6;
    const task = armReach;
    const { horizon } = task.specification;
    const first = equationsEnvironment(task, copies, precision);
    first.reset(2, 4);
    for (let step = 0; step < horizon + 30; step++) first.step(randomActions(task, copies, step));
    const saved = first.save();
    assert.deepEqual([...saved.steps], Array(copies).fill(30));
    assert.deepEqual([...saved.episodes], Array(copies).fill(2));
    const second = equationsEnvironment(task, copies, precision);
    let shown = second.restore(saved).slice();
    for (let step = 0; step < horizon; step++) {
      const actions = randomActions(task, copies, 1000 + step);
      const [a, b] = [first.step(actions), second.step(actions)];
      assert.deepEqual(a, b);
      if (step === 0) assert.notDeepEqual(b.observation, shown);
      shown = b.observation.slice();
    }
  });
}

Deno.test("a saved state is a copy that later steps leave alone", () => {
  const environment = equationsEnvironment(counter, 2);
  environment.reset(1);
  const saved = environment.save();
  const before = saved.state.slice();
  environment.step(new Float64Array(2));
  assert.deepEqual(saved.state, before);
});

Deno.test("a step before the first reset, and arrays of the wrong length, are refused", () => {
  const environment = equationsEnvironment(counter, 3);
  assert.throws(() => environment.step(new Float64Array(3)), /a step of Counter before its first/);
  assert.throws(() => environment.save(), /the state of Counter before its first reset/);
  environment.reset(1);
  assert.throws(
    () => environment.step(new Float64Array(2)),
    /actions: 2 numbers were given, 3 are/,
  );
  const other = equationsEnvironment(counter, 4);
  assert.throws(
    () => other.restore(environment.save()),
    /the saved state: 3 numbers were given, 4/,
  );
});

Deno.test("a task that states other rows than it declares is refused by name", () => {
  const { specification } = counter;
  const wordy = { ...counter, specification: { ...specification, observation: ["a", "b"] } };
  assert.throws(
    () => equationsEnvironment(wordy, 1),
    /Counter states 1 rows of its observation and declares 2/,
  );
  const empty: EquationsTask = { ...counter, start: () => ({ count: [] }) };
  assert.throws(
    () => equationsEnvironment(empty, 1).reset(1),
    /Counter states 0 rows of its count and declares 1/,
  );
});
