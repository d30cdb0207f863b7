/** The documents of how a run's jobs went: one metric's curves, and every number as CSV. */
import { type CurvesDocument, documentLimits } from "../../../cluster/documents.ts";
import { csvRecords } from "../../csv.ts";
import { JobCurves, numbersOf } from "../job_curves.ts";
import type { KnownJob, KnownRun } from "./known_run.ts";
import type { RecentlyUsed } from "./recently_used.ts";

/** The curves of a run's jobs, in their order; those that have said nothing have none. */
export interface RunCurves {
  readonly run: string;
  /** What any of them measures, in the order in which it is first said. */
  readonly metrics: readonly string[];
  readonly jobs: readonly { readonly job: KnownJob; readonly curves: JobCurves }[];
}

/**
 * What `known`'s jobs have said, thinned.
 * @param recent those of jobs that were read before
 */
export async function runCurves(
  known: KnownRun,
  recent: RecentlyUsed<JobCurves>,
): Promise<RunCurves> {
  const jobs: RunCurves["jobs"][number][] = [];
  for (const job of known.jobs) {
    // What a finished job has said stays.
    const version = job.state === "done" ? job.state : known.version;
    const key = `${known.head.source}/${known.head.run}/${job.name}/${version}`;
    jobs.push({ job, curves: await recent.get(key, () => jobCurves(known, job)) });
  }
  const metrics = [...new Set(jobs.flatMap(({ curves }) => curves.metrics))];
  return { run: known.head.run, metrics, jobs };
}

async function jobCurves(known: KnownRun, { name }: KnownJob): Promise<JobCurves> {
  const curves = new JobCurves();
  for (const event of await known.events(name)) curves.addEvent(event);
  return curves;
}

/** The document of one metric; of the first unless one is named. */
export function curvesDocument(
  { run, metrics, jobs }: RunCurves,
  metric: string | undefined,
): CurvesDocument {
  const asked = metric ?? metrics[0] ?? "";
  const found = metrics.includes(asked) ? asked : "";
  const drawn = jobs.filter(({ curves }) => curves.metrics.includes(found));
  return {
    type: "curves",
    run,
    metrics,
    metric: found,
    total: drawn.length,
    list: drawn.slice(0, documentLimits.curves).map(({ job, curves }) => {
      const { name, variant, seed } = job;
      return { job: name, variant, seed, ...curves.points(found) };
    }),
  };
}

/** All numbers that a run's jobs have told while they ran, a row for each step of each job. */
export async function curvesCsv(known: KnownRun): Promise<string> {
  const rows: Record<string, string | number>[] = [];
  for (const { name, variant, seed } of known.jobs) {
    for (const { step, event } of await known.events(name)) {
      const numbers = numbersOf(event);
      if (numbers.length === 0) continue;
      rows.push({ job: name, variant, seed, step, ...Object.fromEntries(numbers) });
    }
  }
  return csvRecords(rows);
}
