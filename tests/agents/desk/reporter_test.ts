/** Runs whose jobs workers do, folded into their folders: as if everything had happened here. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { LibraryRunConfig } from "../../../agents/library/run_config.ts";
import type { RunEnd, RunWatcher } from "../../../agents/library/run.ts";
import { Reconciler } from "../../../cluster/jobs/reconciler.ts";
import { readyBackend } from "../../../learners/nn/backend.ts";
import { Laboratory } from "../worker/laboratory.ts";

// Before the modules that compute are imported.
await readyBackend("cpu");
const { createLibraryRun, currentVersions, executeRun, openLibraryRun, outcomesOf } = await import(
  "../../../agents/library/run.ts"
);
const { JobSlots } = await import("../../../agents/job_slots.ts");
const { JobBoard } = await import("../../../agents/desk/job_following.ts");
const { threadSupply } = await import("../../../agents/library/method_thread.ts");
const { reportRun } = await import("../../../agents/desk/reporter.ts");
const { finishSubmission, libraryClusterRun, submitRun } = await import(
  "../../../agents/desk/submission.ts"
);
const { libraryExecutor } = await import("../../../agents/worker/library_executor.ts");
const { quadratic } = await import("../library/quadratic_method.ts");

const root = await Deno.makeTempDir({ prefix: "callosum-reporter-" });
Deno.test.afterAll(() => Deno.remove(root, { recursive: true }));

const library = import.meta.resolve("../library/quadratic_method.ts");
const executors = [libraryExecutor(library)];
const never = new AbortController().signal;

const configOf = (changes: Partial<LibraryRunConfig> = {}): LibraryRunConfig => ({
  kind: "library",
  method: "quadratic",
  profile: "smoke",
  backend: "cpu",
  device: "plain JavaScript, one core",
  variants: ["momentum", "plain"],
  seeds: [1, 2],
  versions: currentVersions(),
  ...changes,
  config: quadratic.config.parse({ steps: 30, ...changes.config }),
});

/** A new run in its folder, which is submitted. */
async function submit({ ledger }: Laboratory, changes?: Partial<LibraryRunConfig>) {
  await using folder = await createLibraryRun(root, configOf(changes), new Date(0));
  const run = libraryClusterRun(folder.config, { code: "test", data: [], time: new Date(0) });
  await submitRun(ledger, folder, run, 5);
  return { path: folder.path, id: folder.id, jobs: run.record.jobs };
}

/** What is told of a run, in the order in which it is. */
function witness() {
  const lines: string[] = [];
  const watcher: RunWatcher = {
    began: ({ name }) => void lines.push(`${name} began`),
    progress: ({ name }, { step, steps }) => void lines.push(`${name} ${step}/${steps}`),
    ended: ({ name }, { state }) => void lines.push(`${name} ${state}`),
    warn: (line) => void lines.push(line),
  };
  return { lines, watcher };
}

async function report(
  { backbone, ledger }: Laboratory,
  { path, jobs }: Awaited<ReturnType<typeof submit>>,
  { signal = never, wait = true, watcher = witness().watcher } = {},
): Promise<RunEnd> {
  await using run = await openLibraryRun(path);
  using board = await JobBoard.open(ledger);
  return await reportRun(run, { backbone, ledger, board, signal, jobs, wait, watcher });
}

/** Carry out what is left of a run on this machine. */
async function execute(path: string, watcher?: RunWatcher): Promise<RunEnd> {
  await using run = await openLibraryRun(path);
  const slots = new JobSlots(2);
  const newThread = threadSupply("cpu", { library });
  return await executeRun(run, { slots, newThread, signal: never, watcher });
}

/** The same run, all of it on this machine. */
const local = (async () => {
  await using folder = await createLibraryRun(root, configOf(), new Date(0));
  await folder.close();
  return { path: folder.path, end: await execute(folder.path) };
})();

const names = ["momentum-s1", "momentum-s2", "plain-s1", "plain-s2"];

const jobFile = (path: string, job: string, file: string) => join(path, "jobs", job, file);

Deno.test("a run that workers do leaves the folder that a run on this machine leaves", async () => {
  await using laboratory = new Laboratory();
  const run = await submit(laboratory);
  await using _first = await laboratory.hire({ executors });
  await using _second = await laboratory.hire({ executors });
  const { lines, watcher } = witness();
  const end = await report(laboratory, run, { watcher });
  assert.equal(end.stopped, false);
  const expected = await local;
  assert.deepEqual(
    outcomesOf(configOf(), end.reports),
    outcomesOf(configOf(), expected.end.reports),
  );
  for (const job of names) {
    for (const file of ["config.json", "events.jsonl", "checkpoint.safetensors"]) {
      const [here, there] = [expected.path, run.path].map((path) => jobFile(path, job, file));
      assert.deepEqual(await Deno.readFile(there), await Deno.readFile(here), `${job}/${file}`);
    }
    assert.ok(lines.includes(`${job} began`), job);
    assert.ok(lines.includes(`${job} finished`), job);
  }
});

Deno.test("what was reported is taken as it is when the run is resumed on this machine", async () => {
  await using laboratory = new Laboratory();
  const run = await submit(laboratory);
  await using _worker = await laboratory.hire({ executors });
  const end = await report(laboratory, run);
  const { lines, watcher } = witness();
  const again = await execute(run.path, watcher);
  assert.deepEqual(again.reports, end.reports);
  assert.deepEqual(lines.sort(), names.map((name) => `${name} finished`));
  assert.deepEqual((await report(laboratory, run)).reports, end.reports);
});

Deno.test("a reporter that is stopped leaves the jobs running, and its successor has all results", async () => {
  await using laboratory = new Laboratory();
  const run = await submit(laboratory);
  const stop = new AbortController();
  const { watcher } = witness();
  const stopping = { ...watcher, ended: () => stop.abort() };
  await using _worker = await laboratory.hire({ executors });
  const half = await report(laboratory, run, { signal: stop.signal, watcher: stopping });
  assert.equal(half.stopped, true);
  assert.ok(half.reports.size >= 1 && half.reports.size < 4, `${half.reports.size} of 4 reports`);
  const end = await report(laboratory, run);
  assert.deepEqual(
    outcomesOf(configOf(), end.reports),
    outcomesOf(configOf(), (await local).end.reports),
  );
});

Deno.test("a folder that a killed reporter has half filled is filled again", async () => {
  await using laboratory = new Laboratory();
  const run = await submit(laboratory);
  await using _worker = await laboratory.hire({ executors });
  await report(laboratory, run);
  const whole = await Deno.readTextFile(jobFile(run.path, "plain-s1", "events.jsonl"));
  await Deno.remove(jobFile(run.path, "plain-s1", "report.json"));
  await Deno.writeTextFile(
    jobFile(run.path, "plain-s1", "events.jsonl"),
    whole.split("\n").slice(0, 7).join("\n"),
  );
  const end = await report(laboratory, run);
  assert.equal(end.reports.size, 4);
  assert.equal(await Deno.readTextFile(jobFile(run.path, "plain-s1", "events.jsonl")), whole);
});

Deno.test("without waiting, only what is there is fetched", async () => {
  await using laboratory = new Laboratory();
  const run = await submit(laboratory);
  const nothing = await report(laboratory, run, { wait: false });
  assert.deepEqual([nothing.stopped, nothing.reports.size], [true, 0]);
  await using _worker = await laboratory.hire({ executors });
  await report(laboratory, run);
  const all = await report(laboratory, run, { wait: false });
  assert.deepEqual([all.stopped, all.reports.size], [false, 4]);
});

Deno.test("a job that fails is reported with the evidence of its attempts, and the others go on", async () => {
  await using laboratory = new Laboratory();
  const run = await submit(laboratory, { variants: ["overstepping", "plain"], seeds: [1] });
  await using _worker = await laboratory.hire({ executors });
  await using reconciler = new Reconciler(laboratory.backbone, "test", {
    interval: 20,
    backOff: 1,
  });
  await reconciler.start();
  const { lines, watcher } = witness();
  const { stopped, reports, failures } = await report(laboratory, run, { watcher });
  assert.equal(stopped, false);
  assert.deepEqual([...reports.keys()], ["plain-s1"]);
  assert.deepEqual(failures.map(({ job }) => job.name), ["overstepping-s1"]);
  const [{ error }] = failures;
  assert.match(
    error.message,
    /^after 3 attempts, exception on worker-1 after step 30: metric "loss"/,
  );
  for (const attempt of [1, 2, 3]) {
    assert.match(error.inside!, new RegExp(`^attempt ${attempt}: `, "m"));
  }
  assert.match(error.inside!, /diverged/);
  assert.ok(lines.includes("overstepping-s1 has failed"), lines.join("\n"));
});

Deno.test("a cancelled job ends the waiting for it, and one that is tried again is waited for", async () => {
  await using laboratory = new Laboratory();
  const { ledger } = laboratory;
  const run = await submit(laboratory, { variants: ["plain"] });
  await ledger.cancel(run.jobs["plain-s1"]);
  const { lines, watcher } = witness();
  const waiting = report(laboratory, run, { watcher });
  await laboratory.until(run.jobs["plain-s1"], ({ state }) => state === "cancelled");
  await ledger.release(run.jobs["plain-s1"]);
  await ledger.cancel(run.jobs["plain-s2"]);
  await using _worker = await laboratory.hire({ executors });
  const { reports, failures } = await waiting;
  assert.deepEqual([...reports.keys()], ["plain-s1"]);
  assert.deepEqual(failures.map(({ error }) => error.message), ["it was cancelled"]);
  assert.ok(lines.includes("plain-s2 was cancelled"));
});

Deno.test("a submission that dies at any point is finished by its successor, each job once", async () => {
  const { Ledger } = await import("../../../cluster/jobs/ledger.ts");
  const points = [
    "submit: after the spec",
    "submit: after the lane",
    "submit: after the state",
    "submit: after the hint",
  ] as const;
  for (const fatal of points) {
    await using laboratory = new Laboratory();
    let passed = 0;
    const dying = new Ledger(laboratory.backbone, {
      at: (point) => {
        // In the middle of the second job.
        if (point === fatal && ++passed === 2) throw new Error("killed");
      },
    });
    await using folder = await createLibraryRun(root, configOf(), new Date(0));
    const run = libraryClusterRun(folder.config, { code: "test", data: [], time: new Date(0) });
    await assert.rejects(submitRun(dying, folder, run, 5), /killed/);
    assert.equal(await laboratory.ledger.run(folder.id), undefined, "the run comes last");

    const record = await finishSubmission(laboratory.ledger, folder);
    assert.deepEqual(record, run.record);
    const jobs = await laboratory.ledger.jobs();
    assert.deepEqual([...jobs.keys()].sort(), Object.values(run.record.jobs).sort());
    assert.deepEqual(await finishSubmission(laboratory.ledger, folder), run.record);
  }
});

Deno.test("what a cluster has lost is submitted once more, and what was never submitted is not", async () => {
  await using before = new Laboratory();
  const run = await submit(before);
  await using after = new Laboratory();
  const record = await finishSubmission(after.ledger, run);
  assert.deepEqual(record?.jobs, run.jobs);
  assert.equal((await after.ledger.jobs()).size, 4);

  await using folder = await createLibraryRun(root, configOf(), new Date(0));
  assert.equal(await finishSubmission(after.ledger, folder), undefined);
});

Deno.test("of two runs under one name the second is refused", async () => {
  await using laboratory = new Laboratory();
  const run = await submit(laboratory);
  const other = libraryClusterRun(configOf({ seeds: [7] }), {
    code: "test",
    data: [],
    time: new Date(0),
  });
  const path = await Deno.makeTempDir({ dir: root });
  const submitting = submitRun(laboratory.ledger, { path, id: run.id }, other, 5);
  await assert.rejects(submitting, /another run called .+quadratic-smoke/);
});
