/**
 * The process that library_run_test.ts kills: `deno run … library_run_child.ts FOLDER WORKERS`. It goes
 * on with the run in FOLDER, keeping every snapshot.
 */
import { JobSlots } from "../../../agents/job_slots.ts";
import { executeRun, openLibraryRun } from "../../../agents/library/run.ts";
import { threadSupply } from "../../../agents/library/method_thread.ts";

const [folder, workers] = Deno.args;
await using run = await openLibraryRun(folder);
const { stopped } = await executeRun(run, {
  slots: new JobSlots(Number(workers)),
  newThread: threadSupply("cpu", { library: import.meta.resolve("./quadratic_method.ts") }),
  checkpointSeconds: 0,
  signal: new AbortController().signal,
});
console.log(stopped ? "stopped" : "finished");
