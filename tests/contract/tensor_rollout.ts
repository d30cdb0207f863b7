/** What the tensor form of the roll-out must compute on every backend: the losses and gradients of the compiled one. */
import { ok, strictEqual } from "node:assert/strict";
import { MotorNetwork } from "../../controllers/motor_network.ts";
import { compiledRollout } from "../../learners/motor/compiled_rollout.ts";
import { objectives } from "../../learners/motor/objectives.ts";
import type { RolloutOutcome, RolloutProblem } from "../../learners/motor/rollout.ts";
import { tensorRollout } from "../../learners/motor/tensor_rollout.ts";
import { type ComputingBackend, readyBackend } from "../../learners/nn/backend.ts";
import { viewOf } from "../../learners/nn/parameters.ts";
import { findActuator } from "../../sim/actuators/catalogue.ts";
import type { ActuatorName } from "../../sim/actuators/actuator.ts";
import { findArm } from "../../sim/arms/catalogue.ts";
import { horizontalScene } from "../../sim/physics/engine.ts";
import type { Integrator } from "../../sim/physics/plant_equations.ts";
import { randomStream } from "../../sim/random.ts";
import { observationLayout } from "../../sim/sensors/observation.ts";
import { findTask } from "../../sim/tasks/catalogue.ts";
import type { TrialBatch } from "../../sim/tasks/trial.ts";

/** Largest relative difference of single from double precision; 1e-6 is what is met. */
const termTolerance = 1e-5;
/**
 * The same for gradients: relative to a tensor's largest element, and to the largest of all tensors,
 * since a merge weight's gradient is a sum of terms that may cancel but keep their rounding.
 */
const gradientTolerance = { ofTensor: 2e-5, ofAll: 1e-6 };

export interface Case {
  readonly title: string;
  readonly task: string;
  readonly steps: number;
  readonly kind: "bilateral" | "unilateral";
  readonly callosum: "none" | "maxpool-pad" | "identity";
  readonly objective: keyof typeof objectives;
  readonly units: number;
  readonly actuator: ActuatorName;
  readonly integrator: Integrator;
}

/** The laboratory's main model; each case names what differs from it. */
const main = {
  task: "random-reach",
  steps: 8,
  kind: "bilateral",
  callosum: "maxpool-pad",
  objective: "specialised",
  units: 16,
  actuator: "hill-muscle",
  integrator: "motornet",
} as const;

export const reach: Case = { ...main, title: "random reach, specialised, callosum" };

export const cases: readonly Case[] = [
  reach,
  { ...main, title: "hold under load, specialised, callosum", task: "hold" },
  { ...main, title: "curl field", task: "curl-field", steps: 16 },
  { ...main, title: "force channel", task: "force-channel", steps: 16 },
  { ...main, title: "identity callosum", callosum: "identity" },
  { ...main, title: "no callosum, hemispheres of an odd width", callosum: "none", units: 11 },
  { ...main, title: "callosum of an odd width", units: 10 },
  { ...main, title: "one stream, accuracy", kind: "unilateral", objective: "accuracy" },
  { ...main, title: "balanced, two trained as one", objective: "balanced", task: "hold" },
  { ...main, title: "torque motors, rk4", actuator: "torque-motor", integrator: "rk4" },
  {
    ...main,
    title: "Thelen muscles, semi-implicit",
    actuator: "thelen-muscle",
    integrator: "semi-implicit",
  },
];

const arm = findArm("arm26");
const trials = 6;

export function problemOf({ kind, callosum, objective, units, ...plant }: Case): RolloutProblem {
  const actuator = findActuator(plant.actuator, arm);
  return {
    network: new MotorNetwork({
      kind,
      callosum,
      units,
      layers: 2,
      inputs: observationLayout(arm, actuator.muscles).size,
      outputs: actuator.count,
      outputActivation: actuator.muscles ? "sigmoid" : "tanh",
    }),
    equations: {
      arm,
      actuator,
      scene: horizontalScene,
      integrator: plant.integrator,
      timeStep: 0.01,
    },
    losses: objectives[objective],
  };
}

export function batchOf({ title, task, steps }: Case): TrialBatch {
  return { ...findTask(task).draw(arm, randomStream(5, title), trials), steps };
}

function assertRelative(actual: number, expected: number, tolerance: number, what: string): void {
  const difference = Math.abs(actual - expected);
  ok(difference <= tolerance * Math.abs(expected), `${what}: ${actual} instead of ${expected}`);
}

function assertSameOutcome(actual: RolloutOutcome, expected: RolloutOutcome): void {
  for (const term of ["positionL1", "positionSquared", "effort", "activity"] as const) {
    assertRelative(actual.terms[term], expected.terms[term], termTolerance, term);
  }
  assertRelative(actual.finalError, expected.finalError, termTolerance, "final error");
  strictEqual(actual.nonFinite, 0);
  strictEqual(expected.nonFinite, 0);
}

async function compare(item: Case): Promise<void> {
  const problem = problemOf(item);
  const { layout } = problem.network;
  const weights = problem.network.initialWeights(2);
  const batch = batchOf(item);
  const [expected, actual] = [new Float64Array(layout.size), new Float64Array(layout.size)];
  const outcome = await compiledRollout(problem).gradient(weights, batch, expected);
  assertSameOutcome(await tensorRollout(problem).gradient(weights, batch, actual), outcome);
  const largest = (values: Float64Array) => Math.max(...values.map(Math.abs));
  const overall = gradientTolerance.ofAll * largest(expected);
  for (const tensor of layout.tensors) {
    const [truth, value] = [viewOf(expected, tensor), viewOf(actual, tensor)];
    const scale = largest(truth);
    const difference = largest(truth.map((element, i) => element - value[i]));
    ok(scale > 0, `${tensor.name} gets no gradient`);
    ok(
      difference <= gradientTolerance.ofTensor * scale + overall,
      `${tensor.name}: off by ${difference} of ${scale}`,
    );
  }
}

/** Register the suite for a backend. */
export function tensorRolloutContract(backend: ComputingBackend, chosen = cases): void {
  Deno.test(`on ${backend} losses and gradients are those of the compiled roll-out`, async (t) => {
    await readyBackend(backend);
    for (const item of chosen) await t.step(item.title, () => compare(item));
  });
}
