/** The report of a set of runs: a table of what each has come to. */
import { join } from "node:path";
import { isJudged } from "../../learners/outcomes.ts";
import type { LibraryReport } from "./report.ts";
import { writeReportText } from "./report_files.ts";
import { table } from "./report_tables.ts";
import { readable } from "./readable.ts";
import { counted, verdict } from "./report_text.ts";
import type { RunSetFolder } from "./run_set.ts";

/** What a run of a set has come to: its report, or why there is none. */
export type SetMember =
  | { readonly method: string; readonly run: string; readonly report: LibraryReport }
  | { readonly method: string; readonly run: string; readonly problem: string };

/** Names of the columns of `summaryRow`. */
export const summaryHead = ["method", "claim", "margin", "seconds", "report"];

/**
 * A run in the table.
 * @param folder of which the run's own is a part
 */
export function summaryRow(member: SetMember, folder: string): string[] {
  const { method, run } = member;
  if ("problem" in member) return [method, "failed", "", "", member.problem];
  const { claim, failures, seconds } = member.report;
  const failed = failures.length > 0 ? `, ${counted(failures.length, "job")} failed` : "";
  return [
    method,
    `${verdict(claim)}${failed}`,
    isJudged(claim) ? readable(claim.margin) : "",
    String(Math.round(seconds)),
    join(folder, run, "report.md"),
  ];
}

/**
 * Keep the report of a set none of whose runs was stopped: `report.json` and `report.md`.
 * @throws {RunStoreError} when it cannot be kept
 */
export async function saveRunSetReport(
  folder: RunSetFolder,
  members: readonly SetMember[],
): Promise<void> {
  const { id, path, config: { name } } = folder;
  const rows = members.map((member) => summaryRow(member, ".."));
  await writeReportText(path, `# ${name}\n\n${table(summaryHead, rows)}\n`);
  await folder.saveReport({ set: id, name, runs: members.map(entry) });
}

/** A run in `report.json`. */
function entry(member: SetMember) {
  const { method, run } = member;
  if ("problem" in member) return { method, run, problem: member.problem };
  const { claim: { statement, holds, margin }, failures, seconds } = member.report;
  return { method, run, claim: { statement, holds, margin }, failures, seconds };
}
