/** Replay: what is kept of what happened, and hindsight on it. */
import assert from "node:assert/strict";
import { HindsightReplay } from "../../../learners/rl/her_replay.ts";
import { normalNoise } from "../../../learners/rl/interaction.ts";
import {
  emptyTransitions,
  ReplayBuffer,
  type Transitions,
} from "../../../learners/rl/replay_buffer.ts";
import type { EnvironmentStep, GoalRows } from "../../../sim/environments/environment.ts";
import { randomStream } from "../../../sim/random.ts";

/** A step that tells where it comes from: its observations are what is given. */
function stepOf(
  finalObservation: Float64Array,
  { reward = 0, terminated = 0, truncated = 0 }: Partial<
    Record<"reward" | "terminated" | "truncated", number>
  > = {},
  copies = 2,
): EnvironmentStep {
  return {
    // What the next episode starts from must never be taken for what this one ended in.
    observation: finalObservation.map(() => 1e9),
    finalObservation,
    reward: new Float64Array(copies).fill(reward),
    terminated: new Uint8Array(copies).fill(terminated),
    truncated: new Uint8Array(copies).fill(truncated),
    success: new Uint8Array(copies),
  };
}

const column = ({ columns }: Transitions, array: Float64Array, at: number) =>
  Array.from({ length: array.length / columns }, (_, row) => array[row * columns + at]);

/** Steps numbered from `first`: each has its number in everything, and the copy's in the second row. */
function addNumbered(buffer: ReplayBuffer, first: number, count: number): void {
  for (let step = first; step < first + count; step++) {
    const numbers = Float64Array.of(step, step, 0, 1);
    const final = numbers.map((value, i) => i < 2 ? value + 0.5 : value);
    buffer.add(numbers, Float64Array.of(-step, -step), stepOf(final, { reward: 10 * step }));
  }
}

Deno.test("what is drawn is what happened, whole, and the oldest is forgotten", () => {
  const buffer = new ReplayBuffer({ observation: 2, action: 1 }, 9, 2);
  assert.equal(buffer.slots, 10, "whole steps of both copies");
  addNumbered(buffer, 0, 3);
  assert.equal(buffer.size, 6);
  addNumbered(buffer, 3, 5);
  assert.equal(buffer.size, 10);
  const drawn = emptyTransitions({ observation: 2, action: 1 }, 200);
  buffer.sample(randomStream(1, "tests/replay"), drawn);
  const seen = new Set<string>();
  for (let i = 0; i < 200; i++) {
    const [step, copy] = column(drawn, drawn.observations, i);
    seen.add(`${step}/${copy}`);
    assert.ok(step >= 3, "steps 0 to 2 have been forgotten");
    assert.deepEqual(column(drawn, drawn.nextObservations, i), [step + 0.5, copy]);
    assert.deepEqual(column(drawn, drawn.actions, i), [-step]);
    assert.equal(drawn.rewards[i], 10 * step);
  }
  assert.equal(seen.size, 10, "all that are kept are drawn");
});

Deno.test("the task's own end is kept as one, a time limit is not", () => {
  const buffer = new ReplayBuffer({ observation: 1, action: 1 }, 8, 2);
  const [observation, actions] = [new Float64Array(2), new Float64Array(2)];
  buffer.add(observation, actions, stepOf(Float64Array.of(7, 7), { truncated: 1 }));
  buffer.add(observation, actions, stepOf(Float64Array.of(8, 8), { terminated: 1 }));
  const drawn = emptyTransitions({ observation: 1, action: 1 }, 4);
  buffer.gather(Int32Array.of(0, 1, 2, 3), drawn);
  assert.deepEqual([...drawn.terminated], [0, 0, 1, 1]);
  assert.deepEqual([...drawn.nextObservations], [7, 7, 8, 8], "what the steps themselves ended in");
});

Deno.test("a buffer that is restored goes on as the one that was saved", () => {
  const rows = { observation: 2, action: 1 };
  for (const steps of [3, 8]) {
    const whole = new ReplayBuffer(rows, 10, 2);
    addNumbered(whole, 0, steps);
    const resumed = new ReplayBuffer(rows, 10, 2);
    addNumbered(resumed, 100, 4);
    resumed.restore(structuredClone(whole.save()));
    for (const buffer of [whole, resumed]) addNumbered(buffer, steps, 1);
    const [a, b] = [whole, resumed].map((buffer) => {
      const drawn = emptyTransitions(rows, 50);
      buffer.sample(randomStream(2, "tests/restored"), drawn);
      return drawn;
    });
    assert.deepEqual(a, b);
  }
  const saved = new ReplayBuffer(rows, 10, 2);
  addNumbered(saved, 0, 4);
  assert.throws(
    () => new ReplayBuffer(rows, 4, 2).restore(saved.save()),
    /RangeError: the state of a training has 16 numbers of Float32Array as "replay\/observations"; expected 8/,
  );
  assert.throws(() => new ReplayBuffer(rows, 0, 2), /RangeError: a replay buffer of 0 transitions/);
});

/**
 * Rows: episode, time in it, achieved, desired. What is achieved at time t of episode e is 100 e + t, so that
 * a goal tells where it is from; the desired ones are negative, so that none was ever achieved.
 */
const goals: GoalRows = {
  achieved: [2],
  desired: [3],
  reward: (achieved, desired) => achieved[0] === desired[0] ? 0 : -1,
};
const rows = { observation: 4, action: 1 };
const [copies, horizon] = [2, 7];

/** `episodes` whole episodes of each copy, then `further` steps of unfinished ones. */
function replayOf(hindsight: number, episodes: number, further: number, capacity = 10_000) {
  const replay = new HindsightReplay(rows, goals, { capacity, copies, hindsight });
  for (let step = 0; step < episodes * horizon + further; step++) {
    const time = step % horizon;
    const seen = (at: number) => {
      const numbers = [0, 1].map((copy) => 2 * Math.floor(step / horizon) + copy);
      return Float64Array.of(
        ...numbers,
        at,
        at,
        ...numbers.map((episode) => 100 * episode + at),
        -1,
        -1,
      );
    };
    const truncated = Number(time === horizon - 1);
    replay.add(seen(time), new Float64Array(2), stepOf(seen(time + 1), { reward: -1, truncated }));
  }
  return replay;
}

function drawn(replay: HindsightReplay, count: number): Transitions {
  const transitions = emptyTransitions(rows, count);
  replay.sample(randomStream(3, "tests/hindsight"), transitions);
  return transitions;
}

Deno.test("four of five transitions have a goal of hindsight, from the same episode's future", () => {
  const count = 20_000;
  const transitions = drawn(replayOf(4, 20, 3), count);
  const later = new Map<number, number>();
  let relabelled = 0;
  for (let i = 0; i < count; i++) {
    const [episode, time, , goal] = column(transitions, transitions.observations, i);
    const next = column(transitions, transitions.nextObservations, i);
    assert.ok(episode < 2 * 20, "an episode that goes on is not drawn from");
    assert.deepEqual(next.slice(0, 3), [episode, time + 1, 100 * episode + time + 1]);
    assert.equal(next[3], goal, "the goal is the same before and after the step");
    if (goal === -1) {
      assert.equal(transitions.rewards[i], -1);
      continue;
    }
    relabelled++;
    const steps = goal - next[2];
    assert.ok(steps >= 0 && time + 1 + steps <= horizon, `${goal} at ${time} of ${episode}`);
    assert.equal(transitions.rewards[i], steps === 0 ? 0 : -1, "its own goal it has reached");
    if (time === 0) later.set(steps, (later.get(steps) ?? 0) + 1);
  }
  // Four standard errors of a share of 0.8.
  assert.ok(Math.abs(relabelled / count - 0.8) < 4 * Math.sqrt(0.8 * 0.2 / count));
  assert.equal(later.size, horizon, "from the first step on all times are drawn");
  const counts = [...later.values()];
  assert.ok(Math.min(...counts) > 0.75 * Math.max(...counts), `uniformly: ${counts}`);
});

Deno.test("without hindsight goals are those that were tried for", () => {
  const transitions = drawn(replayOf(0, 3, 0), 500);
  assert.ok(transitions.rewards.every((reward) => reward === -1));
  for (let i = 0; i < 500; i++) {
    assert.equal(column(transitions, transitions.observations, i)[3], -1);
  }
});

Deno.test("goals are from the same episode also where the ring has come round", () => {
  // 24 steps of each copy are kept: three episodes, and the end of one whose start is forgotten.
  const transitions = drawn(replayOf(4, 9, 2, 48), 4000);
  for (let i = 0; i < 4000; i++) {
    const [episode, time, , goal] = column(transitions, transitions.observations, i);
    assert.ok(episode >= 10 && episode < 18, `${episode}`);
    if (goal === -1) continue;
    assert.equal(Math.floor(goal / 100), episode);
    assert.ok(goal % 100 > time && goal % 100 <= horizon);
  }
});

Deno.test("hindsight that is restored goes on as what was saved, in the middle of an episode", () => {
  const whole = replayOf(4, 3, 4);
  const resumed = new HindsightReplay(rows, goals, { capacity: 10_000, copies, hindsight: 4 });
  resumed.restore(structuredClone(whole.save()));
  const random = randomStream(4, "tests/further");
  for (let step = 4; step < horizon; step++) {
    const [before, after] = [0, 0].map(() => normalNoise(random, 8));
    for (const replay of [whole, resumed]) {
      const truncated = Number(step === horizon - 1);
      replay.add(before, new Float64Array(2), stepOf(after, { truncated }));
    }
  }
  assert.equal(resumed.episodes, 8);
  assert.deepEqual(drawn(resumed, 300), drawn(whole, 300));
});

Deno.test("there is nothing to replay before the first whole episode, nor room for one too long", () => {
  assert.throws(
    () => drawn(replayOf(4, 0, 5), 3),
    /Error: there is no whole episode to replay yet/,
  );
  assert.throws(
    () => replayOf(4, 1, 0, 12),
    /RangeError: an episode of 7 steps or more does not fit into a replay buffer of 12 transitions/,
  );
});
