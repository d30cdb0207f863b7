/**
 * `deno task train`: a method of the library beside its baselines and ablations, under several seeds,
 * and whether its paper's claim shows. Each job trains in a thread of its own; this thread keeps the run.
 */
import { saveLibraryReport } from "../agents/library_report_files.ts";
import { type LibraryReport, reportLine } from "../agents/library_report.ts";
import { counted, readable } from "../agents/library_report_text.ts";
import {
  createLibraryRun,
  currentVersions,
  executeRun,
  type LibraryRunFolder,
  openLibraryRun,
  type RunEnd,
} from "../agents/library_run.ts";
import { jobsOf, type LibraryRunConfig } from "../agents/library_run_config.ts";
import { MethodThread, MethodThreadError } from "../agents/method_thread.ts";
import { explainMismatch } from "../cluster/run_store_error.ts";
import type { Method } from "../learners/method.ts";
import type { BackendName, ReadyBackend } from "../learners/nn/backend.ts";
import { chosenMethod } from "./chosen_method.ts";
import { exitCodes, runCommand, UsageError } from "./failure.ts";
import { jobDisplay } from "./job_progress.ts";
import { shellWord } from "./options.ts";
import { runPath } from "./run_path.ts";
import { StopSignal } from "./stop_signal.ts";
import {
  type KeptRun,
  type NewRun,
  parseTrainOptions,
  type TrainOptions,
} from "./train_options.ts";

/** A run that is ready to go. */
interface OpenRun {
  readonly folder: LibraryRunFolder;
  readonly method: Method;
  /** With the run's backend, for the first job. */
  readonly thread: MethodThread;
}

/** What is said while `--json` keeps standard output for the result. */
function say(options: TrainOptions, line: string): void {
  if (options.json) console.error(line);
  else console.log(line);
}

async function main(args: readonly string[]): Promise<number> {
  const options = parseTrainOptions(args);
  if (!options) return exitCodes.done;
  const { folder, method, thread } = "resume" in options.source
    ? await resume(options.source, options)
    : await begin(options.source, options);
  await using _open = folder;
  using _first = thread;
  announce(options, folder);
  const stop = new StopSignal(() => console.error("stopping; Ctrl-C again ends at once"));
  try {
    const end = await train(options, folder, thread, stop);
    if (end.stopped) {
      say(options, `stopped and saved; go on with: ${resumeCommand(options, folder.path)}`);
      return stop.code;
    }
    const report = await saveLibraryReport(folder, method, end);
    conclude(options, folder, end, report);
    return end.failures.length > 0 ? exitCodes.failed : exitCodes.done;
  } finally {
    stop.close();
  }
}

async function begin(asked: NewRun, { out }: TrainOptions): Promise<OpenRun> {
  const { method, profile, variants, seeds, config } = asked;
  const { thread, backend } = await firstThread(asked.backend);
  for (const { name, reason } of backend.passedOver) console.error(`not ${name}: ${reason}`);
  const folder = await createLibraryRun(out, {
    kind: "library",
    method: method.id,
    profile,
    backend: backend.name,
    device: backend.detail,
    variants: [...variants],
    seeds: [...seeds],
    config,
    versions: currentVersions(),
  }, new Date());
  return { folder, method, thread };
}

/** @throws {UsageError} when the backend cannot be used here */
async function firstThread(
  name: BackendName,
): Promise<{ readonly thread: MethodThread; readonly backend: ReadyBackend }> {
  const thread = new MethodThread(name);
  try {
    return { thread, backend: await thread.ready };
  } catch (error) {
    thread[Symbol.dispose]();
    const foreseen = error instanceof MethodThreadError && error.kind === "BackendError";
    throw foreseen ? new UsageError(error.message) : error;
  }
}

async function resume({ resume, id }: KeptRun, { out }: TrainOptions): Promise<OpenRun> {
  const folder = await openLibraryRun(runPath(resume, out));
  try {
    const method = keptMethod(folder, id);
    warnOfVersions(folder.config);
    const { thread } = await firstThread(folder.config.backend);
    return { folder, method, thread };
  } catch (error) {
    await folder.close();
    throw error;
  }
}

/** The method of a run that was kept, if it still is what the run was begun with. */
function keptMethod({ path, config }: LibraryRunFolder, id = config.method): Method {
  if (id !== config.method) throw new UsageError(`${path} is a run of ${config.method}, not ${id}`);
  const method = chosenMethod(id);
  const checked = method.config.safeParse(config.config);
  const unknown = config.variants.find((name) => !Object.hasOwn(method.variants, name));
  if (checked.success && unknown === undefined) return method;
  const problem = checked.success
    ? `there is no variant ${unknown}`
    : explainMismatch(checked.error);
  throw new UsageError(`${path} is of another version of ${id}: ${problem}; start a new run`);
}

function warnOfVersions({ versions }: LibraryRunConfig): void {
  const [before, now] = [versions, currentVersions()].map((each) => JSON.stringify(each));
  if (before === now) return;
  console.error(`warning: the run was begun with ${before}, this is ${now}; numbers may differ`);
}

/** Backends that take one job at a time: they spread it over all cores, or over a GPU. */
const wholeMachineBackends: readonly string[] = ["tensorflow-gpu", "webgpu", "tensorflow"];

async function train(
  options: TrainOptions,
  folder: LibraryRunFolder,
  thread: MethodThread,
  stop: StopSignal,
): Promise<RunEnd> {
  const { config } = folder;
  const usual = wholeMachineBackends.includes(config.backend) ? 1 : navigator.hardwareConcurrency;
  const abort = new AbortController();
  stop.requested.then(() => abort.abort());
  const watcher = jobDisplay(jobsOf(config).length);
  try {
    const { workers = usual, data } = options;
    return await executeRun(folder, { workers, data, signal: abort.signal, thread, watcher });
  } finally {
    watcher.stop();
  }
}

/** The command that goes on with a run, ready to be pasted into a shell. */
function resumeCommand({ json, data, workers }: TrainOptions, path: string): string {
  const words = ["deno task train --resume", shellWord(path)];
  if (data !== undefined) words.push("--data", shellWord(data));
  if (workers !== undefined) words.push("--workers", String(workers));
  if (json) words.push("--json");
  return words.join(" ");
}

function announce(options: TrainOptions, { path, config }: LibraryRunFolder): void {
  const { method, profile, backend, device, variants, seeds } = config;
  const jobs = `${counted(variants.length, "variant")} × ${counted(seeds.length, "seed")}`;
  say(options, `${method} · ${profile} · ${jobs}`);
  say(options, `backend ${backend}: ${device}`);
  say(options, `run   ${path}`);
}

function conclude(
  options: TrainOptions,
  { path }: LibraryRunFolder,
  { failures }: RunEnd,
  report: LibraryReport,
): void {
  for (const { job, error } of failures) {
    console.error(`error: ${job.name} failed: ${error.message}`);
    if (error.inside) console.error(error.inside);
  }
  if (options.json) return console.log(JSON.stringify(reportLine(report)));
  const { statement, holds, margin, parts } = report.claim;
  console.log(`${holds ? "shown" : "not shown"}: ${statement} (margin ${readable(margin)})`);
  for (const part of parts) {
    console.log(`  ${part.holds ? "yes" : "no "} ${part.statement} (${readable(part.margin)})`);
  }
  console.log(`report ${path}/report.md`);
}

if (import.meta.main) await runCommand(main);
