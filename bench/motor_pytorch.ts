/** The same training update in PyTorch (motor_pytorch.py): whether it computes the same, and how fast. */
import { randomStream } from "../sim/random.ts";
import type { TrialBatch } from "../sim/tasks/trial.ts";
import type { DifferentiableRollout } from "../learners/motor/rollout.ts";
import { motorPlan, motorProblem } from "./motor_update.ts";
import { PythonProcess, type PythonScript } from "./python_process.ts";
import type { Clock, Contestant } from "./timing.ts";

export const motorPyTorchScript: PythonScript = { file: "motor_pytorch.py", needs: ["torch"] };

/** One operation after the other, or made into functions of several steps by torch.compile. */
export const pytorchForms = ["eager", "compiled"] as const;

export type PyTorchForm = (typeof pytorchForms)[number];

/** How far PyTorch's numbers are from ours. */
export interface Agreement {
  readonly form: PyTorchForm;
  readonly precision: "single" | "double";
  /** Largest relative difference of a loss's term. */
  readonly terms: number;
  /** Largest difference of an element of the gradient, as a share of the largest element. */
  readonly gradient: number;
}

/** What counts as the same numbers. */
const tolerance = 1e-4;

/** PyTorch in a process of its own. */
export class MotorPyTorch implements AsyncDisposable {
  readonly #process: PythonProcess<{ readonly version: string }>;

  private constructor(process: PythonProcess<{ readonly version: string }>) {
    this.#process = process;
  }

  /**
   * @param python a program that has PyTorch
   * @returns why not, where it cannot be started
   */
  static async start(python: string): Promise<MotorPyTorch | string> {
    const process = await PythonProcess.start<{ version: string }>(python, motorPyTorchScript);
    return typeof process === "string" ? process : new MotorPyTorch(process);
  }

  get version(): string {
    return this.#process.greeting.version;
  }

  /**
   * Compare losses and gradient on the initial weights and a batch of trials with those of `rollout`.
   * @throws {Error} when they are not the same
   */
  async check(rollout: DifferentiableRollout): Promise<Agreement[]> {
    const { network, equations } = motorProblem;
    const { arm, task, seed, batch, adam } = motorPlan;
    const weights = network.initialWeights(seed);
    const trials = task.draw(arm, randomStream(seed, "bench/motor-pytorch"), batch);
    const gradient = new Float64Array(network.layout.size);
    const { terms } = await rollout.gradient(weights, trials, gradient);
    await this.#process.request({
      problem: {
        arm,
        timeStep: equations.timeStep,
        learningRate: adam.learningRate,
        layout: network.layout.tensors,
        weights: [...weights],
        ...plainTrials(trials),
      },
    });
    const own = [terms.positionL1, terms.positionSquared, terms.effort, terms.activity];
    const found: Agreement[] = [];
    for (const [form, precision] of comparisons) {
      const theirs = await this.#process.request<{ terms: number[]; gradient: number[] }>({
        request: "gradient",
        form,
        precision,
      });
      const agreement = {
        form,
        precision,
        terms: Math.max(...own.map((term, i) => Math.abs(theirs.terms[i] / term - 1))),
        gradient: largest(theirs.gradient.map((value, i) => value - gradient[i])) /
          largest(gradient),
      };
      found.push(agreement);
      if (agreement.terms <= tolerance && agreement.gradient <= tolerance) continue;
      throw new Error(
        `PyTorch (${form}, ${precision} precision) computes something else: its losses differ by ` +
          `${agreement.terms}, its gradient by ${agreement.gradient}`,
      );
    }
    return found;
  }

  /** A run is an update; only after `check`. */
  contestant(form: PyTorchForm, clock: Clock): Contestant {
    return {
      name: `PyTorch, ${form}`,
      measure: async (repetitions) => {
        const request = { request: "measure", form, precision: "single", repetitions };
        return (await this.#process.request<Record<Clock, number>>(request))[clock];
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}

/** Compiling takes a minute and more, so it is done in one precision. */
const comparisons: readonly (readonly [PyTorchForm, Agreement["precision"]])[] = [
  ["eager", "double"],
  ["eager", "single"],
  ["compiled", "single"],
];

function plainTrials({ trials, steps, startAngles, goal }: TrialBatch) {
  return { trials, steps, startAngles: [...startAngles], goal: [...goal] };
}

function largest(values: Iterable<number>): number {
  let found = 0;
  for (const value of values) found = Math.max(found, Math.abs(value));
  return found;
}
