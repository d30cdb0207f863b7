/** The parts that reinforcement-learning algorithms are made of, by worked numbers. */
import assert from "node:assert/strict";
import { estimateAdvantages, type RolloutValues } from "../../../learners/rl/advantages.ts";
import { entropy, logDensity, logSquashing } from "../../../learners/rl/gaussian.ts";
import {
  noMoments,
  normalise,
  observeBatch,
  RewardScale,
} from "../../../learners/rl/running_moments.ts";
import { randomStream } from "../../../sim/random.ts";

function near(actual: ArrayLike<number>, expected: readonly number[], tolerance = 1e-6): void {
  assert.equal(actual.length, expected.length);
  expected.forEach((value, i) =>
    assert.ok(Math.abs(actual[i] - value) <= tolerance, `[${i}]: ${actual[i]} for ${value}`)
  );
}

/** Three steps of one copy, rewards of 1 and values of ½ throughout. */
function threeSteps(ends: Partial<RolloutValues> = {}): RolloutValues {
  return {
    steps: 3,
    copies: 1,
    rewards: Float64Array.of(1, 1, 1),
    values: Float64Array.of(0.5, 0.5, 0.5),
    finalValues: Float64Array.of(0.5, 0.5, 0.5),
    terminated: new Uint8Array(3),
    truncated: new Uint8Array(3),
    ...ends,
  };
}

function advantagesOf(
  rollout: RolloutValues,
  discount = 0.99,
  traceDecay = 0.95,
  bootstrapTimeLimits = true,
): Float64Array {
  const advantages = new Float64Array(rollout.rewards.length);
  estimateAdvantages(rollout, { discount, traceDecay, bootstrapTimeLimits }, advantages);
  return advantages;
}

Deno.test("advantages of an episode that goes on", () => {
  near(advantagesOf(threeSteps()), [2.810915, 1.930798, 0.995], 1e-5);
});

Deno.test("advantages across the end of an episode", () => {
  const terminated = Uint8Array.of(0, 1, 0);
  near(advantagesOf(threeSteps({ terminated })), [1.46525, 0.5, 0.995]);
});

Deno.test("a time limit is bootstrapped from, or taken for an end", () => {
  const rollout = threeSteps({ truncated: Uint8Array.of(0, 1, 0) });
  const [, bootstrapped] = advantagesOf(rollout);
  near([bootstrapped], [1 + 0.99 * 0.5 - 0.5]);
  const ended = advantagesOf(rollout, 0.99, 0.95, false);
  near(ended, [...advantagesOf(threeSteps({ terminated: Uint8Array.of(0, 1, 0) }))], 0);
});

Deno.test("without decay an advantage is the return less the value, with full decay one difference", () => {
  near(advantagesOf(threeSteps(), 1, 1), [3, 2, 1]);
  near(advantagesOf(threeSteps(), 0.9, 0), [0.95, 0.95, 0.95]);
});

Deno.test("copies do not mix", () => {
  const single = threeSteps({ terminated: Uint8Array.of(0, 1, 0) });
  const random = randomStream(1, "tests/advantages");
  const other = {
    ...threeSteps(),
    rewards: Float64Array.from({ length: 3 }, () => random.normal()),
  };
  const woven = <A extends Float64Array | Uint8Array>(a: A, b: A): A => {
    const both = [...a].flatMap((value, i) => [value, b[i]]);
    return (a instanceof Float64Array ? Float64Array.from(both) : Uint8Array.from(both)) as A;
  };
  const both: RolloutValues = {
    steps: 3,
    copies: 2,
    rewards: woven(single.rewards, other.rewards),
    values: woven(single.values, other.values),
    finalValues: woven(single.finalValues, other.finalValues),
    terminated: woven(single.terminated, other.terminated),
    truncated: woven(single.truncated, other.truncated),
  };
  const advantages = advantagesOf(both);
  near(advantages.filter((_, i) => i % 2 === 0), [...advantagesOf(single)], 0);
  near(advantages.filter((_, i) => i % 2 === 1), [...advantagesOf(other)], 0);
});

Deno.test("rewards are divided by the deviation of the discounted return, not of themselves", () => {
  const scale = new RewardScale(1, 0.99);
  const scaled = new Float64Array(1);
  for (let step = 0; step < 3; step++) {
    scale.scale(Float64Array.of(1), Uint8Array.of(0), 10, scaled);
  }
  near(scale.returns, [2.9701]);
  near([1 / scaled[0]], [0.8043], 2e-3);
  scale.scale(Float64Array.of(1e9), Uint8Array.of(1), 10, scaled);
  assert.equal(scaled[0] <= 10, true);
  assert.equal(scale.returns[0], 0);
});

Deno.test("running moments are those of all batches together", () => {
  const random = randomStream(2, "tests/moments");
  const batches = [3, 1, 40].map((columns) =>
    Float64Array.from(
      { length: 2 * columns },
      (_, i) => i < columns ? random.normal(5, 2) : random.uniform(-1, 3),
    )
  );
  const moments = noMoments(2);
  for (const batch of batches) observeBatch(moments, batch);
  for (const row of [0, 1]) {
    const all = batches.flatMap((batch) => {
      const columns = batch.length / 2;
      return [...batch.subarray(row * columns, (row + 1) * columns)];
    });
    const mean = all.reduce((sum, value) => sum + value) / all.length;
    const variance = all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / all.length;
    near([moments.mean[row], moments.variance[row]], [mean, variance], 1e-3);
  }
});

Deno.test("normalised values stay within the bound", () => {
  const moments = { mean: Float64Array.of(1), variance: Float64Array.of(4), count: 1 };
  const values = Float64Array.of(1, 3, 100, -100);
  normalise(moments, values, 10, values);
  near(values, [0, 1, 10, -10]);
});

Deno.test("log-densities and entropies of normal distributions", () => {
  near([2 * logDensity(0, 0, 0), 2 * entropy(0)], [-1.837877, 2.837877]);
});

Deno.test("the squashed density at u = ½, and far out", () => {
  near([logDensity(0.5, 0, 0) - logSquashing(0.5)], [-0.80371]);
  near([logSquashing(0.5)], [Math.log(1 - Math.tanh(0.5) ** 2)], 1e-12);
  assert.ok(Number.isFinite(logSquashing(20)) && Number.isFinite(logSquashing(-20)));
  near([logSquashing(20)], [2 * (Math.LN2 - 20)], 1e-9);
});

Deno.test("values of a task that never ends are those of going on, unless its time limit is taken for an end", () => {
  // Reward 1 a step, γ = 0.9, cut off after 10 steps, a value for each step: 1/(1 − γ), or what is left.
  for (const bootstrap of [true, false]) {
    const values = new Float64Array(10);
    for (let sweep = 0; sweep < 200; sweep++) {
      const finalValues = values.map((_, step) => values[Math.min(step + 1, 9)]);
      const advantages = advantagesOf(
        {
          steps: 10,
          copies: 1,
          rewards: new Float64Array(10).fill(1),
          values,
          finalValues,
          terminated: new Uint8Array(10),
          truncated: Uint8Array.from({ length: 10 }, (_, step) => Number(step === 9)),
        },
        0.9,
        0.95,
        bootstrap,
      );
      values.forEach((value, step) => values[step] = value + advantages[step]);
    }
    near([values[0], values[9]], bootstrap ? [10, 10] : [6.513216, 1], 1e-5);
  }
});
