/**
 * `cluster --in-process -- train …`: what the workers of the only process train. The run's folder and its
 * report are as always; what is not finished when the process ends, ends with it.
 */
import { keptReports } from "../agents/library/job.ts";
import { clusterBackend, enterRun, withoutJobs } from "../agents/desk/submission.ts";
import type { UsableBackend } from "../agents/worker/worker.ts";
import type { Backbone } from "../cluster/backbone.ts";
import { carryOut, conclude, say } from "./carry_out.ts";
import { UsageError } from "./failure.ts";
import { lineDisplay } from "./job_progress.ts";
import type { StopSignal } from "./stop_signal.ts";
import { usualPriority } from "./submission_options.ts";
import { openClusterWork, type WorkPlace } from "./train_cluster.ts";
import type { TrainOptions } from "./train_options.ts";
import { announcement, jobCount, resumeCommand } from "./train_text.ts";

/** The cluster within this process. */
export interface OwnCluster {
  readonly backbone: Backbone;
  /** What its workers compute on. */
  readonly backends: readonly UsableBackend[];
}

/** A training that has ended, or was stopped. */
export interface EndedTraining {
  readonly wasStopped: boolean;
  /** Tell what it has come to; resolves to the exit code that belongs to it. */
  conclude(): Promise<number>;
}

/**
 * Train until it is done, or `stop` is asked for.
 * @param opened what is to be closed at the end
 * @throws {UsageError} when the workers cannot compute it, or there is no such run to go on with
 */
export async function trainWithin(
  options: TrainOptions,
  cluster: OwnCluster,
  stop: StopSignal,
  opened: AsyncDisposableStack,
): Promise<EndedTraining> {
  const work = await openClusterWork(options, ownWorkPlace(options, cluster), opened);
  say(options, announcement(work));
  // The workers' log goes to the same terminal: bars would be torn.
  const outcomes = await carryOut(work, stop, lineDisplay(jobCount(work)));
  if (outcomes) return { wasStopped: false, conclude: () => conclude(options, work, outcomes) };
  say(options, work.farewell);
  return { wasStopped: true, conclude: () => Promise.resolve(stop.code) };
}

function ownWorkPlace(options: TrainOptions, { backbone, backends }: OwnCluster): WorkPlace {
  return {
    backbone,
    backend(asked) {
      const offered = clusterBackend(asked, [{ backends }]);
      if (!offered) throw unavailable(asked, backends);
      return Promise.resolve({ name: offered.name, detail: offered.devices.join("; ") });
    },
    async enter(ledger, run, describe) {
      const { backend } = run.config;
      if (backends.every(({ name }) => name !== backend)) throw unavailable(backend, backends);
      const left = withoutJobs(await describe(), new Set((await keptReports(run)).keys()));
      await enterRun(ledger, run.id, left, usualPriority);
      return left.record;
    },
    // Ledger and submitter are one process: what the one has lost the other has not.
    renew: () => Promise.resolve(),
    farewell: (open) => `finished jobs are kept; go on with: ${resumeCommand(options, open)}`,
  };
}

function unavailable(asked: string, backends: readonly UsableBackend[]): UsageError {
  const names = backends.map(({ name }) => name).join(", ");
  return new UsageError(`the workers here do not compute with ${asked}; they have ${names}`);
}
