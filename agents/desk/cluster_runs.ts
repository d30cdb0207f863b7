/** How runs and their jobs stand on a cluster, as data for tables. */
import type { Ledger } from "../../cluster/jobs/ledger.ts";
import type {
  AlarmRecord,
  Attempt,
  JobState,
  JobStateName,
  ResultRecord,
  RunRecord,
} from "../../cluster/jobs/records.ts";
import { jobsOf, libraryRunConfig } from "../library/run_config.ts";

/** How a job stands; `unknown` where the ledger has lost it, or its submitter has not come to it yet. */
export type JobStanding = JobStateName | "unknown";

/** A run at a glance. */
export interface RunOverview {
  readonly run: string;
  readonly kind: string;
  readonly title: string;
  readonly submitted: string;
  /** How the run stands: as the least settled of its jobs. */
  readonly state: "finished" | JobStanding;
  readonly jobs: number;
  /** How many jobs stand so. */
  readonly counts: Readonly<Partial<Record<JobStanding, number>>>;
}

/** A job in detail. */
export interface JobOverview {
  readonly job: string;
  readonly id: string;
  readonly state: JobStanding;
  /** What somebody wants of it that its worker has not obeyed yet. */
  readonly wanted?: "pause" | "cancel";
  /** Who is at it, or has finished it. */
  readonly worker?: string;
  readonly step: number;
  /** 0 where nobody knows. */
  readonly steps: number;
  /** Claims so far. */
  readonly epoch: number;
  /** Attempts that have ended without a result, the latest last. */
  readonly attempts: readonly Attempt[];
  readonly result?: ResultRecord;
  /** Results that differ from the one that stands. */
  readonly alarms: readonly AlarmRecord[];
}

/** A run in detail. */
export interface RunDetails extends RunOverview {
  readonly details: readonly JobOverview[];
}

/** All runs, the oldest first. */
export async function runOverviews(ledger: Ledger): Promise<RunOverview[]> {
  const [runs, states] = await Promise.all([ledger.runs(), ledger.jobs()]);
  return [...runs]
    .map(([run, record]) => overview(run, record, states))
    .sort((a, b) => a.submitted < b.submitted ? -1 : 1);
}

/** The run `id`; undefined when the cluster knows none. */
export async function runDetails(ledger: Ledger, id: string): Promise<RunDetails | undefined> {
  const record = await ledger.run(id);
  if (record === undefined) return undefined;
  const ids = Object.values(record.jobs);
  const names = jobNames(record);
  const [states, results, alarms] = await Promise.all([
    ledger.jobs(ids),
    ledger.results(ids),
    ledger.alarms(),
  ]);
  const details = names.map((job) => {
    const id = record.jobs[job];
    const own = [...alarms.values()].filter((alarm) => alarm.job === id);
    return jobOverview(job, id, states.get(id), results.get(id), own);
  });
  return { ...overview(id, record, states), details };
}

/** The run's jobs in their order, which the ledger does not keep. */
function jobNames({ config, jobs }: RunRecord): string[] {
  const library = libraryRunConfig.safeParse(config).data;
  const names = library ? jobsOf(library).map(({ name }) => name) : [];
  const others = Object.keys(jobs).filter((name) => !names.includes(name));
  return [...names.filter((name) => Object.hasOwn(jobs, name)), ...others];
}

function overview(
  run: string,
  { kind, title, submitted, jobs }: RunRecord,
  states: ReadonlyMap<string, JobState>,
): RunOverview {
  const counts: Partial<Record<JobStanding, number>> = {};
  const ids = Object.values(jobs);
  for (const id of ids) {
    const standing = states.get(id)?.state ?? "unknown";
    counts[standing] = (counts[standing] ?? 0) + 1;
  }
  return { run, kind, title, submitted, state: runState(counts), jobs: ids.length, counts };
}

/** From the least settled to the most. */
const bySettlement: readonly JobStanding[] = [
  "running",
  "queued",
  "paused",
  "unknown",
  "failed",
  "cancelled",
];

function runState(counts: RunOverview["counts"]): RunOverview["state"] {
  return bySettlement.find((standing) => counts[standing]) ?? "finished";
}

function jobOverview(
  job: string,
  id: string,
  state: JobState | undefined,
  result: ResultRecord | undefined,
  alarms: readonly AlarmRecord[],
): JobOverview {
  if (state === undefined) {
    return { job, id, state: "unknown", step: 0, steps: 0, epoch: 0, attempts: [], alarms };
  }
  const { holder, wanted, checkpoints, epoch, attempts } = state;
  const worker = result?.worker ?? holder?.worker;
  return {
    job,
    id,
    state: state.state,
    ...state.state === "running" && wanted !== "run" ? { wanted } : {},
    ...worker === undefined ? {} : { worker },
    step: holder?.step ?? checkpoints[0]?.step ?? 0,
    steps: holder?.steps ?? 0,
    epoch,
    attempts,
    ...result && { result },
    alarms,
  };
}
