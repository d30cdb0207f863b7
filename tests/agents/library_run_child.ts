/**
 * The process that library_run_test.ts kills: `deno run … library_run_child.ts FOLDER WORKERS`. It goes
 * on with the run in FOLDER, keeping every snapshot.
 */
import { executeRun, openLibraryRun } from "../../agents/library_run.ts";

const [folder, workers] = Deno.args;
await using run = await openLibraryRun(folder);
const { stopped } = await executeRun(run, {
  workers: Number(workers),
  checkpointSeconds: 0,
  signal: new AbortController().signal,
  library: import.meta.resolve("./quadratic_method.ts"),
});
console.log(stopped ? "stopped" : "finished");
