/** Jobs of a run of the library, as its folder has kept them, and done again. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { goodCheckpoints } from "../../cluster/checkpoint_pair.ts";
import { readDataFile } from "../library/data_folder.ts";
import { keptReport, openJob } from "../library/job.ts";
import type { LibraryRunFolder } from "../library/run.ts";
import {
  type JobConfig,
  type JobEvent,
  jobEvent,
  jobReport,
  jobsOf,
} from "../library/run_config.ts";
import type { JobEnd, JobOwner } from "../library/method_job.ts";
import type { MethodThread } from "../library/method_thread.ts";
import { decodeSnapshot } from "../library/snapshot.ts";
import { unlessAborted } from "../worker/executor.ts";
import { checkpointsWithin, readAll, type Recording, type ReplaySettings } from "./recording.ts";
import type { Bounds, KeptCheckpoint, Stretch } from "./stretch.ts";

/** What it takes to do a job of the library again. */
export interface LibraryReplayMeans {
  /** A thread with the backend that is to compute, which has done no job yet. */
  readonly newThread: () => MethodThread;
  /** The folder of data files. */
  readonly data?: string;
}

/** A job cannot be verified, since its numbers depended on who was how fast. */
export class IrreproducibleError extends Error {
  override readonly name = "IrreproducibleError";

  constructor(job: string) {
    super(
      `${job} learnt from its actors as fast as they came, which is never the same twice; there is nothing ` +
        "to verify. Without `asynchronous` a job can be done again",
    );
  }
}

/**
 * The recordings of a run's jobs in order; those that were never begun are left out.
 * @throws {IrreproducibleError} when the numbers of a job depended on who was how fast
 * @throws {RunStoreError} when something of them cannot be read
 */
export async function libraryRecordings(
  run: LibraryRunFolder,
  means: LibraryReplayMeans,
): Promise<Recording[]> {
  const begun = jobsOf(run.config).filter(({ name }) => existsSync(join(run.path, "jobs", name)));
  const recordings: Recording[] = [];
  for (const job of begun) {
    await using folder = await openJob(run, job);
    const report = await keptReport(folder);
    if (report?.result.reproducible === false) throw new IrreproducibleError(job.name);
    const kept = {
      events: await folder.readEvents(),
      checkpoints: readAll(await goodCheckpoints(folder.path), readCheckpoint),
      result: report?.result,
    };
    recordings.push(libraryRecording(job.name, folder.config, kept, means));
  }
  return recordings;
}

function readCheckpoint(bytes: Uint8Array<ArrayBuffer>): KeptCheckpoint {
  return { bytes, step: decodeSnapshot(bytes).step };
}

interface KeptJob extends Pick<Recording, "checkpoints"> {
  readonly events: readonly JobEvent[];
  readonly result?: unknown;
}

function libraryRecording(
  name: string,
  config: JobConfig,
  { events, checkpoints, result }: KeptJob,
  means: LibraryReplayMeans,
): Recording {
  return {
    name,
    finished: result !== undefined,
    checkpoints,
    readCheckpoint,
    kept: (bounds) => ({
      events: events.filter(({ step }) => isWithin(step, bounds)),
      checkpoints: checkpointsWithin(checkpoints, bounds),
      result: bounds.until ? undefined : result,
    }),
    async replay(bounds, settings) {
      const wanted = new Set(checkpointsWithin(checkpoints, bounds).keys());
      const replay = new JobReplay(bounds, wanted, settings, means.data);
      using thread = means.newThread();
      const request = { ...config, checkpoint: bounds.from?.bytes, checkpointSeconds: 0 };
      return await replay.outcome(thread.run(request, replay));
    },
  };
}

/** The beginning belongs to the stretch before: a job says all of a step before it keeps it. */
function isWithin(step: number, { from, until }: Bounds): boolean {
  return step > (from?.step ?? -1) && step <= (until?.step ?? Infinity);
}

/** Notes what a job does that is done again. */
class JobReplay implements JobOwner {
  readonly #events: JobEvent[] = [];
  readonly #checkpoints = new Map<number, Uint8Array>();
  readonly #reachedEnd = Promise.withResolvers<undefined>();

  constructor(
    private readonly bounds: Bounds,
    /** The steps whose checkpoints are to be compared. */
    private readonly wanted: ReadonlySet<number>,
    private readonly settings: ReplaySettings,
    private readonly data: string | undefined,
  ) {}

  progress(progress: Parameters<JobOwner["progress"]>[0]): void {
    this.settings.onProgress(progress);
    // By way of its JSON, as the log has it.
    const event = jobEvent.parse(JSON.parse(JSON.stringify(progress)));
    if (isWithin(event.step, this.bounds)) this.#events.push(event);
  }

  file(name: string): Promise<Uint8Array> {
    return readDataFile(this.data, name);
  }

  checkpoint({ bytes, step }: KeptCheckpoint): Promise<void> {
    if (this.wanted.has(step)) this.#checkpoints.set(step, bytes);
    if (step === this.bounds.until?.step) this.#reachedEnd.resolve(undefined);
    return Promise.resolve();
  }

  /** What has come of the stretch, once its end is reached. */
  async outcome(job: Promise<JobEnd>): Promise<Stretch> {
    const { signal } = this.settings;
    const end = await unlessAborted(signal, Promise.race([job, this.#reachedEnd.promise]));
    const result = end?.kind === "finished" && !this.bounds.until
      ? jobReport.shape.result.parse(JSON.parse(JSON.stringify(end.result)))
      : undefined;
    return { events: this.#events, checkpoints: this.#checkpoints, result };
  }
}
