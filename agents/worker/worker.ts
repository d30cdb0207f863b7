/**
 * The worker: joins the laboratory, says what it has, takes one job after the other that it has
 * everything for, and leaves without losing any. While there is none it helps those that train.
 *
 * A hint is where to look; the claim decides. A worker that finds the job taken lets the hint go: whoever
 * watches over the holders hints again when one of them is lost.
 */
import { type Backbone, BackboneError, type Hint } from "../../cluster/backbone.ts";
import type { Subscription } from "../../cluster/bus.ts";
import { Counters } from "../../cluster/counters.ts";
import { DeadLetters, jsonOf } from "../../cluster/dead_letters.ts";
import type { Claim } from "../../cluster/jobs/claim.ts";
import { decodeHint } from "../../cluster/jobs/identity.ts";
import { type CrashHook, Ledger, type Refusal } from "../../cluster/jobs/ledger.ts";
import type { WorkerRecord } from "../../cluster/jobs/records.ts";
import type { ResultSpool } from "../../cluster/jobs/result_spool.ts";
import { jobFields, type Log } from "../../cluster/log.ts";
import { lossyBus } from "../../cluster/lossy_bus.ts";
import { retrying } from "../../cluster/retry.ts";
import { rest, unlessAborted } from "../abort.ts";
import { resultsAgree } from "./agreement.ts";
import {
  attemptJob,
  type AttemptOutcome,
  type AttemptSurroundings,
  type AttemptTimes,
  usualTimes,
} from "./attempt.ts";
import { workerControl, workerControlSubject } from "./control.ts";
import { DataFiles } from "./data_files.ts";
import type { Executor } from "./executor.ts";
import { IdleActor } from "./idle_actor.ts";
import { LaneWatch } from "./lanes.ts";
import type { Machine } from "./machine.ts";
import { Presence, type WorkerNews } from "./presence.ts";

/** A tensor backend that was tried and works. */
export type UsableBackend = WorkerRecord["backends"][number];

/** What makes a worker. */
export interface WorkerOptions {
  /** Unique, also among those that are gone: letters, digits, `-` and `_`. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  /** Of the program: jobs that were submitted for another one are left to others. */
  readonly version: string;
  readonly backends: readonly UsableBackend[];
  readonly executors: readonly Executor[];
  readonly machine: Machine;
  /** The folder of data files. */
  readonly data?: string;
  /** Where results are kept until the ledger has them. */
  readonly spool: ResultSpool;
  /** Whether there is room for another result; without it no job is taken. */
  readonly hasRoom: () => Promise<boolean>;
  readonly log: Log;
  readonly counters?: Counters;
  readonly times?: Partial<AttemptTimes>;
  /** Called between the steps of what must survive a death at any moment; tests die there. */
  readonly at?: CrashHook;
}

/** How long one question for a hint lasts, ms: what the machine has is looked at again after it. */
const patience = 5_000;

/** How long to wait before a hint is tried again whose job cannot be seen yet, ms. */
const unseenDelay = 1_000;

/** How often that is done: a job that is not seen then was deleted. One that is there is hinted at anew. */
const mostUnseen = 60;

/** How long a hint rests that is for workers of another version, ms. */
const foreignDelay = 1_000;

/** How long to wait after something that should not have happened, ms. */
const recovery = 2_000;

/** See the file's head. */
export class WorkerAgent {
  readonly #log: Log;
  readonly #counters: Counters;
  readonly #letters: DeadLetters;
  readonly #ledger: Ledger;
  readonly #lanes: LaneWatch;
  readonly #presence: Presence;
  readonly #idle: IdleActor;
  readonly #surroundings: AttemptSurroundings;
  readonly #data: DataFiles;
  readonly #backends: Map<string, UsableBackend>;
  readonly #leave = new AbortController();
  /** Aborted when no further job is taken. */
  readonly #drain = new AbortController();
  /** Aborted, and made anew, when the lanes have changed. */
  #lanesChanged = new AbortController();
  #job?: string;
  /** Its lines are about the job in hand. */
  #jobLog?: Log;
  #finished = 0;

  constructor(private readonly backbone: Backbone, private readonly options: WorkerOptions) {
    const { id, log, backends, executors } = options;
    this.#log = log.about({ worker: id });
    this.#counters = options.counters ?? new Counters();
    this.#letters = new DeadLetters({ bus: backbone.bus, from: id, counters: this.#counters });
    this.#ledger = new Ledger(backbone, {
      at: options.at,
      agree: resultsAgree,
      onTrouble: (message, error) => this.#complain(message, error),
    });
    this.#data = new DataFiles(options.data);
    this.#backends = new Map(backends.map((backend) => [backend.name, backend]));
    this.#lanes = new LaneWatch(this.#ledger, () => this.#look());
    this.#presence = new Presence(backbone, id, () => this.#news(), this.#log);
    const bus = lossyBus(backbone.bus, this.#counters);
    this.#idle = new IdleActor(bus, { worker: id, letters: this.#letters, log: this.#log });
    this.#surroundings = {
      backbone,
      executors,
      data: this.#data,
      log: this.#log,
      counters: this.#counters,
      leave: this.#leave.signal,
      times: { ...usualTimes, ...options.times },
    };
  }

  /** Work until asked to leave. */
  async run(): Promise<void> {
    const names = [...this.#backends.keys()].join(", ");
    this.#log.info(`joined with ${names || "no tensor backend"}`);
    this.#presence.start();
    const control = this.#listen();
    const delivering = this.#deliverSpool();
    try {
      await unlessAborted(this.#drain.signal, this.#lanes.start());
      while (!this.#drain.signal.aborted) await this.#takeOne();
    } catch (error) {
      if (!this.#drain.signal.aborted) throw error;
    } finally {
      this.#lanes.close();
      control.unsubscribe();
      this.#drain.abort();
      await this.#idle.close();
      await delivering;
      await this.#presence.leave();
      this.#log.info("left", this.#counters.totals);
    }
  }

  /** Leave within seconds: the job in hand is kept and given to somebody else. */
  leave(): void {
    this.#drain.abort();
    this.#leave.abort();
  }

  /** Finish the job in hand, take no other, and leave. */
  drain(): void {
    this.#drain.abort();
    this.#presence.tell();
  }

  #listen(): Subscription {
    const subject = workerControlSubject(this.options.id);
    const read = this.#letters.reader(subject, jsonOf(workerControl), () => this.drain());
    return this.backbone.bus.subscribe(subject, read);
  }

  #news(): WorkerNews {
    const { name, version, machine } = this.options;
    return {
      name,
      host: machine.host,
      pid: Deno.pid,
      version,
      backends: [...this.#backends.values()],
      memory: machine.memory(),
      cores: machine.cores,
      load: machine.load(),
      state: this.#state,
      jobs: this.#job ? [this.#job] : [],
      finished: this.#finished,
      counters: this.#counters.totals,
    };
  }

  get #state(): WorkerRecord["state"] {
    if (this.#drain.signal.aborted) return "draining";
    if (this.#job !== undefined) return "working";
    return this.#idle.isHelping ? "helping" : "idle";
  }

  /** Bring what an earlier process has finished to the ledger. */
  async #deliverSpool(): Promise<void> {
    try {
      const delivered = await this.#ledger.deliver(this.options.spool, this.#drain.signal);
      for (const [job, commit] of delivered) {
        this.#count({ kind: "finished", commit }, this.#about(job, await this.#runOf(job)));
      }
    } catch (error) {
      if (this.#drain.signal.aborted) return;
      this.#log.error(`what is left in the spool could not be brought to the ledger: ${error}`);
    }
  }

  #look(): void {
    this.#lanesChanged.abort();
    this.#lanesChanged = new AbortController();
  }

  /** Wait for a hint and follow it. */
  async #takeOne(): Promise<void> {
    try {
      this.#idle.begin();
      await this.#waitForRoom();
      const hint = await this.#pull();
      if (hint) await this.#follow(hint);
    } catch (error) {
      if (this.#drain.signal.aborted) return;
      this.#log.error(`no job could be taken: ${error}`);
      await rest(recovery, this.#drain.signal);
    }
  }

  /** Somebody else may do what this machine could not keep. */
  async #waitForRoom(): Promise<void> {
    for (let told = false; !this.#drain.signal.aborted; told = true) {
      if (await this.options.hasRoom()) return;
      if (!told) this.#log.error("the disk is full; no job is taken until there is room");
      await rest(patience, this.#drain.signal);
    }
  }

  async #pull(): Promise<Hint | undefined> {
    const changed = this.#lanesChanged.signal;
    const signal = AbortSignal.any([this.#drain.signal, changed]);
    const lanes = await this.#lanes.servable({
      backends: new Set(this.#backends.keys()),
      memory: this.options.machine.memory().free,
      hasData: (files) => this.#data.has(files),
    });
    if (lanes.length === 0) {
      await rest(patience, signal);
      return undefined;
    }
    try {
      return await retrying(() => this.backbone.queue.pull(lanes, { signal, patience }), {
        signal,
      });
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
  }

  async #follow(hint: Hint): Promise<void> {
    if (hint.deliveries > 1) this.#counters.add("hints.redelivered");
    const job = this.#letters.decode("hint", hint.payload, decodeHint);
    if (job === undefined) return await hint.done();
    if (await this.#isForeign(job)) return hint.giveBack(foreignDelay);
    const claim = await this.#claim(job, hint);
    if (!claim.claimed) return await this.#passOn(claim, hint);
    this.#idle.end();
    this.#counters.add("jobs.claimed");
    this.#job = job;
    const log = this.#jobLog = this.#about(job, claim.run);
    this.#presence.tell();
    const { epoch } = claim;
    const step = claim.checkpoint?.step ?? 0;
    log.info(step > 0 ? `goes on with a job after step ${step}` : "begins a job", { epoch });
    try {
      const outcome = await attemptJob(claim, this.#surroundings, () => hint.working());
      this.#count(outcome, log);
      this.#doubt(outcome, claim);
    } finally {
      this.#job = undefined;
      this.#presence.tell();
      await this.#letGo(hint);
    }
  }

  /** Another version of the program may come to other numbers: such a job is for others. */
  async #isForeign(job: string): Promise<boolean> {
    const code = (await this.#ledger.spec(job))?.code ?? this.options.version;
    if (code === this.options.version) return false;
    this.#about(job, await this.#runOf(job))
      .warn(`left a job to workers of version ${code}; this is ${this.options.version}`);
    return true;
  }

  /** What the ledger cannot do for now. */
  #complain(message: string, error: unknown): void {
    const isOfJob = this.#job !== undefined && message.includes(this.#job);
    const log = isOfJob ? this.#jobLog ?? this.#log : this.#log;
    log.warn(`${message}: ${error}`);
  }

  /** A log whose lines are about a job. */
  #about(job: string, run: string | undefined): Log {
    return this.#log.about(jobFields(job, run));
  }

  async #runOf(job: string): Promise<string | undefined> {
    return (await this.#ledger.state(job))?.run;
  }

  async #claim(job: string, hint: Hint): Promise<Claim | Refusal> {
    const { id, spool } = this.options;
    try {
      return await this.#ledger.claim(job, id, { spool });
    } catch (error) {
      hint.giveBack(unseenDelay);
      throw error;
    }
  }

  async #passOn({ reason }: Refusal, hint: Hint): Promise<void> {
    // Not yet visible here: the queue may be ahead of the table.
    const isUnseen = reason === "unknown" && hint.deliveries < mostUnseen;
    if (isUnseen) hint.giveBack(unseenDelay);
    else await this.#letGo(hint);
  }

  /** The hint has served its turn: whatever is still to be done about the job, the ledger hints at anew. */
  async #letGo(hint: Hint): Promise<void> {
    // Unacknowledged it comes again, and finds the job done or held.
    if (this.backbone.link.state !== "connected") return;
    try {
      await hint.done();
    } catch (error) {
      if (!(error instanceof BackboneError)) throw error;
      this.#log.warn(`a hint could not be acknowledged: ${error.message}`);
    }
  }

  /** @param log about the job */
  #count(outcome: AttemptOutcome, log: Log): void {
    const counters = this.#counters;
    switch (outcome.kind) {
      case "lost":
        counters.add("jobs.lost");
        return log.warn("lost a job to somebody else");
      case "failed":
        counters.add("jobs.failed");
        return log.warn(`an attempt failed; the job is ${outcome.state}`);
      case "handed-over":
        counters.add("jobs.handed-over");
        return log.info(`gave a job back: ${outcome.message}; it is ${outcome.state}`);
      case "finished":
        return this.#countResult(outcome.commit, log);
    }
  }

  #countResult(commit: Extract<AttemptOutcome, { kind: "finished" }>["commit"], log: Log): void {
    this.#finished++;
    this.#counters.add("jobs.finished");
    if (commit === "same") this.#counters.add("results.repeated");
    if (commit === "fenced") this.#counters.add("writes.fenced");
    if (commit === "different") {
      this.#counters.add("results.different");
      return log.error("the result differs from the one that there is: an alarm");
    }
    log.info(`finished a job (${commit})`);
  }

  /** A backend that could not be used is not offered again: it would eat one job after the other. */
  #doubt(outcome: AttemptOutcome, claim: Claim): void {
    if (outcome.kind !== "failed" || !outcome.unusableBackend) return;
    const { backend } = claim.spec.needs;
    this.#backends.delete(backend);
    this.#log.error(`the backend ${backend} is not offered any more: ${outcome.message}`);
    this.#look();
  }
}
