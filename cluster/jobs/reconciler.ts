/**
 * The reconciler compares ledger, queue and holders every now and then, and repairs what a death or a
 * lost message has left half done. Any process may run one: the one that has the role does the work, the
 * others watch and are ready. Everything that it does is a compare-and-set on what it has observed, or a
 * hint, which nobody relies on.
 */
import { type Backbone, BackboneError, type Link } from "../backbone.ts";
import type { Subscription } from "../bus.ts";
import { retrying } from "../retry.ts";
import { elapse, systemTimers, type Timers } from "../timers.ts";
import { encodeHint } from "./identity.ts";
import { hintLane } from "./lanes.ts";
import { RecordTable } from "./record_table.ts";
import { type JobState, jobState, type ResultRecord, resultRecord } from "./records.ts";
import {
  defaultTimes,
  type ObservedJob,
  type Repair,
  repairOf,
  type RepairTimes,
} from "./repairs.ts";
import { RoleLease } from "./role_lease.ts";
import { defaultLimits, type FailureLimits, type JobEvent, transition } from "./transitions.ts";

/** How a reconciler works; all of it can be left out. */
export interface ReconcilerOptions extends Partial<RepairTimes> {
  /** Between two comparisons, ms; default 500. */
  readonly interval?: number;
  /** How long workers may take to come back after an outage, besides their lease, ms; default 2000. */
  readonly grace?: number;
  readonly limits?: FailureLimits;
  readonly timers?: Timers;
  /** Told what could not be done for now. */
  readonly onTrouble?: (message: string, error: unknown) => void;
  /** Told what has been done, to a job of which run, where that is known. */
  readonly onRepair?: (repair: Repair, job: string, run: string | undefined) => void;
}

const role = "reconciler";

/** After so many intervals without a comparison it was this process that was away. */
const missedIntervals = 4;

export class Reconciler implements AsyncDisposable {
  readonly #backbone: Backbone;
  readonly #jobs: RecordTable<JobState>;
  readonly #results: RecordTable<ResultRecord>;
  readonly #lease: RoleLease;
  readonly #view = new JobView();
  readonly #times: RepairTimes;
  readonly #interval: number;
  readonly #grace: number;
  readonly #limits: FailureLimits;
  readonly #timers: Timers;
  readonly #onTrouble: (message: string, error: unknown) => void;
  readonly #onRepair: NonNullable<ReconcilerOptions["onRepair"]>;
  readonly #closed = new AbortController();
  #subscriptions: Subscription[] = [];
  #running: Promise<void> = Promise.resolve();
  #leading = false;
  #lastRound = 0;
  #interrupted = false;
  /** What is wrong with jobs that cannot be repaired, by their ids. */
  readonly #complaints = new Map<string, string>();

  /** @param name which no other process has */
  constructor(backbone: Backbone, name: string, options: ReconcilerOptions = {}) {
    this.#times = {
      lease: options.lease ?? defaultTimes.lease,
      patience: options.patience ?? defaultTimes.patience,
      backOff: options.backOff ?? defaultTimes.backOff,
      longest: options.longest ?? defaultTimes.longest,
    };
    this.#timers = options.timers ?? systemTimers;
    this.#interval = options.interval ?? 500;
    this.#grace = options.grace ?? 2_000;
    this.#limits = options.limits ?? defaultLimits;
    this.#onTrouble = options.onTrouble ?? (() => {});
    this.#onRepair = options.onRepair ?? (() => {});
    this.#backbone = backbone;
    this.#jobs = new RecordTable(backbone.table("jobs"), "job", jobState);
    this.#results = new RecordTable(backbone.table("results"), "result", resultRecord);
    this.#lease = new RoleLease(backbone, role, name, this.#times.lease, this.#timers);
  }

  /** Whether this one does the work now. */
  get leading(): boolean {
    return this.#leading;
  }

  /** Begin; it goes on until it is closed. */
  async start(): Promise<void> {
    const retry = { signal: this.#closed.signal, timers: this.#timers };
    const onDamage = (error: BackboneError) => this.#onTrouble("a record was left out", error);
    this.#subscriptions = [
      followLink(this.#backbone.link, () => this.#interrupted = true),
      await retrying(() =>
        this.#results.watch(
          ({ key, value }) => this.#view.setResult(key, value !== undefined),
          onDamage,
        ), retry),
      await retrying(() =>
        this.#jobs.watch(({ key, value, revision }) => {
          this.#view.observe(key, value, revision, this.#timers.now());
        }, onDamage), retry),
    ];
    this.#lastRound = this.#timers.now();
    this.#running = this.#run();
  }

  /** End it; another takes over at once. */
  async close(): Promise<void> {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort();
    await this.#running;
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    if (!this.#leading) return;
    this.#leading = false;
    await this.#reporting(
      "the role of the reconciler was not given back",
      () => this.#lease.release(),
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #run(): Promise<void> {
    for (;;) {
      await elapse(this.#timers, this.#interval, this.#closed.signal);
      if (this.#closed.signal.aborted) return;
      await this.#reporting("the reconciler is interrupted", () => this.#round());
    }
  }

  /** What fails here is tried again in the next round. */
  async #reporting(message: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#onTrouble(message, error);
    }
  }

  async #round(): Promise<void> {
    const now = this.#timers.now();
    const missed = now - this.#lastRound > missedIntervals * this.#interval;
    this.#lastRound = now;
    if (this.#backbone.link.state !== "connected") return;
    // Whoever was away has heard nothing: that says nothing about the others.
    if (missed) this.#view.restart(now);
    if (this.#interrupted) this.#view.restart(now + this.#grace);
    this.#interrupted = false;
    this.#leading = false;
    this.#leading = await this.#lease.hold();
    if (this.#leading) await this.#repairAll();
    this.#lastRound = this.#timers.now();
  }

  async #repairAll(): Promise<void> {
    const emptyLanes = new Map<string, Promise<boolean>>();
    const isEmpty = (lane: string) => {
      const known = emptyLanes.get(lane) ??
        this.#backbone.queue.waiting(lane).then((waiting) => waiting === 0);
      emptyLanes.set(lane, known);
      return known;
    };
    for (const id of this.#view.ids()) {
      try {
        // One repair can call for the next: a lost job for a hint.
        while (!this.#closed.signal.aborted && await this.#repair(id, isEmpty));
      } catch (error) {
        if (concernsAll(error)) throw error;
        this.#complain(id, error);
      }
    }
  }

  /** What is wrong with one job is told once, and is no reason to leave the others. */
  #complain(id: string, error: unknown): void {
    const complaint = String(error);
    if (this.#complaints.get(id) === complaint) return;
    this.#complaints.set(id, complaint);
    this.#onTrouble(`job ${id} cannot be repaired`, error);
  }

  /** Do what is to be done about a job; whether something was. */
  async #repair(id: string, isEmpty: (lane: string) => Promise<boolean>): Promise<boolean> {
    const job = this.#view.get(id);
    const repair = job && repairOf(job, this.#timers.now(), this.#times);
    if (!repair) return false;
    const done = await this.#carryOut(repair, id, job, isEmpty);
    if (done) this.#onRepair(repair, id, job.state.run);
    return done;
  }

  async #carryOut(
    repair: Repair,
    id: string,
    job: ObservedJob,
    isEmpty: (lane: string) => Promise<boolean>,
  ): Promise<boolean> {
    switch (repair) {
      case "finish":
        return await this.#change(id, job, { type: "finish" });
      case "reopen":
        // The watch may lag behind; the table does not.
        if (await this.#results.get(id)) return false;
        return await this.#change(id, job, { type: "reopen" });
      case "lost":
        return await this.#change(id, job, this.#loss(job));
      case "hint-if-none":
        if (!await isEmpty(hintLane(job.state))) return false;
        return await this.#hint(id, job);
      case "hint":
        return await this.#hint(id, job);
    }
  }

  #loss({ state: { epoch, holder }, since }: ObservedJob): JobEvent {
    const silence = ((this.#timers.now() - since) / 1000).toFixed(1);
    const by = { worker: holder?.worker ?? "", epoch };
    const message = `nothing was heard of ${by.worker} for ${silence} s`;
    return { type: "end", by, end: "lost", message };
  }

  /** Have something happen to the job if it still stands as it was observed. */
  async #change(id: string, { state, revision }: ObservedJob, event: JobEvent): Promise<boolean> {
    const outcome = transition(state, event, this.#limits);
    if ("refused" in outcome || outcome.next === state) return false;
    const written = await this.#jobs.update(id, outcome.next, revision);
    if (written !== undefined) {
      this.#view.observe(id, outcome.next, written, this.#timers.now());
      return true;
    }
    // Usually its next change is on its way; a server that has lost data tells of none.
    const entry = await this.#jobs.get(id);
    this.#view.correct(id, entry?.value, entry?.revision ?? 0, this.#timers.now());
    return false;
  }

  async #hint(id: string, { state }: ObservedJob): Promise<boolean> {
    await this.#backbone.queue.push(hintLane(state), encodeHint(id));
    this.#view.hinted(id, this.#timers.now());
    return true;
  }
}

/** Whether what went wrong would go wrong with every other job too. */
function concernsAll(error: unknown): boolean {
  return error instanceof BackboneError && error.kind !== "damaged" && error.kind !== "too-large";
}

/** Call `handler` whenever the link was interrupted. */
function followLink(link: Link, handler: () => void): Subscription {
  return link.onChange((state) => {
    if (state === "connected") handler();
  });
}

type WithoutResult = Omit<ObservedJob, "hasResult">;

/** What is observed of the jobs. */
class JobView {
  readonly #jobs = new Map<string, WithoutResult>();
  readonly #results = new Set<string>();

  ids(): string[] {
    return [...this.#jobs.keys()];
  }

  get(id: string): ObservedJob | undefined {
    const job = this.#jobs.get(id);
    return job && { ...job, hasResult: this.#results.has(id) };
  }

  /** News of a job; what is older than what is known is none. */
  observe(id: string, state: JobState | undefined, revision: number, now: number): void {
    if (revision > (this.#jobs.get(id)?.revision ?? 0)) this.correct(id, state, revision, now);
  }

  /** A job as it was read. */
  correct(id: string, state: JobState | undefined, revision: number, now: number): void {
    if (!state) this.#jobs.delete(id);
    else if (this.#jobs.get(id)?.revision !== revision) {
      this.#jobs.set(id, { state, revision, since: now, hints: 0, hintedAt: now });
    }
  }

  hinted(id: string, now: number): void {
    const job = this.#jobs.get(id);
    if (job) this.#jobs.set(id, { ...job, hints: job.hints + 1, hintedAt: now });
  }

  setResult(id: string, present: boolean): void {
    if (present) this.#results.add(id);
    else this.#results.delete(id);
  }

  /** Nothing can be concluded from what was not heard before `now`. */
  restart(now: number): void {
    for (const [id, job] of this.#jobs) this.#jobs.set(id, { ...job, since: now });
  }
}
