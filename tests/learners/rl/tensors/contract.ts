/** What updates on the tensor engine must compute: the parameters that the compiled ones come to. */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { type ComputingBackend, readyBackend } from "../../../../learners/nn/backend.ts";
import type { SavedTensor } from "../../../../learners/method.ts";
import type { ParameterLayout } from "../../../../learners/nn/parameters.ts";
import { GaussianPolicy } from "../../../../learners/rl/gaussian_policy.ts";
import { normalNoise } from "../../../../learners/rl/interaction.ts";
import type { ActorCritic, OffPolicyUpdate } from "../../../../learners/rl/off_policy_update.ts";
import {
  CompiledPpoUpdate,
  type PpoLearner,
  type PpoSamples,
} from "../../../../learners/rl/ppo_update.ts";
import { emptyTransitions, type Transitions } from "../../../../learners/rl/replay_buffer.ts";
import { CompiledSacUpdate, type SacUpdateSettings } from "../../../../learners/rl/sac.ts";
import { perceptron, policyNetwork } from "../../../../learners/rl/study.ts";
import { CompiledTd3Update, type Td3UpdateSettings } from "../../../../learners/rl/td3.ts";
import { TensorPpoUpdate } from "../../../../learners/rl/tensors/ppo_update.ts";
import { TensorSacUpdate } from "../../../../learners/rl/tensors/sac_update.ts";
import { TensorTd3Update } from "../../../../learners/rl/tensors/td3_update.ts";
import type { TrainingState } from "../../../../learners/rl/training_state.ts";
import type { Space } from "../../../../sim/environments/environment.ts";
import { createEnvironment } from "../../../../sim/environments/catalogue.ts";
import { randomStream, shuffled } from "../../../../sim/random.ts";

type Report = Readonly<Record<string, number>>;

/** Every kind of policy, and every activation of perceptrons. */
export const cases = [
  { kind: "plain", activation: "relu" },
  { kind: "plain", activation: "tanh" },
  { kind: "plain", activation: "elu" },
  { kind: "unilateral", activation: "relu" },
  { kind: "bilateral", activation: "relu" },
] as const;

type Case = (typeof cases)[number];

const [relu, tanh, , , bilateral] = cases;

const layers = { units: 12, layers: 2, callosum: "learned-linear" } as const;
const [observationRows, actionRows, columns] = [10, 2, 24];
const space: Space = { low: [-1, -0.5], high: [1, 2] };

/** Large steps, so that errors would show soon. */
const learningRate = 2e-3;
const updates = 6;

/**
 * Largest distance of parameters, in step sizes of Adam over all updates. Adam steps as far by small
 * elements of a gradient as by large ones, and of the smallest ones rounding decides.
 */
const parameterTolerance = 0.02;

const sacSettings: SacUpdateSettings = {
  batchSize: columns,
  discount: 0.97,
  targetShare: 0.1,
  policyLearningRate: learningRate,
  criticLearningRate: learningRate,
  temperatureLearningRate: learningRate,
  policyInterval: 2,
  meanScale: 3,
};

const td3Settings: Td3UpdateSettings = {
  batchSize: columns,
  discount: 0.97,
  targetShare: 0.1,
  learningRate,
  targetNoise: 1, // so large that actions leave the space
  targetNoiseBound: 1.2,
  policyDelay: 2,
};

/** Networks of the task whose rows these batches have. */
function actorCritic(
  { kind, activation }: Case,
  outputs: number,
  output: "none" | "tanh",
): ActorCritic {
  const config = { ...layers, activation };
  const environment = createEnvironment("ArmReacher", 1);
  return {
    policyNetwork: policyNetwork(kind, environment, config, { outputs, activation: output }),
    criticNetwork: perceptron(config, observationRows + actionRows, 1, "none"),
    actionSpace: space,
    seed: 3,
  };
}

function transitionsOf(name: string): Transitions {
  const random = randomStream(4, `tests/transitions/${name}`);
  const batch = emptyTransitions({ observation: observationRows, action: actionRows }, columns);
  for (const array of [batch.observations, batch.rewards, batch.nextObservations]) {
    array.set(normalNoise(random, array.length));
  }
  for (let at = 0; at < batch.actions.length; at++) {
    const row = Math.floor(at / columns);
    batch.actions[at] = random.uniform(space.low[row], space.high[row]);
  }
  batch.terminated.forEach((_, column) => batch.terminated[column] = Number(column % 5 === 0));
  return batch;
}

/** Learn from `updates` batches, beginning with the number `first`. */
async function learnFrom(update: OffPolicyUpdate<object>, first = 0): Promise<object> {
  for (let number = first; number < first + updates; number++) {
    const random = randomStream(5, `tests/noise/${number}`);
    update.learn(transitionsOf(`${number}`), () => normalNoise(random, actionRows * columns));
  }
  return await update.settle();
}

/** Every number of `found` is near that of `expected`, relative to 1 or to it if it is larger. */
function assertReport(found: object, expected: object, tolerance = 2e-4): void {
  const [values, others] = [found, expected] as [Report, Report];
  assert.deepEqual(Object.keys(values).sort(), Object.keys(others).sort());
  for (const [name, value] of Object.entries(others)) {
    const away = Math.abs(values[name] - value);
    assert.ok(
      away <= tolerance * Math.max(1, Math.abs(value)),
      `${name}: ${values[name]}, ${value}`,
    );
  }
}

/** The parameters in two states are near each other, and have gone far from `start`. */
function assertStates(found: TrainingState, expected: TrainingState, start: TrainingState): void {
  assert.deepEqual(found.counts, expected.counts);
  assert.deepEqual(Object.keys(found.tensors).sort(), Object.keys(expected.tensors).sort());
  const isOfParameters = (name: string) => !name.endsWith("oments") && !name.endsWith("oment");
  for (const name of Object.keys(expected.tensors).filter(isOfParameters)) {
    const [numbers, others, before] = [found, expected, start].map(({ tensors }) =>
      Array.from(tensors[name].data)
    );
    const farthest = (from: readonly number[]) =>
      Math.max(...others.map((value, i) => Math.abs(value - from[i])));
    assert.ok(farthest(before) > 0.05 * learningRate * updates, `${name} has not moved`);
    const away = farthest(numbers) / (learningRate * updates);
    assert.ok(away <= parameterTolerance, `${name}: ${away}`);
  }
}

/** An algorithm whose updates are compared: both forms, each begun anew at every call. */
interface Compared {
  readonly name: string;
  compiled(of: Case): OffPolicyUpdate<object>;
  tensors(of: Case): OffPolicyUpdate<object>;
}

const sacOf = (of: Case) => actorCritic(of, 2 * actionRows, "none");
const td3Of = (of: Case) => actorCritic(of, actionRows, "tanh");

const compared: readonly Compared[] = [
  {
    name: "sac",
    compiled: (of) => new CompiledSacUpdate(sacOf(of), sacSettings),
    tensors: (of) => new TensorSacUpdate(sacOf(of), sacSettings),
  },
  {
    name: "td3",
    compiled: (of) => new CompiledTd3Update(td3Of(of), td3Settings),
    tensors: (of) => new TensorTd3Update(td3Of(of), td3Settings),
  },
];

const ppoSamples = 3 * columns;

function ppoLearner({ kind, activation }: Case, clipValues: boolean): PpoLearner {
  const config = { ...layers, activation };
  const head = { outputs: actionRows, activation: "none" } as const;
  const environment = createEnvironment("ArmReacher", 1);
  return {
    policy: new GaussianPolicy(policyNetwork(kind, environment, config, head)),
    value: perceptron(config, observationRows, 1, "none"),
    samples: ppoSamples,
    batchSize: columns,
    settings: {
      clipRange: 0.2,
      clipValues,
      valueCoefficient: 0.5,
      entropyCoefficient: 0.02,
      gradientNorm: 0.5,
    },
  };
}

/** Samples of a policy whose actions are no longer quite as likely as they were. */
function samplesOf(name: string): PpoSamples {
  const random = randomStream(6, `tests/samples/${name}`);
  const draw = (rows: number) => normalNoise(random, rows * ppoSamples);
  const actions = draw(actionRows);
  const logDensities = Float64Array.from(draw(1), (value, sample) => {
    let sum = 0.15 * value;
    for (let row = 0; row < actionRows; row++) {
      sum -= 0.5 * actions[row * ppoSamples + sample] ** 2 + 0.5 * Math.log(2 * Math.PI);
    }
    return sum;
  });
  return {
    observations: draw(observationRows),
    actions,
    logDensities,
    advantages: draw(1),
    targets: draw(1),
    values: draw(1).map(Math.fround), // as networks compute them
  };
}

function miniBatchesOf(name: string): Int32Array[] {
  return Array.from({ length: updates / 3 }, (_, epoch) => {
    const order = shuffled(ppoSamples, randomStream(7, `tests/order/${name}/${epoch}`));
    return [0, 1, 2].map((part) => order.subarray(part * columns, (part + 1) * columns));
  }).flat();
}

/** The merge weights in a vector that begins with the parameters of a network. */
function mergeWeights({ tensors }: ParameterLayout, vector: SavedTensor["data"]): number[] {
  return tensors.filter(({ name }) => name.startsWith("merge."))
    .flatMap(({ offset, size }) => Array.from(vector.subarray(offset, offset + size)));
}

/** `state` with merge weights as they may not be. */
function negativelyMerged(
  layout: ParameterLayout,
  state: TrainingState,
  name: string,
): TrainingState {
  const changed = structuredClone(state);
  for (const tensor of layout.tensors) {
    if (tensor.name.startsWith("merge.")) changed.tensors[name].data[tensor.offset] = -0.5;
  }
  return changed;
}

/** All tests of updates on one backend; those of what is learnt for each of these policies. */
export function tensorUpdatesContract(
  backend: ComputingBackend,
  policies: readonly Case[] = cases,
): void {
  const test = (title: string, body: () => Promise<void>) =>
    Deno.test(title, async () => {
      await readyBackend(backend);
      const before = tf.memory().numTensors;
      await body();
      assert.equal(tf.memory().numTensors, before, "tensors are left behind");
    });

  for (const { name, compiled, tensors } of compared) {
    for (const of of policies) {
      test(`${name} on ${backend} learns what compiled updates learn: ${titleOf(of)}`, async () => {
        using expected = compiled(of);
        using found = tensors(of);
        const start = await expected.save();
        assert.deepEqual(found.parameters, expected.parameters);
        assertReport(await learnFrom(found), await learnFrom(expected));
        const saved = await found.save();
        assertStates(saved, await expected.save(), start);
        assert.deepEqual(found.parameters, saved.tensors["policy/parameters"].data);
      });
    }

    test(`${name} on ${backend} goes on from what it has saved with the same bits`, async () => {
      using whole = tensors(bilateral);
      using resumed = tensors(bilateral);
      await learnFrom(whole);
      const saved = structuredClone(await whole.save());
      await learnFrom(resumed, 50); // what it has done before does not matter
      resumed.restore(saved);
      assert.deepEqual(resumed.parameters, whole.parameters);
      assert.deepEqual(await learnFrom(resumed, 10), await learnFrom(whole, 10));
      assert.deepEqual(await resumed.save(), await whole.save());
    });

    test(`${name} on ${backend} goes on from what compiled updates have saved`, async () => {
      using expected = compiled(tanh);
      using found = tensors(tanh);
      await learnFrom(expected);
      const start = await expected.save();
      found.restore(start);
      assertReport(await learnFrom(found, 20), await learnFrom(expected, 20));
      assertStates(await found.save(), await expected.save(), start);
    });

    test(`${name} on ${backend} puts merge weights back that are negative`, async () => {
      using expected = compiled(bilateral);
      using found = tensors(bilateral);
      const { policyNetwork: { layout } } = found.actorCritic;
      const start = negativelyMerged(layout, await expected.save(), "policy/parameters");
      for (const update of [expected, found]) update.restore(start);
      assertReport(await learnFrom(found), await learnFrom(expected));
      assertStates(await found.save(), await expected.save(), start);
      assert.ok(mergeWeights(layout, found.parameters).every((weight) => weight >= 0));
    });

    test(`${name} on ${backend} stops at a loss that is no number`, async () => {
      using update = tensors(relu);
      const batch = transitionsOf("broken");
      batch.rewards[0] = NaN;
      update.learn(batch, () => new Float64Array(actionRows * columns));
      await assert.rejects(
        async () => await update.settle(),
        /the critics' loss is NaN: try a smaller learning rate/,
      );
    });
  }

  for (const of of policies) {
    for (const clipValues of [true, false]) {
      const title = `${titleOf(of)}, values ${clipValues ? "clipped" : "as they are"}`;
      test(`ppo on ${backend} learns what compiled updates learn: ${title}`, async () => {
        const learner = ppoLearner(of, clipValues);
        const expected = new CompiledPpoUpdate(learner, 8);
        using found = new TensorPpoUpdate(learner, 8);
        assert.deepEqual(found.parameters, expected.parameters);
        const start = expected.save();
        const samples = samplesOf(title);
        const values = await found.values(samples.observations);
        const others = expected.values(samples.observations);
        values.forEach((value, i) => assert.ok(Math.abs(value - others[i]) < 1e-4));
        const batches = miniBatchesOf(title);
        const report = expected.learn(samples, batches, learningRate);
        assert.ok(report.clipFraction > 0.01, "some samples are clipped");
        assertReport(await found.learn(samples, batches, learningRate), report);
        const saved = await found.save();
        assertStates(saved, expected.save(), start);
        assert.deepEqual(found.parameters, saved.tensors.parameters.data);
      });
    }
  }

  test(`ppo on ${backend} goes on from what it has saved with the same bits`, async () => {
    const learner = ppoLearner(bilateral, true);
    using whole = new TensorPpoUpdate(learner, 1);
    using resumed = new TensorPpoUpdate(learner, 2);
    const learn = (update: TensorPpoUpdate, name: string) =>
      update.learn(samplesOf(name), miniBatchesOf(name), learningRate);
    await learn(whole, "first");
    resumed.restore(structuredClone(await whole.save()));
    assert.deepEqual(resumed.parameters, whole.parameters);
    assert.deepEqual(await learn(resumed, "second"), await learn(whole, "second"));
    assert.deepEqual(await resumed.save(), await whole.save());
  });

  test(`ppo on ${backend} puts merge weights back that are negative`, async () => {
    const learner = ppoLearner(bilateral, true);
    const { layout } = learner.policy;
    const expected = new CompiledPpoUpdate(learner, 1);
    using found = new TensorPpoUpdate(learner, 1);
    const start = negativelyMerged(layout, expected.save(), "parameters");
    for (const update of [expected, found]) update.restore(start);
    const [samples, batches] = [samplesOf("merge"), miniBatchesOf("merge")];
    const report = expected.learn(samples, batches, learningRate);
    assertReport(await found.learn(samples, batches, learningRate), report);
    assertStates(await found.save(), expected.save(), start);
    assert.ok(mergeWeights(layout, found.parameters).every((weight) => weight >= 0));
  });

  test(`ppo on ${backend} stops at a gradient that is no number`, async () => {
    using update = new TensorPpoUpdate(ppoLearner(relu, true), 1);
    const samples = samplesOf("broken");
    samples.targets[0] = NaN;
    await assert.rejects(
      update.learn(samples, miniBatchesOf("broken"), learningRate),
      /the gradient is NaN between 0 and 6 updates: try a smaller learning rate/,
    );
  });
}

function titleOf({ kind, activation }: Case): string {
  return kind === "plain" ? `${activation} perceptrons` : `a ${kind} policy`;
}
