/** The training of a model: it goes on exactly, ends early where asked to, and leaves alone what is frozen. */
import assert from "node:assert/strict";
import { MotorNetwork } from "../../../../controllers/motor_network.ts";
import type { Snapshot } from "../../../../learners/method.ts";
import { withFrozen } from "../../../../learners/motor/bilateral/frozen.ts";
import {
  StudyTraining,
  type TrainingSetup,
} from "../../../../learners/motor/bilateral/training.ts";
import type { DifferentiableRollout, RolloutOutcome } from "../../../../learners/motor/rollout.ts";
import { kerasAdam } from "../../../../learners/nn/adam.ts";
import { findArm } from "../../../../sim/arms/catalogue.ts";
import { randomStream } from "../../../../sim/random.ts";
import { findTask } from "../../../../sim/tasks/catalogue.ts";
import { runJob, small } from "./support.ts";

for (
  const [variant, settings] of [
    ["reach-bicc-spec", small],
    ["hold-matched-bal", { ...small, epoch: 4 }],
    ["hold-bi-spec", { ...small, mergeUpdates: 3 }],
  ] as const
) {
  Deno.test(`${variant} goes on from every snapshot to the same end, bit for bit`, async () => {
    const whole = await runJob(variant, settings);
    assert.deepEqual(
      whole.snapshots.map(({ step }) => step),
      whole.events.map(({ step }) => step),
    );
    for (const [index, from] of whole.snapshots.entries()) {
      const rest = await runJob(variant, settings, { from });
      assert.deepEqual(rest.events, whole.events.slice(index + 1));
      assert.deepEqual(rest.snapshots, whole.snapshots.slice(index + 1));
      assert.deepEqual(rest.result, whole.result);
    }
  });
}

Deno.test("the same seed gives the same result, another one another", async () => {
  const [first, again, other] = [
    await runJob("reach-uni-a"),
    await runJob("reach-uni-a"),
    await runJob("reach-uni-a", small, { seed: 4 }),
  ];
  assert.deepEqual(again, first);
  assert.notEqual(other.result.metrics.finalError, first.result.metrics.finalError);
});

Deno.test("the curves have a point before the first update and one after each epoch", async () => {
  const { result: { series }, events } = await runJob("hold-uni-b", { ...small, updates: 5 });
  assert.deepEqual(series?.["validation loss"].x, [0, 2, 4, 5]);
  assert.deepEqual(events.map(({ step, steps }) => [step, steps]), [[2, 5], [4, 5], [5, 5]]);
  const { y: balanced } = series["validation loss"];
  const [a, b] = ["A", "B"].map((name) => series[`validation loss ${name}`].y);
  balanced.forEach((loss, i) => assert.ok(Math.abs(loss - (a[i] + b[i]) / 2) < 1e-12 * loss));
  assert.deepEqual(events.map(({ metrics }) => metrics["validation loss"]), balanced.slice(1));
});

Deno.test("a snapshot of another network is refused by what does not fit", async () => {
  const { snapshots: [from] } = await runJob("reach-uni-a");
  await assert.rejects(
    runJob("reach-bi-bal", small, { from }),
    /tensor weights of the snapshot is not one of 208 double-precision numbers/,
  );
});

const network = new MotorNetwork({
  kind: "bilateral",
  units: 4,
  layers: 1,
  callosum: "none",
  inputs: 16,
  outputs: 6,
  outputActivation: "sigmoid",
});

const outcome = (positionL1: number): RolloutOutcome => ({
  terms: { positionL1, positionSquared: 0, effort: 0, activity: 0 },
  finalError: positionL1,
  nonFinite: 1,
});

/** Says these losses one after the other for validations, and a slope of 1 for every weight. */
function scripted(losses: readonly number[]): DifferentiableRollout {
  const left = [...losses];
  return {
    name: "scripted",
    gradient(_weights, { trials }, gradient) {
      gradient.fill(1);
      // Validations are told by their three trials.
      return Promise.resolve(outcome(trials === 3 ? left.shift() ?? NaN : 1));
    },
  };
}

function setupOf(change: Partial<TrainingSetup>): TrainingSetup {
  const [arm, task] = [findArm("arm26"), findTask("random-reach")];
  const stream = () => randomStream(1, "tests/validation");
  return {
    network,
    rollout: scripted([9, 8, 7, 6, 5, 4]),
    plan: { arm, task, seed: 1, updates: 10, batch: 1, adam: kerasAdam },
    epoch: 2,
    validation: task.draw(arm, stream(), 3),
    validationNoise: stream,
    patience: 0,
    mergeLearns: true,
    mergeOnly: { updates: 0, seed: 5 },
    ...change,
  };
}

/** Train to the end; the steps after each epoch. */
async function steps(training: StudyTraining): Promise<number[]> {
  const done: number[] = [];
  while (!training.finished) {
    await training.epoch();
    done.push(training.step);
  }
  return done;
}

Deno.test("a training without patience goes to its end, whatever the validations say", async () => {
  const rollout = scripted([1, 2, 3, 4, 5, 6]);
  const training = await StudyTraining.start(setupOf({ rollout }));
  assert.deepEqual(await steps(training), [2, 4, 6, 8, 10]);
  assert.equal(
    training.nonFinite,
    10,
    "elements that were not finite are counted, of updates only",
  );
});

Deno.test("with patience it ends after so many validations without a better one", async () => {
  const losses = [9, 8, 8, 8.5, 7, 7.5, 7.1];
  const patient = (patience: number, updates = 20) =>
    setupOf({
      rollout: scripted(losses),
      patience,
      plan: { ...setupOf({}).plan, updates },
    });
  assert.deepEqual(await steps(await StudyTraining.start(patient(1))), [2, 4]);
  assert.deepEqual(await steps(await StudyTraining.start(patient(2))), [2, 4, 6]);
  // The better one after three others starts the count anew; the updates end it then.
  assert.deepEqual((await steps(await StudyTraining.start(patient(3, 12)))).at(-1), 12);
});

Deno.test("patience that has run out before a snapshot has run out after it", async () => {
  const setup = () => setupOf({ rollout: scripted([9, 9, 9]), patience: 2 });
  const training = await StudyTraining.start(setup());
  await steps(training);
  const resumed = await StudyTraining.start(setup(), training.snapshot());
  assert.ok(resumed.finished);
  assert.equal(resumed.step, 4);
});

Deno.test("merge weights that are fixed stay at one half while everything else learns", async () => {
  const training = await StudyTraining.start(setupOf({ mergeLearns: false }));
  const initial = training.weights.slice();
  await steps(training);
  assert.deepEqual(network.mergeWeights(training.weights), [0.5, 0.5]);
  const { layout } = network;
  for (const { name, offset } of layout.tensors) {
    assert.equal(training.weights[offset] === initial[offset], name.startsWith("merge."), name);
  }
});

Deno.test("after the training the merge weights alone go on, with an optimiser and trials of their own", async () => {
  const seen: number[] = [];
  const rollout: DifferentiableRollout = {
    name: "witness",
    gradient(_weights, { startAngles, trials }, gradient) {
      gradient.fill(1);
      if (trials === 1) seen.push(startAngles[0]);
      return Promise.resolve(outcome(1));
    },
  };
  const training = await StudyTraining.start(
    setupOf({ rollout, mergeOnly: { updates: 4, seed: 5 } }),
  );
  assert.equal(training.steps, 14);
  while (training.step < 10) await training.epoch();
  const before = training.weights.slice();
  assert.ok(!training.finished);
  assert.deepEqual(await steps(training), [12, 14]);
  for (const { name, offset, size } of network.layout.tensors) {
    for (let i = offset; i < offset + size; i++) {
      assert.equal(training.weights[i] === before[i], !name.startsWith("merge."), name);
    }
  }
  // The first updates of a fresh Adam move by the learning rate.
  const [left] = network.mergeWeights(training.weights);
  const [leftBefore] = network.mergeWeights(before);
  assert.ok(Math.abs(leftBefore - left - 4 * kerasAdam.learningRate) < 1e-6);
  assert.equal(new Set(seen).size, seen.length, "no trials come twice");
});

Deno.test("one network has nothing to merge: it trains no longer than it was asked to", async () => {
  const { events } = await runJob("reach-uni-bal", { ...small, mergeUpdates: 4 });
  assert.deepEqual(events.map(({ steps }) => steps), [6, 6, 6]);
});

Deno.test("a loss that is no longer finite ends the training with what to do about it", async () => {
  const rollout: DifferentiableRollout = {
    name: "diverging",
    gradient: (_weights, { trials }) => Promise.resolve(outcome(trials === 3 ? 1 : NaN)),
  };
  const training = await StudyTraining.start(setupOf({ rollout }));
  await assert.rejects(
    training.epoch(),
    /loss is no longer finite after update 1; lower --learning-rate/,
  );
});

Deno.test("frozen tensors get no gradient, the others theirs, and noise is passed on", async () => {
  const noise = randomStream(1, "tests/noise");
  const given: unknown[] = [];
  const inner: DifferentiableRollout = {
    name: "ones",
    gradient(_weights, _batch, gradient, stream) {
      gradient.fill(1);
      given.push(stream);
      return Promise.resolve(outcome(2));
    },
  };
  const { layout } = network;
  const frozen = withFrozen(inner, layout, (name) => name === "output.bias");
  const gradient = new Float64Array(layout.size);
  const { validation } = setupOf({});
  const result = await frozen.gradient(gradient, validation, gradient, noise);
  assert.deepEqual([result, given], [outcome(2), [noise]]);
  assert.deepEqual(gradient.subarray(-6), new Float64Array(6));
  assert.ok(gradient.subarray(0, -6).every((slope) => slope === 1));
  assert.equal(withFrozen(inner, layout, () => false), inner);
});

/** Snapshots are what a stop leaves behind: nothing in them may change later. */
Deno.test("a snapshot is a copy", async () => {
  const training = await StudyTraining.start(setupOf({}));
  await training.epoch();
  const snapshot: Snapshot = training.snapshot();
  const kept = structuredClone(snapshot);
  await training.epoch();
  assert.deepEqual(snapshot, kept);
});
