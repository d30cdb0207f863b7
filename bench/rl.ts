/**
 * How fast reinforcement learning is, on this machine, in turn:
 *
 * - ppo: frames a second (simulated and learnt from) on one core, beside Stable-Baselines3 on Gymnasium's
 *   Reacher-v5 with the same settings;
 * - scaling: two trainings in two threads over one.
 *
 *   deno run --allow-read --allow-run bench/rl.ts [--rounds 5] [--python python3] [ppo] [scaling]
 *
 * `--python` is the program that has Stable-Baselines3, Gymnasium and MuJoCo (`--allow-run=<python>` is
 * enough), or `none`.
 */
import { gettingPython } from "./python_process.ts";
import { Baselines, baselinesScript, ownPpo, ppoTitle } from "./rl_ppo.ts";
import { measureScaling } from "./scaling.ts";
import { stepLegend, stepRows } from "./step_speeds.ts";
import { type Asked, measureSubjects } from "./subjects.ts";
import { byEachClock, type Clock } from "./timing.ts";

/** Milliseconds of a measurement. */
const shortest = 500;

async function ppo({ rounds, python }: Asked): Promise<void> {
  const started = python === "none" ? undefined : await Baselines.start(python);
  await using baselines = typeof started === "string" ? undefined : started;
  if (typeof started === "string") {
    console.log(
      `Without Stable-Baselines3: ${started}. Get it with\n${
        gettingPython(baselinesScript.needs)
      }\n`,
    );
  }
  console.log(`${ppoTitle}\n`);
  const contestants = (clock: Clock) => [
    ownPpo(clock),
    ...baselines ? [baselines.contestant(clock)] : [],
  ];
  const named = contestants("wall");
  console.log(stepLegend(named));
  const results = await byEachClock(contestants, { rounds, shortest });
  console.log(
    `\nMedians of ${rounds} rounds on one core, by the clock (wall) and processor time:\n`,
  );
  console.table(stepRows(named, results, { name: "10³ frames", steps: 1e3 }, { ours: 0 }));
}

async function scaling({ rounds }: Asked): Promise<void> {
  await measureScaling(["training"], rounds);
}

await measureSubjects({ ppo, scaling }, 5);
