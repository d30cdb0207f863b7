/** `deno task worker` as processes on a real nats-server: killed, frozen, and asked to leave. */
import assert from "node:assert/strict";
import {
  directOutcome,
  hasNatsServer,
  jobOf,
  longWork,
  NatsLaboratory,
  smokeWork,
} from "../agents/worker/nats_laboratory.ts";
import { assertRefused, runTask, startTask, type TaskProcess } from "./task_process.ts";

const root = await Deno.makeTempDir({ prefix: "callosum-worker-" });
Deno.test.afterAll(() => Deno.remove(root, { recursive: true }));

/** Signals that freeze or kill are those of POSIX systems. */
const ignore = !hasNatsServer || Deno.build.os === "windows";

function startWorkers({ server }: NatsLaboratory, count: number): TaskProcess {
  return startTask("worker", [
    ...["--nats", server.url, "--workers", String(count), "--backends", "wasm"],
    ...["--name", "desk", "--state", `${root}/${crypto.randomUUID()}`],
  ]);
}

Deno.test({
  name: "two workers come to the results of a direct run, byte for byte, and each job is done once",
  ignore,
  fn: async () => {
    await using laboratory = await NatsLaboratory.open();
    await using workers = startWorkers(laboratory, 2);
    const works = [
      smokeWork("dagnn", "dagnn", 1),
      smokeWork("dagnn", "mlp", 1),
      smokeWork("reste", "reste", 1),
    ];
    const ids = await Promise.all(works.map((work) => laboratory.ledger.submit(jobOf(work))));
    for (const [index, work] of works.entries()) {
      assert.deepEqual(await laboratory.outcome(ids[index]), await directOutcome(work));
    }
    for (const { epoch, attempts } of (await laboratory.ledger.jobs(ids)).values()) {
      assert.deepEqual({ epoch, attempts }, { epoch: 1, attempts: [] });
    }
    workers.signal("SIGTERM");
    assert.equal((await workers.ended).code, 0);
  },
});

Deno.test({
  name: "jobs whose workers are killed or frozen end as undisturbed, and nothing is counted twice",
  ignore,
  fn: async () => {
    await using laboratory = await NatsLaboratory.open();
    await using _workers = startWorkers(laboratory, 2);
    const works = [longWork(1), longWork(2)];
    const [killed, frozen] = await Promise.all(
      works.map((work) => laboratory.ledger.submit(jobOf(work))),
    );
    const onItsWay = ({ state, checkpoints }: { state: string; checkpoints: unknown[] }) =>
      state === "running" && checkpoints.length > 0;
    const victim = await laboratory.holderProcess(await laboratory.until(killed, onItsWay));
    const zombie = await laboratory.holderProcess(await laboratory.until(frozen, onItsWay));
    Deno.kill(victim, "SIGKILL");
    Deno.kill(zombie, "SIGSTOP");
    const again = await laboratory.until(killed, ({ epoch }) => epoch === 2);
    assert.match(again.attempts[0].message, /SIGKILL/);
    assert.equal(again.attempts[0].end, "lost");
    await laboratory.until(frozen, ({ epoch }) => epoch === 2);
    Deno.kill(zombie, "SIGCONT");
    assert.deepEqual(await laboratory.outcome(killed), await directOutcome(works[0]));
    assert.deepEqual(await laboratory.outcome(frozen), await directOutcome(works[1]));
    assert.equal((await laboratory.ledger.alarms()).size, 0);
  },
});

Deno.test({
  name: "workers that are asked to leave hand their jobs over within seconds, and others go on",
  ignore,
  fn: async () => {
    await using laboratory = await NatsLaboratory.open();
    const work = longWork(3);
    const id = await laboratory.ledger.submit(jobOf(work));
    await using first = startWorkers(laboratory, 1);
    await laboratory.until(id, ({ holder }) => (holder?.step ?? 0) > 0);
    first.signal("SIGTERM");
    assert.equal((await first.ended).code, 0);
    const { state, attempts, checkpoints } = (await laboratory.ledger.state(id))!;
    assert.equal(state, "queued");
    assert.deepEqual(attempts.map(({ end }) => end), ["handed-over"]);
    assert.ok(checkpoints[0].step > 0);
    assert.deepEqual(await laboratory.backbone.table("workers").keys(), []);
    await using _second = startWorkers(laboratory, 1);
    assert.deepEqual(await laboratory.outcome(id), await directOutcome(work));
  },
});

Deno.test({
  name: "a worker that could keep nothing does not begin",
  ignore,
  fn: async () => {
    await using laboratory = await NatsLaboratory.open();
    const file = `${root}/file`;
    await Deno.writeTextFile(file, "");
    const nats = ["--nats", laboratory.server.url, "--backends", "wasm"];
    assertRefused(await runTask("worker", [...nats, "--state", file]), file, "--state");
  },
});

Deno.test("worker asks which laboratory, and says what is wrong with its flags", async () => {
  assertRefused(await runTask("worker", []), "--nats", "deno task cluster");
  assertRefused(
    await runTask("worker", ["--nats", "nats://127.0.0.1:1", "--backends", "abacus"]),
    "--backends",
    "abacus",
    "wasm",
  );
  assertRefused(
    await runTask("worker", ["--nats", "nats://127.0.0.1:1", "--forget", "0"]),
    "--forget",
    "from 1",
  );
  assertRefused(
    await runTask("worker", ["--nats", "nats://127.0.0.1:1", "--token", "a", "--creds", "b"]),
    "--token",
    "--creds",
  );
  assertRefused(
    await runTask("worker", ["--nats", "nats://nats.example.org"]),
    "credentials",
    "tls",
  );
});
