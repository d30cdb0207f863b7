/**
 * Back-propagation through the closed loop: the values of the losses, who is trained by which, and the
 * gradient against central differences, on every kind of force field.
 */
import assert from "node:assert/strict";
import { MotorNetwork, type MotorNetworkConfig } from "../../../controllers/motor_network.ts";
import { networkController } from "../../../controllers/network_controller.ts";
import { scalarRollout } from "../../../learners/motor/scalar_rollout.ts";
import {
  activityChangeWeight,
  losses,
  type LossTerms,
  type LossWeights,
  objectiveNames,
  objectives,
  type RoutedLoss,
  totalLoss,
} from "../../../learners/motor/objectives.ts";
import { replaceNonFinite, type RolloutOutcome } from "../../../learners/motor/rollout.ts";
import { viewOf } from "../../../learners/nn/parameters.ts";
import { findActuator } from "../../../sim/actuators/catalogue.ts";
import { findArm } from "../../../sim/arms/catalogue.ts";
import { VectorEnv } from "../../../sim/env.ts";
import { trainingEquations } from "../../../sim/physics/catalogue.ts";
import { equationsPlant } from "../../../sim/physics/equations_plant.ts";
import { randomStream } from "../../../sim/random.ts";
import { findTask } from "../../../sim/tasks/catalogue.ts";
import { controlStep } from "../../../sim/tasks/task.ts";
import type { TrialBatch } from "../../../sim/tasks/trial.ts";

const arm = findArm("arm26");

const equationsWith = (actuator: string) =>
  trainingEquations({ arm, actuator: findActuator(actuator, arm), timeStep: controlStep });

const muscles = equationsWith("hill-muscle");
const motors = equationsWith("torque-motor");

const muscleNetwork = (config: Partial<MotorNetworkConfig> = {}) =>
  new MotorNetwork({
    kind: "bilateral",
    units: 10,
    layers: 2,
    callosum: "maxpool-pad",
    inputs: 16,
    outputs: 6,
    outputActivation: "sigmoid",
    ...config,
  });

/** `steps` steps of `trials` trials of the task called `name`. */
function drawn(name: string, trials: number, steps?: number, stream = "trials"): TrialBatch {
  const batch = findTask(name).draw(arm, randomStream(1, `tests/rollout/${stream}`), trials);
  return steps === undefined ? batch : { ...batch, steps };
}

interface Gradient extends RolloutOutcome {
  readonly gradient: Float64Array;
}

/** The roll-out of `network` with `weights` under `routed` losses. */
async function gradientOf(
  network: MotorNetwork,
  equations: typeof muscles,
  routed: readonly RoutedLoss[],
  weights: Float64Array,
  batch: TrialBatch,
): Promise<Gradient> {
  const gradient = new Float64Array(weights.length).fill(NaN);
  const rollout = scalarRollout({ network, equations, losses: routed });
  return { ...await rollout.gradient(weights, batch, gradient), gradient };
}

const assertNear = (actual: number, expected: number, relative: number, what: string) =>
  assert.ok(
    Math.abs(actual - expected) <= relative * Math.abs(expected),
    `${what}: ${actual}, expected ${expected}`,
  );

// ----------------------------------------------------------------------------- values of the losses

/** A network for arm26's torque motors; with all weights 0 it leaves the arm exactly where it is. */
const motorNetwork = (kind: "unilateral" | "bilateral" = "unilateral") =>
  new MotorNetwork({
    kind,
    units: kind === "bilateral" ? 4 : 2,
    layers: 1,
    callosum: "none",
    inputs: 10,
    outputs: 2,
    outputActivation: "tanh",
  });

/** A trial at rest in the middle posture whose goal is displaced from the start. */
function displacedGoal(x: number, y: number, steps: number, goStep = 0): TrialBatch {
  const trial = drawn("centre-out", 1, steps);
  const goal = Float64Array.of(trial.start[0] + x, trial.start[1] + y);
  return { ...trial, goal, goStep: Int32Array.of(goStep) };
}

Deno.test("an arm 3 and 4 cm from its goal has P1 = 0.035, P2 = 0.0125, final error 5 cm", async () => {
  const network = motorNetwork();
  const batch = displacedGoal(-0.03, -0.04, 20);
  const weights = new Float64Array(network.layout.size);
  const { terms, finalError } = await gradientOf(
    network,
    motors,
    objectives.balanced,
    weights,
    batch,
  );
  assertNear(terms.positionL1, 0.035, 1e-12, "P1");
  assertNear(terms.positionSquared, 0.0125, 1e-12, "P2");
  assertNear(finalError, 0.05, 1e-12, "final error");
  assert.equal(terms.effort, 0);
  assert.equal(terms.activity, 0);
});

Deno.test("a constant hidden activity of 0.5 has A = 0.25 in every stream; effort is mean u²", async () => {
  for (const kind of ["unilateral", "bilateral"] as const) {
    const network = motorNetwork(kind);
    const weights = new Float64Array(network.layout.size);
    const { streams, output } = network.tensors(weights);
    for (const [layer] of streams) layer.bias.fill(Math.atanh(0.5));
    output.bias.set([Math.atanh(0.2), Math.atanh(-0.4)]);
    const batch = displacedGoal(0, 0.1, 20);
    const { terms } = await gradientOf(network, motors, objectives.balanced, weights, batch);
    assertNear(terms.activity, 0.25 * streams.length, 1e-12, `A, ${kind}`);
    assertNear(terms.effort, (0.04 + 0.16) / 2, 1e-12, "E");
  }
});

Deno.test("a hidden activity that alternates by ±0.1 has A = 0.01 + 0.05 · 400 = 20.01", async () => {
  const network = motorNetwork();
  const weights = new Float64Array(network.layout.size);
  // Two steps: the target is the start and then the goal, 10 cm apart in x.
  const batch = displacedGoal(0.1, 0, 2, 1);
  const targetX = 8;
  const [{ kernel, bias }] = network.tensors(weights).streams[0];
  const slope = 2 * Math.atanh(0.1) / 0.1;
  for (const unit of [0, 1]) {
    kernel[targetX * network.width + unit] = slope;
    bias[unit] = -Math.atanh(0.1) - slope * batch.start[0];
  }
  const { terms } = await gradientOf(network, motors, objectives.balanced, weights, batch);
  assertNear(terms.activity, 20.01, 1e-12, "A");
});

Deno.test("the weights of the losses are the paper's, and L_bal = ½ (L_A + L_B)", () => {
  const names = ["positionL1", "positionSquared", "effort", "activity"] as const;
  const row = (weights: LossWeights) => names.map((name) => weights[name]);
  assert.deepEqual(row(losses.accuracy), [5, 0, 0, 0.02]);
  assert.deepEqual(row(losses.economy), [0, 5, 2, 0]);
  assert.deepEqual(row(losses.balanced), [2.5, 2.5, 1, 0.01]);
  const terms = { positionL1: 0.1, positionSquared: 0.2, effort: 0.3, activity: 0.4 };
  assertNear(totalLoss(terms, losses.accuracy), 0.508, 1e-15, "L_A");
  assertNear(totalLoss(terms, losses.economy), 1.6, 1e-15, "L_B");
});

for (const task of ["random-reach", "hold"]) {
  Deno.test(`on a ${task} roll-out, value and gradient of L_bal are the means of L_A's and L_B's`, async () => {
    const network = muscleNetwork();
    const weights = network.initialWeights(1);
    const batch = drawn(task, 4, 20);
    const [accuracy, economy, balanced] = await Promise.all(
      (["accuracy", "economy", "balanced"] as const).map((name) =>
        gradientOf(network, muscles, objectives[name], weights, batch)
      ),
    );
    assert.deepEqual(accuracy.terms, balanced.terms, "the roll-out does not depend on the losses");
    const value = (weights: LossWeights) => totalLoss(balanced.terms, weights);
    const mean = (value(losses.accuracy) + value(losses.economy)) / 2;
    assertNear(value(losses.balanced), mean, 1e-14, "L_bal");
    const largest = Math.max(...balanced.gradient.map(Math.abs));
    balanced.gradient.forEach((slope, i) => {
      const expected = (accuracy.gradient[i] + economy.gradient[i]) / 2;
      assert.ok(Math.abs(slope - expected) < 1e-12 * largest, `[${i}] ${slope} ≠ ${expected}`);
    });
  });
}

/** The terms by their definition, from the environment stepped with the network as its controller. */
function steppedTerms(
  network: MotorNetwork,
  weights: Float64Array,
  batch: TrialBatch,
): LossTerms & { finalError: number } {
  const { trials, steps } = batch;
  const plant = equationsPlant(muscles, trials, "double");
  const env = new VectorEnv(plant, findTask("random-reach"));
  const controller = networkController(network, weights, trials);
  const actions = new Float64Array(6 * trials);
  const errors: number[] = [];
  const distances: number[] = [];
  const efforts: number[] = [];
  const hidden: number[][][] = [];
  let { observation } = env.reset({ trials: batch });
  for (let step = 0; step < steps; step++) {
    controller.act(observation, actions);
    const target = env.inputs.target.slice();
    ({ observation } = env.step(actions));
    const hand = plant.readings.hand;
    errors.push(...hand.map((value, at) => value - target[at]));
    if (step >= steps - 10) {
      for (let i = 0; i < trials; i++) {
        distances.push(Math.hypot(hand[i] - target[i], hand[trials + i] - target[trials + i]));
      }
    }
    efforts.push(...actions.map((value) => value ** 2));
    hidden.push(controller.activity.hidden.flat().map((units) => [...units]));
  }
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const activity = hidden[0].map((_, layer) => {
    const at = hidden.map((layers) => layers[layer]);
    const changes = at.slice(1).flatMap((units, t) =>
      units.map((value, i) => ((value - at[t][i]) / controlStep) ** 2)
    );
    return mean(at.flat().map((value) => value ** 2)) + activityChangeWeight * mean(changes);
  });
  return {
    positionL1: mean(errors.map(Math.abs)),
    positionSquared: mean(errors.map((error) => (10 * error) ** 2 / 10)),
    effort: mean(efforts),
    activity: activity.reduce((sum, value) => sum + value),
    finalError: mean(distances),
  };
}

async function assertStepped(network: MotorNetwork, batch: TrialBatch): Promise<void> {
  const weights = network.initialWeights(2);
  const { specialised } = objectives;
  const { terms, finalError } = await gradientOf(network, muscles, specialised, weights, batch);
  const stepped = steppedTerms(network, weights, batch);
  for (const [name, value] of Object.entries({ ...terms, finalError })) {
    assertNear(value, stepped[name as keyof typeof stepped], 1e-12, name);
  }
}

for (const task of ["random-reach", "hold", "hold-pulse", "centre-out", "curl-field"]) {
  Deno.test(`a ${task} roll-out is the closed loop that the environment steps`, () =>
    assertStepped(muscleNetwork(), drawn(task, 3)));
}

Deno.test("so it is with gated recurrent hemispheres, whose state lasts for a trial", () =>
  assertStepped(muscleNetwork({ hemispheres: "gru" }), drawn("random-reach", 3)));

Deno.test("one roll-out serves batches of any shape and field, one after the other", async () => {
  const network = muscleNetwork();
  const weights = network.initialWeights(1);
  const rollout = scalarRollout({ network, equations: muscles, losses: objectives.specialised });
  const batches = [
    drawn("random-reach", 3, 15),
    drawn("hold", 3, 15),
    drawn("curl-field", 2, 30),
    drawn("random-reach", 3, 15),
  ];
  for (const batch of batches) {
    const gradient = new Float64Array(weights.length).fill(NaN);
    await rollout.gradient(weights, batch, gradient);
    const alone = await gradientOf(network, muscles, objectives.specialised, weights, batch);
    assert.deepEqual(gradient, alone.gradient);
  }
});

// ------------------------------------------------------------------------------------------ routing

/** The gradient's part that belongs to the tensors whose names start with one of `prefixes`. */
function part(network: MotorNetwork, gradient: Float64Array, ...prefixes: string[]): number[] {
  const tensors = network.layout.tensors.filter(({ name }) =>
    prefixes.some((prefix) => name.startsWith(prefix))
  );
  assert.ok(tensors.length > 0, prefixes.join());
  return tensors.flatMap((tensor) => [...viewOf(gradient, tensor)]);
}

const nothing: LossWeights = { positionL1: 0, positionSquared: 0, effort: 0, activity: 0 };

Deno.test("each hemisphere is trained by its own loss alone, bit for bit", async () => {
  const network = muscleNetwork();
  const weights = network.initialWeights(1);
  const batch = drawn("random-reach", 4, 25);
  const [accuracy, economy] = objectives.specialised;
  const gradient = async (routed: readonly RoutedLoss[]) =>
    (await gradientOf(network, muscles, routed, weights, batch)).gradient;
  const both = await gradient([accuracy, economy]);
  const withoutEconomy = await gradient([accuracy, { ...economy, weights: nothing }]);
  const withoutAccuracy = await gradient([{ ...accuracy, weights: nothing }, economy]);
  const of = (vector: Float64Array, prefix: string) => part(network, vector, prefix);

  assert.deepEqual(of(withoutEconomy, "left."), of(both, "left."));
  assert.deepEqual(of(withoutAccuracy, "right."), of(both, "right."));
  assert.ok(of(withoutAccuracy, "left.").every((slope) => slope === 0));
  assert.ok(of(withoutEconomy, "right.").every((slope) => slope === 0));
  for (const shared of ["merge.", "output."]) {
    assert.notDeepEqual(of(withoutEconomy, shared), of(both, shared));
    assert.notDeepEqual(of(withoutAccuracy, shared), of(both, shared));
  }
});

for (const callosum of ["none", "maxpool-pad", "identity"] as const) {
  Deno.test(`specialised: hemispheres take all of their loss, the shared part L_bal's (${callosum})`, async () => {
    const network = muscleNetwork({ callosum });
    const weights = network.initialWeights(1);
    const batch = drawn("hold", 4, 25);
    const [specialised, accuracy, economy, balanced] = await Promise.all(
      (["specialised", "accuracy", "economy", "balanced"] as const).map(async (name) =>
        (await gradientOf(network, muscles, objectives[name], weights, batch)).gradient
      ),
    );
    const assertPart = (expected: Float64Array, ...prefixes: string[]) => {
      const [actual, wanted] = [specialised, expected].map((g) => part(network, g, ...prefixes));
      const largest = Math.max(...wanted.map(Math.abs));
      assert.ok(largest > 0, prefixes.join());
      actual.forEach((slope, i) =>
        assert.ok(Math.abs(slope - wanted[i]) < 1e-12 * largest, `${prefixes} [${i}]`)
      );
    };
    // In full: also what comes back over the callosum and through the arm.
    assertPart(accuracy, "left.");
    assertPart(economy, "right.");
    assertPart(balanced, "merge.", "output.");
  });
}

Deno.test("without callosum the hemispheres still meet in the arm: L_A feels the right one", async () => {
  const network = muscleNetwork({ callosum: "none" });
  const weights = network.initialWeights(1);
  const batch = drawn("random-reach", 4, 25);
  const { gradient } = await gradientOf(network, muscles, objectives.accuracy, weights, batch);
  const other = weights.slice();
  network.tensors(other).streams[1][0].bias.fill(0.5);
  const moved = await gradientOf(network, muscles, objectives.accuracy, other, batch);
  assert.notDeepEqual(part(network, moved.gradient, "left."), part(network, gradient, "left."));
});

// -------------------------------------------------------------------------------- central differences

/** What `specialised` should give for weight `index`: the slope of the losses that train it. */
async function expectedSlope(
  network: MotorNetwork,
  equations: typeof muscles,
  routed: readonly RoutedLoss[],
  weights: Float64Array,
  batch: TrialBatch,
  index: number,
): Promise<number> {
  const rollout = scalarRollout({ network, equations, losses: routed });
  const step = 1e-5;
  const unused = new Float64Array(weights.length);
  const at = async (change: number) => {
    const moved = weights.slice();
    moved[index] += change;
    return (await rollout.gradient(moved, batch, unused)).terms;
  };
  const [ahead, behind] = [await at(step), await at(-step)];
  const tensor = network.layout.tensors.findLast(({ offset }) => offset <= index)!;
  const stream = network.streams.indexOf(tensor.name.split(".")[0]);
  return routed.reduce((sum, { weights: own, share }) => {
    const slope = (totalLoss(ahead, own) - totalLoss(behind, own)) / (2 * step);
    return sum + share(stream < 0 ? "shared" : stream) * slope;
  }, 0);
}

/** Every tensor's middle element. */
const middles = (network: MotorNetwork) =>
  network.layout.tensors.map(({ offset, size }) => offset + Math.floor(size / 2));

async function checkGradient(
  network: MotorNetwork,
  equations: typeof muscles,
  routed: readonly RoutedLoss[],
  batch: TrialBatch,
): Promise<void> {
  const weights = network.initialWeights(7);
  const { gradient, nonFinite } = await gradientOf(network, equations, routed, weights, batch);
  assert.equal(nonFinite, 0);
  // Slopes are compared on the scale of the gradient, so that those near 0 do not ask for more.
  const scale = Math.sqrt(gradient.reduce((sum, slope) => sum + slope ** 2, 0) / gradient.length);
  for (const index of middles(network)) {
    const expected = await expectedSlope(network, equations, routed, weights, batch, index);
    const tensor = network.layout.tensors.findLast(({ offset }) => offset <= index)!;
    assert.ok(
      Math.abs(gradient[index] - expected) < 1e-5 * Math.max(Math.abs(expected), scale),
      `${tensor.name}: ${gradient[index]}, central differences ${expected}`,
    );
  }
}

/** A dozen steps from well within the limits, so that no joint stops. */
function awayFromLimits(name: string, steps = 12): TrialBatch {
  const batch = drawn(name, 3, steps, `away/${name}`);
  const startAngles = batch.startAngles.map((_, i) => (i < 3 ? 0.9 : 1.5) + 0.2 * (i % 3 - 1));
  return { ...batch, startAngles, goStep: batch.goStep.map((step) => step % 3) };
}

for (const name of objectiveNames) {
  Deno.test(`the ${name} gradient through the plant agrees with central differences`, () =>
    checkGradient(muscleNetwork(), muscles, objectives[name], awayFromLimits("random-reach")));
}

const fields: Readonly<Record<string, () => TrialBatch>> = {
  "constant loads": () => awayFromLimits("hold"),
  "pulses": () => {
    const batch = awayFromLimits("hold-pulse");
    return {
      ...batch,
      load: { ...batch.load!, from: Int32Array.of(2, 3, 4), until: Int32Array.of(5, 6, 7) },
    };
  },
  "a curl field": () => {
    const batch = awayFromLimits("curl-field");
    return { ...batch, viscosity: { ...batch.viscosity!, from: batch.goStep } };
  },
  "a velocity-squared field": () => {
    const batch = awayFromLimits("velocity-squared-field");
    return { ...batch, quadraticViscosity: { ...batch.quadraticViscosity!, from: batch.goStep } };
  },
  "a channel of moderate stiffness": () => ({
    ...awayFromLimits("force-channel"),
    channel: { stiffness: 200, damping: 10 },
  }),
};

for (const [field, batch] of Object.entries(fields)) {
  Deno.test(`the gradient agrees with central differences under ${field}`, () =>
    checkGradient(muscleNetwork(), muscles, objectives.specialised, batch()));
}

for (const layers of [1, 3]) {
  for (const kind of ["unilateral", "bilateral"] as const) {
    Deno.test(`the gradient agrees with central differences (${kind}, ${layers} layers)`, () => {
      const network = muscleNetwork({ kind, layers, callosum: "identity", units: 6 });
      const routed = kind === "bilateral" ? objectives.specialised : objectives.balanced;
      return checkGradient(network, muscles, routed, awayFromLimits("random-reach", 8));
    });
  }
}

Deno.test("the gradient agrees with central differences for torque motors", () => {
  const network = muscleNetwork({ inputs: 10, outputs: 2, outputActivation: "tanh" });
  return checkGradient(network, motors, objectives.specialised, awayFromLimits("random-reach"));
});

Deno.test("a trial of a single step has no change of activity, and a finite gradient", async () => {
  const network = muscleNetwork();
  const weights = network.initialWeights(1);
  const batch = awayFromLimits("random-reach", 1);
  const { terms, nonFinite } = await gradientOf(
    network,
    muscles,
    objectives.accuracy,
    weights,
    batch,
  );
  assert.equal(nonFinite, 0);
  assert.ok(
    terms.activity > 0 && terms.activity < network.layout.tensors.length,
    `${terms.activity}`,
  );
});

// -------------------------------------------------------------------------------------- non-finite

Deno.test("elements that are not finite become 0 and are counted", () => {
  const gradient = Float64Array.of(1, NaN, -2, Infinity, -Infinity, 0);
  assert.equal(replaceNonFinite(gradient), 3);
  assert.deepEqual(gradient, Float64Array.of(1, 0, -2, 0, 0, 0));
  assert.equal(replaceNonFinite(gradient), 0);
});

Deno.test("a roll-out that breaks down gives a finite gradient and says how much was replaced", async () => {
  const network = muscleNetwork();
  const weights = network.initialWeights(1);
  network.tensors(weights).streams[0][1].bias[0] = NaN;
  const batch = awayFromLimits("random-reach");
  const { gradient, nonFinite } = await gradientOf(
    network,
    muscles,
    objectives.specialised,
    weights,
    batch,
  );
  assert.ok(nonFinite > 0);
  assert.ok(gradient.every(Number.isFinite));
});
