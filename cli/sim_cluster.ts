/**
 * `sim --cluster`: the same run as one job of a cluster. This program submits it, shows how it goes, and
 * keeps what comes of it as a run on this machine is kept; without it the job goes on all the same.
 */
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { simFolder } from "../agents/desk/exported_run.ts";
import { jobFailure, jobNews } from "../agents/desk/job_news.ts";
import type { RunConfig } from "../agents/sim/run_config.ts";
import { type SimRunFolder, simSchemas } from "../agents/sim/run_log.ts";
import { runTitle } from "../agents/sim/run_report.ts";
import { reportSimRun, type SimEnd } from "../agents/desk/sim_reporter.ts";
import {
  codeVersion,
  finishSubmission,
  simClusterRun,
  simJobName,
  submitRun,
} from "../agents/desk/submission.ts";
import { hostsOf } from "../agents/worker/spawn.ts";
import type { Backbone } from "../cluster/backbone.ts";
import { subjects, type Subscription } from "../cluster/bus.ts";
import { DeadLetters } from "../cluster/dead_letters.ts";
import type { Ledger } from "../cluster/jobs/ledger.ts";
import type { JobState, RunRecord } from "../cluster/jobs/records.ts";
import type { Access } from "../cluster/nats/credentials.ts";
import { decodeEvent } from "../cluster/protocol.ts";
import { createRun, openRun } from "../cluster/run_store.ts";
import { exitCodes, UsageError } from "./failure.ts";
import { joinLaboratory } from "./nats_options.ts";
import { shellWord } from "./options.ts";
import { type ProgressDisplay, progressDisplay } from "./progress.ts";
import { runPath } from "./run_path.ts";
import type { SimOptions } from "./sim_options.ts";
import { conclude, headLines, measuringLine, say } from "./sim_text.ts";
import { StopSignal } from "./stop_signal.ts";
import type { SubmissionOptions } from "./submission_options.ts";
import {
  type Desk,
  leftToTheCluster,
  mark,
  noticeOutages,
  offeredBackend,
  openDesk,
} from "./submitting.ts";

/** Tasks of deno.json: the first may reach this machine only, the second any. */
const tasks = { local: "sim --cluster", anywhere: "sim:cluster" } as const;

/**
 * Have a cluster do the run.
 * @returns the exit code
 * @throws {UsageError} when the cluster cannot be reached, or the run was not begun for one
 */
export async function simulateOnCluster(
  options: SimOptions,
  cluster: SubmissionOptions,
): Promise<number> {
  requireReach(cluster.access);
  await using opened = new AsyncDisposableStack();
  const access = { ...cluster.access, name: "sim", role: "submitter" } as const;
  const desk = await openDesk(opened.use(await joinLaboratory(access)), opened);
  const folder = opened.use(await openFolder(options, desk));
  const record = await submitted(folder, desk.ledger, cluster.priority);
  for (const line of headLines(folder.config, folder.path)) say(options, line);
  const farewell = farewellOf(options, cluster, folder);
  if (!cluster.wait) {
    say(options, farewell);
    if (options.json) console.log(JSON.stringify({ run: folder.id, path: folder.path }));
    return exitCodes.done;
  }
  const stop = new StopSignal(() => console.error("leaving; Ctrl-C again ends at once"));
  try {
    const end = await follow(folder, record.jobs[simJobName], desk, stop);
    if (end.state === "finished") {
      conclude(options, end.report, folder.config);
      return exitCodes.done;
    }
    if (end.job) throw jobFailure(end.job);
    say(options, farewell);
    return stop.code;
  } finally {
    stop.close();
  }
}

/** @throws {UsageError} when this task may not reach the servers */
function requireReach({ servers }: Access): void {
  const mayReach = (host: string) =>
    Deno.permissions.querySync({ name: "net", host }).state === "granted";
  const beyond = hostsOf(servers).find((host) => !mayReach(host));
  if (beyond === undefined) return;
  throw new UsageError(
    `deno task sim may reach 127.0.0.1 only, not ${beyond}; ` +
      `take deno task ${tasks.anywhere} with the same flags`,
  );
}

/** The folder of a new run, or of one that goes on, which may be on the cluster only. */
async function openFolder(
  { source, out }: SimOptions,
  { backbone, ledger }: Desk,
): Promise<SimRunFolder> {
  if ("config" in source) {
    const config = await clusterConfig(source.config, source.isBackendOpen, backbone);
    const name = { time: new Date(), title: `${runTitle(config)}-${mark()}` };
    return await createRun(out, config, name, simSchemas);
  }
  const path = runPath(source.resume, out);
  if (existsSync(path)) return await openRun(path, simSchemas);
  const id = basename(path);
  const record = await ledger.run(id);
  return record?.kind === "sim"
    ? await simFolder(out, id, record)
    : await openRun(path, simSchemas);
}

async function clusterConfig(
  config: RunConfig,
  isBackendOpen: boolean,
  backbone: Backbone,
): Promise<RunConfig> {
  const { name } = await offeredBackend(isBackendOpen ? "auto" : config.backend, backbone);
  return { ...config, backend: name };
}

/** What the ledger has of a run, which is submitted now unless it was before. */
async function submitted(
  folder: SimRunFolder,
  ledger: Ledger,
  priority: number,
): Promise<RunRecord> {
  const known = await finishSubmission(ledger, folder);
  if (known) return known;
  await requireUntouched(folder);
  const { config } = folder;
  const run = simClusterRun(config, runTitle(config), { code: codeVersion(), time: new Date() });
  await submitRun(ledger, folder, run, priority);
  return run.record;
}

/** @throws {UsageError} when this machine has done a part of the run, of which the cluster knows nothing */
async function requireUntouched(folder: SimRunFolder): Promise<void> {
  const isUntouched = (await folder.readEvents()).length === 0 &&
    await folder.loadCheckpoint() === undefined;
  if (isUntouched) return;
  throw new UsageError(
    `${folder.path} was begun on this machine; go on with it here: ` +
      `deno task sim --resume ${shellWord(folder.path)}`,
  );
}

/** Wait for the job's end and show how it goes. */
async function follow(
  folder: SimRunFolder,
  job: string,
  { backbone, ledger, board }: Desk,
  stop: StopSignal,
): Promise<SimEnd> {
  const abort = new AbortController();
  stop.requested.then(() => abort.abort());
  const display = progressDisplay(folder.config.updates);
  const live = showProgress(job, folder.config, backbone, display);
  using _ = noticeOutages(display.note, backbone, async () => {
    await finishSubmission(ledger, folder);
  });
  try {
    const { signal } = abort;
    const onChange = (state: JobState, before: JobState | undefined) => {
      for (const line of progressNews(state, before)) display.note(line);
    };
    return await reportSimRun(folder, {
      ...{ backbone, ledger, board, signal, job, onChange },
      wait: true,
    });
  } finally {
    live.unsubscribe();
    display.stop();
  }
}

/** What is told of the job beside its progress. */
function progressNews(state: JobState, before: JobState | undefined): string[] {
  const { holder } = state;
  const lines = jobNews("the run", state, before).map((line) => `warning: ${line}`);
  if (!before && state.state === "queued") lines.push("waiting for a free worker");
  if (holder && holder.worker !== before?.holder?.worker) {
    const { step } = state.checkpoints[0] ?? { step: 0 };
    lines.push(`${holder.worker} ${step > 0 ? `goes on after ${step} batches` : "begins"}`);
  }
  return lines;
}

/** What the worker says of the training as it goes: for people, so what is missed does not matter. */
function showProgress(
  job: string,
  config: RunConfig,
  { bus }: Backbone,
  display: ProgressDisplay,
): Subscription {
  const letters = new DeadLetters({ bus, from: "sim" });
  const subject = subjects.events(job);
  return bus.subscribe(
    subject,
    letters.reader(subject, decodeEvent, (event) => {
      if (event.type !== "progress") return;
      display.update(event);
      if (event.update === config.updates) display.note(measuringLine(config));
    }),
  );
}

/** What is said to a user who leaves the run to the cluster. */
function farewellOf(
  { json }: SimOptions,
  { access, words }: SubmissionOptions,
  { id, path }: SimRunFolder,
): string {
  const isHere = hostsOf(access.servers).every((host) => host.startsWith("127.0.0.1:"));
  const task = isHere ? tasks.local : tasks.anywhere;
  const resume = [task, "--resume", shellWord(path), ...words, ...json ? ["--json"] : []];
  return leftToTheCluster(
    `deno task runs show ${[id, ...words].join(" ")}`,
    `deno task ${resume.join(" ")}`,
  );
}
