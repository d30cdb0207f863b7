/** The lines of a job's log: what happened twice counts once, and what it took is added up. */
import assert from "node:assert/strict";
import {
  jobEvents,
  type JobLine,
  makingUntil,
  nothingMade,
  together,
} from "../../../agents/worker/job_lines.ts";
import { LineBatch } from "../../../agents/worker/line_batch.ts";

const event = (step: number, number = 0): JobLine => ({ step, number, event: { step, number } });

Deno.test("an event that was said again by a later attempt is one event", () => {
  // The first attempt got to step 4, and the checkpoint that the second went on from was of step 2.
  const lines = [event(1), event(2), event(2, 1), event(3), event(4), event(3), event(4), event(5)];
  assert.deepEqual(
    jobEvents(lines).map(({ step, number }) => [step, number]),
    [[1, 0], [2, 0], [2, 1], [3, 0], [4, 0], [5, 0]],
  );
});

Deno.test("what is no line of a job's log is refused", () => {
  assert.throws(() => jobEvents([{ step: 1, event: "boom" }]));
});

Deno.test("what a job has taken is that of all its attempts, and names all that computed it", () => {
  const first = { cost: { seconds: 2, tensorBytes: 100 }, device: "A" };
  const second = { cost: { seconds: 3, tensorBytes: 50 }, device: "B" };
  assert.deepEqual(together(nothingMade, first), first);
  assert.deepEqual(together(first, first), {
    cost: { seconds: 4, tensorBytes: 100 },
    device: "A",
  });
  assert.deepEqual(together(together(first, second), second), {
    cost: { seconds: 8, tensorBytes: 100 },
    device: "A, then B",
  });
});

Deno.test("what was taken until a step is what the log says of it last", () => {
  const kept = (step: number, seconds: number): JobLine => (
    { step, cost: { seconds, tensorBytes: 0 }, device: "A" }
  );
  const lines = [event(1), kept(1, 1), kept(2, 2), event(3), kept(2, 2.5)];
  assert.equal(makingUntil(lines, 2).cost.seconds, 2.5);
  assert.deepEqual(makingUntil(lines, 9), nothingMade);
});

Deno.test("lines go out together, and those of later steps after a checkpoint", () => {
  const sent: number[][] = [];
  const batch = new LineBatch((lines) => sent.push(lines.map(({ step }) => step)));
  for (const step of [1, 2, 3, 4]) batch.add(event(step));
  batch.flush(2);
  assert.deepEqual(sent, [[1, 2]]);
  batch.flush();
  assert.deepEqual(sent, [[1, 2], [3, 4]]);
  batch.flush();
  assert.equal(sent.length, 2, "nothing is sent when nothing waits");
});

Deno.test("many bytes of lines do not wait", () => {
  let sent = 0;
  const batch = new LineBatch((lines) => sent += lines.length);
  const long = (step: number): JobLine => (
    { step, number: 0, event: { text: "x".repeat(20_000) } }
  );
  for (const step of [1, 2, 3, 4]) batch.add(long(step));
  assert.equal(sent, 4);
  batch.discard();
});

Deno.test("a job that belongs to somebody else says no more", () => {
  let sent = 0;
  const batch = new LineBatch((lines) => sent += lines.length);
  batch.add(event(1));
  batch.discard();
  batch.flush();
  assert.equal(sent, 0);
});
