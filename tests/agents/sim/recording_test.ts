/** The recording of a run: what is kept of its trials, within which limits, and what survives. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { recordingSource, RunRecorder } from "../../../agents/sim/recording.ts";
import { checkedHeader, RecordingFile } from "../../../agents/sim/recording_file.ts";
import { subjects } from "../../../cluster/bus.ts";
import { inProcessBus } from "../../../cluster/in_process.ts";
import { encodeMessage } from "../../../cluster/protocol.ts";
import {
  decodeRecord,
  encodeRecord,
  recordingName,
  servedHeader,
} from "../../../cluster/trial_recording.ts";
import { feedDescription } from "../../viewer/feed.ts";
import { frameOf, shownTrial, trialEnded, trialStarted } from "./recorded_trials.ts";

const run = "recorded";
const bus = inProcessBus((error) => {
  throw error;
});
const description = feedDescription({ bus, run });
const generous = { trials: 100, bytes: 1e6 };

async function inFolder(act: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await act(join(folder, recordingName));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const numbers = (file: RecordingFile) => file.trials.map(({ number }) => number);

async function readTrial(file: RecordingFile, number: number) {
  const record = await file.read(number);
  assert.ok(record, `trial ${number} is there`);
  return decodeRecord(record, checkedHeader);
}

Deno.test("a recorded trial is read as it was shown, with every frame", () =>
  inFolder(async (path) => {
    await using file = await RecordingFile.openOrCreate(path, description, generous);
    for (const trial of [0, 1, 2]) await file.append(shownTrial(trial));
    const { header, frame } = await readTrial(file, 1);
    const { frames, ...shown } = shownTrial(1);
    assert.deepEqual(header, { number: 1, every: 1, ...shown, frames: frames.length });
    for (let step = 0; step < frames.length; step++) {
      assert.equal(frame(step).step, step);
      assert.ok(Math.abs(frame(step).angles[1] - step / 100) < 1e-4);
    }
    assert.deepEqual(file.trials[1], {
      number: 1,
      task: "random-reach",
      update: 10,
      duration: 0.05,
      error: 0.05,
    });
    assert.equal(await file.read(3), undefined);
  }));

Deno.test("a recording that is opened again has the same trials and goes on counting", () =>
  inFolder(async (path) => {
    {
      await using file = await RecordingFile.openOrCreate(path, description, generous);
      for (const trial of [0, 1]) await file.append(shownTrial(trial));
    }
    await using file = await RecordingFile.openOrCreate(
      path,
      { ...description, seed: 9 },
      generous,
    );
    assert.equal(file.description.seed, description.seed, "its own description counts");
    await file.append(shownTrial(0));
    assert.deepEqual(numbers(file), [0, 1, 2]);
    assert.equal((await readTrial(file, 2)).header.trial.trial, 0);
  }));

Deno.test("a recording never outgrows its limits, keeps trials evenly, and always the latest", () =>
  inFolder(async (path) => {
    const limits = { trials: 8, bytes: 1e6 };
    {
      await using file = await RecordingFile.openOrCreate(path, description, limits);
      for (let trial = 0; trial < 100; trial++) {
        await file.append(shownTrial(trial));
        const kept = numbers(file);
        assert.ok(kept.length <= limits.trials + 1, `${kept.length} trials`);
        assert.equal(kept.at(-1), trial);
        assert.equal(kept[0], 0);
      }
      assert.deepEqual(numbers(file), [0, 16, 32, 48, 64, 80, 96, 99]);
      assert.equal((await readTrial(file, 48)).header.trial.update, 480);
    }
    await using again = await RecordingFile.openOrCreate(path, description, limits);
    await again.append(shownTrial(100));
    assert.deepEqual(numbers(again), [0, 16, 32, 48, 64, 80, 96, 100], "its stride is known again");
  }));

Deno.test("a recording is thinned before it has more bytes than allowed", () =>
  inFolder(async (path) => {
    const trialBytes = encodeRecord(shownTrial(10), { number: 10, every: 1 }).length;
    const limits = { trials: 1000, bytes: 10 * trialBytes };
    await using file = await RecordingFile.openOrCreate(path, description, limits);
    for (let trial = 0; trial < 40; trial++) await file.append(shownTrial(trial));
    const { size } = await Deno.stat(path);
    assert.ok(size <= limits.bytes + 2 * trialBytes, `${size} of ${limits.bytes} bytes`);
    assert.ok(file.trials.length >= 4, `${file.trials.length} trials are kept`);
    for (const number of numbers(file)) {
      assert.equal((await readTrial(file, number)).header.trial.trial, number);
    }
  }));

Deno.test("what a crash left of a trial is cut off, and the trials before it are whole", () =>
  inFolder(async (path) => {
    {
      await using file = await RecordingFile.openOrCreate(path, description, generous);
      for (const trial of [0, 1]) await file.append(shownTrial(trial));
    }
    const whole = await Deno.readFile(path);
    await Deno.writeFile(path, whole.subarray(0, whole.length - 7));
    {
      await using reader = await RecordingFile.open(path);
      assert.deepEqual(numbers(reader), [0], "who only looks changes nothing");
      assert.equal((await Deno.stat(path)).size, whole.length - 7);
    }
    await using file = await RecordingFile.openOrCreate(path, description, generous);
    await file.append(shownTrial(1));
    assert.deepEqual(await Deno.readFile(path), whole);
  }));

Deno.test("trials of weights that a resumed training makes again are dropped", () =>
  inFolder(async (path) => {
    await using file = await RecordingFile.openOrCreate(path, description, generous);
    for (const trial of [0, 1, 2, 3]) await file.append(shownTrial(trial));
    await file.dropAfter(15);
    assert.deepEqual(numbers(file), [0, 1]);
    await file.append(shownTrial(7));
    assert.deepEqual(numbers(file), [0, 1, 2]);
    assert.equal((await readTrial(file, 2)).header.trial.trial, 7);
  }));

Deno.test("a file of something else is no recording, and is left as it is", () =>
  inFolder(async (path) => {
    await Deno.writeTextFile(path, "nothing of the kind, but long enough");
    await assert.rejects(
      RecordingFile.openOrCreate(path, description, generous),
      /does not begin with "ARMTRIAL"/,
    );
    assert.equal(await Deno.readTextFile(path), "nothing of the kind, but long enough");
  }));

Deno.test("the recorder keeps trials that were shown whole, and no others", () =>
  inFolder(async (path) => {
    await using file = await RecordingFile.openOrCreate(path, description, generous);
    const failures: unknown[] = [];
    const recorder = new RunRecorder(bus, run, file, (error) => failures.push(error));
    const begin = (trial: number) =>
      bus.publish(subjects.events(run), encodeMessage(trialStarted(trial, 0, 3)));
    const move = (trial: number, steps: readonly number[]) =>
      steps.forEach((step) => bus.publish(subjects.frames(run), frameOf(trial, step)));
    const end = (trial: number) =>
      bus.publish(subjects.events(run), encodeMessage(trialEnded(trial, 3)));

    // The end of a trial that began before anybody listened.
    move(0, [2, 3]);
    end(0);
    begin(1);
    move(1, [0, 1, 2, 3]);
    end(1);
    // The reader asked for the next one.
    begin(2);
    move(2, [0, 1]);
    begin(3);
    // A frame was lost.
    move(3, [0, 1, 3]);
    end(3);
    begin(4);
    move(4, [0, 1, 2, 3]);
    end(4);
    recorder.close();
    begin(5);
    move(5, [0, 1, 2, 3]);
    end(5);

    await file.read(0);
    assert.deepEqual(failures, []);
    const shown = await Promise.all([0, 1].map((number) => readTrial(file, number)));
    assert.deepEqual(shown.map(({ header }) => header.trial.trial), [1, 4]);
    assert.deepEqual(shown.map(({ header }) => header.frames), [4, 4]);
    const index = recordingSource(file, { isLive: true }).index();
    assert.deepEqual(index, { isLive: true, trials: file.trials });
    assert.equal(index.trials.length, 2);
  }));

Deno.test("a record that was cut short, or whose frames differ in length, is refused", () => {
  const record = encodeRecord(shownTrial(0), { number: 0, every: 1 });
  for (const length of [0, 7, 20, record.length - 1]) {
    assert.throws(() => decodeRecord(record.subarray(0, length), servedHeader), RangeError);
  }
  const { frames, ...shown } = shownTrial(0);
  const odd = [...frames, frames[0].subarray(1)];
  assert.throws(
    () => encodeRecord({ ...shown, frames: odd }, { number: 0, every: 1 }),
    /expected frames of one length/,
  );
});
