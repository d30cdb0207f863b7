import assert from "node:assert/strict";
import { BackboneError } from "../../../cluster/backbone.ts";
import { foldJobLog, JobLogFold } from "../../../cluster/jobs/fold.ts";
import { canonicalBytes } from "../../../cluster/jobs/identity.ts";

const began = (epoch: number, after = { epoch: 0, seq: 0 }, step = 0) => ({
  epoch,
  seq: 0,
  began: { worker: `w${epoch}`, step, after },
});
const events = (epoch: number, seq: number, ...lines: unknown[]) => ({
  epoch,
  seq,
  events: lines,
  thinned: 0,
});
const entries = (...contents: object[]) =>
  contents.map((content, index) => ({
    position: 10 * index + 1,
    payload: canonicalBytes(content),
  }));

Deno.test("an undisturbed log is its events", () => {
  const log = foldJobLog(entries(began(1), events(1, 1, "a", "b"), events(1, 2, "c")));
  assert.deepEqual(log, { events: ["a", "b", "c"], superseded: 0, thinned: 0, epoch: 1 });
  assert.deepEqual(foldJobLog([]).events, []);
});

Deno.test("events beyond the checkpoint from which the next attempt went on are superseded", () => {
  const log = foldJobLog(entries(
    began(1),
    events(1, 1, 1, 2),
    events(1, 2, 3, 4),
    began(2, { epoch: 1, seq: 1 }, 2),
    events(2, 1, 3),
    events(2, 2, 4, 5),
  ));
  assert.deepEqual(log, { events: [1, 2, 3, 4, 5], superseded: 2, thinned: 0, epoch: 2 });
});

Deno.test("an attempt that goes on from none starts the log anew", () => {
  const log = foldJobLog(entries(began(1), events(1, 1, 1), began(2), events(2, 1, 1, 2)));
  assert.deepEqual([log.events, log.superseded], [[1, 2], 1]);
});

Deno.test("a chain of attempts is followed, also back over one that kept nothing", () => {
  const log = foldJobLog(entries(
    began(1),
    events(1, 1, 1),
    events(1, 2, 2),
    began(2, { epoch: 1, seq: 1 }, 1),
    events(2, 1, "2 in vain"),
    began(3, { epoch: 1, seq: 1 }, 1),
    events(3, 1, 2),
    events(3, 2, "3 in vain"),
    began(5, { epoch: 3, seq: 1 }, 2),
    events(5, 1, 3),
  ));
  assert.deepEqual(log.events, [1, 2, 3]);
  assert.equal(log.superseded, 3);
});

Deno.test("what an attempt writes after a later one has begun does not count", () => {
  const log = foldJobLog(entries(
    began(1),
    events(1, 1, 1),
    began(2, { epoch: 1, seq: 1 }, 1),
    events(1, 2, "zombie"),
    events(2, 1, 2),
    events(2, 1, "again"),
  ));
  assert.deepEqual([log.events, log.superseded], [[1, 2], 2]);
});

Deno.test("when the result is an earlier attempt's, the later ones were in vain", () => {
  const log = entries(
    began(1),
    events(1, 1, 1),
    events(1, 2, 2),
    began(2, { epoch: 1, seq: 1 }, 1),
    events(2, 1, 2),
  );
  assert.deepEqual(foldJobLog(log, 1).events, [1, 2]);
  assert.equal(foldJobLog(log, 1).epoch, 1);
});

Deno.test("positions may be given out anew by a server that has lost the end of a log", () => {
  // Attempt 1 had kept a checkpoint at its entry 2; entries 2 and 3 are lost.
  const log = foldJobLog(entries(
    began(1),
    events(1, 1, 1),
    began(2, { epoch: 1, seq: 2 }, 2),
    events(2, 1, 3),
    began(3, { epoch: 1, seq: 2 }, 2),
    events(3, 1, 3),
  ));
  assert.deepEqual(log.events, [1, 3], "what is lost is missing, and nothing is there twice");
});

Deno.test("thinned events are counted", () => {
  const thinned = { ...events(1, 1, "a"), thinned: 7 };
  assert.equal(foldJobLog(entries(began(1), thinned, events(1, 2, "b"))).thinned, 7);
});

Deno.test("a log that grows is folded entry by entry, and tells when to draw anew", () => {
  const fold = new JobLogFold();
  const anew = entries(
    began(1),
    events(1, 1, 1),
    began(2, { epoch: 1, seq: 1 }),
    began(3),
  ).map((entry) => fold.add(entry));
  assert.deepEqual(anew, [false, false, false, true]);
  assert.deepEqual(fold.log.events, []);
});

Deno.test("what is no entry is said to be none", () => {
  for (const wrong of [{ epoch: 0, seq: 0 }, { ...began(1), events: [] }, []]) {
    assert.throws(
      () => foldJobLog(entries(wrong)),
      (error) => error instanceof BackboneError && error.kind === "damaged",
    );
  }
});
