/**
 * How a result gets into the ledger: blob, then the result's record, which only one can create, then
 * `done`. A death between any two is repaired by whoever comes next, since the record decides.
 *
 * A second result of the job is no second choice but an audit: it must agree with the first.
 */
import { BackboneError } from "../backbone.ts";
import { JobRecord } from "./job_record.ts";
import type { LedgerParts } from "./ledger_parts.ts";
import type { AlarmRecord, JobSpec, ResultRecord } from "./records.ts";

/** A finished attempt. */
export interface Finished {
  readonly job: string;
  readonly spec: JobSpec;
  readonly record: ResultRecord;
  readonly result: Uint8Array;
  /** Whether its log says all that happened; a result whose story is incomplete is only compared. */
  readonly complete: boolean;
  /** Whether the log still does, where somebody can tell. */
  readonly isIntact?: () => Promise<boolean>;
}

/**
 * - `first`: it is the job's result
 * - `same`: there was one already, and this one agrees
 * - `different`: there was one already, and this one does not agree: an alarm has been raised
 * - `fenced`: the job was lost, or a part of its log, and nobody else has finished it yet: nothing to
 *   compare it with
 */
export type CommitOutcome = "first" | "same" | "different" | "fenced";

/**
 * Bring `finished` to the ledger; tries until it is there.
 * @throws the signal's reason, or what is no use trying again
 */
export async function commitResult(
  parts: LedgerParts,
  finished: Finished,
  signal?: AbortSignal,
): Promise<CommitOutcome> {
  const { job, record, complete } = finished;
  const insist = <T>(operation: () => Promise<T>) =>
    parts.insist(`the result of job ${job}`, operation, signal);
  const known = await insist(() => parts.results.get(job));
  if (!known) {
    const state = await insist(() => parts.jobs.get(job));
    if (!complete || (state && state.value.epoch > record.epoch)) return "fenced";
  }
  const standing = known?.value ?? await createResult(parts, finished, insist);
  if (!standing) return "fenced";
  await insist(() => new JobRecord(parts.jobs, job, parts.limits).apply({ type: "finish" }));
  await parts.at("commit: after done");
  return isSame(standing, record) ? "first" : await compare(parts, finished, standing, insist);
}

type Insist = <T>(operation: () => Promise<T>) => Promise<T>;

/** The result that stands: this one, if there was none before. Undefined when its story got lost meanwhile. */
async function createResult(
  parts: LedgerParts,
  { job, record, result, isIntact }: Finished,
  insist: Insist,
): Promise<ResultRecord | undefined> {
  await insist(() => parts.backbone.blobs.put(result));
  await parts.at("commit: after the blob");
  const standing = await insist(async () => {
    // Before every try: what has made it fail may have been the server's end, and an older store.
    if (await isIntact?.() === false) return undefined;
    if (await parts.results.create(job, record) !== undefined) return record;
    const first = await parts.results.get(job);
    if (first) return first.value;
    throw new BackboneError(
      "unavailable",
      `the result of job ${job} is there, but not to be read yet`,
    );
  });
  if (!standing) return undefined;
  // Whoever removes what nobody refers to may have come between the two.
  const { blobs } = parts.backbone;
  if (await insist(() => blobs.get(record.digest)) === undefined) {
    await insist(() => blobs.put(result));
  }
  await parts.at("commit: after the result");
  return standing;
}

/** Whether it is the same attempt's: its record may have been created without an answer. */
function isSame(standing: ResultRecord, own: ResultRecord): boolean {
  return standing.worker === own.worker && standing.epoch === own.epoch &&
    standing.digest === own.digest;
}

async function compare(
  parts: LedgerParts,
  { job, spec, record, result }: Finished,
  standing: ResultRecord,
  insist: Insist,
): Promise<CommitOutcome> {
  if (standing.digest === record.digest) return "same";
  if (!runOnTheSame(standing, record)) {
    const first = await readResult(parts, standing, insist);
    if (first && parts.agree(spec, first, result)) return "same";
  }
  // Both must be at hand for whoever looks into it.
  await insist(() => parts.backbone.blobs.put(result));
  const results: AlarmRecord["results"] = [standing, record];
  await insist(() => parts.alarms.create(`${job}.${record.epoch}`, { job, results }));
  return "different";
}

function runOnTheSame(a: ResultRecord, b: ResultRecord): boolean {
  return a.backend === b.backend && a.device === b.device;
}

/** The bytes of a result; undefined when they cannot be had any more. */
async function readResult(
  parts: LedgerParts,
  { digest }: ResultRecord,
  insist: Insist,
): Promise<Uint8Array | undefined> {
  try {
    return await insist(() => parts.backbone.blobs.get(digest));
  } catch (error) {
    if (!(error instanceof BackboneError) || error.kind !== "damaged") throw error;
    parts.onTrouble("a result cannot be compared", error);
    return undefined;
  }
}
