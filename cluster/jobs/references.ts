/** To which blobs the ledger refers. */
import type { BackboneError } from "../backbone.ts";
import type { LedgerParts } from "./ledger_parts.ts";
import type { AlarmRecord, JobState, ResultRecord } from "./records.ts";

/** All records that can refer to blobs. */
export interface ReferringRecords {
  readonly jobs: ReadonlyMap<string, JobState>;
  readonly results: ReadonlyMap<string, ResultRecord>;
  readonly alarms: ReadonlyMap<string, AlarmRecord>;
  /** Whether all could be read: what one that is damaged refers to, nobody knows. */
  readonly complete: boolean;
}

/** Read them. */
export async function referringRecords(parts: LedgerParts): Promise<ReferringRecords> {
  let complete = true;
  const onDamage = (error: BackboneError) => {
    complete = false;
    parts.onDamage(error);
  };
  const [jobs, results, alarms] = await Promise.all([
    parts.persist("the list of jobs", () => parts.jobs.all(onDamage)),
    parts.persist("the list of results", () => parts.results.all(onDamage)),
    parts.persist("the list of alarms", () => parts.alarms.all(onDamage)),
  ]);
  return { jobs, results, alarms, complete };
}

/**
 * The digests of the blobs that they refer to: results, results that differ, checkpoints.
 * @param concerns only what belongs to these jobs counts; all of them unless given
 */
export function blobsOf(
  { jobs, results, alarms }: ReferringRecords,
  concerns: (job: string) => boolean = () => true,
): Set<string> {
  const digests = new Set<string>();
  for (const [job, { checkpoints }] of jobs) {
    if (concerns(job)) { for (const { digest } of checkpoints) digests.add(digest); }
  }
  for (const [job, { digest }] of results) if (concerns(job)) digests.add(digest);
  for (const { job, results } of alarms.values()) {
    if (concerns(job)) { for (const { digest } of results) digests.add(digest); }
  }
  return digests;
}
