/** The reporter of a `sim` run that a cluster does; see reporter.ts. */
import type { JobState } from "../../cluster/jobs/records.ts";
import { decodeSafetensors, encodeSafetensors } from "../../learners/nn/safetensors.ts";
import { unlessStopped } from "../abort.ts";
import { type ClusterAccess, type FinishedJob, finishedJob } from "./finished_job.ts";
import { followJobs, type JobBoard } from "./job_following.ts";
import { loggedEvent, type SimRunFolder } from "../sim/run_log.ts";
import { type SimReport, simReport } from "../sim/run_report.ts";
import { simResult } from "../worker/sim_executor.ts";

/** How it stands with a `sim` run. */
export type SimEnd =
  | { readonly state: "finished"; readonly report: SimReport }
  /** As the ledger has it; nothing where it knows no such job, or the signal was aborted. */
  | { readonly state: "left"; readonly job?: JobState };

/** How a `sim` run is reported. */
export interface SimReporterSettings extends ClusterAccess {
  /** Of the ledger's jobs. */
  readonly board: JobBoard;
  /** The job's id. */
  readonly job: string;
  /** Whether to wait for the job's end. */
  readonly wait: boolean;
  /** Told whenever the job has changed, and how it stood before. */
  readonly onChange?: (state: JobState, before: JobState | undefined) => void;
}

/**
 * Fold the result of a `sim` run into its folder.
 * @throws as `reportRun`
 */
export async function reportSimRun(
  run: SimRunFolder,
  settings: SimReporterSettings,
): Promise<SimEnd> {
  const kept = await run.loadReport();
  if (kept !== undefined) return { state: "finished", report: kept as SimReport };
  const { board, job, signal, wait, onChange } = settings;
  let report: SimReport | undefined;
  const following = followJobs(board, new Set([job]), {
    changed: (_, state, before) => onChange?.(state, before),
    async done() {
      report = await keep(run, await finishedJob(job, settings));
    },
  }, { signal, wait });
  const states = await unlessStopped(signal, following);
  return report ? { state: "finished", report } : { state: "left", job: states?.get(job) };
}

/** An earlier reporter may have died in the middle of it. */
async function keep(
  run: SimRunFolder,
  { record, result, events, checkpoints }: FinishedJob,
): Promise<SimReport> {
  const { evaluations } = simResult.parse(result);
  const { path, id, config } = run;
  const report = simReport(path, id, config, record.cost.seconds, evaluations);
  await run.truncateEvents(() => true);
  for (const { event } of events) await run.appendEvent(loggedEvent.parse(event));
  for (const checkpoint of checkpoints) await run.saveCheckpoint(withoutEvaluations(checkpoint));
  await run.saveReport(report);
  return report;
}

/** A worker's checkpoint has the evaluations so far beside what the training itself keeps. */
function withoutEvaluations(checkpoint: Uint8Array): Uint8Array {
  const { tensors, metadata: { evaluations: _, ...metadata } } = decodeSafetensors(checkpoint);
  return encodeSafetensors(tensors, metadata);
}
