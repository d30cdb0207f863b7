/** Runs of the library on a real disk: stopped, killed, failed, on one thread and on several. */
import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LibraryRunConfig } from "../../../agents/library/run_config.ts";
import { saveLibraryReport } from "../../../agents/library/report_files.ts";
import { readyBackend } from "../../../learners/nn/backend.ts";

// Before the modules that compute are imported.
await readyBackend("cpu");
const {
  createLibraryRun,
  currentVersions,
  executeRun,
  openLibraryRun,
  outcomesOf,
} = await import("../../../agents/library/run.ts");
const { JobSlots } = await import("../../../agents/job_slots.ts");
const { threadSupply } = await import("../../../agents/library/method_thread.ts");
const { quadratic } = await import("./quadratic_method.ts");

type RunSettings = Parameters<typeof executeRun>[1];

const root = await Deno.makeTempDir({ prefix: "callosum-library-run-" });
Deno.test.afterAll(() => Deno.remove(root, { recursive: true }));

const library = import.meta.resolve("./quadratic_method.ts");
const never = new AbortController().signal;

/** Settings of a run on so many workers that nothing stops. */
const settingsOf = (workers: number): RunSettings => ({
  slots: new JobSlots(workers),
  newThread: threadSupply("cpu", { library }),
  signal: never,
});

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

async function newRun(changes?: Partial<LibraryRunConfig>): Promise<string> {
  await using run = await createLibraryRun(root, configOf(changes), new Date(0));
  return run.path;
}

/** All that can be compared of a run. */
interface Kept {
  readonly stopped: boolean;
  readonly outcomes: ReturnType<typeof outcomesOf>;
  readonly failures: readonly string[];
  /** Each job's log and checkpoint. */
  readonly files: Readonly<
    Record<string, { readonly events: string; readonly checkpoint: Uint8Array }>
  >;
}

/** Carry out what is left of the run in `path`. */
async function execute(
  path: string,
  { workers = 1, ...settings }: Partial<RunSettings> & { readonly workers?: number } = {},
): Promise<Kept> {
  await using run = await openLibraryRun(path);
  const all = { ...settingsOf(workers), checkpointSeconds: 0, ...settings };
  const { stopped, reports, failures } = await executeRun(run, all);
  return {
    stopped,
    outcomes: outcomesOf(run.config, reports),
    failures: failures.map(({ job, error }) => `${job.name}: ${error.message}`),
    files: await jobFiles(path),
  };
}

async function jobFiles(path: string): Promise<Kept["files"]> {
  const names = [...Deno.readDirSync(join(path, "jobs"))].map(({ name }) => name).sort();
  const files = names.map(async (name) => {
    const folder = join(path, "jobs", name);
    const events = await Deno.readTextFile(join(folder, "events.jsonl"));
    const checkpoint = await Deno.readFile(join(folder, "checkpoint.safetensors"));
    return [name, { events, checkpoint }] as const;
  });
  return Object.fromEntries(await Promise.all(files));
}

/** A run that nobody disturbs, made when it is first needed. */
const undisturbed = (() => {
  let made: Promise<Kept> | undefined;
  return () => made ??= newRun().then((path) => execute(path));
})();

async function journal(path: string) {
  const text = await Deno.readTextFile(join(path, "events.jsonl"));
  return text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
}

Deno.test("each variant is trained under each seed, and variants of a seed see the same data", async () => {
  const { outcomes, stopped, failures } = await undisturbed();
  assert.equal(stopped, false);
  assert.deepEqual(failures, []);
  assert.deepEqual(Object.keys(outcomes), ["momentum", "plain"]);
  const [momentum, plain] = ["momentum", "plain"].map((variant) => outcomes[variant]);
  for (const results of [momentum, plain]) {
    assert.deepEqual(results.map(({ seed }) => seed), [1, 2]);
    for (const { result } of results) {
      assert.equal(result.series?.loss.y.length, 30);
      assert.equal(result.multiplyAdds, 2 * 30 * 32 * 8);
    }
  }
  // The first step of momentum is that of plain descent.
  const firstLosses = [momentum, plain].map((results) =>
    results.map(({ result }) => result.series?.loss.y[0])
  );
  assert.deepEqual(firstLosses[0], firstLosses[1]);
  assert.notEqual(firstLosses[0][0], firstLosses[0][1]);
});

Deno.test("the number of workers changes no bit of results, logs and checkpoints", async () => {
  assert.deepEqual(await execute(await newRun(), { workers: 3 }), await undisturbed());
});

Deno.test("runs that share their slots overlap, and have the results of runs on their own", async () => {
  const paths = [await newRun(), await newRun({ seeds: [1] })];
  const slots = new JobSlots(5);
  const begun: number[] = [];
  const ended = [0, 0];
  let endedBefore: number | undefined;
  const watching = (run: number): RunSettings["watcher"] => ({
    began() {
      begun.push(run);
      if (run === 1) endedBefore ??= ended[0];
    },
    progress() {},
    ended: () => void ended[run]++,
    warn: (line) => assert.fail(line),
  });
  const [first, second] = await Promise.all(
    paths.map((path, run) => execute(path, { slots, watcher: watching(run) })),
  );
  assert.deepEqual(begun.toSorted(), [0, 0, 0, 0, 1, 1]);
  // The fifth slot is for the second run, whose job begins while the first run's go on.
  assert.ok(endedBefore! < 4, `${endedBefore} of the first run's jobs had ended`);
  assert.deepEqual(first, await undisturbed());
  assert.deepEqual(second.outcomes.plain, [(await undisturbed()).outcomes.plain[0]]);
});

Deno.test("a run that breaks leaves those that share its slots alone", async () => {
  const paths = [await newRun({ seeds: [1] }), await newRun({ seeds: [1] })];
  const job = join(paths[0], "jobs", "momentum-s1");
  await Deno.mkdir(job, { recursive: true });
  await Deno.writeTextFile(join(job, "config.json"), "{");
  const slots = new JobSlots(1);
  const [broken, whole] = await Promise.allSettled(paths.map((path) => execute(path, { slots })));
  assert.ok(broken.status === "rejected");
  assert.match(broken.reason.message, /momentum-s1\/config\.json/);
  assert.ok(whole.status === "fulfilled");
  assert.deepEqual(Object.keys(whole.value.outcomes), ["momentum", "plain"]);
});

Deno.test("a run that is stopped and resumed equals an undisturbed one, and cost adds up", async () => {
  const path = await newRun();
  const stop = new AbortController();
  let events = 0;
  const watcher: RunSettings["watcher"] = {
    began() {},
    progress: () => void (++events === 40 && stop.abort()),
    ended() {},
    warn: (line) => assert.fail(line),
  };
  const half = await execute(path, { signal: stop.signal, watcher });
  assert.equal(half.stopped, true);
  assert.ok(events < 100, `${events} events are not all 120`);
  assert.deepEqual(half.files["momentum-s1"], (await undisturbed()).files["momentum-s1"]);
  assert.deepEqual(Object.keys(half.outcomes), ["momentum"]);

  const began: string[] = [];
  const resumed = await execute(path, {
    watcher: { ...watcher, progress() {}, began: (job, step) => began.push(`${job.name} ${step}`) },
  });
  assert.deepEqual(resumed, await undisturbed());
  assert.match(began.join(), /^plain-s1 [1-9]\d?,momentum-s2 0,plain-s2 0$/);

  const log = (await journal(path)).filter(({ job }) => job === "plain-s1");
  const [stopped] = log.filter(({ state }) => state === "stopped");
  const finished = log.at(-1);
  assert.deepEqual([stopped.session, finished.session], [1, 2]);
  assert.equal(finished.state, "finished");
  assert.ok(finished.seconds > stopped.seconds, "the cost of both sessions");
});

Deno.test("a run that is finished is left as it is when it is resumed", async () => {
  const path = await newRun({ seeds: [1] });
  const first = await execute(path);
  const log = await journal(path);
  const watcher: RunSettings["watcher"] = {
    began: ({ name }) => assert.fail(`${name} began again`),
    progress() {},
    ended() {},
    warn: (line) => assert.fail(line),
  };
  assert.deepEqual(await execute(path, { watcher }), first);
  assert.deepEqual(await journal(path), log);
});

const childArguments = (path: string, workers: number) => [
  "run",
  "--quiet",
  "--no-prompt",
  "--unstable-worker-options",
  "--allow-read",
  "--allow-env",
  `--allow-write=${root}`,
  fileURLToPath(new URL("./run_child.ts", import.meta.url)),
  path,
  `${workers}`,
];

/** Begin to carry out the run in `path`, and kill the process when there have been so many checkpoints. */
async function killAfter(checkpoints: number, path: string, workers: number): Promise<void> {
  const child = new Deno.Command(Deno.execPath(), {
    args: childArguments(path, workers),
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  let ended = false;
  const status = child.status.then(() => ended = true);
  const count = async () =>
    (await journal(path)).filter(({ state }) => state === "checkpoint").length;
  while (await count() < checkpoints) {
    assert.ok(!ended, "the run ended before it could be killed");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  child.kill("SIGKILL");
  await status;
}

for (const workers of [1, 2]) {
  Deno.test(`a run of ${workers} workers that is killed twice ends equal, bit for bit`, async () => {
    const path = await newRun();
    await killAfter(10, path, workers);
    await killAfter(50, path, workers);
    const before = (await journal(path)).filter(({ state }) => state === "finished").length;
    assert.ok(before < 4, "jobs were left");
    assert.deepEqual(await execute(path), await undisturbed());
    assert.equal((await journal(path)).at(-1).session, 3);
  });
}

Deno.test("a job that fails is reported with its error, the others go on, and it can be tried again", async () => {
  const path = await newRun({ variants: ["overstepping", "momentum"], seeds: [1] });
  for (const _ of ["first", "second"]) {
    const { outcomes, failures, stopped } = await execute(path);
    assert.equal(stopped, false);
    assert.deepEqual(Object.keys(outcomes), ["momentum"]);
    assert.deepEqual(outcomes.momentum, [(await undisturbed()).outcomes.momentum[0]]);
    assert.equal(failures.length, 1);
    assert.match(failures[0], /^overstepping-s1: metric "loss" of the result is NaN.+diverged/);
  }
  const failed = (await journal(path)).filter(({ state }) => state === "failed");
  assert.deepEqual(failed.map(({ session }) => session), [1, 2]);
  assert.match(failed[0].message, /diverged/);
});

Deno.test("a job gets the files of the data folder, and says when there are none", async () => {
  const data = join(root, "data");
  await Deno.mkdir(data);
  const targets = Float32Array.from({ length: 32 }, (_, index) => index / 32);
  await Deno.writeFile(join(data, "targets.f32"), new Uint8Array(targets.buffer));
  const changes = { config: { targets: "targets.f32" }, variants: ["plain"], seeds: [1] };

  const { outcomes, failures } = await execute(await newRun(changes), { data });
  assert.deepEqual(failures, []);
  const plain = (await undisturbed()).outcomes.plain[0];
  assert.notDeepEqual(outcomes.plain[0].result.metrics, plain.result.metrics);

  for (
    const [folder, words] of [[undefined, /no data folder.+--data/], [
      root,
      /no such file/,
    ]] as const
  ) {
    await using run = await createLibraryRun(root, configOf(changes), new Date(0));
    const { failures } = await executeRun(run, { ...settingsOf(1), data: folder });
    assert.match(failures[0].error.message, words);
    assert.equal(failures[0].error.inside, undefined, "no stack of a mistake that the user made");
  }
});

Deno.test("a job can neither read, write, connect nor start a program", async () => {
  const config = {
    ...configOf({ method: "prying", variants: ["read", "write", "connect", "start"], seeds: [1] }),
    config: {},
  };
  await using run = await createLibraryRun(root, config, new Date(0));
  const { reports, failures } = await executeRun(run, settingsOf(2));
  assert.equal(reports.size, 0);
  assert.deepEqual(failures.map(({ job }) => job.variant), ["read", "write", "connect", "start"]);
  for (const { error } of failures) assert.equal(error.kind, "NotCapable");
});

Deno.test("a run in another version's or another run's hands is refused by the file's name", async () => {
  const path = await newRun({ variants: ["plain"], seeds: [1] });
  await execute(path);
  const job = join(path, "jobs", "plain-s1");
  const spoil = async (file: string, from: string | RegExp, to: string, message: RegExp) => {
    const text = await Deno.readTextFile(join(job, file));
    await Deno.writeTextFile(join(job, file), text.replace(from, to));
    await assert.rejects(execute(path), message);
    await Deno.writeTextFile(join(job, file), text);
  };
  await spoil("config.json", '"seed": 1', '"seed": 2', /plain-s1\/config\.json: differs/);
  await spoil("report.json", '"loss"', '"loss": "low", "x"', /report\.json: no report of a job/);
  await spoil("report.json", "{", "", /report\.json: no report/);
  assert.equal((await execute(path)).stopped, false);
});

Deno.test("a run's folder keeps its report as data, to read, and with its figures", async () => {
  const path = await newRun();
  await using run = await openLibraryRun(path);
  const end = await executeRun(run, settingsOf(2));
  const report = await saveLibraryReport(run, quadratic, end);
  assert.deepEqual(JSON.parse(await Deno.readTextFile(join(path, "report.json"))), report);
  assert.equal(report.run, basename(path));
  assert.ok(report.claim.holds && report.claim.margin > 0, "momentum is faster");

  const svg = await Deno.readTextFile(join(path, report.figures[0].file));
  assert.match(svg, /^<svg [\s\S]+momentum[\s\S]+<\/svg>\s*$/);
  const text = await Deno.readTextFile(join(path, "report.md"));
  assert.ok(text.includes(`![Loss](${report.figures[0].file})`), text);
  assert.match(text, /\*\*shown, margin \d[^*]*\*\*/);
});
