/** What `runs` prints. */
import type { JobOverview, RunDetails, RunOverview } from "../agents/desk/cluster_runs.ts";
import { counted } from "../agents/library/report_text.ts";
import type { LocalRun } from "../agents/local_runs.ts";
import { attemptText } from "../agents/desk/job_news.ts";
import type { AlarmRecord, ResultRecord } from "../cluster/jobs/records.ts";
import { shareUsed, storageSummary, type StoredPart } from "../cluster/nats/storage.ts";
import { sizeText } from "../cluster/size_text.ts";
import { csvTable, plainTable, type TableFormat } from "./plain_table.ts";

/** A table whose columns are not written yet. */
interface Columns {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Names of the columns of numbers. */
  readonly numbers: readonly string[];
}

/** Write `columns`, or as JSON what they were made of. */
function written(format: TableFormat, data: unknown, { head, rows, numbers }: Columns): string {
  if (format === "json") return JSON.stringify(data);
  return format === "csv" ? csvTable(head, rows) : plainTable(head, rows, numbers);
}

/** The run folders of a machine. */
export function localRunsText(runs: readonly LocalRun[], out: string, format: TableFormat): string {
  if (format === "text" && runs.length === 0) return `there are no runs in ${out}`;
  return written(format, runs, {
    head: ["run", "kind", "what", "state", "jobs", "done", "failed"],
    rows: runs.map(({ run, kind, what, finished, jobs, jobCount }) => {
      const count = (state: string) => String(jobs.filter((job) => job.state === state).length);
      const state = finished ? "finished" : "not finished";
      const counts = kind === "library" ? [`${jobCount}`, count("finished"), count("failed")] : [];
      return [run, kind, what, state, ...counts, "", "", ""].slice(0, 7);
    }),
    numbers: ["jobs", "done", "failed"],
  });
}

/** One run folder. */
export function localRunText(run: LocalRun, format: TableFormat): string {
  const { jobs, jobCount, what, kind, finished } = run;
  const table = written(format, run, {
    head: ["job", "state", "step", "seconds"],
    rows: jobs.map(({ job, state, step, seconds }) => [job, state, `${step}`, seconds.toFixed(1)]),
    numbers: ["step", "seconds"],
  });
  if (format !== "text") return table;
  const state = finished ? "finished" : "not finished";
  const head = `${run.run}\n${kind} · ${what} · ${state}`;
  if (kind !== "library") return head;
  const rest = jobCount - jobs.length;
  const failures = jobs.flatMap(({ job, message }) => message ? [`${job}: ${message}`] : []);
  return sections([
    head,
    jobs.length > 0 ? table : "",
    rest > 0 ? `${counted(rest, "job")} not begun` : "",
    failures.join("\n"),
  ]);
}

/** The runs of a cluster. */
export function runsText(runs: readonly RunOverview[], format: TableFormat): string {
  if (format === "text" && runs.length === 0) return "the cluster has no runs";
  const states = ["done", "running", "queued", "paused", "failed", "cancelled"] as const;
  return written(format, runs, {
    head: ["run", "state", "submitted", "jobs", ...states],
    rows: runs.map(({ run, state, submitted, jobs, counts }) => [
      run,
      state,
      timeText(submitted),
      String(jobs),
      ...states.map((name) => String(counts[name] ?? 0)),
    ]),
    numbers: ["jobs", ...states],
  });
}

/** How full the server's store is, in a line. */
export function storageText(parts: readonly StoredPart[]): string {
  const { used, room, fullest } = storageSummary(parts);
  const share = `${(100 * shareUsed(fullest)).toFixed(0)} %`;
  return `store  ${sizeText(used)} of ${sizeText(room)}; fullest: ${fullest.part}, ${share} of ` +
    `${sizeText(fullest.room)}`;
}

/** One run of a cluster, with the evidence of what went wrong. */
export function runText(run: RunDetails, format: TableFormat): string {
  const { details } = run;
  const table = written(format, run, {
    head: ["job", "state", "worker", "step", "steps", "attempts", "alarms"],
    rows: details.map(({ job, state, wanted, worker, step, steps, epoch, alarms }) => [
      job,
      wanted === undefined ? state : `${state}, to ${wanted}`,
      worker ?? "",
      // That of a finished job would be its last checkpoint's, which says nothing.
      step === 0 || state === "done" ? "" : String(step),
      steps === 0 ? "" : String(steps),
      String(epoch),
      String(alarms.length),
    ]),
    numbers: ["step", "steps", "attempts", "alarms"],
  });
  if (format !== "text") return table;
  const { kind, title, state, submitted, jobs } = run;
  const head = `${run.run}\n${kind} · ${title} · ${counted(jobs, "job")} · ${state} · ` +
    `submitted ${timeText(submitted)}`;
  const attempts = details.flatMap(attemptLines);
  const alarms = details.flatMap(alarmLines);
  return sections([
    head,
    table,
    attempts.length > 0 ? `Attempts that ended without a result\n${attempts.join("\n")}` : "",
    alarms.length > 0 ? `Results that differ\n${alarms.join("\n")}` : "",
  ]);
}

function attemptLines({ job, attempts }: JobOverview): string[] {
  return attempts.map((attempt) => `  ${job}, attempt ${attempt.epoch}: ${attemptText(attempt)}`);
}

function alarmLines({ job, alarms }: JobOverview): string[] {
  return alarms.map(({ results: [first, second] }: AlarmRecord) =>
    `  ${job}: ${resultText(first)} stands, ${resultText(second)} differs`
  );
}

function resultText({ digest, worker, backend, device }: ResultRecord): string {
  return `${digest.slice(0, 8)} by ${worker} on ${backend} (${device})`;
}

/** To the second, in UTC; whatever a submitter's clock said otherwise. */
function timeText(submitted: string): string {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(submitted)
    ? submitted.slice(0, 19).replace("T", " ")
    : submitted;
}

function sections(texts: readonly string[]): string {
  return texts.filter((text) => text !== "").join("\n\n");
}
