/**
 * The training agent: trains a run's controller, tells the bus how it goes, hands over checkpoints, and
 * at the end measures the controller in both engines, before and after.
 *
 * Publishes `progress`, `evaluation` and `status` events, weights and checkpoints; listens to control
 * messages. It touches no files.
 */
import { networkController } from "../controllers/network_controller.ts";
import type { MotorNetwork } from "../controllers/motor_network.ts";
import { compiledRollout } from "../learners/motor/compiled_rollout.ts";
import { losses, objectives, totalLoss } from "../learners/motor/objectives.ts";
import type {
  DifferentiableRollout,
  RolloutOutcome,
  RolloutProblem,
} from "../learners/motor/rollout.ts";
import { Trainer, type TrainerState } from "../learners/motor/trainer.ts";
import { type Bus, subjects } from "../cluster/bus.ts";
import { decodeControl, encodeMessage, type Evaluation, type Event } from "../cluster/protocol.ts";
import { type EngineName, engineNames } from "../sim/physics/catalogue.ts";
import { phaseEnds, type Task } from "../sim/tasks/task.ts";
import { encodeCheckpoint, encodeWeights } from "./checkpoint.ts";
import { scriptedController } from "./controllers.ts";
import { DivergenceError } from "./divergence.ts";
import { evaluate, type MeanMeasures } from "./evaluator.ts";
import {
  learns,
  type RunConfig,
  runNetwork,
  type RunParts,
  runParts,
  trainingPlan,
} from "./run_config.ts";

/** A training to do. */
export interface TrainingRequest {
  readonly run: string;
  readonly config: RunConfig;
  /** Where to go on from; the beginning unless given. */
  readonly state?: TrainerState;
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

/** Let the event loop run, so that messages arrive. */
const breathe = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

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
    return await work(bus, request, () => stopping);
  } finally {
    control.unsubscribe();
  }
}

/** A scripted controller is the same before and after. */
async function measureScripted(
  bus: Bus,
  { run, config }: TrainingRequest,
  stopping: () => boolean,
): Promise<TrainingEnd> {
  const parts = runParts(config);
  for (const engine of engineNames) {
    await breathe();
    if (stopping()) return "stopped";
    const measures = evaluate(
      { ...parts, ...measuring(config), engine },
      () => scriptedController(parts),
    );
    for (const stage of ["before", "after"] as const) {
      publishEvaluation(bus, run, config, { stage, update: 0, engine, measures });
    }
  }
  return "finished";
}

async function trainNetwork(
  bus: Bus,
  { run, config, state }: TrainingRequest,
  stopping: () => boolean,
): Promise<TrainingEnd> {
  const parts = runParts(config);
  const network = runNetwork(config, parts);
  const { equations } = parts;
  const problem = { network, equations, losses: objectives[config.objective] };
  const rollout = await createRollout(config, problem);
  const start = state && structuredClone(state);
  const trainer = new Trainer(trainingPlan(config, parts), network, rollout, start);
  const evaluated = (result: EvaluationResult) => publishEvaluation(bus, run, config, result);
  const reporter = new TrainingReporter(bus, run, trainer);
  await untilStopped(config, parts, trainer, reporter, evaluated, stopping);
  if (!trainer.finished) return "stopped";
  return await evaluateInAllEngines(config, parts, trainer, evaluated, stopping);
}

/**
 * Train until the plan is fulfilled or `stopping` says so. It stops only where a progress event has just
 * been said, so that the log of a resumed run has the same ones.
 */
async function untilStopped(
  config: RunConfig,
  parts: RunParts,
  trainer: Trainer,
  reporter: TrainingReporter,
  evaluated: (result: EvaluationResult) => void,
  stopping: () => boolean,
): Promise<void> {
  reporter.weights();
  let breathed = performance.now();
  let kept = -1;
  while (!trainer.finished && !(stopping() && trainer.updates % progressEvery === 0)) {
    const outcome = await trainer.update();
    requireFinite(outcome, trainer);
    reporter.updated(outcome);
    const { updates, network, state } = trainer;
    if (isWaypoint(parts.task, updates, config.updates)) {
      const engine = "equations";
      const measures = measure(config, parts, network, state.weights, engine);
      evaluated({ stage: "during", update: updates, engine, measures });
    }
    // After all events of the update: what is kept with a checkpoint does not happen again.
    if (updates % checkpointEvery === 0) {
      reporter.checkpoint();
      kept = updates;
    }
    if (performance.now() - breathed > yieldEvery) {
      reporter.weights();
      await breathe();
      breathed = performance.now();
    }
  }
  reporter.weights();
  if (kept !== trainer.updates) reporter.checkpoint();
}

/** Gradients are mended where they are not finite; a loss or a weight that is not finite cannot be. */
function requireFinite({ terms }: RolloutOutcome, { state, updates }: Trainer): void {
  const what = Object.values(terms).every(Number.isFinite) ? "weights are" : "loss is";
  if (what === "weights are" && state.weights.every(Number.isFinite)) return;
  throw new DivergenceError(`the ${what} no longer finite after update ${updates}`);
}

/** Whether an evaluation on the way is due after this update: now and then, and as a phase ends. */
function isWaypoint(task: Task, update: number, updates: number): boolean {
  const spacing = Math.max(1, Math.round(updates / evaluationsOnTheWay));
  return update < updates &&
    (update % spacing === 0 || phaseEnds(task, updates).includes(update));
}

/**
 * Held-out measures before the first update and after the last one, in every engine. A stop is obeyed
 * between two of them; a resumed run makes all of them again.
 */
async function evaluateInAllEngines(
  config: RunConfig,
  parts: RunParts,
  trainer: Trainer,
  evaluated: (result: EvaluationResult) => void,
  stopping: () => boolean,
): Promise<TrainingEnd> {
  const { network, state } = trainer;
  const stages = [
    { stage: "before", update: 0, weights: network.initialWeights(config.seed) },
    { stage: "after", update: trainer.updates, weights: state.weights },
  ] as const;
  for (const { stage, update, weights } of stages) {
    for (const engine of engineNames) {
      await breathe();
      if (stopping()) return "stopped";
      const measures = measure(config, parts, network, weights, engine);
      evaluated({ stage, update, engine, measures });
    }
  }
  return "finished";
}

function measure(
  config: RunConfig,
  parts: RunParts,
  network: MotorNetwork,
  weights: Float64Array,
  engine: EngineName,
): MeanMeasures {
  return evaluate(
    { ...parts, ...measuring(config), engine },
    (arms) => networkController(network, weights, arms),
  );
}

const measuring = ({ seed, evaluationTrials }: RunConfig) => ({ seed, trials: evaluationTrials });

type EvaluationResult = Omit<Evaluation, "type" | "trials">;

function publishEvaluation(
  bus: Bus,
  run: string,
  config: RunConfig,
  result: EvaluationResult,
): void {
  const event: Event = { type: "evaluation", trials: config.evaluationTrials, ...result };
  bus.publish(subjects.events(run), encodeMessage(event));
}

/** The roll-out that the configuration names; tensors are loaded only when asked for. */
async function createRollout(
  config: RunConfig,
  problem: RolloutProblem,
): Promise<DifferentiableRollout> {
  if (config.trainer === "compiled") return compiledRollout(problem);
  const { readyBackend } = await import("../learners/nn/backend.ts");
  await readyBackend(config.backend);
  const { tensorRollout } = await import("../learners/motor/tensor_rollout.ts");
  return tensorRollout(problem);
}

/** Tells the bus how a training goes. */
class TrainingReporter {
  /** When the last progress events were said, oldest first. */
  #marks: { readonly update: number; readonly time: number }[];
  #finalErrors: number[] = [];
  #nonFinite = 0;

  constructor(readonly bus: Bus, readonly run: string, readonly trainer: Trainer) {
    this.#marks = [{ update: trainer.updates, time: performance.now() }];
  }

  #publish(event: Event): void {
    this.bus.publish(subjects.events(this.run), encodeMessage(event));
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
  checkpoint(): void {
    const bytes = encodeCheckpoint(this.trainer.network.layout, this.trainer.state);
    this.bus.publish(subjects.checkpoints(this.run), bytes);
  }
}
