/** Carries out work that is ready to go, wherever its jobs are done, and tells what it has come to. */
import { dirname } from "node:path";
import type { LibraryReport } from "../agents/library/report.ts";
import { saveLibraryReport } from "../agents/library/report_files.ts";
import { claimVerdict } from "../agents/library/report_text.ts";
import type { RunEnd } from "../agents/library/run.ts";
import type { RunSetFolder } from "../agents/library/run_set.ts";
import { saveRunSetReport, type SetMember } from "../agents/library/run_set_report.ts";
import { exitCodes, explain } from "./failure.ts";
import type { JobDisplay } from "./job_progress.ts";
import type { TrainOptions } from "./train_options.ts";
import { conclusion, failureLines, jsonLine, summary } from "./train_text.ts";
import type { OpenRun, OpenWork } from "./train_work.ts";

/** What became of a run that was not stopped. */
type RunOutcome =
  | { readonly state: "reported"; readonly end: RunEnd; readonly report: LibraryReport }
  /** It could not be kept or judged. */
  | { readonly state: "broken"; readonly error: unknown };

/** What became of all runs, in their order. */
export type WorkOutcome = readonly RunOutcome[];

/** What is said while `--json` keeps standard output for the result. */
export function say({ json }: Pick<TrainOptions, "json">, text: string): void {
  if (json) console.error(text);
  else console.log(text);
}

/**
 * Carry out all runs.
 * @param stop stops them
 * @param display is left as it stands then
 * @returns what became of them; undefined when they were stopped before
 */
export async function carryOut(
  work: OpenWork,
  stop: { readonly requested: Promise<void> },
  display: JobDisplay,
): Promise<WorkOutcome | undefined> {
  const abort = new AbortController();
  stop.requested.then(() => abort.abort());
  try {
    using _ = work.notice?.(display.note);
    const all = await Promise.all(
      work.runs.map((run) => trainRun(run, work, abort.signal, display)),
    );
    const outcomes = all.filter((outcome) => outcome !== undefined);
    return outcomes.length < all.length ? undefined : outcomes;
  } finally {
    display.stop();
  }
}

/** Undefined when it was stopped. */
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

/**
 * Tell what the work has come to.
 * @returns the exit code that belongs to it
 * @throws why the work's only run is broken
 */
export async function conclude(
  options: TrainOptions,
  work: OpenWork,
  outcomes: WorkOutcome,
): Promise<number> {
  return work.set
    ? await concludeSet(options, work, work.set, outcomes)
    : concludeRun(options, work.runs[0], outcomes[0]);
}

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
  outcomes: WorkOutcome,
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
