/** `sim --cluster` as a stranger meets it: real processes, a real nats-server, real workers. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { SimReport } from "../../agents/sim/run_report.ts";
import { hasNatsServer, NatsLaboratory } from "../agents/worker/nats_laboratory.ts";
import { runSim, startSim } from "./sim_process.ts";
import { assertRefused, startTask, type TaskProcess } from "./task_process.ts";

const root = await Deno.makeTempDir({ prefix: "callosum-sim-cluster-" });
Deno.test.afterAll(() => Deno.remove(root, { recursive: true }));

/** Without signals nobody can be interrupted. */
const ignore = !hasNatsServer || Deno.build.os === "windows";

const small = [
  ...["--units", "8", "--batch-size", "2", "--batches", "200"],
  ...["--evaluation-trials", "20", "--json"],
];

function startWorkers({ server }: NatsLaboratory, count: number): TaskProcess {
  return startTask("worker", [
    ...["--nats", server.url, "--workers", String(count), "--backends", "wasm"],
    ...["--name", "desk", "--state", join(root, "state")],
  ]);
}

/** What a run has left, but for what depends on the clock and the place. */
async function leavings(report: SimReport) {
  const { run: _run, dir, seconds: _seconds, ...numbers } = report;
  const text = await Deno.readTextFile(join(dir, "events.jsonl"));
  const checkpoint = await Deno.readFile(join(dir, "checkpoint.safetensors"));
  const events = text.trim().split("\n").map((line) => JSON.parse(line));
  return { numbers, events, checkpoint };
}

async function reportOf(args: readonly string[]): Promise<SimReport> {
  const { code, stdout, stderr } = await runSim([...args]);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

Deno.test({
  name: "a run on a cluster leaves what a run here leaves; whoever leaves it can come back",
  ignore,
  async fn() {
    await using laboratory = await NatsLaboratory.open();
    const nats = ["--cluster", "--nats", laboratory.server.url];
    const out = join(root, "cluster");
    await using submitter = startSim([...small, ...nats, "--out", out]);
    await submitter.stderr.find(/^waiting for a free worker$/m);
    submitter.signal("SIGINT");
    const { code, stdout, stderr } = await submitter.ended;
    assert.deepEqual([code, stdout], [130, ""]);
    const [, words] = /^wait for the report: +deno task sim (.+)$/m.exec(stderr) ??
      assert.fail(stderr);

    await using _workers = startWorkers(laboratory, 2);
    const report = await reportOf(words.split(" "));
    const here = await reportOf([...small, "--headless", "--out", join(root, "here")]);
    assert.deepEqual(await leavings(report), await leavings(here));
    assert.deepEqual(await reportOf(words.split(" ")), report, "it is not done again");

    const [[id, record]] = await laboratory.ledger.runs();
    assert.deepEqual([id, record.kind], [report.run, "sim"]);
    const elsewhere = await reportOf([
      ...nats,
      ...["--resume", id, "--out", join(root, "elsewhere"), "--json"],
    ]);
    assert.deepEqual(await leavings(elsewhere), await leavings(here));
  },
});

Deno.test({
  name: "a run whose weights fit into no message is done all the same, and can be left at once",
  ignore,
  async fn() {
    // What a server has that nobody has configured.
    await using laboratory = await NatsLaboratory.open({ maxPayload: 2 ** 20 });
    await using _workers = startWorkers(laboratory, 1);
    const { code, stdout, stderr } = await runSim([
      ...["--units", "512", "--batch-size", "2", "--batches", "2", "--evaluation-trials", "2"],
      ...["--cluster", "--nats", laboratory.server.url, "--no-wait", "--json"],
      ...["--out", join(root, "large")],
    ]);
    assert.equal(code, 0, stderr);
    const { run, path }: { run: string; path: string } = JSON.parse(stdout);
    assert.equal(path, join(root, "large", run));
    const record = await laboratory.ledger.run(run);
    const { attempts } = await laboratory.until(
      record!.jobs.sim,
      ({ state, attempts }) => state === "done" || attempts.length > 0,
    );
    assert.deepEqual(attempts, []);
  },
});

Deno.test({
  name: "a run that is cancelled ends with the reason",
  ignore,
  async fn() {
    await using laboratory = await NatsLaboratory.open();
    const { server, ledger } = laboratory;
    const args = ["--cluster", "--nats", server.url, "--out", join(root, "cancelled")];
    await using submitter = startSim([...small, ...args]);
    await submitter.stderr.find(/^waiting for a free worker$/m);
    for (const id of (await ledger.jobs()).keys()) await ledger.cancel(id);
    const { code, stderr } = await submitter.ended;
    assert.equal(code, 1);
    assert.match(stderr, /^error: it was cancelled$/m);
  },
});

Deno.test("sim says what is wrong with the flags of a cluster", async () => {
  const out = ["--out", join(root, "refused")];
  assertRefused(await runSim(["--cluster", ...out]), "--nats");
  assertRefused(await runSim(["--nats", "nats://127.0.0.1:1", ...out]), "--cluster");
  const elsewhere = ["--nats", "nats://nats.example.org", "--token", "hidden"];
  const refused = await runSim(["--cluster", ...elsewhere, ...out]);
  assertRefused(refused, "nats.example.org:4222", "deno task sim:cluster");
  assert.ok(!refused.stderr.includes("hidden"));
});

Deno.test({
  name: "a run that was begun here stays here",
  ignore,
  async fn() {
    await using laboratory = await NatsLaboratory.open();
    const out = join(root, "begun");
    await using run = startSim([...small, "--headless", "--out", out]);
    const [, path] = await run.stderr.find(/^run {3}(.+)\n/m);
    await run.stderr.find(/^60\/200 batches/m);
    run.signal("SIGINT");
    await run.ended;
    const refused = await runSim([
      ...["--resume", path, "--cluster", "--nats", laboratory.server.url],
    ]);
    assertRefused(refused, path, "deno task sim --resume");
    assert.equal((await laboratory.ledger.runs()).size, 0);
  },
});

/** A module, as `deno info --json` describes it. */
interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly isDynamic?: boolean;
    readonly code?: { readonly specifier: string };
  }[];
}

Deno.test("whoever has no cluster loads nothing of NATS", async () => {
  const main = new URL("../../cli/sim.ts", import.meta.url);
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", main.href],
  }).output();
  const { modules }: { modules: Module[] } = JSON.parse(new TextDecoder().decode(stdout));
  const byName = new Map(modules.map((module) => [module.specifier, module]));
  const loaded = new Set([main.href]);
  for (const name of loaded) {
    for (const { isDynamic, code } of byName.get(name)?.dependencies ?? []) {
      if (code && !isDynamic) loaded.add(code.specifier);
    }
  }
  assert.ok(loaded.has(new URL("../../cluster/in_process.ts", import.meta.url).href));
  const ofCluster = [...byName.keys()].filter((name) => /nats-io|\/cluster\/nats\//.test(name));
  assert.ok(ofCluster.length > 0, "they are in the graph, behind a dynamic import");
  assert.deepEqual(ofCluster.filter((name) => loaded.has(name)), []);
});
