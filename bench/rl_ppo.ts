/**
 * PPO on the Reacher, simulation and learning together, on one core: ours, and Stable-Baselines3 on
 * Gymnasium's Reacher-v5, by the same settings: those of our method, which are the usual ones for robots.
 */
import { type PpoConfig, ppoSchema, startPpo } from "../learners/rl/ppo_method.ts";
import { PythonProcess, type PythonScript } from "./python_process.ts";
import {
  type Conditions,
  type StepContestant,
  stepContestant,
  type StepWork,
} from "./step_speeds.ts";
import type { Clock } from "./timing.ts";

/** As many steps as keep the learning rate up over the measurement. */
const config: PpoConfig = ppoSchema.parse({ task: "ArmReacher", steps: 100_000_000 });
const { copies, rolloutLength, epochs, miniBatches, units, layers } = config;
const frames = copies * rolloutLength;

export const ppoTitle =
  `An iteration of PPO on Reacher-v5: ${rolloutLength} steps of ${copies} copies, then ${epochs} epochs of ` +
  `${miniBatches} mini-batches of ${
    frames / miniBatches
  }.\nPolicy and value: perceptrons of ${layers} layers of ` +
  `${units} ${config.activation} units; observations and rewards normalised.`;

const start = () => startPpo("plain", config, 1);

/** An iteration. */
export function ppoWork(): StepWork {
  const ppo = start();
  return { steps: frames, run: async () => void await ppo.iterate() };
}

/** Ours. */
export function ownPpo(clock: Clock): StepContestant {
  const conditions: Conditions = {
    precision: "single and double",
    contacts: "none",
    batch: copies,
    includes: "environment and networks in single precision, losses and optimiser in double",
  };
  return stepContestant("ours", ppoWork(), conditions, clock);
}

export const baselinesScript: PythonScript = {
  file: "rl_baselines3.py",
  // Gymnasium's arms ask for imageio.
  needs: ["mujoco", "gymnasium", "imageio", "torch", "stable_baselines3"],
};

interface Greeting {
  readonly baselines: string;
  readonly gymnasium: string;
  readonly torch: string;
}

/** Stable-Baselines3 in a process of its own. */
export class Baselines implements AsyncDisposable {
  readonly #process: PythonProcess<Greeting>;

  private constructor(process: PythonProcess<Greeting>) {
    this.#process = process;
  }

  /**
   * @param python a program that has it
   * @returns why not, where it cannot be started
   * @throws {Error} when it makes other networks of the settings than we do
   */
  static async start(python: string): Promise<Baselines | string> {
    const process = await PythonProcess.start<Greeting>(python, baselinesScript);
    if (typeof process === "string") return process;
    const { parameters } = await process.request<{ parameters: number }>({ settings: config });
    const own = start().parameters.length;
    if (parameters === own) return new Baselines(process);
    await process[Symbol.asyncDispose]();
    throw new Error(`Stable-Baselines3 has ${parameters} parameters to learn, ours has ${own}`);
  }

  contestant(clock: Clock): StepContestant {
    const { baselines, gymnasium, torch } = this.#process.greeting;
    return {
      name: `Stable-Baselines3 ${baselines}`,
      precision: "single and double",
      contacts: "none",
      batch: copies,
      includes:
        `Gymnasium ${gymnasium}, one process; PyTorch ${torch}, one thread, single precision; MuJoCo in double`,
      steps: frames,
      measure: async (repetitions) =>
        (await this.#process.request<Record<Clock, number>>({ repetitions }))[clock],
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}
