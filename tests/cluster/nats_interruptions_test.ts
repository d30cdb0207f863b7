/** The backbone over a nats-server that dies, freezes, falls silent, and comes back with less. */
import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { connect as connectClient } from "@nats-io/transport-node";
import { BackboneError, type Change, type LogEntry } from "../../cluster/backbone.ts";
import { Log } from "../../cluster/log.ts";
import { NatsBackbone, type NatsOptions } from "../../cluster/nats/backbone.ts";
import type { StoreLoss } from "../../cluster/nats/declaration.ts";
import { planOf } from "../../cluster/nats/plan.ts";
import { retrying } from "../../cluster/retry.ts";
import { eventually } from "../support/eventually.ts";
import { TestServer } from "../support/nats_server.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (payload: Uint8Array) => new TextDecoder().decode(payload);
const never = new AbortController().signal;
const plan = planOf({ prefix: "test", storage: 256 * 2 ** 20, ackWait: 1_000 });

function connect(servers: string, options: Partial<NatsOptions> = {}): Promise<NatsBackbone> {
  return NatsBackbone.connect({ servers, name: "test", plan, ...options });
}

/** A table as its watcher has been told. */
async function viewOf(backbone: NatsBackbone): Promise<Map<string, Change>> {
  const view = new Map<string, Change>();
  await backbone.table("jobs").watch((change) => {
    if (change.value) view.set(change.key, change);
    else view.delete(change.key);
  });
  return view;
}

const values = (view: ReadonlyMap<string, Change>) =>
  Object.fromEntries([...view.values()].map(({ key, value }) => [key, text(value!)]));

Deno.test("a killed server is noticed, waited for, and found again with all that it acknowledged", async () => {
  await using server = await TestServer.start();
  await using backbone = await connect(server.url);
  const states: string[] = [];
  backbone.link.onChange((state) => states.push(state));
  const view = await viewOf(backbone);
  const followed: string[] = [];
  await backbone.logs.follow("job.1", ({ payload }) => followed.push(text(payload)));
  const news: string[] = [];
  backbone.bus.subscribe("news", (payload) => news.push(text(payload)));

  const revision = (await backbone.table("jobs").create("a", bytes("1")))!;
  const position = (await backbone.logs.append("job.1", bytes("one"), 0))!;
  await backbone.queue.push("lane", bytes("hint"));
  const digest = await backbone.blobs.put(new Uint8Array(1_000_000).fill(7));
  const waiting = backbone.queue.pull(["empty lane"], { signal: never, patience: 60_000 });

  await server.kill();
  await eventually("the loss is noticed", () => backbone.link.state === "away");
  // What must be answered fails in a bounded time, by name; what may be lost is lost.
  await assert.rejects(backbone.table("jobs").get("a"), (error) => {
    return error instanceof BackboneError && error.kind === "unavailable";
  });
  backbone.bus.publish("news", bytes("lost"));
  // What is asked shortly before the server is back waits for it.
  const asked = backbone.table("jobs").get("a");
  await server.restart();
  assert.equal(text((await asked)!.value), "1");
  assert.equal(backbone.link.state, "connected");

  assert.equal(await backbone.table("jobs").create("a", bytes("x")), undefined);
  assert(await backbone.table("jobs").update("a", bytes("2"), revision));
  assert(await backbone.logs.append("job.1", bytes("two"), position));
  const hint = (await backbone.queue.pull(["lane"], { signal: never, patience: 10_000 }))!;
  assert.equal(text(hint.payload), "hint");
  await hint.done();
  assert.equal((await backbone.blobs.get(digest))?.length, 1_000_000);
  await backbone.queue.push("empty lane", bytes("late"));
  assert.equal(text((await waiting)!.payload), "late");
  await eventually("the watcher, the follower and the subscriber go on", () => {
    backbone.bus.publish("news", bytes("heard"));
    return values(view).a === "2" && followed.length === 2 && news.length > 0;
  });
  assert.deepEqual(followed, ["one", "two"]);
  assert(!news.includes("lost"));
  assert.deepEqual(states, ["away", "connected"]);
});

Deno.test("nothing that was acknowledged is lost or doubled while the server is killed again and again", async () => {
  await using server = await TestServer.start();
  await using backbone = await connect(server.url);
  const followed: LogEntry[] = [];
  await backbone.logs.follow("job.1", (entry) => followed.push(entry));
  const view = await viewOf(backbone);
  let writing = true;
  /** Appends as the holder of a job does: after a failure it looks where the log ends. */
  const write = async () => {
    let last = 0;
    for (let i = 0; writing; i++) {
      const entry = bytes(String(i));
      last = await retrying(async () => {
        const position = await backbone.logs.append("job.1", entry, last);
        if (position !== undefined) return position;
        // An attempt whose answer was lost had got through.
        const [own] = await backbone.logs.read("job.1", last);
        assert.equal(text(own.payload), String(i), "nobody else writes this log");
        return own.position;
      });
      await retrying(async () => {
        const entry = await backbone.table("jobs").get("count");
        const value = bytes(String(i));
        await (entry
          ? backbone.table("jobs").update("count", value, entry.revision)
          : backbone.table("jobs").create("count", value));
      });
    }
    return last;
  };
  const done = write();
  for (let round = 0; round < 3; round++) {
    await new Promise((resolve) => setTimeout(resolve, 400));
    await server.kill();
    await server.restart();
  }
  const seen = followed.length;
  await eventually("it goes on", () => followed.length > seen + 20);
  writing = false;
  const last = await done;
  await eventually("all of it is followed", () => followed.at(-1)?.position === last);
  const kept = await backbone.logs.read("job.1");
  assert.deepEqual(kept.map(({ payload }) => text(payload)), kept.map((_, i) => String(i)));
  assert.deepEqual(followed, kept);
  await eventually("the watcher is up to date", async () => {
    const entry = await backbone.table("jobs").get("count");
    return values(view).count === text(entry!.value);
  });
});

Deno.test("a line that has fallen silent is given up, and another one is made", async () => {
  await using server = await TestServer.start();
  await using proxy = TcpProxy.to(server.port);
  await using backbone = await connect(`nats://127.0.0.1:${proxy.port}`);
  await using other = await connect(server.url);
  const view = await viewOf(backbone);
  proxy.silence();
  await assert.rejects(backbone.table("jobs").create("a", bytes("1")), (error) => {
    return error instanceof BackboneError && error.kind === "unavailable";
  });
  await eventually("the silence is noticed", () => backbone.link.state === "away");
  await other.table("jobs").create("b", bytes("2"));
  proxy.restore();
  await eventually("the line is there again", () => backbone.link.state === "connected");
  await eventually("what happened meanwhile is told", () => values(view).b === "2");
  assert(await backbone.table("jobs").create("c", bytes("3")));
});

Deno.test("a frozen server is away until it thaws", async () => {
  await using server = await TestServer.start();
  await using backbone = await connect(server.url);
  server.freeze();
  try {
    await eventually("the silence is noticed", () => backbone.link.state === "away");
  } finally {
    server.thaw();
  }
  await eventually("it is there again", () => backbone.link.state === "connected");
  assert(await backbone.table("jobs").create("a", bytes("1")));
});

Deno.test("a server that comes back empty is set up again, and that is said", async () => {
  await using server = await TestServer.start();
  await using backbone = await connect(server.url);
  const losses: StoreLoss[] = [];
  backbone.onLoss((loss) => losses.push(loss));
  const view = await viewOf(backbone);
  const followed: string[] = [];
  await backbone.logs.follow("job.1", ({ payload }) => followed.push(text(payload)));
  for (const key of ["a", "b"]) await backbone.table("jobs").create(key, bytes("old"));
  const first = (await backbone.logs.append("job.1", bytes("old 1"), 0))!;
  await backbone.logs.append("job.1", bytes("old 2"), first);
  await backbone.queue.push("lane", bytes("old"));
  const waiting = backbone.queue.pull(["another lane"], { signal: never, patience: 60_000 });
  await eventually("the watcher has both", () => view.size === 2 && followed.length === 2);

  await server.kill();
  await eventually("the loss is noticed", () => backbone.link.state === "away");
  await Deno.remove(server.store, { recursive: true });
  await server.restart();
  await eventually("it is there again", () => backbone.link.state === "connected");
  const lost = losses.filter(({ kind }) => kind === "emptied").map(({ stream }) => stream);
  assert.deepEqual(lost.toSorted(), ["KV_test_jobs", "test_logs", "test_queue"]);
  await eventually("the watcher hears that all has gone", () => view.size === 0);
  // The same revisions and positions as before, with other contents.
  await backbone.table("jobs").create("b", bytes("new"));
  const again = (await backbone.logs.append("job.1", bytes("new 1"), 0))!;
  await backbone.logs.append("job.1", bytes("new 2"), again);
  await backbone.queue.push("another lane", bytes("new"));
  assert.equal(text((await waiting)!.payload), "new");
  await eventually("what is new is told", () => values(view).b === "new" && followed.length === 4);
  assert.deepEqual(followed, ["old 1", "old 2", "new 1", "new 2"]);
});

for (const count of [3, 2]) {
  const behaviour = `other contents under the same revisions and positions are noticed: ${count}`;
  Deno.test(`${behaviour} in the place of 3`, async () => {
    await using server = await TestServer.start();
    await using proxy = TcpProxy.to(server.port);
    await using backbone = await connect(`nats://127.0.0.1:${proxy.port}`);
    const view = await viewOf(backbone);
    const followed: string[] = [];
    await backbone.logs.follow("job.1", ({ payload }) => followed.push(text(payload)));
    const write = async (by: NatsBackbone, contents: readonly string[]) => {
      let last = 0;
      for (const content of contents) {
        last = (await by.logs.append("job.1", bytes(content), last))!;
      }
      return await by.table("jobs").create("a", bytes(contents[0]));
    };
    const before = ["old 1", "old 2", "old 3"];
    const revision = await write(backbone, before);
    await eventually("the old ones", () => values(view).a === "old 1" && followed.length === 3);
    proxy.silence();
    await server.kill();
    await Deno.remove(server.store, { recursive: true });
    await server.restart();
    const after = ["new 1", "new 2", "new 3"].slice(0, count);
    {
      await using other = await connect(server.url);
      assert.equal(await write(other, after), revision);
    }
    proxy.restore();
    const all = before.length + after.length;
    await eventually("the new ones", () => values(view).a === "new 1" && followed.length === all);
    assert.deepEqual(followed, [...before, ...after]);
  });
}

Deno.test("a server that comes back with an older store is believed, and that is said", async () => {
  await using server = await TestServer.start();
  await using backbone = await connect(server.url);
  await using idle = await connect(server.url, { name: "idle" });
  const losses: StoreLoss[] = [];
  backbone.onLoss((loss) => losses.push(loss));
  const views = [await viewOf(backbone), await viewOf(idle)];
  const followed: string[] = [];
  await backbone.logs.follow("job.1", ({ payload }) => followed.push(text(payload)));
  const write = async (round: string, after: number) => {
    const { table, logs } = { table: backbone.table("jobs"), logs: backbone.logs };
    const entry = await table.get("changing");
    if (entry) await table.update("changing", bytes(round), entry.revision);
    else await table.create("changing", bytes(round));
    await table.create(`of ${round}`.replace(" ", "-"), bytes(round));
    return (await logs.append("job.1", bytes(round), after))!;
  };
  const early = await write("early", 0);
  await server.stop();
  await cp(server.store, `${server.folder}/early`, { recursive: true });
  await server.restart();
  await eventually("it is there again", () => backbone.link.state === "connected");
  const late = await write("late", early);
  await write("later", late);
  await eventually("all is told", () => followed.length === 3 && views.every((v) => v.size === 4));

  await server.kill();
  await Deno.remove(server.store, { recursive: true });
  await Deno.rename(`${server.folder}/early`, server.store);
  await eventually("the loss is noticed", () => backbone.link.state === "away");
  await server.restart();
  await eventually("it is there again", () => backbone.link.state === "connected");
  const older = losses.filter(({ kind }) => kind === "older").map(({ stream }) => stream);
  assert.deepEqual(older.toSorted(), ["KV_test_jobs", "test_logs"]);
  const expected = { changing: "early", "of-early": "early" };
  await eventually(
    "the watchers see the older table",
    () =>
      views.every((view) =>
        JSON.stringify(Object.entries(values(view)).toSorted()) ===
          JSON.stringify(Object.entries(expected))
      ),
  );
  assert.equal(await backbone.logs.last("job.1"), early);
  await write("new", early);
  await eventually(
    "what is new is told",
    () => followed.length === 4 && views.every((view) => values(view).changing === "new"),
  );
  assert.deepEqual(followed, ["early", "late", "later", "new"]);
});

Deno.test("the owner brings what is declared into line, others leave it", async () => {
  await using server = await TestServer.start();
  const lines: string[] = [];
  const log = new Log({}, (_level, message) => message, (_level, line) => lines.push(line));
  await (await connect(server.url, { log })).close();
  const smaller = planOf({ prefix: "test", storage: 128 * 2 ** 20 });
  await (await connect(server.url, { log, plan: smaller, role: "worker" })).close();
  await (await connect(server.url, { log })).close();
  assert.equal(lines.length, 0, lines.join());
  await (await connect(server.url, { log, plan: smaller })).close();
  assert.equal(lines.filter((line) => line.includes("into line")).length, plan.streams.length);
  await (await connect(server.url, { log, plan: smaller })).close();
  assert.equal(lines.length, plan.streams.length);
});

Deno.test("a stream that is deleted behind our back is made again", async () => {
  await using server = await TestServer.start();
  await using backbone = await connect(server.url);
  await using admin = await connect(server.url);
  await backbone.logs.append("job.1", bytes("1"), 0);
  // The only way to a stream's deletion is the server's interface.
  await deleteStream(server.url, plan.logs.stream);
  await assert.rejects(backbone.logs.append("job.1", bytes("2"), 0), (error) => {
    return error instanceof BackboneError && error.kind === "unavailable";
  });
  const position = await retrying(() => backbone.logs.append("job.1", bytes("2"), 0));
  assert(position);
  assert.deepEqual((await admin.logs.read("job.1")).map(({ payload }) => text(payload)), ["2"]);
});

async function deleteStream(url: string, stream: string): Promise<void> {
  const client = await connectClient({ servers: url });
  await client.request(`$JS.API.STREAM.DELETE.${stream}`);
  await client.close();
}

Deno.test("frames are dropped and counted when the server is away, and nobody waits", async () => {
  await using server = await TestServer.start();
  let dropped = 0;
  const counters = {
    add: (name: string, amount = 1) => name === "frames.dropped" && (dropped += amount),
  };
  await using backbone = await connect(server.url, { counters });
  backbone.bus.publish("frames", new Uint8Array(1000));
  assert.equal(dropped, 0);
  await server.kill();
  await eventually("the loss is noticed", () => backbone.link.state === "away");
  for (let i = 0; i < 100; i++) backbone.bus.publish("frames", new Uint8Array(1000));
  assert.equal(dropped, 100);
});

Deno.test("frames that a silent line does not take are dropped, not queued without bound", async () => {
  await using server = await TestServer.start();
  await using proxy = TcpProxy.to(server.port);
  let dropped = 0;
  const counters = {
    add: (name: string, amount = 1) => name === "frames.dropped" && (dropped += amount),
  };
  await using backbone = await connect(`nats://127.0.0.1:${proxy.port}`, { counters });
  proxy.silence();
  const frame = new Uint8Array(256 * 1024);
  let sent = 0;
  for (let i = 0; i < 200; i++) {
    backbone.bus.publish("frames", frame);
    if (dropped === 0) sent++;
    if (i % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert(dropped > 100, `${dropped} frames were dropped`);
  assert(sent * frame.length <= 20 * 2 ** 20, `${sent} frames were queued`);
});

Deno.test("where there is no server, that is said in a bounded time", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const address = `nats://somebody:password@127.0.0.1:${port}`;
  await assert.rejects(connect(address, { patience: 300 }), (error) => {
    assert(error instanceof BackboneError && error.kind === "unavailable");
    assert.doesNotMatch(error.message, /password/);
    assert.match(error.message, /no NATS server at 127\.0\.0\.1.*start one/);
    return true;
  });
});

Deno.test("whoever comes before the server waits for it", async () => {
  await using server = await TestServer.start();
  await server.kill();
  const joining = connect(server.url, { patience: 60_000 });
  await new Promise((resolve) => setTimeout(resolve, 300));
  await server.restart();
  await using backbone = await joining;
  assert.equal(backbone.link.state, "connected");
});

Deno.test("closing while the server is away ends at once", async () => {
  await using server = await TestServer.start();
  const backbone = await connect(server.url);
  await viewOf(backbone);
  await server.kill();
  await eventually("the loss is noticed", () => backbone.link.state === "away");
  const asked = assert.rejects(backbone.table("jobs").get("a"), BackboneError);
  await backbone.close();
  await asked;
  assert.equal(backbone.link.state, "closed");
});
