/** The worker on a laboratory within one process: which jobs it takes, and how each of them ends. */
import assert from "node:assert/strict";
import { encodeWorkerControl, workerControlSubject } from "../../../agents/worker/control.ts";
import { jobEvents } from "../../../agents/worker/job_lines.ts";
import { digestOf } from "../../../cluster/digest.ts";
import { foldJobLog } from "../../../cluster/jobs/fold.ts";
import { jsonLine, Log } from "../../../cluster/log.ts";
import { encodeHint, jobLog, laneOf } from "../../../cluster/jobs/identity.ts";
import { workerRecord } from "../../../cluster/jobs/records.ts";
import { MethodThreadError } from "../../../agents/library/method_thread.ts";
import { countingExecutor, countingJob, Laboratory, sumTo } from "./laboratory.ts";

/** A job that waits at a step until it is let go on. */
function gate(at: number) {
  const reached = Promise.withResolvers<void>();
  const open = Promise.withResolvers<void>();
  const executor = countingExecutor((_, step) => {
    if (step !== at) return;
    reached.resolve();
    return open.promise;
  });
  return { executor, reached: reached.promise, open: open.resolve };
}

const forEver = () => new Promise<never>(() => {});

Deno.test("two workers do all jobs, each once", async () => {
  await using laboratory = new Laboratory();
  const { ledger } = laboratory;
  const steps = Array.from({ length: 12 }, (_, index) => index + 1);
  const ids = await Promise.all(steps.map((n) => ledger.submit(countingJob(`to ${n}`, n))));
  const workers = await Promise.all([laboratory.hire(), laboratory.hire()]);
  assert.deepEqual(
    await Promise.all(ids.map((id) => laboratory.result(id))),
    steps.map(sumTo),
  );
  for (const { epoch, attempts } of (await ledger.jobs()).values()) {
    assert.deepEqual({ epoch, attempts }, { epoch: 1, attempts: [] });
  }
  for (const worker of workers) await worker[Symbol.asyncDispose]();
  const finished = workers.map(({ counters }) => counters.totals["jobs.finished"] ?? 0);
  assert.equal(finished[0] + finished[1], steps.length);
});

Deno.test("a job's events are kept once, in order, and its result says who made it", async () => {
  await using laboratory = new Laboratory();
  const id = await laboratory.ledger.submit(countingJob("events", 5));
  await using _worker = await laboratory.hire({ id: "scribe" });
  await laboratory.result(id);
  const entries = await laboratory.backbone.logs.read(jobLog(id));
  assert.deepEqual(
    jobEvents(foldJobLog(entries).events).map(({ step, event }) => [step, event.sum]),
    [[1, 1], [2, 3], [3, 6], [4, 10], [5, 15]],
  );
  const { worker, device, backend, cost } = (await laboratory.ledger.result(id))!;
  assert.deepEqual({ worker, device, backend }, {
    worker: "scribe",
    device: "fingers",
    backend: "cpu",
  });
  assert.deepEqual(cost, { seconds: 1, tensorBytes: 8 });
});

Deno.test("a worker leaves jobs alone that it has not everything for", async () => {
  await using laboratory = new Laboratory();
  const { ledger } = laboratory;
  const data = [{ name: "missing.f32", digest: digestOf("missing") }];
  const foreign = await Promise.all([
    ledger.submit(countingJob("backend", 1, { backend: "webgpu" }), { priority: 0 }),
    ledger.submit(countingJob("memory", 1, { memory: 2 ** 40 }), { priority: 0 }),
    ledger.submit(countingJob("data", 1, { data }), { priority: 0 }),
  ]);
  const own = await ledger.submit(countingJob("own", 1), { priority: 9 });
  await using _worker = await laboratory.hire();
  await laboratory.result(own);
  for (const id of foreign) assert.equal((await ledger.state(id))!.state, "queued");
});

Deno.test("a job goes to the worker that has its data file, and no other content of it", async () => {
  await using laboratory = new Laboratory();
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/numbers.txt`, "1 2 3");
  const read: string[] = [];
  const executor = countingExecutor(async (_, __, { file }) => {
    read.push(new TextDecoder().decode(await file("numbers.txt")));
  });
  const needing = (content: string) => ({
    data: [{ name: "numbers.txt", digest: digestOf(content) }],
  });
  const other = await laboratory.ledger.submit(countingJob("other", 1, needing("4 5 6")));
  const id = await laboratory.ledger.submit(countingJob("data", 1, needing("1 2 3")));
  await using _worker = await laboratory.hire({ data: folder, executors: [executor] });
  await laboratory.result(id);
  assert.deepEqual(read, ["1 2 3"]);
  assert.equal((await laboratory.ledger.state(other))!.state, "queued");
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a job for another version of the program is left to others", async () => {
  await using laboratory = new Laboratory();
  const id = await laboratory.ledger.submit({ ...countingJob("newer", 2), code: "test-2" });
  const declined = Promise.withResolvers<void>();
  const log = new Log({}, jsonLine, (_, line) => line.includes("left a job") && declined.resolve());
  const old = await laboratory.hire({ id: "old", log });
  await declined.promise;
  await old[Symbol.asyncDispose]();
  await using _new = await laboratory.hire({ id: "new", version: "test-2" });
  await laboratory.result(id);
  assert.equal((await laboratory.ledger.result(id))!.worker, "new");
});

Deno.test("urgent jobs come first", async () => {
  await using laboratory = new Laboratory();
  const order: string[] = [];
  const executor = countingExecutor(({ name }) => order.push(name));
  const submit = (name: string, priority: number) =>
    laboratory.ledger.submit(countingJob(name, 1), { priority });
  const ids = [await submit("later", 7), await submit("soon", 3), await submit("now", 0)];
  await using _worker = await laboratory.hire({ executors: [executor] });
  await Promise.all(ids.map((id) => laboratory.result(id)));
  assert.deepEqual(order, ["now", "soon", "later"]);
});

Deno.test("a worker that leaves hands its job over, and another one goes on where it was", async () => {
  await using laboratory = new Laboratory();
  const id = await laboratory.ledger.submit(countingJob("handed over", 20));
  const { executor, reached } = gate(7);
  const first = await laboratory.hire({ executors: [executor] });
  await reached;
  await first[Symbol.asyncDispose]();
  const state = (await laboratory.ledger.state(id))!;
  assert.equal(state.state, "queued");
  assert.deepEqual(state.attempts.map(({ end, step }) => ({ end, step })), [
    { end: "handed-over", step: 7 },
  ]);
  const begun: number[] = [];
  await using _second = await laboratory.hire({
    executors: [countingExecutor((_, step) => begun.push(step))],
  });
  assert.equal(await laboratory.result(id), sumTo(20));
  assert.equal(begun[0], 8);
  const { cost } = (await laboratory.ledger.result(id))!;
  assert.equal(cost.seconds, 2, "both parts of it are counted");
});

Deno.test("a job that hangs is handed over from its last checkpoint when its worker leaves", async () => {
  await using laboratory = new Laboratory();
  const id = await laboratory.ledger.submit(countingJob("hangs", 9));
  const reached = Promise.withResolvers<void>();
  const hanging = countingExecutor();
  const executor = {
    ...hanging,
    // Does not look at its signals any more.
    run: async (...[work, context]: Parameters<typeof hanging.run>) => {
      await hanging.run({ ...work, steps: 3 }, context);
      reached.resolve();
      return await forEver();
    },
  };
  const worker = await laboratory.hire({ executors: [executor] });
  await reached.promise;
  await worker[Symbol.asyncDispose]();
  const { state, attempts } = (await laboratory.ledger.state(id))!;
  assert.equal(state, "queued");
  assert.deepEqual(attempts.map(({ end, step }) => [end, step]), [["handed-over", 3]]);
});

Deno.test("a job whose steps stand still is ended as stalled", async () => {
  await using laboratory = new Laboratory();
  const id = await laboratory.ledger.submit(countingJob("stalls", 9));
  const executor = countingExecutor((_, step) => step === 4 ? forEver() : undefined);
  const worker = await laboratory.hire({ executors: [executor], times: { stall: 150 } });
  const state = await laboratory.until(id, ({ attempts }) => attempts.length > 0);
  assert.deepEqual(state.attempts.map(({ end, step }) => [end, step]), [["stalled", 4]]);
  assert.match(state.attempts[0].message, /no step for .* s after step 4/);
  await worker[Symbol.asyncDispose]();
  assert.equal(worker.counters.totals["jobs.failed"], 1);
});

Deno.test("an exception is kept as evidence, and the worker goes on with other jobs", async () => {
  await using laboratory = new Laboratory();
  const executor = countingExecutor(({ name }, step) => {
    if (name === "bad" && step === 2) throw new RangeError("the second step is out of range");
  });
  const bad = await laboratory.ledger.submit(countingJob("bad", 3), { priority: 0 });
  const good = await laboratory.ledger.submit(countingJob("good", 3));
  await using _worker = await laboratory.hire({ executors: [executor] });
  assert.equal(await laboratory.result(good), sumTo(3));
  const { attempts } = await laboratory.until(bad, ({ attempts }) => attempts.length > 0);
  assert.equal(attempts[0].end, "exception");
  assert.match(attempts[0].message, /the second step is out of range/);
});

Deno.test("a job of a kind that the worker does not know fails with the reason", async () => {
  await using laboratory = new Laboratory();
  const id = await laboratory.ledger.submit({ ...countingJob("odd", 1), kind: "knitting" });
  await using _worker = await laboratory.hire();
  const { attempts } = await laboratory.until(id, ({ attempts }) => attempts.length > 0);
  assert.match(attempts[0].message, /no jobs of kind "knitting"/);
});

Deno.test("a backend that cannot be used is not offered any more", async () => {
  await using laboratory = new Laboratory();
  const id = await laboratory.ledger.submit(countingJob("unlucky", 1));
  const executor = countingExecutor(() => {
    throw new MethodThreadError("backend cpu is gone", "BackendError");
  });
  await using _worker = await laboratory.hire({ id: "unlucky", executors: [executor] });
  await laboratory.until(id, ({ attempts }) => attempts.length > 0);
  const { promise: without, resolve } = Promise.withResolvers<void>();
  const subscription = await laboratory.backbone.table("workers").watch(({ value }) => {
    if (
      value && workerRecord.parse(JSON.parse(new TextDecoder().decode(value))).backends.length === 0
    ) {
      resolve();
    }
  });
  await without;
  subscription.unsubscribe();
});

Deno.test("a running job is paused where it can go on, and goes on when it is released", async () => {
  await using laboratory = new Laboratory();
  const id = await laboratory.ledger.submit(countingJob("paused", 9));
  const { executor, reached, open } = gate(4);
  await using _worker = await laboratory.hire({ executors: [executor] });
  await reached;
  await laboratory.ledger.pause(id);
  const { checkpoints } = await laboratory.until(id, ({ state }) => state === "paused");
  assert.equal(checkpoints[0].step, 4);
  open();
  await laboratory.ledger.release(id);
  assert.equal(await laboratory.result(id), sumTo(9));
});

Deno.test("a cancelled job is dropped", async () => {
  await using laboratory = new Laboratory();
  const id = await laboratory.ledger.submit(countingJob("cancelled", 9));
  const { executor, reached } = gate(4);
  await using _worker = await laboratory.hire({ executors: [executor] });
  await reached;
  await laboratory.ledger.cancel(id);
  await laboratory.until(id, ({ state }) => state === "cancelled");
  const next = await laboratory.ledger.submit(countingJob("next", 2));
  assert.equal(await laboratory.result(next), sumTo(2), "the worker is free for others");
});

Deno.test("a hint that comes twice does no harm", async () => {
  await using laboratory = new Laboratory();
  const spec = countingJob("twice", 3);
  const id = await laboratory.ledger.submit(spec);
  const lane = laneOf(5, spec.needs);
  const { queue } = laboratory.backbone;
  await queue.push(lane, encodeHint(id));
  const { executor, reached, open } = gate(2);
  await using _first = await laboratory.hire({ executors: [executor] });
  await reached;
  await using _second = await laboratory.hire();
  await queue.push(lane, encodeHint(id));
  open();
  assert.equal(await laboratory.result(id), sumTo(3));
  assert.equal((await laboratory.ledger.state(id))!.epoch, 1);
});

Deno.test("a hint at a job that was deleted is tried for a while, and then let go", async () => {
  await using laboratory = new Laboratory();
  const { ledger, backbone: { queue } } = laboratory;
  const spec = countingJob("deleted", 2);
  const id = await ledger.submit(spec);
  await ledger.submitRun("run", {
    ...{ title: "run", kind: "counting", config: {}, submitted: "" },
    jobs: { deleted: id },
  });
  await ledger.cancel(id);
  assert.equal((await ledger.deleteRun("run")).deleted, true);
  const lane = laneOf(5, spec.needs);
  const signal = new AbortController().signal;
  // As often as it is tried, less once.
  for (let time = 0; time < 59; time++) {
    (await queue.pull([lane], { signal, patience: 1_000 }))!.giveBack();
  }
  await using _worker = await laboratory.hire();
  const other = await ledger.submit(countingJob("other", 2));
  assert.equal(await laboratory.result(other), sumTo(2));
  assert.equal(await queue.waiting(lane), 0);
});

Deno.test("lines of the log that are about a job name the run with which it was submitted", async () => {
  await using laboratory = new Laboratory();
  const { ledger } = laboratory;
  const fails = countingExecutor(({ name }) => {
    if (name === "failing") throw new Error("on purpose");
  });
  const ids = await Promise.all(
    ["failing", "fine"].map((name) => ledger.submit(countingJob(name, 2), { run: "run-7" })),
  );
  // What somebody submits with another run later stays with the first.
  await ledger.submit(countingJob("fine", 2), { run: "run-8" });
  await using worker = await laboratory.hire({ executors: [fails] });
  await laboratory.result(ids[1]);
  await laboratory.until(ids[0], ({ attempts }) => attempts.length > 0);
  await worker[Symbol.asyncDispose]();
  const lines = worker.log.map((line) => JSON.parse(line)).filter(({ job }) => job !== undefined);
  const messages = new Set(lines.map(({ message }) => message));
  for (const message of ["begins a job", "finished a job (first)", "the job failed: on purpose"]) {
    assert(messages.has(message), `${message} in ${[...messages].join("; ")}`);
  }
  assert.deepEqual([...new Set(lines.map(({ run }) => run))], ["run-7"]);
});

Deno.test("a malformed hint goes to the dead letters and stops nobody", async () => {
  await using laboratory = new Laboratory();
  const spec = countingJob("after the letter", 1);
  await laboratory.backbone.queue.push(laneOf(5, spec.needs), new Uint8Array([0xff, 0x00]));
  const id = await laboratory.ledger.submit(spec);
  const worker = await laboratory.hire();
  await laboratory.result(id);
  await worker[Symbol.asyncDispose]();
  assert.equal(worker.counters.totals["messages.malformed"], 1);
});

Deno.test("while the disk is full no job is taken", async () => {
  await using laboratory = new Laboratory();
  const id = await laboratory.ledger.submit(countingJob("waits for room", 2));
  const asked = Promise.withResolvers<void>();
  await using _worker = await laboratory.hire({
    hasRoom() {
      asked.resolve();
      return Promise.resolve(false);
    },
  });
  await asked.promise;
  await using _other = await laboratory.hire({ id: "roomy" });
  await laboratory.result(id);
  assert.equal((await laboratory.ledger.result(id))!.worker, "roomy");
});

Deno.test("a worker that is drained finishes its job, takes no other, and leaves", async () => {
  await using laboratory = new Laboratory();
  const id = await laboratory.ledger.submit(countingJob("last", 3), { priority: 0 });
  const next = await laboratory.ledger.submit(countingJob("left", 3));
  const { executor, reached, open } = gate(2);
  const worker = await laboratory.hire({ id: "drained", executors: [executor] });
  await reached;
  const { bus } = laboratory.backbone;
  bus.publish(workerControlSubject("drained"), encodeWorkerControl({ type: "drain" }));
  open();
  await worker.ended;
  assert.equal(await laboratory.result(id), sumTo(3));
  assert.equal((await laboratory.ledger.state(next))!.state, "queued");
  assert.equal(await laboratory.backbone.table("workers").get("drained"), undefined);
});

Deno.test("while the server is away the job goes on, and its result gets there afterwards", async () => {
  await using laboratory = new Laboratory();
  const { cluster, ledger } = laboratory;
  const id = await ledger.submit(countingJob("offline", 6));
  const finished = Promise.withResolvers<void>();
  const { executor, reached, open } = gate(3);
  const watched = {
    ...executor,
    run: async (...given: Parameters<typeof executor.run>) => {
      const end = await executor.run(...given);
      finished.resolve();
      return end;
    },
  };
  await using _worker = await laboratory.hire({ executors: [watched] });
  await reached;
  cluster.away = true;
  open();
  await finished.promise;
  cluster.away = false;
  assert.equal(await laboratory.result(id), sumTo(6));
  const entries = await laboratory.backbone.logs.read(jobLog(id));
  assert.equal(jobEvents(foldJobLog(entries).events).length, 6);
});
