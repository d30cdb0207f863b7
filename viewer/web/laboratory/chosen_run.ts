/** A run that a page watches closely. */
import type { ChosenRun } from "../../../cluster/protocol.ts";

/** The protocol's rules in small: its schemas would make the page several times as large. */
const runName = /^[A-Za-z0-9_-]{1,120}$/;
const longestMetric = 200;

/** Whether there may be such a run and metric: a server hangs up on a page that asks for what cannot be. */
export function isWatchable({ run, metric }: ChosenRun): boolean {
  return runName.test(run) && (metric === null || metric.length <= longestMetric);
}
