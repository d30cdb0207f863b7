/** What the backbone over a port does beyond the contract, which tests/contract/backbone_test.ts checks. */
import assert from "node:assert/strict";
import { type Backbone, BackboneError, type LinkState } from "../../cluster/backbone.ts";
import { MemoryCluster } from "../../cluster/memory_backbone.ts";
import { attachBackbone, portBackbone } from "../../cluster/port_backbone.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (payload: Uint8Array) => new TextDecoder().decode(payload);
const never = new AbortController().signal;

const unexpected = (error: unknown) => {
  throw error;
};

/** An owner with a thread beyond a port. */
interface Bench {
  readonly memory: MemoryCluster;
  readonly owner: Backbone;
  readonly thread: Backbone;
  /** As when the thread has ended. */
  detach(): void;
  /** Resolves when the link of the thread is in this state. */
  linkIs(state: LinkState): Promise<void>;
}

async function withThread(check: (bench: Bench) => Promise<void>): Promise<void> {
  const memory = new MemoryCluster();
  const owner = memory.open();
  const { port1, port2 } = new MessageChannel();
  const thread = portBackbone(port2, unexpected);
  const detach = attachBackbone(owner, port1);
  const linkIs = (state: LinkState) =>
    new Promise<void>((resolve) => {
      if (thread.link.state === state) return resolve();
      const subscription = thread.link.onChange((changed) => {
        if (changed !== state) return;
        subscription.unsubscribe();
        resolve();
      });
    });
  port1.start();
  port2.start();
  try {
    await check({ memory, owner, thread, detach, linkIs });
  } finally {
    detach();
    port1.close();
    port2.close();
  }
}

Deno.test("a thread counts as away until its owner has answered, and then as its owner", async () => {
  await withThread(async ({ memory, thread, linkIs }) => {
    assert.equal(thread.link.state, "away");
    // What is asked meanwhile waits.
    assert.deepEqual(await thread.table("jobs").keys(), []);
    assert.equal(thread.link.state, "connected");
    memory.away = true;
    await linkIs("away");
    await assert.rejects(
      thread.table("jobs").keys(),
      (error) => error instanceof BackboneError && error.kind === "unavailable",
    );
    memory.away = false;
    await linkIs("connected");
  });
});

Deno.test("hints of a thread that has ended go to others at once; so does one that was on its way", async () => {
  await withThread(async ({ owner, thread, detach }) => {
    for (const hint of ["1", "2"]) await owner.queue.push("lane", bytes(hint));
    const taken = await thread.queue.pull(["lane"], { signal: never, patience: 1_000 });
    assert.equal(text(taken!.payload), "1");
    const second = thread.queue.pull(["lane"], { signal: never, patience: 1_000 });
    const waiting = thread.queue.pull(["lane"], { signal: never, patience: 60_000 });
    await second;
    detach();
    await assert.rejects(waiting, /owner of this thread has left/);
    const again = [0, 1].map(() => owner.queue.pull(["lane"], { signal: never, patience: 1_000 }));
    const hints = (await Promise.all(again)).map((hint) => hint && text(hint.payload));
    assert.deepEqual(hints.toSorted(), ["1", "2"]);
    assert.equal(thread.link.state, "closed");
  });
});

Deno.test("a thread that closes gives back what it has, and hears nothing more", async () => {
  await withThread(async ({ owner, thread }) => {
    const heard: string[] = [];
    await thread.table("jobs").watch(({ key }) => heard.push(key));
    await thread.logs.follow("log", () => heard.push("log"));
    await owner.queue.push("lane", bytes("hint"));
    await thread.queue.pull(["lane"], { signal: never, patience: 1_000 });
    const creating = thread.table("jobs").create("a", bytes("1"));
    await thread.close();
    assert(await creating, "what was asked before is done");
    await owner.table("jobs").create("b", bytes("1"));
    await owner.logs.append("log", bytes("1"), 0);
    const hint = await owner.queue.pull(["lane"], { signal: never, patience: 1_000 });
    assert.equal(hint?.deliveries, 2);
    assert(!heard.includes("b") && !heard.includes("log"), heard.join());
  });
});

Deno.test("a pull that is ended while its hint is on the way leaves it to others", async () => {
  await withThread(async ({ owner, thread }) => {
    for (let round = 0; round < 20; round++) {
      const ending = new AbortController();
      const pulled = thread.queue.pull(["lane"], { signal: ending.signal, patience: 60_000 });
      await thread.queue.waiting("lane");
      const pushed = owner.queue.push("lane", bytes("hint"));
      ending.abort();
      await pushed;
      const mine = await pulled;
      const hint = mine ??
        await owner.queue.pull(["lane"], { signal: never, patience: 5_000 });
      assert.equal(hint && text(hint.payload), "hint");
      await hint!.done();
    }
  });
});

Deno.test("errors arrive as what they are", async () => {
  await withThread(async ({ owner, thread, linkIs }) => {
    await assert.rejects(thread.table("jobs").get("a b"), RangeError);
    const large = thread.table("jobs").create("a", new Uint8Array(600_000));
    await assert.rejects(
      large,
      (error) => error instanceof BackboneError && error.kind === "too-large",
    );
    await owner.close();
    await linkIs("closed");
    const refused = thread.blobs.get("0");
    await assert.rejects(
      refused,
      (error) => error instanceof BackboneError && error.kind === "refused",
    );
  });
});

Deno.test("a view of a large buffer is sent without the buffer", async () => {
  const owner = new MemoryCluster().open();
  const posted: unknown[] = [];
  const { port1, port2 } = new MessageChannel();
  const detach = attachBackbone(owner, port1);
  const thread = portBackbone({
    postMessage(message: unknown) {
      posted.push(message);
      port2.postMessage(message);
    },
    addEventListener: port2.addEventListener.bind(port2),
    removeEventListener: port2.removeEventListener.bind(port2),
  }, unexpected);
  port1.start();
  port2.start();
  await thread.blobs.put(new Uint8Array(1 << 20).subarray(7, 10));
  const buffers = JSON.stringify(
    posted,
    (_, value) => value instanceof Uint8Array ? value.buffer.byteLength : value,
  );
  assert.match(buffers, /"rest":\[3\]/);
  detach();
  port1.close();
  port2.close();
});
