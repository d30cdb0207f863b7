/** V-trace: against its definition, its fixed point, and what it is without off-policyness. */
import assert from "node:assert/strict";
import { estimateAdvantages } from "../../../learners/rl/advantages.ts";
import {
  type CorrectionName,
  estimateVtrace,
  importanceWeights,
  type OffPolicyTrajectories,
  type Truncations,
} from "../../../learners/rl/vtrace.ts";
import { randomStream } from "../../../sim/random.ts";

const near = (actual: number, expected: number, tolerance = 1e-12) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} for ${expected}`);

const usual = { discount: 0.95, traceDecay: 1, bootstrapTimeLimits: true };
const unit: Truncations = { importanceLimit: 1, traceLimit: 1 };

/** Random trajectories; those of one copy go on from values to final values. */
function randomTrajectories(
  { steps, copies, spread }: { steps: number; copies: number; spread: number },
  ends: Partial<Pick<OffPolicyTrajectories, "terminated" | "truncated">> = {},
): OffPolicyTrajectories {
  const random = randomStream(1, "tests/vtrace");
  const samples = steps * copies;
  const draw = (deviation: number) =>
    Float64Array.from({ length: samples }, () => random.normal(0, deviation));
  const [terminated, truncated] = [
    ends.terminated ?? new Uint8Array(samples),
    ends.truncated ?? new Uint8Array(samples),
  ];
  const values = draw(1);
  const others = draw(1);
  const goesOn = (at: number) =>
    terminated[at] === 0 && truncated[at] === 0 && at + copies < samples;
  return {
    steps,
    copies,
    rewards: draw(1),
    values,
    finalValues: others.map((value, at) => goesOn(at) ? values[at + copies] : value),
    terminated,
    truncated,
    logDensities: draw(spread),
    actedLogDensities: draw(spread),
  };
}

function estimated(
  trajectories: OffPolicyTrajectories,
  {
    correction = "vtrace",
    limits = unit,
    options = usual,
  }: {
    readonly correction?: CorrectionName;
    readonly limits?: Truncations;
    readonly options?: typeof usual;
  } = {},
) {
  const [targets, advantages] = [0, 0].map(() => new Float64Array(trajectories.rewards.length));
  const weights = importanceWeights(correction, limits);
  estimateVtrace(trajectories, weights, options, targets, advantages);
  return { targets, advantages };
}

/** Equation 1 as it stands, for step `start` of a copy; n reaches to the end of its episode. */
function definition(
  trajectories: OffPolicyTrajectories,
  { importanceLimit, traceLimit }: Truncations,
  { discount, traceDecay }: typeof usual,
  start: number,
  copy: number,
): number {
  const { steps, copies, rewards, values, finalValues, terminated, truncated } = trajectories;
  const ratio = (at: number) =>
    Math.exp(trajectories.logDensities[at] - trajectories.actedLogDensities[at]);
  let target = values[start * copies + copy];
  for (let t = start; t < steps; t++) {
    let product = 1;
    for (let i = start; i < t; i++) {
      product *= traceDecay * Math.min(traceLimit, ratio(i * copies + copy));
    }
    const at = t * copies + copy;
    const next = terminated[at] ? 0 : finalValues[at];
    const delta = Math.min(importanceLimit, ratio(at)) *
      (rewards[at] + discount * next - values[at]);
    target += discount ** (t - start) * product * delta;
    if (terminated[at] || truncated[at]) break;
  }
  return target;
}

Deno.test("targets are the sum that defines them, whatever the limits, λ, and the ends of episodes", () => {
  const shape = { steps: 12, copies: 3, spread: 0.7 };
  const at = (...places: number[]) =>
    Uint8Array.from({ length: 36 }, (_, place) => Number(places.includes(place)));
  const trajectories = randomTrajectories(shape, { terminated: at(9), truncated: at(16, 35) });
  for (
    const [limits, traceDecay] of [
      [unit, 1],
      [unit, 0.9],
      [{ importanceLimit: 2, traceLimit: 1 }, 1],
      [{ importanceLimit: Infinity, traceLimit: 0.5 }, 0.8],
    ] as const
  ) {
    const options = { ...usual, traceDecay };
    const { targets } = estimated(trajectories, { limits, options });
    for (let step = 0; step < 12; step++) {
      for (let copy = 0; copy < 3; copy++) {
        near(targets[3 * step + copy], definition(trajectories, limits, options, step, copy));
      }
    }
  }
});

Deno.test("on policy, targets are the n-step Bellman ones, with every correction", () => {
  const shape = { steps: 20, copies: 2, spread: 0.5 };
  const acted = randomTrajectories(shape);
  const onPolicy = { ...acted, actedLogDensities: acted.logDensities };
  for (const correction of ["vtrace", "one-step", "epsilon", "none"] as const) {
    const { targets } = estimated(onPolicy, { correction });
    for (let copy = 0; copy < 2; copy++) {
      let expected = acted.finalValues[2 * 19 + copy];
      for (let step = 19; step >= 0; step--) {
        expected = acted.rewards[2 * step + copy] + usual.discount * expected;
        near(targets[2 * step + copy], expected);
      }
    }
  }
});

Deno.test("on policy, targets are those of generalised advantages, time limits bootstrapped or not", () => {
  const samples = 30;
  const acted = randomTrajectories({ steps: 15, copies: 2, spread: 0.5 }, {
    terminated: Uint8Array.from({ length: samples }, (_, at) => Number(at === 8)),
    truncated: Uint8Array.from({ length: samples }, (_, at) => Number(at === 13 || at === 28)),
  });
  const onPolicy = { ...acted, actedLogDensities: acted.logDensities };
  for (const bootstrapTimeLimits of [true, false]) {
    const options = { discount: 0.9, traceDecay: 0.8, bootstrapTimeLimits };
    const { targets } = estimated(onPolicy, { options });
    const generalised = new Float64Array(samples);
    estimateAdvantages(acted, options, generalised);
    targets.forEach((target, at) => near(target - acted.values[at], generalised[at]));
  }
});

Deno.test("an advantage is the weighted step to the next target", () => {
  const trajectories = randomTrajectories({ steps: 9, copies: 1, spread: 1 });
  const { rewards, values, finalValues, logDensities, actedLogDensities } = trajectories;
  const ratios = logDensities.map((density, at) => Math.exp(density - actedLogDensities[at]));
  assert.ok(ratios.some((ratio) => ratio > 1) && ratios.some((ratio) => ratio < 1));
  const expected: Record<CorrectionName, (at: number) => number> = {
    vtrace: (at) => Math.min(1, ratios[at]),
    "one-step": (at) => Math.min(1, ratios[at]),
    epsilon: (at) => Math.exp(logDensities[at]) / (Math.exp(logDensities[at]) + 1e-6),
    none: () => 1,
  };
  for (const [correction, weight] of Object.entries(expected)) {
    const { targets, advantages } = estimated(trajectories, {
      correction: correction as CorrectionName,
    });
    for (let at = 0; at < 9; at++) {
      const next = at === 8 ? finalValues[8] : targets[at + 1];
      near(advantages[at], weight(at) * (rewards[at] + usual.discount * next - values[at]));
    }
  }
});

Deno.test("an action that the policy has given up pulls it no more, but where nothing is corrected", () => {
  const base = randomTrajectories({ steps: 1, copies: 1, spread: 0 });
  const given = { ...base, logDensities: Float64Array.of(-1e4) };
  for (const correction of ["vtrace", "one-step", "epsilon"] as const) {
    assert.equal(Math.abs(estimated(given, { correction }).advantages[0]), 0);
  }
  assert.notEqual(estimated(given, { correction: "none" }).advantages[0], 0);
});

/** Two states, two actions; action 1 leads to the other state. */
const chain = {
  rewards: [[1, -2], [0.5, 3]],
  target: [[0.8, 0.2], [0.3, 0.7]],
  acting: [[0.4, 0.6], [0.5, 0.5]],
};

/** The value of a policy on the chain, by iteration of its own Bellman operator. */
function valueOf(policy: readonly (readonly number[])[], discount: number): readonly number[] {
  let value = [0, 0];
  for (let sweep = 0; sweep < 400; sweep++) {
    value = value.map((_, state) =>
      [0, 1].reduce((sum, action) => {
        const next = action === 0 ? state : 1 - state;
        return sum +
          policy[state][action] * (chain.rewards[state][action] + discount * value[next]);
      }, 0)
    );
  }
  return value;
}

/**
 * The expectation of the targets of both states over all that the acting policy may do in three steps, a
 * copy for each course, weighted by its probability.
 */
function expectedTargets(
  value: readonly number[],
  correction: CorrectionName,
  limits: Truncations,
  discount: number,
): readonly number[] {
  const [steps, copies] = [3, 8];
  return [0, 1].map((start) => {
    const rows = () => new Float64Array(steps * copies);
    const trajectories = {
      steps,
      copies,
      rewards: rows(),
      values: rows(),
      finalValues: rows(),
      terminated: new Uint8Array(steps * copies),
      truncated: new Uint8Array(steps * copies),
      logDensities: rows(),
      actedLogDensities: rows(),
    };
    const probabilities = new Float64Array(copies).fill(1);
    for (let copy = 0; copy < copies; copy++) {
      let state = start;
      for (let step = 0; step < steps; step++) {
        const [at, action] = [step * copies + copy, (copy >> step) & 1];
        const acting = chain.acting[state][action];
        trajectories.rewards[at] = chain.rewards[state][action];
        trajectories.values[at] = value[state];
        trajectories.logDensities[at] = Math.log(chain.target[state][action]);
        trajectories.actedLogDensities[at] = Math.log(acting);
        probabilities[copy] *= acting;
        state = action === 0 ? state : 1 - state;
        trajectories.finalValues[at] = value[state];
      }
    }
    const { targets } = estimated(trajectories, {
      correction,
      limits,
      options: { ...usual, discount },
    });
    return probabilities.reduce((sum, probability, copy) => sum + probability * targets[copy], 0);
  });
}

Deno.test("the values that stay are those of the policy that ρ̄ says, whatever c̄ is", () => {
  const discount = 0.8;
  const fixedPoint = (correction: CorrectionName, limits: Truncations) => {
    let value: readonly number[] = [0, 0];
    for (let sweep = 0; sweep < 200; sweep++) {
      value = expectedTargets(value, correction, limits, discount);
    }
    return value;
  };
  const truncatedPolicy = (limit: number) =>
    chain.target.map((row, state) => {
      const least = row.map((probability, action) =>
        Math.min(limit * chain.acting[state][action], probability)
      );
      const sum = least[0] + least[1];
      return least.map((probability) => probability / sum);
    });
  const expect = (found: readonly number[], policy: readonly (readonly number[])[]) =>
    valueOf(policy, discount).forEach((value, state) => near(found[state], value, 1e-9));

  for (const traceLimit of [0.25, 1]) {
    expect(fixedPoint("vtrace", { importanceLimit: 1, traceLimit }), truncatedPolicy(1));
    expect(fixedPoint("vtrace", { importanceLimit: Infinity, traceLimit }), chain.target);
  }
  for (const correction of ["one-step", "epsilon", "none"] as const) {
    expect(fixedPoint(correction, unit), chain.acting);
  }
});

Deno.test("limits that are no limits are refused", () => {
  for (
    const limits of [
      { importanceLimit: 0.5, traceLimit: 1 },
      { importanceLimit: 1, traceLimit: 0 },
      { importanceLimit: NaN, traceLimit: 1 },
    ]
  ) {
    assert.throws(
      () => importanceWeights("vtrace", limits),
      /RangeError: importance weights are truncated at [\w.]+ and traces at [\w.]+; expected limits above 0/,
    );
  }
});
