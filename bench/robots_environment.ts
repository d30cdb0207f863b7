/**
 * Whole control steps of `ArmReacher`, which is Gymnasium's Reacher-v5, on one core: ours, MuJoCo's C
 * library as fast as Python can drive it, and Gymnasium's environment itself. A step includes that an action
 * is applied, two steps of the physics of 10 ms (fourth-order Runge-Kutta), observation, reward, and starting
 * anew after 50 of them.
 */
import { armReacher } from "../sim/environments/arm_reacher.ts";
import { createEnvironment } from "../sim/environments/catalogue.ts";
import type { Precision } from "../sim/expression/batch.ts";
import { randomStream } from "../sim/random.ts";
import { gymReacher } from "../sim/robots/reachers.ts";
import { PythonProcess, type PythonScript } from "./python_process.ts";
import { robotModel } from "./robots_mujoco.ts";
import {
  type Conditions,
  type StepContestant,
  stepContestant,
  type StepWork,
} from "./step_speeds.ts";
import type { Clock } from "./timing.ts";

const { specification: { name: task, horizon, physicsStep, controlStep }, actionSpace } =
  armReacher;

/** Copies that act at once. */
export const manyReachers = 1024;
/** As many as PPO has usually. */
const fewReachers = 8;

const seed = 1;

/** An episode of all copies under random actions that are drawn beforehand. */
export function reacherWork(copies: number, precision: Precision): StepWork {
  const environment = createEnvironment(task, copies, precision);
  const random = randomStream(seed, "bench/robots/actions");
  const actions = Array.from(
    { length: horizon },
    () =>
      Float64Array.from(
        { length: actionSpace.low.length * copies },
        () => random.uniform(-1, 1),
      ),
  );
  environment.reset(seed);
  return {
    steps: copies * horizon,
    run() {
      for (const action of actions) environment.step(action);
    },
  };
}

/** Ours; many copies first, which the others are compared with. */
export function ownReachers(clock: Clock): StepContestant[] {
  return ([
    [manyReachers, "single"],
    [manyReachers, "double"],
    [fewReachers, "single"],
  ] as const).map(([batch, precision]) => {
    const conditions: Conditions = {
      precision,
      contacts: "none",
      batch,
      includes: "an action for all copies and a step at a time, arrays in double precision",
    };
    const name = `ours, ${batch} copies, ${precision}`;
    return stepContestant(name, reacherWork(batch, precision), conditions, clock);
  });
}

export const reacherScript: PythonScript = {
  file: "robots_environment.py",
  needs: ["mujoco", "gymnasium", "imageio"], // which Gymnasium's arms ask for
};

interface Versions {
  readonly mujoco: string;
  readonly gymnasium: string;
}

/** The ways in which the others do it. */
const forms = ["episode", "step", "gymnasium"] as const;

type Form = (typeof forms)[number];

const formNames: Readonly<Record<Form, (versions: Versions) => string>> = {
  episode: ({ mujoco }) => `MuJoCo ${mujoco}, C, an episode a call`,
  step: ({ mujoco }) => `MuJoCo ${mujoco}, C, a step a call`,
  gymnasium: ({ gymnasium }) => `Gymnasium ${gymnasium}, Reacher-v5`,
};

const numpy = "the arm alone, mujoco.rollout on one thread, the rest by NumPy";

const formConditions: Readonly<Record<Form, Conditions>> = {
  episode: {
    precision: "double",
    contacts: "off",
    batch: manyReachers,
    includes: `${numpy}; the actions of an episode have to be known beforehand`,
  },
  step: {
    precision: "double",
    contacts: "off",
    batch: manyReachers,
    includes: `${numpy}; a call for each control step, as a policy needs it`,
  },
  gymnasium: {
    precision: "double",
    contacts: "none",
    batch: 1,
    includes: "as its users have it, its target on two joints more",
  },
};

/** How far MuJoCo's observations and rewards are from ours, at the most. */
export interface ReacherAgreement {
  readonly form: Form;
  readonly precision: Precision;
  readonly observation: number;
  readonly reward: number;
}

/** What counts as the same numbers. */
const tolerance: Readonly<Record<Precision, number>> = { double: 1e-9, single: 1e-5 };

/** MuJoCo and Gymnasium in a process of Python. */
export class PythonReachers implements AsyncDisposable {
  readonly #process: PythonProcess<Versions>;

  private constructor(process: PythonProcess<Versions>) {
    this.#process = process;
  }

  /**
   * @param python a program that has both
   * @returns why not, where it cannot be started
   */
  static async start(python: string): Promise<PythonReachers | string> {
    const process = await PythonProcess.start<Versions>(python, reacherScript);
    if (typeof process === "string") return process;
    await process.request({
      xml: robotModel(gymReacher, {
        gravity: [0, 0, 0],
        timeStep: physicsStep,
        integrator: "RK4",
      }),
      copies: manyReachers,
      substeps: Math.round(controlStep / physicsStep),
      horizon,
    });
    return new PythonReachers(process);
  }

  /**
   * Compare an episode of a few copies with ours, from the same starts under the same actions.
   * @throws {Error} when the numbers are not the same
   */
  async check(): Promise<ReacherAgreement[]> {
    const found: ReacherAgreement[] = [];
    for (const precision of ["double", "single"] as const) {
      const { given, observations, rewards } = ownEpisode(precision);
      for (const form of ["episode", "step"] as const) {
        const theirs = await this.#process.request<Episode>({ form, check: given });
        const agreement = {
          form,
          precision,
          observation: largestDifference(observations, theirs.observations.flat(2)),
          reward: largestDifference(rewards, theirs.rewards.flat()),
        };
        found.push(agreement);
        const allowed = tolerance[precision];
        if (agreement.observation <= allowed && agreement.reward <= allowed) continue;
        throw new Error(
          `MuJoCo (${form}) has another Reacher than ours in ${precision} precision: observations differ ` +
            `by ${agreement.observation}, rewards by ${agreement.reward}; ${allowed} is allowed`,
        );
      }
    }
    return found;
  }

  contestants(clock: Clock): StepContestant[] {
    return forms.map((form) => ({
      name: formNames[form](this.#process.greeting),
      ...formConditions[form],
      steps: formConditions[form].batch * horizon,
      measure: async (repetitions) =>
        (await this.#process.request<Record<Clock, number>>({ form, repetitions }))[clock],
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}

/** By copy and step. */
interface Episode {
  readonly observations: readonly (readonly (readonly number[])[])[];
  readonly rewards: readonly (readonly number[])[];
}

/**
 * An episode of a few copies in our environment: what it started from, and what came of it, [copy][step] and
 * then what is observed. The elbow is driven so little that it stays away from its limit, which is a stop in
 * ours and a spring in MuJoCo.
 */
function ownEpisode(precision: Precision) {
  const copies = fewReachers;
  const environment = createEnvironment(task, copies, precision);
  const random = randomStream(seed, "bench/robots/check");
  const column = (array: Float64Array, copy: number) =>
    Array.from({ length: array.length / copies }, (_, row) => array[row * copies + copy]);
  const start = environment.reset(seed);
  const given = {
    angles: [] as number[][],
    velocities: [] as number[][],
    targets: [] as number[][],
    actions: Array.from({ length: copies }, (): number[][] => []),
  };
  for (let copy = 0; copy < copies; copy++) {
    const [c1, c2, s1, s2, x, y, v1, v2] = column(start, copy);
    given.angles.push([Math.atan2(s1, c1), Math.atan2(s2, c2)]);
    given.velocities.push([v1, v2]);
    given.targets.push([x, y]);
  }
  const observed = given.actions.map((): number[][] => []);
  const rewarded = given.actions.map((): number[] => []);
  for (let step = 0; step < horizon; step++) {
    for (const actions of given.actions) {
      actions.push([random.uniform(-1, 1), random.uniform(-0.1, 0.1)]);
    }
    const action = Float64Array.from(
      { length: 2 * copies },
      (_, i) => given.actions[i % copies][step][Math.floor(i / copies)],
    );
    const { finalObservation, reward } = environment.step(action);
    for (let copy = 0; copy < copies; copy++) {
      observed[copy].push(column(finalObservation, copy));
      rewarded[copy].push(reward[copy]);
    }
  }
  return { given, observations: observed.flat(2), rewards: rewarded.flat() };
}

/** Relative to 1 + the number. */
function largestDifference(actual: readonly number[], expected: readonly number[]): number {
  if (actual.length !== expected.length) {
    throw new Error(`${actual.length} numbers are compared with ${expected.length}`);
  }
  let largest = 0;
  for (let i = 0; i < actual.length; i++) {
    const difference = Math.abs(actual[i] - expected[i]) / (1 + Math.abs(expected[i]));
    largest = Math.max(largest, Number.isNaN(difference) ? Infinity : difference);
  }
  return largest;
}
