/** SAC, TD3 and hindsight: their bookkeeping bit for bit, and that they learn. */
import assert from "node:assert/strict";
import { Perceptron } from "../../../learners/nn/perceptron.ts";
import { joined } from "../../../learners/rl/critics.ts";
import { type Act, evaluate, randomPolicy } from "../../../learners/rl/evaluation.ts";
import { Her, type HerSettings } from "../../../learners/rl/her.ts";
import type { Training } from "../../../learners/rl/course.ts";
import type { ActorCritic } from "../../../learners/rl/off_policy_update.ts";
import { names } from "../../../learners/rl/report.ts";
import { CompiledSacUpdate, Sac, type SacSettings } from "../../../learners/rl/sac.ts";
import { ppoBaseline } from "../../../learners/rl/sac_baseline.ts";
import {
  environmentOf,
  type PolicyHead,
  type PolicyName,
  policyNetwork,
  studySchema,
} from "../../../learners/rl/study.ts";
import { CompiledTd3Update, Td3, type Td3Settings } from "../../../learners/rl/td3.ts";
import { td3 as td3Method } from "../../../learners/rl/td3_method.ts";
import type { TrainingState } from "../../../learners/rl/training_state.ts";
import type { VectorEnvironment } from "../../../sim/environments/environment.ts";
import { randomStream } from "../../../sim/random.ts";
import { stepCounter, targetGuessing } from "./small_environments.ts";

const schedule = {
  learningStarts: 40,
  updatesPerStep: 0.5,
  capacity: 10_000,
  batchSize: 32,
  discount: 0.99,
};
const sacSettings: SacSettings = {
  normaliseObservations: false,
  ...schedule,
  targetShare: 0.005,
  policyLearningRate: 3e-4,
  criticLearningRate: 1e-3,
  temperatureLearningRate: 1e-3,
  policyInterval: 2,
  meanScale: 1,
};
const td3Settings: Td3Settings = {
  normaliseObservations: false,
  ...schedule,
  targetShare: 0.005,
  learningRate: 3e-4,
  explorationNoise: 0.1,
  targetNoise: 0.2,
  targetNoiseBound: 0.5,
  policyDelay: 2,
};
const herSettings: HerSettings = {
  capacity: 10_000,
  batchSize: 32,
  updatesPerStep: 0.05,
  targetShare: 0.1,
  learningRate: 1e-3,
  hindsight: 4,
  actionPrice: 1,
  explorationNoise: 0.2,
  randomActions: 0.3,
};

const config = studySchema.parse({ units: 16 });

const critic = ({ specification: { observation, action } }: VectorEnvironment, units = 16) =>
  new Perceptron({
    inputs: observation.length + action.length,
    hidden: [units, units],
    outputs: 1,
    activation: "relu",
    outputActivation: "none",
  });

/** What is learnt, of a policy network that ends in `head`. */
function actorCritic(
  environment: VectorEnvironment,
  head: PolicyHead,
  seed: number,
  kind: PolicyName,
): ActorCritic {
  return {
    policyNetwork: policyNetwork(kind, environment, config, head),
    criticNetwork: critic(environment),
    actionSpace: environment.actionSpace,
    seed,
  };
}

function sac(
  environment: VectorEnvironment,
  changed: Partial<SacSettings> = {},
  seed = 1,
  kind: PolicyName = "plain",
): Sac {
  const settings = { ...sacSettings, ...changed };
  const outputs = 2 * environment.specification.action.length;
  const learnt = actorCritic(environment, { outputs, activation: "none" }, seed, kind);
  return new Sac(environment, new CompiledSacUpdate(learnt, settings), settings);
}

/** A training of TD3, and the update that it learns by. */
function td3AndUpdate(
  environment: VectorEnvironment,
  changed: Partial<Td3Settings> = {},
  seed = 1,
  kind: PolicyName = "plain",
): { readonly training: Td3; readonly update: CompiledTd3Update } {
  const settings = { ...td3Settings, ...changed };
  const outputs = environment.specification.action.length;
  const learnt = actorCritic(environment, { outputs, activation: "tanh" }, seed, kind);
  const update = new CompiledTd3Update(learnt, settings);
  return { training: new Td3(environment, update, settings), update };
}

const td3 = (...of: Parameters<typeof td3AndUpdate>): Td3 => td3AndUpdate(...of).training;

function her(environment: VectorEnvironment, seed = 1, kind: PolicyName = "plain"): Her {
  const policy = policyNetwork(kind, environment, config, { outputs: 2, activation: "tanh" });
  return new Her(environment, policy, critic(environment), herSettings, seed);
}

const reacher = () => environmentOf({ task: "ArmReacher" }, 3);
const goal = () => environmentOf({ task: "ArmReachGoal" }, 2);

/** Trainings by name, and how many iterations are enough to have learnt something. */
const trainings: Readonly<
  Record<string, [(seed: number) => Training<unknown>, iterations: number]>
> = {
  sac: [(seed) => sac(reacher(), {}, seed), 30],
  "sac, normalised": [(seed) => sac(reacher(), { normaliseObservations: true }, seed), 30],
  "sac, bilateral": [(seed) => sac(reacher(), { meanScale: 3 }, seed, "bilateral"), 30],
  td3: [(seed) => td3(reacher(), {}, seed), 30],
  "td3, normalised": [(seed) => td3(reacher(), { normaliseObservations: true }, seed), 30],
  "td3, bilateral": [(seed) => td3(reacher(), {}, seed, "bilateral"), 30],
  her: [(seed) => her(goal(), seed), 2],
  "ppo beside sac": [
    (seed) => ppoBaseline(environmentOf({ task: "ArmReacher" }, 8), 8192, seed),
    1,
  ],
};

for (const [name, [make, iterations]] of Object.entries(trainings)) {
  const iterate = async (training: Training<unknown>) => {
    const reports = [];
    for (let iteration = 0; iteration < iterations; iteration++) {
      reports.push(await training.iterate());
    }
    return reports;
  };

  Deno.test(`${name}: the same seed gives the same numbers, another one others`, async () => {
    const run = async (seed: number) => {
      const training = make(seed);
      return [await iterate(training), training.parameters.slice()];
    };
    const first = await run(1);
    assert.deepEqual(await run(1), first);
    assert.notDeepEqual((await run(2))[1], first[1]);
  });

  Deno.test(`${name}: a training goes on from where it was saved, bit for bit`, async () => {
    const whole = make(1);
    await iterate(whole);
    const saved = structuredClone(await whole.save());
    const before = whole.parameters.slice();
    const expected = await iterate(whole);
    assert.notDeepEqual(whole.parameters, before, "something is learnt after that");
    const resumed = make(1);
    await resumed.restore(saved);
    assert.deepEqual(resumed.parameters, before);
    assert.deepEqual(await iterate(resumed), expected);
    assert.deepEqual(await resumed.save(), await whole.save());
    assert.equal(resumed.steps, whole.steps);
  });

  Deno.test(`${name}: the state of another training is refused, by name`, async () => {
    const { tensors, counts } = await make(1).save();
    const [[first]] = Object.entries(counts);
    const fewer = Object.fromEntries(Object.entries(counts).filter(([key]) => key !== first));
    const restore = async (state: TrainingState) => await make(1).restore(state);
    await assert.rejects(restore({ tensors, counts: fewer }), /has no count/);
    await assert.rejects(restore({ tensors: {}, counts }), /has nothing as/);
  });
}

Deno.test("nothing is learnt before learning starts, and then as often as was asked for", async () => {
  const { training, update } = td3AndUpdate(reacher(), {
    learningStarts: 30,
    updatesPerStep: 1 / 3,
  });
  for (let step = 0; step < 10; step++) {
    assert.ok(Number.isNaN((await training.iterate()).criticLoss));
  }
  assert.equal(training.steps, 30);
  const before = update.critics.parameters.slice();
  const { criticLoss } = await training.iterate();
  assert.ok(criticLoss > 0, "three copies, a third of an update each");
  assert.notDeepEqual(update.critics.parameters, before);
});

Deno.test("a time limit is no end: values of a task that is cut off are those of going on", async () => {
  // Reward 1 a step, γ = 0.9: 10 at each of the ten steps, not 1 at the last one.
  const settings = {
    discount: 0.9,
    targetShare: 0.05,
    learningStarts: 100,
    updatesPerStep: 1,
    targetNoise: 0,
  };
  const { training, update: { critics } } = td3AndUpdate(stepCounter(2, 10), {
    ...settings,
    learningRate: 3e-3,
  });
  while (training.steps < 1600) await training.iterate();
  const pass = critics.network.pass(10);
  pass.load(critics.parameters.subarray(0, critics.network.layout.size));
  const steps = Float64Array.from({ length: 10 }, (_, step) => step);
  const values = pass.forward(joined(steps, new Float64Array(10)));
  values.forEach((value, step) => assert.ok(Math.abs(value - 10) < 1, `${value} at step ${step}`));
});

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;

/** The return of the policy without its noise on the guessing of numbers, and of actions at random. */
function guessing(act: Act): { readonly score: number; readonly random: number } {
  const bench = targetGuessing(50);
  return {
    score: mean(evaluate(bench, act, 7).returns),
    random: mean(evaluate(bench, randomPolicy(bench, 1), 7).returns),
  };
}

Deno.test("SAC finds what it is rewarded for, and grows as certain as it is asked to be", async () => {
  const training = sac(targetGuessing(4), {
    discount: 0.5,
    policyLearningRate: 3e-3,
    criticLearningRate: 3e-3,
    temperatureLearningRate: 1e-2,
    targetShare: 0.05,
  });
  const reports = [];
  while (training.steps < 4000) reports.push(await training.iterate());
  const { score, random } = guessing(training.deterministic(50));
  assert.ok(score > 0.03 * random, `${random} → ${score}`);
  const entropies = reports.slice(-100).flatMap(({ entropy }) =>
    Number.isNaN(entropy) ? [] : entropy
  );
  const last = mean(entropies);
  assert.ok(Math.abs(last - -1) < 0.3, `the entropy is ${last}; asked for is −1, of one component`);
  assert.ok(reports[reports.length - 1].temperature < 0.3);
});

Deno.test("TD3 finds what it is rewarded for", async () => {
  const training = td3(targetGuessing(4), { discount: 0.5, learningRate: 3e-3, targetShare: 0.05 });
  while (training.steps < 3000) await training.iterate();
  const { score, random } = guessing(training.deterministic(50));
  assert.ok(score > 0.03 * random, `${random} → ${score}`);
});

Deno.test("hindsight asks for a task of reaching goals, by name", () => {
  assert.throws(() => her(reacher()), /RangeError: ArmReacher is not a task of reaching goals/);
});

Deno.test("evaluations are as many as were asked for, at even distances, whatever is reported between", async () => {
  const job = td3Method.train({
    variant: "plain",
    seed: 1,
    config: td3Method.config.parse({
      steps: 100,
      reportSteps: 40,
      evaluations: 3,
      evaluationEpisodes: 1,
      units: 4,
    }),
  }, {
    backend: "wasm",
    stream: (name) => randomStream(1, name),
    file: (name) => Promise.reject(new Error(`${name} was asked for`)),
    signal: new AbortController().signal,
    restore: () => undefined,
    checkpoint: () => Promise.resolve(),
  });
  const reports: number[] = [];
  for (;;) {
    const { done, value } = await job.next();
    if (done) {
      assert.deepEqual(value.series?.[names.return].x, [0, 34, 67, 100]);
      break;
    }
    reports.push(value.step);
  }
  assert.deepEqual(reports, [34, 40, 67, 80, 100]);
});
