/** What the memory backbone does beyond the contract, which tests/contract/backbone_test.ts checks. */
import assert from "node:assert/strict";
import { BackboneError, type LinkState } from "../../cluster/backbone.ts";
import { type Interpose, memoryBackbone, MemoryCluster } from "../../cluster/memory_backbone.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (payload: Uint8Array) => new TextDecoder().decode(payload);
const never = new AbortController().signal;

const unavailable = (error: unknown) =>
  error instanceof BackboneError && error.kind === "unavailable";

Deno.test("while the server is away everything is unavailable, and is as before when it is back", async () => {
  const memory = new MemoryCluster();
  const end = memory.open();
  await end.table("jobs").create("a", bytes("1"));
  const states: LinkState[] = [];
  end.link.onChange((state) => states.push(state));
  memory.away = true;
  const tries = [
    () => end.table("jobs").get("a"),
    () => end.table("jobs").create("b", bytes("2")),
    () => end.table("jobs").watch(() => {}),
    () => end.logs.append("log", bytes("1"), 0),
    () => end.queue.push("lane", bytes("1")),
    () => end.queue.waiting("lane"),
    () => end.blobs.put(bytes("1")),
  ];
  for (const attempt of tries) await assert.rejects(attempt(), unavailable);
  assert.equal(memory.open().link.state, "away", "also for those that come");
  memory.away = false;
  assert.deepEqual(states, ["away", "connected"]);
  assert.deepEqual(await end.table("jobs").keys(), ["a"]);
  assert.equal(await end.logs.last("log"), 0);
});

Deno.test("one end can be cut off, and catches up: with the latest of a table, with all of a log", async () => {
  const memory = new MemoryCluster();
  const [cut, other] = [memory.open(), memory.open()];
  const changes: string[] = [];
  const entries: string[] = [];
  const messages: string[] = [];
  await cut.table("jobs").watch(({ key, value }) => changes.push(`${key}=${value && text(value)}`));
  await cut.logs.follow("log", ({ payload }) => entries.push(text(payload)));
  cut.bus.subscribe("news", (payload) => messages.push(text(payload)));
  cut.away = true;
  let revision = (await other.table("jobs").create("a", bytes("0")))!;
  for (let count = 1; count <= 3; count++) {
    revision = (await other.table("jobs").update("a", bytes(`${count}`), revision))!;
    await other.logs.append("log", bytes(`${count}`), count - 1);
    other.bus.publish("news", bytes(`${count}`));
  }
  await other.table("jobs").create("b", bytes("0"));
  assert.deepEqual([changes.length, entries.length], [0, 0]);
  cut.away = false;
  await cut.table("jobs").get("a");
  assert.equal(changes.join(), "a=3,b=0");
  assert.equal(entries.join(), "1,2,3");
  assert.equal(messages.join(), "", "messages are lost");
});

Deno.test("a pull outlasts an outage, and ends by its patience in one", async () => {
  const memory = new MemoryCluster();
  const end = memory.open();
  memory.away = true;
  assert.equal(await end.queue.pull(["lane"], { signal: never, patience: 20 }), undefined);
  const pulled = end.queue.pull(["lane"], { signal: never, patience: 30_000 });
  memory.away = false;
  await end.queue.push("lane", bytes("hint"));
  assert.equal(text((await pulled)!.payload), "hint");
});

Deno.test("lost hints are gone, also those that somebody has", async () => {
  const memory = new MemoryCluster({ redeliverAfter: 10 });
  const end = memory.open();
  await end.queue.push("lane", bytes("1"));
  await end.queue.push("lane", bytes("2"));
  const hint = await end.queue.pull(["lane"], { signal: never, patience: 0 });
  memory.loseHints();
  hint!.giveBack();
  assert.equal(await end.queue.pull(["lane"], { signal: never, patience: 50 }), undefined);
});

Deno.test("what stands between an end and the memory sees every operation by name", async () => {
  const memory = new MemoryCluster();
  const operations: string[] = [];
  // deno-lint-ignore require-await -- a failure must be a rejection
  const interpose: Interpose = async (operation, carryOut) => {
    operations.push(operation);
    const outcome = carryOut();
    if (operation === "jobs.create") throw new BackboneError("unavailable", "no answer");
    return outcome;
  };
  const end = memory.open({ interpose });
  await assert.rejects(end.table("jobs").create("a", bytes("1")), unavailable);
  assert.deepEqual(await end.table("jobs").keys(), ["a"], "it was carried out nevertheless");
  await end.queue.push("lane", bytes("1"));
  const hint = await end.queue.pull(["lane"], { signal: never, patience: 0 });
  hint!.working();
  await hint!.done();
  await end.logs.read("log");
  await end.blobs.get(await end.blobs.put(bytes("1")));
  assert.deepEqual(operations, [
    "jobs.create",
    "jobs.keys",
    "queue.push",
    "queue.pull",
    "queue.working",
    "queue.done",
    "logs.read",
    "blobs.put",
    "blobs.get",
  ]);
});

Deno.test("a process that shares the memory with nobody has a backbone too", async () => {
  await using backbone = memoryBackbone();
  await backbone.table("runs").create("a", bytes("1"));
  assert.equal(text((await backbone.table("runs").get("a"))!.value), "1");
});
