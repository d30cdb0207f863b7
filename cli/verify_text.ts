/** What `verify` says of the stretches that it has done again. */
import { readable } from "../agents/library/readable.ts";
import { counted } from "../agents/library/report_text.ts";
import type { Verdict } from "../agents/verification/stretch.ts";
import { plainTable } from "./plain_table.ts";

/** What became of a job. */
export type JobVerdict =
  | ({ readonly job: string } & Verdict)
  /** It could not be done again. */
  | { readonly job: string; readonly outcome: "failed"; readonly message: string }
  /** There was nothing to do. */
  | { readonly job: string; readonly outcome: "left out"; readonly message: string };

/** Outcomes of a job that is the same. */
const same: readonly JobVerdict["outcome"][] = [
  "the same, bit for bit",
  "the same within tolerance",
];

/** Whether all jobs that were done again are the same. */
export function areSame(verdicts: readonly JobVerdict[]): boolean {
  return verdicts.every(({ outcome }) => outcome === "left out" || same.includes(outcome));
}

/** All jobs in a table, what there is to say of some of them, and a sentence on all. */
export function verdictText(verdicts: readonly JobVerdict[]): string {
  const head = ["job", "outcome", "events", "checkpoints", "result", "difference"];
  const numbers = ["events", "checkpoints", "difference"];
  const remarks = verdicts.flatMap((verdict) => remark(verdict) ?? []);
  return [
    plainTable(head, verdicts.map(verdictRow), numbers),
    ...remarks.length > 0 ? [remarks.join("\n")] : [],
    conclusion(verdicts),
  ].join("\n\n");
}

function verdictRow(verdict: JobVerdict): string[] {
  const { job, outcome } = verdict;
  if ("message" in verdict) return [job, outcome, "", "", "", ""];
  const { events, checkpoints, result, difference } = verdict;
  const size = difference && (Number.isFinite(difference.size) ? readable(difference.size) : "all");
  return [job, outcome, `${events}`, `${checkpoints.length}`, result ? "yes" : "", size ?? ""];
}

/** Where a job differs most, or why it was not done again. */
function remark(verdict: JobVerdict): string | undefined {
  if ("message" in verdict) return `${verdict.job}: ${verdict.message}`;
  if (!verdict.difference) return undefined;
  const { path, expected, found } = verdict.difference;
  return `${verdict.job}: ${path} was ${shortText(expected)}, is ${shortText(found)}`;
}

function shortText(value: unknown): string {
  const text = value === undefined ? "absent" : JSON.stringify(value);
  return text.length <= 40 ? text : `${text.slice(0, 39)}…`;
}

function conclusion(verdicts: readonly JobVerdict[]): string {
  const done = verdicts.filter(({ outcome }) => outcome !== "left out");
  const count = (outcome: JobVerdict["outcome"]) =>
    done.filter((verdict) => verdict.outcome === outcome).length;
  const outcomes = [...same, "different", "failed"] as const;
  const parts = outcomes.filter((outcome) => count(outcome) > 0)
    .map((outcome) => `${count(outcome)} ${outcome}`);
  return `${counted(done.length, "job")} done again: ${parts.join("; ")}`;
}
