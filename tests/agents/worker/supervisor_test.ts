/** The supervisor, with processes that live and die as the test says. */
import assert from "node:assert/strict";
import { buryWorker } from "../../../agents/worker/burial.ts";
import { countOomKills, oomKillsIn } from "../../../agents/worker/oom_kills.ts";
import {
  type CauseOfDeath,
  causeOfDeath,
  type ProcessEnd,
  Supervisor,
  type SupervisorTimes,
  type WorkerProcess,
  WorkerStartError,
} from "../../../agents/worker/supervisor.ts";
import { Counters } from "../../../cluster/counters.ts";
import { jsonLine, Log } from "../../../cluster/log.ts";
import { countingExecutor, countingJob, Laboratory } from "./laboratory.ts";

/** A process that ends when it is told to. */
class TestProcess implements WorkerProcess {
  readonly pid = 1;
  readonly ended: Promise<ProcessEnd>;
  readonly end: (end: ProcessEnd) => void;
  killed = false;

  /** @param onLeave what it does when it is asked to leave */
  constructor(readonly id: string, private readonly onLeave: (process: TestProcess) => void) {
    const { promise, resolve } = Promise.withResolvers<ProcessEnd>();
    [this.ended, this.end] = [promise, resolve];
  }

  leave(): void {
    this.onLeave(this);
  }

  kill(): void {
    this.killed = true;
    this.end({ code: 137, signal: "SIGKILL", lastWords: "" });
  }
}

const done: ProcessEnd = { code: 0, lastWords: "" };
const killed: ProcessEnd = { code: 137, signal: "SIGKILL", lastWords: "" };

/** A supervisor of one slot, and all that it does. */
class Scene {
  readonly buried: [string, CauseOfDeath][] = [];
  readonly counters = new Counters();
  readonly supervisor: Supervisor<{ readonly name: string }>;
  readonly ended: Promise<void>;
  oomKills = 0;
  #next = Promise.withResolvers<TestProcess>();

  constructor(
    times: Partial<SupervisorTimes> = {},
    onLeave: (process: TestProcess) => void = (process) => process.end(done),
  ) {
    this.supervisor = new Supervisor({
      slots: [{ name: "desk-1" }],
      start: (_, id) => {
        const process = new TestProcess(id, onLeave);
        const { resolve } = this.#next;
        this.#next = Promise.withResolvers();
        resolve(process);
        return process;
      },
      bury: (id, cause) => {
        this.buried.push([id, cause]);
        return Promise.resolve();
      },
      countOomKills: () => Promise.resolve(this.oomKills),
      log: new Log({}, jsonLine, () => {}),
      counters: this.counters,
      times: { firstPause: 1, ...times },
    });
    this.ended = this.supervisor.run();
  }

  /** The process that is started next. */
  get next(): Promise<TestProcess> {
    return this.#next.promise;
  }
}

Deno.test("a worker that dies is started again under another id, and its death is told", async () => {
  const scene = new Scene();
  const first = await scene.next;
  first.end(killed);
  const second = await scene.next;
  assert.notEqual(second.id, first.id);
  assert.match(second.id, /^desk-1-[0-9a-f]{6}$/);
  assert.deepEqual(scene.buried, [[first.id, { end: "lost", message: "ended by SIGKILL" }]]);
  assert.equal(scene.counters.totals["workers.restarted"], 1);
  scene.supervisor.leave();
  await scene.ended;
});

/** A supervisor whose workers are started by `start`. @returns what it has logged, too */
function supervise(start: (slot: string) => WorkerProcess) {
  const lines: string[] = [];
  const supervisor = new Supervisor({
    slots: [{ name: "desk-1" }, { name: "desk-2" }],
    start: ({ name }) => start(name),
    bury: () => Promise.resolve(),
    countOomKills: () => Promise.reject(new Error("no process can be started")),
    log: new Log({}, jsonLine, (_, line) => lines.push(line)),
    counters: new Counters(),
    times: { firstPause: 1 },
  });
  return { supervisor, lines };
}

Deno.test("a worker that cannot be started for now is tried again, and the log says which", async () => {
  const started = Promise.withResolvers<void>();
  let tries = 0;
  const { supervisor, lines } = supervise((slot) => {
    if (slot === "desk-2" && ++tries < 3) throw new Error("Resource temporarily unavailable");
    if (slot === "desk-2") started.resolve();
    return new TestProcess(slot, (process) => process.end(done));
  });
  const ended = supervisor.run();
  await started.promise;
  supervisor.leave();
  await ended;
  const complaints = lines.map((line) => JSON.parse(line))
    .filter(({ message }) => /cannot be started/.test(message));
  assert.equal(complaints.length, 2);
  assert.match(complaints[0].worker, /^desk-2-/);
  assert.match(complaints[0].message, /Resource temporarily unavailable; tried again in 1 ms/);
});

Deno.test("a worker that can never be started ends the pool by an error that says which", async () => {
  const { supervisor } = supervise((slot) => {
    if (slot === "desk-2") throw new Deno.errors.NotFound("Failed to spawn 'deno'");
    return new TestProcess(slot, (process) => process.end(done));
  });
  await assert.rejects(supervisor.run(), (error) => {
    assert.ok(error instanceof WorkerStartError);
    assert.match(error.message, /^the worker desk-2 cannot be started: Failed to spawn 'deno'$/);
    return true;
  });
  supervisor.leave();
});

Deno.test("a worker that has left by itself is not started again", async () => {
  const scene = new Scene();
  (await scene.next).end(done);
  await scene.ended;
  assert.deepEqual(scene.buried, []);
});

Deno.test("a worker that the kernel killed for its memory is told from one that somebody killed", async () => {
  const scene = new Scene();
  const first = await scene.next;
  scene.oomKills++;
  first.end(killed);
  (await scene.next).end(killed);
  await scene.next;
  assert.deepEqual(scene.buried.map(([, { end }]) => end), ["out-of-memory", "lost"]);
  scene.supervisor.leave();
  await scene.ended;
});

Deno.test("a heap that is full is told by the process's last words", () => {
  const lastWords = "Fatal JavaScript out of memory: Reached heap limit";
  const { end, message } = causeOfDeath({ code: 133, signal: "SIGTRAP", lastWords }, 0, 0);
  assert.equal(end, "out-of-memory");
  assert.equal(message, `out of memory, ended by SIGTRAP: ${lastWords}`);
});

Deno.test("a worker that does not leave in time is killed", async () => {
  const scene = new Scene({ patience: 20 }, () => {});
  const process = await scene.next;
  scene.supervisor.leave();
  await scene.ended;
  assert.ok(process.killed);
});

Deno.test("workers can be ended at once", async () => {
  const scene = new Scene({}, () => {});
  const process = await scene.next;
  scene.supervisor.kill();
  await scene.ended;
  assert.ok(process.killed);
});

Deno.test("the kernel's count of processes killed for their memory is read where there is one", async () => {
  assert.equal(oomKillsIn("nr_free_pages 12\noom_kill 3\nunevictable_pgs 0\n"), 3);
  assert.equal(oomKillsIn("nr_free_pages 12\n"), undefined);
  const count = await countOomKills();
  if (Deno.build.os === "linux") assert.ok(Number.isSafeInteger(count), `${count}`);
  else assert.equal(count, undefined);
});

Deno.test("the job of a dead worker is free at once, and another one goes on where it was", async () => {
  await using laboratory = new Laboratory();
  const id = await laboratory.ledger.submit(countingJob("orphaned", 9));
  const reached = Promise.withResolvers<void>();
  const executor = countingExecutor((_, step) => {
    if (step !== 4) return;
    reached.resolve();
    return new Promise(() => {});
  });
  // Its record says that it has the job; it will not do anything more.
  await using _dead = await laboratory.hire({ id: "dead", executors: [executor] });
  await reached.promise;
  await laboratory.until(id, ({ checkpoints }) => checkpoints[0]?.step === 4);
  const cause = { end: "lost", message: "ended by SIGKILL" } as const;
  assert.deepEqual(await buryWorker(laboratory.backbone, "dead", cause), [{ id }]);
  assert.equal(await laboratory.backbone.table("workers").get("dead"), undefined);
  await using _heir = await laboratory.hire({ id: "heir" });
  await laboratory.result(id);
  const { attempts } = (await laboratory.ledger.state(id))!;
  assert.deepEqual(attempts, [{ ...cause, epoch: 1, worker: "dead", step: 4 }]);
});

Deno.test("a job that thrice takes its worker's memory has failed, with the evidence", async () => {
  await using laboratory = new Laboratory();
  const id = await laboratory.ledger.submit(countingJob("poison", 9));
  for (const round of [1, 2, 3]) {
    const reached = Promise.withResolvers<void>();
    const executor = {
      ...countingExecutor(),
      run() {
        reached.resolve();
        return new Promise<never>(() => {});
      },
    };
    await using victim = await laboratory.hire({ id: `victim-${round}`, executors: [executor] });
    await reached.promise;
    await laboratory.until(id, ({ holder }) => holder?.worker === `victim-${round}`);
    const message = `out of memory, round ${round}`;
    await buryWorker(laboratory.backbone, `victim-${round}`, { end: "out-of-memory", message });
    victim.agent.leave();
  }
  const { state, attempts } = (await laboratory.ledger.state(id))!;
  assert.equal(state, "failed");
  assert.deepEqual(attempts.map(({ message }) => message), [
    "out of memory, round 1",
    "out of memory, round 2",
    "out of memory, round 3",
  ]);
});
