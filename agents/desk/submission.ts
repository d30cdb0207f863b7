/**
 * Runs as jobs of a cluster: what each job asks of a worker, and what the ledger has of the run.
 *
 * A submitter writes all of it to its own disk before the first word to the cluster
 * (cluster/jobs/submission_journal.ts), so that one that is killed finishes later what it has begun, and
 * submits nothing twice.
 */
import { join } from "node:path";
import { canonicalJson, jobId } from "../../cluster/jobs/identity.ts";
import type { Ledger } from "../../cluster/jobs/ledger.ts";
import type { JobSpec, Needs, RunRecord, WorkerRecord } from "../../cluster/jobs/records.ts";
import { SubmissionJournal } from "../../cluster/jobs/submission_journal.ts";
import {
  type BackendName,
  type ComputingBackend,
  computingBackends,
} from "../../learners/nn/backend.ts";
import { currentVersions } from "../library/run.ts";
import { jobsOf, type LibraryRunConfig } from "../library/run_config.ts";
import type { RunConfig } from "../sim/run_config.ts";

/** A run for the cluster. */
export interface ClusterRun {
  readonly record: RunRecord;
  readonly specs: readonly JobSpec[];
}

/** How jobs of a run are submitted. */
export interface SubmissionTerms {
  /** The version of the program's numbers; workers of another one do not take the jobs. */
  readonly code: string;
  /** Files of the data folder that the jobs read. */
  readonly data: Needs["data"];
  /** For people. */
  readonly time: Date;
}

/** A run of the library: a job for each of its variants and seeds. */
export function libraryClusterRun(
  config: LibraryRunConfig,
  { code, data, time }: SubmissionTerms,
): ClusterRun {
  const { method, backend, profile } = config;
  const jobs = jobsOf(config).map(({ name, variant, seed }) => {
    const work = { method, variant, seed, config: config.config };
    const needs = { backend, memory: 0, data };
    return { name, spec: { kind: "library", work, needs, code } };
  });
  return clusterRun(`${method}-${profile}`, config, jobs, time);
}

/** A `sim` run: one job, called after the run's kind. */
export function simClusterRun(
  config: RunConfig,
  title: string,
  { code, time }: Omit<SubmissionTerms, "data">,
): ClusterRun {
  const needs = { backend: config.backend, memory: 0, data: [] };
  const spec = { kind: "sim", work: config, needs, code };
  return clusterRun(title, config, [{ name: simJobName, spec }], time);
}

/** The only job of a `sim` run. */
export const simJobName = "sim";

function clusterRun(
  title: string,
  config: LibraryRunConfig | RunConfig,
  jobs: readonly { readonly name: string; readonly spec: JobSpec }[],
  time: Date,
): ClusterRun {
  const record: RunRecord = {
    title,
    kind: jobs[0].spec.kind,
    config,
    jobs: Object.fromEntries(jobs.map(({ name, spec }) => [name, jobId(spec)])),
    submitted: time.toISOString(),
  };
  return { record, specs: jobs.map(({ spec }) => spec) };
}

/** Where a run's folder keeps what was submitted of it. */
const openJournal = (path: string) => SubmissionJournal.open(join(path, "submission"));

/** The folder of a run that is submitted, and what it is called on the cluster. */
export interface SubmittedFolder {
  readonly path: string;
  readonly id: string;
}

/**
 * Write the run to the disk, and enter its jobs into the ledger. Jobs that somebody has cancelled before
 * are wanted again.
 *
 * @param priority 0 … 9, 0 is taken first
 * @throws {BackboneError} when the ledger refuses it
 * @throws {SubmissionError} when the cluster has another run of that name
 */
export async function submitRun(
  ledger: Ledger,
  { path, id }: SubmittedFolder,
  { record, specs }: ClusterRun,
  priority: number,
): Promise<void> {
  const journal = await openJournal(path);
  await journal.submit(ledger, { run: id, record, specs: [...specs], priority });
  await requireOwn(ledger, id, record);
  const states = await ledger.jobs(Object.values(record.jobs));
  for (const [job, { state }] of states) if (state === "cancelled") await ledger.release(job);
}

/**
 * Enter a run into a ledger that ends with this process: nothing of the submission has to be kept.
 *
 * @param priority 0 … 9, 0 is taken first
 */
export async function enterRun(
  ledger: Ledger,
  id: string,
  { record, specs }: ClusterRun,
  priority: number,
): Promise<void> {
  for (const spec of specs) await ledger.submit(spec, { priority, run: id });
  await ledger.submitRun(id, record);
}

/** What is left of a run without the jobs of these names. */
export function withoutJobs(
  { record, specs }: ClusterRun,
  names: ReadonlySet<string>,
): ClusterRun {
  const left = Object.entries(record.jobs).filter(([name]) => !names.has(name));
  const ids = new Set(left.map(([, id]) => id));
  return {
    record: { ...record, jobs: Object.fromEntries(left) },
    specs: specs.filter((spec) => ids.has(jobId(spec))),
  };
}

/**
 * Finish what an earlier submitter of the run has begun, also where the cluster has lost it since; nothing
 * is submitted twice.
 *
 * @returns what the ledger has of the run; undefined when it was never submitted from this folder
 */
export async function finishSubmission(
  ledger: Ledger,
  { path, id }: SubmittedFolder,
): Promise<RunRecord | undefined> {
  const journal = await openJournal(path);
  await journal.finish(ledger);
  const record = await ledger.run(id);
  const states = record && await ledger.jobs(Object.values(record.jobs));
  if (record && states?.size === new Set(Object.values(record.jobs)).size) return record;
  await journal.restore(ledger);
  return await ledger.run(id);
}

/** The cluster cannot take the run. */
export class SubmissionError extends Error {
  override readonly name = "SubmissionError";
}

/** A run is entered once; of two under one name, submitted in the same moment, the second is not. */
async function requireOwn(ledger: Ledger, id: string, record: RunRecord): Promise<void> {
  const found = await ledger.run(id);
  if (found === undefined || canonicalJson(found) === canonicalJson(record)) return;
  throw new SubmissionError(
    `the cluster has another run called ${id}, submitted ${found.submitted}; ` +
      "begin a new run, which gets another name",
  );
}

/** The version of this program's numbers: what a job's result depends on beside its work. */
export function codeVersion(): string {
  const { callosum, tensorflow } = currentVersions();
  return `callosum ${callosum}, tensorflow.js ${tensorflow}`;
}

/** A backend that workers have. */
export interface ClusterBackend {
  readonly name: ComputingBackend;
  /** What it runs on there, each once. */
  readonly devices: readonly string[];
}

/**
 * The backend that a cluster's jobs are to have: `auto` is the fastest that several workers have, or the
 * fastest of all where they have none in common. Undefined when no worker has it.
 */
export function clusterBackend(
  asked: BackendName,
  workers: Iterable<{ readonly backends: Readonly<WorkerRecord["backends"]> }>,
): ClusterBackend | undefined {
  const offers = [...workers].flatMap(({ backends }) => backends);
  const candidates = computingBackends
    .filter((name) => asked === "auto" || asked === name)
    .map((name) => ({
      name,
      devices: offers.filter((offer) => offer.name === name).map(({ device }) => device),
    }))
    .filter(({ devices }) => devices.length > 0);
  const chosen = candidates.find(({ devices }) => devices.length > 1) ?? candidates[0];
  return chosen && { name: chosen.name, devices: [...new Set(chosen.devices)] };
}
