/** An attempt and what it can rely on: fencing, hand-over, outages, damage. */
import assert from "node:assert/strict";
import { BackboneError } from "../../../cluster/backbone.ts";
import type { Claim, ClaimOptions } from "../../../cluster/jobs/claim.ts";
import { foldJobLog } from "../../../cluster/jobs/fold.ts";
import { canonicalBytes, jobId, jobLog } from "../../../cluster/jobs/identity.ts";
import { Ledger, type LedgerOptions } from "../../../cluster/jobs/ledger.ts";
import { Reconciler, type ReconcilerOptions } from "../../../cluster/jobs/reconciler.ts";
import type { JobSpec } from "../../../cluster/jobs/records.ts";
import { chainJob, origin, undisturbed, Witness } from "./laboratory.ts";
import { noFaults, type Process, World } from "./simulation.ts";

const job = chainJob("job");
const id = jobId(job);
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (payload: Uint8Array | undefined) => new TextDecoder().decode(payload);

/** A world with one job, and workers that do what the test says. */
class Bench {
  readonly world = new World(1);
  readonly troubles: string[] = [];
  #processes = 0;

  static async open(spec: JobSpec = job): Promise<Bench> {
    const bench = new Bench();
    await bench.world.finish(bench.ledger().submit(spec));
    return bench;
  }

  process(): Process {
    return this.world.start(`process-${this.#processes++}`, () => Promise.resolve());
  }

  ledger(options: LedgerOptions = {}, process = this.process()): Ledger {
    return new Ledger(process.backbone, {
      timers: process.timers,
      onTrouble: (message, error) => this.troubles.push(`${message}: ${error}`),
      ...options,
    });
  }

  async claim(
    worker: string,
    options: LedgerOptions & ClaimOptions = {},
    process = this.process(),
  ): Promise<Claim> {
    const ledger = this.ledger(options, process);
    const claim = await this.world.finish(ledger.claim(id, worker, options));
    assert(claim.claimed, `${worker} does not get the job: ${JSON.stringify(claim)}`);
    return claim;
  }

  /** Let nothing be heard of the holder for long enough. */
  async lose(options: ReconcilerOptions = {}): Promise<void> {
    const process = this.process();
    const { backbone, timers, name } = process;
    const reconciler = new Reconciler(backbone, name, { timers, ...options });
    await this.world.finish(reconciler.start());
    await this.world.pass(5_000);
    await this.world.finish(reconciler.close());
    assert.notEqual((await this.state())?.state, "running");
  }

  state() {
    return new Ledger(this.world.observer()).state(id);
  }

  async fold(finished?: number) {
    return foldJobLog(await this.world.observer().logs.read(jobLog(id)), finished);
  }

  finish<T>(work: Promise<T>): Promise<T> {
    return this.world.finish(work);
  }
}

const progress = { step: 1, steps: 6 };

/** What an attempt has when it had kept step 2 before it lost the job to another. */
async function zombie(worker: string, heir: string) {
  const bench = await Bench.open();
  const lost = await bench.claim(worker);
  await lost.events(["one", "two"]);
  await lost.keep({ step: 2, bytes: bytes("at 2") });
  await bench.finish(lost.flush());
  await bench.lose();
  const holder = await bench.claim(heir);
  await holder.events(["three"]);
  await bench.finish(holder.flush());
  return { bench, lost, holder };
}

for (const heir of ["bob", "ann"]) {
  const who = heir === "ann" ? "the same worker" : "another worker";
  Deno.test(`once ${who} has the job, nothing that the earlier attempt writes gets in`, async () => {
    const attempts: Record<string, (lost: Claim) => Promise<unknown>> = {
      beat: (lost) => lost.beat(progress),
      events: (lost) => lost.events(["zombie"]).then(() => lost.flush()),
      keep: (lost) => lost.keep({ step: 4, bytes: bytes("zombie") }).then(() => lost.flush()),
      fail: (lost) => lost.fail("exception", "zombie"),
      handOver: (lost) => lost.handOver("zombie"),
    };
    for (const [name, write] of Object.entries(attempts)) {
      const { bench, lost, holder } = await zombie("ann", heir);
      const before = await bench.state();
      const blobs = bench.world.memory.blobs;
      assert.equal(await bench.finish(write(lost)), "lost", name);
      assert.equal(lost.lost.aborted, true, name);
      assert.equal(await lost.events(["more"]), "lost", name);
      assert.deepEqual(await bench.state(), before, name);
      assert.deepEqual(bench.world.memory.blobs, blobs, `${name} leaves nothing behind`);
      assert.deepEqual((await bench.fold()).events, ["one", "two", "three"], name);
      assert.equal(await bench.finish(holder.beat(progress)), "go-on", name);
    }
  });
}

Deno.test("a finished result of one who has lost the job is only compared", async () => {
  const { result } = undisturbed(job);
  const early = await zombie("ann", "bob");
  assert.equal(await early.bench.finish(early.lost.commit(result, origin)), "fenced");
  assert.equal((await early.bench.state())?.state, "running");
  assert.equal(await early.bench.finish(early.holder.commit(result, origin)), "first");

  const late = await zombie("ann", "bob");
  assert.equal(await late.bench.finish(late.holder.commit(result, origin)), "first");
  assert.equal(await late.bench.finish(late.lost.commit(result, origin)), "same");
  const ledger = late.bench.ledger();
  assert.equal((await late.bench.finish(ledger.result(id)))?.worker, "bob");
  assert.equal((await late.bench.finish(ledger.alarms())).size, 0);
});

Deno.test("a result of one whom nobody has followed yet is the result, its story complete", async () => {
  const bench = await Bench.open();
  const process = bench.process();
  const lost = await bench.claim("ann", {}, process);
  await lost.events(["one"]);
  await bench.finish(lost.flush());
  process.backbone.away = true;
  await lost.events(["two"]);
  await bench.lose();
  process.backbone.away = false;
  assert.equal(await bench.finish(lost.beat(progress)), "lost");
  const { result } = undisturbed(job);
  assert.equal(await bench.finish(lost.commit(result, origin)), "first");
  assert.deepEqual((await bench.fold(1)).events, ["one", "two"]);
  assert.equal((await bench.state())?.state, "done");
});

Deno.test("a result of one whose events were refused is not the first", async () => {
  const bench = await Bench.open();
  const lost = await bench.claim("ann");
  await bench.lose();
  assert.equal(await bench.finish(lost.beat(progress)), "lost");
  assert.equal(await lost.events(["refused"]), "lost");
  assert.equal(await bench.finish(lost.commit(undisturbed(job).result, origin)), "fenced");
});

Deno.test("a result whose events the server has forgotten meanwhile is not the first, and is done anew", async () => {
  for (const after of ["commit: after the events", "commit: after the blob"] as const) {
    const bench = await Bench.open();
    const observer = bench.world.observer();
    const at = (point: string) => point === after ? observer.logs.remove(jobLog(id)) : undefined;
    const claim = await bench.claim("ann", { at });
    await claim.events(["one", "two"]);
    await bench.finish(claim.flush());
    const { result } = undisturbed(job);
    assert.equal(await bench.finish(claim.commit(result, origin)), "fenced", after);
    assert.deepEqual(await observer.table("results").keys(), []);

    await bench.lose();
    const again = await bench.claim("bob");
    await again.events(["one", "two"]);
    assert.equal(await bench.finish(again.commit(result, origin)), "first");
    assert.deepEqual((await bench.fold(2)).events, ["one", "two"]);
  }
});

Deno.test("a log that had to begin anew in the middle of an attempt is known to be incomplete", async () => {
  const bench = await Bench.open();
  const claim = await bench.claim("ann");
  await claim.events(["one", "two"]);
  await bench.finish(claim.flush());
  await bench.world.observer().logs.remove(jobLog(id));
  await claim.events(["three"]);
  await bench.finish(claim.flush());
  assert.equal(await bench.finish(claim.commit(undisturbed(job).result, origin)), "fenced");
});

Deno.test("two results that differ on one backend raise an alarm, and the first one stands", async () => {
  const { bench, lost, holder } = await zombie("ann", "bob");
  assert.equal(await bench.finish(holder.commit(canonicalBytes(1), origin)), "first");
  assert.equal(await bench.finish(lost.commit(canonicalBytes(2), origin)), "different");
  const ledger = bench.ledger();
  const alarms = await bench.finish(ledger.alarms());
  const alarm = alarms.get(`${id}.1`);
  assert.deepEqual(alarm?.results.map(({ worker }) => worker), ["bob", "ann"]);
  const { blobs } = bench.world.observer();
  const kept = alarm!.results.map(({ digest }) => blobs.get(digest));
  assert.deepEqual((await Promise.all(kept)).map((blob) => text(blob)), ["1", "2"]);
  assert.equal(text(await bench.finish(ledger.resultBytes(id))), "1");
});

Deno.test("results of different devices must agree within tolerance", async () => {
  const agree = (_: JobSpec, first: Uint8Array, second: Uint8Array) =>
    Math.abs(Number(text(first)) - Number(text(second))) < 0.1;
  for (const [value, outcome] of [[1.05, "same"], [1.2, "different"]] as const) {
    const bench = await Bench.open();
    const lost = await bench.claim("ann", { agree });
    await bench.lose();
    const holder = await bench.claim("bob", { agree });
    await bench.finish(holder.commit(canonicalBytes(1), origin));
    const elsewhere = { ...origin, device: "another" };
    assert.equal(await bench.finish(lost.commit(canonicalBytes(value), elsewhere)), outcome);
    const alarms = await bench.finish(bench.ledger().alarms());
    assert.equal(alarms.size, outcome === "same" ? 0 : 1);
  }
});

Deno.test("a claim goes on from the checkpoint before when the newest is damaged, or from none", async () => {
  const bench = await Bench.open();
  const first = await bench.claim("ann");
  for (const step of [2, 4]) {
    await first.events([`until ${step}`]);
    await first.keep({ step, bytes: bytes(`at ${step}`) });
    await bench.finish(first.flush());
  }
  assert.equal(await bench.finish(first.handOver("leaving")), "queued");
  const [newest, previous] = (await bench.state())!.checkpoints;

  bench.world.memory.damage(newest.digest);
  const second = await bench.claim("bob");
  assert.deepEqual([second.checkpoint?.step, text(second.checkpoint?.bytes)], [2, "at 2"]);
  assert.match(bench.troubles.join("\n"), /at step 4 is damaged/);
  await second.events(["until 4 again"]);
  await second.keep({ step: 4, bytes: bytes("at 4 again") });
  await bench.finish(second.flush());
  assert.deepEqual((await bench.fold()).events, ["until 2", "until 4 again"]);
  await bench.finish(second.handOver("leaving"));

  for (const { digest } of (await bench.state())!.checkpoints) bench.world.memory.damage(digest);
  assert.equal((await bench.state())?.checkpoints[1].digest, previous.digest);
  const third = await bench.claim("carl");
  assert.equal(third.checkpoint, undefined);
  await third.events(["anew"]);
  await bench.finish(third.flush());
  assert.deepEqual((await bench.fold()).events, ["anew"]);
});

Deno.test("only the last two checkpoints are kept", async () => {
  const bench = await Bench.open();
  const claim = await bench.claim("ann");
  for (let step = 1; step <= 5; step++) {
    await claim.keep({ step, bytes: bytes(`at ${step}`) });
    await bench.finish(claim.flush());
  }
  const { checkpoints } = (await bench.state())!;
  assert.deepEqual(checkpoints.map(({ step }) => step), [5, 4]);
  assert.deepEqual(
    bench.world.memory.blobs.toSorted(),
    checkpoints.map(({ digest }) => digest).toSorted(),
  );
});

Deno.test("while the server is away nothing is waited for; all that was said arrives in order", async () => {
  const bench = await Bench.open();
  const claim = await bench.claim("ann");
  bench.world.memory.away = true;
  for (let step = 1; step <= 6; step++) {
    assert.equal(await bench.finish(claim.beat({ step, steps: 6 })), "go-on");
    assert.equal(await claim.events([step]), "kept");
    assert.equal(await claim.keep({ step, bytes: bytes(`at ${step}`) }), "kept");
    await bench.world.pass(5_000);
  }
  const committing = claim.commit(undisturbed(job).result, origin);
  bench.world.after(10_000, () => bench.world.memory.away = false);
  assert.equal(await bench.finish(committing), "first");
  assert.deepEqual((await bench.fold()).events, [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(bench.world.memory.blobs.length, 1, "no checkpoint of a finished job was sent");
});

Deno.test("of the checkpoints that wait, only the newest is sent", async () => {
  const bench = await Bench.open();
  const claim = await bench.claim("ann");
  bench.world.memory.away = true;
  for (let step = 1; step <= 5; step++) {
    await claim.events([step]);
    await claim.keep({ step, bytes: bytes(`at ${step}`) });
    await bench.world.pass(1_000);
  }
  await claim.events([6]);
  bench.world.memory.away = false;
  assert.equal(await bench.finish(claim.flush()), "kept");
  const { checkpoints } = (await bench.state())!;
  assert.deepEqual(checkpoints.map(({ step }) => step), [5]);
  // What belongs to a checkpoint is before it, and what does not is after.
  await bench.finish(claim.handOver("leaving"));
  const next = await bench.claim("bob");
  await bench.finish(next.keep({ step: 6, bytes: bytes("at 6") }));
  await bench.finish(next.flush());
  assert.deepEqual((await bench.fold()).events, [1, 2, 3, 4, 5]);
});

Deno.test("a claim without an answer knows itself; one that somebody else has got does not", async () => {
  const bench = await Bench.open();
  for (const worker of ["ann", "bob"]) {
    const process = bench.process();
    let unanswered = 0;
    const table = process.backbone.table("jobs");
    const update = table.update.bind(table);
    table.update = async (key, value, revision) => {
      if (unanswered++ > 0) return await update(key, value, revision);
      bench.world.faults = { ...noFaults, unanswered: 1 };
      return await update(key, value, revision).finally(() => bench.world.faults = noFaults);
    };
    const ledger = bench.ledger({}, process);
    const claim = await bench.finish(ledger.claim(id, worker));
    if (worker === "ann") {
      assert(claim.claimed);
      assert.equal(claim.epoch, 1);
      assert.equal(await bench.finish(claim.beat(progress)), "go-on");
    } else {
      assert.deepEqual(claim, { claimed: false, reason: "held", holder: "ann" });
    }
  }
});

Deno.test("a checkpoint that was kept without an answer, before the job was lost, stays", async () => {
  const bench = await Bench.open();
  const process = bench.process();
  const claim = await bench.claim("ann", {}, process);
  const table = process.backbone.table("jobs");
  const update = table.update.bind(table);
  table.update = async (key, value, revision) => {
    await update(key, value, revision);
    process.backbone.away = true;
    throw new BackboneError("unavailable", "no answer");
  };
  await claim.keep({ step: 2, bytes: bytes("at 2") });
  await bench.lose();
  process.backbone.away = false;
  assert.equal(await bench.finish(claim.flush()), "lost");
  assert.equal((await bench.claim("bob")).checkpoint?.step, 2);
});

Deno.test("of two claims of one worker at once, one gets the job, whatever answers are lost", async () => {
  const bench = await Bench.open();
  const process = bench.process();
  const table = process.backbone.table("jobs");
  const update = table.update.bind(table);
  let updates = 0;
  table.update = (key, value, revision) =>
    ++updates === 2
      ? Promise.reject(new BackboneError("unavailable", "never arrived"))
      : update(key, value, revision);
  const ledger = bench.ledger({}, process);
  const claims = await bench.finish(Promise.all([1, 2].map(() => ledger.claim(id, "ann"))));
  assert.deepEqual(claims.map(({ claimed }) => claimed).toSorted(), [false, true]);
});

/** A claim whose process reads its job as it was before the claim, so many times. */
async function withStaleReads(times: number) {
  const bench = await Bench.open();
  const process = bench.process();
  const table = process.backbone.table("jobs");
  const get = table.get.bind(table);
  const before = await bench.finish(get(id));
  const claim = await bench.claim("ann", {}, process);
  let reads = 0;
  table.get = (key) => ++reads <= times ? Promise.resolve(before) : get(key);
  // Somebody else changes the record, so that it has to be read.
  await bench.finish(bench.ledger().pause(id));
  return { bench, claim };
}

Deno.test("a reading that lags behind takes no job from its holder", async () => {
  const { bench, claim } = await withStaleReads(3);
  const orders: string[] = [];
  for (let beat = 0; beat < 4; beat++) orders.push(await bench.finish(claim.beat(progress)));
  assert.deepEqual(orders, ["go-on", "go-on", "go-on", "pause"]);
});

Deno.test("a server that has lost its newest data is believed in the end", async () => {
  const { bench, claim } = await withStaleReads(Infinity);
  let beats = 0;
  while (await bench.finish(claim.beat(progress)) !== "lost") {
    assert(++beats < 20, "it is never believed");
  }
  assert(beats > 3, "it is not believed at once");
});

Deno.test("what was wanted of a job reaches its holder at the next sign of life", async () => {
  const bench = await Bench.open();
  const claim = await bench.claim("ann");
  const ledger = bench.ledger();
  assert.equal(await bench.finish(claim.beat(progress)), "go-on");
  assert.equal((await bench.finish(ledger.pause(id)))?.state, "running");
  assert.equal(await bench.finish(claim.beat(progress)), "pause");
  bench.world.memory.away = true;
  assert.equal(await bench.finish(claim.beat(progress)), "pause", "also when the server is away");
  bench.world.memory.away = false;
  await claim.keep({ step: 2, bytes: bytes("at 2") });
  assert.equal(await bench.finish(claim.handOver("as wanted")), "paused");
  assert.deepEqual(await bench.finish(ledger.claim(id, "bob")), {
    claimed: false,
    reason: "paused",
    holder: undefined,
  });
  assert.equal((await bench.finish(ledger.release(id)))?.state, "queued");
  const again = await bench.claim("bob");
  assert.equal(again.checkpoint?.step, 2);
  await bench.finish(ledger.cancel(id));
  assert.equal(await bench.finish(again.beat(progress)), "cancel");
  assert.equal(await bench.finish(again.handOver("as wanted")), "cancelled");
});

Deno.test("a checkpoint that takes longer to load than a lease does not cost the job", async () => {
  const bench = await Bench.open();
  const first = await bench.claim("ann");
  await first.keep({ step: 2, bytes: bytes("at 2") });
  await bench.finish(first.flush());
  await bench.finish(first.handOver("leaving"));
  const slow = bench.process();
  const get = slow.backbone.blobs.get.bind(slow.backbone.blobs);
  slow.backbone.blobs.get = (digest) => slow.timers.sleep(20_000).then(() => get(digest));
  const watching = bench.process();
  await bench.finish(
    new Reconciler(watching.backbone, "watching", { timers: watching.timers }).start(),
  );
  const second = await bench.claim("bob", {}, slow);
  assert.equal(await bench.finish(second.beat(progress)), "go-on");
  assert.equal(second.epoch, 2);
});

Deno.test("an event that is too large for the log is left out, and said", async () => {
  const bench = await Bench.open();
  const claim = await bench.claim("ann");
  await claim.events(["before"]);
  await claim.events(["x".repeat(600_000)]);
  await claim.events(["after"]);
  assert.equal(await bench.finish(claim.flush()), "kept");
  assert.deepEqual((await bench.fold()).events, ["before", "after"]);
  assert.match(bench.troubles.join("\n"), /events of job .* left out/);
});

Deno.test("events that JSON cannot hold are refused, and the others go on", async () => {
  const bench = await Bench.open();
  const claim = await bench.claim("ann");
  await assert.rejects(claim.events([{ loss: NaN }]), TypeError);
  await claim.events([{ loss: null }]);
  assert.equal(await bench.finish(claim.flush()), "kept");
  assert.deepEqual((await bench.fold()).events, [{ loss: null }]);
});

Deno.test("an abandoned claim leaves the job as a death would", async () => {
  const bench = await Bench.open();
  const claim = await bench.claim("ann");
  bench.world.memory.away = true;
  await claim.events(["never sent"]);
  const flushed = assert.rejects(claim.flush(), /is over/);
  const committed = assert.rejects(claim.commit(undisturbed(job).result, origin), /is over/);
  claim.abandon();
  await bench.finish(Promise.all([flushed, committed]));
  bench.world.memory.away = false;
  assert.equal((await bench.state())?.state, "running");
  await bench.lose();
  assert.equal((await bench.claim("bob")).epoch, 2);
});

Deno.test("every attempt is seen by a witness to keep the rules", async () => {
  const bench = await Bench.open();
  const witness = await Witness.watch(bench.world);
  const first = await bench.claim("ann");
  assert.equal(await bench.finish(first.fail("out-of-memory", "killed with 9 GiB")), "queued");
  const second = await bench.claim("bob");
  assert.equal(await bench.finish(second.commit(undisturbed(job).result, origin)), "first");
  assert.deepEqual(witness.get(job)?.attempts, [
    { epoch: 1, worker: "ann", end: "out-of-memory", step: 0, message: "killed with 9 GiB" },
  ]);
});
