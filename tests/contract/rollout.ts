/** What every form of the roll-out must compute: the losses and gradients of the scalar one. */
import { ok, strictEqual } from "node:assert/strict";
import type { CellName } from "../../controllers/cells.ts";
import { MotorNetwork } from "../../controllers/motor_network.ts";
import { scalarRollout } from "../../learners/motor/scalar_rollout.ts";
import type { CallosumName } from "../../controllers/callosum.ts";
import { objectives } from "../../learners/motor/objectives.ts";
import type {
  DifferentiableRollout,
  RolloutOutcome,
  RolloutProblem,
} from "../../learners/motor/rollout.ts";
import { createRollout } from "../../learners/motor/rollouts.ts";
import type { ComputingBackend } from "../../learners/nn/backend.ts";
import { viewOf } from "../../learners/nn/parameters.ts";
import { findActuator } from "../../sim/actuators/catalogue.ts";
import type { ActuatorName } from "../../sim/actuators/actuator.ts";
import { findArm } from "../../sim/arms/catalogue.ts";
import { horizontalScene } from "../../sim/physics/engine.ts";
import type { Integrator } from "../../sim/physics/plant_equations.ts";
import { randomStream } from "../../sim/random.ts";
import { observationLayout } from "../../sim/sensors/observation.ts";
import { humanSensing, perfectSensing, type Sensing } from "../../sim/sensors/sensing.ts";
import { findTask } from "../../sim/tasks/catalogue.ts";
import type { TrialBatch } from "../../sim/tasks/trial.ts";

/** Largest relative difference of single from double precision; 1e-6 is what is met. */
const termTolerance = 1e-5;
/**
 * The same for gradients: relative to a tensor's largest element, and to the largest of all tensors,
 * since a merge weight's gradient is a sum of terms that may cancel but keep their rounding.
 */
const gradientTolerance = { ofTensor: 2e-5, ofAll: 2e-6 };

export interface Case {
  readonly title: string;
  readonly task: string;
  readonly steps: number;
  readonly kind: "bilateral" | "unilateral";
  readonly callosum: CallosumName;
  readonly hemispheres: CellName;
  readonly objective: keyof typeof objectives;
  readonly units: number;
  readonly layers: number;
  readonly arm: string;
  readonly actuator: ActuatorName;
  readonly integrator: Integrator;
  readonly trials: number;
  readonly sensing: Sensing;
}

const noNoise = { proprioceptionNoise: 0, visionNoise: 0, commandNoise: 0 } as const;
const noDelay = { proprioceptionDelay: 0, visionDelay: 0 } as const;

/** The laboratory's main model; each case names what differs from it. */
const main = {
  task: "random-reach",
  steps: 8,
  kind: "bilateral",
  callosum: "maxpool-pad",
  hemispheres: "feed-forward",
  objective: "specialised",
  units: 16,
  layers: 2,
  arm: "arm26",
  actuator: "hill-muscle",
  integrator: "motornet",
  trials: 6,
  sensing: perfectSensing,
} as const;

export const reach: Case = { ...main, title: "random reach, specialised, callosum" };

/** Small, for forms that are slow. */
export const cases: readonly Case[] = [
  reach,
  { ...main, title: "hold under load, specialised, callosum", task: "hold" },
  { ...main, title: "curl field", task: "curl-field", steps: 16 },
  { ...main, title: "velocity-squared field", task: "velocity-squared-field", steps: 16 },
  { ...main, title: "force channel", task: "force-channel", steps: 16 },
  { ...main, title: "identity callosum", callosum: "identity" },
  { ...main, title: "a callosum that learns", callosum: "learned-linear", units: 10, layers: 3 },
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
  { ...main, title: "late senses", sensing: { ...humanSensing, ...noNoise }, steps: 12 },
  { ...main, title: "noisy senses and commands", sensing: { ...humanSensing, ...noDelay } },
  { ...main, title: "late and noisy senses", sensing: humanSensing, steps: 12, task: "hold" },
  { ...main, title: "gated recurrent hemispheres", hemispheres: "gru", steps: 12 },
  {
    ...main,
    title: "gated recurrent hemispheres of an odd width, a callosum that learns, late senses",
    hemispheres: "gru",
    callosum: "learned-linear",
    units: 11,
    layers: 3,
    objective: "balanced",
    sensing: humanSensing,
  },
  {
    ...main,
    title: "one gated recurrent stream",
    hemispheres: "gru",
    kind: "unilateral",
    objective: "accuracy",
  },
];

export function problemOf(
  { kind, callosum, hemispheres, objective, units, layers, sensing, ...plant }: Case,
): RolloutProblem {
  const arm = findArm(plant.arm);
  const actuator = findActuator(plant.actuator, arm);
  return {
    network: new MotorNetwork({
      kind,
      callosum,
      hemispheres,
      units,
      layers,
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
    sensing,
  };
}

export function batchOf({ title, task, steps, trials, arm }: Case): TrialBatch {
  return { ...findTask(task).draw(findArm(arm), randomStream(5, title), trials), steps };
}

export const noiseOf = ({ title }: Case) => randomStream(5, `${title}/noise`);

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

/** Makes the form of roll-outs that is examined. */
type MakeRollout = (
  problem: RolloutProblem,
) => DifferentiableRollout | Promise<DifferentiableRollout>;

/** Initial weights with biases that are not 0. */
function weightsOf(network: MotorNetwork): Float64Array {
  const weights = network.initialWeights(2);
  const stream = randomStream(5, "biases");
  for (const tensor of network.layout.tensors) {
    if (!tensor.name.endsWith(".bias")) continue;
    viewOf(weights, tensor).forEach((_, i, biases) => biases[i] = stream.uniform(-0.2, 0.2));
  }
  return weights;
}

async function compare(item: Case, make: MakeRollout): Promise<void> {
  const problem = problemOf(item);
  const { layout } = problem.network;
  const weights = weightsOf(problem.network);
  const batch = batchOf(item);
  const [expected, actual] = [new Float64Array(layout.size), new Float64Array(layout.size)];
  const scalar = await scalarRollout(problem).gradient(weights, batch, expected, noiseOf(item));
  const form = await make(problem);
  assertSameOutcome(await form.gradient(weights, batch, actual, noiseOf(item)), scalar);
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

/** Register the suite for a form of roll-outs. */
export function rolloutContract(name: string, make: MakeRollout, chosen = cases): void {
  Deno.test(`losses and gradients of ${name} are those of the scalar roll-out`, async (t) => {
    for (const item of chosen) await t.step(item.title, () => compare(item, make));
  });
}

/** Register the suite for tensors on a backend. */
export function tensorRolloutContract(backend: ComputingBackend, chosen = cases): void {
  rolloutContract(
    `tensors on ${backend}`,
    (problem) => createRollout("tensors", problem, backend),
    chosen,
  );
}
