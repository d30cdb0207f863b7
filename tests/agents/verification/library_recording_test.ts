/** Jobs of the library that were kept and are done again: what is found to be the same, and what is not. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { LibraryRunConfig } from "../../../agents/library/run_config.ts";
import type { Recording } from "../../../agents/verification/recording.ts";
import {
  type Bounds,
  compareStretches,
  type Verdict,
} from "../../../agents/verification/stretch.ts";
import { readyBackend } from "../../../learners/nn/backend.ts";

// Before the modules that compute are imported.
await readyBackend("cpu");
const { createLibraryRun, currentVersions, executeRun, openLibraryRun } = await import(
  "../../../agents/library/run.ts"
);
const { JobSlots } = await import("../../../agents/job_slots.ts");
const { threadSupply } = await import("../../../agents/library/method_thread.ts");
const { libraryRecordings } = await import("../../../agents/verification/library_recording.ts");
const { quadratic } = await import("../library/quadratic_method.ts");

const root = await Deno.makeTempDir({ prefix: "callosum-verification-" });
Deno.test.afterAll(() => Deno.remove(root, { recursive: true }));

const library = import.meta.resolve("../library/quadratic_method.ts");
const newThread = () => threadSupply("cpu", { library })();

const config: LibraryRunConfig = {
  kind: "library",
  method: "quadratic",
  profile: "smoke",
  backend: "cpu",
  device: "plain JavaScript, one core",
  variants: ["momentum"],
  seeds: [1],
  config: quadratic.config.parse({ steps: 20 }),
  versions: currentVersions(),
};

/** A run of one job that keeps every snapshot. */
async function newRun({ stopAfter = Infinity } = {}): Promise<string> {
  await using run = await createLibraryRun(root, config, new Date(0));
  const stop = new AbortController();
  await executeRun(run, {
    slots: new JobSlots(1),
    newThread,
    checkpointSeconds: 0,
    signal: stop.signal,
    watcher: {
      began() {},
      progress: (_, { step }) => void (step >= stopAfter && stop.abort()),
      ended() {},
      warn: (line) => assert.fail(line),
    },
  });
  return run.path;
}

/** A finished run, for those who only look at it. */
const finished = newRun();

async function recordingOf(path: string): Promise<Recording> {
  await using run = await openLibraryRun(path);
  const [recording] = await libraryRecordings(run, { newThread });
  return recording;
}

const settings = { signal: new AbortController().signal, onProgress() {} };

async function verify(recording: Recording, bounds: Bounds, tolerance = 0): Promise<Verdict> {
  const again = await recording.replay(bounds, settings);
  return compareStretches(recording.kept(bounds), again, tolerance);
}

/** Replace a part of a job's file. */
async function spoil(path: string, file: string, change: (text: string) => string): Promise<void> {
  const name = join(path, "jobs", "momentum-s1", file);
  const text = await Deno.readTextFile(name);
  const changed = change(text);
  assert.notEqual(changed, text);
  await Deno.writeTextFile(name, changed);
}

Deno.test("a whole job that is done again is the same: events, both checkpoints, result", async () => {
  assert.deepEqual(await verify(await recordingOf(await finished), {}), {
    outcome: "the same, bit for bit",
    events: 20,
    checkpoints: [19, 20],
    result: true,
  });
});

Deno.test("the stretch between the last two checkpoints leads to the digest of the last", async () => {
  const recording = await recordingOf(await finished);
  const { previous, latest } = recording.checkpoints;
  const between = await verify(recording, { from: previous, until: latest });
  assert.deepEqual(between, {
    outcome: "the same, bit for bit",
    events: 1,
    checkpoints: [20],
    result: false,
  });
  const beginning = await verify(recording, { until: previous });
  assert.deepEqual([beginning.events, beginning.checkpoints], [19, [19]]);
  const rest = await verify(recording, { from: latest });
  assert.deepEqual([rest.events, rest.checkpoints, rest.result], [0, [], true]);
});

Deno.test("a job that was stopped can be verified up to its latest checkpoint", async () => {
  const recording = await recordingOf(await newRun({ stopAfter: 5 }));
  assert.equal(recording.finished, false);
  const { latest } = recording.checkpoints;
  assert.ok(latest && latest.step >= 5 && latest.step < 20, `stopped after ${latest?.step}`);
  const verdict = await verify(recording, { until: latest });
  assert.equal(verdict.outcome, "the same, bit for bit");
  assert.equal(verdict.events, latest.step);
});

Deno.test("a changed event, result or checkpoint is found and named", async () => {
  const path = await newRun();
  await spoil(
    path,
    "events.jsonl",
    (text) => text.replace(/"step":7,(.+?)"loss":/, '"step":7,$1"loss":2'),
  );
  const event = await verify(await recordingOf(path), {});
  assert.equal(event.outcome, "different");
  assert.equal(event.difference?.path, "event 7.metrics.loss");

  const other = await newRun();
  await spoil(other, "report.json", (text) => text.replace(/"improvement": /, '"improvement": 1'));
  const result = await verify(await recordingOf(other), {});
  assert.equal(result.difference?.path, "result.metrics.improvement");

  const recording = await recordingOf(await finished);
  const { latest, previous } = recording.checkpoints;
  const foreign = { bytes: previous!.bytes, step: latest!.step };
  const checkpoint = await verify({
    ...recording,
    kept: (bounds) => ({
      ...recording.kept(bounds),
      checkpoints: new Map([[foreign.step, foreign.bytes]]),
    }),
  }, {});
  assert.equal(checkpoint.outcome, "different");
  assert.match(checkpoint.difference!.path, /^checkpoint after step 20\./);
});

Deno.test("a tolerance excuses small differences and no missing event", async () => {
  const recording = await recordingOf(await finished);
  const again = await recording.replay({}, settings);
  const kept = recording.kept({});
  const shifted = {
    ...kept,
    result: { metrics: { loss: 1.001, improvement: 3 } },
  };
  const rounded = { ...again, result: { metrics: { loss: 1, improvement: 3 } } };
  const outcome = (tolerance: number) => compareStretches(shifted, rounded, tolerance).outcome;
  assert.equal(outcome(0.01), "the same within tolerance");
  assert.equal(outcome(0.0001), "different");
  assert.equal(outcome(0), "different");
  for (const events of [kept.events.slice(1), [...kept.events, kept.events[0]]]) {
    assert.equal(compareStretches(kept, { ...again, events }, 0.5).outcome, "different");
  }
});

Deno.test("a replay can be stopped", async () => {
  const recording = await recordingOf(await finished);
  const stop = new AbortController();
  const onProgress = () => stop.abort(new Error("enough"));
  await assert.rejects(recording.replay({}, { signal: stop.signal, onProgress }), /enough/);
});

Deno.test("a job whose numbers depended on who was how fast is not done again", async () => {
  const path = await newRun();
  await spoil(path, "report.json", (text) => {
    const report = JSON.parse(text);
    return JSON.stringify({ ...report, result: { ...report.result, reproducible: false } });
  });
  await assert.rejects(recordingOf(path), { name: "IrreproducibleError", message: /momentum-s1/ });
});
