/**
 * The vector form of the roll-out: the scalar form's numbers for every network, arm, task and shape of batch,
 * the same bits every time, and a training that comes to the same end.
 */
import assert from "node:assert/strict";
import {
  losses,
  type LossTerms,
  type LossWeights,
  objectives,
  type RoutedLoss,
  totalLoss,
} from "../../../learners/motor/objectives.ts";
import type { DifferentiableRollout, RolloutProblem } from "../../../learners/motor/rollout.ts";
import { scalarRollout } from "../../../learners/motor/scalar_rollout.ts";
import { Trainer } from "../../../learners/motor/trainer.ts";
import { vectorRollout } from "../../../learners/motor/vector_rollout.ts";
import { kerasAdam } from "../../../learners/nn/adam.ts";
import { type ParameterTensor, viewOf } from "../../../learners/nn/parameters.ts";
import { randomStream } from "../../../sim/random.ts";
import { humanSensing, perfectSensing } from "../../../sim/sensors/sensing.ts";
import { findTask } from "../../../sim/tasks/catalogue.ts";
import type { TrialBatch } from "../../../sim/tasks/trial.ts";
import {
  batchOf,
  type Case,
  cases,
  noiseOf,
  problemOf,
  reach,
  rolloutContract,
} from "../../contract/rollout.ts";

/** Shapes that the small cases do not have. */
const shapes: readonly Case[] = [
  ...[1, 5, 64, 100].map((trials) => ({ ...reach, title: `${trials} trials`, trials, steps: 20 })),
  { ...reach, title: "whole trials", steps: 50, units: 32 },
  ...[2, 6, 14, 50].map((units) => ({ ...reach, title: `${units} units`, units, layers: 3 })),
  {
    ...reach,
    title: "a layer wider than a panel",
    kind: "unilateral",
    objective: "balanced",
    units: 75,
  },
  { ...reach, title: "one layer", layers: 1 },
  ...[2, 14, 50].map((units) => ({
    ...reach,
    title: `gated recurrent hemispheres of ${units} units, several tiles`,
    hemispheres: "gru" as const,
    units,
    steps: 20,
    trials: 70,
  })),
  {
    ...reach,
    title: "one gated recurrent layer wider than a panel",
    hemispheres: "gru",
    kind: "unilateral",
    objective: "balanced",
    units: 37,
    layers: 1,
  },
  { ...reach, title: "noise of several tiles", trials: 70, sensing: humanSensing },
  { ...reach, title: "identity callosum of an odd width", callosum: "identity", units: 14 },
  { ...reach, title: "torque motors", actuator: "torque-motor", trials: 9 },
  ...["hold-pulse", "centre-out"].map((task) => ({ ...reach, title: task, task, steps: 30 })),
  { ...reach, title: "three joints", arm: "human3", actuator: "torque-motor" },
];

rolloutContract("vectors", vectorRollout, [...cases, ...shapes]);

interface Gradient {
  readonly terms: LossTerms;
  readonly finalError: number;
  readonly gradient: Float64Array;
}

async function gradientOf(
  rollout: DifferentiableRollout,
  weights: Float64Array,
  batch: TrialBatch,
): Promise<Gradient> {
  const gradient = new Float64Array(weights.length).fill(NaN);
  const { terms, finalError } = await rollout.gradient(weights, batch, gradient);
  return { terms, finalError, gradient };
}

// ---------------------------------------------------------------------------------- the same bits again

for (const hemispheres of ["feed-forward", "gru"] as const) {
  Deno.test(`a batch gives the same bits again, whatever was in between (${hemispheres})`, () =>
    assertRepeats(problemOf({ ...reach, hemispheres })));
}

async function assertRepeats(problem: RolloutProblem): Promise<void> {
  const weights = problem.network.initialWeights(1);
  const batches = [
    batchOf({ ...reach, trials: 100, steps: 20 }),
    batchOf({ ...reach, trials: 5, steps: 30 }),
    batchOf({ ...reach, task: "hold", trials: 70, steps: 20 }),
    batchOf({ ...reach, task: "curl-field", trials: 100, steps: 40 }),
  ];
  const rollout = vectorRollout(problem);
  const once = [];
  for (const batch of batches) once.push(await gradientOf(rollout, weights, batch));
  for (const [i, batch] of batches.entries()) {
    assert.deepEqual(await gradientOf(rollout, weights, batch), once[i]);
    assert.deepEqual(await gradientOf(vectorRollout(problem), weights, batch), once[i]);
  }
}

/** The trials of `batch` in another order. */
function reordered(batch: TrialBatch, order: readonly number[]): TrialBatch {
  const rows = (values: Float64Array) =>
    values.map((_, i) => values[i - i % batch.trials + order[i % batch.trials]]);
  return {
    ...batch,
    startAngles: rows(batch.startAngles),
    start: rows(batch.start),
    goal: rows(batch.goal),
    goStep: batch.goStep.map((_, i) => batch.goStep[order[i]]),
  };
}

const range = (from: number, until: number) =>
  Array.from({ length: until - from }, (_, i) => from + i);

Deno.test("the gradient's bits do not depend on where in a tile of eight a trial stands", async () => {
  const problem = problemOf(reach);
  const weights = problem.network.initialWeights(1);
  const batch = batchOf({ ...reach, trials: 8, steps: 20 });
  const rollout = vectorRollout(problem);
  const there = await gradientOf(rollout, weights, reordered(batch, range(0, 8).reverse()));
  assert.deepEqual(there.gradient, (await gradientOf(rollout, weights, batch)).gradient);
});

Deno.test("the bits do not depend on which tile is the first", async () => {
  const problem = problemOf(reach);
  const weights = problem.network.initialWeights(1);
  const batch = batchOf({ ...reach, trials: 128, steps: 20 });
  const rollout = vectorRollout(problem);
  const order = [...range(64, 128), ...range(0, 64)];
  const there = await gradientOf(rollout, weights, reordered(batch, order));
  assert.deepEqual(there, await gradientOf(rollout, weights, batch));
});

// ----------------------------------------------------------------------------------------------- routing

/** The gradient's part that belongs to the tensors whose names start with one of `prefixes`. */
function part(problem: RolloutProblem, gradient: Float64Array, ...prefixes: string[]): number[] {
  const belongs = ({ name }: ParameterTensor) => prefixes.some((prefix) => name.startsWith(prefix));
  const tensors = problem.network.layout.tensors.filter(belongs);
  assert.ok(tensors.length > 0, prefixes.join());
  return tensors.flatMap((tensor) => [...viewOf(gradient, tensor)]);
}

const nothing: LossWeights = { positionL1: 0, positionSquared: 0, effort: 0, activity: 0 };

Deno.test("each hemisphere is trained by its own loss alone, bit for bit", async () => {
  const problem = problemOf(reach);
  const weights = problem.network.initialWeights(1);
  const batch = batchOf({ ...reach, trials: 20, steps: 25 });
  const [accuracy, economy] = objectives.specialised;
  const gradient = async (routed: readonly RoutedLoss[]) =>
    (await gradientOf(vectorRollout({ ...problem, losses: routed }), weights, batch)).gradient;
  const both = await gradient([accuracy, economy]);
  const withoutEconomy = await gradient([accuracy, { ...economy, weights: nothing }]);
  const withoutAccuracy = await gradient([{ ...accuracy, weights: nothing }, economy]);
  const of = (vector: Float64Array, prefix: string) => part(problem, vector, prefix);

  assert.deepEqual(of(withoutEconomy, "left."), of(both, "left."));
  assert.deepEqual(of(withoutAccuracy, "right."), of(both, "right."));
  assert.ok(of(withoutAccuracy, "left.").every((slope) => slope === 0));
  assert.ok(of(withoutEconomy, "right.").every((slope) => slope === 0));
  for (const shared of ["merge.", "output."]) {
    assert.notDeepEqual(of(withoutEconomy, shared), of(both, shared));
    assert.notDeepEqual(of(withoutAccuracy, shared), of(both, shared));
  }
});

Deno.test("groups that no loss trains get a gradient of exactly 0, the others all of theirs", async () => {
  const problem = problemOf({ ...reach, callosum: "learned-linear" });
  const weights = problem.network.initialWeights(1);
  const batch = batchOf({ ...reach, trials: 8 });
  const [{ name, weights: balanced }] = objectives.balanced;
  const gradient = async (share: RoutedLoss["share"]) =>
    (await gradientOf(
      vectorRollout({ ...problem, losses: [{ name, weights: balanced, share }] }),
      weights,
      batch,
    )).gradient;
  const full = await gradient(() => 1);
  const groups = [[0, ["left."]], [1, ["right."]], [
    "shared",
    ["merge.", "output.", "callosum."],
  ]] as const;
  for (const [trained] of groups) {
    const partial = await gradient((group) => group === trained ? 1 : 0);
    for (const [group, prefixes] of groups) {
      const expected = part(problem, full, ...prefixes);
      assert.ok(expected.some((slope) => slope !== 0));
      const actual = part(problem, partial, ...prefixes);
      assert.deepEqual(actual, group === trained ? expected : expected.map(() => 0));
    }
  }
});

// ------------------------------------------------------------------------------------ central differences

/** Trials that start well within the joints' limits, so that no joint stops. */
function awayFromLimits(item: Case): TrialBatch {
  const batch = batchOf(item);
  const { trials } = batch;
  const startAngles = batch.startAngles.map((_, i) => (i < trials ? 0.9 : 1.5) + 0.2 * (i % 3 - 1));
  return { ...batch, startAngles };
}

/** What the losses' slope by weight `index` is, times the shares of its group; by the scalar form. */
async function expectedSlope(
  problem: RolloutProblem,
  weights: Float64Array,
  batch: TrialBatch,
  item: Case,
  { name, offset, size }: ParameterTensor,
): Promise<readonly [index: number, slope: number]> {
  const rollout = scalarRollout(problem);
  const index = offset + Math.floor(size / 2);
  const step = 1e-5;
  const unused = new Float64Array(weights.length);
  const at = async (change: number) => {
    const moved = weights.slice();
    moved[index] += change;
    return (await rollout.gradient(moved, batch, unused, noiseOf(item))).terms;
  };
  const [ahead, behind] = [await at(step), await at(-step)];
  const stream = problem.network.streams.indexOf(name.split(".")[0]);
  const slope = problem.losses.reduce((sum, { weights: own, share }) => {
    const change = totalLoss(ahead, own) - totalLoss(behind, own);
    return sum + share(stream < 0 ? "shared" : stream) * change / (2 * step);
  }, 0);
  return [index, slope];
}

const late = { ...humanSensing, proprioceptionNoise: 0, visionNoise: 0, commandNoise: 0 };

for (
  const [title, change] of [
    ["", {}],
    [" under a curl field", { task: "curl-field", steps: 24 }],
    [" with a callosum that learns", { callosum: "learned-linear" }],
    [" through the states of gated recurrent hemispheres", { hemispheres: "gru" }],
    [" when senses are late", { sensing: late }],
    [" when vision alone is late", { sensing: { ...late, proprioceptionDelay: 0 } }],
    [" when senses are late and noisy", { sensing: humanSensing }],
    [" when commands are very noisy", { sensing: { ...perfectSensing, commandNoise: 0.1 } }],
  ] as const
) {
  Deno.test(`the gradient agrees with central differences${title}`, async () => {
    const item: Case = { ...reach, steps: 12, trials: 3, units: 10, ...change };
    const problem = problemOf(item);
    const { layout } = problem.network;
    const weights = problem.network.initialWeights(7);
    const batch = awayFromLimits(item);
    for (const make of [scalarRollout, vectorRollout]) {
      const gradient = new Float64Array(layout.size).fill(NaN);
      const rollout = make(problem);
      await rollout.gradient(weights, batch, gradient, noiseOf(item));
      const scale = Math.sqrt(gradient.reduce((sum, slope) => sum + slope ** 2, 0) / layout.size);
      for (const tensor of layout.tensors) {
        const [index, slope] = await expectedSlope(problem, weights, batch, item, tensor);
        assert.ok(
          Math.abs(gradient[index] - slope) < 1e-4 * Math.max(Math.abs(slope), scale),
          `${rollout.name}, ${tensor.name}: ${gradient[index]}, central differences ${slope}`,
        );
      }
    }
  });
}

Deno.test("noise is asked for by name: senses that have some need a stream", async () => {
  const item = { ...reach, sensing: humanSensing };
  const problem = problemOf(item);
  const weights = problem.network.initialWeights(1);
  for (const make of [scalarRollout, vectorRollout]) {
    await assert.rejects(
      () => make(problem).gradient(weights, batchOf(item), new Float64Array(weights.length)),
      /noise needs a random stream/,
    );
  }
});

Deno.test("trials with another time step than the plant's are refused", async () => {
  const problem = problemOf(reach);
  const weights = problem.network.initialWeights(1);
  const batch = { ...batchOf(reach), timeStep: 0.02 };
  await assert.rejects(
    () => vectorRollout(problem).gradient(weights, batch, new Float64Array(weights.length)),
    /steps of 0.02 s on a plant with steps of 0.01 s/,
  );
});

Deno.test("a roll-out that breaks down gives a finite gradient and says how much was replaced", async () => {
  const problem = problemOf(reach);
  const weights = problem.network.initialWeights(1);
  problem.network.tensors(weights).streams[0][1].bias[0] = NaN;
  const gradient = new Float64Array(weights.length);
  const rollout = vectorRollout(problem);
  const { nonFinite } = await rollout.gradient(weights, batchOf(reach), gradient);
  assert.ok(nonFinite > 0);
  assert.ok(gradient.every(Number.isFinite));
  // Nothing of it stays behind.
  const sound = problem.network.initialWeights(1);
  const after = await gradientOf(rollout, sound, batchOf(reach));
  assert.deepEqual(after, await gradientOf(vectorRollout(problem), sound, batchOf(reach)));
});

// ----------------------------------------------------------------------------------------------- training

Deno.test("gated recurrent hemispheres learn to reach", async () => {
  const problem = problemOf({ ...reach, hemispheres: "gru", units: 32, steps: 50 });
  const { arm } = problem.equations;
  const task = findTask("random-reach");
  const rollout = vectorRollout(problem);
  const heldOut = task.draw(arm, randomStream(1, "tests/vector/held-out"), 32);
  const adam = { ...kerasAdam, learningRate: 3e-3 };
  const plan = { arm, task, seed: 1, updates: 120, batch: 16, adam };
  const trainer = new Trainer(plan, problem.network, rollout);
  const before = await gradientOf(rollout, trainer.state.weights.slice(), heldOut);
  while (!trainer.finished) assert.equal((await trainer.update()).nonFinite, 0);
  const after = await gradientOf(rollout, trainer.state.weights, heldOut);
  assert.ok(
    after.finalError < before.finalError / 2,
    `final error ${before.finalError} m before, ${after.finalError} m after`,
  );
});

Deno.test("a training comes to the same end as in double precision", async () => {
  const problem = problemOf({ ...reach, steps: 50 });
  const { arm } = problem.equations;
  const task = findTask("random-reach");
  const heldOut = task.draw(arm, randomStream(1, "tests/vector/held-out"), 32);
  const plan = {
    arm,
    task,
    seed: 1,
    updates: 200,
    batch: 16,
    adam: { ...kerasAdam, learningRate: 3e-3 },
  };
  const errors = [];
  for (const make of [scalarRollout, vectorRollout]) {
    const trainer = new Trainer(plan, problem.network, make(problem));
    while (!trainer.finished) await trainer.update();
    const { weights } = trainer.state;
    const { terms, finalError } = await gradientOf(scalarRollout(problem), weights, heldOut);
    errors.push({ finalError, loss: totalLoss(terms, losses.balanced) });
  }
  const [scalar, vector] = errors;
  const before = await gradientOf(
    scalarRollout(problem),
    problem.network.initialWeights(1),
    heldOut,
  );
  assert.ok(vector.finalError < 0.8 * before.finalError, `${vector.finalError} m`);
  assert.ok(Math.abs(vector.finalError / scalar.finalError - 1) < 0.02, JSON.stringify(errors));
  assert.ok(Math.abs(vector.loss / scalar.loss - 1) < 0.02, JSON.stringify(errors));
});
