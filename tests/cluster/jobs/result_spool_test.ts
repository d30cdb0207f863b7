/** Finished results on the disk: what a worker has finished survives its death. */
import assert from "node:assert/strict";
import { foldJobLog } from "../../../cluster/jobs/fold.ts";
import { jobId, jobLog } from "../../../cluster/jobs/identity.ts";
import { Ledger } from "../../../cluster/jobs/ledger.ts";
import { ResultSpool } from "../../../cluster/jobs/result_spool.ts";
import { MemoryCluster } from "../../../cluster/memory_backbone.ts";
import { chainJob, origin, undisturbed } from "./laboratory.ts";

const job = chainJob("job");
const id = jobId(job);
const { result, events } = undisturbed(job);

async function withFolder(check: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await check(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const names = async (folder: string) =>
  (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);

/** A worker finishes the job while the server is away, and dies. */
async function finishAndDie(memory: MemoryCluster, folder: string): Promise<void> {
  const end = memory.open();
  const died = Promise.withResolvers<void>();
  const never = new Promise<void>(() => {});
  const ledger = new Ledger(end, {
    at: (point) => {
      if (point !== "commit: after the spool") return;
      died.resolve();
      return never;
    },
  });
  const claim = await ledger.claim(id, "ann", { spool: await ResultSpool.open(folder) });
  assert(claim.claimed);
  await claim.events(events.slice(0, 2));
  await claim.flush();
  memory.away = true;
  for (const event of events.slice(2)) await claim.events([event]);
  claim.commit(result, origin).catch(() => {});
  await died.promise;
  claim.abandon();
  memory.away = false;
}

Deno.test("a result that was finished while the server was away is delivered by the next process", async () => {
  await withFolder(async (folder) => {
    const memory = new MemoryCluster();
    const ledger = new Ledger(memory.open());
    await ledger.submit(job);
    await finishAndDie(memory, folder);
    assert.deepEqual(await names(folder), [`${id}.1.result`]);

    const spool = await ResultSpool.open(folder);
    assert.deepEqual([...await ledger.deliver(spool)], [[id, "first"]]);
    assert.deepEqual(await ledger.resultBytes(id), result);
    assert.equal((await ledger.state(id))?.state, "done");
    const entries = await memory.open().logs.read(jobLog(id));
    assert.deepEqual(foldJobLog(entries, 1).events, events, "its story is complete");
    assert.deepEqual(await names(folder), []);
    assert.equal((await ledger.deliver(spool)).size, 0);
  });
});

Deno.test("a delivery that is interrupted after any step is finished by the next, once", async () => {
  await withFolder(async (folder) => {
    const points = ["commit: after the blob", "commit: after the result", "commit: after done"];
    for (const last of points) {
      const memory = new MemoryCluster();
      const ledger = new Ledger(memory.open());
      await ledger.submit(job);
      await finishAndDie(memory, folder);
      const spool = await ResultSpool.open(folder);
      const interrupted = new Ledger(memory.open(), {
        at: (point) => {
          if (point === last) throw new Error("killed");
        },
      });
      await assert.rejects(interrupted.deliver(spool), /killed/);
      assert.deepEqual([...await ledger.deliver(spool)], [[id, "first"]], last);
      const entries = await memory.open().logs.read(jobLog(id));
      assert.deepEqual(foldJobLog(entries, 1).events, events, last);
      assert.deepEqual(await names(folder), [], last);
    }
  });
});

Deno.test("when others have the job by then, the result waits, and is compared with theirs", async () => {
  await withFolder(async (folder) => {
    const memory = new MemoryCluster();
    const ledger = new Ledger(memory.open());
    await ledger.submit(job);
    await finishAndDie(memory, folder);
    // As the reconciler does it.
    const holder = { worker: "ann", epoch: 1 };
    const jobs = memory.open().table("jobs");
    const entry = (await jobs.get(id))!;
    const state = { ...JSON.parse(new TextDecoder().decode(entry.value)), state: "queued" };
    delete state.holder;
    state.attempts = [{ ...holder, end: "lost", step: 0, message: "" }];
    await jobs.update(id, new TextEncoder().encode(JSON.stringify(state)), entry.revision);
    const heir = await ledger.claim(id, "bob");
    assert(heir.claimed);
    await heir.events(events);
    await heir.flush();

    const spool = await ResultSpool.open(folder);
    assert.deepEqual([...await ledger.deliver(spool)], [[id, "fenced"]]);
    assert.equal((await names(folder)).length, 1);
    assert.equal(await heir.commit(result, origin), "first");
    assert.deepEqual([...await ledger.deliver(spool)], [[id, "same"]]);
    assert.deepEqual(await names(folder), []);
    const entries = await memory.open().logs.read(jobLog(id));
    assert.deepEqual(foldJobLog(entries, 2).events, events);
  });
});

Deno.test("a damaged file is put aside and told, and the others are delivered", async () => {
  await withFolder(async (folder) => {
    const memory = new MemoryCluster();
    const troubles: string[] = [];
    const ledger = new Ledger(memory.open(), {
      onTrouble: (message, error) => troubles.push(`${message}: ${error}`),
    });
    await ledger.submit(job);
    await finishAndDie(memory, folder);
    const [name] = await names(folder);
    const bytes = await Deno.readFile(`${folder}/${name}`);
    const flipped = bytes.slice();
    flipped[flipped.length - 3] ^= 1;
    await Deno.writeFile(`${folder}/0.1.result`, flipped);
    await Deno.writeFile(`${folder}/1.1.result`, bytes.subarray(0, 20));

    assert.deepEqual([...await ledger.deliver(await ResultSpool.open(folder))], [[id, "first"]]);
    assert.deepEqual((await names(folder)).toSorted(), [
      "0.1.result.damaged",
      "1.1.result.damaged",
    ]);
    assert.equal(troubles.length, 2);
    assert.match(troubles[0], /0\.1\.result cannot be read.*digest/);
  });
});

Deno.test("a result that gets through leaves nothing on the disk", async () => {
  await withFolder(async (folder) => {
    const ledger = new Ledger(new MemoryCluster().open());
    await ledger.submit(job);
    const claim = await ledger.claim(id, "ann", { spool: await ResultSpool.open(folder) });
    assert(claim.claimed);
    assert.equal(await claim.commit(result, origin), "first");
    assert.deepEqual(await names(folder), []);
  });
});

Deno.test("a result that the disk had no room for at first loses nothing of its story", async () => {
  await withFolder(async (root) => {
    const memory = new MemoryCluster();
    const ledger = new Ledger(memory.open());
    await ledger.submit(job);
    const folder = `${root}/spool`;
    const claim = await ledger.claim(id, "ann", { spool: await ResultSpool.open(folder) });
    assert(claim.claimed);
    memory.away = true;
    for (const event of events) await claim.events([event]);
    await Deno.remove(folder);
    await assert.rejects(claim.commit(result, origin), Deno.errors.NotFound);
    await Deno.mkdir(folder);
    const committing = claim.commit(result, origin);
    memory.away = false;
    assert.equal(await committing, "first");
    const entries = await memory.open().logs.read(jobLog(id));
    assert.deepEqual(foldJobLog(entries, 1).events, events);
  });
});
