/** The timeline of recorded trials: its axis, its clock, and what the page fetches for it. */
import assert from "node:assert/strict";
import type { Frame } from "../../cluster/frame.ts";
import type { Event } from "../../cluster/protocol.ts";
import {
  decodeRecord,
  encodeRecord,
  recordingAddress,
  servedHeader,
  summaryOf,
} from "../../cluster/trial_recording.ts";
import { RecordedPlayback, type ShownStatus } from "../../viewer/web/playback_recorded.ts";
import { TimelineAxis } from "../../viewer/web/timeline_axis.ts";
import { TimelineSource } from "../../viewer/web/timeline_source.ts";
import { shownTrial } from "../agents/sim/recorded_trials.ts";

/** As after the recording has been thinned: numbers are missing. */
const numbers = [0, 2, 4];
const steps = 10;
const record = (number: number) =>
  encodeRecord(shownTrial(number, { steps }), { number, every: 1 });
const recorded = (number: number) => decodeRecord(record(number), servedHeader);
const summaries = numbers.map((number) => summaryOf(recorded(number).header));

Deno.test("trials lie one after the other on the axis, and every time is in one of them", () => {
  const axis = new TimelineAxis(summaries);
  const near = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-12, `${a} is ${b}`);
  near(axis.duration, 0.3);
  for (
    const [time, number, within] of [[-1, 0, 0], [0.05, 0, 0.05], [0.25, 4, 0.05], [9, 4, 0.1]]
  ) {
    const place = axis.placeAt(time);
    assert.equal(place?.trial.number, number);
    near(place.time, within);
  }
  near(axis.positionOf(2, 0.03), 0.13);
  // One that is no longer kept is where the next one begins.
  near(axis.positionOf(3, 0.03), 0.2);
  assert.equal(axis.neighbour(2, 1)?.number, 4);
  assert.equal(axis.neighbour(3, -1)?.number, 2);
  assert.equal(axis.neighbour(4, 1), undefined);
  assert.equal(new TimelineAxis([]).placeAt(0), undefined);
});

/** A playback and all that it said. */
function playing() {
  const events: Event[] = [];
  const frames: Frame[] = [];
  const statuses: ShownStatus[] = [];
  const errors: unknown[] = [];
  let ends = 0;
  const playback = new RecordedPlayback(
    (number) => Promise.resolve(numbers.includes(number) ? recorded(number) : undefined),
    {
      onEvent: (event) => events.push(event),
      onFrame: (frame) => frames.push(frame),
      onStatus: (status) => statuses.push(status),
      onEnd: () => ends++,
      onError: (error) => errors.push(error),
    },
  );
  playback.trials = summaries;
  return { playback, events, frames, statuses, errors, ends: () => ends };
}

/** What is loaded has come. */
const loaded = () => new Promise((resolve) => setTimeout(resolve));
const stepsOf = (frames: readonly Frame[]) => frames.map(({ step }) => step);
const upTo = (last: number) => Array.from({ length: last + 1 }, (_, step) => step);

Deno.test("a place in a recording is shown with its trial, what came of it, and its path so far", async () => {
  const { playback, events, frames, statuses } = playing();
  playback.setPace({ paused: true, speed: 0.5 });
  await playback.seek(0.1 + 0.055);
  assert.deepEqual(events.map((event) => event.type), ["trial", "trial-ended"]);
  assert.ok(events[0].type === "trial" && events[0].trial === 2);
  assert.deepEqual(stepsOf(frames), upTo(5));
  assert.deepEqual(statuses, [{
    type: "status",
    paused: true,
    speed: 0.5,
    task: "random-reach",
    controller: "bilateral",
    lesion: "none",
  }]);
  playback.advance(0.05);
  assert.equal(frames.length, 6, "while it is paused nothing moves");

  await playback.seek(0.1 + 0.075);
  assert.deepEqual(stepsOf(frames), upTo(7), "forwards the rest of the path is added");
  assert.equal(events.length, 2);

  await playback.seek(0.1 + 0.02);
  assert.equal(events.length, 4, "backwards the trial begins again");
  assert.deepEqual(stepsOf(frames.slice(8)), upTo(2));
});

Deno.test("recorded trials run at the pace that was asked for, one after the other, to the end", async () => {
  const { playback, events, frames, ends } = playing();
  await playback.seek(0);
  playback.send({ type: "speed", factor: 0.5 });
  playback.advance(0.08);
  assert.deepEqual(stepsOf(frames), upTo(4));
  // A tab that was not seen for a minute goes on about where it was.
  playback.advance(60);
  assert.equal(playback.place?.trial.number, 0);
  for (let display = 0; display < 200; display++) {
    playback.advance(0.05);
    await loaded();
  }
  const shown = events.flatMap((event) => event.type === "trial" ? [event.trial] : []);
  assert.deepEqual(shown, numbers);
  assert.deepEqual(stepsOf(frames), [...upTo(steps), ...upTo(steps), ...upTo(steps)]);
  assert.ok(ends() > 0, "and says when it is over");
  playback.send({ type: "continue" });
  await loaded();
  assert.equal(playback.position, 0, "whoever goes on from the end means from the start");
});

Deno.test("of several places that are asked for at once the last one is shown", async () => {
  const { playback, events } = playing();
  const early = playback.seek(0.25);
  await Promise.all([early, playback.seek(0.15)]);
  const shown = events.flatMap((event) => event.type === "trial" ? [event.trial] : []);
  assert.deepEqual(shown, [2]);
});

Deno.test("a trial that has been thinned out meanwhile is said to be gone, and the one before stays", async () => {
  const { playback, errors } = playing();
  await playback.seek(0);
  playback.trials = [...summaries.slice(0, 1), { ...summaries[1], number: 3 }];
  await playback.step(1);
  assert.match(String(errors[0]), /trial 4 is no longer kept/);
  assert.equal(playback.place?.trial.number, 0);
});

/** A server of recorded trials that counts what it is asked for. */
function serving(answer: (address: string) => Response) {
  const asked: string[] = [];
  const source = new TimelineSource((address) => {
    asked.push(address);
    return Promise.resolve(answer(address));
  });
  return { source, asked };
}

Deno.test("a page keeps a few trials and no more, and fetches none of them twice", async () => {
  const { source, asked } = serving((address) =>
    new Response(record(Number(address.split("/")[2])))
  );
  await source.trial(0);
  assert.equal((await source.trial(0))?.header.number, 0);
  assert.deepEqual(asked, [recordingAddress.trial(0)]);
  for (let number = 1; number <= 8; number++) await source.trial(number);
  await source.trial(8);
  assert.equal(asked.length, 9);
  await source.trial(0);
  assert.equal(asked.length, 10, "the one that was used longest ago has gone");
});

Deno.test("what could not be fetched is asked for again", async () => {
  let isThere = false;
  const { source, asked } = serving(() =>
    isThere ? new Response(record(3)) : new Response("no", { status: 404 })
  );
  assert.equal(await source.trial(3), undefined);
  isThere = true;
  assert.equal((await source.trial(3))?.header.number, 3);
  assert.equal(asked.length, 2);
});
