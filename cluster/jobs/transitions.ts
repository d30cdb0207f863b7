/**
 * How a job's state changes: the only place that decides it, a pure function of the state and of what
 * happens.
 *
 * | from | what | to |
 * | --- | --- | --- |
 * | queued | claim | running, epoch + 1 |
 * | running | beat, keep | running |
 * | running | end | queued; failed after too many failures; paused or cancelled when that was wanted |
 * | queued | pause | paused |
 * | running | pause, cancel | running, the holder is told at its next beat |
 * | queued, paused, failed | cancel | cancelled |
 * | paused, failed, cancelled | release | queued, failures forgotten |
 * | any | finish | done |
 * | done | reopen | queued: a server has lost the result that was there |
 *
 * Whatever happens may be told twice, because an answer can get lost: the second time changes nothing.
 */
import type { Attempt, AttemptEnd, CheckpointPointer, JobState, JobStateName } from "./records.ts";

/** An attempt, as whoever makes it knows itself. */
export interface AttemptKey {
  readonly worker: string;
  readonly epoch: number;
}

/** What can happen to a job. */
export type JobEvent =
  | { readonly type: "claim"; readonly worker: string }
  | {
    readonly type: "beat";
    readonly by: AttemptKey;
    readonly beat: number;
    readonly step: number;
    readonly steps: number;
  }
  | { readonly type: "keep"; readonly by: AttemptKey; readonly pointer: CheckpointPointer }
  | {
    readonly type: "end";
    readonly by: AttemptKey;
    readonly end: AttemptEnd;
    readonly message: string;
  }
  | { readonly type: "finish" | "reopen" | "pause" | "cancel" | "release" };

/**
 * - `held`, or a state's name: why a claim is refused
 * - `lost`: the attempt has ended, or somebody else makes one by now
 */
export type RefusedTransition =
  | "held"
  | "lost"
  | Exclude<JobStateName, "queued" | "running">;

/** The state that follows, the same object when nothing changes; or why it cannot happen. */
export type Transition =
  | { readonly next: JobState }
  | { readonly refused: RefusedTransition };

/** After how many failures without progress in between a job has failed. */
export interface FailureLimits {
  /** Attempts that ended by the job's own doing: an exception, out of memory, stalled. Default 3. */
  readonly crashes: number;
  /** Attempts of any kind. Default 5. */
  readonly all: number;
}

export const defaultLimits: FailureLimits = { crashes: 3, all: 5 };

/** The attempts that a record has room for. */
const keptAttempts = 10;

const longestMessage = 4000;

/**
 * The state of a job that nobody has begun.
 * @param run with which it is submitted
 */
export function newJob(lane: string, run?: string): JobState {
  return {
    state: "queued",
    lane,
    ...run !== undefined && { run },
    epoch: 0,
    wanted: "run",
    checkpoints: [],
    attempts: [],
    failures: 0,
  };
}

/** Whether `attempt` has the job. */
export function holds({ worker, epoch }: AttemptKey, state: JobState): boolean {
  return state.state === "running" && state.epoch === epoch && state.holder?.worker === worker;
}

/** What comes of `event`. */
export function transition(
  state: JobState,
  event: JobEvent,
  limits: FailureLimits = defaultLimits,
): Transition {
  switch (event.type) {
    case "claim":
      return claimed(state, event.worker);
    case "beat":
      return byHolder(event.by, state, () => beaten(state, event));
    case "keep":
      return byHolder(event.by, state, () => kept(state, event.pointer));
    case "end":
      if (hasEnded(event, state)) return { next: state };
      return byHolder(event.by, state, () => ended(state, event, limits));
    case "finish":
      return { next: state.state === "done" ? state : { ...withoutHolder(state), state: "done" } };
    case "reopen":
      return { next: state.state === "done" ? { ...state, state: "queued" } : state };
    case "pause":
    case "cancel":
    case "release":
      return { next: ordered(state, event.type) };
  }
}

function claimed(state: JobState, worker: string): Transition {
  if (state.state === "running") return { refused: "held" };
  if (state.state !== "queued") return { refused: state.state };
  return {
    next: {
      ...state,
      state: "running",
      epoch: state.epoch + 1,
      wanted: "run",
      holder: { worker, beat: 0, step: state.checkpoints[0]?.step ?? 0, steps: 0 },
    },
  };
}

function byHolder(by: AttemptKey, state: JobState, next: () => JobState): Transition {
  return holds(by, state) ? { next: next() } : { refused: "lost" };
}

function beaten(state: JobState, { by, beat, step, steps }: JobEvent & { type: "beat" }): JobState {
  if (state.holder !== undefined && beat <= state.holder.beat) return state;
  return { ...state, holder: { worker: by.worker, beat, step, steps } };
}

function kept(state: JobState, pointer: CheckpointPointer): JobState {
  const [newest] = state.checkpoints;
  if (newest?.digest === pointer.digest) return state;
  // One that was damaged, and had to be done again, must not stay as the better one.
  const earlier = state.checkpoints.filter(({ step }) => step < pointer.step);
  const furthest = newest?.step ?? 0;
  return {
    ...state,
    checkpoints: [pointer, ...earlier].slice(0, 2),
    failures: pointer.step > furthest ? 0 : state.failures,
  };
}

function hasEnded({ by: { worker, epoch }, end }: JobEvent & { type: "end" }, state: JobState) {
  return state.attempts.some((attempt) =>
    attempt.epoch === epoch && attempt.worker === worker && attempt.end === end
  );
}

function ended(
  state: JobState,
  { by, end, message }: JobEvent & { type: "end" },
  limits: FailureLimits,
): JobState {
  const attempts = latest([...state.attempts, {
    ...by,
    end,
    step: state.checkpoints[0]?.step ?? 0,
    message: message.slice(0, longestMessage),
  }]);
  const failures = state.failures + (end === "handed-over" ? 0 : 1);
  return {
    ...withoutHolder(state),
    state: stateAfter(state.wanted, hasFailed(attempts, failures, limits)),
    attempts,
    failures,
  };
}

function stateAfter(wanted: JobState["wanted"], failed: boolean): JobStateName {
  if (wanted === "cancel") return "cancelled";
  if (failed) return "failed";
  return wanted === "pause" ? "paused" : "queued";
}

/** Whether the last `failures` failures are too many. */
function hasFailed(attempts: readonly Attempt[], failures: number, limits: FailureLimits): boolean {
  if (failures === 0) return false;
  const failed = attempts.filter(({ end }) => end !== "handed-over").slice(-failures);
  const crashes = failed.filter(({ end }) => end !== "lost").length;
  return failures >= limits.all || crashes >= limits.crashes;
}

/** As many attempts as a record has room for; those that are no evidence of a failure go first. */
function latest(attempts: readonly Attempt[]): Attempt[] {
  if (attempts.length <= keptAttempts) return [...attempts];
  const harmless = attempts.findIndex(({ end }) => end === "handed-over");
  return attempts.filter((_, index) => index !== Math.max(0, harmless));
}

function ordered(state: JobState, order: "pause" | "cancel" | "release"): JobState {
  if (state.state === "running") return wanting(state, order);
  switch (order) {
    case "pause":
      return state.state === "queued" ? { ...state, state: "paused" } : state;
    case "cancel":
      return state.state === "done" || state.state === "cancelled"
        ? state
        : { ...state, state: "cancelled" };
    case "release":
      return state.state === "queued" || state.state === "done"
        ? state
        : { ...state, state: "queued", failures: 0 };
  }
}

function wanting(state: JobState, order: "pause" | "cancel" | "release"): JobState {
  const wanted = order === "release" ? "run" : order;
  // Whoever wants it cancelled is not overruled by somebody who wants it paused.
  const overruled = state.wanted === wanted || (state.wanted === "cancel" && wanted === "pause");
  return overruled ? state : { ...state, wanted };
}

function withoutHolder({ holder: _, ...state }: JobState): JobState {
  return { ...state, wanted: "run" };
}
