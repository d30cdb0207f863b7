/**
 * The training of one model on one task, epoch by epoch, with a validation after each. It goes on from a
 * snapshot bit for bit: an update depends on weights, optimiser and its number alone.
 *
 * It has one phase, in which everything learns, or a second one after it, in which the merge weights alone
 * go on with an optimiser and trials of their own.
 */
import { z } from "zod";
import type { MotorNetwork } from "../../../controllers/motor_network.ts";
import type { RandomStream } from "../../../sim/random.ts";
import type { TrialBatch } from "../../../sim/tasks/trial.ts";
import type { JobProgress, Series, Snapshot } from "../../method.ts";
import { adamState } from "../../nn/adam.ts";
import { DivergenceError } from "../evaluation/divergence.ts";
import { losses, totalLoss } from "../objectives.ts";
import type { DifferentiableRollout, RolloutOutcome } from "../rollout.ts";
import { freshState, Trainer, type TrainerState, type TrainingPlan } from "../trainer.ts";
import { withFrozen } from "./frozen.ts";

/** What is trained and how. */
export interface TrainingSetup {
  readonly network: MotorNetwork;
  readonly rollout: DifferentiableRollout;
  /** The first phase. */
  readonly plan: TrainingPlan;
  /** Updates from one validation to the next. */
  readonly epoch: number;
  readonly validation: TrialBatch;
  /** The noise of a validation, if the senses have any; the same every time. */
  readonly validationNoise: () => RandomStream;
  /** Validations without progress after which the first phase ends; 0: it never does early. */
  readonly patience: number;
  /** Whether the merge weights learn. */
  readonly mergeLearns: boolean;
  /** The second phase: how long it is, and the seed of its trials. */
  readonly mergeOnly: { readonly updates: number; readonly seed: number };
}

const numbers = z.array(z.number());

/** What is written down after each epoch: losses and errors of the validation trials. */
const historySchema = z.object({
  /** Updates done. */
  updates: numbers,
  balanced: numbers,
  accuracy: numbers,
  economy: numbers,
  /** m */
  finalError: numbers,
});

type History = z.infer<typeof historySchema>;

const valuesSchema = z.object({
  phase: z.literal([0, 1]),
  /** Updates done in this phase. */
  phaseUpdates: z.int().min(0),
  /** Elements of gradients so far that were not finite. */
  nonFinite: z.int().min(0),
  history: historySchema,
});

/** A training in progress. */
export class StudyTraining {
  readonly #setup: TrainingSetup;
  readonly #unusedGradient: Float64Array;
  #phase: 0 | 1 = 0;
  #trainer: Trainer;
  #nonFinite = 0;
  #history: History = { updates: [], balanced: [], accuracy: [], economy: [], finalError: [] };
  /** Updates of the phases that have ended. */
  #before = 0;

  private constructor(setup: TrainingSetup) {
    this.#setup = setup;
    this.#unusedGradient = new Float64Array(setup.network.layout.size);
    this.#trainer = this.#trainerOf(0, freshState(setup.network, setup.plan.seed));
  }

  /** A training from its beginning, or from where a snapshot of the same setup was taken. */
  static async start(setup: TrainingSetup, snapshot?: Snapshot): Promise<StudyTraining> {
    const training = new StudyTraining(setup);
    if (snapshot) training.#restore(snapshot);
    else await training.#validate();
    return training;
  }

  /** Updates done. */
  get step(): number {
    return this.#before + this.#trainer.updates;
  }

  /** Updates in all, unless it ends early. */
  get steps(): number {
    return this.#setup.plan.updates + this.#setup.mergeOnly.updates;
  }

  get finished(): boolean {
    return this.#phaseIsOver && (this.#phase === 1 || this.#setup.mergeOnly.updates === 0);
  }

  /** The weights, which go on changing. */
  get weights(): Float64Array {
    return this.#trainer.state.weights;
  }

  /** Elements of all gradients that were not finite and were taken as 0. */
  get nonFinite(): number {
    return this.#nonFinite;
  }

  /**
   * Do the updates up to the next validation, and that.
   * @throws {DivergenceError} when losses or weights are no longer finite
   */
  async epoch(): Promise<JobProgress["metrics"]> {
    if (this.#phaseIsOver && !this.finished) this.#enterMergeOnly();
    const { epoch, network } = this.#setup;
    let loss = 0;
    let updates = 0;
    do {
      const outcome = await this.#trainer.update();
      this.#requireFinite(outcome);
      this.#nonFinite += outcome.nonFinite;
      loss += totalLoss(outcome.terms, losses.balanced);
      updates++;
    } while (this.#trainer.updates % epoch !== 0 && !this.#trainer.finished);
    await this.#validate();
    const merge = network.mergeWeights(this.weights);
    return {
      "loss": loss / updates,
      "validation loss": this.#history.balanced.at(-1)!,
      "final error": this.#history.finalError.at(-1)!,
      ...merge.length > 0 && { "merge left": merge[0], "merge right": merge[1] },
    };
  }

  /** What the validations have given, over the updates. */
  get series(): Record<string, Series> {
    const { updates: x, balanced, accuracy, economy, finalError } = this.#history;
    return {
      "validation loss": { x, y: balanced },
      "validation loss A": { x, y: accuracy },
      "validation loss B": { x, y: economy },
      "validation final error": { x, y: finalError },
    };
  }

  /** All that a training of the same setup needs to go on exactly here; copies. */
  snapshot(): Snapshot {
    const { weights, adam: { first, second, updates } } = this.#trainer.state;
    const tensor = (data: Float64Array) => ({ shape: [data.length], data: data.slice() });
    const values: z.infer<typeof valuesSchema> = {
      phase: this.#phase,
      phaseUpdates: updates,
      nonFinite: this.#nonFinite,
      history: structuredClone(this.#history),
    };
    return {
      step: this.step,
      tensors: {
        "weights": tensor(weights),
        "adam.first": tensor(first),
        "adam.second": tensor(second),
      },
      values,
    };
  }

  /**
   * @throws {RangeError} when the snapshot is not one of this setup
   * @throws {z.ZodError} when its values are not those of a training
   */
  #restore({ step, tensors, values }: Snapshot): void {
    const { phase, phaseUpdates, nonFinite, history } = valuesSchema.parse(values);
    const { size } = this.#setup.network.layout;
    const numbersOf = (name: string): Float64Array => {
      const data = tensors[name]?.data;
      if (data instanceof Float64Array && data.length === size) return data.slice();
      throw new RangeError(
        `tensor ${name} of the snapshot is not one of ${size} double-precision numbers: it belongs ` +
          "to another network",
      );
    };
    this.#trainer = this.#trainerOf(phase, {
      weights: numbersOf("weights"),
      adam: {
        first: numbersOf("adam.first"),
        second: numbersOf("adam.second"),
        updates: phaseUpdates,
      },
    });
    this.#phase = phase;
    this.#before = step - phaseUpdates;
    this.#nonFinite = nonFinite;
    this.#history = history;
  }

  get #phaseIsOver(): boolean {
    return this.#trainer.finished || (this.#phase === 0 && this.#outOfPatience);
  }

  get #outOfPatience(): boolean {
    const { patience } = this.#setup;
    const { balanced } = this.#history;
    if (patience === 0) return false;
    const best = balanced.indexOf(Math.min(...balanced));
    return balanced.length - 1 - best >= patience;
  }

  #trainerOf(phase: 0 | 1, state: TrainerState): Trainer {
    const { network, rollout, plan, mergeLearns, mergeOnly } = this.#setup;
    const ofMerge = (name: string) => name.startsWith("merge.");
    const isFrozen = phase === 1
      ? (name: string) => !ofMerge(name)
      : (name: string) => !mergeLearns && ofMerge(name);
    const learning = withFrozen(rollout, network.layout, isFrozen);
    return new Trainer(phase === 1 ? { ...plan, ...mergeOnly } : plan, network, learning, state);
  }

  #enterMergeOnly(): void {
    const { weights } = this;
    this.#before = this.step;
    this.#phase = 1;
    this.#trainer = this.#trainerOf(1, { weights, adam: adamState(weights.length) });
  }

  async #validate(): Promise<void> {
    const { rollout, validation, validationNoise } = this.#setup;
    const { terms, finalError } = await rollout.gradient(
      this.weights,
      validation,
      this.#unusedGradient,
      validationNoise(),
    );
    const history = this.#history;
    history.updates.push(this.step);
    history.balanced.push(totalLoss(terms, losses.balanced));
    history.accuracy.push(totalLoss(terms, losses.accuracy));
    history.economy.push(totalLoss(terms, losses.economy));
    history.finalError.push(finalError);
  }

  #requireFinite({ terms }: RolloutOutcome): void {
    const finite = Object.values(terms).every(Number.isFinite);
    if (finite && this.weights.every(Number.isFinite)) return;
    const what = finite ? "weights are" : "loss is";
    throw new DivergenceError(`the ${what} no longer finite after update ${this.step}`);
  }
}
