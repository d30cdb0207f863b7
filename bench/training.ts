/**
 * Training updates per second: the compiled roll-out against the same roll-out one tensor operation at a
 * time on TensorFlow.js's WASM backend.
 *
 *   deno run --allow-read bench/training.ts [rounds]
 *
 * Both train the same network on the same trials. They take turns, so that whatever else the machine
 * does meets both; a round is one tensor update and as many compiled ones as take about as long.
 */
import { MotorNetwork } from "../controllers/motor_network.ts";
import { compiledRollout } from "../learners/motor/compiled_rollout.ts";
import { objectives } from "../learners/motor/objectives.ts";
import type { DifferentiableRollout, RolloutProblem } from "../learners/motor/rollout.ts";
import { tensorRollout } from "../learners/motor/tensor_rollout.ts";
import { Trainer } from "../learners/motor/trainer.ts";
import { kerasAdam } from "../learners/nn/adam.ts";
import { readyBackend } from "../learners/nn/backend.ts";
import { defaultActuator } from "../sim/actuators/catalogue.ts";
import { findArm } from "../sim/arms/catalogue.ts";
import { horizontalScene } from "../sim/physics/engine.ts";
import { observationLayout } from "../sim/sensors/observation.ts";
import { findTask } from "../sim/tasks/catalogue.ts";
import { controlStep } from "../sim/tasks/task.ts";
import { clocks, median, roundsAsked } from "./timing.ts";

const trials = 64;
const task = findTask("random-reach");
const arm = findArm("arm26");
const actuator = defaultActuator(arm);
const problem: RolloutProblem = {
  network: new MotorNetwork({
    kind: "bilateral",
    units: 32,
    layers: 2,
    callosum: "maxpool-pad",
    inputs: observationLayout(arm, actuator.muscles).size,
    outputs: actuator.count,
    outputActivation: "sigmoid",
  }),
  equations: {
    arm,
    actuator,
    scene: horizontalScene,
    integrator: "motornet",
    timeStep: controlStep,
  },
  losses: objectives.specialised,
};

/** Milliseconds that an update takes. */
interface Cost {
  /** By the clock. */
  readonly wall: number;
  /** Of processor time, which other programs on the machine disturb less. */
  readonly processor: number;
}

function trainerOf(rollout: DifferentiableRollout): Trainer {
  const plan = { arm, task, seed: 1, updates: 2000, batch: trials, adam: kerasAdam };
  return new Trainer(plan, problem.network, rollout);
}

/** The mean cost of `count` updates. */
async function measure(trainer: Trainer, count: number): Promise<Cost> {
  const before = { wall: clocks.wall(), processor: clocks.processor() };
  for (let update = 0; update < count; update++) await trainer.update();
  return {
    wall: (clocks.wall() - before.wall) / count,
    processor: (clocks.processor() - before.processor) / count,
  };
}

const rounds = roundsAsked(7);
const { detail } = await readyBackend("wasm");
const [compiled, tensors] = [compiledRollout, tensorRollout].map((make) =>
  trainerOf(make(problem))
);
await measure(compiled, 30); // until V8 has optimised the kernels
await measure(tensors, 1);
const perRound = Math.max(
  1,
  Math.round((await measure(tensors, 1)).wall / (await measure(compiled, 10)).wall),
);

const costs: { compiled: Cost; tensors: Cost }[] = [];
for (let round = 0; round < rounds; round++) {
  costs.push({
    compiled: await measure(compiled, perRound),
    tensors: await measure(tensors, 1),
  });
}

console.log(
  `One update: draw ${trials} random reaches, roll out 50 steps, pull both losses back, clip, Adam, ` +
    "project.\n" +
    "Bilateral network, 2 layers of 32 units, callosum, specialised; Arm26 with six Hill muscles.\n" +
    `compiled: JavaScript kernels, double precision. tensors: TensorFlow.js on ${detail}, single\n` +
    "precision, products of transposed matrices already repaired, one forward pass for both losses.\n" +
    `Medians of ${rounds} rounds, the two in turn, ${perRound} compiled updates to one of tensors.\n`,
);
console.table(
  Object.fromEntries(
    (["wall", "processor"] as const).map((clock) => {
      const [fast, slow] = (["compiled", "tensors"] as const).map((form) =>
        median(costs.map((cost) => cost[form][clock]))
      );
      return [clock === "wall" ? "by the clock" : "processor time", {
        "compiled, updates/s": +(1000 / fast).toFixed(1),
        "tensors, updates/s": +(1000 / slow).toFixed(2),
        "ratio": +median(costs.map((cost) => cost.tensors[clock] / cost.compiled[clock])).toFixed(
          1,
        ),
      }];
    }),
  ),
);
