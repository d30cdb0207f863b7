import assert from "node:assert/strict";
import { BackboneError } from "../../cluster/backbone.ts";
import { retrying } from "../../cluster/retry.ts";
import { systemTimers, type Timers } from "../../cluster/timers.ts";

/** Timers that remember how long was slept, and sleep no time at all. */
function instantly(): Timers & { readonly slept: number[] } {
  const slept: number[] = [];
  return {
    slept,
    now: () => slept.reduce((sum, time) => sum + time, 0),
    sleep(duration, signal) {
      slept.push(duration);
      return signal?.aborted ? Promise.reject(signal.reason) : Promise.resolve();
    },
  };
}

const away = () => new BackboneError("unavailable", "the server is away");

/** Fails `times` times, then succeeds. */
function succeedingAfter(times: number, failure: () => Error = away) {
  let calls = 0;
  return () => ++calls > times ? Promise.resolve(calls) : Promise.reject(failure());
}

Deno.test("what is unavailable is tried again, with pauses that double up to the longest", async () => {
  const timers = instantly();
  assert.equal(await retrying(succeedingAfter(6), { timers, first: 100, longest: 1_000 }), 7);
  assert.deepEqual(timers.slept, [100, 200, 400, 800, 1_000, 1_000]);
});

Deno.test("every failure that is followed by another try is told", async () => {
  const told: string[] = [];
  const onTrouble = (error: BackboneError) => told.push(error.message);
  await retrying(succeedingAfter(2), { timers: instantly(), onTrouble });
  assert.deepEqual(told, ["the server is away", "the server is away"]);
});

Deno.test("what is no use trying again is thrown at once", async () => {
  for (const error of [new BackboneError("refused", "no"), new TypeError("no")]) {
    const timers = instantly();
    await assert.rejects(retrying(succeedingAfter(1, () => error), { timers }), error);
    assert.deepEqual(timers.slept, []);
  }
  const full = () => new BackboneError("full", "no room");
  const again = ({ kind }: BackboneError) => kind === "full";
  assert.equal(await retrying(succeedingAfter(1, full), { timers: instantly(), again }), 2);
});

Deno.test("when the tries are used up, the last failure is thrown", async () => {
  const timers = instantly();
  await assert.rejects(retrying(succeedingAfter(9), { timers, tries: 3 }), /away/);
  assert.equal(timers.slept.length, 2);
});

Deno.test("a signal ends the trying, also in a pause, with its reason", async () => {
  const ending = new AbortController();
  const failing = retrying(succeedingAfter(9), { first: 60_000, signal: ending.signal });
  queueMicrotask(() => ending.abort(new Error("enough")));
  await assert.rejects(failing, /enough/);
  let called = false;
  const never = retrying(() => {
    called = true;
    return Promise.resolve();
  }, { signal: ending.signal });
  await assert.rejects(never, /enough/);
  assert.equal(called, false);
});

Deno.test("the system's timers sleep, and wake up with the signal's reason", async () => {
  const before = systemTimers.now();
  await systemTimers.sleep(5);
  assert(systemTimers.now() > before);
  const reason = new Error("enough");
  await assert.rejects(systemTimers.sleep(60_000, AbortSignal.abort(reason)), reason);
});
