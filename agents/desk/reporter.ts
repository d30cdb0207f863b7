/**
 * The reporter: folds what comes of a run's jobs on a cluster into the run's folder, in the form in which
 * a run on this machine leaves it (library/run.ts), so that everything else works on it unchanged.
 *
 * It may be killed and started again at any time: a job's report is written last, and a job without one
 * is folded again from its beginning.
 */
import type { JobState } from "../../cluster/jobs/records.ts";
import { type ClusterAccess, type FinishedJob, finishedJob } from "./finished_job.ts";
import { unlessStopped } from "../abort.ts";
import { followJobs, type JobBoard, type JobFollower } from "./job_following.ts";
import { jobFailure, jobNews } from "./job_news.ts";
import { keptReports, openJob } from "../library/job.ts";
import { Journal } from "../library/journal.ts";
import type { JobFailure, LibraryRunFolder, RunEnd, RunWatcher } from "../library/run.ts";
import {
  jobEvent,
  type JobReport,
  jobReport,
  jobsOf,
  type LibraryJob,
} from "../library/run_config.ts";
import { LiveJobs } from "../laboratory/live_jobs.ts";

/** How a run is reported. */
export interface ReporterSettings extends ClusterAccess {
  /** Of the ledger's jobs. */
  readonly board: JobBoard;
  /** The jobs' ids by their names, as in the run's record. */
  readonly jobs: Readonly<Record<string, string>>;
  /** Whether to wait for jobs that are not at their end; otherwise they are left. */
  readonly wait: boolean;
  readonly watcher: RunWatcher;
}

/**
 * Fold the results of a run as they come.
 * @returns as `executeRun` does; jobs are left when `wait` is false, or `signal` was aborted
 * @throws {RunStoreError} when something cannot be kept
 * @throws {BackboneError} when a result is damaged, or the cluster refuses us
 */
export async function reportRun(
  run: LibraryRunFolder,
  settings: ReporterSettings,
): Promise<RunEnd> {
  const reports = await keptReports(run);
  const left = new Map<string, LibraryJob>();
  for (const job of jobsOf(run.config)) {
    if (!reports.has(job.name)) left.set(idOf(job, settings.jobs), job);
  }
  if (left.size === 0) return { stopped: false, reports, failures: [] };

  const { backbone, board, signal, wait, watcher } = settings;
  // What the jobs cost in memory is not known: this process only listens.
  const journal = await Journal.open(run, () => 0);
  using live = new LiveJobs(backbone.logs, watcher);
  const reporter = new Reporter(run, left, reports, journal, live, settings);
  const states = await unlessStopped(
    signal,
    followJobs(board, new Set(left.keys()), reporter, { signal, wait }),
  );
  const failures = states ? await reporter.failures(states) : [];
  return { stopped: reports.size + failures.length < jobsOf(run.config).length, reports, failures };
}

function idOf({ name }: LibraryJob, jobs: ReporterSettings["jobs"]): string {
  if (Object.hasOwn(jobs, name)) return jobs[name];
  throw new Error(`the run's record on the cluster lacks the job ${name}`);
}

class Reporter implements JobFollower {
  constructor(
    private readonly run: LibraryRunFolder,
    /** By their ids. */
    private readonly jobs: ReadonlyMap<string, LibraryJob>,
    /** By the jobs' names. */
    private readonly reports: Map<string, JobReport>,
    private readonly journal: Journal,
    private readonly live: LiveJobs,
    private readonly settings: ReporterSettings,
  ) {}

  changed(id: string, state: JobState, before: JobState | undefined): void {
    const job = this.jobs.get(id)!;
    const { watcher } = this.settings;
    for (const line of jobNews(job.name, state, before)) watcher.warn(line);
    if (state.holder) this.live.show(id, job, state.holder);
  }

  async done(id: string): Promise<void> {
    const job = this.jobs.get(id)!;
    const { watcher } = this.settings;
    const finished = await finishedJob(id, this.settings);
    if (finished.thinned > 0) {
      watcher.warn(`${job.name}: ${finished.thinned} events were lost while the server was away`);
    }
    const { report, step } = await this.#keep(job, finished);
    const record = this.journal.record(job.name, 0);
    await record.note("began");
    record.take(report.cost, step);
    await record.note("finished");
    this.reports.set(job.name, report);
    this.live.end(id);
    watcher.ended(job, { state: "finished", report });
  }

  /** Fill the job's folder; an earlier reporter may have died in the middle of it. */
  async #keep(
    job: LibraryJob,
    { record, result, events, checkpoints }: FinishedJob,
  ): Promise<{ readonly report: JobReport; readonly step: number }> {
    await using folder = await openJob(this.run, job);
    await folder.truncateEvents(() => true);
    const kept = events.map(({ event }) => jobEvent.parse(event));
    for (const event of kept) await folder.appendEvent(event);
    for (const checkpoint of checkpoints) await folder.saveCheckpoint(checkpoint);
    const report = { result, cost: record.cost };
    const parsed = jobReport.parse(report);
    await folder.saveReport(report);
    return { report: parsed, step: kept.at(-1)?.step ?? 0 };
  }

  /** The jobs that have come to an end without a result. */
  async failures(states: ReadonlyMap<string, JobState>): Promise<JobFailure[]> {
    const failures: JobFailure[] = [];
    for (const [id, job] of this.jobs) {
      const state = states.get(id);
      if (state?.state !== "failed" && state?.state !== "cancelled") continue;
      const error = jobFailure(state);
      const record = this.journal.record(job.name, 0);
      record.take(record.total, state.checkpoints[0]?.step ?? 0);
      await record.note("failed", error.message);
      this.live.end(id);
      this.settings.watcher.ended(job, { state: "failed", error });
      failures.push({ job, error });
    }
    return failures;
  }
}
