import assert from "node:assert/strict";
import type { PreparedEntry } from "../../../cluster/jobs/job_log.ts";
import { type Delivery, Outbox } from "../../../cluster/jobs/outbox.ts";

/** A ledger that takes what it is given only when it is let. */
class Ledger implements Delivery {
  readonly taken: unknown[] = [];
  #gate = Promise.withResolvers<void>();

  open(): void {
    this.#gate.resolve();
  }

  fail(error: Error): void {
    this.#gate.reject(error);
  }

  async entry({ seq, payload }: PreparedEntry): Promise<void> {
    await this.#gate.promise;
    const { events, thinned } = JSON.parse(new TextDecoder().decode(payload));
    this.taken.push(thinned ? { seq, events, thinned } : { seq, events });
  }

  async checkpoint({ step }: { readonly step: number }, seq: number): Promise<void> {
    await this.#gate.promise;
    this.taken.push({ step, seq });
  }
}

const checkpoint = (step: number) => ({ step, bytes: Uint8Array.of(step) });
const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `${from + index}`);

function box(room?: number) {
  const ledger = new Ledger();
  const failures: unknown[] = [];
  return { ledger, failures, outbox: new Outbox(1, ledger, (error) => failures.push(error), room) };
}

Deno.test("what is said arrives in order; events that waited come in one entry", async () => {
  const { ledger, outbox } = box();
  outbox.addEvents(["1"]);
  outbox.addEvents(["2", "3"]);
  outbox.addEvents(["4"]);
  outbox.addCheckpoint(checkpoint(4));
  outbox.addEvents(["5"]);
  ledger.open();
  await outbox.settled();
  assert.deepEqual(ledger.taken, [
    { seq: 1, events: [1] },
    { seq: 2, events: [2, 3, 4] },
    { step: 4, seq: 2 },
    { seq: 3, events: [5] },
  ]);
  outbox.addEvents(["6"]);
  await outbox.settled();
  assert.deepEqual(ledger.taken.at(-1), { seq: 4, events: [6] });
});

Deno.test("a checkpoint that still waits gives way to the next, the one on its way does not", async () => {
  const { ledger, outbox } = box();
  for (const step of [1, 2, 3]) {
    outbox.addCheckpoint(checkpoint(step));
    outbox.addEvents([`${step}`]);
  }
  ledger.open();
  await outbox.settled();
  assert.deepEqual(ledger.taken, [
    { step: 1, seq: 0 },
    { seq: 1, events: [1, 2] },
    { step: 3, seq: 1 },
    { seq: 2, events: [3] },
  ]);
});

Deno.test("entries stay small; an event is never torn", async () => {
  const { ledger, outbox } = box();
  const large = JSON.stringify("x".repeat(100_000));
  const huge = JSON.stringify("y".repeat(300_000));
  outbox.addEvents([large, large, large, huge, "1", "2"]);
  ledger.open();
  await outbox.settled();
  const lengths = ledger.taken.map((entry) =>
    (entry as { events: (string | number)[] }).events.map((event) => `${event}`.length)
  );
  assert.deepEqual(lengths, [[100_000], [100_000], [100_000], [300_000], [1, 1]]);
});

Deno.test("when the events take too much room every second one goes, and that is said", async () => {
  const { ledger, outbox } = box(1_000);
  outbox.addEvents(["0"]);
  for (let number = 1; number <= 5_000; number++) outbox.addEvents([`${number}`]);
  ledger.open();
  await outbox.settled();
  const events = ledger.taken.flatMap((entry) => (entry as { events: number[] }).events);
  const thinned = ledger.taken.reduce<number>(
    (sum, entry) => sum + ((entry as { thinned?: number }).thinned ?? 0),
    0,
  );
  assert.equal(events.length + thinned, 5_001, "each is there or counted as dropped");
  assert(events.length > 100 && events.length < 400, `${events.length} events`);
  assert.deepEqual(events, events.toSorted((a, b) => a - b));
  assert.equal(events.at(-1), 5_000);
});

Deno.test("what waits can be taken out, once, the entry on its way included, under its own number", async () => {
  const { ledger, outbox } = box();
  outbox.addEvents(["1"]);
  outbox.addEvents(numbers(2, 3));
  outbox.addCheckpoint(checkpoint(3));
  outbox.addEvents(["4"]);
  const sealed = outbox.seal();
  assert.deepEqual(sealed.map(({ seq }) => seq), [1, 2, 3]);
  assert.deepEqual(
    sealed.flatMap(({ payload }) => JSON.parse(new TextDecoder().decode(payload)).events),
    [1, 2, 3, 4],
  );
  assert.deepEqual(outbox.seal(), []);
  ledger.open();
  await outbox.settled();
  assert.deepEqual(ledger.taken, [{ seq: 1, events: [1] }], "only what was on its way");
});

Deno.test("a failure ends the delivery, is told to all who wait, and loses nothing that can be taken out", async () => {
  const { ledger, failures, outbox } = box();
  outbox.addEvents(["1"]);
  outbox.addEvents(["2"]);
  const waiting = assert.rejects(outbox.settled(), /refused/);
  ledger.fail(new Error("refused"));
  await waiting;
  await assert.rejects(outbox.settled(), /refused/);
  assert.deepEqual(failures.map(String), ["Error: refused"]);
  outbox.addEvents(["3"]);
  assert.deepEqual(outbox.seal().map(({ seq }) => seq), [1, 2]);
});
