/** The documents of runs: a list of all, and one of them with everything that is known of it. */
import {
  documentLimits,
  type LibraryRunDocument,
  type RunDocument,
  type RunEntry,
  type RunsDocument,
  type ShownFigure,
  type ShownTable,
  type SimRunDocument,
} from "../../../cluster/documents.ts";
import type { Evaluation } from "../../../cluster/protocol.ts";
import type { Figure } from "../../../learners/figure.ts";
import type { Method } from "../../../learners/method.ts";
import { citation } from "../../library/report_text.ts";
import type { LibraryRunConfig } from "../../library/run_config.ts";
import type { RunConfig } from "../../sim/run_config.ts";
import { loggedEvent } from "../../sim/run_log.ts";
import { simReport } from "../../sim/run_report.ts";
import { codeOf, type KnownJob, type KnownRun, type RunHead } from "./known_run.ts";
import type { RunResults } from "./run_results.ts";

/** The document of all runs, the newest first. */
export function runsDocument(heads: readonly RunHead[]): RunsDocument {
  return {
    type: "runs",
    total: heads.length,
    list: heads.slice(0, documentLimits.runs).map(entry),
  };
}

function entry({ work, ...head }: RunHead): RunEntry {
  if (work.kind === "library") {
    const { method, profile } = work.config;
    return { kind: "library", ...head, method, profile };
  }
  const { task, controller, seed } = work.config;
  return { kind: "sim", ...head, task, controller, seed };
}

/** What the document of a method's run is made of, beside the run itself. */
export interface LibraryRunSource {
  readonly config: LibraryRunConfig;
  /** Undefined where this library has no such method. */
  readonly method: Method | undefined;
  /** Absent while no job has one. */
  readonly results?: RunResults;
  /** Why there are none although jobs have finished. */
  readonly problem?: string;
  /** What its jobs measure while they run. */
  readonly metrics: readonly string[];
}

/** The document of a method's run. */
export function libraryRunDocument(
  known: KnownRun,
  { config, method, results, problem, metrics }: LibraryRunSource,
): LibraryRunDocument {
  const { work: _, ...head } = known.head;
  const ends = new Map(
    Object.entries(results?.outcomes ?? {}).flatMap(([variant, results]) =>
      results.map(({ seed, result }) => [`${variant}\n${seed}`, result.metrics] as const)
    ),
  );
  return {
    type: "run",
    kind: "library",
    ...head,
    ...body(known, metrics, ({ variant, seed }) => ends.get(`${variant}\n${seed}`)),
    backend: config.backend,
    device: config.device,
    configuration: config.config,
    method: config.method,
    profile: config.profile,
    summary: method?.summary ?? "",
    paper: method?.paper ?? { title: "", authors: "", year: 0 },
    citation: method ? citation(method.paper) : "",
    results: results ? resultsOf(results) : null,
    ...problem !== undefined && { problem },
  };
}

/** What the documents of all runs have in common. */
function body(
  known: KnownRun,
  metrics: readonly string[],
  endOf: (job: KnownJob) => KnownMetrics | undefined,
): Omit<RunBody, "backend" | "device" | "configuration"> {
  const { jobs, log, head } = known;
  return {
    code: codeOf(head.work),
    seconds: jobs.reduce((sum, { seconds = 0 }) => sum + seconds, 0),
    jobs: {
      total: jobs.length,
      finished: jobs.filter(({ state }) => state === "done").length,
      list: jobs.slice(0, documentLimits.jobs).map((job) => {
        const metrics = endOf(job);
        return metrics ? { ...job, metrics } : job;
      }),
    },
    metrics,
    log: { total: log.length, lines: log.slice(-documentLimits.logLines) },
  };
}

type RunBody = Pick<
  RunDocument,
  | "code"
  | "seconds"
  | "jobs"
  | "metrics"
  | "log"
  | "backend"
  | "device"
  | "configuration"
>;
type KnownMetrics = Readonly<Record<string, number>>;

function resultsOf({ report, figures }: RunResults): LibraryRunDocument["results"] {
  const { claim, missing, failures, variants, tables } = report;
  return {
    claim,
    missing,
    failures,
    variants,
    tables: {
      total: tables.length,
      list: tables.slice(0, documentLimits.tables).map(
        ({ title, caption, columns, rows }, index): ShownTable => ({
          number: index + 1,
          title,
          caption,
          columns,
          total: rows.length,
          rows: rows.slice(0, documentLimits.rows),
        }),
      ),
    },
    figures: {
      total: figures.length,
      list: figures.slice(0, documentLimits.figures).map(shownFigure),
    },
  };
}

function shownFigure(figure: Figure, index: number): ShownFigure {
  const { title, caption, kind } = figure;
  const isSmall = JSON.stringify(figure).length <= documentLimits.figure;
  return { number: index + 1, title, caption, kind, data: isSmall ? figure : null };
}

/** The evaluations of a `sim` run so far, in the order in which they were made. */
export async function evaluationsOf(known: KnownRun): Promise<Evaluation[]> {
  const jobs = await Promise.all(known.jobs.map(({ name }) => known.events(name)));
  return jobs.flat().flatMap(({ event }) => {
    const logged = loggedEvent.safeParse(event).data;
    return logged?.type === "evaluation" ? [logged] : [];
  });
}

/** The document of a `sim` run. */
export function simRunDocument(
  known: KnownRun,
  config: RunConfig,
  evaluations: readonly Evaluation[],
  metrics: readonly string[],
): SimRunDocument {
  const { work: _, ...head } = known.head;
  const isOver = head.state === "finished";
  const after = evaluations.find(({ stage, engine }) =>
    stage === "after" && engine === config.engine
  );
  const { backend, task, controller, engine, seed } = config;
  return {
    type: "run",
    kind: "sim",
    ...head,
    ...body(known, metrics, () => isOver ? after?.measures : undefined),
    backend,
    device: known.jobs[0]?.device ?? "",
    configuration: config,
    task,
    controller,
    engine,
    seed,
    evaluations,
    results: isOver ? simResults(known, config, evaluations) : null,
  };
}

function simResults(
  { head: { run } }: KnownRun,
  config: RunConfig,
  evaluations: readonly Evaluation[],
): SimRunDocument["results"] {
  const report = simReport("", run, config, 0, evaluations);
  const { trials, before, after, engines, transfer } = report;
  return { trials, before, after, engines, transfer };
}
