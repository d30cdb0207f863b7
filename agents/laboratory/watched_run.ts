/**
 * A run that somebody watches closely: the logs of its jobs are read, those that are being written are
 * followed, and what has changed of their curves can be told.
 */
import type { Logs } from "../../cluster/backbone.ts";
import type { Subscription } from "../../cluster/bus.ts";
import { jobLog } from "../../cluster/jobs/identity.ts";
import { type Curve, laboratoryLimits } from "../../cluster/protocol.ts";
import { retrying } from "../../cluster/retry.ts";
import type { Timers } from "../../cluster/timers.ts";
import type { JobBook } from "./job_book.ts";
import { JobCurves } from "./job_curves.ts";

/** What a watched run stands on. */
export interface WatchedRunParts {
  readonly logs: Logs;
  readonly book: JobBook;
  readonly timers: Timers;
  /** Told of what could not be read. */
  readonly onTrouble: (message: string, error: unknown) => void;
}

/** See the file's head. */
export class WatchedRun implements Disposable {
  readonly #ended = new AbortController();
  readonly #jobs = new Map<string, FollowedJob>();
  /** What was told of each metric: the version of each job's curves. */
  #told = new Map<string, Map<string, number>>();

  constructor(readonly run: string, private readonly parts: WatchedRunParts) {}

  /** What its jobs measure, as far as they have said. */
  get metrics(): string[] {
    const names = new Set([...this.#jobs.values()].flatMap(({ curves }) => curves.metrics));
    return [...names].slice(0, laboratoryLimits.metrics);
  }

  /** Listen to the jobs that have begun. */
  attend(): void {
    const drawn = [...this.parts.book.partsOf(this.run).keys()].slice(0, laboratoryLimits.curves);
    for (const id of drawn) {
      const state = this.parts.book.job(id);
      if (!state || state.attempts === 0) continue;
      let job = this.#jobs.get(id);
      if (!job) {
        job = new FollowedJob(id, this.parts, this.#ended.signal);
        this.#jobs.set(id, job);
      }
      job.attend(state.state === "running");
    }
  }

  /** The curves of `metric` that have changed since they were told last. */
  changes(metric: string): Curve[] {
    const told = this.#told.get(metric) ?? new Map<string, number>();
    this.#told.set(metric, told);
    const parts = this.parts.book.partsOf(this.run);
    const changed: Curve[] = [];
    for (const [job, { curves, version }] of this.#jobs) {
      if (told.get(job) === version || !curves.metrics.includes(metric)) continue;
      told.set(job, version);
      const group = parts.get(job)?.group ?? "";
      changed.push({ type: "curve", run: this.run, job, group, metric, ...curves.points(metric) });
    }
    return changed;
  }

  /** Whatever was told may have been lost: all of it counts as changed. */
  retell(): void {
    this.#told.clear();
  }

  [Symbol.dispose](): void {
    this.#ended.abort();
    for (const job of this.#jobs.values()) job.close();
  }
}

/** One job's log. */
class FollowedJob {
  readonly curves = new JobCurves();
  /** Grows whenever the curves change. */
  version = 0;
  #position = 0;
  #subscription: Subscription | undefined;
  #isRead = false;
  #isReading = false;

  constructor(
    private readonly id: string,
    private readonly parts: WatchedRunParts,
    private readonly signal: AbortSignal,
  ) {}

  /** Read the log; while it is written, go on with it. */
  attend(isWritten: boolean): void {
    const wanted = isWritten ? this.#subscription === undefined : !this.#isRead;
    if (!wanted || this.#isReading) return;
    this.#isReading = true;
    this.#read(isWritten).catch((error) => {
      // It is not asked for again: what is wrong with it stays wrong.
      if (!this.signal.aborted) this.parts.onTrouble(`the log of job ${this.id}`, error);
    }).finally(() => {
      this.#isRead = true;
      this.#isReading = false;
    });
  }

  close(): void {
    this.#subscription?.unsubscribe();
  }

  async #read(isWritten: boolean): Promise<void> {
    const { logs, timers } = this.parts;
    const name = jobLog(this.id);
    const options = { signal: this.signal, timers };
    if (isWritten) {
      const follow = () => logs.follow(name, (entry) => this.#add(entry), this.#position);
      this.#subscription = await retrying(follow, options);
      if (this.signal.aborted) this.#subscription.unsubscribe();
      return;
    }
    for (const entry of await retrying(() => logs.read(name, this.#position), options)) {
      this.#add(entry);
    }
  }

  #add({ position, payload }: { readonly position: number; readonly payload: Uint8Array }): void {
    this.#position = position;
    try {
      this.curves.add(payload);
      this.version++;
    } catch (error) {
      this.parts.onTrouble(`an entry in the log of job ${this.id} was left out`, error);
    }
  }
}
