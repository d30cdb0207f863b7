/** What `train` says before and after its work. */
import { type LibraryReport, reportLine } from "../agents/library/report.ts";
import { readable } from "../agents/library/readable.ts";
import { claimVerdict, counted, verdict } from "../agents/library/report_text.ts";
import type { RunEnd } from "../agents/library/run.ts";
import { jobsOf } from "../agents/library/run_config.ts";
import { type SetMember, summaryHead, summaryRow } from "../agents/library/run_set_report.ts";
import { isJudged } from "../learners/outcomes.ts";
import { shellWord } from "./options.ts";
import { plainTable } from "./plain_table.ts";
import type { TrainOptions } from "./train_options.ts";
import { type OpenRuns, trainTask } from "./train_work.ts";

/** How many jobs there are in all. */
export function jobCount({ runs }: Pick<OpenRuns, "runs">): number {
  return runs.reduce((sum, { folder: { config } }) => sum + jobsOf(config).length, 0);
}

/** What is about to be done, in three lines. */
export function announcement({ runs, set }: OpenRuns): string {
  const [{ folder: { path, config } }] = runs;
  const { method, profile, backend, device, variants, seeds } = config;
  const size = set
    ? `${counted(runs.length, "method")}, ${counted(jobCount({ runs }), "job")}`
    : `${counted(variants.length, "variant")} × ${counted(seeds.length, "seed")}`;
  return [
    `${set?.config.name ?? method} · ${profile} · ${size}`,
    `backend ${backend}: ${device}`,
    set ? `set   ${set.path}` : `run   ${path}`,
  ].join("\n");
}

/** The command that goes on with the work, ready to be pasted into a shell. */
export function resumeCommand(
  { json, data, workers }: TrainOptions,
  { runs: [{ folder }], set }: OpenRuns,
): string {
  const { path } = set ?? folder;
  const words = [`deno task ${trainTask(folder.config.backend)} --resume`, shellWord(path)];
  if (data !== undefined) words.push("--data", shellWord(data));
  if (workers !== undefined) words.push("--workers", String(workers));
  if (json) words.push("--json");
  return words.join(" ");
}

/**
 * Why jobs have failed.
 * @param run its name, where there are several
 */
export function failureLines({ failures }: RunEnd, run?: string): string[] {
  return failures.flatMap(({ job, error: { message, inside } }) => {
    const name = run === undefined ? job.name : `${run}/${job.name}`;
    return [`error: ${name} failed: ${message}`, ...inside === undefined ? [] : [inside]];
  });
}

/** What a run has come to, to be read. */
export function conclusion(report: LibraryReport, path: string): string {
  const { statement, parts } = report.claim;
  return [
    `${claimVerdict(report)}: ${statement}`,
    ...parts.map((part) => {
      const margin = isJudged(part) ? ` (${readable(part.margin)})` : "";
      return `  ${verdict(part).padEnd("not judged".length)}  ${part.statement}${margin}`;
    }),
    `report ${path}/report.md`,
  ].join("\n");
}

/**
 * What each run of a set has come to, in a table.
 * @param root the folder of the runs
 */
export function summary(members: readonly SetMember[], root: string): string {
  const rows = members.map((member) => summaryRow(member, root));
  return plainTable(summaryHead, rows, ["margin", "seconds"]);
}

/** What `--json` prints: a run's outcome, or an array of those of a set. */
export function jsonLine(reports: readonly LibraryReport[], isSet: boolean): string {
  const lines = reports.map(reportLine);
  return JSON.stringify(isSet ? lines : lines[0]);
}
