/** A nats-server without room: what is new is refused by name, and nothing that is there is harmed. */
import assert from "node:assert/strict";
import { BackboneError } from "../../cluster/backbone.ts";
import { NatsBackbone } from "../../cluster/nats/backbone.ts";
import { planOf } from "../../cluster/nats/plan.ts";
import { retrying } from "../../cluster/retry.ts";
import { randomStream } from "../../sim/random.ts";
import { TestServer } from "../support/nats_server.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const never = new AbortController().signal;

const full = (error: unknown) => error instanceof BackboneError && error.kind === "full";

/** The error that ends `write`, called again and again. */
async function until(write: (i: number) => Promise<unknown>, most = 2_000): Promise<unknown> {
  for (let i = 0; i < most; i++) {
    try {
      await write(i);
    } catch (error) {
      return error;
    }
  }
  throw new Error(`${most} writes, and still no error`);
}

Deno.test("a full stream says so, keeps what it has, and goes on when there is room again", async () => {
  await using server = await TestServer.start();
  const plan = planOf({ prefix: "test", storage: 16 * 2 ** 20 });
  await using backbone = await NatsBackbone.connect({ servers: server.url, name: "test", plan });
  const random = randomStream(1, "full");
  const content = (length: number) => Uint8Array.from({ length }, () => random.integer(256));

  let last = 0;
  const logged = await until(async () => {
    last = (await backbone.logs.append("job.1", content(100_000), last))!;
  });
  assert(full(logged), `${logged}`);
  assert.match((logged as Error).message, /log job\.1.*maximum bytes exceeded.*more room/);
  assert.equal(await backbone.logs.last("job.1"), last);

  const digests: string[] = [];
  assert(full(await until(async () => digests.push(await backbone.blobs.put(content(300_000))))));
  assert((await backbone.blobs.get(digests[0]))?.length === 300_000);
  await backbone.blobs.remove(digests[0]);
  await backbone.blobs.put(content(200_000));

  let pushed = 0;
  assert(full(
    await until(async () => {
      await backbone.queue.push("lane", content(50_000));
      pushed++;
    }),
  ));
  assert.equal(await backbone.queue.waiting("lane"), pushed);
  await (await backbone.queue.pull(["lane"], { signal: never, patience: 5_000 }))!.done();
  await backbone.queue.push("lane", bytes("there is room again"));

  assert(full(await until((i) => backbone.table("jobs").create(`${i}`, content(50_000)))));
  assert.equal((await backbone.table("jobs").get("0"))?.value.length, 50_000);
  // The other tables have room of their own.
  assert(await backbone.table("specs").create("a", bytes("1")));
});

Deno.test("what is declared must fit, or the error says what to do", async () => {
  await using server = await TestServer.start({ storage: 64 * 2 ** 20 });
  const plan = planOf({ prefix: "test", storage: 2 ** 30 });
  await assert.rejects(
    NatsBackbone.connect({ servers: server.url, name: "test", plan }),
    (error) => full(error) && /max_file_store/.test((error as Error).message),
  );
});

Deno.test("a disk that is full costs nothing that was acknowledged", async () => {
  const disk = await Deno.makeTempDir({ prefix: "callosum-disk-" });
  if (!await mount(disk, 24)) {
    console.log("skipped: a small file system cannot be mounted here");
    await Deno.remove(disk);
    return;
  }
  try {
    const ballast = `${disk}/ballast`;
    await Deno.writeFile(ballast, new Uint8Array(4 * 2 ** 20));
    await using server = await TestServer.start({ within: disk, storage: 2 ** 30 });
    const plan = planOf({ prefix: "test", storage: 2 ** 30 });
    await using backbone = await NatsBackbone.connect({ servers: server.url, name: "test", plan });
    const random = randomStream(1, "disk");
    const kept: Uint8Array[] = [];
    let last = 0;
    const ended = await until(async () => {
      const entry = Uint8Array.from({ length: 100_000 }, () => random.integer(256));
      last = (await backbone.logs.append("job.1", entry, last))!;
      kept.push(entry);
    });
    // Servers before 2.10 do not say so: they answer nobody any more.
    assert(
      ended instanceof BackboneError && ["full", "unavailable"].includes(ended.kind),
      `${ended}`,
    );

    await Deno.remove(ballast);
    await server.kill();
    await server.restart();
    const entries = await retrying(() => backbone.logs.read("job.1"));
    assert.deepEqual(entries.slice(0, kept.length).map(({ payload }) => payload), kept);
    // The last entry may have got through without an answer.
    assert(entries.length <= kept.length + 1);
    last = entries.at(-1)!.position;
    assert(await retrying(() => backbone.logs.append("job.1", bytes("there is room again"), last)));
  } finally {
    await unmount(disk);
    await Deno.remove(disk);
  }
});

/** @param size MiB */
async function mount(folder: string, size: number): Promise<boolean> {
  return await run("mount", ["-t", "tmpfs", "-o", `size=${size}m`, "tmpfs", folder]);
}

async function unmount(folder: string): Promise<void> {
  assert(await run("umount", [folder]), `${folder} stays mounted`);
}

/** Whether the program is there and succeeds. */
async function run(program: string, args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable) {
      return false;
    }
    throw error;
  }
}
