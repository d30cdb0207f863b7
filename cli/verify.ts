/**
 * `deno task verify`: does a run again, or a stretch of it, and says whether that is the same: every
 * event, checkpoint and result, bit for bit where the same backend computes on the same device. Nothing
 * of the run is changed.
 */
import { JobSlots } from "../agents/job_slots.ts";
import type { Recording, ReplaySettings } from "../agents/verification/recording.ts";
import {
  type Bounds,
  compareStretches,
  type KeptCheckpoint,
} from "../agents/verification/stretch.ts";
import { exitCodes, explain, runCommand, UsageError } from "./failure.ts";
import { type ReplayDisplay, replayDisplay } from "./replay_progress.ts";
import { StopSignal } from "./stop_signal.ts";
import { type CheckpointName, parseVerifyOptions, type VerifyOptions } from "./verify_options.ts";
import { type VerifiableRun, verifiableRun } from "./verify_run.ts";
import { areSame, type JobVerdict, verdictText } from "./verify_text.ts";

async function main(args: readonly string[]): Promise<number> {
  const options = parseVerifyOptions(args);
  if (!options) return exitCodes.done;
  await using opened = new AsyncDisposableStack();
  const run = await verifiableRun(options, opened);
  const tasks = await tasksOf(run, options);
  if (!options.json) console.log(announcement(run));
  if (run.otherVersions) {
    console.error(`note: begun with other versions: ${run.otherVersions}; numbers may differ`);
  }
  const stop = new StopSignal(() => console.error("stopping"));
  try {
    const verdicts = await verify(tasks, run, options, stop);
    if (!verdicts) return stop.code;
    console.log(options.json ? jsonText(run, verdicts) : verdictText(verdicts));
    return areSame(verdicts) ? exitCodes.done : exitCodes.failed;
  } finally {
    stop.close();
  }
}

/** A job, and which stretch of it is done again; or why none is. */
type Task =
  | { readonly recording: Recording; readonly bounds: Bounds }
  | { readonly recording: Recording; readonly message: string };

/** @throws {UsageError} when there is nothing to do */
async function tasksOf({ path, recordings }: VerifiableRun, options: VerifyOptions) {
  const { jobs, from } = options;
  const known = recordings.map(({ name }) => name);
  const unknown = jobs?.find((job) => !known.includes(job)) ??
    (known.length === 0 ? "that was begun" : undefined);
  if (unknown !== undefined) {
    throw new UsageError(`${path} has no job ${unknown}; it has ${known.join(", ") || "none"}`);
  }
  const chosen = recordings.filter(({ name }) => jobs?.includes(name) ?? true);
  if (typeof from === "object" && chosen.length > 1) {
    throw new UsageError(`--from ${from.file} is of one job: name it with --job`);
  }
  const tasks: Task[] = [];
  for (const recording of chosen) tasks.push(await taskOf(recording, options));
  if (tasks.some((task) => "bounds" in task)) return tasks;
  const [first] = tasks;
  throw new UsageError("message" in first ? `${first.recording.name}: ${first.message}` : path);
}

async function taskOf(recording: Recording, { from, to }: VerifyOptions): Promise<Task> {
  const { checkpoints } = recording;
  // Of a job that was stopped its newest checkpoint is the end.
  const end: CheckpointName | undefined = to ?? (recording.finished ? undefined : "latest");
  const until = end && checkpoints[end];
  if (end && !until) return { recording, message: `it has no ${end} checkpoint that is intact` };
  const begin = typeof from === "object"
    ? await checkpointIn(from.file, recording)
    : from && checkpoints[from];
  if (from && !begin) return { recording, message: `it has no ${from} checkpoint that is intact` };
  if (begin && until && begin.step >= until.step) {
    const message = `the stretch from step ${begin.step} to step ${until.step} is empty`;
    return { recording, message };
  }
  return { recording, bounds: { from: begin, until } };
}

/** @throws {UsageError} when the file cannot be read, or has no checkpoint of such a job */
async function checkpointIn(file: string, { readCheckpoint }: Recording): Promise<KeptCheckpoint> {
  try {
    return readCheckpoint(await Deno.readFile(file));
  } catch (error) {
    throw new UsageError(`--from ${file}: ${explain(error).line}`, { cause: error });
  }
}

/** Do all again; undefined when it was stopped. */
async function verify(
  tasks: readonly Task[],
  run: VerifiableRun,
  { workers, tolerance }: VerifyOptions,
  stop: StopSignal,
): Promise<JobVerdict[] | undefined> {
  const abort = new AbortController();
  stop.requested.then(() => abort.abort());
  const slots = new JobSlots(workers ?? run.slots);
  // What the same device computes has no excuse.
  const allowed = run.computedOn === run.computesOn ? 0 : tolerance;
  using display = replayDisplay(tasks.length);
  const verdicts = await Promise.all(
    tasks.map((task) => slots.use(() => verdictOf(task, allowed, abort.signal, display))),
  );
  return abort.signal.aborted ? undefined : verdicts;
}

async function verdictOf(
  task: Task,
  tolerance: number,
  signal: AbortSignal,
  display: ReplayDisplay,
): Promise<JobVerdict> {
  const { recording } = task;
  const job = recording.name;
  if ("message" in task) return { job, outcome: "left out", message: task.message };
  const { bounds } = task;
  const settings: ReplaySettings = {
    signal,
    onProgress: ({ step, steps }) => display.update(job, step / steps),
  };
  try {
    signal.throwIfAborted();
    const again = await recording.replay(bounds, settings);
    return { job, ...compareStretches(recording.kept(bounds), again, tolerance) };
  } catch (error) {
    const { line, stack } = explain(error);
    if (stack && !signal.aborted) console.error(stack);
    return { job, outcome: "failed", message: line };
  } finally {
    display.end(job);
  }
}

function announcement({ path, computedOn, computesOn }: VerifiableRun): string {
  const now = computedOn === computesOn ? "" : `\nhere  ${computesOn}: compared within a tolerance`;
  return `run   ${path}\non    ${computedOn}${now}\n`;
}

function jsonText({ path, computedOn, computesOn }: VerifiableRun, jobs: readonly JobVerdict[]) {
  return JSON.stringify({ run: path, computedOn, computesOn, same: areSame(jobs), jobs });
}

if (import.meta.main) await runCommand(main);
