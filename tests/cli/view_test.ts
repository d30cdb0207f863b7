/** `deno task view`: the page of a run that is kept, and what it says of folders that are none. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { RecordingFile } from "../../agents/sim/recording_file.ts";
import { describe } from "../../agents/sim/description.ts";
import { runNetwork, runParts } from "../../agents/sim/run_config.ts";
import { simSchemas } from "../../agents/sim/run_log.ts";
import { createRun } from "../../cluster/run_store.ts";
import { type RecordingIndex, recordingName } from "../../cluster/trial_recording.ts";
import { shownTrial } from "../agents/sim/recorded_trials.ts";
import { smallRun } from "../agents/sim/small_run.ts";
import { assertRefused, runTask, startTask } from "./task_process.ts";

const pageLine = /^page {2}(http\S+)$/m;

async function inFolder(act: (out: string) => Promise<void>): Promise<void> {
  const out = await Deno.makeTempDir({ prefix: "callosum-view-" });
  try {
    await act(out);
  } finally {
    await Deno.remove(out, { recursive: true });
  }
}

/** The folder of a small run with so many recorded trials. */
async function keptRun(out: string, trials: number): Promise<string> {
  const name = { time: new Date(0), title: "small" };
  await using folder = await createRun(out, smallRun, name, simSchemas);
  if (trials > 0) {
    const parts = runParts(smallRun);
    const learner = { network: runNetwork(smallRun, parts) };
    const described = describe({ run: folder.id, config: smallRun, parts, learner });
    await using file = await RecordingFile.openOrCreate(
      join(folder.path, recordingName),
      described,
    );
    for (let trial = 0; trial < trials; trial++) await file.append(shownTrial(trial));
  }
  return folder.path;
}

/** All that is in a folder, by name. */
async function contents(path: string): Promise<Map<string, Uint8Array>> {
  const names = (await Array.fromAsync(Deno.readDir(path))).map(({ name }) => name).sort();
  const files = names.map(async (name) => [name, await Deno.readFile(join(path, name))] as const);
  return new Map(await Promise.all(files));
}

Deno.test("a kept run is shown with its recorded trials, and its folder stays as it is", () =>
  inFolder(async (out) => {
    const path = await keptRun(out, 3);
    const before = await contents(path);
    await using view = startTask("view", [path, "--port", "0"]);
    const [, url] = await view.stdout.find(pageLine);
    assert.match(view.stdout.text, /recorded trials: 3/);
    const index: RecordingIndex = await (await fetch(`${url}recording`)).json();
    assert.equal(index.isLive, false);
    assert.deepEqual(index.trials.map(({ update }) => update), [0, 10, 20]);
    assert.match(await (await fetch(url)).text(), /<canvas/);
    assert.ok((await (await fetch(`${url}main.js`)).text()).length > 100_000);
    view.signal("SIGINT");
    const { code, stderr } = await view.ended;
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    assert.deepEqual(await contents(path), before);
  }));

Deno.test("a run is found by its name, and shown without a recording as well", () =>
  inFolder(async (out) => {
    await keptRun(out, 0);
    const args = ["1970-01-01T00-00-00-small", "--out", out, "--port", "0"];
    await using view = startTask("view", args);
    const [, url] = await view.stdout.find(pageLine);
    assert.match(view.stdout.text, /no recorded trials/);
    const index = await (await fetch(`${url}recording`)).json();
    assert.deepEqual(index, { isLive: false, trials: [] });
  }));

Deno.test("a folder that holds no run of an arm is refused in one line", () =>
  inFolder(async (out) => {
    assertRefused(await runTask("view", [join(out, "absent")]), "absent", "is no run's folder");
    await Deno.writeTextFile(join(out, "config.json"), `{"method":"biper"}`);
    assertRefused(await runTask("view", [out]), "config.json", "no arm can be shown");
    const path = await keptRun(out, 1);
    await Deno.writeTextFile(join(path, recordingName), "a text of more than sixteen bytes");
    assertRefused(await runTask("view", [path]), recordingName, "ARMTRIAL");
  }));
