/** A `sim` run that a worker does, folded into its folder: as if it had happened here. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { exportRun } from "../../../agents/desk/exported_run.ts";
import { isSuperseded, loggedEvent, RunKeeper } from "../../../agents/sim/run_log.ts";
import { runConfig } from "../../../agents/sim/run_config.ts";
import { simReport } from "../../../agents/sim/run_report.ts";
import { simClusterRun, submitRun } from "../../../agents/desk/submission.ts";
import { startTraining } from "../../../agents/sim/training_thread.ts";
import { simExecutor } from "../../../agents/worker/sim_executor.ts";
import { inProcessBus } from "../../../cluster/in_process.ts";
import { createRun } from "../../../cluster/run_store.ts";
import { smallRun } from "../sim/small_run.ts";
import { Laboratory } from "../worker/laboratory.ts";

const root = await Deno.makeTempDir({ prefix: "callosum-sim-reporter-" });
Deno.test.afterAll(() => Deno.remove(root, { recursive: true }));

const config = { ...smallRun, updates: 110 };
const schemas = { config: runConfig, event: loggedEvent };
const watcher = { began() {}, progress() {}, ended() {}, warn: assert.fail };

/** The run as `deno task sim` leaves it. */
async function runHere(): Promise<string> {
  await using folder = await createRun(root, config, { time: new Date(0), title: "here" }, schemas);
  const bus = inProcessBus((error) => assert.fail(String(error)));
  const keeper = new RunKeeper(bus, folder);
  const { ended } = startTraining(bus, { run: folder.id, config });
  assert.equal(await ended, "finished");
  await keeper.settle();
  keeper.close();
  const evaluations = (await folder.readEvents()).filter((event) => event.type === "evaluation");
  await folder.saveReport(simReport(folder.path, folder.id, config, 1, evaluations));
  return folder.path;
}

Deno.test("a sim run that a worker does leaves the folder that a run here leaves", async () => {
  await using laboratory = new Laboratory();
  const { backbone, ledger } = laboratory;
  const run = simClusterRun(config, "reach", { code: "test", time: new Date(0) });
  const path = await Deno.makeTempDir({ dir: root });
  await submitRun(ledger, { path, id: "reach" }, run, 5);
  const access = { backbone, ledger, signal: new AbortController().signal };
  const early = await exportRun(root, "early", run.record, access, watcher);
  assert.deepEqual([early.jobs, early.finished], [1, 0]);

  await using _worker = await laboratory.hire({
    executors: [simExecutor],
    backends: [{ name: "wasm", device: "any" }],
  });
  await laboratory.until(run.record.jobs.sim, ({ state }) => state === "done");
  const exported = await exportRun(root, "reach", run.record, access, watcher);
  assert.deepEqual([exported.jobs, exported.finished, exported.failed], [1, 1, 0]);

  const here = await runHere();
  const lines = async (folder: string) => {
    const text = await Deno.readTextFile(join(folder, "events.jsonl"));
    return text.split("\n").slice(0, -1).map((line) => loggedEvent.parse(JSON.parse(line)));
  };
  const [there, expected] = [await lines(exported.path), await lines(here)];
  assert.deepEqual(there, expected);
  assert.ok(there.some((event) => isSuperseded(event, 110)), "the last evaluations are among them");
  const report = async (folder: string) => {
    const text = await Deno.readTextFile(join(folder, "report.json"));
    const { run: _run, dir: _dir, seconds: _seconds, ...numbers } = JSON.parse(text);
    return numbers;
  };
  assert.deepEqual(await report(exported.path), await report(here));
});
