/** Training through the differentiable arm: it learns, it repeats, and it goes on from a checkpoint. */
import assert from "node:assert/strict";
import { decodeCheckpoint, encodeCheckpoint } from "../../../agents/sim/checkpoint.ts";
import type { CellName } from "../../../controllers/cells.ts";
import { MotorNetwork } from "../../../controllers/motor_network.ts";
import { scalarRollout } from "../../../learners/motor/scalar_rollout.ts";
import { objectives } from "../../../learners/motor/objectives.ts";
import type { DifferentiableRollout, RolloutOutcome } from "../../../learners/motor/rollout.ts";
import { Trainer, type TrainerState, type TrainingPlan } from "../../../learners/motor/trainer.ts";
import { kerasAdam } from "../../../learners/nn/adam.ts";
import { findActuator } from "../../../sim/actuators/catalogue.ts";
import { findArm } from "../../../sim/arms/catalogue.ts";
import { trainingEquations } from "../../../sim/physics/catalogue.ts";
import { randomStream } from "../../../sim/random.ts";
import { findTask } from "../../../sim/tasks/catalogue.ts";
import { controlStep } from "../../../sim/tasks/task.ts";

const arm = findArm("arm26");
const actuator = findActuator("hill-muscle", arm);

const networkOf = (units: number, hemispheres?: CellName) =>
  new MotorNetwork({
    kind: "bilateral",
    units,
    hemispheres,
    layers: 2,
    callosum: "maxpool-pad",
    inputs: 16,
    outputs: 6,
    outputActivation: "sigmoid",
  });

const rolloutOf = (network: MotorNetwork): DifferentiableRollout =>
  scalarRollout({
    network,
    equations: trainingEquations({ arm, actuator, timeStep: controlStep }),
    losses: objectives.specialised,
  });

const plan = (task: string, updates: number, change: Partial<TrainingPlan> = {}): TrainingPlan => ({
  arm,
  task: findTask(task),
  seed: 1,
  updates,
  batch: 16,
  adam: { ...kerasAdam, learningRate: 3e-3 },
  ...change,
});

/** 64 trials that the training does not see. */
const heldOut = (task: string) => findTask(task).draw(arm, randomStream(1, "tests/held-out"), 64);

interface Learnt {
  /** Of given weights on held-out trials. */
  readonly test: (weights: Float64Array) => Promise<RolloutOutcome>;
  readonly network: MotorNetwork;
  readonly before: RolloutOutcome;
  readonly after: RolloutOutcome;
}

async function learn(task: string, updates: number): Promise<Learnt> {
  const network = networkOf(32);
  const rollout = rolloutOf(network);
  const trainer = new Trainer(plan(task, updates), network, rollout);
  const unused = new Float64Array(network.layout.size);
  const test = (weights: Float64Array) => rollout.gradient(weights, heldOut(task), unused);
  const before = await test(trainer.state.weights);
  while (!trainer.finished) assert.equal((await trainer.update()).nonFinite, 0);
  return { network, test, before, after: await test(trainer.state.weights) };
}

Deno.test("a reach network learns: P1 falls clearly below 0.25, the final error below half", async () => {
  const { before, after } = await learn("random-reach", 160);
  assert.ok(before.terms.positionL1 > 0.25, `P1 before ${before.terms.positionL1}`);
  assert.ok(after.terms.positionL1 < 0.2, `P1 ${after.terms.positionL1}`);
  assert.ok(
    after.finalError < before.finalError / 2,
    `final error ${before.finalError} before, ${after.finalError} after`,
  );
});

Deno.test("a hold network learns to do better than any constant command", async () => {
  const { network, test, after } = await learn("hold", 90);
  for (const command of [0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5]) {
    const weights = new Float64Array(network.layout.size);
    network.tensors(weights).output.bias.fill(Math.log(command / (1 - command)));
    const { finalError, terms } = await test(weights);
    assert.ok(Math.abs(terms.effort - command ** 2) < 1e-12, "the command is constant");
    assert.ok(
      after.finalError < 0.75 * finalError,
      `final error ${after.finalError}, of u = ${command} ${finalError}`,
    );
  }
});

/** Train to the end of the plan; the state then. */
async function trained(
  training: TrainingPlan,
  { from, until = training.updates, hemispheres }: {
    from?: TrainerState;
    until?: number;
    hemispheres?: CellName;
  } = {},
): Promise<TrainerState> {
  const network = networkOf(8, hemispheres);
  const trainer = new Trainer(training, network, rolloutOf(network), from);
  while (trainer.updates < until) await trainer.update();
  return trainer.state;
}

Deno.test("the same seed gives the same weights bit for bit, another one others", async () => {
  const short = plan("random-reach", 4, { batch: 3 });
  const first = await trained(short);
  assert.deepEqual(await trained(short), first);
  assert.notDeepEqual((await trained({ ...short, seed: 2 })).weights, first.weights);
});

for (
  const [task, hemispheres] of [
    ["random-reach", "feed-forward"],
    ["curl-field", "feed-forward"],
    ["random-reach", "gru"],
  ] as const
) {
  Deno.test(`a trainer restored from a checkpoint ends bit for bit as if undisturbed (${task}, ${hemispheres})`, async () => {
    // On the curl field the field sets in after three quarters of the updates.
    const whole = plan(task, 6, { batch: 3 });
    const undisturbed = await trained(whole, { hemispheres });
    const { layout } = networkOf(8, hemispheres);
    for (const kept of [3, 5]) {
      const bytes = encodeCheckpoint(layout, await trained(whole, { until: kept, hemispheres }));
      const from = decodeCheckpoint(bytes, layout);
      assert.equal(from.adam.updates, kept);
      assert.deepEqual(await trained(whole, { from, hemispheres }), undisturbed);
    }
  });
}

Deno.test("an update's outcome is that of the roll-out before it", async () => {
  const network = networkOf(8);
  const rollout = rolloutOf(network);
  const trainer = new Trainer(plan("hold", 1, { batch: 3 }), network, rollout);
  const weights = trainer.state.weights.slice();
  const outcome = await trainer.update();
  const trials = findTask("hold").draw(arm, randomStream(1, "training/trials/0"), 3);
  assert.deepEqual(
    await rollout.gradient(weights, trials, new Float64Array(weights.length)),
    outcome,
  );
  assert.notDeepEqual(trainer.state.weights, weights);
  assert.ok(trainer.finished);
});

Deno.test("one update moves every weight", async () => {
  const network = networkOf(8);
  const initial = network.initialWeights(1);
  const { weights } = await trained(plan("random-reach", 1, { batch: 3 }));
  assert.ok(weights.every((weight, i) => weight !== initial[i]));
});

/** Says that the losses rise (1) or fall (−1) with every weight, update by update. */
const slopes = (...signs: number[]): DifferentiableRollout => ({
  name: "slopes",
  gradient(_weights, _batch, gradient) {
    gradient.fill(signs.shift()!);
    const terms = { positionL1: 0, positionSquared: 0, effort: 0, activity: 0 };
    return Promise.resolve({ terms, finalError: 0, nonFinite: 0 });
  },
});

Deno.test("a merge weight that an update pushes below 0 is stored as 0 and can grow again", async () => {
  const network = networkOf(8);
  // The first update of Adam moves every weight by the learning rate: 0.5 − 0.6 = −0.1.
  const adam = { ...kerasAdam, learningRate: 0.6 };
  const training = plan("random-reach", 2, { batch: 1, adam });
  const trainer = new Trainer(training, network, slopes(1, -1));
  await trainer.update();
  assert.deepEqual(network.mergeWeights(trainer.state.weights), [0, 0]);
  assert.ok(Math.min(...trainer.state.weights) < -0.5, "only merge weights are constrained");
  await trainer.update();
  for (const weight of network.mergeWeights(trainer.state.weights)) assert.ok(weight > 0.01);
});
