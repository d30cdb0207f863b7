/**
 * How fast the motor study is, beside what others offer, on this machine and one core, all in turn:
 *
 * - update: a training update beside the same one in TensorFlow.js (WASM) and in PyTorch (on the
 *   processor, eager and compiled), which first has to compute the same numbers;
 * - plant: steps of Arm26 beside cannon-es and MuJoCo, its WebAssembly build and its C library;
 * - shares: where the time of an update goes.
 *
 *   deno run --allow-read --allow-run --allow-sys bench/motor.ts \
 *     [--rounds 7] [--python python3] [update] [plant] [shares]
 *
 * `--python` is the program that has PyTorch and MuJoCo (`--allow-run=<python>` is enough), or `none`.
 * PyTorch takes about a minute to compile. `--allow-sys` is for `shares`, which uses V8's profiler.
 */
import { defaultRollout, rolloutNames } from "../learners/motor/rollouts.ts";
import {
  mujocoContestants,
  mujocoScript,
  plantContestants,
  plantLegend,
  plantRows,
  startMujoco,
} from "./motor_plant.ts";
import { MotorPyTorch, motorPyTorchScript, pytorchForms } from "./motor_pytorch.ts";
import { updateShares } from "./motor_shares.ts";
import {
  motorTrainer,
  motorUpdateTitle,
  rolloutTitles,
  updateContestant,
  updateRows,
} from "./motor_update.ts";
import { gettingPython } from "./python_process.ts";
import { type Asked, measureSubjects } from "./subjects.ts";
import { byEachClock, type Clock, readable } from "./timing.ts";

const shortest = 200;
/** Updates until V8 has optimised everything, and milliseconds for which they are then profiled. */
const warmUp = 2000;
const profiled = 5000;

async function update({ rounds, python }: Asked): Promise<void> {
  const trainers = await Promise.all(rolloutNames.map(motorTrainer));
  await using pytorch = await pytorchFrom(python);
  console.log(motorUpdateTitle);
  for (const form of rolloutNames) console.log(`${form}: ${rolloutTitles[form]}`);
  if (pytorch) {
    console.log(
      `PyTorch ${pytorch.version}: one thread, single precision; eager: both hemispheres as one batch, ` +
        "fused Adam;\ncompiled: five time steps as one function. Its losses and its gradient beside ours " +
        "in double precision,\nlargest relative differences:\n",
    );
    const found = await pytorch.check(trainers[rolloutNames.indexOf("scalar")].rollout);
    console.table(Object.fromEntries(
      found.map(({ form, precision, terms, gradient }) => [`${form}, ${precision} precision`, {
        "losses": readable(terms),
        "gradient": readable(gradient),
      }]),
    ));
  }
  const contestants = (clock: Clock) => [
    ...rolloutNames.map((form, i) => updateContestant(trainers[i], form, clock)),
    ...pytorch ? pytorchForms.map((form) => pytorch.contestant(form, clock)) : [],
  ];
  const results = await byEachClock(contestants, { rounds, shortest });
  console.log(medians(rounds));
  console.table(updateRows(contestants("wall").map(({ name }) => name), results));
}

const medians = (rounds: number) =>
  `\nMedians of ${rounds} rounds, by the clock (wall) and processor time:\n`;

async function pytorchFrom(python: string): Promise<MotorPyTorch | undefined> {
  if (python === "none") return undefined;
  const pytorch = await MotorPyTorch.start(python);
  if (typeof pytorch !== "string") return pytorch;
  console.log(`Without PyTorch: ${pytorch}. Get it with\n${gettingPython(everything)}\n`);
  return undefined;
}

const everything = [...motorPyTorchScript.needs, ...mujocoScript.needs];

async function plant({ rounds, python }: Asked): Promise<void> {
  const started = python === "none" ? undefined : await startMujoco(python);
  await using mujoco = typeof started === "string" ? undefined : started;
  if (typeof started === "string") {
    console.log(
      `Without MuJoCo's C library: ${started}. Get it with\n${gettingPython(everything)}`,
    );
  }
  console.log(
    "\nSteps of Arm26 with its joint limits, 10 ms each, on one core, under commands that turn round every\n" +
      "tenth of a second. Ours has 4,096 arms at once and no contacts. MuJoCo is a general engine in double\n" +
      "precision, for any bodies and constraints, with contacts, which are switched off here; it takes its\n" +
      "fastest integrator. Alike: driven in the same way, and everything read and written at every step.\n",
  );
  const contestants = async (clock: Clock) => [
    ...await plantContestants(clock),
    ...mujoco ? mujocoContestants(mujoco, clock) : [],
  ];
  const named = await contestants("wall");
  console.log(plantLegend(named));
  const results = await byEachClock(contestants, { rounds, shortest });
  console.log(medians(rounds));
  console.table(plantRows(named, results));
}

async function shares(): Promise<void> {
  const trainer = await motorTrainer(defaultRollout);
  for (let i = 0; i < warmUp; i++) await trainer.update();
  console.log(`\nWhere the time of an update by ${defaultRollout} goes:\n`);
  console.table(await updateShares(trainer, profiled));
}

await measureSubjects({ update, plant, shares }, 7);
