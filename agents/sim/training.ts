/**
 * The training agent: trains a run's controller, tells the bus how it goes, hands over checkpoints, and
 * at the end measures the controller in both engines, before and after.
 *
 * Publishes `progress`, `evaluation` and `status` events, weights and checkpoints; listens to control
 * messages. It touches no files.
 */
import { losses, objectives, totalLoss } from "../../learners/motor/objectives.ts";
import type { RolloutOutcome } from "../../learners/motor/rollout.ts";
import { createRollout } from "../../learners/motor/rollouts.ts";
import { Trainer, type TrainerState } from "../../learners/motor/trainer.ts";
import { type Bus, subjects } from "../../cluster/bus.ts";
import {
  decodeControl,
  encodeMessage,
  type Evaluation,
  type Event,
} from "../../cluster/protocol.ts";
import { type EngineName, engineNames } from "../../sim/physics/catalogue.ts";
import { phaseEnds, type Task } from "../../sim/tasks/task.ts";
import { breathe } from "../breathe.ts";
import { encodeCheckpoint, encodeWeights } from "./checkpoint.ts";
import { DivergenceError } from "../../learners/motor/evaluation/divergence.ts";
import type { MeanMeasures } from "../../learners/motor/evaluation/evaluator.ts";
import { Outbox } from "../outbox.ts";
import { learns, type RunConfig, runNetwork, runParts, trainingPlan } from "./run_config.ts";
import { type RunEvaluator, runEvaluator } from "./run_evaluator.ts";

/** A training to do. */
export interface TrainingRequest {
  readonly run: string;
  readonly config: RunConfig;
  /** Where to go on from; the beginning unless given. */
  readonly state?: TrainerState;
  /**
   * Actors that are wanted for the evaluations, which otherwise are done in this thread: while it trains
   * they measure, and at the end all measure together. The numbers are the same.
   */
  readonly actors?: number;
  /** The engines in which it is measured in the end; all unless given. */
  readonly engines?: readonly EngineName[];
}

/** How a training ended. */
export type TrainingEnd = "finished" | "stopped";

/** Updates between two progress events. */
const progressEvery = 10;
/** Updates between two checkpoints. */
const checkpointEvery = 100;
/** Evaluations during a training, beside the last one. */
const evaluationsOnTheWay = 10;
/** Progress events over which the rate of updates is measured. */
const rateWindow = 20;
/** Longest time between two looks at the messages that have come in, ms. */
const yieldEvery = 50;

/**
 * Does the training, or measures a controller that does not learn; resolves when that is finished or has
 * been stopped.
 */
export async function train(bus: Bus, request: TrainingRequest): Promise<TrainingEnd> {
  // Before anything is waited for: a stop that follows the request at once must not be lost.
  let stopping = false;
  const control = bus.subscribe(subjects.control(request.run), (payload) => {
    stopping ||= decodeControl(payload).type === "stop";
  });
  const work = learns(request.config) ? trainNetwork : measureScripted;
  try {
    using evaluator = runEvaluator(bus, request);
    return await work(bus, request, evaluator, () => stopping);
  } finally {
    control.unsubscribe();
  }
}

/** A scripted controller is the same before and after. */
async function measureScripted(
  bus: Bus,
  { run, config, engines = engineNames }: TrainingRequest,
  evaluator: RunEvaluator,
  stopping: () => boolean,
): Promise<TrainingEnd> {
  for (const engine of engines) {
    await breathe();
    if (stopping()) return "stopped";
    const measures = await evaluator.measure({ engine, waiting: true });
    for (const stage of ["before", "after"] as const) {
      const event = evaluationEvent(config, { stage, update: 0, engine, measures });
      bus.publish(subjects.events(run), event);
    }
  }
  return "finished";
}

async function trainNetwork(
  bus: Bus,
  { run, config, state, engines = engineNames }: TrainingRequest,
  evaluator: RunEvaluator,
  stopping: () => boolean,
): Promise<TrainingEnd> {
  const parts = runParts(config);
  const network = runNetwork(config, parts);
  const { equations } = parts;
  const problem = { network, equations, losses: objectives[config.objective] };
  const rollout = await createRollout(config.trainer, problem, config.backend);
  const start = state && structuredClone(state);
  const trainer = new Trainer(trainingPlan(config, parts), network, rollout, start);
  const reporter = new TrainingReporter(bus, run, config, trainer);
  await untilStopped(config, parts.task, trainer, reporter, evaluator, stopping);
  if (!trainer.finished) return "stopped";
  return await measureInEngines(engines, config, trainer, reporter, evaluator, stopping);
}

/**
 * Train until the plan is fulfilled or `stopping` says so. It stops only where a progress event has just
 * been said, so that the log of a resumed run has the same ones.
 */
async function untilStopped(
  config: RunConfig,
  task: Task,
  trainer: Trainer,
  reporter: TrainingReporter,
  evaluator: RunEvaluator,
  stopping: () => boolean,
): Promise<void> {
  reporter.weights();
  let breathed = performance.now();
  let kept = -1;
  while (!trainer.finished && !(stopping() && trainer.updates % progressEvery === 0)) {
    const outcome = await trainer.update();
    const divergence = divergenceOf(outcome, trainer);
    if (divergence) {
      await reporter.settled();
      throw divergence;
    }
    reporter.updated(outcome);
    const { updates, state } = trainer;
    if (isWaypoint(task, updates, config.updates)) {
      const engine = "equations";
      const weights = state.weights.slice();
      await reporter.evaluate(
        { stage: "during", update: updates, engine },
        () => evaluator.measure({ engine, weights, waiting: false }),
      );
    }
    // After all events of the update: what is kept with a checkpoint does not happen again.
    if (updates % checkpointEvery === 0) {
      await reporter.checkpoint();
      kept = updates;
    }
    if (performance.now() - breathed > yieldEvery) {
      reporter.weights();
      await breathe();
      breathed = performance.now();
    }
  }
  reporter.weights();
  if (kept !== trainer.updates) await reporter.checkpoint();
  await reporter.settled();
}

/** Gradients are mended where they are not finite; a loss or a weight that is not finite cannot be. */
function divergenceOf(
  { terms }: RolloutOutcome,
  { state, updates }: Trainer,
): DivergenceError | undefined {
  const what = Object.values(terms).every(Number.isFinite) ? "weights are" : "loss is";
  if (what === "weights are" && state.weights.every(Number.isFinite)) return undefined;
  return new DivergenceError(`the ${what} no longer finite after update ${updates}`);
}

/** Whether an evaluation on the way is due after this update: now and then, and as a phase ends. */
function isWaypoint(task: Task, update: number, updates: number): boolean {
  const spacing = Math.max(1, Math.round(updates / evaluationsOnTheWay));
  return update < updates &&
    (update % spacing === 0 || phaseEnds(task, updates).includes(update));
}

/**
 * Held-out measures before the first update and after the last one, in every engine of `engines`. A stop is obeyed
 * between two of them; a resumed run makes all of them again.
 */
async function measureInEngines(
  engines: readonly EngineName[],
  config: RunConfig,
  trainer: Trainer,
  reporter: TrainingReporter,
  evaluator: RunEvaluator,
  stopping: () => boolean,
): Promise<TrainingEnd> {
  const { network, state } = trainer;
  const stages = [
    { stage: "before", update: 0, weights: network.initialWeights(config.seed) },
    { stage: "after", update: trainer.updates, weights: state.weights },
  ] as const;
  for (const { stage, update, weights } of stages) {
    for (const engine of engines) {
      await breathe();
      if (stopping()) return "stopped";
      await reporter.evaluate(
        { stage, update, engine },
        () => evaluator.measure({ engine, weights, waiting: true }),
      );
      await reporter.settled();
    }
  }
  return "finished";
}

type EvaluationResult = Omit<Evaluation, "type" | "trials">;

function evaluationEvent(config: RunConfig, result: EvaluationResult): Uint8Array {
  return encodeMessage({ type: "evaluation", trials: config.evaluationTrials, ...result });
}

/**
 * Tells the bus how a training goes, in order: what follows an evaluation that is still being done waits
 * for it.
 */
class TrainingReporter {
  readonly #outbox: Outbox;
  /** When the last progress events were said, oldest first. */
  #marks: { readonly update: number; readonly time: number }[];
  #finalErrors: number[] = [];
  #nonFinite = 0;

  constructor(
    readonly bus: Bus,
    readonly run: string,
    readonly config: RunConfig,
    readonly trainer: Trainer,
  ) {
    this.#outbox = new Outbox(bus);
    this.#marks = [{ update: trainer.updates, time: performance.now() }];
  }

  #publish(event: Event): void {
    this.#outbox.publish(subjects.events(this.run), encodeMessage(event));
  }

  /** An update has been done. */
  updated({ terms, finalError, nonFinite }: RolloutOutcome): void {
    this.#finalErrors.push(finalError);
    this.#nonFinite += nonFinite;
    const { updates, plan, network, state } = this.trainer;
    if (updates % progressEvery !== 0 && !this.trainer.finished) return;
    const updatesPerSecond = this.#rate(updates);
    this.#publish({
      type: "progress",
      update: updates,
      updates: plan.updates,
      losses: {
        accuracy: totalLoss(terms, losses.accuracy),
        economy: totalLoss(terms, losses.economy),
        balanced: totalLoss(terms, losses.balanced),
      },
      finalError: this.#finalErrors.reduce((sum, error) => sum + error) /
        this.#finalErrors.length,
      nonFinite: this.#nonFinite,
      mergeWeights: network.mergeWeights(state.weights),
      updatesPerSecond,
      secondsLeft: (plan.updates - updates) / updatesPerSecond,
    });
    this.#finalErrors = [];
    this.#nonFinite = 0;
  }

  /** Updates per second of late: the first ones, while code is still being compiled, pass out of it. */
  #rate(updates: number): number {
    const now = performance.now();
    const [oldest] = this.#marks;
    this.#marks = [...this.#marks, { update: updates, time: now }].slice(-rateWindow);
    return (updates - oldest.update) / Math.max((now - oldest.time) / 1000, 1e-3);
  }

  /** Hand over the weights for whoever shows them. */
  weights(): void {
    const { network, state, updates } = this.trainer;
    const bytes = encodeWeights(network.layout, { weights: state.weights, updates });
    this.bus.publish(subjects.weights(this.run), bytes);
  }

  /** Hand over weights and optimiser for whoever keeps the run. */
  async checkpoint(): Promise<void> {
    const bytes = encodeCheckpoint(this.trainer.network.layout, this.trainer.state);
    // An evaluation may wait, with the checkpoint after it, until the next checkpoint.
    if (this.#outbox.waiting > 1) await this.#outbox.empty;
    this.#outbox.publish(subjects.checkpoints(this.run), bytes);
  }

  /**
   * Have an evaluation done and say what it gave: at once, or when it has been done elsewhere.
   * @throws what an evaluation before it failed with
   */
  async evaluate(
    result: Omit<EvaluationResult, "measures">,
    measure: () => MeanMeasures | Promise<MeanMeasures>,
  ): Promise<void> {
    await this.#outbox.empty;
    const measured = measure();
    const encode = (measures: MeanMeasures) =>
      evaluationEvent(this.config, { ...result, measures });
    const subject = subjects.events(this.run);
    if (measured instanceof Promise) this.#outbox.publishLater(subject, measured.then(encode));
    else this.#outbox.publish(subject, encode(measured));
  }

  /** Resolves when all has been said; rejects when an evaluation failed. */
  settled(): Promise<void> {
    return this.#outbox.empty;
  }
}
