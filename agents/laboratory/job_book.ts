/**
 * What the ledger says of all jobs and runs, in as little room as it takes to tell of them. Numbers of
 * runs are kept up with every change, so that telling of a laboratory with ten thousand jobs costs no
 * more than of one with ten.
 */
import type { Attempt, JobState, JobStateName, RunRecord } from "../../cluster/jobs/records.ts";
import { jobStateNames } from "../../cluster/jobs/records.ts";
import {
  type JobCounts,
  laboratoryLimits,
  type LaboratoryRun,
  runIdentifier,
  type RunSummary,
} from "../../cluster/protocol.ts";
import { ProgressRate } from "./progress_rate.ts";
import { type JobPart, partsOf } from "./run_parts.ts";
import { shortened } from "./shortened.ts";

/** What is known of a job. */
export interface BookedJob {
  readonly state: JobStateName;
  readonly step: number;
  readonly steps: number;
  /** Who works on it. */
  readonly worker?: string;
  readonly attempts: number;
  /** How its latest attempt ended, if without a result. */
  readonly ended?: Pick<Attempt, "end" | "message">;
}

/** How often attempts ended without a result. */
export type EndedAttempts = Readonly<Record<"lost" | "failed" | "handed over", number>>;

/** A run, with what its jobs come to together. */
interface BookedRun {
  readonly id: string;
  readonly record: RunRecord;
  readonly parts: ReadonlyMap<string, JobPart>;
  readonly rate: ProgressRate;
  counts: JobCounts;
  /** Jobs' shares, added up. */
  done: number;
}

const longestMessage = 300;

/** The jobs that are told of first: those that somebody may have to do something about. */
const urgency: Readonly<Record<JobStateName, number>> = {
  failed: 0,
  running: 1,
  paused: 2,
  queued: 3,
  cancelled: 4,
  done: 5,
};

const noJobs = (): JobCounts =>
  Object.fromEntries(jobStateNames.map((name) => [name, 0])) as JobCounts;

/** How much of a job is done, 0 … 1. */
function shareOf({ state, step, steps }: BookedJob): number {
  if (state === "done") return 1;
  return steps > 0 ? Math.min(step / steps, 1) : 0;
}

/** See the file's head. Times are a process's own, ms. */
export class JobBook {
  readonly #jobs = new Map<string, BookedJob>();
  readonly #runs = new Map<string, BookedRun>();
  readonly #runsOf = new Map<string, Set<BookedRun>>();
  readonly #counts = noJobs();
  readonly #ended = { lost: 0, failed: 0, "handed over": 0 };
  /** The epoch of each job up to which its ended attempts have been counted. */
  readonly #countedEpochs = new Map<string, number>();

  /** How many jobs stand how. */
  get counts(): JobCounts {
    return { ...this.#counts };
  }

  get ended(): EndedAttempts {
    return { ...this.#ended };
  }

  get runCount(): number {
    return this.#runs.size;
  }

  job(id: string): BookedJob | undefined {
    return this.#jobs.get(id);
  }

  /** The jobs of a run with their parts in it, in the run's own order; none of one that is not known. */
  partsOf(run: string): ReadonlyMap<string, JobPart> {
    return this.#runs.get(run)?.parts ?? new Map();
  }

  /** What a job is called, and where it belongs. */
  nameOf(id: string): { readonly name: string; readonly run: string; readonly kind: string } {
    const [run] = this.#runsOf.get(id) ?? [];
    if (!run) return { name: "", run: "", kind: "" };
    const { title, kind } = run.record;
    return { name: run.parts.get(id)?.name ?? "", run: title, kind: shortened(kind) };
  }

  /** Take note of how a job stands. */
  setJob(id: string, state: JobState): void {
    const before = this.#jobs.get(id);
    const job = booked(state, before);
    this.#jobs.set(id, job);
    this.#countAttempts(id, state.attempts);
    count(this.#counts, before, job);
    for (const run of this.#runsOf.get(id) ?? []) {
      count(run.counts, before, job);
      run.done += shareOf(job) - (before ? shareOf(before) : 0);
    }
  }

  /** Take note that a job was deleted. */
  removeJob(id: string): void {
    const job = this.#jobs.get(id);
    if (!job) return;
    this.#jobs.delete(id);
    this.#countedEpochs.delete(id);
    this.#counts[job.state]--;
    for (const run of this.#runsOf.get(id) ?? []) {
      run.counts[job.state]--;
      run.done -= shareOf(job);
    }
  }

  /** Take note of a run, or of its removal. One under a name that no run can have is left out. */
  setRun(id: string, record: RunRecord | undefined): void {
    this.#forgetRun(id);
    if (!record || !runIdentifier.safeParse(id).success) return;
    const parts = partsOf(record);
    const rate = new ProgressRate();
    const run: BookedRun = { id, record, parts, rate, counts: noJobs(), done: 0 };
    this.#runs.set(id, run);
    for (const job of parts.keys()) {
      const runs = this.#runsOf.get(job) ?? new Set();
      this.#runsOf.set(job, runs.add(run));
      const known = this.#jobs.get(job);
      if (!known) continue;
      count(run.counts, undefined, known);
      run.done += shareOf(known);
    }
  }

  /** The runs that are worth a line, the newest first; those with work left go before the others. */
  summaries(now: number): RunSummary[] {
    const newestFirst = (a: BookedRun, b: BookedRun) =>
      compare(b.record.submitted, a.record.submitted) || compare(b.id, a.id);
    const isOpen = ({ counts, parts }: BookedRun) =>
      Number(counts.done + counts.cancelled + counts.failed < parts.size);
    return [...this.#runs.values()]
      .sort((a, b) => isOpen(b) - isOpen(a) || newestFirst(a, b))
      .slice(0, laboratoryLimits.runs)
      .sort(newestFirst)
      .map((run) => summary(run, now));
  }

  /**
   * A run in detail; undefined when it is not known.
   * @param workerName what a worker is called
   */
  detail(
    id: string,
    now: number,
    workerName: (worker: string) => string,
  ): Omit<LaboratoryRun, "metrics"> | undefined {
    const run = this.#runs.get(id);
    if (!run) return undefined;
    const listed = [...run.parts]
      .map(([job, part]) => ({ id: job, part, job: this.#jobs.get(job) }))
      .sort((a, b) => rank(a.job) - rank(b.job))
      .slice(0, laboratoryLimits.jobs);
    return {
      type: "laboratory-run",
      ...summary(run, now),
      groups: this.#groups(run),
      list: listed.map(({ id, part, job }) => ({
        id,
        name: part.name,
        state: job?.state,
        step: job?.step ?? 0,
        steps: job?.steps ?? 0,
        worker: job?.worker === undefined ? undefined : workerName(job.worker),
        attempts: job?.attempts ?? 0,
        end: job?.ended?.end,
        message: job?.ended?.message,
      })),
    };
  }

  #groups({ parts }: BookedRun): LaboratoryRun["groups"] {
    const groups = new Map<string, { total: number; jobs: JobCounts; done: number }>();
    for (const [id, { group }] of parts) {
      const entry = groups.get(group) ?? { total: 0, jobs: noJobs(), done: 0 };
      groups.set(group, entry);
      const job = this.#jobs.get(id);
      entry.total++;
      if (!job) continue;
      entry.jobs[job.state]++;
      entry.done += shareOf(job);
    }
    return [...groups].slice(0, laboratoryLimits.groups).map(([name, { total, jobs, done }]) => ({
      name,
      total,
      jobs,
      progress: share(done, total),
    }));
  }

  #countAttempts(id: string, attempts: readonly Attempt[]): void {
    const counted = this.#countedEpochs.get(id) ?? 0;
    for (const { epoch, end } of attempts) {
      if (epoch <= counted) continue;
      this.#ended[end === "lost" ? "lost" : end === "handed-over" ? "handed over" : "failed"]++;
    }
    const newest = attempts.at(-1)?.epoch ?? 0;
    if (newest > counted) this.#countedEpochs.set(id, newest);
  }

  #forgetRun(id: string): void {
    const run = this.#runs.get(id);
    if (!run) return;
    this.#runs.delete(id);
    for (const job of run.parts.keys()) {
      const runs = this.#runsOf.get(job);
      runs?.delete(run);
      if (runs?.size === 0) this.#runsOf.delete(job);
    }
  }
}

/** What is kept of a job's state. Between two attempts it has done what its checkpoint has. */
function booked(state: JobState, before: BookedJob | undefined): BookedJob {
  const { holder, checkpoints, attempts } = state;
  const ended = attempts.at(-1);
  const steps = holder?.steps || before?.steps || 0;
  const step = state.state === "done" ? steps : holder?.step ?? checkpoints[0]?.step ?? 0;
  return {
    state: state.state,
    step,
    steps,
    worker: holder?.worker,
    attempts: state.epoch,
    ended: ended && state.state !== "done"
      ? { end: ended.end, message: ended.message.slice(0, longestMessage) }
      : undefined,
  };
}

function count(counts: JobCounts, before: BookedJob | undefined, after: BookedJob): void {
  if (before) counts[before.state]--;
  counts[after.state]++;
}

function summary({ id, record, parts, rate, counts, done }: BookedRun, now: number): RunSummary {
  const progress = share(done, parts.size);
  const { title, kind, submitted } = record;
  const [only] = parts.keys();
  return {
    run: id,
    title,
    kind: shortened(kind),
    submitted: shortened(submitted),
    total: parts.size,
    jobs: { ...counts },
    progress,
    secondsLeft: rate.secondsLeft(now, counts.running > 0 ? progress : undefined),
    arm: kind === "sim" ? only : undefined,
  };
}

const rank = (job: BookedJob | undefined) => job ? urgency[job.state] : urgency.queued + 0.5;

/** Free of what floating-point sums leave. */
const share = (part: number, whole: number) =>
  whole === 0 ? 0 : Math.min(1, Math.max(0, part / whole));

const compare = (a: string, b: string) => a < b ? -1 : a > b ? 1 : 0;
