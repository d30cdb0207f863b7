/**
 * The report of a run of the library as data: what its jobs have come to, whether the paper's claim
 * shows, and at what cost. `report_text.ts` makes it readable, `report_files.ts` keeps it.
 */
import type { Figure } from "../../learners/figure.ts";
import type { Claim, Method, Outcomes, Paper } from "../../learners/method.ts";
import { mean, standardDeviation } from "../../learners/statistics/descriptive.ts";
import { meanInterval } from "../../learners/statistics/intervals.ts";
import type { Table } from "../../learners/table.ts";
import { hasContent } from "../figures/content.ts";
import { elapsedSeconds } from "./journal.ts";
import { outcomesOf, type RunEnd } from "./run.ts";
import { jobsOf, type LibraryRunConfig, type LibraryRunEvent } from "./run_config.ts";

/** A metric over the seeds of a variant. */
export interface MetricSummary {
  readonly mean: number;
  /** Of the sample, n − 1 in the denominator; 0 of a single seed. */
  readonly std: number;
  /** One for each seed that reports it. */
  readonly values: readonly number[];
  /** 95 % confidence interval of the mean, by Student's t over the seeds; null of a single seed. */
  readonly interval: readonly [low: number, high: number] | null;
}

/** What a job costs. */
export interface CostSummary {
  /** Wall clock of one job, mean over seeds. */
  readonly seconds: number;
  /** The most memory that tensors held at any event. */
  readonly tensorBytes: number;
  /** Of one job, mean over the seeds, where the method counts them. */
  readonly multiplyAdds: number | null;
}

/** A variant. */
export interface VariantSummary {
  readonly description: string;
  readonly seeds: readonly number[];
  readonly metrics: Readonly<Record<string, MetricSummary>>;
  readonly cost: CostSummary;
}

/** A figure of the report. */
export interface ReportFigure {
  readonly title: string;
  readonly caption: string;
  /** Its path within the run's folder. */
  readonly file: string;
  /** That of what it shows, as CSV. */
  readonly data: string;
}

/** A table of the report. In its cells, too, numbers that JSON does not have are null. */
export interface ReportTable extends Table {
  /** Its path within the run's folder, as CSV. */
  readonly file: string;
}

/** A job that failed. */
export interface ReportedFailure {
  readonly variant: string;
  readonly seed: number;
  readonly message: string;
}

/** `report.json`. Numbers that JSON does not have, such as a margin that cannot be told, are null in it. */
export interface LibraryReport {
  /** The run's id: its folder's name. */
  readonly run: string;
  readonly method: string;
  readonly paper: Paper;
  readonly profile: LibraryRunConfig["profile"];
  readonly backend: LibraryRunConfig["backend"];
  readonly device: string;
  readonly config: LibraryRunConfig["config"];
  readonly variants: Readonly<Record<string, VariantSummary>>;
  readonly claim: Claim;
  /** Variants of the profile that have no result: the claim was judged without them. */
  readonly missing: readonly string[];
  readonly failures: readonly ReportedFailure[];
  /** Wall clock of the run, all sessions together. */
  readonly seconds: number;
  /** The most memory of the whole process, all threads together. */
  readonly residentBytes: number;
  /** Those of the method; what every report says of its results is in `variants`. */
  readonly tables: readonly ReportTable[];
  readonly figures: readonly ReportFigure[];
  /** The path of a CSV file with the numbers of every job. */
  readonly jobs: string;
  readonly versions: LibraryRunConfig["versions"];
}

/** What a report is made of. */
export interface ReportSource {
  readonly run: string;
  readonly method: Method;
  readonly config: LibraryRunConfig;
  readonly end: RunEnd;
  readonly events: readonly LibraryRunEvent[];
}

/** A report with its figures, which are still data. */
export interface DrawnReport {
  readonly report: LibraryReport;
  /** In the order of `report.figures`. */
  readonly figures: readonly Figure[];
  readonly outcomes: Outcomes;
}

/** The report of a run that was not stopped. */
export function libraryReport({ run, method, config, end, events }: ReportSource): DrawnReport {
  const outcomes = outcomesOf(config, end.reports);
  const isEmpty = Object.keys(outcomes).length === 0;
  const figures = isEmpty ? [] : method.figures(outcomes).filter(hasContent);
  const tables = isEmpty ? [] : method.tables?.(outcomes) ?? [];
  const { profile, backend, device, versions } = config;
  const report: LibraryReport = {
    run,
    method: method.id,
    paper: method.paper,
    profile,
    backend,
    device,
    config: config.config,
    variants: summaries(method, config, end, outcomes),
    claim: isEmpty ? nothingToJudge : method.claim(outcomes),
    missing: method.profiles[profile].variants.filter((name) => !Object.hasOwn(outcomes, name)),
    failures: end.failures.map(({ job: { variant, seed }, error: { message } }) => (
      { variant, seed, message }
    )),
    seconds: elapsedSeconds(events),
    residentBytes: Math.max(0, ...events.map(({ residentBytes }) => residentBytes)),
    tables: tables.filter(({ rows }) => rows.length > 0).map((table, index) => (
      { ...table, file: `tables/${fileName(index + 1, table.title)}.csv` }
    )),
    figures: figures.map(({ title, caption }, index) => {
      const path = `figures/${fileName(index + 1, title)}`;
      return { title, caption, file: `${path}.svg`, data: `${path}.csv` };
    }),
    jobs: "tables/jobs.csv",
    versions,
  };
  return { report, figures, outcomes };
}

const nothingToJudge: Claim = {
  statement: "no job has finished, so there is nothing to judge",
  holds: false,
  margin: NaN,
  parts: [],
};

/** Such as `03-validation-accuracy`. */
function fileName(number: number, title: string): string {
  const words = title.toLowerCase().normalize("NFKD").match(/[a-z0-9]+/g) ?? [];
  return [String(number).padStart(2, "0"), ...words].join("-").slice(0, 80);
}

function summaries(
  method: Method,
  config: LibraryRunConfig,
  { reports }: RunEnd,
  outcomes: Outcomes,
): Record<string, VariantSummary> {
  return Object.fromEntries(
    Object.entries(outcomes).map(([variant, results]) => {
      const jobs = jobsOf(config).filter((job) => job.variant === variant);
      const costs = jobs.flatMap(({ name }) => reports.get(name)?.cost ?? []);
      const multiplyAdds = results.flatMap(({ result }) => result.multiplyAdds ?? []);
      const summary: VariantSummary = {
        description: method.variants[variant],
        seeds: results.map(({ seed }) => seed),
        metrics: metricSummaries(results.map(({ result }) => result.metrics)),
        cost: {
          seconds: mean(costs.map(({ seconds }) => seconds)),
          tensorBytes: Math.max(...costs.map(({ tensorBytes }) => tensorBytes)),
          multiplyAdds: multiplyAdds.length > 0 ? mean(multiplyAdds) : null,
        },
      };
      return [variant, summary];
    }),
  );
}

function metricSummaries(
  results: readonly Readonly<Record<string, number>>[],
): Record<string, MetricSummary> {
  const names = [...new Set(results.flatMap((metrics) => Object.keys(metrics)))];
  return Object.fromEntries(names.map((name) => {
    const values = results.flatMap((metrics) =>
      Object.hasOwn(metrics, name) ? [metrics[name]] : []
    );
    const interval = meanInterval(values) ?? null;
    return [name, { mean: mean(values), std: standardDeviation(values), values, interval }];
  }));
}

/** What `--json` prints: the outcome without what surrounds it. */
export function reportLine(report: LibraryReport): object {
  const { run, method, profile, backend, claim: { statement, holds, margin }, seconds } = report;
  const variants = Object.fromEntries(
    Object.entries(report.variants).map(([variant, { seeds, metrics }]) => [variant, {
      seeds,
      metrics: Object.fromEntries(
        Object.entries(metrics).map(([name, { mean, std, values }]) => [name, {
          mean,
          std,
          values,
        }]),
      ),
    }]),
  );
  return {
    run,
    method,
    profile,
    backend,
    variants,
    claim: { statement, holds, margin },
    seconds,
  };
}
