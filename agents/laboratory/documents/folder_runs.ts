/**
 * The runs in a folder of this machine: those that were made without a cluster, and those that a cluster has
 * forgotten. A run that another process makes there at this moment is seen as it has been written so far.
 */
import { join } from "node:path";
import { loadCheckpointPair } from "../../../cluster/checkpoint_pair.ts";
import { digestOf } from "../../../cluster/digest.ts";
import { runIdentifier } from "../../../cluster/protocol.ts";
import {
  type FileStamp,
  fileStamp,
  readRunEvents,
  readRunJson,
} from "../../../cluster/run_reading.ts";
import { simJobName } from "../../desk/submission.ts";
import { MethodThreadError } from "../../library/method_thread.ts";
import { folderNames } from "../../library/past_reports.ts";
import type { JobFailure } from "../../library/run.ts";
import {
  jobEvent,
  type JobReport,
  jobReport,
  jobsOf,
  type LibraryJob,
  type LibraryRunConfig,
  type LibraryRunEvent,
  libraryRunEvent,
} from "../../library/run_config.ts";
import { readable } from "../../library/readable.ts";
import type { RunConfig } from "../../sim/run_config.ts";
import { loggedEvent } from "../../sim/run_log.ts";
import { runTitle } from "../../sim/run_report.ts";
import {
  type KnownJob,
  type KnownRun,
  type RunHead,
  type RunShelf,
  type RunWork,
  settlement,
  type StepEvent,
  workOf,
} from "./known_run.ts";

/** What stands in a run's folder, and when it was written. */
interface Look {
  readonly work: RunWork;
  readonly head: RunHead;
  readonly jobs: readonly KnownJob[];
  readonly failures: readonly JobFailure[];
  readonly log: readonly string[];
  /** Of its events and its report. */
  readonly stamps: readonly (FileStamp | undefined)[];
}

/** See the file's head. */
export class FolderRuns implements RunShelf {
  /** By the runs' names, as they were found last. */
  readonly #looks = new Map<string, Look>();

  /** @param root the folder of runs; it need not be there */
  constructor(private readonly root: string) {}

  async heads(): Promise<RunHead[]> {
    const heads: RunHead[] = [];
    for (const name of await folderNames(this.root)) {
      const look = await this.#look(name);
      if (look) heads.push(look.head);
    }
    return heads;
  }

  async open(run: string): Promise<KnownRun | undefined> {
    const look = await this.#look(run);
    return look && await this.#known(join(this.root, run), look);
  }

  /** @returns undefined of what is no run's folder */
  async #look(run: string): Promise<Look | undefined> {
    if (!runIdentifier.safeParse(run).success) return undefined;
    const path = join(this.root, run);
    const known = this.#looks.get(run);
    const work = known?.work ?? workOf(await readRunJson(path, "config.json"));
    if (!work) return undefined;
    const stamps = [await fileStamp(path, "events.jsonl"), await fileStamp(path, "report.json")];
    // Of a folder that was removed since, there is nothing left.
    if (known && stamps.every((stamp) => stamp === undefined)) {
      this.#looks.delete(run);
      return undefined;
    }
    if (known && isSame(known.stamps, stamps)) return known;
    const look = work.kind === "library"
      ? await lookAtLibrary(run, path, work.config, stamps)
      : await lookAtSim(run, path, work.config, stamps);
    this.#looks.set(run, look);
    return look;
  }

  async #known(path: string, look: Look): Promise<KnownRun> {
    const { head, jobs, failures, log, stamps } = look;
    const isLibrary = head.work.kind === "library";
    const folderOf = (job: string) => isLibrary ? join(path, "jobs", job) : path;
    const named = (name: string) => jobs.find((job) => job.name === name);
    const written: unknown[] = [];
    if (head.ended === undefined) {
      for (const { name } of jobs) written.push(await fileStamp(folderOf(name), "events.jsonl"));
    }
    return {
      head,
      jobs,
      failures,
      log,
      version: digestOf(JSON.stringify([head.run, stamps, written])),
      resultsVersion: digestOf(JSON.stringify([head.run, stamps])),
      reports: async () => {
        const reports = new Map<string, JobReport>();
        for (const { name, state } of isLibrary ? jobs : []) {
          const kept = state === "done" && await readRunJson(folderOf(name), "report.json");
          const report = jobReport.safeParse(kept).data;
          if (report) reports.set(name, report);
        }
        return reports;
      },
      events: async (job) => named(job) ? await eventsIn(folderOf(job), head.work.kind) : [],
      checkpoint: async (job) => named(job) && (await loadCheckpointPair(folderOf(job)))?.bytes,
    };
  }
}

const isSame = (a: readonly unknown[], b: readonly unknown[]) =>
  JSON.stringify(a) === JSON.stringify(b);

async function eventsIn(path: string, kind: RunWork["kind"]): Promise<readonly StepEvent[]> {
  if (kind === "library") {
    const events = await readRunEvents(path, jobEvent);
    return events.map((event) => ({ step: event.step, event }));
  }
  const events = await readRunEvents(path, loggedEvent);
  return events.map((event) => ({ step: event.update, event }));
}

/** When a run began, as its name says: "2026-11-24T06-55-12-…"; empty where it says nothing. */
function beginOf(run: string): string {
  const [, date, hours, minutes, seconds] = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)-/.exec(run) ??
    [];
  return date === undefined ? "" : `${date}T${hours}:${minutes}:${seconds}.000Z`;
}

/** When its report was written. */
const endOf = (stamp: FileStamp | undefined) =>
  stamp && { ended: new Date(stamp.modified).toISOString() };

async function lookAtLibrary(
  run: string,
  path: string,
  config: LibraryRunConfig,
  stamps: Look["stamps"],
): Promise<Look> {
  const events = await readRunEvents(path, libraryRunEvent);
  const jobs = jobsOf(config);
  const last = new Map(events.map((event) => [event.job, event]));
  const known = jobs.map((job) => folderJob(job, events, last.get(job.name), config.device));
  const work: RunWork = { kind: "library", config };
  const [, report] = stamps;
  return {
    work,
    head: {
      run,
      title: `${config.method}-${config.profile}`,
      source: "folder",
      state: settlement(known.map(({ state }) => state)),
      began: beginOf(run),
      ...endOf(report),
      work,
    },
    jobs: known,
    failures: jobs.flatMap((job): JobFailure[] => {
      const event = last.get(job.name);
      const message = event?.message ?? "it says nothing of why";
      return event?.state === "failed"
        ? [{ job, error: new MethodThreadError(message, "JobFailed") }]
        : [];
    }),
    log: events.map(eventLine),
    stamps,
  };
}

/** Whether a job that has begun is still at work only its own process knows. */
const stateAfter: Readonly<Record<LibraryRunEvent["state"], KnownJob["state"]>> = {
  began: "unknown",
  checkpoint: "unknown",
  finished: "done",
  failed: "failed",
  stopped: "stopped",
};

function folderJob(
  job: LibraryJob,
  events: readonly LibraryRunEvent[],
  last: LibraryRunEvent | undefined,
  device: string,
): KnownJob {
  const own = events.filter((event) => event.job === job.name);
  const kept = own.findLast(({ state }) => state === "checkpoint");
  const failed = own.filter(({ state }) => state === "failed").length;
  const steps = last?.state === "finished" ? last.step : 0;
  return {
    ...job,
    state: last ? stateAfter[last.state] : "unknown",
    step: last?.step ?? 0,
    steps,
    device,
    attempts: failed,
    ...last && { seconds: last.seconds },
    ...last?.message !== undefined && { message: last.message },
    ...kept && { checkpoint: { step: kept.step } },
  };
}

function eventLine({ session, elapsed, job, state, step, message }: LibraryRunEvent): string {
  const when = `session ${session}, ${readable(elapsed)} s`;
  return `${when}  ${job}: ${state} at step ${step}${message ? `: ${message}` : ""}`;
}

async function lookAtSim(
  run: string,
  path: string,
  config: RunConfig,
  stamps: Look["stamps"],
): Promise<Look> {
  const events = await readRunEvents(path, loggedEvent);
  const [, report] = stamps;
  const work: RunWork = { kind: "sim", config };
  const step = events.at(-1)?.update ?? 0;
  const state = report ? "done" : "unknown";
  const evaluations = events.filter((event) => event.type === "evaluation");
  return {
    work,
    head: {
      run,
      title: runTitle(config),
      source: "folder",
      state: settlement([state]),
      began: beginOf(run),
      ...endOf(report),
      work,
    },
    jobs: [{
      name: simJobName,
      variant: "",
      seed: config.seed,
      state,
      step,
      steps: config.updates,
      attempts: 0,
      ...await fileStamp(path, "checkpoint.safetensors") && { checkpoint: { step } },
    }],
    failures: [],
    log: evaluations.map(({ stage, engine, update, measures }) =>
      `update ${update}: evaluated ${stage} the training in ${engine}, final error ` +
      `${readable(measures.finalError ?? NaN)} m`
    ),
    stamps,
  };
}
