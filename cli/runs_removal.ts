/** What `runs` removes from a cluster: runs with all that only they have, and what is nobody's any more. */
import { deleteClusterRun } from "../agents/desk/run_deletion.ts";
import { counted } from "../agents/library/report_text.ts";
import type { ActiveJob, DeletedRun } from "../cluster/jobs/deletion.ts";
import type { Ledger } from "../cluster/jobs/ledger.ts";
import type { RunRecord } from "../cluster/jobs/records.ts";
import { sizeText } from "../cluster/size_text.ts";
import { systemTimers } from "../cluster/timers.ts";
import { UsageError } from "./failure.ts";
import type { TableFormat } from "./plain_table.ts";

/** Runs that are gone, by their names. */
type DeletedRuns = Map<string, DeletedRun>;

/**
 * Delete runs, one after the other; what was deleted, in lines.
 * @throws {UsageError} when one is not there, before anything is deleted; or is not at its end
 */
export async function deleteRuns(
  ids: readonly string[],
  force: boolean,
  ledger: Ledger,
  format: TableFormat,
): Promise<string> {
  const records = await recordsOf(ids, ledger);
  const deleted: DeletedRuns = new Map();
  for (const [run, record] of records) {
    const outcome = await deleteClusterRun(ledger, run, { force });
    if (outcome.deleted) deleted.set(run, outcome);
    else if (outcome.reason === "active") {
      const before = [...deleted.keys()];
      throw new UsageError(activeText(run, record, outcome.jobs, force, before));
    }
  }
  if (format === "json") {
    const runs = [...deleted].map(([run, outcome]) => ({ run, ...outcome }));
    return JSON.stringify({ action: "delete", runs });
  }
  return [...deleted].map(([run, outcome]) => deletedText(run, outcome)).join("\n");
}

/** @throws {UsageError} when one is not there */
async function recordsOf(ids: readonly string[], ledger: Ledger): Promise<Map<string, RunRecord>> {
  const records = new Map<string, RunRecord>();
  for (const id of ids) {
    const record = await ledger.run(id);
    if (!record) {
      throw new UsageError(
        `the cluster has no run ${id}; deno task runs list --nats URL names them`,
      );
    }
    records.set(id, record);
  }
  return records;
}

function deletedText(run: string, { jobs, shared, blobs }: DeletedRun): string {
  const rest = shared === 0
    ? ""
    : `; ${counted(shared, "job")} ${shared === 1 ? "stays" : "stay"}, since other runs have them`;
  return `${run}: deleted, with ${counted(jobs, "job")} and ${counted(blobs, "blob")}${rest}`;
}

/** As many jobs as the error names. */
const namedJobs = 4;

/** Why a run stays, and what to do. */
function activeText(
  run: string,
  record: RunRecord,
  active: readonly ActiveJob[],
  force: boolean,
  deleted: readonly string[],
): string {
  const names = new Map(Object.entries(record.jobs).map(([name, id]) => [id, name]));
  const named = active.slice(0, namedJobs).map(({ id, state, worker }) =>
    `${names.get(id) ?? id} is ${state}${worker === undefined ? "" : ` on ${worker}`}`
  );
  const more = active.length > namedJobs ? `, and ${active.length - namedJobs} more` : "";
  const advice = force
    ? "they were cancelled, but their workers have not let go yet: try again in a moment"
    : "let them end, or add --force, which cancels them";
  const before = deleted.length > 0 ? `deleted ${deleted.join(", ")}; ` : "";
  return `${before}run ${run} stays: ${named.join(", ")}${more}; ${advice}`;
}

/** How long something must have been nobody's, ms. */
const sweepAge = 10_000;

/** Remove what nobody refers to; what it was, in a line. */
export async function sweepOrphans(ledger: Ledger, format: TableFormat): Promise<string> {
  const sweep = ledger.orphanSweep({ age: sweepAge, logs: true });
  await sweep.look();
  if (Deno.stderr.isTerminal()) console.error(`looking again in ${sweepAge / 1000} s …`);
  await systemTimers.sleep(sweepAge);
  const swept = await sweep.look();
  if (format === "json") return JSON.stringify({ action: "sweep", ...swept });
  const { blobs, bytes, logs } = swept;
  return blobs + logs === 0
    ? "there is nothing that nobody refers to"
    : `removed what nobody refers to: ${counted(blobs, "blob")} of ${sizeText(bytes)}, ` +
      counted(logs, "log");
}
