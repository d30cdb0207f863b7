/** What the ledger says of a job, as lines of its run's log. */
import type { JobState, ResultRecord } from "../../../cluster/jobs/records.ts";
import { attemptText } from "../../desk/job_news.ts";
import { readable } from "../../library/readable.ts";

/** What has become of the job `name`: attempts without a result, and how it stands. */
export function jobLogLines(
  name: string,
  state: JobState | undefined,
  result: ResultRecord | undefined,
): string[] {
  const attempts =
    state?.attempts.map((attempt) =>
      `${name}: attempt ${attempt.epoch}: ${attemptText(attempt)}`
    ) ?? [];
  return [...attempts, `${name}: ${standingText(state, result)}`];
}

function standingText(state: JobState | undefined, result: ResultRecord | undefined): string {
  if (result) {
    const { worker, epoch, device, cost } = result;
    return `finished by ${worker} in attempt ${epoch} on ${device}, ${readable(cost.seconds)} s`;
  }
  if (!state) return "the ledger does not know it";
  if (!state.holder) return state.state;
  const { worker, step, steps } = state.holder;
  const wanted = state.wanted === "run" ? "" : `, is to ${state.wanted}`;
  return `${state.state} on ${worker}, step ${step}${steps > 0 ? ` of ${steps}` : ""}${wanted}`;
}
