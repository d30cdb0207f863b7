/**
 * What the jobs of the study are made of: the axes along which they differ, the configuration that they
 * share, and what both stand for.
 */
import { z } from "zod";
import { callosumNames } from "../../../controllers/callosum.ts";
import { type CellName, cellNames, defaultCell } from "../../../controllers/cells.ts";
import type { Actuator } from "../../../sim/actuators/actuator.ts";
import { findActuator } from "../../../sim/actuators/catalogue.ts";
import type { Arm } from "../../../sim/arms/arm.ts";
import { findArm } from "../../../sim/arms/catalogue.ts";
import { trainingEquations } from "../../../sim/physics/catalogue.ts";
import type { PlantEquations } from "../../../sim/physics/plant_equations.ts";
import { observationLayout } from "../../../sim/sensors/observation.ts";
import { humanSensing, perfectSensing, type Sensing } from "../../../sim/sensors/sensing.ts";
import { findTask } from "../../../sim/tasks/catalogue.ts";
import { controlStep, type Task } from "../../../sim/tasks/task.ts";
import { type Axis, combinationsOf } from "../../axes.ts";
import { defaultRollout, rolloutNames } from "../rollouts.ts";
import { type ModelName, modelNames, models, type NetworkSizes } from "./models.ts";

/** The tasks of the study by the names that its variants use: the paper's two, then extensions. */
const tasks = {
  reach: "random-reach",
  hold: "hold",
  "curl-field": "curl-field",
  "velocity-squared-field": "velocity-squared-field",
  "noisy-linear-field": "noisy-linear-field",
} as const;

export type StudyTask = keyof typeof tasks;

export const studyTasks = Object.keys(tasks) as StudyTask[];

/** Those that the paper's claims are about. */
export const paperTasks = ["reach", "hold"] as const satisfies StudyTask[];

export type PaperTask = (typeof paperTasks)[number];

/** Whether the paper's claims are about a task. */
export function isPaperTask(task: StudyTask): task is PaperTask {
  return (paperTasks as readonly StudyTask[]).includes(task);
}

/** What is run in a network's place so that there is something to be better than. */
export const floorModel = "constant";

/** A network, or the floor. */
export type StudyModelName = ModelName | typeof floorModel;

/** All of them, in the order in which they are shown. */
export const everyModel: readonly StudyModelName[] = [...modelNames, floorModel];

/** Tasks and models; the variants are their combinations. */
export const axes: readonly Axis[] = [
  {
    name: "tasks",
    meaning: "what is trained and tested",
    values: Object.fromEntries(
      studyTasks.map((task) => [task, findTask(tasks[task]).summary]),
    ),
  },
  {
    name: "models",
    meaning: "what controls the arm, and what it is trained on",
    values: {
      ...Object.fromEntries(Object.entries(models).map(([name, { meaning }]) => [name, meaning])),
      [floorModel]: "no network: the best of a few constant commands",
    },
  },
];

/** Of what a variant is the combination. */
export interface StudyVariant {
  readonly task: StudyTask;
  readonly model: StudyModelName;
}

const variants: ReadonlyMap<string, StudyVariant> = new Map(
  combinationsOf(axes).entries().map(([name, { tasks, models }]) => [
    name,
    { task: tasks as StudyTask, model: models as StudyModelName },
  ]),
);

/**
 * The task and the model of a variant.
 * @throws {RangeError} when there is no such variant
 */
export function studyVariant(name: string): StudyVariant {
  const variant = variants.get(name);
  if (variant) return variant;
  throw new RangeError(`no variant "${name}"; there are ${[...variants.keys()].join(", ")}`);
}

/** The name of a model's variant on a task. */
export const variantOf = (task: StudyTask, model: StudyModelName) => `${task}-${model}`;

/** What lies between body and controller, by name. */
const sensings = {
  "immediate": perfectSensing,
  "delayed": {
    ...perfectSensing,
    proprioceptionDelay: humanSensing.proprioceptionDelay,
    visionDelay: humanSensing.visionDelay,
  },
  "human": humanSensing,
} as const satisfies Readonly<Record<string, Sensing>>;

/** The arms of the study; those without muscles have torque motors only. */
const armNames = ["arm26", "human3"] as const;

const learnedCallosa = callosumNames.filter((name) => name !== "none");

/** The configuration of every job. */
export const studySchema = z.object({
  updates: z.int().min(1).max(1_000_000).default(2000).describe("updates of a training"),
  batch: z.int().min(1).max(65_536).default(64).describe("trials of an update"),
  learningRate: z.number().positive().default(1e-3).describe("learning rate of Adam"),
  clipping: z.number().positive().default(1).describe("largest norm of one tensor's gradient"),
  units: z.int().min(2).max(1024).default(32)
    .describe("units of a layer of the whole network; a hemisphere has half of them"),
  layers: z.int().min(1).max(32).default(2).describe("hidden layers"),
  callosum: z.enum(learnedCallosa).default("maxpool-pad")
    .describe("what couples the hemispheres of the bicc models; the bi models have none"),
  hemispheres: z.enum(cellNames as [CellName, ...CellName[]]).default(defaultCell)
    .describe("what hidden layers are made of: the paper's tanh units, or gated recurrent ones"),
  regulariser: z.enum(["intended", "as-released"]).default("intended").describe(
    "what the losses smooth: hidden activity, or, as the released code happens to, the state of the body",
  ),
  merge: z.enum(["learned", "fixed"]).default("learned")
    .describe("whether the hemispheres' weights in the merge learn or stay at one half"),
  mergeUpdates: z.int().min(0).max(1_000_000).default(0)
    .describe("updates after the training in which only the merge weights learn"),
  epoch: z.int().min(1).default(100).describe("updates from one validation to the next"),
  validationTrials: z.int().min(1).max(65_536).default(64).describe("trials of a validation"),
  patience: z.int().min(0).default(0)
    .describe("validations without progress after which a training ends; 0: it never does early"),
  testTrials: z.int().min(1).max(65_536).default(512).describe("trials of the test"),
  transferTrials: z.int().min(1).max(65_536).default(64)
    .describe("how many of them are done in cannon-es as well, at most all"),
  rollout: z.enum(rolloutNames).default(defaultRollout).describe(
    "what differentiates: vector in single precision, scalar in double, tensors on the tensor backend",
  ),
  arm: z.enum(armNames).default("arm26").describe("the arm; human3 has three joints"),
  actuator: z.enum(["muscles", "torque"]).default("muscles").describe("what drives it"),
  sensing: z.enum(Object.keys(sensings) as (keyof typeof sensings)[]).default("immediate")
    .describe(
      "what the controller is told: the state one step ago, or 20 ms (body) and 70 ms (vision) ago, " +
        "or so and with noise",
    ),
}).refine(({ arm, actuator }) => actuator === "torque" || findArm(arm).muscles.length > 0, {
  path: ["actuator"],
  error: ({ input }) => `arm ${(input as { arm: string }).arm} has no muscles; expected torque`,
}).refine(({ regulariser, actuator }) => regulariser === "intended" || actuator === "muscles", {
  path: ["regulariser"],
  error: "as-released is about the state of muscles; expected the actuator muscles",
}).refine(({ regulariser, rollout }) => regulariser === "intended" || rollout === "scalar", {
  path: ["rollout"],
  error: "only scalar knows the as-released regulariser; expected it",
}).refine(({ merge, mergeUpdates }) => merge === "learned" || mergeUpdates === 0, {
  path: ["mergeUpdates"],
  error: "merge weights that are fixed do not learn; expected 0",
});

export type StudyConfig = z.output<typeof studySchema>;

/** What a task and a configuration stand for. */
export interface StudyParts {
  readonly arm: Arm;
  readonly actuator: Actuator;
  readonly task: Task;
  readonly sensing: Sensing;
  readonly equations: PlantEquations;
  readonly sizes: NetworkSizes;
}

export function studyParts(taskName: StudyTask, config: StudyConfig): StudyParts {
  const arm = findArm(config.arm);
  const actuator = findActuator(
    config.actuator === "muscles" ? "hill-muscle" : "torque-motor",
    arm,
  );
  return {
    arm,
    actuator,
    task: findTask(tasks[taskName]),
    sensing: sensings[config.sensing],
    equations: trainingEquations({ arm, actuator, timeStep: controlStep }),
    sizes: {
      units: config.units,
      layers: config.layers,
      callosum: config.callosum,
      hemispheres: config.hemispheres,
      inputs: observationLayout(arm, actuator.muscles).size,
      outputs: actuator.count,
      outputActivation: actuator.muscles ? "sigmoid" : "tanh",
    },
  };
}
