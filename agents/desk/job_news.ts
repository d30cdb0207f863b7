/** What there is to tell of a job that a cluster does, to whoever waits for it. */
import type { Attempt, JobState, JobStateName } from "../../cluster/jobs/records.ts";
import { MethodThreadError } from "../library/method_thread.ts";

/** States that somebody who waits should know of. */
const notable: Readonly<Partial<Record<JobStateName, string>>> = {
  paused: "is paused",
  failed: "has failed",
  cancelled: "was cancelled",
};

/**
 * What is new of a job, in lines.
 * @param before how it stood the last time; undefined the first time
 */
export function jobNews(name: string, state: JobState, before: JobState | undefined): string[] {
  const attempts = newAttempts(state, before).map((each) => `${name}: ${attemptText(each)}`);
  const change = state.state === before?.state ? undefined : notable[state.state];
  return change === undefined ? attempts : [...attempts, `${name} ${change}`];
}

/** Those that have ended since. */
function newAttempts({ attempts }: JobState, before: JobState | undefined): readonly Attempt[] {
  const known = before?.attempts.at(-1)?.epoch ?? 0;
  // What has happened before we came is no news.
  return before ? attempts.filter(({ epoch }) => epoch > known) : [];
}

/** Such as "exception on desk-1 after step 40: out of data". */
export function attemptText({ end, worker, step, message }: Attempt): string {
  const [firstLine] = message.split("\n");
  return `${end} on ${worker} after step ${step}${firstLine && `: ${firstLine}`}`;
}

/** Why a job has no result, with the evidence of all attempts. */
export function jobFailure({ state, attempts }: JobState): MethodThreadError {
  if (state === "cancelled") return new MethodThreadError("it was cancelled", "JobCancelled");
  const last = attempts.at(-1);
  const message = `after ${attempts.length} attempts${last ? `, ${attemptText(last)}` : ""}`;
  const evidence = attempts.map((attempt) =>
    `attempt ${attempt.epoch}: ${attemptText({ ...attempt, message: "" })}\n${attempt.message}`
  );
  return new MethodThreadError(message, "JobFailed", evidence.join("\n"));
}
