/**
 * Shows the arm of a `sim` job of the cluster to the pages that watch it: with the newest weights of its
 * training, wherever that runs, and those of its last checkpoint where it does not run.
 *
 * The pages' bus is one of this process: the arm is simulated here, and its frames never leave it.
 */
import type { Backbone } from "../../cluster/backbone.ts";
import { type Bus, subjects, type Subscription } from "../../cluster/bus.ts";
import type { DeadLetters } from "../../cluster/dead_letters.ts";
import { readCheckpoint } from "../../cluster/jobs/checkpoints.ts";
import { foldJobLog } from "../../cluster/jobs/fold.ts";
import { jobLog } from "../../cluster/jobs/identity.ts";
import type { Ledger } from "../../cluster/jobs/ledger.ts";
import type { JobSpec, JobStateName } from "../../cluster/jobs/records.ts";
import {
  decodeEvent,
  encodeMessage,
  type Event,
  type Notice,
  type Status,
} from "../../cluster/protocol.ts";
import { retrying } from "../../cluster/retry.ts";
import type { Timers } from "../../cluster/timers.ts";
import { explainMismatch } from "../../cluster/run_store_error.ts";
import { freshState } from "../../learners/motor/trainer.ts";
import type { MotorNetwork } from "../../controllers/motor_network.ts";
import { decodeWeights, type Weights } from "../sim/checkpoint.ts";
import { learns, type RunConfig, runConfig, runNetwork, runParts } from "../sim/run_config.ts";
import { loggedEvent, recall } from "../sim/run_log.ts";
import { ShowingAgent } from "../sim/showing.ts";
import { jobEvents } from "../worker/job_lines.ts";

/** What a shown arm stands on. */
export interface ShownArmParts {
  readonly backbone: Backbone;
  readonly ledger: Ledger;
  /** The bus that the pages' server listens on. */
  readonly pages: Bus;
  readonly letters: DeadLetters;
  readonly timers: Timers;
  /** Told of what does not end the showing. */
  readonly onTrouble: (message: string, error: unknown) => void;
}

/** What the page says of a training whose job stands so. */
const trainingOf: Readonly<Record<JobStateName, Status["training"]>> = {
  queued: "starting",
  running: "training",
  paused: "stopped",
  done: "finished",
  failed: "stopped",
  cancelled: "stopped",
};

/** Shows an arm until it is disposed of. */
export class ShownArm implements Disposable {
  readonly #ended = new AbortController();
  readonly #subscriptions: Subscription[] = [];
  #agent: ShowingAgent | undefined;
  #state: JobStateName | undefined;
  #learns = true;

  constructor(private readonly job: string, private readonly parts: ShownArmParts) {
    this.#begin().catch((error) => {
      if (this.#ended.signal.aborted) return;
      this.#notify("warning", `The arm cannot be shown: ${messageOf(error)}`);
      parts.onTrouble(`the arm of job ${job} cannot be shown`, error);
    });
  }

  /** How the job stands now. */
  set state(state: JobStateName | undefined) {
    if (state === this.#state) return;
    this.#state = state;
    this.#tellTraining();
  }

  /** Whether the training's news come in. */
  set isAway(isAway: boolean) {
    const text = "nats-server away; the arm moves with the weights it has, the training goes on";
    this.#notify(isAway ? "warning" : "quiet", isAway ? text : "");
  }

  [Symbol.dispose](): void {
    this.#ended.abort();
    this.#agent?.close();
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
  }

  async #begin(): Promise<void> {
    const { job, parts: { ledger, pages } } = this;
    const spec = await this.#wait(ledger.spec(job));
    if (!spec) return this.#notify("warning", "The laboratory has no such job");
    const config = configOf(spec);
    const runtime = runParts(config);
    const network = learns(config) ? runNetwork(config, runtime) : undefined;
    const learner = network && { network, ...await this.#weights(config, network) };
    // Before the past is told, so that nothing of what happens meanwhile is missed.
    const live = this.#listen();
    const past = await this.#past();
    if (this.#ended.signal.aborted) return;
    this.#learns = learner !== undefined;
    this.#agent = new ShowingAgent({
      bus: this.#showingBus(network),
      run: job,
      config,
      parts: runtime,
      learner,
      onError: (error) => this.parts.onTrouble(`a shown trial of job ${job}`, error),
    });
    for (const event of past) pages.publish(subjects.events(job), event);
    live.begin();
    this.#tellTraining();
  }

  /** The weights to begin with: of the newest checkpoint, or those that the training begins with. */
  async #weights(config: RunConfig, network: MotorNetwork): Promise<Weights> {
    const { job, parts: { ledger, backbone, timers, onTrouble } } = this;
    const { signal } = this.#ended;
    const state = await this.#wait(ledger.state(job));
    for (const pointer of state?.checkpoints ?? []) {
      try {
        const read = () => readCheckpoint(backbone, job, pointer);
        const kept = await retrying(read, { signal, timers });
        if (kept) return decodeWeights(kept.bytes, network.layout);
      } catch (error) {
        signal.throwIfAborted();
        onTrouble(`a checkpoint of job ${job} cannot be shown`, error);
      }
    }
    return { weights: freshState(network, config.seed).weights, updates: 0 };
  }

  /** What the training has said so far, for pages. */
  async #past(): Promise<Uint8Array[]> {
    const { job, parts: { backbone, timers } } = this;
    const read = () => backbone.logs.read(jobLog(job));
    const entries = await retrying(read, { signal: this.#ended.signal, timers });
    return jobEvents(foldJobLog(entries).events).flatMap(({ event }) => {
      const logged = loggedEvent.safeParse(event).data;
      return logged ? [recall(logged)] : [];
    });
  }

  /** Pass on what the training says; held back until `begin` is called. */
  #listen(): { begin(): void } {
    const { job, parts: { backbone, pages, letters } } = this;
    const subject = subjects.events(job);
    let waiting: Event[] | undefined = [];
    const pass = (event: Event) => {
      // The status and the trials are those of the showing here.
      if (event.type !== "progress" && event.type !== "evaluation") return;
      if (waiting) waiting.push(event);
      else pages.publish(subject, encodeMessage(event));
    };
    const subscription = backbone.bus.subscribe(
      subject,
      letters.reader(subject, decodeEvent, pass),
    );
    this.#subscriptions.push(subscription);
    return {
      begin() {
        const held = waiting ?? [];
        waiting = undefined;
        held.forEach(pass);
      },
    };
  }

  /** The showing talks to the pages here, and hears the weights from wherever the training is. */
  #showingBus(network: MotorNetwork | undefined): Bus {
    const { job, parts: { backbone, pages, letters } } = this;
    const weights = subjects.weights(job);
    return {
      publish: (subject, payload) => pages.publish(subject, payload),
      subscribe(subject, handler) {
        if (subject !== weights) return pages.subscribe(subject, handler);
        return backbone.bus.subscribe(subject, (payload) => {
          // Decoded twice, so that what is none goes to the dead letters.
          const readable = !network ||
            letters.decode(subject, payload, (bytes) => decodeWeights(bytes, network.layout));
          if (readable) handler(payload);
        });
      },
    };
  }

  #tellTraining(): void {
    if (this.#state === undefined) return;
    this.#agent?.setTraining(this.#learns ? trainingOf[this.#state] : "none");
  }

  #notify(level: Notice["level"], text: string): void {
    const notice: Notice = { type: "notice", level, text: text.slice(0, 400) };
    this.parts.pages.publish(subjects.events(this.job), encodeMessage(notice));
  }

  /** What the ledger answers, unless the showing has ended by then. */
  async #wait<Value>(answer: Promise<Value>): Promise<Value> {
    const value = await answer;
    this.#ended.signal.throwIfAborted();
    return value;
  }
}

/** @throws {TypeError} when the job moves no arm, or says of it what nobody understands */
function configOf({ kind, work }: JobSpec): RunConfig {
  if (kind !== "sim") throw new TypeError(`a job of kind "${kind}" moves none`);
  const checked = runConfig.safeParse(work);
  if (!checked.success) throw new TypeError(explainMismatch(checked.error));
  return checked.data;
}

const messageOf = (error: unknown) => error instanceof Error ? error.message : String(error);
