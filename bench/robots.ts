/**
 * How fast robots and their tasks are, beside what others offer, on this machine, all in turn:
 *
 * - environment: whole control steps of `ArmReacher` on one core, beside MuJoCo's C library and Gymnasium's
 *   Reacher-v5, which first have to give the same observations and rewards;
 * - dynamics: steps of the Panda's equations of motion on one core, beside MuJoCo's WebAssembly build and its C
 *   library, which first have to come to the same posture;
 * - scaling: both of ours on two cores over one.
 *
 *   deno run --allow-read --allow-run bench/robots.ts \
 *     [--rounds 7] [--python python3] [environment] [dynamics] [scaling]
 *
 * `--python` is the program that has MuJoCo and Gymnasium (`--allow-run=<python>` is enough), or `none`.
 */
import { mujocoScript } from "./motor_plant.ts";
import { gettingPython } from "./python_process.ts";
import {
  endDifferences,
  librarySteppers,
  manyRobots,
  ownSteppers,
  webAssemblyStepper,
} from "./robots_dynamics.ts";
import { ownReachers, PythonReachers, reacherScript } from "./robots_environment.ts";
import { pandaRun } from "./robots_kernel.ts";
import { measureScaling } from "./scaling.ts";
import { stepLegend, stepRows } from "./step_speeds.ts";
import { type Asked, measureSubjects } from "./subjects.ts";
import { byEachClock, type Clock, readable } from "./timing.ts";

/** Milliseconds of a measurement. */
const shortest = 300;

const medians = (rounds: number) =>
  `\nMedians of ${rounds} rounds on one core, by the clock (wall) and processor time:\n`;

/** What has been started, or nothing, after saying why. */
function orWithout<Started>(what: string, started: Started | string): Started | undefined {
  if (typeof started !== "string") return started;
  const needs = new Set([...mujocoScript.needs, ...reacherScript.needs]);
  console.log(`Without ${what}: ${started}. Get it with\n${gettingPython([...needs])}\n`);
  return undefined;
}

async function environment({ rounds, python }: Asked): Promise<void> {
  await using others = python === "none"
    ? undefined
    : orWithout("MuJoCo and Gymnasium", await PythonReachers.start(python));
  console.log(
    "Whole control steps of ArmReacher, which is Gymnasium's Reacher-v5: random actions drawn beforehand,\n" +
      "two Runge-Kutta steps of 10 ms, observation, reward, a new start after 50 steps.\n",
  );
  if (others) {
    console.log("MuJoCo's numbers beside ours, largest differences relative to 1 + the number:\n");
    const agreements = await others.check();
    console.table(Object.fromEntries(
      agreements.map(({ form, precision, observation, reward }) => [
        `its ${form} a call, our ${precision} precision`,
        { "observations": readable(observation), "rewards": readable(reward) },
      ]),
    ));
  }
  const contestants = (clock: Clock) => [
    ...ownReachers(clock),
    ...others?.contestants(clock) ?? [],
  ];
  const named = contestants("wall");
  console.log(stepLegend(named));
  const results = await byEachClock(contestants, { rounds, shortest });
  console.log(medians(rounds));
  console.table(stepRows(named, results, { name: "10³ steps", steps: 1e3 }, { ours: 0 }));
}

async function dynamics({ rounds, python }: Asked): Promise<void> {
  const run = pandaRun();
  await using library = python === "none"
    ? undefined
    : orWithout("MuJoCo's C library", await librarySteppers(python, run));
  const steppers = [
    ...ownSteppers(run),
    ...library ? [library] : [],
    await webAssemblyStepper(run),
  ];
  console.log(
    `\nSteps of ${run.robot.summary}, ${
      run.timeStep * 1000
    } ms each: motors' commands to torques, gravity,\n` +
      `accelerations, semi-implicit Euler, joint limits. Ours has ${manyRobots} copies at once and no contacts.\n` +
      "MuJoCo is a general engine in double precision, for any bodies and constraints, with contacts, which\n" +
      "are off here; it takes its fastest integrator.\n",
  );
  console.log(
    `Angles after ${run.steps} steps beside those of ${steppers[steppers.length - 1].name}, ` +
      "largest differences:\n",
  );
  console.table(Object.fromEntries(
    (await endDifferences(steppers)).map(({ name, difference }) => [name, {
      "rad": readable(difference),
    }]),
  ));
  const contestants = (clock: Clock) => steppers.map((each) => each.contestant(clock));
  console.log(stepLegend(steppers));
  const results = await byEachClock(contestants, { rounds, shortest });
  console.log(medians(rounds));
  console.log("kernel, alike: our kernel, and ours as it is read and written like the others.\n");
  console.table(
    stepRows(
      contestants("wall"),
      results,
      { name: "10⁶ steps", steps: 1e6 },
      { "kernel": 0, "alike": 1 },
    ),
  );
}

async function scaling({ rounds }: Asked): Promise<void> {
  await measureScaling(["environment", "dynamics"], rounds);
}

await measureSubjects({ environment, dynamics, scaling }, 7);
