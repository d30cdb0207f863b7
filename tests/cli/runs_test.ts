/**
 * `train --cluster`, `runs` and `workers` as a stranger meets them: real processes, a real nats-server,
 * real workers.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { ExportedRun } from "../../agents/desk/exported_run.ts";
import type { LibraryReport } from "../../agents/library/report.ts";
import type { LocalRun } from "../../agents/local_runs.ts";
import type { RunDetails, RunOverview } from "../../agents/desk/cluster_runs.ts";
import { hasNatsServer, NatsLaboratory } from "../agents/worker/nats_laboratory.ts";
import {
  assertRefused,
  type Outcome,
  runTask,
  startTask,
  type TaskProcess,
} from "./task_process.ts";

const root = await Deno.makeTempDir({ prefix: "callosum-runs-" });
Deno.test.afterAll(() => Deno.remove(root, { recursive: true }));

let folders = 0;
/** A folder that is not there yet. */
const newFolder = () => join(root, String(++folders));

/** Without signals nobody can be interrupted. */
const ignore = !hasNatsServer || Deno.build.os === "windows";

const small = [
  "dagnn",
  ...["--profile", "smoke", "--backend", "wasm", "--variant", "mlp", "dagnn", "--seeds", "1"],
];
/** Jobs of some seconds. */
const long = [...small, "--set", "epochs=500", "patience=500"];
/** Jobs that nobody waits for. */
const endless = [...small, "--set", "epochs=100000", "patience=100000"];

/** Workers whose jobs have the permissions that a run on this machine has: their numbers are the same. */
function startWorkers(url: string, count = 1): TaskProcess {
  return startTask("worker", [
    ...["--nats", url, "--workers", String(count), "--backends", "wasm"],
    ...["--name", "desk", "--state", newFolder()],
  ]);
}

function done({ code, stdout, stderr }: Outcome): string {
  assert.equal(code, 0, stderr);
  return stdout;
}

async function jsonOf<Value>(task: string, args: readonly string[]): Promise<Value> {
  return JSON.parse(done(await runTask(task, [...args, "--json"])));
}

/** The metrics of each variant. */
const namesOf = ({ variants }: LibraryReport) =>
  Object.entries(variants).map(([name, { metrics }]) => [name, Object.keys(metrics).sort()]);

const readReport = async (out: string, run: string): Promise<LibraryReport> =>
  JSON.parse(await Deno.readTextFile(join(out, run, "report.json")));

Deno.test({
  name: "a run on a cluster has the results of a run here, and is seen, fetched and verified",
  ignore,
  async fn() {
    await using laboratory = await NatsLaboratory.open();
    const nats = ["--nats", laboratory.server.url];
    await using workers = startWorkers(laboratory.server.url, 2);
    await workers.stdout.find(/joined with wasm/);

    const out = newFolder();
    const { run } = await jsonOf<{ run: string }>("train", [
      ...small,
      ...["--cluster", ...nats, "--out", out],
    ]);
    const here = newFolder();
    const local = await jsonOf<{ run: string }>("train", [...small, "--out", here]);
    const [report, expected] = [await readReport(out, run), await readReport(here, local.run)];
    assert.deepEqual(namesOf(report), namesOf(expected));
    // Bit for bit where the same device has computed.
    if (report.device === expected.device) {
      for (const variant of ["mlp", "dagnn"]) {
        assert.deepEqual(report.variants[variant].metrics, expected.variants[variant].metrics);
      }
    }

    const [overview] = await jsonOf<RunOverview[]>("runs", nats);
    assert.deepEqual([overview.run, overview.state, overview.counts], [run, "finished", {
      done: 2,
    }]);
    const table = done(await runTask("runs", ["show", run, ...nats]));
    assert.match(table, /^mlp-s1 +done +desk-\d-\w+ [ \d]*1 +0$/m);
    const csv = done(await runTask("runs", ["list", ...nats, "--csv"]));
    assert.match(csv, new RegExp(`^run,state,.+\r\n${run},finished,`));

    const copy = newFolder();
    const exported = await jsonOf<ExportedRun>("runs", ["export", run, ...nats, "--out", copy]);
    assert.deepEqual([exported.jobs, exported.finished, exported.failed], [2, 2, 0]);
    assert.deepEqual((await readReport(copy, run)).variants, report.variants);
    const verified = await jsonOf<{ same: boolean }>("verify", [run, "--out", copy]);
    assert.equal(verified.same, true);

    const list = await jsonOf<{ id: string; finished: number }[]>("workers", nats);
    assert.equal(list.reduce((sum, { finished }) => sum + finished, 0), 2);
    const drained = done(await runTask("workers", ["drain", list[0].id, ...nats]));
    assert.match(
      drained,
      new RegExp(`^1 worker will leave after the job in hand: ${list[0].id}$`, "m"),
    );
    await workers.stdout.find(/"message":"left"/);

    const deleted = done(await runTask("runs", ["delete", run, ...nats]));
    assert.match(deleted, new RegExp(`^${run}: deleted, with 2 jobs and [2-9] blobs\n$`));
    const { blobs, logs } = laboratory.backbone;
    assert.deepEqual([await blobs.list(), await logs.names()], [[], []]);
    for (const table of ["jobs", "specs", "results", "runs"] as const) {
      assert.deepEqual(await laboratory.backbone.table(table).keys(), [], table);
    }
  },
});

Deno.test({
  name: "a run with work left is deleted only by force, and what is nobody's is swept",
  ignore,
  async fn() {
    await using laboratory = await NatsLaboratory.open();
    const { backbone, ledger } = laboratory;
    const nats = ["--nats", laboratory.server.url];
    await using workers = startWorkers(laboratory.server.url);
    await workers.stdout.find(/joined with wasm/);
    const submit = [...endless, "--cluster", "--no-wait", ...nats, "--out", newFolder()];
    const [{ run }] = await jsonOf<{ run: string }[]>("train", submit);
    const [, job] = await workers.stdout.find(/"begins a job".*"job":"(\w+)"/);
    await workers.stdout.find(new RegExp(`"run":"${run}","job":"${job}"`));

    assertRefused(await runTask("runs", ["delete", "nobody", run, ...nats]), "no run nobody");
    const refused = await runTask("runs", ["delete", run, ...nats]);
    assertRefused(refused, `run ${run} stays`, "is running on desk-1-", "is queued", "--force");
    const { runs } = await jsonOf<{ runs: unknown }>("runs", ["delete", run, "--force", ...nats]);
    assert.deepEqual(runs, [{ run, deleted: true, jobs: 2, shared: 0, blobs: blobsIn(runs) }]);
    await workers.stdout.find(/gave a job back: the job was cancelled/);
    assert.equal((await ledger.jobs()).size, 0);

    await backbone.blobs.put(new Uint8Array(2048));
    await backbone.logs.append(
      `job.${job}`,
      new Uint8Array(1),
      await backbone.logs.last(`job.${job}`),
    );
    const swept = done(await runTask("runs", ["sweep", ...nats]));
    // A checkpoint that was on its way when its job was cancelled may be among it.
    assert.match(swept, /^removed what nobody refers to: \d+ blobs? of \d.*, 1 log$/m);
    assert.deepEqual([await backbone.blobs.list(), await backbone.logs.names()], [[], []]);
    const list = done(await runTask("runs", nats));
    assert.match(
      list,
      /^the cluster has no runs\n\nstore {2}\d.* of 7\.8 GiB; fullest: \w+, \d+ %/,
    );
  },
});

/** How many blobs the first of the deleted runs had. */
const blobsIn = (runs: unknown) => (runs as { readonly blobs: number }[])[0].blobs;

Deno.test({
  name:
    "Ctrl-C leaves the jobs to the cluster and says how to come back, which leads to the report",
  ignore,
  async fn() {
    await using laboratory = await NatsLaboratory.open();
    const nats = ["--nats", laboratory.server.url];
    const out = newFolder();
    await using workers = startWorkers(laboratory.server.url);
    await workers.stdout.find(/joined with wasm/);
    await using submitter = startTask("train", [...long, "--cluster", ...nats, "--out", out]);
    await submitter.stderr.find(/^(mlp|dagnn)-s1 begins$/m);
    submitter.signal("SIGINT");
    const { code, stdout } = await submitter.ended;
    assert.equal(code, 130);
    const [, words] = /^wait for the report: +deno task train (.+)$/m.exec(stdout) ??
      assert.fail(stdout);
    const outcome = await runTask("train", words.split(" "));
    assert.match(done(outcome), /^report .+\/report\.md$/m);
    assert.match(outcome.stderr, /\(2 of 2 jobs done\)/);
    assert.equal((await laboratory.ledger.jobs()).size, 2, "nothing was submitted twice");
  },
});

Deno.test({
  name: "jobs that wait can be paused, cancelled and tried again, by run and by job",
  ignore,
  async fn() {
    await using laboratory = await NatsLaboratory.open();
    const nats = ["--nats", laboratory.server.url];
    const submit = [...small, "--cluster", "--no-wait", ...nats, "--out", newFolder()];
    const [{ run }] = await jsonOf<{ run: string }[]>("train", submit);
    const states = async () =>
      (await jsonOf<RunDetails>("runs", ["show", run, ...nats])).details.map(({ state }) => state);
    assert.deepEqual(await states(), ["queued", "queued"]);
    const [first] = (await jsonOf<RunDetails>("runs", ["show", run, ...nats])).details;
    const shown = await jsonOf<RunDetails>("runs", ["show", run, "--job", first.job, ...nats]);
    assert.deepEqual(shown.details, [first]);
    for (
      const [words, after] of [
        [["pause", run], ["paused", "paused"]],
        [["continue", run, "--job", "mlp-s1"], ["queued", "paused"]],
        [["cancel", run], ["cancelled", "cancelled"]],
        [["retry", run, "--job", "dagnn-s1"], ["cancelled", "queued"]],
      ] as const
    ) {
      const told = done(await runTask("runs", [...words, ...nats]));
      assert.equal(told, `${words[0]}: ${words.length > 2 ? "1 job" : "2 jobs"}\n`);
      assert.deepEqual(await states(), after, words.join(" "));
    }
    const unknown = await runTask("runs", ["cancel", run, "--job", "mlp-s9", ...nats]);
    assertRefused(unknown, "mlp-s9", "mlp-s1, dagnn-s1");
  },
});

Deno.test({
  name: "without workers auto is refused, and a cluster that is not there is said to be so",
  ignore: !hasNatsServer,
  async fn() {
    await using laboratory = await NatsLaboratory.open();
    const nats = ["--nats", laboratory.server.url];
    const out = newFolder();
    const args = ["dagnn", "--profile", "smoke", "--cluster", ...nats, "--out", out];
    assertRefused(await runTask("train", args), "0 workers", "deno task worker", "--backend");
    assert.match(done(await runTask("workers", nats)), /^the cluster has no workers; /);
    assertRefused(await runTask("runs", ["show", "nobody", ...nats]), "nobody", "runs list");
    assertRefused(await runTask("runs", ["--nats", "nats://127.0.0.1:9"]), "127.0.0.1:9");
  },
});

Deno.test("without a server, runs lists and shows the run folders of this machine", async () => {
  const out = newFolder();
  const { run } = await jsonOf<{ run: string }>("train", [...small, "--out", out]);
  const [listed] = await jsonOf<LocalRun[]>("runs", ["--out", out]);
  assert.deepEqual([listed.run, listed.kind, listed.finished], [run, "library", true]);
  assert.deepEqual(listed.jobs.map(({ job, state }) => [job, state]), [
    ["mlp-s1", "finished"],
    ["dagnn-s1", "finished"],
  ]);
  const table = done(await runTask("runs", ["list", "--out", out]));
  assert.match(
    table,
    new RegExp(`^${run} +library +dagnn · smoke · wasm +finished +2 +2 +0$`, "m"),
  );
  const shown = done(await runTask("runs", ["show", run, "--out", out]));
  assert.match(shown, /^mlp-s1 +finished +\d+ +\d+\.\d$/m);
  const none = done(await runTask("runs", ["--out", newFolder()]));
  assert.match(none, /^there are no runs in /);
});

/** Words of the command lines, and what the answers must mention. */
const wrongArguments: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ["runs", ["frobnicate"], ["frobnicate", "list, show, cancel"]],
  ["runs", ["cancel", "some-run"], ["cancel", "--nats"]],
  ["runs", ["show"], ["show which run"]],
  ["runs", ["list", "some-run"], ["runs show some-run"]],
  ["runs", ["show", "nobody"], ["nobody", "runs list"]],
  ["runs", ["--json", "--csv"], ["--json", "--csv"]],
  ["runs", ["delete", "some-run"], ["delete", "--nats"]],
  ["runs", ["delete", "--nats", "nats://127.0.0.1:9"], ["delete which run"]],
  ["runs", ["sweep", "a", "--nats", "nats://127.0.0.1:9"], ["belongs to no run"]],
  ["runs", ["show", "a", "b", "--nats", "nats://127.0.0.1:9"], ["one run", "a and b"]],
  ["runs", ["cancel", "a", "--force", "--nats", "nats://127.0.0.1:9"], ["--force", "delete"]],
  [
    "runs",
    ["delete", "a", "--job", "b", "--nats", "nats://127.0.0.1:9"],
    ["whole runs", "--job"],
  ],
  ["workers", [], ["--nats"]],
  ["workers", ["drain"], ["drain which worker"]],
  ["workers", ["fire", "desk"], ["fire", "list, drain"]],
  ["train", ["dagnn", "--cluster"], ["--cluster", "--nats"]],
  ["train", ["dagnn", "--nats", "nats://127.0.0.1:4222"], ["--nats", "--cluster"]],
  ["train", ["dagnn", "--no-wait"], ["--no-wait", "--cluster"]],
  [
    "train",
    ["dagnn", "--cluster", "--workers", "2", "--nats", "nats://127.0.0.1:9"],
    ["--workers", "--cluster"],
  ],
];

for (const [task, args, mentions] of wrongArguments) {
  Deno.test(`${task} ${args.join(" ")} is refused in one line that says why`, async () => {
    assertRefused(await runTask(task, args), ...mentions);
  });
}
