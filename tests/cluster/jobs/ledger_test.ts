import assert from "node:assert/strict";
import { BackboneError } from "../../../cluster/backbone.ts";
import { canonicalBytes, decodeHint, jobId, laneOf } from "../../../cluster/jobs/identity.ts";
import { lanesInOrder } from "../../../cluster/jobs/lanes.ts";
import { Ledger } from "../../../cluster/jobs/ledger.ts";
import { MemoryCluster } from "../../../cluster/memory_backbone.ts";
import { chainJob, origin, undisturbed } from "./laboratory.ts";

const job = chainJob("job");
const id = jobId(job);

function open() {
  const memory = new MemoryCluster();
  const backbone = memory.open();
  return { memory, backbone, ledger: new Ledger(backbone) };
}

Deno.test("a submitted job is there: spec, state, lanes and a hint", async () => {
  const { backbone, ledger } = open();
  assert.equal(await ledger.submit(job, { priority: 2 }), id);
  const lane = laneOf(2, job.needs);
  assert.deepEqual(await ledger.spec(id), job);
  assert.deepEqual(await ledger.state(id), {
    state: "queued",
    lane,
    epoch: 0,
    wanted: "run",
    checkpoints: [],
    attempts: [],
    failures: 0,
  });
  assert.deepEqual(lanesInOrder(await ledger.lanes(), () => true), [`${lane}-resumed`, lane]);
  const signal = new AbortController().signal;
  const hint = await backbone.queue.pull([lane], { signal, patience: 0 });
  assert.equal(decodeHint(hint!.payload), id);
});

Deno.test("the same job twice is one job, with the priority that it had first", async () => {
  const { backbone, ledger } = open();
  await ledger.submit(job, { priority: 2 });
  const { code, needs, work, kind } = job;
  await ledger.submit({ code, needs, work, kind }, { priority: 7 });
  assert.equal((await ledger.jobs()).size, 1);
  assert.equal(await backbone.queue.waiting(laneOf(2, needs)), 2);
  assert.equal(await backbone.queue.waiting(laneOf(7, needs)), 0);
});

Deno.test("submitting a job again that is running or done does not hint at it", async () => {
  const { backbone, ledger } = open();
  await ledger.submit(job);
  const claim = await ledger.claim(id, "ann");
  assert(claim.claimed);
  await ledger.submit(job);
  await claim.commit(undisturbed(job).result, origin);
  await ledger.submit(job);
  assert.equal(await backbone.queue.waiting(laneOf(5, job.needs)), 1);
  assert.equal((await ledger.state(id))?.state, "done");
});

Deno.test("a claim that cannot be had says why", async () => {
  const { ledger } = open();
  const refusal = async (worker: string) => {
    const claim = await ledger.claim(id, worker);
    return claim.claimed ? "claimed" : `${claim.reason} ${claim.holder ?? ""}`.trim();
  };
  assert.equal(await refusal("ann"), "unknown");
  await ledger.submit(job);
  const claim = await ledger.claim(id, "ann");
  assert(claim.claimed);
  assert.equal(await refusal("bob"), "held ann");
  await claim.commit(undisturbed(job).result, origin);
  assert.equal(await refusal("bob"), "done");
});

Deno.test("orders to a job that there is not are answered so", async () => {
  const { ledger } = open();
  for (const order of ["pause", "cancel", "release"] as const) {
    assert.equal(await ledger[order](id), undefined);
  }
});

Deno.test("a released job is hinted at, and a cancelled one that was never begun can be run again", async () => {
  const { backbone, memory, ledger } = open();
  await ledger.submit(job);
  assert.equal((await ledger.cancel(id))?.state, "cancelled");
  memory.loseHints();
  assert.equal((await ledger.release(id))?.state, "queued");
  assert.equal(await backbone.queue.waiting(laneOf(5, job.needs)), 1);
  const claim = await ledger.claim(id, "ann");
  assert(claim.claimed);
});

Deno.test("jobs and results can be listed, watched and picked", async () => {
  const { ledger, backbone } = open();
  const seen: string[] = [];
  const subscription = await ledger.watch((id, { state }) =>
    seen.push(`${id.slice(0, 4)} ${state}`)
  );
  const others = Array.from({ length: 70 }, (_, index) => chainJob(`${index}`));
  for (const spec of [job, ...others]) await ledger.submit(spec);
  const claim = await ledger.claim(id, "ann");
  assert(claim.claimed);
  await claim.commit(undisturbed(job).result, origin);
  subscription.unsubscribe();
  await ledger.cancel(jobId(others[0]));

  assert.equal((await ledger.jobs()).size, 71);
  const some = await ledger.jobs([id, "unknown", ...others.slice(0, 40).map(jobId)]);
  assert.equal(some.size, 41);
  assert.equal(some.get(id)?.state, "done");
  assert.deepEqual([...(await ledger.results()).keys()], [id]);
  assert.deepEqual([...(await ledger.results([id, jobId(others[0])])).keys()], [id]);
  const own = seen.filter((line) => line.startsWith(id.slice(0, 4)));
  assert.deepEqual(own.map((line) => line.slice(5)), ["queued", "running", "done"]);
  assert(!seen.some((line) => line.endsWith("cancelled")), "after it was ended");

  const troubles: string[] = [];
  await backbone.table("jobs").create("broken", canonicalBytes([]));
  const wary = new Ledger(backbone, { onTrouble: (_, error) => troubles.push(String(error)) });
  assert.equal((await wary.jobs()).size, 71);
  assert.match(troubles.join(), /job broken/);
});

Deno.test("a spec that is not that of its id is damaged", async () => {
  const { ledger, backbone } = open();
  await ledger.submit(job);
  const specs = backbone.table("specs");
  const entry = (await specs.get(id))!;
  await specs.update(id, canonicalBytes(chainJob("another")), entry.revision);
  await assert.rejects(
    ledger.claim(id, "ann"),
    (error) => error instanceof BackboneError && error.kind === "damaged",
  );
});

Deno.test("what cannot be done while the server is away is told, and ends with the ledger's signal", async () => {
  const { memory, backbone } = open();
  const ending = new AbortController();
  const told = Promise.withResolvers<string>();
  const ledger = new Ledger(backbone, { signal: ending.signal, onTrouble: told.resolve });
  memory.away = true;
  const submitted = assert.rejects(ledger.submit(job), /enough/);
  assert.match(await told.promise, /the submission of job .* is tried again/);
  ending.abort(new Error("enough"));
  await submitted;
});

Deno.test("what is refused is not tried again", async () => {
  const { backbone, ledger } = open();
  await backbone.close();
  await assert.rejects(
    ledger.submit(job),
    (error) => error instanceof BackboneError && error.kind === "refused",
  );
});
