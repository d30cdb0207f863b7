/** What nobody needs any more goes after a while, and nothing that somebody may still need. */
import assert from "node:assert/strict";
import { jobId, jobLog } from "../../../cluster/jobs/identity.ts";
import { canonicalBytes } from "../../../cluster/jobs/identity.ts";
import { Housekeeper, type HousekeepingOptions } from "../../../cluster/jobs/housekeeping.ts";
import { Ledger } from "../../../cluster/jobs/ledger.ts";
import { LedgerParts } from "../../../cluster/jobs/ledger_parts.ts";
import { OrphanSweep } from "../../../cluster/jobs/orphan_sweep.ts";
import { Standing } from "../../../cluster/jobs/standing.ts";
import { MemoryCluster } from "../../../cluster/memory_backbone.ts";
import type { Timers } from "../../../cluster/timers.ts";
import { chainJob, origin } from "./laboratory.ts";
import { World } from "./simulation.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const hour = 3_600_000;

Deno.test("what stands still is told by its age, and anew after every change", () => {
  const standing = new Standing();
  assert.deepEqual(standing.look([["a", 1], ["b", 2]], 0, 10), []);
  assert.deepEqual(standing.look([["a", 1], ["b", 3]], 9, 10), []);
  assert.deepEqual(standing.look([["a", 1], ["b", 3]], 10, 10), ["a"]);
  assert.deepEqual(standing.look([["b", 3]], 18, 10), []);
  assert.deepEqual(standing.look([["a", 1], ["b", 3]], 19, 10), ["b"]);
});

/** A laboratory with a finished job, and a sweep whose time passes by hand. */
class Bench {
  readonly cluster = new MemoryCluster();
  readonly backbone = this.cluster.open();
  readonly ledger = new Ledger(this.backbone);
  now = 0;
  readonly #timers: Timers = { now: () => this.now, sleep: () => Promise.resolve() };
  readonly sweep = new OrphanSweep(new LedgerParts(this.backbone, { timers: this.#timers }), {
    age: hour,
    logs: true,
  });

  async lookAt(time: number) {
    this.now = time;
    return await this.sweep.look();
  }

  /** A job with a checkpoint and a result. @returns what it needs */
  async finish(name: string): Promise<string[]> {
    const before = this.cluster.blobs;
    const id = await this.ledger.submit(chainJob(name));
    const claim = await this.ledger.claim(id, "worker");
    assert(claim.claimed);
    await claim.keep({ step: 1, bytes: bytes(name) });
    await claim.flush();
    await claim.commit(canonicalBytes({ name }), origin);
    return this.cluster.blobs.filter((digest) => !before.includes(digest));
  }
}

Deno.test("blobs and logs that nobody refers to go after an hour, and no others", async () => {
  const bench = new Bench();
  const needed = await bench.finish("a");
  const { blobs, logs } = bench.backbone;
  const orphan = await blobs.put(bytes("orphan"));
  const wanted = await blobs.put(bytes("wanted again"));
  const stranger = jobLog(jobId(chainJob("stranger")));
  await logs.append(stranger, bytes("entry"), 0);
  await logs.append("notes", bytes("of somebody else"), 0);

  const nothing = { blobs: 0, bytes: 0, logs: 0 };
  assert.deepEqual(await bench.lookAt(0), nothing);
  assert.deepEqual(await bench.lookAt(hour - 1), nothing);
  await blobs.put(bytes("wanted again"));
  assert.deepEqual(await bench.lookAt(hour), { blobs: 1, bytes: 6, logs: 1 });
  assert.deepEqual(bench.cluster.blobs.toSorted(), [...needed, wanted].toSorted());
  assert.equal(await blobs.get(orphan), undefined);
  const job = jobLog(jobId(chainJob("a")));
  assert.deepEqual((await logs.names()).toSorted(), [job, "notes"].toSorted());

  // What was nobody's is somebody's by now.
  const late = canonicalBytes({ name: "b" });
  await blobs.put(late);
  await bench.lookAt(2 * hour);
  await bench.finish("b");
  await bench.lookAt(3 * hour);
  assert.deepEqual(await bench.ledger.resultBytes(jobId(chainJob("b"))), late);
  assert.equal(await blobs.get(wanted), undefined);
});

Deno.test("an alarm keeps both results, and a record that cannot be read keeps everything", async () => {
  const bench = new Bench();
  await bench.finish("a");
  const { blobs } = bench.backbone;
  const [first, second] = [await blobs.put(bytes("first")), await blobs.put(bytes("second"))];
  const result = (digest: string) => ({ digest, worker: "w", epoch: 1, ...origin });
  const alarm = { job: "j", results: [result(first), result(second)] };
  await bench.backbone.table("alarms").create("j.1", canonicalBytes(alarm));
  const orphan = await blobs.put(bytes("orphan"));
  await bench.backbone.table("results").create("broken", bytes("{}"));
  for (const time of [0, hour, 2 * hour]) await bench.lookAt(time);
  for (const digest of [first, second, orphan]) assert(await blobs.get(digest));
  const broken = (await bench.backbone.table("results").get("broken"))!;
  await bench.backbone.table("results").remove("broken", broken.revision);
  for (const time of [3, 4]) await bench.lookAt(time * hour);
  for (const digest of [first, second]) assert(await blobs.get(digest));
  assert.equal(await blobs.get(orphan), undefined);
});

Deno.test("a result whose blob was swept between blob and record is put once more", async () => {
  const cluster = new MemoryCluster();
  const observer = cluster.open();
  const result = canonicalBytes({ name: "a" });
  const ledger = new Ledger(cluster.open(), {
    at: async (point) => {
      if (point !== "commit: after the blob") return;
      for (const { digest } of await observer.blobs.list()) await observer.blobs.remove(digest);
    },
  });
  const id = await ledger.submit(chainJob("a"));
  const claim = await ledger.claim(id, "worker");
  assert(claim.claimed);
  assert.equal(await claim.commit(result, origin), "first");
  assert.deepEqual(await ledger.resultBytes(id), result);
});

/** A world with a housekeeper, a worker that is there, and one that has died. */
async function houseOf(
  options: HousekeepingOptions,
  isLeading = () => true,
): Promise<{ readonly world: World; readonly workers: () => Promise<string[]> }> {
  const world = new World(1);
  const { backbone, timers } = world.start("desk", () => Promise.resolve());
  await world.finish(backbone.table("workers").create("dead", bytes("record")));
  world.start("live", async ({ backbone, timers }) => {
    const table = backbone.table("workers");
    for (let beat = 0;; beat++) {
      try {
        const entry = await table.get("live");
        const value = bytes(`beat ${beat}`);
        if (entry) await table.update("live", value, entry.revision);
        else await table.create("live", value);
      } catch {
        // The server is away.
      }
      await timers.sleep(60_000);
    }
  });
  new Housekeeper(backbone, isLeading, { timers, ...options }).start();
  const observer = world.observer();
  return { world, workers: async () => (await observer.table("workers").keys()).toSorted() };
}

const often = { interval: 600_000 };

Deno.test("the record of a worker that has been dead for a day goes, and that of a living one stays", async () => {
  const swept: string[] = [];
  const { world, workers } = await houseOf({ ...often, onSwept: (line) => swept.push(line) });
  await world.pass(23 * hour);
  assert.deepEqual(await workers(), ["dead", "live"]);
  await world.pass(2 * hour);
  assert.deepEqual(await workers(), ["live"]);
  assert.deepEqual(swept, ["forgot the worker dead, which has been dead for long"]);
});

Deno.test("how long is an option, and whoever does not lead only watches", async () => {
  let isLeading = false;
  const { world, workers } = await houseOf({ ...often, workers: hour }, () => isLeading);
  await world.pass(3 * hour);
  assert.deepEqual(await workers(), ["dead", "live"]);
  isLeading = true;
  await world.pass(hour / 2);
  assert.deepEqual(await workers(), ["live"]);
});

Deno.test("an outage of two days costs no living worker its record", async () => {
  const { world, workers } = await houseOf(often);
  world.memory.away = true;
  await world.pass(48 * hour);
  world.memory.away = false;
  await world.pass(hour);
  assert((await workers()).includes("live"));
});
