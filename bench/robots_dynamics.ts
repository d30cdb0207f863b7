/**
 * Steps of a robot's contact-free equations of motion, on one core: our kernel, MuJoCo's WebAssembly build
 * and its C library, from the same start under the same commands, by the same integrator.
 */
import loadMujoco from "@mujoco/mujoco";
import { mujocoScript } from "./motor_plant.ts";
import { PythonProcess } from "./python_process.ts";
import { handlings, type RobotRun, type RobotWork, robotWork, turnAt } from "./robots_kernel.ts";
import { robotModel } from "./robots_mujoco.ts";
import { type Conditions, type StepContestant, stepContestant } from "./step_speeds.ts";
import type { Clock } from "./timing.ts";

/** Robots that are stepped at once where that is possible. */
export const manyRobots = 1024;

/** Largest difference of a joint's angle at the end of a run that counts as the same, rad. */
const tolerance = { double: 1e-9, single: 1e-5 } as const;

/** Someone who steps the robot. */
export interface RobotStepper extends Conditions {
  readonly name: string;
  /** Steps of a run, of all copies together. */
  readonly steps: number;
  /** The angles at which a run ends, rad. */
  end(): Promise<readonly number[]>;
  contestant(clock: Clock): StepContestant;
}

const alike = { contacts: "off", batch: 1, precision: "double" } as const;

/** Ours; the kernel alone first, then handled like the others. */
export function ownSteppers(run: RobotRun): RobotStepper[] {
  return ([
    ["our kernel", "single", "inside"],
    ["ours, read and written", "single", "outside"],
    ["ours, read and written, double", "double", "outside"],
  ] as const).map(([name, precision, handling]) =>
    stepper(name, robotWork(run, manyRobots, precision, handling), {
      precision,
      contacts: "none",
      batch: manyRobots,
      includes: handlings[handling],
    })
  );
}

function stepper(name: string, work: RobotWork, conditions: Conditions): RobotStepper {
  const { steps } = work;
  return {
    ...conditions,
    name,
    steps,
    async end() {
      await work.run();
      return work.end();
    },
    contestant: (clock) => stepContestant(name, work, conditions, clock),
  };
}

/** MuJoCo's WebAssembly build. */
export async function webAssemblyStepper(run: RobotRun): Promise<RobotStepper> {
  const mujoco = await loadMujoco();
  const model = mujoco.MjModel.from_xml_string(modelOf(run));
  const data = new mujoco.MjData(model);
  const joints = run.robot.joints.length;
  const state = new Float64Array(2 * joints);
  const work: RobotWork = {
    steps: run.steps,
    run() {
      mujoco.mj_resetData(model, data);
      // Views, which do not outlive growth of the memory; it does not grow in a step.
      const [angles, velocities, control]: Float64Array[] = [data.qpos, data.qvel, data.ctrl];
      angles.set(run.start);
      for (let step = 0; step < run.steps; step++) {
        control.set(run.commands[turnAt(run, step)]);
        mujoco.mj_step(model, data);
        state.set(angles);
        state.set(velocities, joints);
      }
    },
    end: () => [...state.subarray(0, joints)],
  };
  const includes = handlings.outside;
  return stepper(`MuJoCo ${mujoco.mj_versionString()}, WASM`, work, { ...alike, includes });
}

/**
 * MuJoCo's C library, in a run of its own roll-out.
 * @param python a program that has it
 * @returns why not, where it cannot be started
 */
export async function librarySteppers(
  python: string,
  run: RobotRun,
): Promise<RobotStepper & AsyncDisposable | string> {
  const process = await PythonProcess.start<{ version: string }>(python, mujocoScript);
  if (typeof process === "string") return process;
  const model = run.robot.name;
  const { angles } = await process.request<{ angles: number[] }>({
    model,
    xml: modelOf(run),
    angles: run.start,
    controls: Array.from({ length: run.steps }, (_, step) => run.commands[turnAt(run, step)]),
  });
  const conditions = {
    ...alike,
    includes: "all states written, commands read at every step, within one roll-out in C++",
  };
  const name = `MuJoCo ${process.greeting.version}, C`;
  const { steps } = run;
  return {
    ...conditions,
    name,
    steps,
    end: () => Promise.resolve(angles),
    contestant: (clock) => ({
      ...conditions,
      name,
      steps,
      measure: async (repetitions) =>
        (await process.request<Record<Clock, number>>({ model, repetitions }))[clock],
    }),
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
}

const modelOf = ({ robot, gravity, timeStep }: RobotRun) =>
  robotModel(robot, { gravity, timeStep, integrator: "Euler" });

/**
 * How far each of `steppers` is from the last of them at the end of a run: the largest difference of a
 * joint's angle, rad.
 * @throws {Error} when it is no longer rounding
 */
export async function endDifferences(
  steppers: readonly RobotStepper[],
): Promise<{ readonly name: string; readonly difference: number }[]> {
  const reference = steppers[steppers.length - 1];
  const expected = await reference.end();
  const differences = [];
  for (const each of steppers.slice(0, -1)) {
    const end = await each.end();
    const difference = Math.max(...end.map((angle, j) => Math.abs(angle - expected[j])));
    const allowed = tolerance[each.precision === "double" ? "double" : "single"];
    if (!(difference <= allowed)) {
      throw new Error(
        `${each.name} does not make the steps of ${reference.name}: after ${each.steps} steps of ` +
          `all copies an angle differs by ${difference} rad, and ${allowed} is allowed`,
      );
    }
    differences.push({ name: each.name, difference });
  }
  return differences;
}
