/** The jobs of a run, as the laboratory tells of them live and as the run's document has them. */
import type { LaboratoryRun } from "../../../cluster/protocol.ts";
import { told } from "../documents.ts";
import type { SentJob, SentRun } from "./run_document.ts";

type LiveJob = LaboratoryRun["list"][number];

/** What is known of a job. */
export interface JobLine {
  readonly key: string;
  readonly name: string;
  readonly state: SentJob["state"];
  /** The same in words. */
  readonly standing: string;
  readonly step: number;
  /** 0 where nobody knows. */
  readonly steps: number;
  readonly worker: string;
  readonly attempts: number;
  /** Why it has no result; empty where there is nothing to say. */
  readonly reason: string;
  /** Its first metric; NaN before its end. */
  readonly result: number;
  /** What it has taken, s; NaN where nobody knows. */
  readonly seconds: number;
  /** Whether its newest checkpoint can be had. */
  readonly hasCheckpoint: boolean;
}

/**
 * The jobs to list: those that the laboratory tells of, which are the newest word, with what only the
 * document knows; without them those of the document.
 */
export function jobLines(
  live: readonly LiveJob[],
  document: Pick<SentRun, "jobs"> | undefined,
): JobLine[] {
  const sent = document?.jobs.list ?? [];
  if (live.length === 0) return sent.map(sentLine);
  const byId = new Map(sent.map((job) => [job.id, job]));
  return live.map((job) => liveLine(job, byId.get(job.id)));
}

function sentLine(job: SentJob): JobLine {
  return {
    key: job.name,
    name: job.name,
    state: job.state,
    standing: job.state === "unknown" ? "not known" : job.state,
    step: job.step,
    steps: job.steps,
    worker: job.worker ?? "",
    attempts: job.attempts,
    reason: job.state === "done" ? "" : job.message ?? "",
    ...outcome(job),
  };
}

function liveLine(job: LiveJob, sent: SentJob | undefined): JobLine {
  const { id, name, state = "unknown", step, steps, worker, attempts, end, message } = job;
  const hasReason = end !== undefined && end !== "handed-over" && state !== "done";
  return {
    key: id,
    name,
    state,
    standing: job.state ?? "not in the ledger yet",
    step,
    steps,
    worker: worker ?? sent?.worker ?? "",
    attempts,
    reason: hasReason ? `${end.replaceAll("-", " ")}: ${message ?? ""}` : "",
    ...outcome(sent),
  };
}

const outcome = (job: SentJob | undefined) => ({
  result: told(Object.values(job?.metrics ?? {})[0]),
  seconds: told(job?.seconds),
  hasCheckpoint: job?.checkpoint !== undefined,
});
