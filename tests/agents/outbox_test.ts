/** The outbox: everything goes out in the order in which it was put in. */
import assert from "node:assert/strict";
import { Outbox } from "../../agents/outbox.ts";
import type { Bus } from "../../cluster/bus.ts";

function bench() {
  const sent: string[] = [];
  const bus: Bus = {
    publish: (subject, [first]) => sent.push(`${subject} ${first}`),
    subscribe: () => assert.fail("an outbox hears nothing"),
  };
  return { sent, outbox: new Outbox(bus) };
}

const bytes = (first: number) => Uint8Array.of(first);

Deno.test("what is finished goes out at once", () => {
  const { sent, outbox } = bench();
  outbox.publish("a", bytes(1));
  outbox.publish("b", bytes(2));
  assert.deepEqual(sent, ["a 1", "b 2"]);
});

Deno.test("what comes after something unfinished waits for it", async () => {
  const { sent, outbox } = bench();
  const [first, second] = [
    Promise.withResolvers<Uint8Array>(),
    Promise.withResolvers<Uint8Array>(),
  ];
  outbox.publish("a", bytes(1));
  outbox.publishLater("b", first.promise);
  outbox.publish("a", bytes(3));
  outbox.publishLater("b", second.promise);
  outbox.publish("a", bytes(5));
  second.resolve(bytes(4));
  await second.promise;
  assert.deepEqual([sent, outbox.waiting], [["a 1"], 4]);
  first.resolve(bytes(2));
  await outbox.empty;
  assert.deepEqual([sent, outbox.waiting], [["a 1", "b 2", "a 3", "b 4", "a 5"], 0]);
  outbox.publish("a", bytes(6));
  assert.equal(sent.at(-1), "a 6");
});

Deno.test("a payload that cannot be finished keeps back all behind it, and its reason is told", async () => {
  const { sent, outbox } = bench();
  outbox.publishLater("a", Promise.reject(new Error("no weights")));
  outbox.publish("b", bytes(2));
  await assert.rejects(outbox.empty, /no weights/);
  outbox.publish("b", bytes(3));
  await assert.rejects(outbox.empty, /no weights/);
  assert.deepEqual(sent, []);
});
