/**
 * What can go wrong with a cluster, one thing at a time: each ends with a result for every acknowledged job,
 * one commit a job, results and events equal to an undisturbed run, and no event counted twice.
 */
import assert from "node:assert/strict";
import { LaboratoryStatus } from "../../agents/laboratory/status.ts";
import { buryWorker } from "../../agents/worker/burial.ts";
import { countOomKills } from "../../agents/worker/oom_kills.ts";
import { Supervisor, type WorkerProcess } from "../../agents/worker/supervisor.ts";
import { Counters } from "../../cluster/counters.ts";
import { inProcessBus } from "../../cluster/in_process.ts";
import { crashPoints } from "../../cluster/jobs/crash_points.ts";
import { jobId } from "../../cluster/jobs/identity.ts";
import { mayPass } from "../../cluster/jobs/ledger_parts.ts";
import { jsonLine, Log } from "../../cluster/log.ts";
import type { LaboratoryEvent } from "../../cluster/protocol.ts";
import { retrying } from "../../cluster/retry.ts";
import { startLaboratoryViewer } from "../../viewer/server/laboratory_server.ts";
import { eventually } from "../support/eventually.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { connect } from "../viewer/clients.ts";
import { chainJob, chainJobs } from "./chain.ts";
import { type ChaosWorker, Harness, scenario, serverVersion } from "./harness.ts";
import { mayMount, SmallDisk } from "./small_disk.ts";
import { type Frame, frameFilter } from "./nats_frames.ts";
import { bringBack, deleteStore, flipBit, putAside } from "./store.ts";

/** Where a worker comes by when its job goes well. */
const workersPoints = crashPoints.filter((point) => /^(claim|keep|commit)/.test(point));

scenario(
  "workers are killed at every crash point: their jobs are finished elsewhere, once",
  async () => {
    await using harness = await Harness.open();
    for (const at of workersPoints) {
      const dying = harness.hire({ struck: { by: "SIGKILL", at, time: 2 } });
      await harness.submit(chainJobs(at, 2));
      assert.equal((await dying.ended).signal, "SIGKILL", at);
      await using _heir = harness.hire();
      await harness.done();
    }
    await harness.requireSound();
  },
);

scenario("a worker dies when it has given its job back: others go on at once", async () => {
  await using harness = await Harness.open();
  const [id] = await harness.submit([chainJob("given back", { steps: 50 })]);
  const at = "end: after the state";
  const leaving = harness.hire({ struck: { by: "SIGKILL", at, time: 1 } });
  await harness.underWay(id);
  leaving.signal("SIGTERM");
  assert.equal((await leaving.ended).signal, "SIGKILL");
  harness.hire();
  await harness.requireSound();
});

scenario("a frozen worker loses its job, and is fenced when it thaws", async () => {
  await using harness = await Harness.open();
  const [id] = await harness.submit([chainJob("frozen", { steps: 30, pace: 50 })]);
  const zombie = harness.hire();
  await harness.underWay(id);
  zombie.freeze();
  harness.hire();
  await harness.until(id, ({ epoch }) => epoch === 2);
  zombie.thaw();
  await zombie.stdout.find(/lost a job to somebody else/);
  await harness.requireSound();
});

scenario(
  "a worker frozen with its result in hand: the second result is compared, not counted",
  async () => {
    await using harness = await Harness.open();
    const at = "commit: after the events";
    const zombie = harness.hire({ struck: { by: "SIGSTOP", at, time: 1 } });
    const [id] = await harness.submit([chainJob("late")]);
    await harness.until(id, ({ state }) => state === "running");
    await harness.until(id, ({ attempts }) => attempts.length > 0);
    harness.hire();
    await harness.done();
    zombie.thaw();
    await zombie.stdout.find(/finished a job \(same\)/);
    await harness.requireSound();
  },
);

scenario("a job that hangs while its worker shows life is taken from it", async () => {
  await using harness = await Harness.open();
  const [id] = await harness.submit([chainJob("hung")]);
  harness.hire({ hangsAt: 5, stall: 1_000 });
  await harness.requireSound();
  const { attempts } = harness.history.states.get(id)!;
  assert.deepEqual(attempts.map(({ end, step }) => [end, step]), [["stalled", 3]]);
});

scenario("the server is killed again and again while jobs are submitted and done", async () => {
  await using harness = await Harness.open();
  const { server } = harness;
  for (let i = 0; i < 3; i++) harness.hire();
  const submitting = harness.submit(chainJobs("published", 40, { pace: 50 }));
  for (const finished of [0, 10, 25]) {
    await harness.done(finished);
    await server.kill();
    await server.restart();
  }
  await submitting;
  await harness.requireSound();
});

scenario(
  "a job that is submitted again after a restart of the server is not done again",
  async () => {
    await using harness = await Harness.open();
    const { server, history } = harness;
    const spec = chainJob("again");
    harness.hire();
    const [id] = await harness.submit([spec]);
    await harness.done();
    await server.kill();
    await server.restart();
    await harness.submit([spec, chainJob("another one")]);
    await harness.requireSound();
    assert.equal(history.states.get(id)!.epoch, 1);
  },
);

scenario(
  "a job that is given back in the moment in which it was queued is handed out again",
  async () => {
    // Nobody watches over the jobs: only the second hint can bring it.
    await using harness = await Harness.open({ watched: false });
    const { ledger } = harness;
    const [id] = await harness.submit([chainJob("hot potato")]);
    for (let i = 0; i < 5; i++) {
      const claim = await ledger.claim(id, `client-${i}`);
      assert(claim.claimed);
      await claim.handOver("too hot");
    }
    harness.hire();
    await harness.requireSound();
    assert.equal(harness.history.states.get(id)!.epoch, 6);
  },
);

scenario(
  "lines that go silent in one direction or in both cost their workers the job, and no more",
  async () => {
    await using harness = await Harness.open();
    const silences = [["to the server"], ["to the client"], [
      "to the server",
      "to the client",
    ]] as const;
    await using opened = new AsyncDisposableStack();
    const cut = silences.map((directions) => {
      const proxy = opened.use(TcpProxy.to(harness.server.port));
      return { proxy, directions, worker: harness.hire({ port: proxy.port }) };
    });
    const specs = chainJobs("half open", cut.length, { steps: 100, pace: 50 });
    for (const id of await harness.submit(specs)) await harness.underWay(id);
    for (const { proxy, directions } of cut) proxy.silence(...directions);
    harness.hire();
    for (const spec of specs) await harness.until(jobId(spec), ({ epoch }) => epoch > 1);
    for (const { proxy } of cut) proxy.restore();
    // Whoever has finished without a line finds that somebody else has, too.
    const fenced = /lost a job to somebody else|finished a job \((same|fenced)\)/;
    for (const { worker } of cut) await worker.stdout.find(fenced);
    await harness.requireSound();
  },
);

/** Messages whose loss is a classic: what was done is not known to have been done. */
const acknowledgements = [
  { direction: "to the server", pattern: /^PUB \$JS\.ACK\..*\n\+ACK$/ },
  ...["KV_callosum_jobs", "callosum_logs", "callosum_blobs", "KV_callosum_results"].map((
    stream,
  ) => (
    { direction: "to the client", pattern: new RegExp(`"stream":"${stream}"`) }
  )),
];

scenario("acknowledgements get lost, of each kind one: nothing is done twice", async () => {
  await using harness = await Harness.open();
  await using opened = new AsyncDisposableStack();
  const dropped = acknowledgements.map(() => 0);
  const workers = acknowledgements.map(({ direction, pattern }, index) => {
    const drop = ({ line, payload }: Frame) =>
      pattern.test(`${line}\n${payload}`) && dropped[index]++ === 0;
    const proxy = opened.use(TcpProxy.to(
      harness.server.port,
      (way) => way === direction ? frameFilter(drop) : (piece) => piece,
    ));
    return harness.hire({ port: proxy.port });
  });
  for (const worker of workers) await worker.stdout.find(/joined/);
  await harness.submit(chainJobs("unheard", 3 * workers.length));
  await harness.requireSound();
  assert(dropped.every((count) => count > 0), `on their way were ${dropped}`);
});

scenario(
  "the server comes back with an older store: what it has forgotten is done again",
  async () => {
    await using harness = await Harness.open();
    const { server } = harness;
    for (let i = 0; i < 2; i++) harness.hire();
    await harness.submitRun("early", chainJobs("early", 6));
    await harness.done(3);
    await putAside(server);
    await harness.submitRun("late", chainJobs("late", 6));
    await harness.submitRun("long", chainJobs("long", 2, { steps: 60, pace: 50 }));
    await harness.done(10);
    await bringBack(server);
    await harness.restoreRuns();
    await harness.requireSound({ storeLost: true });
  },
);

scenario(
  "the server's store is deleted: submitters and workers bring back what they know",
  async () => {
    await using harness = await Harness.open();
    const { server } = harness;
    for (let i = 0; i < 2; i++) harness.hire();
    await harness.submitRun("run", chainJobs("deleted", 10, { pace: 50 }));
    await harness.done(4);
    await deleteStore(server);
    await harness.restoreRuns();
    await harness.requireSound({ storeLost: true });
  },
);

const isVersion29 = serverVersion[0] === 2 && serverVersion[1] === 9;

/** What a nats-server puts into one file at the most, bytes. */
const largestBlock = 8 * 2 ** 20;

scenario("a bit flips in a checkpoint: its job goes on from what is intact", async () => {
  await using harness = await Harness.open();
  const { server } = harness;
  const [id] = await harness.submit([chainJob("flipped", { steps: 30, pace: 50 })]);
  const first = harness.hire();
  const { checkpoints: [, before] } = await harness.until(
    id,
    ({ checkpoints }) => checkpoints.length === 2,
  );
  assert(before);
  first.kill();
  await first.ended;
  const { checkpoints: [newest] } = (await harness.ledger.state(id))!;
  // A file that is still being written to is unreadable from then on for a server of 2.9, whatever comes.
  await harness.backbone.blobs.put(new Uint8Array(largestBlock));
  const header = `callosum checkpoint ${id} ${newest.epoch} ${newest.step}\n`;
  await flipBit(server, "callosum_blobs", header, header.length + 3);
  harness.hire();
  await harness.requireSound();
});

scenario("a bit flips among the jobs' records: what is damaged is entered again", async () => {
  await using harness = await Harness.open();
  const { server } = harness;
  const specs = chainJobs("record", 5);
  await harness.submitRun("run", specs);
  await flipBit(server, "KV_callosum_jobs", `$KV.callosum_jobs.${jobId(specs[2])}`, 130);
  await harness.restoreRuns();
  harness.hire();
  await harness.requireSound({ storeLost: true });
}, isVersion29 ? "nats-server 2.9 never reads the file again, or does not start at all" : "");

scenario(
  "a job that takes all memory has failed after three deaths, and others are done",
  async () => {
    // A process that looks for memory everywhere says nothing for a while before it dies.
    await using harness = await Harness.open({ lease: 60_000 });
    const supervisor = new Supervisor({
      slots: [{ name: "desk" }],
      start: (_, id) => supervised(harness.hire({ id, memory: 60 })),
      bury: async (id, cause) => void await buryWorker(harness.backbone, id, cause),
      countOomKills,
      log: new Log({}, jsonLine, () => {}),
      counters: new Counters(),
      times: { firstPause: 50, longestPause: 50 },
    });
    const [greedy] = await harness.submit([chainJob("greedy", { greedy: true })]);
    await harness.submit(chainJobs("modest", 3));
    const running = supervisor.run();
    await harness.requireSound({ failed: [greedy] });
    supervisor.leave();
    await running;
    const { attempts } = harness.history.states.get(greedy)!;
    assert.deepEqual(attempts.map(({ end }) => end), Array(3).fill("out-of-memory"));
    for (const { message } of attempts) assert.match(message, /out of memory/);
  },
);

/** As the supervisor knows processes. */
function supervised(worker: ChaosWorker): WorkerProcess {
  return {
    pid: worker.pid,
    ended: worker.ended.then(({ code, signal, stderr }) => (
      { code, signal: signal ?? undefined, lastWords: stderr.slice(-3000) }
    )),
    leave: () => worker.signal("SIGTERM"),
    kill: () => worker.kill(),
  };
}

scenario("a clock that is set back by an hour changes nothing", async () => {
  await using harness = await Harness.open();
  harness.hire({ clockSetBackAt: 4 });
  harness.hire();
  await harness.submit(chainJobs("clock", 8));
  await harness.requireSound();
});

scenario("a server whose disk is full takes up its work when there is room again", async () => {
  await using disk = await SmallDisk.mount(32);
  await using harness = await Harness.open({ within: disk.folder, storage: 2 ** 30 });
  const { server } = harness;
  for (let i = 0; i < 2; i++) harness.hire();
  await harness.submit(chainJobs("before", 4));
  await harness.done();
  await disk.fill();
  const meanwhile = chainJobs("meanwhile", 6);
  const submitting = retrying(() => harness.submit(meanwhile), { again: mayPass });
  await eventually("nothing can be kept any more", () => disk.isFull());
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  await disk.empty();
  // Servers before 2.10 answer nobody any more; the one of `deno task cluster` is ended and started again.
  await server.kill();
  await server.restart();
  await submitting;
  await harness.requireSound();
}, mayMount ? "" : "no right to mount a small file system");

scenario("a page and a hundred viewers follow it all, and hold up nothing", async () => {
  await using harness = await Harness.open();
  const { server, backbone } = harness;
  const pages = inProcessBus(assert.ifError);
  const viewer = await startLaboratoryViewer({ bus: pages, port: 0, onError: () => {} });
  try {
    using _status = new LaboratoryStatus({ backbone, pages, name: server.url });
    const viewers = await Promise.all(
      Array.from({ length: 100 }, () => connect<LaboratoryEvent>(viewer)),
    );
    const workers = [harness.hire(), harness.hire(), harness.hire()];
    await harness.submit(chainJobs("watched", 20, { pace: 50 }));
    await harness.done(3);
    workers[0].kill();
    await server.kill();
    await server.restart();
    await harness.done(10);
    workers[1].freeze();
    await harness.requireSound();
    await eventually("all viewers see all jobs done", () =>
      viewers.every(({ events }) => {
        const laboratory = events.findLast((event) => event.type === "laboratory");
        return laboratory?.jobs.done === 20;
      }));
    for (const { socket } of viewers) socket.close();
    for (const script of ["main.js", "laboratory.js"]) {
      // The bundler must have ended before the test does.
      await (await fetch(viewer.url + script)).text();
    }
  } finally {
    await viewer.close();
  }
});

/** Other versions of the server, the oldest first. */
const newerServers = (Deno.env.get("CALLOSUM_NEWER_NATS_SERVERS") ?? "").split(":").filter(Boolean);

scenario("the server is replaced by newer versions while jobs are done", async () => {
  await using harness = await Harness.open();
  const { server } = harness;
  for (let i = 0; i < 2; i++) harness.hire();
  await harness.submit(chainJobs("upgrade", 10 * (newerServers.length + 1), { pace: 50 }));
  for (const [index, newer] of newerServers.entries()) {
    await harness.done(10 * (index + 1));
    await server.stop();
    await server.restart(newer);
  }
  await harness.requireSound();
}, newerServers.length > 0 ? "" : "CALLOSUM_NEWER_NATS_SERVERS names none, as paths with colons");

scenario(
  "a thousand jobs, twenty workers, a random kill a second, ten minutes",
  () => Promise.resolve(),
  "deno task chaos does it; chaos_test.ts is its short form",
);
