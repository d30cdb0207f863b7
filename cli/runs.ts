/**
 * `deno task runs`: the runs of a cluster, and what can be told to them; or, without a server, the run
 * folders of this machine.
 */
import { type RunDetails, runDetails, runOverviews } from "../agents/desk/cluster_runs.ts";
import { exportRun } from "../agents/desk/exported_run.ts";
import { type JobOrder, orderJobs, orderText } from "../agents/laboratory/job_orders.ts";
import { counted } from "../agents/library/report_text.ts";
import { localRun, localRuns } from "../agents/local_runs.ts";
import type { NatsBackbone } from "../cluster/nats/backbone.ts";
import { Ledger } from "../cluster/jobs/ledger.ts";
import { exitCodes, runCommand, UsageError } from "./failure.ts";
import { jobDisplay } from "./job_progress.ts";
import { joinLaboratory } from "./nats_options.ts";
import type { TableFormat } from "./plain_table.ts";
import { parseRunsOptions, type RunsOptions } from "./runs_options.ts";
import { deleteRuns, sweepOrphans } from "./runs_removal.ts";
import { localRunsText, localRunText, runsText, runText, storageText } from "./runs_text.ts";

async function main(args: readonly string[]): Promise<number> {
  const options = parseRunsOptions(args);
  if (!options) return exitCodes.done;
  const { access } = options;
  if (!access) {
    console.log(await localText(options));
    return exitCodes.done;
  }
  const removes = options.action === "delete" || options.action === "sweep";
  const role = removes ? "owner" : "submitter";
  await using backbone = await joinLaboratory({ ...access, name: "runs", role });
  console.log(await clusterText(options, backbone));
  return exitCodes.done;
}

async function localText(options: RunsOptions): Promise<string> {
  const { out, format } = options;
  if (options.action === "list") return localRunsText(await localRuns(out), out, format);
  if (!("run" in options)) throw new Error(`${options.action} is about a cluster's runs`);
  const run = await localRun(out, options.run);
  if (run) return localRunText(run, format);
  throw new UsageError(`there is no run ${options.run} in ${out}; deno task runs list names them`);
}

async function clusterText(options: RunsOptions, backbone: NatsBackbone): Promise<string> {
  const ledger = new Ledger(backbone);
  const { format } = options;
  if (options.action === "list") {
    const runs = runsText(await runOverviews(ledger), format);
    return format === "text" ? `${runs}\n\n${storageText(await backbone.storage())}` : runs;
  }
  if (options.action === "sweep") return await sweepOrphans(ledger, format);
  if (options.action === "delete") {
    return await deleteRuns(options.runs, options.force, ledger, format);
  }
  const run = await runDetails(ledger, options.run);
  if (!run) {
    throw new UsageError(
      `the cluster has no run ${options.run}; deno task runs list --nats URL names them`,
    );
  }
  switch (options.action) {
    case "show":
      return runText({ ...run, details: jobsOf(run, options.jobs) }, format);
    case "export":
      return await fetchRun(options.run, options, backbone, ledger);
    default:
      return await order(options.action, jobsOf(run, options.jobs), ledger, format);
  }
}

/** Fetch a run; what has come, in a line. */
async function fetchRun(
  id: string,
  { out, format }: RunsOptions,
  backbone: NatsBackbone,
  ledger: Ledger,
): Promise<string> {
  const record = (await ledger.run(id))!;
  const access = { backbone, ledger, signal: new AbortController().signal };
  const display = jobDisplay(Object.keys(record.jobs).length);
  try {
    const exported = await exportRun(out, id, record, access, display.watcher());
    if (format === "json") return JSON.stringify(exported);
    const { path, jobs, finished, failed } = exported;
    const rest = jobs - finished - failed;
    const parts = [
      `${finished} of ${counted(jobs, "job")} finished`,
      ...failed > 0 ? [`${failed} failed or cancelled`] : [],
      ...rest > 0 ? [`${rest} not at their end: export it again later`] : [],
    ];
    return `run   ${path}\n${parts.join("; ")}`;
  } finally {
    display.stop();
  }
}

/** As many of a run's jobs as an error names. */
const namedJobs = 8;

/** @throws {UsageError} when the run has no such job */
function jobsOf({ run, details }: RunDetails, names: readonly string[] | undefined) {
  const unknown = names?.find((name) => details.every(({ job }) => job !== name));
  if (unknown === undefined) return details.filter(({ job }) => names?.includes(job) ?? true);
  const known = details.slice(0, namedJobs).map(({ job }) => job).join(", ");
  const others = details.length - namedJobs;
  const more = others > 0 ? `, and ${counted(others, "other")}: runs show ${run} lists them` : "";
  throw new UsageError(`--job ${unknown}: run ${run} has no such job; it has ${known}${more}`);
}

/** Tell jobs what is wanted of them; what came of it, in a line. */
async function order(
  name: JobOrder,
  jobs: RunDetails["details"],
  ledger: Ledger,
  format: TableFormat,
): Promise<string> {
  const concerned = await orderJobs(name, jobs, ledger);
  return format === "json"
    ? JSON.stringify({ action: name, jobs: concerned.map(({ job }) => job) })
    : orderText(name, concerned.length, jobs.length);
}

if (import.meta.main) await runCommand(main);
