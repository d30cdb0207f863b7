/** The verdict, on a cluster in memory in which what it must find has been brought about. */
import assert from "node:assert/strict";
import { History } from "../../../agents/chaos/history.ts";
import { countLost } from "../../../agents/chaos/loss.ts";
import type { JobOutcome } from "../../../agents/chaos/undisturbed.ts";
import { isSound, judge, type Verdict } from "../../../agents/chaos/verdict.ts";
import type { Claim } from "../../../cluster/jobs/claim.ts";
import { canonicalBytes } from "../../../cluster/jobs/identity.ts";
import { Ledger } from "../../../cluster/jobs/ledger.ts";
import type { JobSpec } from "../../../cluster/jobs/records.ts";
import { MemoryCluster } from "../../../cluster/memory_backbone.ts";

const spec = (name: string): JobSpec => ({
  kind: "library",
  work: { name },
  needs: { backend: "cpu", memory: 0, data: [] },
  code: "test",
});

const device = "here";
const origin = { backend: "cpu", device, cost: { seconds: 1, tensorBytes: 0 } };
const line = (step: number, value = step) => ({ step, number: 0, event: { value } });

/** What every job comes to. */
const undisturbed = (): Promise<JobOutcome> =>
  Promise.resolve({
    result: canonicalBytes({ value: 3 }),
    device,
    events: [line(1), line(2), line(3)],
  });

/** Does a job, well or not so well. */
type Work = (claim: Claim) => Promise<void>;

const finish = async (claim: Claim, lines: readonly unknown[], value = 3, from = device) => {
  await claim.events(lines);
  await claim.commit(canonicalBytes({ value }), { ...origin, device: from });
};

/** The verdict on a cluster on which each of these jobs was submitted and worked at. */
async function verdictOn(...works: readonly (Work | undefined)[]): Promise<Verdict> {
  const cluster = new MemoryCluster();
  await using backbone = cluster.open();
  const ledger = new Ledger(backbone);
  using history = await History.begin(backbone, ledger);
  for (const [index, work] of works.entries()) {
    const id = await history.submit(spec(`job ${index}`));
    if (!work) continue;
    const claim = await ledger.claim(id, "worker");
    assert(claim.claimed);
    await work(claim);
  }
  return await judge({ backbone, ledger, history, undisturbed });
}

const well: Work = (claim) => finish(claim, [line(1), line(2), line(3)]);

Deno.test("jobs that are done once, with their result and all events, are as they should be", async () => {
  const verdict = await verdictOn(well, well, well);
  assert(isSound(verdict));
  assert.deepEqual([verdict.jobs, verdict.results], [3, 3]);
});

Deno.test("a job without a result is lost, and it is told where", async () => {
  const verdict = await verdictOn(undefined, well, undefined, well, undefined, undefined);
  assert(!isSound(verdict));
  const { prefix, middle, postfix } = verdict.lost;
  assert.deepEqual([prefix.length, middle.length, postfix.length], [1, 1, 2]);
});

Deno.test("another result is different; on another device only beyond tolerance", async () => {
  const all = [line(1), line(2), line(3)];
  const verdict = await verdictOn(
    (claim) => finish(claim, all, 3.001),
    (claim) => finish(claim, all, 3.001, "elsewhere"),
    (claim) => finish(claim, all, 4, "elsewhere"),
  );
  assert(!isSound(verdict));
  assert.equal(verdict.different.length, 2);
});

Deno.test("events that are missing, doubled or changed are found", async () => {
  const missing = await verdictOn((claim) => finish(claim, [line(1), line(3)]));
  assert.equal(countLost(missing.events.lost), 1);
  assert.equal(missing.events.lost.middle.length, 1);
  const doubled = await verdictOn(
    (claim) => finish(claim, [line(1), line(2), line(2), line(3)]),
  );
  assert.equal(doubled.events.countedTwice.length, 1);
  const changed = await verdictOn((claim) =>
    finish(claim, [line(1), line(2, 7), line(3), line(4)])
  );
  assert.equal(changed.events.different.length, 2);
  for (const verdict of [missing, doubled, changed]) assert(!isSound(verdict));
});

Deno.test("a result that is taken away and committed anew was counted twice", async () => {
  const cluster = new MemoryCluster();
  await using backbone = cluster.open();
  const ledger = new Ledger(backbone);
  using history = await History.begin(backbone, ledger);
  const id = await history.submit(spec("twice"));
  const first = await ledger.claim(id, "first");
  assert(first.claimed);
  await well(first);
  const results = backbone.table("results");
  const entry = (await results.get(id))!;
  await results.remove(id, entry.revision);
  const record = JSON.parse(new TextDecoder().decode(entry.value));
  await results.create(id, canonicalBytes({ ...record, worker: "second" }));
  const verdict = await judge({ backbone, ledger, history, undisturbed });
  assert.deepEqual(verdict.committedTwice, [id]);
  assert(!isSound(verdict));
});
