/**
 * `deno task train`: methods of the library beside their baselines and ablations, under several seeds,
 * and whether their papers' claims show. Each job trains in a thread of its own; this thread keeps the
 * runs. Those of a set share the slots for jobs, so that no core idles at the end of one method. With
 * `--cluster` the jobs are done wherever there is a free worker, and this program keeps what comes of them.
 */
import { JobSlots, usualSlots } from "../agents/job_slots.ts";
import { executeRun } from "../agents/library/run.ts";
import { SpareActors } from "../agents/library/spare_actors.ts";
import { threadSupply } from "../agents/library/method_thread.ts";
import { Log, readableLine } from "../cluster/log.ts";
import { exitCodes, runCommand } from "./failure.ts";
import { jobDisplay } from "./job_progress.ts";
import { StopSignal } from "./stop_signal.ts";
import { joinWorkPlace, openClusterWork, submissionLine } from "./train_cluster.ts";
import { parseTrainOptions, type TrainOptions } from "./train_options.ts";
import { carryOut, conclude, say } from "./carry_out.ts";
import { announcement, jobCount, resumeCommand } from "./train_text.ts";
import { beginWork, type OpenWork, resumeWork } from "./train_work.ts";

async function main(args: readonly string[]): Promise<number> {
  const options = parseTrainOptions(args);
  if (!options) return exitCodes.done;
  const { cluster } = options;
  await using opened = new AsyncDisposableStack();
  const work = cluster
    ? await openClusterWork(options, await joinWorkPlace(options, cluster, opened), opened)
    : await openLocalWork(options, opened);
  say(options, announcement(work));
  if (cluster && !cluster.wait) {
    say(options, work.farewell);
    if (options.json) console.log(submissionLine(work));
    return exitCodes.done;
  }
  const stop = new StopSignal(() => console.error("stopping; Ctrl-C again ends at once"));
  try {
    const outcomes = await carryOut(work, stop, jobDisplay(jobCount(work)));
    if (outcomes) return await conclude(options, work, outcomes);
    say(options, work.farewell);
    return stop.code;
  } finally {
    stop.close();
  }
}

/** Says what the user should know; the rest is on the display. */
const problemLog = new Log({}, readableLine, (level, line) => {
  if (level !== "info") console.error(line);
});

/** Work whose jobs are done by this program; where there are fewer of them than slots, the others help. */
async function openLocalWork(
  options: TrainOptions,
  opened: AsyncDisposableStack,
): Promise<OpenWork> {
  const { source, out, workers, data } = options;
  const open = "resume" in source
    ? await resumeWork(source, out, opened)
    : await beginWork(source, out, opened);
  const { runs: [{ folder: { config: { backend } } }], thread } = open;
  const slots = workers ?? usualSlots(backend);
  const spare = opened.use(new SpareActors(slots, problemLog));
  const means = {
    slots: new JobSlots(slots, spare.adjust),
    help: spare.help,
    newThread: threadSupply(backend, { first: thread }),
    data,
  };
  return {
    ...open,
    execute: (run, watching) => executeRun(run, { ...means, ...watching }),
    farewell: `stopped and saved; go on with: ${resumeCommand(options, open)}`,
  };
}

if (import.meta.main) await runCommand(main);
