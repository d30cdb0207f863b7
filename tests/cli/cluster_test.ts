/** `deno task cluster` as a stranger meets it: started, ended, started again. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { Ledger } from "../../cluster/jobs/ledger.ts";
import { NatsBackbone } from "../../cluster/nats/backbone.ts";
import { planOf } from "../../cluster/nats/plan.ts";
import { directOutcome, hasNatsServer, jobOf, longWork } from "../agents/worker/nats_laboratory.ts";
import { TestServer } from "../support/nats_server.ts";
import { assertRefused, runTask, startTask, type TaskProcess } from "./task_process.ts";

const root = await Deno.makeTempDir({ prefix: "callosum-cluster-" });
Deno.test.afterAll(() => Deno.remove(root, { recursive: true }));

/** On Windows a signal is not delivered: it ends the process at once. */
const ignore = !hasNatsServer || Deno.build.os === "windows";

/** A cluster with one worker, which keeps everything in `folder`. */
function startCluster(folder: string, ...more: readonly string[]): TaskProcess {
  return startTask("cluster", [
    ...["--nats-port", "0", "--folder", folder],
    ...["--workers", "1", "--backends", "wasm", "--name", "desk", ...more],
  ]);
}

/** The way to the cluster's jobs. */
async function joined(cluster: TaskProcess): Promise<NatsBackbone> {
  const [, servers] = await cluster.stdout.find(/^laboratory +(nats:\S+)$/m);
  return await NatsBackbone.connect({ servers, name: "test" });
}

Deno.test({
  name: "a cluster that is ended and started again goes on with its jobs, to the same result",
  ignore,
  fn: async () => {
    const folder = join(root, "again");
    const work = longWork(4);
    let id: string;
    {
      await using cluster = startCluster(folder, "--headless");
      await using backbone = await joined(cluster);
      const ledger = new Ledger(backbone);
      id = await ledger.submit(jobOf(work));
      while (!(await ledger.state(id))?.holder?.step) await cluster.stdout.find(/begins a job/);
      cluster.signal("SIGINT");
      const { code } = await cluster.ended;
      assert.equal(code, 0);
    }
    await using cluster = startCluster(folder, "--headless");
    await using backbone = await joined(cluster);
    const ledger = new Ledger(backbone);
    await cluster.stdout.find(/finished a job/);
    const { state, attempts } = (await ledger.state(id))!;
    assert.equal(state, "done");
    assert.deepEqual(attempts.map(({ end }) => end), ["handed-over"]);
    const { result } = await directOutcome(work);
    assert.equal(new TextDecoder().decode(await ledger.resultBytes(id)), result);
    cluster.signal("SIGINT");
    assert.equal((await cluster.ended).code, 0);
  },
});

Deno.test({
  name: "a cluster has a page, and says what to type next",
  ignore,
  fn: async () => {
    await using cluster = startCluster(join(root, "page"), "--port", "0");
    const [, url] = await cluster.stdout.find(/^page +(http:\S+)$/m);
    const page = await fetch(url);
    assert.equal(page.status, 200);
    assert.match(await page.text(), /<html/);
    const [, server] = await cluster.stdout.find(/^laboratory +(nats:\S+)$/m);
    await cluster.stdout.find(new RegExp(`deno task train .* --cluster --nats ${server}`));
    cluster.signal("SIGTERM");
    assert.equal((await cluster.ended).code, 0);
  },
});

Deno.test({
  name: "a cluster on a server with keys shows no secret, and outlives the leaving of its workers",
  ignore,
  fn: async () => {
    const users = (["owner", "submitter"] as const).map((role) => (
      { role, user: role, password: `hidden-${role}` }
    ));
    await using server = await TestServer.start({ users, plan: planOf() });
    const place = `127.0.0.1:${server.port}`;
    await using cluster = startTask("cluster", [
      ...["--nats", `nats://owner:hidden-owner@${place}`, "--state", join(root, "keys")],
      ...["--workers", "1", "--backends", "wasm", "--name", "desk", "--headless"],
    ]);
    await cluster.stdout.find(/joined with wasm/);
    const submitter = ["--user", "submitter", "--password", "hidden-submitter"];
    const nats = ["--nats", `nats://${place}`, ...submitter];
    const drained = await runTask("workers", ["drain", "desk", ...nats]);
    assert.equal(drained.code, 0, drained.stderr);
    await cluster.stdout.find(/all workers of this machine have left/);
    const workers = await runTask("workers", nats);
    assert.match(workers.stdout, /^the cluster has no workers/, workers.stderr);
    cluster.signal("SIGINT");
    const { code, stdout, stderr } = await cluster.ended;
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`^laboratory +nats://${place}$`, "m"));
    assert.match(stdout, new RegExp(`deno task runs --nats nats://SECRET@${place}$`, "m"));
    assert.doesNotMatch(stdout + stderr, /hidden/);
  },
});

Deno.test({
  name: "a cluster does without a NATS server when it is asked to",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const state = join(root, "threads");
    await using cluster = startTask("cluster", [
      ...["--in-process", "--headless", "--workers", "1", "--backends", "wasm", "--state", state],
    ]);
    await cluster.stdout.find(/^laboratory +within this process$/m);
    await cluster.stdout.find(/joined with wasm/);
    cluster.signal("SIGINT");
    assert.equal((await cluster.ended).code, 0);
  },
});

Deno.test({
  name: "without a nats-server a cluster says how to get one, and how to do without",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const programs = join(root, "programs");
    await Deno.mkdir(programs);
    await Deno.symlink(Deno.execPath(), join(programs, "deno"));
    const through = ["/usr/bin/env", `PATH=${programs}`];
    const folder = join(root, "without");
    const outcome = await runTask("cluster", ["--headless", "--folder", folder], { through });
    assertRefused(outcome, "there is no program nats-server", "install", "--in-process");
  },
});

Deno.test("cluster says what is wrong with its flags", async () => {
  assertRefused(
    await runTask("cluster", ["--in-process", "--nats", "nats://127.0.0.1:1"]),
    "--in-process",
    "--nats",
  );
  assertRefused(
    await runTask("cluster", ["--nats-port", "5", "--nats", "nats://127.0.0.1:1"]),
    "--nats-port",
  );
  assertRefused(await runTask("cluster", ["--name", "my desk"]), "--name", "letters");
});
