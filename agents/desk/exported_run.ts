/** Makes the run folder of a cluster's run, on whatever machine, from what the cluster has of it so far. */
import { join } from "node:path";
import type { RunRecord } from "../../cluster/jobs/records.ts";
import { openOrCreateRun, type RunFolder, RunStoreError } from "../../cluster/run_store.ts";
import { findMethod } from "../../learners/library.ts";
import type { ClusterAccess } from "./finished_job.ts";
import { JobBoard } from "./job_following.ts";
import { saveLibraryReport } from "../library/report_files.ts";
import { type LibraryRunFolder, librarySchemas, type RunWatcher } from "../library/run.ts";
import { libraryRunConfig } from "../library/run_config.ts";
import { reportRun } from "./reporter.ts";
import { runConfig } from "../sim/run_config.ts";
import { type SimRunFolder, simSchemas } from "../sim/run_log.ts";
import { reportSimRun } from "./sim_reporter.ts";
import { simJobName } from "./submission.ts";

/** What was fetched of a run. */
export interface ExportedRun {
  readonly path: string;
  readonly jobs: number;
  /** How many of them have their results in the folder. */
  readonly finished: number;
  /** How many will have none. */
  readonly failed: number;
}

/**
 * Fetch all that there is of a run. It may be called again when there is more.
 *
 * @param root where its folder is made, called after the run
 * @param record what the ledger has of the run
 * @throws {RunStoreError} when it cannot be kept, or another run is in its place
 * @throws {BackboneError} when a result is damaged
 */
export async function exportRun(
  root: string,
  id: string,
  record: RunRecord,
  access: ClusterAccess,
  watcher: RunWatcher,
): Promise<ExportedRun> {
  return record.kind === "sim"
    ? await exportSim(root, id, record, access)
    : await exportLibraryRun(root, id, record, access, watcher);
}

async function exportLibraryRun(
  root: string,
  id: string,
  record: RunRecord,
  access: ClusterAccess,
  watcher: RunWatcher,
): Promise<ExportedRun> {
  await using run = await libraryFolder(root, id, record);
  const { jobs } = record;
  using board = await JobBoard.open(access.ledger);
  const end = await reportRun(run, { ...access, board, jobs, watcher, wait: false });
  if (!end.stopped) await saveLibraryReport(run, findMethod(run.config.method), end);
  return {
    path: run.path,
    jobs: Object.keys(jobs).length,
    finished: end.reports.size,
    failed: end.failures.length,
  };
}

async function exportSim(
  root: string,
  id: string,
  record: RunRecord,
  access: ClusterAccess,
): Promise<ExportedRun> {
  await using run = await simFolder(root, id, record);
  using board = await JobBoard.open(access.ledger);
  const end = await reportSimRun(run, {
    ...access,
    board,
    job: record.jobs[simJobName],
    wait: false,
  });
  const state = end.state === "left" ? end.job?.state : undefined;
  const failed = state === "failed" || state === "cancelled" ? 1 : 0;
  return { path: run.path, jobs: 1, finished: end.state === "finished" ? 1 : 0, failed };
}

/**
 * The folder of a library's run, made if it is not there.
 * @throws as `exportRun`
 */
export function libraryFolder(
  root: string,
  id: string,
  { config }: RunRecord,
): Promise<LibraryRunFolder> {
  return ownFolder(root, id, libraryRunConfig.parse(config), librarySchemas);
}

/**
 * The folder of a `sim` run, made if it is not there.
 * @throws as `exportRun`
 */
export function simFolder(root: string, id: string, { config }: RunRecord): Promise<SimRunFolder> {
  return ownFolder(root, id, runConfig.parse(config), simSchemas);
}

/** @throws {RunStoreError} "invalid-config" when the folder is another run's */
async function ownFolder<Config, Event>(
  root: string,
  id: string,
  config: Config,
  schemas: Parameters<typeof openOrCreateRun<Config, Event>>[2],
): Promise<RunFolder<Config, Event>> {
  const folder = await openOrCreateRun(join(root, id), config, schemas);
  if (JSON.stringify(folder.config) === JSON.stringify(config)) return folder;
  await folder.close();
  throw new RunStoreError(
    "invalid-config",
    join(folder.path, "config.json"),
    "is that of another run; give another folder with --out",
  );
}
