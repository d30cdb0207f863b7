/** Runs that are deleted: all goes that only they have, nothing of the others, whatever interrupts it. */
import assert from "node:assert/strict";
import { deleteRun } from "../../../cluster/jobs/deletion.ts";
import { canonicalBytes, jobId, jobLog } from "../../../cluster/jobs/identity.ts";
import { Ledger } from "../../../cluster/jobs/ledger.ts";
import { LedgerParts } from "../../../cluster/jobs/ledger_parts.ts";
import { OrphanSweep } from "../../../cluster/jobs/orphan_sweep.ts";
import type { JobSpec, RunRecord } from "../../../cluster/jobs/records.ts";
import { MemoryCluster } from "../../../cluster/memory_backbone.ts";
import { chainJob, origin, reconciling } from "./laboratory.ts";
import { World } from "./simulation.ts";

const record = (specs: readonly JobSpec[]): RunRecord => ({
  title: "a run",
  kind: "chain",
  config: {},
  jobs: Object.fromEntries(specs.map((spec) => [String(spec.work.name), jobId(spec)])),
  submitted: "",
});

/** A laboratory in memory whose jobs the test finishes. */
class Bench {
  readonly cluster = new MemoryCluster();
  readonly backbone = this.cluster.open();
  readonly ledger = new Ledger(this.backbone);

  async submit(run: string, specs: readonly JobSpec[]): Promise<void> {
    for (const spec of specs) await this.ledger.submit(spec, { run });
    await this.ledger.submitRun(run, record(specs));
  }

  /** Have the job done, with two checkpoints and some events on the way. */
  async finish(spec: JobSpec, result: Uint8Array = canonicalBytes({ of: spec.work.name })) {
    const claim = await this.ledger.claim(jobId(spec), "worker");
    assert(claim.claimed);
    for (const step of [1, 2, 3]) {
      await claim.events([{ step }]);
      await claim.keep({ step, bytes: new TextEncoder().encode(`${spec.work.name} ${step}`) });
      await claim.flush();
    }
    assert.equal(await claim.commit(result, origin), "first");
  }

  /** All that is kept, by where it is. */
  async contents(): Promise<Record<string, string[]>> {
    const tables = ["jobs", "specs", "results", "alarms", "runs"] as const;
    const keys = await Promise.all(
      tables.map(async (name) => [name, (await this.backbone.table(name).keys()).toSorted()]),
    );
    return {
      ...Object.fromEntries(keys),
      logs: (await this.backbone.logs.names()).toSorted(),
      blobs: this.cluster.blobs.toSorted(),
    };
  }
}

const [a, b, c] = ["a", "b", "c"].map((name) => chainJob(name));

Deno.test("a run is deleted with all that only it has; what another run has as well stays", async () => {
  const [bench, expected] = [new Bench(), new Bench()];
  for (
    const { submit, specs } of [
      { submit: bench, specs: [a, b, c] },
      { submit: expected, specs: [b, c] },
    ]
  ) {
    await submit.submit("kept", [b, c]);
    if (submit === bench) await submit.submit("gone", [a, b]);
    for (const spec of specs) await submit.finish(spec);
  }
  const removed: string[] = [];
  await bench.ledger.watch(() => {}, (id) => removed.push(id));
  const outcome = await bench.ledger.deleteRun("gone");
  assert.deepEqual(outcome, { deleted: true, jobs: 1, shared: 1, blobs: 3 });
  assert.deepEqual(await bench.contents(), await expected.contents());
  assert.deepEqual(removed, [jobId(a)]);
  assert.deepEqual(await bench.ledger.deleteRun("gone"), { deleted: false, reason: "unknown" });

  // Submitted again it is done again, from its beginning.
  await bench.submit("gone", [a, b]);
  await bench.finish(a);
  assert.equal((await bench.ledger.state(jobId(a)))?.epoch, 1);
});

Deno.test("a result that another job has come to as well stays", async () => {
  const bench = new Bench();
  await bench.submit("kept", [b]);
  await bench.submit("gone", [a]);
  const same = canonicalBytes({ same: true });
  await bench.finish(a, same);
  await bench.finish(b, same);
  assert.deepEqual(await bench.ledger.deleteRun("gone"), {
    deleted: true,
    jobs: 1,
    shared: 0,
    blobs: 2,
  });
  assert.deepEqual(await bench.ledger.resultBytes(jobId(b)), same);
});

Deno.test("a run stays as it is while one of its jobs is not at its end", async () => {
  const bench = new Bench();
  await bench.submit("run", [a, b, c]);
  await bench.finish(a);
  await bench.ledger.pause(jobId(b));
  const claim = await bench.ledger.claim(jobId(c), "desk-1");
  assert(claim.claimed);
  const before = await bench.contents();
  assert.deepEqual(await bench.ledger.deleteRun("run"), {
    deleted: false,
    reason: "active",
    jobs: [
      { id: jobId(b), state: "paused" },
      { id: jobId(c), state: "running", worker: "desk-1" },
    ],
  });
  assert.deepEqual(await bench.contents(), before);
  claim.abandon();
});

Deno.test("a deletion that dies at any moment is finished by the next, or by the sweep", async () => {
  for (let survived = 0, died = true; died; survived++) {
    const [bench, expected] = [new Bench(), new Bench()];
    await expected.submit("kept", [b]);
    await expected.finish(b);
    await bench.submit("kept", [b]);
    await bench.submit("gone", [a, b]);
    for (const spec of [a, b]) await bench.finish(spec);

    died = false;
    let left = survived;
    const mortal = bench.cluster.open({
      interpose: (_operation, carryOut) => {
        died ||= left-- === 0;
        return died ? Promise.reject(new Error("died")) : Promise.resolve().then(carryOut);
      },
    });
    await deleteRun(new LedgerParts(mortal, {}), "gone").catch((error) => {
      assert.equal(error.message, "died");
    });
    const again = await bench.ledger.deleteRun("gone");
    assert(again.deleted || again.reason === "unknown", JSON.stringify(again));
    await new OrphanSweep(new LedgerParts(bench.backbone, {}), { age: 0, logs: true }).look();
    assert.deepEqual(await bench.contents(), await expected.contents(), `after ${survived}`);
  }
});

Deno.test("blobs stay where a record cannot be read: nobody knows what it refers to", async () => {
  const bench = new Bench();
  await bench.submit("gone", [a]);
  await bench.finish(a);
  const { blobs } = bench.cluster;
  await bench.backbone.table("results").create("other", new TextEncoder().encode("{}"));
  const outcome = await bench.ledger.deleteRun("gone");
  assert.deepEqual(outcome, { deleted: true, jobs: 1, shared: 0, blobs: 0 });
  assert.deepEqual(bench.cluster.blobs, blobs);
  assert.deepEqual(await bench.backbone.logs.names(), []);
});

Deno.test("whoever watches over the jobs does not bring a deleted one back", async () => {
  const world = new World(3);
  world.start("reconciler", reconciling());
  const { backbone, timers } = world.start("desk", () => Promise.resolve());
  const ledger = new Ledger(backbone, { timers });
  const work = async () => {
    await ledger.submit(a, { run: "run" });
    await ledger.submitRun("run", record([a]));
    const claim = await ledger.claim(jobId(a), "worker");
    assert(claim.claimed);
    await claim.commit(canonicalBytes({}), origin);
    return await ledger.deleteRun("run");
  };
  assert((await world.finish(work())).deleted);
  await world.pass(600_000);
  const observer = world.observer();
  for (const name of ["jobs", "specs", "results", "runs"] as const) {
    assert.deepEqual(await observer.table(name).keys(), [], name);
  }
  assert.equal(await observer.logs.last(jobLog(jobId(a))), 0);
});
