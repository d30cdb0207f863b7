/**
 * `deno task train`: methods of the library beside their baselines and ablations, under several seeds,
 * and whether their papers' claims show. Each job trains in a thread of its own; this thread keeps the
 * runs. Those of a set share the slots for jobs, so that no core idles at the end of one method. With
 * `--cluster` the jobs are done wherever there is a free worker, and this program keeps what comes of them.
 */
import { dirname } from "node:path";
import { JobSlots, usualSlots } from "../agents/job_slots.ts";
import type { LibraryReport } from "../agents/library_report.ts";
import { saveLibraryReport } from "../agents/library_report_files.ts";
import { claimVerdict } from "../agents/library_report_text.ts";
import { executeRun, type RunEnd } from "../agents/library_run.ts";
import { threadSupply } from "../agents/method_thread.ts";
import { saveRunSetReport, type SetMember } from "../agents/run_set_report.ts";
import type { RunSetFolder } from "../agents/run_set.ts";
import { exitCodes, explain, runCommand } from "./failure.ts";
import { type JobDisplay, jobDisplay } from "./job_progress.ts";
import { StopSignal } from "./stop_signal.ts";
import { parseTrainOptions, type TrainOptions } from "./train_options.ts";
import {
  announcement,
  conclusion,
  failureLines,
  jobCount,
  jsonLine,
  resumeCommand,
  summary,
} from "./train_text.ts";
import { openClusterWork, submissionLine } from "./train_cluster.ts";
import { beginWork, type OpenRun, type OpenWork, resumeWork } from "./train_work.ts";

/** What became of a run that was not stopped. */
type RunOutcome =
  | { readonly state: "reported"; readonly end: RunEnd; readonly report: LibraryReport }
  /** It could not be kept or judged. */
  | { readonly state: "broken"; readonly error: unknown };

async function main(args: readonly string[]): Promise<number> {
  const options = parseTrainOptions(args);
  if (!options) return exitCodes.done;
  const { cluster } = options;
  await using opened = new AsyncDisposableStack();
  const work = cluster
    ? await openClusterWork(options, cluster, opened)
    : await openLocalWork(options, opened);
  say(options, announcement(work));
  if (cluster && !cluster.wait) {
    say(options, work.farewell);
    if (options.json) console.log(submissionLine(work));
    return exitCodes.done;
  }
  const stop = new StopSignal(() => console.error("stopping; Ctrl-C again ends at once"));
  try {
    const all = await train(work, stop);
    const outcomes = all.filter((outcome) => outcome !== undefined);
    if (outcomes.length < all.length) {
      say(options, work.farewell);
      return stop.code;
    }
    return work.set
      ? await concludeSet(options, work, work.set, outcomes)
      : concludeRun(options, work.runs[0], outcomes[0]);
  } finally {
    stop.close();
  }
}

/** What is said while `--json` keeps standard output for the result. */
function say(options: TrainOptions, text: string): void {
  if (options.json) console.error(text);
  else console.log(text);
}

/** Work whose jobs are done by this program. */
async function openLocalWork(
  options: TrainOptions,
  opened: AsyncDisposableStack,
): Promise<OpenWork> {
  const { source, out, workers, data } = options;
  const open = "resume" in source
    ? await resumeWork(source, out, opened)
    : await beginWork(source, out, opened);
  const { runs: [{ folder: { config: { backend } } }], thread } = open;
  const means = {
    slots: new JobSlots(workers ?? usualSlots(backend)),
    newThread: threadSupply(backend, { first: thread }),
    data,
  };
  return {
    ...open,
    execute: (run, watching) => executeRun(run, { ...means, ...watching }),
    farewell: `stopped and saved; go on with: ${resumeCommand(options, open)}`,
  };
}

/** Carry out all runs; what became of each in their order, `undefined` if it was stopped. */
async function train(
  work: OpenWork,
  stop: StopSignal,
): Promise<(RunOutcome | undefined)[]> {
  const abort = new AbortController();
  stop.requested.then(() => abort.abort());
  const display = jobDisplay(jobCount(work));
  try {
    using _ = work.notice?.(display.note);
    return await Promise.all(work.runs.map((run) => trainRun(run, work, abort.signal, display)));
  } finally {
    display.stop();
  }
}

async function trainRun(
  { folder, method }: OpenRun,
  { set, execute }: OpenWork,
  signal: AbortSignal,
  display: JobDisplay,
): Promise<RunOutcome | undefined> {
  try {
    const watcher = display.watcher(set && method.id);
    const end = await execute(folder, { signal, watcher });
    if (end.stopped) return undefined;
    const report = await saveLibraryReport(folder, method, end);
    if (set) display.note(`${method.id}: ${claimVerdict(report)}`);
    return { state: "reported", end, report };
  } catch (error) {
    if (set) display.note(`${method.id}: ${explain(error).line}`);
    return { state: "broken", error };
  }
}

/** @throws why the run is broken */
function concludeRun(options: TrainOptions, { folder }: OpenRun, outcome: RunOutcome): number {
  if (outcome.state === "broken") throw outcome.error;
  const { end, report } = outcome;
  for (const line of failureLines(end)) console.error(line);
  console.log(options.json ? jsonLine([report], false) : conclusion(report, folder.path));
  return end.failures.length > 0 ? exitCodes.failed : exitCodes.done;
}

async function concludeSet(
  options: TrainOptions,
  { runs }: OpenWork,
  set: RunSetFolder,
  outcomes: readonly RunOutcome[],
): Promise<number> {
  const members = outcomes.map((outcome, i) => concludeMember(runs[i], outcome));
  await saveRunSetReport(set, members);
  const reports = members.flatMap((member) => "report" in member ? [member.report] : []);
  say(options, summary(members, dirname(set.path)));
  if (options.json) console.log(jsonLine(reports, true));
  const isDone = members.every((member) =>
    "report" in member && member.report.failures.length === 0
  );
  return isDone ? exitCodes.done : exitCodes.failed;
}

/** A run of a set as its table has it; why jobs or the run have failed is told on standard error. */
function concludeMember({ folder, method }: OpenRun, outcome: RunOutcome): SetMember {
  const name = { method: method.id, run: folder.id };
  if (outcome.state === "reported") {
    for (const line of failureLines(outcome.end, method.id)) console.error(line);
    return { ...name, report: outcome.report };
  }
  const { line, stack } = explain(outcome.error);
  console.error(`error: ${method.id}: ${line}`);
  if (stack) console.error(stack);
  return { ...name, problem: line };
}

if (import.meta.main) await runCommand(main);
