/** What is kept of jobs, runs and workers to tell pages of them. */
import assert from "node:assert/strict";
import { JobBook } from "../../../agents/laboratory/job_book.ts";
import { ProgressRate } from "../../../agents/laboratory/progress_rate.ts";
import { partsOf } from "../../../agents/laboratory/run_parts.ts";
import { WorkerBook } from "../../../agents/laboratory/worker_book.ts";
import {
  type JobState,
  type JobStateName,
  jobStateNames,
  type RunRecord,
  type WorkerRecord,
} from "../../../cluster/jobs/records.ts";
import { newJob } from "../../../cluster/jobs/transitions.ts";
import {
  type JobCounts,
  laboratory,
  laboratoryLimits,
  laboratoryRun,
  protocolVersion,
} from "../../../cluster/protocol.ts";
import { randomStream } from "../../../sim/random.ts";

const jobName = (number: number) => number.toString(16).padStart(40, "0");

const job = (state: JobStateName, step = 0, change: Partial<JobState> = {}): JobState => ({
  ...newJob("p5-0"),
  state,
  epoch: state === "queued" ? 0 : 1,
  ...(state === "running" && { holder: { worker: "w", beat: 1, step, steps: 100 } }),
  ...change,
});

const run = (
  jobs: Readonly<Record<string, string>>,
  change: Partial<RunRecord> = {},
): RunRecord => ({
  title: "a run",
  kind: "library",
  config: {},
  jobs: { ...jobs },
  submitted: "2026-01-02T03:04:05.000Z",
  ...change,
});

const worker = (name: string, change: Partial<WorkerRecord> = {}): WorkerRecord => ({
  name,
  host: "desk",
  pid: 1,
  version: "0.1.0",
  backends: [{ name: "wasm", device: "SIMD" }],
  memory: { total: 2 ** 34, free: 2 ** 33 },
  cores: 8,
  load: 1.5,
  state: "working",
  jobs: [],
  finished: 0,
  counters: {},
  beat: 1,
  ...change,
});

const size = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).length;

Deno.test("ten thousand jobs in five hundred runs on three hundred workers are told in little", () => {
  const jobs = new JobBook();
  const workers = new WorkerBook();
  const all = Array.from({ length: 10_000 }, (_, i) => jobName(i));
  const longWinded = "the loss is not finite; ".repeat(100);
  all.forEach((id, i) => {
    const state = jobStateNames[i % jobStateNames.length];
    const attempts = state === "failed"
      ? [{ epoch: 1, worker: "w", end: "exception" as const, step: 3, message: longWinded }]
      : [];
    jobs.setJob(id, job(state, 50, { attempts }));
  });
  const names = (ids: readonly string[]) =>
    Object.fromEntries(ids.map((id, i) => [`job-${i}`, id]));
  jobs.setRun("everything", run(names(all), { title: "t".repeat(200) }));
  for (let i = 0; i < 500; i++) {
    jobs.setRun(`run-${i}`, run(names(all.slice(20 * i, 20 * i + 20)), { title: "t".repeat(200) }));
  }
  for (let i = 0; i < 300; i++) {
    const record = worker(`worker-${i}`, { host: "h".repeat(255), jobs: [all[i]] });
    workers.set(`worker-${i}`, record, 0);
    workers.set(`worker-${i}`, record, 1000);
  }
  const told = laboratory.parse({
    type: "laboratory",
    protocol: protocolVersion,
    name: "nats://127.0.0.1:4222",
    link: { state: "connected", seconds: 1 },
    jobs: jobs.counts,
    workers: workers.list(jobs, 1000),
    runs: { total: jobs.runCount, list: jobs.summaries(0) },
    alarms: { total: 0, list: [] },
    counters: { "attempts failed": jobs.ended.failed },
  });
  assert.ok(size(told) < 96 * 1024, `${size(told)} bytes`);
  assert.equal(told.workers.total, 300);
  assert.equal(told.workers.list.length, laboratoryLimits.workers);
  assert.equal(told.runs.total, 501);
  assert.equal(told.runs.list.length, laboratoryLimits.runs);
  assert.equal(Object.values(told.jobs).reduce((sum, count) => sum + count), 10_000);
  assert.equal(told.counters["attempts failed"], told.jobs.failed);

  const detail = laboratoryRun.parse({
    ...jobs.detail("everything", 0, (id) => id),
    metrics: ["loss"],
  });
  assert.ok(size(detail) < 96 * 1024, `${size(detail)} bytes`);
  assert.equal(detail.total, 10_000);
  assert.equal(detail.list.length, laboratoryLimits.jobs);
  assert.ok(
    detail.list.every(({ state, message }) => state === "failed" && message?.length === 300),
    "those that somebody has to look at come first",
  );
});

Deno.test("sums that are kept up with every change are those that counting anew gives", () => {
  const random = randomStream(1, "changes of jobs");
  const book = new JobBook();
  const ids = Array.from({ length: 12 }, (_, i) => jobName(i));
  const states = new Map<string, JobState>();
  // The two runs have jobs in common, and one is entered before its jobs are known.
  const runs = { first: ids.slice(0, 8), second: ids.slice(4) };
  const enter = (name: keyof typeof runs) =>
    book.setRun(name, run(Object.fromEntries(runs[name].map((id) => [id, id]))));
  enter("first");
  for (let change = 0; change < 400; change++) {
    if (change === 100) enter("second");
    if (change === 200) book.setRun("first", undefined);
    if (change === 250) enter("first");
    const id = ids[Math.floor(random.uniform() * ids.length)];
    const name = jobStateNames[Math.floor(random.uniform() * jobStateNames.length)];
    const state = job(name, Math.floor(100 * random.uniform()));
    states.set(id, state);
    book.setJob(id, state);
  }
  const counted = (of: readonly string[]) => {
    const counts = Object.fromEntries(jobStateNames.map((name) => [name, 0])) as JobCounts;
    for (const id of of) {
      const state = states.get(id);
      if (state) counts[state.state]++;
    }
    return counts;
  };
  assert.deepEqual(book.counts, counted(ids));
  for (const summary of book.summaries(0)) {
    const members = runs[summary.run as keyof typeof runs];
    assert.deepEqual(summary.jobs, counted(members), summary.run);
    const done = members.reduce((sum, id) => {
      const known = book.job(id);
      const share = known?.state === "done" ? 1 : known?.steps ? known.step / known.steps : 0;
      return sum + share;
    }, 0);
    assert.ok(Math.abs(summary.progress - done / members.length) < 1e-9, summary.run);
  }
  assert.equal(book.summaries(0).length, 2);
});

Deno.test("an attempt that has ended is counted once, however often its job is told of", () => {
  const book = new JobBook();
  const attempt = (epoch: number, end: "lost" | "exception" | "handed-over") => ({
    epoch,
    worker: "w",
    end,
    step: 0,
    message: "why",
  });
  const lost = job("queued", 0, { epoch: 1, attempts: [attempt(1, "lost")] });
  book.setJob(jobName(1), lost);
  book.setJob(jobName(1), lost);
  book.setJob(
    jobName(1),
    job("running", 4, { epoch: 3, attempts: [attempt(1, "lost"), attempt(2, "exception")] }),
  );
  book.setJob(jobName(2), job("queued", 0, { epoch: 1, attempts: [attempt(1, "handed-over")] }));
  assert.deepEqual(book.ended, { lost: 1, failed: 1, "handed over": 1 });
});

Deno.test("runs with work left go before those without, and all are told newest first", () => {
  const book = new JobBook();
  book.setJob(jobName(1), job("done"));
  book.setJob(jobName(2), job("queued"));
  const submitted = (day: number) => `2026-01-${String(day).padStart(2, "0")}T00:00:00.000Z`;
  for (let i = 0; i < laboratoryLimits.runs; i++) {
    book.setRun(`new-${i}`, run({ a: jobName(1) }, { submitted: submitted(20) }));
  }
  book.setRun("old", run({ a: jobName(2) }, { submitted: submitted(1) }));
  const listed = book.summaries(0).map(({ run }) => run);
  assert.equal(listed.length, laboratoryLimits.runs);
  assert.equal(listed.at(-1), "old");
});

Deno.test("a run of the library has the parts that its configuration plans", () => {
  const config = {
    kind: "library",
    method: "reste",
    profile: "desk",
    backend: "wasm",
    device: "SIMD",
    variants: ["reste", "ste"],
    seeds: [0, 1],
    config: {},
    versions: { callosum: "0.1.0", deno: "2", tensorflow: "4" },
  };
  const jobs = {
    "ste-s1": jobName(4),
    "reste-s0": jobName(1),
    "reste-s1": jobName(3),
    "ste-s0": jobName(2),
    "damaged": "no id",
  };
  assert.deepEqual([...partsOf(run(jobs, { config }))], [
    [jobName(1), { name: "reste-s0", group: "reste" }],
    [jobName(2), { name: "ste-s0", group: "ste" }],
    [jobName(3), { name: "reste-s1", group: "reste" }],
    [jobName(4), { name: "ste-s1", group: "ste" }],
  ]);
  assert.deepEqual([...partsOf(run({ sim: jobName(1) })).values()], [{ name: "sim", group: "" }]);
});

Deno.test("what a worker's record says is believed once it has changed, and until it is silent", () => {
  const jobs = new JobBook();
  const workers = new WorkerBook();
  const states = (now: number) => workers.list(jobs, now).list.map(({ state }) => state);
  workers.set("killed", worker("killed"), 0);
  workers.set("alive", worker("alive"), 0);
  assert.deepEqual(states(0), [], "a record that was found may be of somebody who is gone");
  workers.set("alive", worker("alive", { beat: 2 }), 900);
  assert.deepEqual(states(1000), ["working"]);
  assert.deepEqual(states(6000), ["silent"]);
  assert.equal(workers.list(jobs, 6000).list[0].silence, 5.1);
  workers.excuse(6000);
  assert.deepEqual(states(9000), ["working"], "nobody could be heard before");
  assert.deepEqual(states(90_000), []);
  workers.set("alive", undefined, 91_000);
  assert.equal(workers.list(jobs, 91_000).total, 0);
});

Deno.test("workers of one machine, and of two machines of one name, are told apart", () => {
  const workers = new WorkerBook();
  const ids = ["desk-1-0a0a0a", "desk-2-0b0b0b", "lab-1-0c0c0c", "lab-1-0d0d0d", "loft-1-0e0e0e"];
  for (const beat of [1, 2]) {
    for (const id of ids) workers.set(id, worker(id.split("-")[0], { beat }), beat);
    // Nobody hears of this one: it is no reason to call the other one otherwise.
    if (beat === 1) workers.set("loft-1-0f0f0f", worker("loft"), beat);
  }
  const { list } = workers.list(new JobBook(), 2);
  assert.deepEqual(list.map(({ id, name }) => [id, name]), [
    ["desk-1-0a0a0a", "desk-1"],
    ["desk-2-0b0b0b", "desk-2"],
    ["lab-1-0c0c0c", "lab-1-0c0c0c"],
    ["lab-1-0d0d0d", "lab-1-0d0d0d"],
    ["loft-1-0e0e0e", "loft"],
  ]);
  // So are those who are told of with a job, or an alarm.
  assert.deepEqual(ids.slice(1, 3).map((id) => workers.nameOf(id)), ["desk-2", "lab-1-0c0c0c"]);
  assert.equal(workers.nameOf("loft-1-0f0f0f"), "loft");
});

Deno.test("a job that was deleted counts no more, in the laboratory and in its runs", () => {
  const book = new JobBook();
  book.setRun("run", run({ a: jobName(1), b: jobName(2) }));
  book.setJob(jobName(1), job("done"));
  book.setJob(jobName(2), job("failed", 0, { attempts: [] }));
  book.removeJob(jobName(1));
  book.removeJob(jobName(3));
  assert.deepEqual([book.counts.done, book.counts.failed], [0, 1]);
  const [summary] = book.summaries(0);
  assert.deepEqual([summary.jobs.done, summary.jobs.failed, summary.progress], [0, 1, 0]);
  book.setJob(jobName(1), job("queued"));
  assert.equal(book.counts.queued, 1);
});

Deno.test("a worker's job is told with its name in its run and how far it is", () => {
  const jobs = new JobBook();
  const workers = new WorkerBook();
  jobs.setRun("r", run({ "reste-s0": jobName(7) }, { title: "reste-desk" }));
  jobs.setJob(jobName(7), job("running", 25));
  for (const beat of [1, 2]) {
    workers.set("w", worker("desk-1", { beat, jobs: [jobName(7), jobName(8)] }), beat);
    workers.set("x", worker("desk-2", { beat, jobs: ["no id"] }), beat);
  }
  const [first, second] = workers.list(jobs, 2).list;
  assert.deepEqual(first.job, {
    id: jobName(7),
    name: "reste-s0",
    run: "reste-desk",
    kind: "library",
    step: 25,
    steps: 100,
  });
  assert.equal(second.job, undefined);
});

Deno.test("the time that is left follows from the last minute, and from nothing shorter than seconds", () => {
  const rate = new ProgressRate();
  assert.equal(rate.secondsLeft(0, 0), undefined);
  assert.equal(rate.secondsLeft(1000, 0.1), undefined, "too short");
  assert.equal(rate.secondsLeft(10_000, 0.1), 90);
  // It becomes ten times slower; a minute later nothing of the beginning counts any more.
  let last: number | undefined;
  for (let second = 11; second <= 110; second++) {
    last = rate.secondsLeft(1000 * second, 0.1 + 0.001 * (second - 10));
  }
  assert.ok(last !== undefined && Math.abs(last - 800) < 1e-6, `${last}`);
  assert.equal(rate.secondsLeft(111_000, undefined), undefined, "nobody works on it");
  assert.equal(rate.secondsLeft(112_000, 0.2), undefined);
  assert.equal(rate.secondsLeft(120_000, 0.2), undefined, "it stands still");
});
