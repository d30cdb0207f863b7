/**
 * Steps of Arm26, on one core: our plant, cannon-es, MuJoCo's WebAssembly build and its C library. Every
 * step is one of 10 ms under new commands, which turn round every tenth of a second.
 */
import loadMujoco from "@mujoco/mujoco";
import { defaultActuator } from "../sim/actuators/catalogue.ts";
import { findArm } from "../sim/arms/catalogue.ts";
import { middlePosture } from "../sim/arms/kinematics.ts";
import type { Precision } from "../sim/expression/batch.ts";
import { createBatch } from "../sim/expression/batches.ts";
import { cannonEngine } from "../sim/physics/cannon.ts";
import { createPlant, trainingEquations } from "../sim/physics/catalogue.ts";
import { horizontalScene, type PhysicsEngine } from "../sim/physics/engine.ts";
import { equationsEngine } from "../sim/physics/equations.ts";
import { equationsPlant } from "../sim/physics/equations_plant.ts";
import type { Plant } from "../sim/physics/plant.ts";
import {
  resetStatement,
  sensedSize,
  stateLayout,
  stepStatement,
} from "../sim/physics/plant_kernels.ts";
import { samePosture } from "../sim/tasks/draws.ts";
import { controlStep } from "../sim/tasks/task.ts";
import { type Drive, mujocoArm } from "./mujoco_arm.ts";
import { PythonProcess, type PythonScript } from "./python_process.ts";
import {
  type ByClock,
  type Clock,
  clockColumns,
  type Contestant,
  contestant,
  ratio,
  type Work,
} from "./timing.ts";

const arm = findArm("arm26");
const actuator = defaultActuator(arm);
const equations = trainingEquations({ arm, actuator, timeStep: controlStep });
const posture = middlePosture(arm);

/** Arms that are stepped at once where that is possible. */
const manyArms = 4096;
/** Steps of a run of one arm, and of many. */
const longRun = 1000;
const shortRun = 20;
const stepsOf = (arms: number) => arms > 1 ? shortRun : longRun;
/** Steps after which commands turn round. */
const halfPeriod = 10;

/** A contestant whose run is so many steps of an arm. */
export interface PlantContestant extends Contestant {
  readonly armSteps: number;
  readonly drive: Drive;
  /** What a step includes. */
  readonly includes: string;
  readonly precision: Precision;
}

/** Both ways in which the arm is driven by turns: N m, or excitations. */
const controls: Readonly<Record<Drive, readonly (readonly number[])[]>> = {
  motors: [[1, -0.5], [-1, 0.5]],
  muscles: [[0.3, 0.1, 0.3, 0.1, 0.3, 0.1], [0.1, 0.3, 0.1, 0.3, 0.1, 0.3]],
};

const controlsAt = (drive: Drive, step: number) =>
  controls[drive][Math.floor(step / halfPeriod) % 2];

/** What steps arms, from the start whenever it is prepared. */
interface Stepper extends Pick<PlantContestant, "name" | "drive" | "includes" | "precision"> {
  readonly arms: number;
  readonly steps: number;
  prepare(): void;
  step(number: number): void;
}

function plantContestant(stepper: Stepper, clock: Clock): PlantContestant {
  const { name, drive, includes, precision, arms, steps } = stepper;
  const work: Work = {
    prepare: () => stepper.prepare(),
    run() {
      for (let step = 0; step < steps; step++) stepper.step(step);
    },
  };
  const armSteps = arms * steps;
  return { ...contestant(name, work, clock), drive, includes, precision, armSteps };
}

/** Both commands as rows, [muscle][arm]. */
const commandRows = (arms: number) => controls.muscles.map((command) => samePosture(command, arms));

/** The kernel alone: states and commands stay in its own memory, as they do in a training. */
function kernelStepper(): Stepper {
  const batch = createBatch("single", manyArms, {
    angles: arm.joints.length,
    state: stateLayout(equations).size,
    sensed: sensedSize(equations),
    command: actuator.count,
  });
  const after = { newState: "state", newSensed: "sensed" };
  const command = batch.array("command");
  const takeCommand = batch.compile([{ take: ["command"] }]);
  const step = batch.compile([{ kernel: stepStatement(equations, []), arrays: after }]);
  const reset = batch.compile([
    { take: ["angles"] },
    { kernel: resetStatement(equations), arrays: after },
  ]);
  batch.array("angles").set(samePosture(posture, manyArms));
  const commands = commandRows(manyArms);
  return {
    name: "our kernel",
    drive: "muscles",
    includes: "six Hill muscles, in its own memory as in a training",
    precision: "single",
    arms: manyArms,
    steps: shortRun,
    prepare: reset,
    step(number) {
      if (number % halfPeriod === 0) {
        command.set(commands[number / halfPeriod % 2]);
        takeCommand();
      }
      step();
    },
  };
}

/** Under the contract of plants: commands are taken, and everything can be read, at every step. */
function plantStepper(name: string, precision: Precision, plant: Plant, more = ""): Stepper {
  const { arms } = plant;
  const start = samePosture(posture, arms);
  const commands = commandRows(arms);
  return {
    name,
    drive: "muscles",
    includes: `six Hill muscles${more}`,
    precision,
    arms,
    steps: stepsOf(arms),
    prepare: () => plant.reset(start),
    step: (number) => plant.step(commands[Math.floor(number / halfPeriod) % 2]),
  };
}

/** Under the contract of engines: torques are set and the joint state is read at every step. */
function engineStepper(name: string, precision: Precision, engine: PhysicsEngine): Stepper {
  const { arms } = engine;
  const start = {
    angles: samePosture(posture, arms),
    velocities: new Float64Array(posture.length * arms),
  };
  const state = structuredClone(start);
  const torques = controls.motors.map((torque) => samePosture(torque, arms));
  return {
    name,
    drive: "motors",
    includes: driven.motors,
    precision,
    arms,
    steps: stepsOf(arms),
    prepare: () => engine.reset(start),
    step(number) {
      engine.setTorques(torques[Math.floor(number / halfPeriod) % 2]);
      engine.step(controlStep);
      engine.readState(state);
    },
  };
}

/** What a step of MuJoCo includes. */
const driven: Readonly<Record<Drive, string>> = {
  motors: "torques of motors",
  muscles: "six muscles of its own on fixed tendons",
};

async function mujocoSteppers(): Promise<Stepper[]> {
  const mujoco = await loadMujoco();
  return (["motors", "muscles"] as const).map((drive) => {
    const model = mujoco.MjModel.from_xml_string(mujocoArm(arm, drive, controlStep));
    const data = new mujoco.MjData(model);
    let control: Float64Array;
    return {
      name: `MuJoCo ${mujoco.mj_versionString()}, WASM, ${drive}`,
      drive,
      includes: driven[drive],
      precision: "double",
      arms: 1,
      steps: longRun,
      prepare() {
        mujoco.mj_resetData(model, data);
        data.qpos.set(posture);
        control = data.ctrl; // a view that does not outlive growth of the memory
      },
      step(number) {
        control.set(controlsAt(drive, number));
        mujoco.mj_step(model, data);
      },
    };
  });
}

/** All of ours, cannon's and MuJoCo's WebAssembly; the kernel first. */
export async function plantContestants(clock: Clock): Promise<PlantContestant[]> {
  const request = { arm, actuator, arms: 1, timeStep: controlStep };
  const ourEngine = equationsEngine(arm, horizontalScene, {
    arms: manyArms,
    integrator: "semi-implicit",
  });
  const steppers = [
    kernelStepper(),
    plantStepper("our plant", "single", equationsPlant(equations, manyArms)),
    engineStepper("our engine", "single", ourEngine),
    plantStepper("our plant, the oracle", "double", equationsPlant(equations, manyArms, "double")),
    plantStepper(
      "cannon plant",
      "double",
      createPlant("cannon", request),
      ", five steps of the engine",
    ),
    engineStepper("cannon engine", "double", cannonEngine(arm, horizontalScene)),
    ...await mujocoSteppers(),
  ];
  return steppers.map((stepper) => plantContestant(stepper, clock));
}

export const mujocoScript: PythonScript = { file: "mujoco_steps.py", needs: ["mujoco"] };

type MujocoProcess = PythonProcess<{ readonly version: string }>;

/** MuJoCo's C library, or why it cannot be had from `python`. */
export async function startMujoco(python: string): Promise<MujocoProcess | string> {
  const process: MujocoProcess | string = await PythonProcess.start(python, mujocoScript);
  if (typeof process === "string") return process;
  for (const drive of ["motors", "muscles"] as const) {
    await process.request({
      model: drive,
      xml: mujocoArm(arm, drive, controlStep),
      angles: posture,
      controls: Array.from({ length: longRun }, (_, step) => controlsAt(drive, step)),
    });
  }
  return process;
}

export function mujocoContestants(process: MujocoProcess, clock: Clock): PlantContestant[] {
  return (["motors", "muscles"] as const).map((drive) => ({
    name: `MuJoCo ${process.greeting.version}, C, ${drive}`,
    drive,
    includes: driven[drive],
    precision: "double",
    armSteps: longRun,
    measure: async (repetitions) =>
      (await process.request<Record<Clock, number>>({ model: drive, repetitions }))[clock],
  }));
}

/** What each contestant's step is, a line each. */
export function plantLegend(contestants: readonly PlantContestant[]): string {
  return contestants
    .map(({ name, includes, precision }) => `${name}: ${includes}, ${precision} precision`)
    .join("\n");
}

/**
 * A row for each contestant: its speed, and how many times as fast our kernel is, and what we have under a
 * contract and driven alike.
 */
export function plantRows(
  contestants: readonly PlantContestant[],
  results: ByClock,
): Record<string, Record<string, number>> {
  const over = (base: number, i: number) => (clock: Clock) =>
    ratio(results[clock][i], results[clock][base]) * contestants[base].armSteps /
    contestants[i].armSteps;
  const alike = (drive: Drive) => contestants.findIndex((each, i) => i > 0 && each.drive === drive);
  return Object.fromEntries(
    contestants.map(({ name, armSteps, drive }, i) => [name, {
      ...clockColumns("10⁶ steps/s", (clock) => armSteps / results[clock][i].milliseconds / 1000),
      ...clockColumns("kernel over it", over(0, i)),
      ...clockColumns("ours alike over it", over(alike(drive), i)),
    }]),
  );
}
