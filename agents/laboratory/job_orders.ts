/** What people order of the jobs of a run: to which of them it means something, and what becomes of those. */
import type { Ledger } from "../../cluster/jobs/ledger.ts";
import type { JobState } from "../../cluster/jobs/records.ts";
import type { JobOverview } from "../desk/cluster_runs.ts";
import { counted } from "../library/report_text.ts";

/** What may be ordered of a job. */
export type JobOrder = "cancel" | "pause" | "continue" | "retry";

interface JobOrderRule {
  /** Whether the order means something to the job as it stands. */
  readonly concerns: (job: JobOverview) => boolean;
  readonly give: (ledger: Ledger, id: string) => Promise<JobState | undefined>;
}

const rules: Readonly<Record<JobOrder, JobOrderRule>> = {
  cancel: {
    concerns: ({ state }) => ["queued", "running", "paused", "failed"].includes(state),
    give: (ledger, id) => ledger.cancel(id),
  },
  pause: {
    concerns: ({ state }) => ["queued", "running"].includes(state),
    give: (ledger, id) => ledger.pause(id),
  },
  // A running job that is to pause goes on as well.
  continue: {
    concerns: ({ state, wanted }) => state === "paused" || wanted === "pause",
    give: (ledger, id) => ledger.release(id),
  },
  retry: {
    concerns: ({ state }) => ["failed", "cancelled"].includes(state),
    give: (ledger, id) => ledger.release(id),
  },
};

/**
 * Tell jobs what is wanted of them.
 * @returns those to which it meant something
 */
export async function orderJobs(
  order: JobOrder,
  jobs: readonly JobOverview[],
  ledger: Ledger,
): Promise<JobOverview[]> {
  const { concerns, give } = rules[order];
  const concerned = jobs.filter(concerns);
  for (const { id } of concerned) await give(ledger, id);
  return concerned;
}

/** What has come of an order, in a line. */
export function orderText(order: JobOrder, concerned: number, jobs: number): string {
  const others = jobs - concerned;
  const rest = others > 0 ? `; nothing to ${order} in ${counted(others, "other")}` : "";
  return `${order}: ${counted(concerned, "job")}${rest}`;
}
