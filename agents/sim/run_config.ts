/** The configuration of a `sim` run: everything that decides its numbers, as kept in `config.json`. */
import { z } from "zod";
import type { CallosumName } from "../../controllers/callosum.ts";
import { callosumNames } from "../../controllers/callosum.ts";
import { type CellName, cellNames } from "../../controllers/cells.ts";
import { MotorNetwork } from "../../controllers/motor_network.ts";
import { objectiveNames, objectives } from "../../learners/motor/objectives.ts";
import { rolloutNames } from "../../learners/motor/rollouts.ts";
import { computingBackends } from "../../learners/nn/backend.ts";
import type { TrainingPlan } from "../../learners/motor/trainer.ts";
import { kerasAdam } from "../../learners/nn/adam.ts";
import { type Actuator, actuatorNames } from "../../sim/actuators/actuator.ts";
import { findActuator } from "../../sim/actuators/catalogue.ts";
import type { Arm } from "../../sim/arms/arm.ts";
import { arms, findArm } from "../../sim/arms/catalogue.ts";
import { engineNames, trainingEquations } from "../../sim/physics/catalogue.ts";
import type { PlantEquations } from "../../sim/physics/plant_equations.ts";
import { observationLayout } from "../../sim/sensors/observation.ts";
import { findTask, tasks } from "../../sim/tasks/catalogue.ts";
import { controlStep, type Task } from "../../sim/tasks/task.ts";

/** Raised when a run's numbers change although its configuration does not. */
export const numericsVersion = 2;

/** Controllers that learn. */
export const learnedControllers = ["bilateral", "unilateral"] as const;

/** Controllers that can be chosen. */
export const controllerNames = [...learnedControllers, "minimum-jerk"] as const;

/**
 * The largest sizes that a run may ask for: beyond them it is a slip of the keyboard. All units of all
 * layers must fit into a frame (`cluster/frame.ts`: 65,535).
 */
export const largest = {
  updates: 10_000_000,
  batch: 65_536,
  units: 1024,
  layers: 32,
  evaluationTrials: 65_536,
} as const;

const nameOf = (registry: object) => z.enum(Object.keys(registry) as [string, ...string[]]);

/** See `RunConfig`. */
export const runConfig = z.strictObject({
  /** What made the run, for whoever compares numbers later. */
  versions: z.object({ callosum: z.string(), deno: z.string() }),
  /** Of the laboratory's numerics; another one cannot be resumed. */
  numerics: z.literal(numericsVersion),
  seed: z.int().min(0),
  arm: nameOf(arms),
  actuator: z.enum(actuatorNames),
  task: nameOf(tasks),
  controller: z.enum(controllerNames),
  /** Where trials are shown and the headline error is measured. */
  engine: z.enum(engineNames),
  /** Training updates; 0 for a controller that does not learn. */
  updates: z.int().min(0).max(largest.updates),
  /** Trials of one update. */
  batch: z.int().min(1).max(largest.batch),
  /** Units of one layer of the whole network. */
  units: z.int().min(2).max(largest.units),
  /** Hidden layers. */
  layers: z.int().min(1).max(largest.layers),
  callosum: z.enum(callosumNames as [CallosumName, ...CallosumName[]]),
  /** What the hidden layers are made of; the paper's cells unless given. */
  hemispheres: z.enum(cellNames as [CellName, ...CellName[]]).optional(),
  objective: z.enum(objectiveNames as [keyof typeof objectives, ...(keyof typeof objectives)[]]),
  learningRate: z.number().positive(),
  /** What differentiates the roll-outs. */
  trainer: z.enum(rolloutNames),
  /** The backend of the trainer `tensors`; idle otherwise. */
  backend: z.enum(computingBackends),
  /** Held-out trials of an evaluation. */
  evaluationTrials: z.int().min(1).max(largest.evaluationTrials),
}).refine(
  ({ controller, objective }) => controller !== "unilateral" || objective !== "specialised",
  { message: "objective specialised needs two hemispheres: controller bilateral" },
);

export type RunConfig = z.infer<typeof runConfig>;

/** What the names of a configuration stand for. */
export interface RunParts {
  readonly arm: Arm;
  readonly actuator: Actuator;
  readonly task: Task;
  readonly equations: PlantEquations;
}

/** The arm, actuators, task and equations of `config`. */
export function runParts(config: RunConfig): RunParts {
  const arm = findArm(config.arm);
  const actuator = findActuator(config.actuator, arm);
  const equations = trainingEquations({ arm, actuator, timeStep: controlStep });
  return { arm, actuator, task: findTask(config.task), equations };
}

/** Whether the configured controller learns. */
export function learns(config: RunConfig): boolean {
  return config.controller !== "minimum-jerk";
}

/** The network of a controller that learns. */
export function runNetwork(config: RunConfig, { arm, actuator }: RunParts): MotorNetwork {
  return new MotorNetwork({
    kind: config.controller === "unilateral" ? "unilateral" : "bilateral",
    units: config.units,
    layers: config.layers,
    callosum: config.controller === "unilateral" ? "none" : config.callosum,
    hemispheres: config.hemispheres,
    inputs: observationLayout(arm, actuator.muscles).size,
    outputs: actuator.count,
    outputActivation: actuator.muscles ? "sigmoid" : "tanh",
  });
}

/** The training of a controller that learns. */
export function trainingPlan(config: RunConfig, { arm, task }: RunParts): TrainingPlan {
  return {
    arm,
    task,
    seed: config.seed,
    updates: config.updates,
    batch: config.batch,
    adam: { ...kerasAdam, learningRate: config.learningRate },
  };
}
