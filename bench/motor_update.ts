/**
 * The training update that is measured: draw 64 random reaches, roll out 50 steps, pull both losses back
 * through arm and network, clip, Adam, keep the merge weights from being negative. A bilateral network of
 * 2 layers of 32 units with callosum, specialised; Arm26 with six Hill muscles.
 */
import { MotorNetwork } from "../controllers/motor_network.ts";
import { objectives } from "../learners/motor/objectives.ts";
import type { RolloutProblem } from "../learners/motor/rollout.ts";
import { createRollout, type RolloutName } from "../learners/motor/rollouts.ts";
import { Trainer, type TrainingPlan } from "../learners/motor/trainer.ts";
import { kerasAdam } from "../learners/nn/adam.ts";
import { defaultActuator } from "../sim/actuators/catalogue.ts";
import { findArm } from "../sim/arms/catalogue.ts";
import { trainingEquations } from "../sim/physics/catalogue.ts";
import { observationLayout } from "../sim/sensors/observation.ts";
import { findTask } from "../sim/tasks/catalogue.ts";
import { controlStep } from "../sim/tasks/task.ts";
import {
  type ByClock,
  type Clock,
  clockColumns,
  type Contestant,
  contestant,
  ratio,
} from "./timing.ts";

const arm = findArm("arm26");
const actuator = defaultActuator(arm);

export const motorPlan: TrainingPlan = {
  arm,
  task: findTask("random-reach"),
  seed: 1,
  updates: 2000,
  batch: 64,
  adam: kerasAdam,
};

export const motorProblem: RolloutProblem = {
  network: new MotorNetwork({
    kind: "bilateral",
    units: 32,
    layers: 2,
    callosum: "maxpool-pad",
    inputs: observationLayout(arm, actuator.muscles).size,
    outputs: actuator.count,
    outputActivation: "sigmoid",
  }),
  equations: trainingEquations({ arm, actuator, timeStep: controlStep }),
  losses: objectives.specialised,
};

export const motorUpdateTitle =
  `One update: draw ${motorPlan.batch} random reaches, roll out 50 steps, pull both losses back, clip, ` +
  "Adam,\nproject. Bilateral network, 2 layers of 32 units, callosum, specialised; Arm26 with six Hill " +
  "muscles.";

/** What each form of our roll-outs computes with. */
export const rolloutTitles: Readonly<Record<RolloutName, string>> = {
  vector: "WebAssembly, single precision, four trials at a time",
  scalar: "JavaScript, double precision",
  tensors:
    "TensorFlow.js on its WASM backend, single precision, products of transposed matrices repaired",
};

/** A training by roll-outs of one form. */
export async function motorTrainer(form: RolloutName): Promise<Trainer> {
  const { network } = motorProblem;
  return new Trainer(motorPlan, network, await createRollout(form, motorProblem, "wasm"));
}

/** A run is an update. */
export function updateContestant(trainer: Trainer, form: RolloutName, clock: Clock): Contestant {
  return contestant(form, { run: async () => void await trainer.update() }, clock);
}

/** A row for each contestant: its time, and how many times as long as the first one it takes. */
export function updateRows(
  names: readonly string[],
  results: ByClock,
): Record<string, Record<string, number>> {
  return Object.fromEntries(names.map((name, i) => [name, {
    ...clockColumns("ms an update", (clock) => results[clock][i].milliseconds),
    ...clockColumns("updates/s", (clock) => 1000 / results[clock][i].milliseconds),
    ...clockColumns(`over ${names[0]}`, (clock) => ratio(results[clock][i], results[clock][0])),
  }]));
}
