/** PPO: its losses by worked numbers, its bookkeeping bit for bit, and that it learns. */
import assert from "node:assert/strict";
import { Perceptron } from "../../../learners/nn/perceptron.ts";
import type { Network } from "../../../learners/nn/network.ts";
import { deterministicPolicy, evaluate, randomPolicy } from "../../../learners/rl/evaluation.ts";
import { GaussianPolicy } from "../../../learners/rl/gaussian_policy.ts";
import { Ppo, type PpoReport, type PpoSettings } from "../../../learners/rl/ppo.ts";
import {
  surrogateLoss,
  surrogateSlope,
  valueLoss,
  valueSlope,
} from "../../../learners/rl/ppo_losses.ts";
import { ppoSchema, startPpo } from "../../../learners/rl/ppo_method.ts";
import { bound, type RollOutPlan } from "../../../learners/rl/roll_out.ts";
import type { PolicyName } from "../../../learners/rl/study.ts";
import { stepCounter, targetGuessing } from "./small_environments.ts";

const near = (actual: number, expected: number, tolerance = 1e-12) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} for ${expected}`);

const usual: PpoSettings = {
  steps: 8 * 64 * 4,
  epochs: 3,
  miniBatches: 4,
  discount: 0.99,
  traceDecay: 0.95,
  learningRate: 3e-4,
  annealing: true,
  clipRange: 0.2,
  clipValues: true,
  valueCoefficient: 0.5,
  entropyCoefficient: 0.001,
  gradientNorm: 0.5,
  bootstrapTimeLimits: true,
};

/** A training on ArmReacher, in pieces of 3, 3 and 2 copies. */
function reacher(kind: PolicyName, settings: Partial<PpoSettings> = {}, seed = 1): Ppo {
  const sizes = { units: 16, copies: 8, copiesOfPiece: 3, rolloutLength: 64 };
  return startPpo(kind, ppoSchema.parse({ ...usual, ...settings, ...sizes }), seed);
}

/** How copies of a small environment, whose observation and action have one row, are rolled out. */
function smallPlan(
  environments: RollOutPlan["environments"],
  { copies, rolloutLength, seed }: Pick<RollOutPlan, "copies" | "rolloutLength" | "seed">,
): RollOutPlan {
  const policy = new GaussianPolicy(perceptron(1, 1));
  return { environments, policy, copies, copiesOfPiece: copies, rolloutLength, seed };
}

const perceptron = (inputs: number, outputs: number, units = 16): Network =>
  new Perceptron({
    inputs,
    hidden: [units],
    outputs,
    activation: "tanh",
    outputActivation: "none",
  });

const kinds = ["plain", "unilateral", "bilateral"] as const;

Deno.test("the surrogate is flat where the policy has gone far enough, and only there", () => {
  for (
    const [advantage, ratio, loss, slope] of [
      [2, 1.3, -2.4, 0],
      [-2, 1.3, 2.6, 2],
      [2, 0.7, -1.4, -2],
      [-2, 0.7, 1.6, 0],
      [2, 1, -2, -2],
    ]
  ) {
    near(surrogateLoss(ratio, advantage, 0.2), loss);
    near(surrogateSlope(ratio, advantage, 0.2), slope);
  }
});

Deno.test("slopes of both losses are those of differences", () => {
  const h = 1e-6;
  const difference = (loss: (x: number) => number, x: number) =>
    (loss(x + h) - loss(x - h)) / (2 * h);
  for (const x of [0.5, 0.79, 0.81, 1, 1.19, 1.21, 2]) {
    for (const advantage of [-1.5, 0.7]) {
      const loss = (ratio: number) => surrogateLoss(ratio, advantage, 0.2);
      near(surrogateSlope(x, advantage, 0.2), difference(loss, x), 1e-8);
    }
    for (const [old, target] of [[1, 3], [1, -3], [0.9, 0.95], [1, 1.1]]) {
      for (const range of [0.2, Infinity]) {
        const loss = (value: number) => valueLoss(value, old, target, range);
        near(valueSlope(x, old, target, range), difference(loss, x), 1e-8);
      }
    }
  }
});

Deno.test("an unclipped value's loss is half the square", () => {
  near(valueLoss(3, 0, 1, Infinity), 2);
  near(valueSlope(3, 0, 1, Infinity), 2);
  // Clipped: the value may count as having moved by 0.2 only, and the larger of both losses is taken.
  near(valueLoss(3, 0, 4, 0.2), 0.5 * 3.8 ** 2);
  near(valueSlope(3, 0, 4, 0.2), 0);
});

for (const kind of kinds) {
  Deno.test(`${kind}: before anything is learnt every ratio is exactly 1`, async () => {
    const ppo = reacher(kind, { epochs: 1, miniBatches: 1 });
    for (let iteration = 0; iteration < 3; iteration++) {
      const { approximateKl, clipFraction, policyLoss } = await ppo.iterate();
      assert.equal(approximateKl, 0);
      assert.equal(clipFraction, 0);
      near(policyLoss, 0, 1e-9); // −mean of advantages that have mean 0
    }
    const { approximateKl } = await reacher(kind, { epochs: 2, miniBatches: 1 }).iterate();
    assert.ok(approximateKl > 0);
  });

  Deno.test(`${kind}: the same seed gives the same numbers, another one others`, async () => {
    const run = async (seed: number) => {
      const ppo = reacher(kind, {}, seed);
      return [await ppo.iterate(), await ppo.iterate(), ppo.parameters.slice()];
    };
    assert.deepEqual(await run(1), await run(1));
    assert.notDeepEqual(await run(1), await run(2));
  });

  Deno.test(`${kind}: a training goes on from where it was saved, bit for bit`, async () => {
    const whole = reacher(kind);
    await whole.iterate();
    const saved = structuredClone(await whole.save());
    const expected = [await whole.iterate(), await whole.iterate()];
    const resumed = reacher(kind);
    await resumed.iterate(); // what it has done before does not matter
    await resumed.iterate();
    await resumed.restore(saved);
    assert.equal(resumed.iterations, 1);
    assert.deepEqual([await resumed.iterate(), await resumed.iterate()], expected);
    assert.deepEqual(await resumed.save(), await whole.save());
  });
}

Deno.test("a state of another training is refused, by name", async () => {
  const saved = await reacher("plain").save();
  await assert.rejects(
    () => reacher("bilateral").restore(saved),
    /RangeError: the state of a training has \d+ numbers of Float64Array as "parameters"; expected \d+/,
  );
  const { updates: _, ...counts } = saved.counts;
  await assert.rejects(
    () => reacher("plain").restore({ ...saved, counts }),
    /RangeError: the state of a training has no count "updates"/,
  );
});

Deno.test("mini-batches that do not partition a roll-out are refused", () => {
  assert.throws(
    () => reacher("plain", { miniBatches: 3 }),
    /RangeError: 512 samples of a roll-out \(64 steps of 8 copies\) cannot be cut into 3/,
  );
});

Deno.test("values bootstrapped at the time limit are those of going on for ever, others are not", async () => {
  // Reward 1 a step, γ = 0.9, 10 steps: 10 everywhere, or from 6.513 at the start down to 1 at the end.
  for (const bootstrapTimeLimits of [true, false]) {
    const value = perceptron(1, 1, 32);
    const plan = smallPlan((copies) => stepCounter(copies, 10), {
      copies: 4,
      rolloutLength: 50,
      seed: 1,
    });
    const ppo = new Ppo(plan, value, {
      ...usual,
      steps: 4 * 50 * 600,
      epochs: 10,
      discount: 0.9,
      learningRate: 3e-3,
      clipValues: false,
      valueCoefficient: 1,
      gradientNorm: 100,
      bootstrapTimeLimits,
    });
    while (ppo.iterations < ppo.allIterations) await ppo.iterate();
    const pass = value.pass(10);
    pass.load(ppo.valueParameters);
    const { mean: [mean], variance: [variance] } = ppo.observationMoments;
    const values = pass.forward(
      Float64Array.from({ length: 10 }, (_, step) => (step - mean) / Math.sqrt(variance)),
    );
    // Rewards are scaled by a number that is the same for all by now.
    const ratio = values[0] / values[9];
    near(ratio, bootstrapTimeLimits ? 1 : 6.513, bootstrapTimeLimits ? 0.05 : 0.65);
  }
});

Deno.test("a policy finds what it is rewarded for, and is better without its noise", async () => {
  const plan = smallPlan(targetGuessing, { copies: 8, rolloutLength: 64, seed: 3 });
  const ppo = new Ppo(plan, perceptron(1, 1), {
    ...usual,
    steps: 8 * 64 * 60,
    learningRate: 3e-3,
    entropyCoefficient: 0,
  });
  const bench = targetGuessing(50);
  const pass = ppo.policy.network.pass(50);
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;
  const score = () => {
    pass.load(ppo.policy.meanPart(ppo.policyParameters));
    const act = deterministicPolicy(pass, ppo.observationMoments, bound);
    return mean(evaluate(bench, act, 7).returns);
  };
  const before = score();
  const reports: PpoReport[] = [];
  while (ppo.iterations < ppo.allIterations) reports.push(await ppo.iterate());
  const after = score();
  const random = mean(evaluate(bench, randomPolicy(bench, 1), 7).returns);
  assert.ok(after > 0.05 * before && after > 0.05 * random, `${before}, ${random} → ${after}`);
  assert.ok(reports.at(-1)!.entropy < reports[0].entropy - 0.5, "it grows certain");
  assert.ok(reports.at(-1)!.trainingReturn < after);
});
