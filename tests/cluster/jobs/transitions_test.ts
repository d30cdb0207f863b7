import assert from "node:assert/strict";
import type { AttemptEnd, JobState } from "../../../cluster/jobs/records.ts";
import {
  defaultLimits,
  type JobEvent,
  newJob,
  transition,
} from "../../../cluster/jobs/transitions.ts";

const by = { worker: "ann", epoch: 1 };
const pointer = (step: number, epoch = 1) => ({
  digest: `${step}`.padStart(64, "0"),
  step,
  epoch,
  seq: step,
});

/** The state after all these events, none of which may be refused. */
function after(state: JobState, ...events: JobEvent[]): JobState {
  return events.reduce((last, event) => {
    const outcome = transition(last, event);
    assert("next" in outcome, `${event.type} was refused: ${JSON.stringify(outcome)}`);
    return outcome.next;
  }, state);
}

const refusal = (state: JobState, event: JobEvent) => {
  const outcome = transition(state, event);
  return "refused" in outcome ? outcome.refused : `accepted: ${outcome.next.state}`;
};

const queued = newJob("p5-0");
const claim = (worker = "ann"): JobEvent => ({ type: "claim", worker });
const end = (how: AttemptEnd, attempt = by): JobEvent => ({
  type: "end",
  by: attempt,
  end: how,
  message: `it was ${how}`,
});
const running = after(queued, claim());

/** The job after attempts that all ended like this, each begun anew. */
function ended(...ends: AttemptEnd[]): JobState {
  return ends.reduce((state, how) => {
    const next = after(state, claim());
    return after(next, end(how, { worker: "ann", epoch: next.epoch }));
  }, queued);
}

Deno.test("a claim makes a queued job the claimer's, one epoch on, and nothing else can be claimed", () => {
  assert.deepEqual([running.state, running.epoch, running.holder], [
    "running",
    1,
    { worker: "ann", beat: 0, step: 0, steps: 0 },
  ]);
  const others = {
    held: running,
    paused: after(queued, { type: "pause" }),
    cancelled: after(queued, { type: "cancel" }),
    done: after(running, { type: "finish" }),
    failed: ended("exception", "exception", "exception"),
  };
  for (const [reason, state] of Object.entries(others)) {
    assert.equal(refusal(state, claim("bob")), reason);
  }
});

Deno.test("only the holder at its own epoch may show life, keep, and end", () => {
  const events = (attempt: typeof by): JobEvent[] => [
    { type: "beat", by: attempt, beat: 1, step: 1, steps: 2 },
    { type: "keep", by: attempt, pointer: pointer(1) },
    end("exception", attempt),
  ];
  const strangers = [{ worker: "bob", epoch: 1 }, { worker: "ann", epoch: 2 }];
  for (const event of strangers.flatMap(events)) assert.equal(refusal(running, event), "lost");
  for (const event of events(by)) {
    assert.equal(refusal(after(running, { type: "finish" }), event), "lost");
  }
  // The same worker may have the job again: its older attempt has lost it nevertheless.
  const again = after(running, end("lost"), claim());
  assert.equal(again.holder?.worker, "ann");
  for (const event of events(by)) assert.equal(refusal(again, event), "lost");
  assert.equal(after(again, end("lost")), again, "an attempt ends once");
});

Deno.test("whatever is told twice changes nothing the second time", () => {
  const events: [JobState, JobEvent][] = [
    [running, { type: "beat", by, beat: 1, step: 1, steps: 2 }],
    [running, { type: "keep", by, pointer: pointer(1) }],
    [running, end("exception")],
    [running, end("handed-over")],
    [running, { type: "finish" }],
    [running, { type: "pause" }],
    [running, { type: "cancel" }],
    [queued, { type: "pause" }],
    [queued, { type: "cancel" }],
    [after(queued, { type: "pause" }), { type: "release" }],
    [after(running, { type: "finish" }), { type: "reopen" }],
  ];
  for (const [state, event] of events) {
    const once = after(state, event);
    assert.notEqual(once, state, event.type);
    assert.equal(after(once, event), once, event.type);
  }
});

Deno.test("a late sign of life does not turn the holder back", () => {
  const beat = (count: number): JobEvent => ({
    type: "beat",
    by,
    beat: count,
    step: count,
    steps: 9,
  });
  assert.equal(after(running, beat(3), beat(2)).holder?.step, 3);
});

Deno.test("the last two checkpoints are pointed to; one that had to be made again replaces the damaged", () => {
  const keep = (step: number): JobEvent => ({ type: "keep", by, pointer: pointer(step) });
  const steps = (state: JobState) => state.checkpoints.map(({ step }) => step);
  assert.deepEqual(steps(after(running, keep(1), keep(2), keep(3))), [3, 2]);
  const damaged = after(running, keep(2), keep(4));
  const again = { ...pointer(3), digest: "f".repeat(64) };
  assert.deepEqual(steps(after(damaged, { type: "keep", by, pointer: again })), [3, 2]);
});

Deno.test("a job fails after three failures of its own, or five losses, with the evidence", () => {
  for (const how of ["exception", "out-of-memory", "stalled"] as const) {
    assert.equal(ended(how, how).state, "queued");
    assert.equal(ended(how, how, how).state, "failed");
  }
  assert.equal(ended("lost", "lost", "lost", "lost").state, "queued");
  const failed = ended("lost", "exception", "lost", "exception", "lost");
  assert.equal(failed.state, "failed");
  assert.deepEqual(
    failed.attempts.map(({ epoch, worker, end, message }) => [epoch, worker, end, message]),
    [
      [1, "ann", "lost", "it was lost"],
      [2, "ann", "exception", "it was exception"],
      [3, "ann", "lost", "it was lost"],
      [4, "ann", "exception", "it was exception"],
      [5, "ann", "lost", "it was lost"],
    ],
  );
});

Deno.test("a job that gets further between its losses never fails", () => {
  let state = queued;
  for (let round = 1; round <= 50; round++) {
    state = after(state, claim());
    const attempt = { worker: "ann", epoch: state.epoch };
    state = after(
      state,
      { type: "keep", by: attempt, pointer: pointer(round, state.epoch) },
      end("lost", attempt),
    );
    assert.equal(state.state, "queued", `after loss ${round}`);
  }
  assert.equal(state.attempts.length, 10, "the record stays small");
  assert.equal(state.failures, 1);
});

Deno.test("a checkpoint that is no further is no progress", () => {
  let state = after(queued, claim(), { type: "keep", by, pointer: pointer(3) }, end("exception"));
  for (const epoch of [2, 3]) {
    const attempt = { worker: "ann", epoch };
    const same = { ...pointer(3, epoch), digest: `${epoch}`.repeat(64) };
    state = after(
      state,
      claim(),
      { type: "keep", by: attempt, pointer: same },
      end("exception", attempt),
    );
  }
  assert.equal(state.state, "failed");
});

Deno.test("handing over is no failure, however often, and leaves the evidence of failures", () => {
  const handed = Array.from({ length: 30 }, () => "handed-over" as const);
  const state = ended("exception", ...handed);
  assert.deepEqual([state.state, state.failures], ["queued", 1]);
  assert.equal(state.attempts[0].end, "exception");
  assert.equal(ended("exception", "exception", ...handed, "exception").state, "failed");
});

Deno.test("what a person wants of a running job comes true when its attempt ends, however that is", () => {
  for (const how of ["handed-over", "lost", "exception"] as const) {
    const paused = after(running, { type: "pause" }, end(how));
    assert.deepEqual([paused.state, paused.wanted, paused.holder], ["paused", "run", undefined]);
    assert.equal(after(running, { type: "cancel" }, end(how)).state, "cancelled");
    assert.equal(after(running, { type: "pause" }, { type: "release" }, end(how)).state, "queued");
  }
  assert.equal(after(running, { type: "cancel" }, { type: "pause" }).wanted, "cancel");
  assert.equal(after(running, { type: "pause" }, { type: "finish" }).state, "done");
});

Deno.test("release makes paused, failed and cancelled jobs go on, their failures forgotten", () => {
  const failed = ended("exception", "exception", "exception");
  for (
    const state of [failed, after(queued, { type: "pause" }), after(queued, { type: "cancel" })]
  ) {
    const released = after(state, { type: "release" });
    assert.deepEqual([released.state, released.failures], ["queued", 0]);
  }
  // It has all its tries again.
  let state = after(failed, { type: "release" });
  for (const epoch of [4, 5]) {
    state = after(state, claim(), end("exception", { worker: "ann", epoch }));
    assert.equal(state.state, "queued");
  }
  assert.equal(
    after(state, claim(), end("exception", { worker: "ann", epoch: 6 })).state,
    "failed",
  );
  const done = after(running, { type: "finish" });
  for (const type of ["pause", "cancel", "release"] as const) {
    assert.equal(after(done, { type }), done);
  }
});

Deno.test("the limits are those that were given", () => {
  const limits = { ...defaultLimits, crashes: 1 };
  const outcome = transition(running, end("stalled"), limits);
  assert("next" in outcome && outcome.next.state === "failed");
});
