/**
 * Does `sim` runs: a controller's training on an arm, in a thread of its own. Whoever wants to watch
 * finds its events and weights on the bus. Idle workers help with the evaluations, which are the same
 * whoever does them; the training's thread puts them together.
 *
 * A kept step is the training's own checkpoint (`checkpoint.ts`) with the evaluations so far in its
 * metadata, so that a training that goes on elsewhere has all of them in its result.
 */
import { z } from "zod";
import { type Bus, subjects } from "../../cluster/bus.ts";
import { digestOf } from "../../cluster/digest.ts";
import { inProcessBus } from "../../cluster/in_process.ts";
import { canonicalBytes } from "../../cluster/jobs/identity.ts";
import { decodeEvent, type Evaluation, evaluation } from "../../cluster/protocol.ts";
import type { TrainerState } from "../../learners/motor/trainer.ts";
import { decodeSafetensors, encodeSafetensors } from "../../learners/nn/safetensors.ts";
import { engineNames } from "../../sim/physics/catalogue.ts";
import { decodeCheckpoint } from "../sim/checkpoint.ts";
import { usefulActors } from "../rollouts/evaluation_fleet.ts";
import { sharingRollouts } from "../rollouts/shared_bus.ts";
import { learns, type RunConfig, runConfig, runNetwork, runParts } from "../sim/run_config.ts";
import { toLog } from "../sim/run_log.ts";
import { startTraining } from "../sim/training_thread.ts";
import { onAbort, unlessAborted } from "../abort.ts";
import {
  checkpointSeconds,
  type ExecutionContext,
  type ExecutionCost,
  type ExecutionEnd,
  type Executor,
} from "./executor.ts";

/** The result of a `sim` job, as canonical JSON. */
export const simResult = z.strictObject({
  /** Digest of the training's final checkpoint; null for a controller that does not learn. */
  checkpoint: z.string().nullable(),
  /** In the order in which they were made. */
  evaluations: z.array(evaluation),
});

/** Trainings whose trainer is not `tensors` run on no tensor backend. */
const device = "one core, compiled roll-outs";

/** Evaluations after the last update: before and after the training in every engine. */
const lastEvaluations = 2 * engineNames.length;

/** The most idle workers that one training occupies. */
const mostActors = 8;

/** Time between two sets of weights for those who watch at the least, ms. */
const weightsEvery = 250;

/** What weights may take of the network at the most, bytes/ms. */
const weightsRate = 500;

/** The executor of `sim` runs. */
export const simExecutor: Executor<RunConfig> = {
  kind: "sim",
  work: runConfig,
  async run(config, context) {
    const execution = new SimExecution(config, context);
    return await execution.run();
  },
};

class SimExecution {
  readonly #began = performance.now();
  /** A bus between the training's thread and this one, on which nothing is lost. */
  readonly #inside: Bus;
  readonly #failure = Promise.withResolvers<never>();
  readonly #evaluations: Evaluation[];
  /** The newest checkpoint of the training that is not kept yet. */
  #waiting?: Uint8Array<ArrayBuffer>;
  /** Of the training's newest checkpoint. */
  #digest: string | null = null;
  #lastMade = 0;
  #keptAt = performance.now();
  /** When weights are due for those who watch. */
  #nextShown = 0;

  constructor(readonly config: RunConfig, readonly context: ExecutionContext) {
    const kept = context.checkpoint;
    this.#evaluations = kept ? keptEvaluations(kept.bytes) : [];
    this.#failure.promise.catch(() => {});
    this.#inside = inProcessBus((error) => this.#failure.reject(error));
  }

  async run(): Promise<ExecutionEnd> {
    const { config, context } = this;
    const run = context.job;
    this.#inside.subscribe(subjects.events(run), (payload) => this.#hear(payload));
    this.#inside.subscribe(subjects.weights(run), (payload) => this.#show(payload));
    this.#inside.subscribe(subjects.checkpoints(run), (payload) => this.#take(payload));
    const state = this.#startingState();
    const bus = sharingRollouts(this.#inside, context.bus);
    const actors = Math.min(usefulActors(config.evaluationTrials), mostActors);
    using training = startTraining(bus, { run, config, state, actors });
    using _ = onAbort(context.stop, () => training.stop());
    const ended = Promise.race([training.ended, this.#failure.promise]);
    const end = await unlessAborted(context.abandon, ended);
    await this.#keep();
    if (end === "stopped") return { kind: "stopped" };
    const result = canonicalBytes({ checkpoint: this.#digest, evaluations: this.#evaluations });
    return { kind: "finished", result, device, cost: this.#cost };
  }

  #startingState(): TrainerState | undefined {
    const { config, context: { checkpoint } } = this;
    if (!checkpoint || !learns(config)) return undefined;
    return decodeCheckpoint(checkpoint.bytes, runNetwork(config, runParts(config)).layout);
  }

  get #cost(): ExecutionCost {
    return { seconds: (performance.now() - this.#began) / 1000, tensorBytes: 0 };
  }

  #hear(payload: Uint8Array): void {
    const { bus, job } = this.context;
    bus.publish(subjects.events(job), payload);
    const event = toLog(decodeEvent(payload));
    if (!event) return;
    if (event.type === "evaluation") this.#evaluations.push(event);
    // The last evaluations are steps beyond the last update: a training that goes on makes them again.
    const isLast = event.type === "evaluation" && event.stage !== "during";
    if (isLast) this.#lastMade++;
    const { updates } = this.config;
    const step = isLast ? updates + this.#lastMade : event.update;
    this.context.progress(step, updates + lastEvaluations, event);
  }

  /** Large ones come less often: those who watch are no reason to fill the network. */
  #show(payload: Uint8Array): void {
    const { bus, job, alive } = this.context;
    alive();
    const now = performance.now();
    if (now < this.#nextShown) return;
    this.#nextShown = now + Math.max(weightsEvery, payload.length / weightsRate);
    bus.publish(subjects.weights(job), payload);
  }

  #take(payload: Uint8Array): void {
    this.#digest = digestOf(payload);
    this.#waiting = payload.slice();
    const age = performance.now() - this.#keptAt;
    if (age >= 1000 * checkpointSeconds) this.#keep().catch(this.#failure.reject);
  }

  /** Keep the newest checkpoint, unless it is kept. */
  async #keep(): Promise<void> {
    const waiting = this.#waiting;
    if (!waiting) return;
    this.#waiting = undefined;
    this.#keptAt = performance.now();
    const { bytes, step } = withEvaluations(waiting, this.#evaluations);
    await this.context.keep({ bytes, step, cost: this.#cost, device });
  }
}

/** The training's checkpoint, with the evaluations up to it. */
function withEvaluations(checkpoint: Uint8Array, evaluations: readonly Evaluation[]) {
  const { tensors, metadata } = decodeSafetensors(checkpoint);
  const step = Number(metadata.updates);
  const soFar = evaluations.filter(({ stage, update }) => stage === "during" && update <= step);
  const bytes = encodeSafetensors(tensors, { ...metadata, evaluations: JSON.stringify(soFar) });
  return { bytes, step };
}

function keptEvaluations(bytes: Uint8Array): Evaluation[] {
  const { metadata: { evaluations } } = decodeSafetensors(bytes);
  return z.array(evaluation).parse(JSON.parse(evaluations ?? "[]"));
}
