/**
 * What is to be repaired of a job, judged from how long it has stood as it stands. A pure function: all
 * times are the observer's own.
 */
import type { JobState } from "./records.ts";

/** Times, in ms. */
export interface RepairTimes {
  /** A running job whose record has not changed for so long is lost. */
  readonly lease: number;
  /** So long a queued job may stand before somebody looks whether its lane is empty. */
  readonly patience: number;
  /** Pause before the second try after a failure; doubles with each one. */
  readonly backOff: number;
  /** Longest pause before another try, and between two hints at one job. */
  readonly longest: number;
}

export const defaultTimes: RepairTimes = {
  lease: 3_000,
  patience: 2_000,
  backOff: 1_000,
  longest: 60_000,
};

/** A job as an observer knows it. */
export interface ObservedJob {
  readonly state: JobState;
  readonly revision: number;
  /** Since when it is observed to be like that. */
  readonly since: number;
  /** Hints that the observer has given since then. */
  readonly hints: number;
  /** When it gave the last one. */
  readonly hintedAt: number;
  readonly hasResult: boolean;
}

/**
 * - `finish`: there is a result
 * - `reopen`: it is called done, but there is no result
 * - `lost`: nothing has been heard of its holder
 * - `hint`: a hint is due
 * - `hint-if-none`: a hint is due if none waits in its lane
 */
export type Repair = "finish" | "reopen" | "lost" | "hint" | "hint-if-none";

/** What is to be done about `job` at time `now`. */
export function repairOf(job: ObservedJob, now: number, times: RepairTimes): Repair | undefined {
  const { state: { state }, hasResult, since } = job;
  if (hasResult) return state === "done" ? undefined : "finish";
  switch (state) {
    case "done":
      return now - since >= times.lease ? "reopen" : undefined;
    case "running":
      return now - since >= times.lease ? "lost" : undefined;
    case "queued":
      return hintFor(job, now, times);
    default:
      return undefined;
  }
}

function hintFor(job: ObservedJob, now: number, times: RepairTimes): Repair | undefined {
  const { state, since, hints, hintedAt } = job;
  if (hints > 0) {
    return now - hintedAt >= growing(times.patience, hints, times) ? "hint-if-none" : undefined;
  }
  // Whoever has queued any other job has given a hint.
  const pause = pauseAfterFailure(state, times);
  if (pause !== undefined) return now - since >= pause ? "hint" : undefined;
  return now - since >= times.patience ? "hint-if-none" : undefined;
}

/**
 * How long a job rests after a failure, ms; undefined when its last attempt was none. The first loss of a
 * worker says nothing about the job.
 */
function pauseAfterFailure(
  { failures, attempts }: JobState,
  times: RepairTimes,
): number | undefined {
  const end = attempts.at(-1)?.end;
  if (failures === 0 || end === undefined || end === "handed-over") return undefined;
  const suspicious = end === "lost" ? failures - 1 : failures;
  return suspicious === 0 ? 0 : growing(times.backOff, suspicious - 1, times);
}

function growing(first: number, doublings: number, { longest }: RepairTimes): number {
  return Math.min(longest, first * 2 ** doublings);
}
