/** One job of a run of the library, kept in its own folder and done in a thread of its own. */
import { join } from "node:path";
import { openOrCreateRun, type RunFolder, RunStoreError } from "../../cluster/run_store.ts";
import { explainMismatch } from "../../cluster/run_store_error.ts";
import { SafetensorsError } from "../../learners/nn/safetensors.ts";
import { readDataFile } from "./data_folder.ts";
import type { JobRecord, Journal } from "./journal.ts";
import type { JobOutcome, LibraryRunFolder, RunSettings, RunWatcher } from "./run.ts";
import {
  type JobConfig,
  jobConfig,
  type JobEvent,
  jobEvent,
  type JobReport,
  jobReport,
  jobsOf,
  type LibraryJob,
} from "./run_config.ts";
import type { JobOwner } from "./method_job.ts";
import { MethodThreadError } from "./method_thread.ts";
import { decodeSnapshot, SnapshotError } from "./snapshot.ts";

/** The folder of a job. */
export type JobFolder = RunFolder<JobConfig, JobEvent>;

/** What jobs of a run have in common. */
export interface JobSurroundings {
  readonly run: LibraryRunFolder;
  readonly journal: Journal;
  readonly settings: RunSettings;
  /** Stops the job at its next event. */
  readonly signal: AbortSignal;
}

/**
 * Do what is left of a job: nothing of a finished one.
 * @throws what could not be kept or read; an error within the job is an outcome
 */
export async function executeJob(
  job: LibraryJob,
  surroundings: JobSurroundings,
): Promise<JobOutcome> {
  const { run, settings: { watcher } } = surroundings;
  await using folder = await openJob(run, job);
  const kept = await keptReport(folder);
  const outcome = kept
    ? { state: "finished" as const, report: kept }
    : await trainJob(folder, job, surroundings);
  watcher?.ended(job, outcome);
  return outcome;
}

async function trainJob(
  folder: JobFolder,
  job: LibraryJob,
  { run, journal, settings, signal }: JobSurroundings,
): Promise<JobOutcome> {
  const { checkpoint, step } = await keptCheckpoint(folder, settings.watcher);
  const record = journal.record(job.name, step);
  await record.note("began");
  settings.watcher?.began(job, step);

  const { checkpointSeconds = usualCheckpointSeconds } = settings;
  const keeper = jobKeeper(folder, job, record, settings);
  using thread = settings.newThread();
  using _stopping = onAbort(signal, () => thread.stop());
  try {
    const request = { ...folder.config, checkpoint, checkpointSeconds };
    const help = settings.help && { ...settings.help, name: run.id };
    const end = await Promise.race([thread.run(request, keeper.owner, help), keeper.failed]);
    record.take(end.cost);
    if (end.kind === "stopped") {
      await record.note("stopped");
      return { state: "stopped" };
    }
    const report = { result: end.result, cost: record.total };
    await folder.saveReport(report);
    await record.note("finished");
    // By way of its JSON: a result is the same in the session that made it and in later ones.
    return { state: "finished", report: jobReport.parse(JSON.parse(JSON.stringify(report))) };
  } catch (error) {
    if (!(error instanceof MethodThreadError)) throw error;
    await record.note("failed", error.message);
    return { state: "failed", error };
  }
}

/** Losing at most so much work is worth a write to the disk. */
const usualCheckpointSeconds = 2;

/** Keeps what a job tells, and answers what it asks. */
function jobKeeper(
  folder: JobFolder,
  job: LibraryJob,
  record: JobRecord,
  { watcher, data }: RunSettings,
): { readonly owner: JobOwner; readonly failed: Promise<never> } {
  const failure = Promise.withResolvers<never>();
  return {
    failed: failure.promise,
    owner: {
      progress(progress, cost) {
        record.take(cost, progress.step);
        folder.appendEvent(progress).catch(failure.reject);
        watcher?.progress(job, progress);
      },
      file: (name) => readDataFile(data, name),
      async checkpoint({ bytes, step, cost }) {
        await folder.saveCheckpoint(bytes);
        record.take(cost, step);
        await record.note("checkpoint");
      },
    },
  };
}

/** Have `act` called when `signal` is aborted, until the scope is left. */
function onAbort(signal: AbortSignal, act: () => void): Disposable {
  if (signal.aborted) act();
  signal.addEventListener("abort", act);
  return { [Symbol.dispose]: () => signal.removeEventListener("abort", act) };
}

/**
 * Open the folder of a job, or begin it.
 * @throws {RunStoreError} `invalid-config` when it is another job's, and what opening it throws
 */
export async function openJob(
  { path, config }: LibraryRunFolder,
  job: LibraryJob,
): Promise<JobFolder> {
  const { variant, seed } = job;
  const expected = {
    method: config.method,
    variant,
    seed,
    backend: config.backend,
    config: config.config,
  };
  const schemas = { config: jobConfig, event: jobEvent };
  const folder = await openOrCreateRun(join(path, "jobs", job.name), expected, schemas);
  if (JSON.stringify(folder.config) === JSON.stringify(expected)) return folder;
  await folder.close();
  throw new RunStoreError(
    "invalid-config",
    join(folder.path, "config.json"),
    "differs from the run's own config.json; restore both from a copy, or start a new run",
  );
}

/**
 * What the job has come to; undefined of one that has not finished.
 * @throws {RunStoreError} `corrupt-report` when what was kept is no report of a job
 */
export async function keptReport(folder: JobFolder): Promise<JobReport | undefined> {
  const kept = await folder.loadReport();
  if (kept === undefined) return undefined;
  const checked = jobReport.safeParse(kept);
  if (checked.success) return checked.data;
  throw new RunStoreError(
    "corrupt-report",
    join(folder.path, "report.json"),
    `no report of a job: ${explainMismatch(checked.error)}; remove it to do the job again`,
  );
}

/** What the finished jobs of a run have come to, by their names. */
export async function keptReports(run: LibraryRunFolder): Promise<Map<string, JobReport>> {
  const reports = new Map<string, JobReport>();
  for (const job of jobsOf(run.config)) {
    await using folder = await openJob(run, job);
    const report = await keptReport(folder);
    if (report) reports.set(job.name, report);
  }
  return reports;
}

/** What the job goes on from; events beyond it are dropped, they will happen again. */
async function keptCheckpoint(folder: JobFolder, watcher: RunWatcher | undefined) {
  const kept = await folder.loadCheckpoint();
  if (kept?.from === "previous") {
    watcher?.warn(`${join(folder.path, kept.reason)}; going on from the previous one`);
  }
  const step = kept && readStep(folder, kept.bytes);
  await folder.truncateEvents((event) => step === undefined || event.step > step);
  return { checkpoint: kept?.bytes, step: step ?? 0 };
}

function readStep(folder: JobFolder, bytes: Uint8Array): number {
  try {
    return decodeSnapshot(bytes).step;
  } catch (error) {
    if (!(error instanceof SnapshotError || error instanceof SafetensorsError)) throw error;
    throw new RunStoreError(
      "corrupt-checkpoint",
      folder.path,
      `the checkpoint is none of a job: ${error.message}; remove the folder to do the job again`,
      { cause: error },
    );
  }
}
