/** A small real run in a folder, for tests of the pages that show what a run has come to. */
import { basename } from "node:path";
import { JobSlots } from "../../agents/job_slots.ts";
import { threadSupply } from "../../agents/library/method_thread.ts";
import { saveLibraryReport } from "../../agents/library/report_files.ts";
import { createLibraryRun, currentVersions, executeRun } from "../../agents/library/run.ts";
import { dagnn } from "../../learners/graphs/dagnn.ts";

/** The run, and the new folder that it is in. */
export interface FinishedRun {
  readonly out: string;
  readonly run: string;
}

/** A finished run of DAGNN and its baseline; who asks for it removes `out`. */
export async function finishedRun(): Promise<FinishedRun> {
  const out = await Deno.makeTempDir({ prefix: "callosum-run-" });
  await using run = await createLibraryRun(out, {
    kind: "library",
    method: "dagnn",
    profile: "smoke",
    backend: "wasm",
    device: "any",
    variants: ["dagnn", "gcn-2"],
    seeds: [1, 2],
    // Long enough that its jobs leave checkpoints.
    config: dagnn.config.parse({ ...dagnn.profiles.smoke.config, epochs: 30 }),
    versions: currentVersions(),
  }, new Date());
  const end = await executeRun(run, {
    slots: new JobSlots(1),
    newThread: threadSupply("wasm"),
    checkpointSeconds: 0,
    signal: new AbortController().signal,
  });
  await saveLibraryReport(run, dagnn, end);
  return { out, run: basename(run.path) };
}
