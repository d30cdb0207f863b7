/**
 * A run of the library: a method's variants, each under every seed, on several threads.
 *
 *     runs/<id>/                  a run folder (cluster/run_store.ts): config, events, report
 *       report.md                 the report to read
 *       figures/*.svg             and what they show: figures/*.csv
 *       tables/*.csv              those of the report, and jobs.csv with the numbers of every job
 *       jobs/<variant>-s<seed>/   a run folder for each job: config, events, checkpoint, report
 *
 * A job depends on nothing but its description, so the number of threads decides how long a run takes
 * and nothing else. A run that is resumed takes the results of finished jobs as they are, and goes on
 * with the others from their checkpoints.
 */
import * as tf from "@tensorflow/tfjs";
import manifest from "../../deno.json" with { type: "json" };
import { createRun, openRun, type RunFolder } from "../../cluster/run_store.ts";
import type { JobProgress, Outcomes } from "../../learners/method.ts";
import type { JobSlots } from "../job_slots.ts";
import { executeJob } from "./job.ts";
import { Journal } from "./journal.ts";
import {
  type JobReport,
  jobsOf,
  type LibraryJob,
  type LibraryRunConfig,
  libraryRunConfig,
  type LibraryRunEvent,
  libraryRunEvent,
} from "./run_config.ts";
import type { JobHelp, MethodThread, MethodThreadError } from "./method_thread.ts";

/** The folder of a run of the library. */
export type LibraryRunFolder = RunFolder<LibraryRunConfig, LibraryRunEvent>;

/** What is in the folder of a run. */
export const librarySchemas = { config: libraryRunConfig, event: libraryRunEvent };

/** What computes here. */
export function currentVersions(): LibraryRunConfig["versions"] {
  return {
    callosum: manifest.version,
    deno: Deno.version.deno,
    tensorflow: tf.version_core,
  };
}

/**
 * Make the folder of a new run under `root`.
 * @param mark ends its name: where several machines name runs, their times alone may be the same
 */
export function createLibraryRun(
  root: string,
  config: LibraryRunConfig,
  time: Date,
  mark?: string,
): Promise<LibraryRunFolder> {
  const title = [config.method, config.profile, ...mark === undefined ? [] : [mark]].join("-");
  return createRun(root, config, { time, title }, librarySchemas);
}

/** Open the run in the folder `path`. */
export function openLibraryRun(path: string): Promise<LibraryRunFolder> {
  return openRun(path, librarySchemas);
}

/** How a run is carried out; none of it changes a result. */
export interface RunSettings {
  /** In which its jobs take their turns, perhaps with those of other runs. */
  readonly slots: JobSlots;
  /** A thread with the run's backend that has done no job yet. */
  readonly newThread: () => MethodThread;
  /** The folder of data files. */
  readonly data?: string;
  /** Seconds between checkpoints of a job at the least. */
  readonly checkpointSeconds?: number;
  /** Where jobs find actors; without it each does everything itself. */
  readonly help?: Omit<JobHelp, "name">;
  /** Stops all jobs at their next events. */
  readonly signal: AbortSignal;
  readonly watcher?: RunWatcher;
}

/** Is told how a run goes. */
export interface RunWatcher {
  began(job: LibraryJob, step: number): void;
  progress(job: LibraryJob, progress: JobProgress): void;
  ended(job: LibraryJob, outcome: JobOutcome): void;
  /** Something that the user should know, in one line. */
  warn(line: string): void;
}

/** What became of a job. */
export type JobOutcome =
  | { readonly state: "finished"; readonly report: JobReport }
  | { readonly state: "failed"; readonly error: MethodThreadError }
  | { readonly state: "stopped" };

/** A job that failed. */
export interface JobFailure {
  readonly job: LibraryJob;
  readonly error: MethodThreadError;
}

/** How a run ended. */
export interface RunEnd {
  /** Whether jobs are left because it was stopped. */
  readonly stopped: boolean;
  /** By job's name, of the finished ones. */
  readonly reports: ReadonlyMap<string, JobReport>;
  readonly failures: readonly JobFailure[];
}

/**
 * Carry out a run, or what is left of it. A job that fails leaves the others alone.
 * @throws what could not be kept or read; all jobs are stopped then, and may be resumed
 */
export async function executeRun(run: LibraryRunFolder, settings: RunSettings): Promise<RunEnd> {
  const broken = new AbortController();
  const signal = AbortSignal.any([settings.signal, broken.signal]);
  const jobs = jobsOf(run.config);
  const outcomes = new Map<string, JobOutcome>();
  // Its clock begins with the first job: other runs may have the slots until then.
  let journal: Promise<Journal> | undefined;
  const execute = async (job: LibraryJob) => {
    if (signal.aborted) return;
    try {
      journal ??= Journal.open(run);
      outcomes.set(
        job.name,
        await executeJob(job, { run, journal: await journal, settings, signal }),
      );
    } catch (error) {
      broken.abort();
      throw error;
    }
  };
  const ends = await Promise.allSettled(jobs.map((job) => settings.slots.use(() => execute(job))));
  const failed = ends.find((end) => end.status === "rejected");
  if (failed) throw failed.reason;
  return endOf(jobs, outcomes);
}

function endOf(jobs: readonly LibraryJob[], outcomes: ReadonlyMap<string, JobOutcome>): RunEnd {
  const reports = new Map<string, JobReport>();
  const failures: JobFailure[] = [];
  for (const job of jobs) {
    const outcome = outcomes.get(job.name);
    if (outcome?.state === "finished") reports.set(job.name, outcome.report);
    if (outcome?.state === "failed") failures.push({ job, error: outcome.error });
  }
  return { stopped: reports.size + failures.length < jobs.length, reports, failures };
}

/** The results by variant, seeds in order, of a run's finished jobs. */
export function outcomesOf(
  config: LibraryRunConfig,
  reports: ReadonlyMap<string, JobReport>,
): Outcomes {
  const entries = config.variants.map((variant) => {
    const jobs = jobsOf(config).filter((job) => job.variant === variant);
    return [
      variant,
      jobs.flatMap(({ name, seed }) => {
        const report = reports.get(name);
        return report ? [{ seed, result: report.result }] : [];
      }),
    ] as const;
  });
  return Object.fromEntries(entries.filter(([, results]) => results.length > 0));
}
