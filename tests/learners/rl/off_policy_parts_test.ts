/** The parts of off-policy learners: by worked numbers, and their gradients against central differences. */
import assert from "node:assert/strict";
import type { Network } from "../../../learners/nn/network.ts";
import { Perceptron } from "../../../learners/nn/perceptron.ts";
import { Critics, joined } from "../../../learners/rl/critics.ts";
import { boundedTargets } from "../../../learners/rl/her.ts";
import { normalNoise, updatesBy } from "../../../learners/rl/interaction.ts";
import { polyakAverage } from "../../../learners/rl/polyak.ts";
import { policyLoss, softTargets, temperatureSlope } from "../../../learners/rl/sac.ts";
import { SquashedPolicyPass } from "../../../learners/rl/squashed_policy.ts";
import { deterministicPolicyLoss, TanhPolicyPass } from "../../../learners/rl/tanh_policy.ts";
import type { Space } from "../../../sim/environments/environment.ts";
import { randomStream } from "../../../sim/random.ts";

const near = (actual: number, expected: number, tolerance = 1e-6) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} for ${expected}`);

/** A network whose outputs are its biases, whatever it is given. */
const biases = (outputs: number): Network =>
  new Perceptron({
    inputs: 1,
    hidden: [],
    outputs,
    activation: "tanh",
    outputActivation: "none",
  });

const perceptron = (inputs: number, outputs: number, outputActivation: "none" | "tanh" = "none") =>
  new Perceptron({ inputs, hidden: [7, 5], outputs, activation: "tanh", outputActivation });

const unit: Space = { low: [-1], high: [1] };
const uneven: Space = { low: [-1, 0], high: [3, 0.5] };
const columns = 6;

/** Random parameters, larger than initial ones, so that nothing is nearly linear. */
function parametersOf(network: Network, name: string): Float64Array {
  return normalNoise(randomStream(1, `tests/${name}`), network.layout.size).map((x) => 0.7 * x);
}

/** Every element of a gradient is that of differences. */
function assertGradient(
  loss: (parameters: Float64Array) => number,
  parameters: Float64Array,
  gradient: Float64Array,
): void {
  const h = 1e-6;
  assert.ok(gradient.some((value) => Math.abs(value) > 1e-3), "the gradient is not nothing");
  parameters.forEach((value, at) => {
    const beside = (x: number) => loss(parameters.with(at, x));
    near(gradient[at], (beside(value + h) - beside(value - h)) / (2 * h), 2e-8);
  });
}

/** Two critics in double precision with parameters that differ. */
function twoCritics(observationRows: number, actionRows: number): Critics {
  const network = perceptron(observationRows + actionRows, 1);
  const critics = new Critics(network, { count: 2, columns, seeds: [1, 2], precision: "double" });
  critics.parameters.set([
    ...parametersOf(network, "first critic"),
    ...parametersOf(network, "second critic"),
  ]);
  return critics;
}

Deno.test("targets go a share of the way to what they follow", () => {
  const target = Float64Array.of(1, 2, 3);
  polyakAverage(target, Float64Array.of(2, 2, -1), 0.25);
  assert.deepEqual(target, Float64Array.of(1.25, 2, 2));
});

Deno.test("updates are due from the start of learning on, in proportion to steps", () => {
  const schedule = { learningStarts: 100, updatesPerStep: 0.25 };
  assert.deepEqual([0, 99, 100, 103, 104, 500].map((s) => updatesBy(s, schedule)), [
    0,
    0,
    0,
    0,
    1,
    100,
  ]);
});

Deno.test("a squashed sample's action and log-probability are those of the formulas", () => {
  // log σ is −1.5 + 3.5 tanh of the second output: 0 for this one.
  const one = Math.atanh(1.5 / 3.5);
  const policy = new SquashedPolicyPass(biases(2), unit, 3, { precision: "double" });
  policy.load(Float64Array.of(0, 0, 0, one));
  policy.sample(new Float64Array(3), Float64Array.of(0.5, 20, -20));
  near(policy.logDensities[0], -0.80371);
  near(policy.actions[0], Math.tanh(0.5), 1e-15);
  // At u = 20 the density of a is that of u less log(1 − tanh² u), which is 2 (ln 2 − 20) there.
  for (const far of [1, 2]) {
    near(policy.logDensities[far], -200 - 0.918938533 - 2 * (Math.LN2 - 20), 1e-6);
  }
});

Deno.test("log-probabilities are those of a density over the action space: it integrates to 1", () => {
  const policy = new SquashedPolicyPass(biases(2), { low: [-1], high: [3] }, 1, {
    precision: "double",
  });
  policy.load(Float64Array.of(0, 0, 0.4, -0.2));
  const [noises, step] = [[-8, 8], 1e-3];
  let mass = 0;
  let before = NaN;
  for (let noise = noises[0]; noise <= noises[1]; noise += step) {
    policy.sample(new Float64Array(1), Float64Array.of(noise));
    const [action] = policy.actions;
    assert.ok(action >= -1 && action <= 3);
    if (!Number.isNaN(before)) mass += Math.exp(policy.logDensities[0]) * (action - before);
    before = action;
  }
  near(mass, 1, 1e-3);
});

Deno.test("log σ stays between −5 and 2, however large the network's outputs are", () => {
  const policy = new SquashedPolicyPass(biases(2), unit, 1, { precision: "double" });
  for (const [raw, logDeviation] of [[50, 2], [-50, -5]]) {
    policy.load(Float64Array.of(0, 0, 0, raw));
    policy.sample(new Float64Array(1), Float64Array.of(0));
    near(policy.logDensities[0], -0.918938533 - logDeviation);
  }
});

Deno.test("without noise a policy takes the middle of what it would draw, and a wider mean goes further", () => {
  for (const meanScale of [1, 3]) {
    const policy = new SquashedPolicyPass(biases(2), { low: [0], high: [4] }, 1, {
      meanScale,
      precision: "double",
    });
    policy.load(Float64Array.of(0, 0, 0.3, 0));
    near(policy.deterministic(new Float64Array(1))[0], 2 + 2 * Math.tanh(0.3 * meanScale), 1e-12);
    policy.sample(new Float64Array(1), new Float64Array(1));
    near(policy.actions[0], 2 + 2 * Math.tanh(0.3 * meanScale), 1e-12);
  }
});

Deno.test("the temperature falls when the policy has more entropy than is asked for, and rises when less", () => {
  near(temperatureSlope(-1, -2), 3);
  assert.ok(temperatureSlope(-1, -2) > 0, "entropy 1 is more than −2");
  assert.ok(temperatureSlope(2.5, -2) < 0, "entropy −2.5 is less than −2");
});

Deno.test("targets of SAC have the entropy in them, and end where the task does", () => {
  const [rewards, terminated] = [Float64Array.of(1, 1), Float64Array.of(0, 1)];
  const targets = softTargets(
    { rewards, terminated },
    Float64Array.of(5, 5),
    Float64Array.of(-2, -2),
    0.9,
    0.5,
  );
  near(targets[0], 1 + 0.9 * (5 + 0.5 * 2), 1e-12);
  assert.equal(targets[1], 1);
});

Deno.test("targets of hindsight are between never and at once", () => {
  const transitions = {
    rewards: Float64Array.of(-1, -1, 0, -1),
    terminated: Float64Array.of(0, 0, 0, 1),
  };
  const targets = boundedTargets(transitions, Float64Array.of(-500, -3, 2, -3), 0.98);
  [-50, -1 - 0.98 * 3, 0, -1].forEach((value, i) => near(targets[i], value, 1e-9));
});

Deno.test("the critics' gradient is that of differences", () => {
  const critics = twoCritics(3, 2);
  const random = randomStream(2, "tests/critics");
  const [input, targets] = [normalNoise(random, 5 * columns), normalNoise(random, columns)];
  const parameters = critics.parameters.slice();
  const loss = (at: Float64Array) => {
    critics.parameters.set(at);
    return critics.loss(input, targets, new Float64Array(at.length));
  };
  const gradient = new Float64Array(parameters.length);
  critics.loss(input, targets, gradient);
  assertGradient(loss, parameters, gradient);
});

Deno.test("of several critics the least counts, column by column, with its slopes", () => {
  const critics = twoCritics(3, 2);
  const input = normalNoise(randomStream(3, "tests/least"), 5 * columns);
  const slopes = new Float64Array(input.length);
  const least = critics.leastValues(input, slopes);
  const [first, both] = [critics.leastValues(input, new Float64Array(input.length), 1), least];
  assert.ok(
    both.some((value, i) => value < first[i]) && both.some((value, i) => value === first[i]),
  );
  critics.targets.set(critics.parameters);
  assert.deepEqual(critics.targetValues(input), least);
  input.forEach((value, at) => {
    const beside = (x: number) =>
      critics.leastValues(input.with(at, x), new Float64Array(input.length))[at % columns];
    near(slopes[at], (beside(value + 1e-6) - beside(value - 1e-6)) / 2e-6, 1e-7);
  });
});

for (const meanScale of [1, 3]) {
  Deno.test(`SAC's policy gradient is that of differences, means times ${meanScale}`, () => {
    const network = perceptron(3, 4);
    const critics = twoCritics(3, 2);
    const policy = new SquashedPolicyPass(network, uneven, columns, {
      meanScale,
      precision: "double",
    });
    const random = randomStream(4, "tests/sac");
    const [observations, noise] = [3, 2].map((rows) => normalNoise(random, rows * columns));
    const parameters = parametersOf(network, "policy");
    const lossAt = (at: Float64Array, gradient: Float64Array) => {
      policy.load(at);
      return policyLoss(policy, critics, observations, noise, 0.3, gradient).loss;
    };
    const gradient = new Float64Array(parameters.length);
    lossAt(parameters, gradient);
    assertGradient((at) => lossAt(at, new Float64Array(at.length)), parameters, gradient);
  });
}

for (const price of [0, 0.8]) {
  Deno.test(`a deterministic policy's gradient is that of differences, actions at ${price}`, () => {
    const network = perceptron(3, 2, "tanh");
    const critics = twoCritics(3, 2);
    const policy = new TanhPolicyPass(network, uneven, columns, "double");
    const observations = normalNoise(randomStream(5, "tests/ddpg"), 3 * columns);
    const parameters = parametersOf(network, "deterministic policy");
    const lossAt = (at: Float64Array, gradient: Float64Array) => {
      policy.load(at);
      return deterministicPolicyLoss(policy, critics, observations, gradient, price);
    };
    const gradient = new Float64Array(parameters.length);
    lossAt(parameters, gradient);
    assertGradient((at) => lossAt(at, new Float64Array(at.length)), parameters, gradient);
  });
}

Deno.test("single precision gives the gradients of double precision", () => {
  const network = perceptron(3, 1);
  const random = randomStream(6, "tests/precision");
  const input = joined(normalNoise(random, 2 * columns), normalNoise(random, columns));
  const targets = normalNoise(random, columns);
  const [single, double] = (["single", "double"] as const).map((precision) => {
    const critics = new Critics(network, { count: 2, columns, seeds: [1, 2], precision });
    const gradient = new Float64Array(critics.parameters.length);
    const loss = critics.loss(input, targets, gradient);
    return [loss, ...gradient];
  });
  single.forEach((value, i) => near(value, double[i], 1e-5));
});

Deno.test("networks of another shape are refused, by numbers", () => {
  assert.throws(
    () => new SquashedPolicyPass(biases(3), unit, 1),
    /RangeError: a squashed policy's network has 3 outputs; expected 2/,
  );
  assert.throws(
    () => new TanhPolicyPass(biases(3), unit, 1),
    /RangeError: a deterministic policy's network has 3 outputs; expected 1/,
  );
  assert.throws(
    () => new Critics(biases(2), { count: 1, columns, seeds: [1] }),
    /RangeError: a critic has 2 outputs; expected 1/,
  );
});
