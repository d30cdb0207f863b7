/** The reconciler: what a death or a lost message has left half done is repaired, and nothing else. */
import assert from "node:assert/strict";
import { canonicalBytes, decodeHint, jobId, laneOf } from "../../../cluster/jobs/identity.ts";
import { Ledger } from "../../../cluster/jobs/ledger.ts";
import { Reconciler, type ReconcilerOptions } from "../../../cluster/jobs/reconciler.ts";
import { defaultTimes, type ObservedJob, repairOf } from "../../../cluster/jobs/repairs.ts";
import type { Attempt, JobState } from "../../../cluster/jobs/records.ts";
import { newJob } from "../../../cluster/jobs/transitions.ts";
import { attempt, chainJob, chainWorker, origin, undisturbed, Witness } from "./laboratory.ts";
import { type Process, World } from "./simulation.ts";

const jobs = [chainJob("a"), chainJob("b"), chainJob("c")];
const lane = laneOf(5, jobs[0].needs);

/** A world with reconcilers whose repairs are written down. */
class Bench {
  readonly world = new World(1);
  readonly repairs: string[] = [];
  readonly reconcilers: Reconciler[] = [];

  process(name: string): Process {
    return this.world.start(name, () => Promise.resolve());
  }

  ledger(name = "ledger"): Ledger {
    const { backbone, timers } = this.process(name);
    return new Ledger(backbone, { timers });
  }

  async submit(): Promise<Ledger> {
    const ledger = this.ledger("submitter");
    for (const job of jobs) await this.finish(ledger.submit(job));
    return ledger;
  }

  async reconcile(name: string, options: ReconcilerOptions = {}): Promise<Process> {
    const process = this.process(name);
    const reconciler = new Reconciler(process.backbone, name, {
      timers: process.timers,
      onRepair: (repair, job) => {
        const spec = jobs.find((spec) => jobId(spec) === job);
        this.repairs.push(`${name}: ${repair} ${spec?.work.name}`);
      },
      ...options,
    });
    this.reconcilers.push(reconciler);
    await this.finish(reconciler.start());
    return process;
  }

  async hints(): Promise<number> {
    return await this.world.observer().queue.waiting(lane);
  }

  finish<T>(work: Promise<T>): Promise<T> {
    return this.world.finish(work);
  }
}

Deno.test("hints that the queue has lost are given again; as long as some wait, none are", async () => {
  const bench = new Bench();
  await bench.submit();
  await bench.reconcile("r");
  await bench.world.pass(60_000);
  assert.equal(bench.repairs.join(), "");
  bench.world.memory.loseHints();
  await bench.world.pass(2_000);
  assert.deepEqual(bench.repairs, ["r: hint-if-none a", "r: hint-if-none b", "r: hint-if-none c"]);
  const { queue } = bench.world.observer();
  const signal = new AbortController().signal;
  const hint = await queue.pull([lane], { signal, patience: 0 });
  assert.equal(decodeHint(hint!.payload), jobId(jobs[0]));
});

Deno.test("hints at jobs that nobody claims become rarer, not more and more", async () => {
  const bench = new Bench();
  await bench.submit();
  await bench.reconcile("r");
  // Somebody takes every hint and does nothing.
  bench.world.start("idle", async ({ backbone }) => {
    const signal = new AbortController().signal;
    for (;;) await (await backbone.queue.pull([lane], { signal, patience: 1_000 }))?.done();
  });
  await bench.world.pass(600_000);
  assert(bench.repairs.length >= 3 * 8, `${bench.repairs.length} hints`);
  assert(bench.repairs.length <= 3 * 16, `${bench.repairs.length} hints`);
});

Deno.test("duplicates of hints are harmless", async () => {
  const bench = new Bench();
  const witness = await Witness.watch(bench.world);
  const ledger = await bench.submit();
  for (let round = 0; round < 5; round++) {
    for (const job of jobs) await bench.finish(ledger.submit(job));
  }
  assert.equal(await bench.hints(), 18);
  for (const name of ["ann", "bob"]) bench.world.start(name, chainWorker(bench.world));
  assert(await bench.world.run(() => witness.all(jobs)));
  await bench.world.pass(20_000);
  assert.equal(await bench.hints(), 0);
  await witness.requireFinished(jobs);
  for (const { epoch } of witness.states.values()) assert.equal(epoch, 1);
});

Deno.test("a job whose worker is silent for a lease goes on elsewhere, ahead of those nobody has begun", async () => {
  const bench = new Bench();
  const ledger = await bench.submit();
  await bench.reconcile("r");
  const claim = await bench.finish(ledger.claim(jobId(jobs[2]), "ann"));
  assert(claim.claimed);
  for (let second = 0; second < 10; second++) {
    await bench.finish(claim.beat({ step: second, steps: 10 }));
    await bench.world.pass(1_000);
  }
  assert.equal(bench.repairs.join(), "", "a slow pulse is a pulse");
  await bench.world.pass(3_500);
  assert.deepEqual(bench.repairs, ["r: lost c", "r: hint c"]);
  const state = await bench.finish(ledger.state(claim.id));
  assert.equal(state?.state, "queued");
  assert.match(state!.attempts[0].message, /nothing was heard of ann for [34]\.\d s/);
  const witness = await Witness.watch(bench.world);
  bench.world.start("bob", chainWorker(bench.world));
  assert(await bench.world.run(() => witness.get(jobs[2])?.state === "done"));
  assert.equal(witness.get(jobs[1])?.epoch, 0, "the interrupted one is first");
});

Deno.test("an outage of the server costs nobody a job", async () => {
  const bench = new Bench();
  await bench.submit();
  await bench.reconcile("r");
  const process = bench.process("ann");
  const own = new Ledger(process.backbone, { timers: process.timers });
  const claim = await bench.finish(own.claim(jobId(jobs[0]), "ann"));
  assert(claim.claimed);
  bench.world.memory.away = true;
  const working = attempt(bench.world, claim, process.timers, { step: 20_000 });
  await bench.world.pass(30_000);
  bench.world.memory.away = false;
  // Not everybody is back as soon as the reconciler.
  process.backbone.away = true;
  bench.world.after(4_000, () => process.backbone.away = false);
  assert.equal(await bench.finish(working), "first");
  assert(!bench.repairs.some((repair) => repair.includes("lost")), bench.repairs.join());
});

Deno.test("a machine that was asleep takes no job from its own workers when it wakes up", async () => {
  const bench = new Bench();
  const ledger = await bench.submit();
  const process = await bench.reconcile("r");
  const claim = await bench.finish(ledger.claim(jobId(jobs[0]), "ann"));
  assert(claim.claimed);
  process.freeze(60_000);
  await bench.world.pass(61_000);
  assert.equal(bench.repairs.join(), "");
  await bench.finish(claim.beat({ step: 0, steps: 1 }));
  await bench.world.pass(2_500);
  assert.equal(bench.repairs.join(), "");
  await bench.world.pass(2_000);
  assert.equal(bench.repairs[0], "r: lost a", "in the end it notices");
});

Deno.test("one of several does the work; another takes over when it dies, at once when it leaves", async () => {
  const bench = new Bench();
  const witness = await Witness.watch(bench.world);
  await bench.submit();
  const first = await bench.reconcile("r1");
  await bench.world.pass(1_000);
  await bench.reconcile("r2");
  await bench.reconcile("r3");
  const leading = () => bench.reconcilers.map((reconciler) => reconciler.leading);
  await bench.world.pass(10_000);
  assert.deepEqual(leading(), [true, false, false]);
  first.kill();
  await bench.world.pass(4_500);
  const [, second, third] = leading();
  assert.notEqual(second, third);
  const leader = bench.reconcilers[second ? 1 : 2];
  await bench.finish(leader.close());
  await bench.world.pass(1_100);
  assert.deepEqual(leading().slice(1).toSorted(), [false, true], "the other one now");
  // The one that was ready knows who was silent.
  bench.world.memory.loseHints();
  bench.world.start("ann", chainWorker(bench.world));
  assert(await bench.world.run(() => witness.all(jobs)));
});

Deno.test("a result whose job is not done yet makes it done", async () => {
  const bench = new Bench();
  const ledger = await bench.submit();
  const { result } = undisturbed(jobs[0]);
  const dying = bench.process("dying");
  const hook = dying.dieAt("commit: after the result");
  const claim = await bench.finish(
    new Ledger(dying.backbone, { timers: dying.timers, at: hook }).claim(jobId(jobs[0]), "ann"),
  );
  assert(claim.claimed);
  claim.commit(result, origin).catch(() => {});
  assert(await bench.world.run(() => !dying.alive));
  assert.equal((await bench.finish(ledger.state(claim.id)))?.state, "running");
  await bench.reconcile("r");
  await bench.world.pass(1_100);
  assert.deepEqual(bench.repairs, ["r: finish a"]);
  assert.equal((await bench.finish(ledger.state(claim.id)))?.state, "done");
});

Deno.test("a job that is called done, but whose result the server has lost, is done again", async () => {
  const bench = new Bench();
  const ledger = await bench.submit();
  const claim = await bench.finish(ledger.claim(jobId(jobs[0]), "ann"));
  assert(claim.claimed);
  await bench.finish(claim.commit(undisturbed(jobs[0]).result, origin));
  await bench.reconcile("r");
  await bench.world.pass(30_000);
  assert.equal(bench.repairs.join(), "");
  const results = bench.world.observer().table("results");
  const entry = await results.get(claim.id);
  await results.remove(claim.id, entry!.revision);
  bench.world.start("bob", chainWorker(bench.world));
  await bench.world.pass(60_000);
  assert(bench.repairs.includes("r: reopen a"));
  assert.deepEqual(await bench.finish(ledger.resultBytes(claim.id)), undisturbed(jobs[0]).result);
});

Deno.test("done, failed, paused and cancelled jobs are left alone", async () => {
  const bench = new Bench();
  const ledger = await bench.submit();
  const [a, b, c] = jobs.map(jobId);
  await bench.finish(ledger.pause(a));
  await bench.finish(ledger.cancel(b));
  for (let time = 0; time < 3; time++) {
    const claim = await bench.finish(ledger.claim(c, "ann"));
    assert(claim.claimed);
    await bench.finish(claim.fail("exception", "broken"));
  }
  bench.world.memory.loseHints();
  await bench.reconcile("r");
  await bench.world.pass(300_000);
  assert.equal(bench.repairs.join(), "");
});

Deno.test("a record that is none is told, and stops nothing", async () => {
  const bench = new Bench();
  const troubles: string[] = [];
  await bench.world.observer().table("jobs").create("broken", canonicalBytes({ state: "?" }));
  await bench.submit();
  await bench.reconcile("r", { onTrouble: (_, error) => troubles.push(String(error)) });
  bench.world.memory.loseHints();
  await bench.world.pass(5_000);
  assert.equal(bench.repairs.length, 3);
  assert.match(troubles.join(), /job broken: not a record of this version/);
});

const attemptOf = (end: Attempt["end"], epoch = 1): Attempt => ({
  epoch,
  worker: "ann",
  end,
  step: 0,
  message: "",
});

/** When a job gets its first hint, ms after its attempts have ended like this. */
function hintAfter(failures: number, ...ends: Attempt["end"][]): number {
  const state: JobState = {
    ...newJob("p5-0"),
    failures,
    attempts: ends.map((end, index) => attemptOf(end, index + 1)),
  };
  const job: ObservedJob = {
    state,
    revision: 1,
    since: 0,
    hints: 0,
    hintedAt: 0,
    hasResult: false,
  };
  for (let now = 0; now < 1e6; now += 100) {
    if (repairOf(job, now, defaultTimes) === "hint") return now;
  }
  return Infinity;
}

Deno.test("a job rests longer after each failure of its own; a first loss is no reason to rest", () => {
  assert.equal(hintAfter(1, "lost"), 0);
  assert.equal(hintAfter(2, "lost", "lost"), 1_000);
  assert.equal(hintAfter(3, "lost", "lost", "lost"), 2_000);
  assert.equal(hintAfter(1, "exception"), 1_000);
  assert.equal(hintAfter(2, "exception", "stalled"), 2_000);
  assert.equal(hintAfter(9, "exception"), 60_000);
  assert.equal(hintAfter(0, "exception"), Infinity, "whoever has released it has hinted");
  assert.equal(hintAfter(1, "exception", "handed-over"), Infinity, "as who has handed it over");
});

Deno.test("a record that nobody can read is told of once, and keeps no other job from its repair", async () => {
  const bench = new Bench();
  const ledger = await bench.submit();
  const claim = await bench.finish(ledger.claim(jobId(jobs[0]), "ann"));
  assert(claim.claimed);
  await bench.finish(claim.commit(undisturbed(jobs[0]).result, origin));
  const results = bench.world.observer().table("results");
  const { revision } = (await results.get(claim.id))!;
  await results.update(claim.id, canonicalBytes("no record"), revision);
  const troubles: string[] = [];
  await bench.reconcile("r", { onTrouble: (message) => troubles.push(message) });
  bench.world.memory.loseHints();
  await bench.world.pass(10_000);
  assert.deepEqual(bench.repairs.slice(0, 2), ["r: hint-if-none b", "r: hint-if-none c"]);
  assert.deepEqual(troubles, ["a record was left out", `job ${claim.id} cannot be repaired`]);
});
