/** What the results of a method's run say, as far as they are there; figures and tables are still data. */
import type { Figure } from "../../../learners/figure.ts";
import type { Method, Outcomes } from "../../../learners/method.ts";
import { type LibraryReport, libraryReport } from "../../library/report.ts";
import type { LibraryRunConfig } from "../../library/run_config.ts";
import type { KnownRun } from "./known_run.ts";

/** See the file's head. */
export interface RunResults {
  /** Its `seconds` are those of the jobs that have finished, added up. */
  readonly report: LibraryReport;
  /** In the order of `report.figures`. */
  readonly figures: readonly Figure[];
  readonly outcomes: Outcomes;
}

/**
 * The results of `known` as they are now; undefined while no job has one.
 * @throws what the method throws at results that it cannot read, such as those of an earlier version
 */
export async function runResults(
  known: KnownRun,
  config: LibraryRunConfig,
  method: Method,
): Promise<RunResults | undefined> {
  const reports = await known.reports();
  if (reports.size === 0) return undefined;
  const { report, figures, outcomes } = libraryReport({
    run: known.head.run,
    method,
    config,
    end: { stopped: false, reports, failures: known.failures },
    events: [],
  });
  const seconds = [...reports.values()].reduce((sum, { cost }) => sum + cost.seconds, 0);
  return { report: { ...report, seconds }, figures, outcomes };
}
