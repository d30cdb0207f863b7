/** Idle workers help those that train: real processes on a real nats-server, killed in the middle of it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { evaluate } from "../../../learners/motor/evaluation/evaluator.ts";
import { EvaluationFleet } from "../../../agents/rollouts/evaluation_fleet.ts";
import {
  decodeAnnouncement,
  encodeRolloutMessage,
  ownBuild,
  rolloutSubjects,
} from "../../../agents/rollouts/messages.ts";
import { decodePiece } from "../../../agents/rollouts/piece.ts";
import { sharingRollouts } from "../../../agents/rollouts/shared_bus.ts";
import { type RunConfig, runNetwork, runParts } from "../../../agents/sim/run_config.ts";
import { codeVersion, simClusterRun } from "../../../agents/desk/submission.ts";
import { IdleActor } from "../../../agents/worker/idle_actor.ts";
import { simExecutor } from "../../../agents/worker/sim_executor.ts";
import { type Bus, subjects } from "../../../cluster/bus.ts";
import { DeadLetters } from "../../../cluster/dead_letters.ts";
import { workerRecord } from "../../../cluster/jobs/records.ts";
import { jsonLine, Log } from "../../../cluster/log.ts";
import { networkController } from "../../../controllers/network_controller.ts";
import { startTask, type TaskProcess } from "../../cli/task_process.ts";
import { strictBus } from "../rollouts/buses.ts";
import { weightsFile } from "../rollouts/crew.ts";
import { smallRun } from "../sim/small_run.ts";
import {
  directOutcome,
  hasNatsServer,
  jobOf,
  NatsLaboratory,
  smokeWork,
} from "./nats_laboratory.ts";
import { record } from "./recorder.ts";

const root = await Deno.makeTempDir({ prefix: "callosum-idle-" });
Deno.test.afterAll(() => Deno.remove(root, { recursive: true }));

/** Enough trials that nobody is done before another one has begun. */
const config: RunConfig = { ...smallRun, updates: 40, evaluationTrials: 96 };

function startWorkers({ server }: NatsLaboratory, count: number): TaskProcess {
  return startTask("worker", [
    ...["--nats", server.url, "--workers", String(count), "--backends", "wasm"],
    ...["--name", "desk", "--state", join(root, "state")],
  ]);
}

/** What is heard on the bus of an exchange of pieces. */
class Witness implements Disposable {
  /** Who has brought pieces, in the order in which they came. */
  readonly actors: string[] = [];
  readonly #subscription;
  #news = Promise.withResolvers<void>();

  constructor(bus: Bus, id: string) {
    this.#subscription = bus.subscribe(rolloutSubjects.pieces(id), (payload) => {
      this.actors.push(decodePiece(payload).actor);
      this.#news.resolve();
      this.#news = Promise.withResolvers();
    });
  }

  /** Wait until so many actors have brought a piece. */
  async until(actors: number): Promise<string[]> {
    while (new Set(this.actors).size < actors) await this.#news.promise;
    return [...new Set(this.actors)];
  }

  [Symbol.dispose](): void {
    this.#subscription.unsubscribe();
  }
}

/** The process of the worker that an actor belongs to. */
async function processOf(actor: string, { backbone }: NatsLaboratory): Promise<number> {
  const table = backbone.table("workers");
  const [worker] = (await table.keys()).filter((id) => actor.startsWith(id));
  const entry = await table.get(worker);
  return workerRecord.parse(JSON.parse(new TextDecoder().decode(entry!.value))).pid;
}

/** The trainer's exchanges that the bus hears of. */
function exchanges(bus: Bus): { next(): Promise<string> } {
  const known = new Set<string>();
  const waiting: PromiseWithResolvers<string>[] = [];
  bus.subscribe(rolloutSubjects.announcements, (payload) => {
    const { id } = decodeAnnouncement(payload);
    if (known.has(id)) return;
    known.add(id);
    waiting.shift()?.resolve(id);
  });
  return {
    next() {
      const next = Promise.withResolvers<string>();
      waiting.push(next);
      return next.promise;
    },
  };
}

Deno.test({
  name: "idle workers share an evaluation and a sim job, one is killed in it, and no bit changes",
  ignore: !hasNatsServer || Deno.build.os === "windows",
  async fn() {
    await using laboratory = await NatsLaboratory.open();
    const { backbone, ledger } = laboratory;
    const { bus } = backbone;
    await using _workers = startWorkers(laboratory, 2);

    const parts = runParts(config);
    const network = runNetwork(config, parts);
    const weights = network.initialWeights(1);
    const request = {
      ...parts,
      engine: "cannon",
      seed: config.seed,
      trials: config.evaluationTrials,
    } as const;
    const alone = evaluate(request, (arms) => networkController(network, weights, arms));
    {
      using witness = new Witness(bus, "trainer");
      using fleet = new EvaluationFleet(bus, config, { id: "trainer", actors: 2, patience: 1000 });
      const measure = () =>
        fleet.evaluate({ engine: "cannon", weights: weightsFile(1), help: false });
      // Until the workers are there, the trainer does it itself.
      const untilBothAreThere = async () => {
        witness.actors.length = 0;
        while (new Set(witness.actors).size < 2) assert.deepEqual(await measure(), alone);
        witness.actors.length = 0;
      };
      await untilBothAreThere();
      for (let killed = false; !killed;) {
        const measuring = measure();
        // Where one was too slow to bring anything, it is done once more.
        const [victim] = await Promise.race([witness.until(2), measuring.then(() => [])]);
        killed = victim !== undefined;
        if (killed) Deno.kill(await processOf(victim, laboratory), "SIGKILL");
        assert.equal(JSON.stringify(await measuring), JSON.stringify(alone));
        witness.actors.length = 0;
      }
      await untilBothAreThere();
    }

    const announced = exchanges(bus).next();
    const run = simClusterRun(config, "reach", { code: codeVersion(), time: new Date(0) });
    const id = await ledger.submit(run.specs[0]);
    using witness = new Witness(bus, await announced);
    const { result } = await laboratory.outcome(id);
    const direct = await record(simExecutor, config, { backend: "wasm" });
    assert.equal(result, direct.result);
    const { worker } = (await ledger.result(id))!;
    assert.ok(witness.actors.length > 0, "somebody has helped");
    assert.ok(witness.actors.every((actor) => !actor.startsWith(worker)), "others have");
  },
});

/** PPO in pieces of two copies, which are sent all the time. */
const learning = smokeWork("ppo", "bilateral", 2, {
  steps: 16 * 64 * 200,
  copies: 16,
  copiesOfPiece: 2,
  rolloutLength: 64,
});

Deno.test({
  name: "an idle worker acts for a job of PPO, is killed in it, and no bit changes",
  ignore: !hasNatsServer || Deno.build.os === "windows",
  async fn() {
    const direct = await directOutcome(learning);
    await using laboratory = await NatsLaboratory.open();
    const { backbone: { bus }, ledger } = laboratory;
    await using _workers = startWorkers(laboratory, 2);
    const announced = exchanges(bus).next();
    const id = await ledger.submit(jobOf(learning));
    using witness = new Witness(bus, await announced);
    const [actor] = await witness.until(1);
    Deno.kill(await processOf(actor, laboratory), "SIGKILL");
    assert.deepEqual(await laboratory.outcome(id), direct);
    const { worker } = (await ledger.result(id))!;
    assert.ok(!actor.startsWith(worker), "another one than the job's own worker has helped");
  },
});

/** Threads of actors that are started and ended by word only. */
class HandThreads {
  readonly names: string[] = [];
  readonly log: string[] = [];
  #fail: (error: Error) => void = assert.fail;

  /** Of the thread that was started last. */
  bus?: Bus;

  readonly start = (bus: Bus, name: string, onError: (error: Error) => void) => {
    this.bus = bus;
    this.names.push(name);
    this.log.push(`start ${name}`);
    this.#fail = onError;
    return {
      leave: () => {
        this.log.push(`leave ${name}`);
        return Promise.resolve();
      },
      kill: () => this.log.push(`kill ${name}`),
    };
  };

  die(): void {
    this.#fail(new Error("out of order"));
  }
}

function idleActor(bus: Bus, threads: HandThreads): IdleActor {
  return new IdleActor(bus, {
    worker: "desk-1",
    letters: new DeadLetters({ bus, from: "desk-1" }),
    log: new Log({}, jsonLine, () => {}),
    start: threads.start,
  });
}

function announce(bus: Bus, wanted: number, build = ownBuild()): void {
  const message = { type: "announcement", id: "trainer", wanted, build } as const;
  bus.publish(rolloutSubjects.announcements, encodeRolloutMessage(message));
}

Deno.test("a worker has an actor only while it is idle and a trainer wants one", async () => {
  const bus = strictBus();
  const threads = new HandThreads();
  const idle = idleActor(bus, threads);
  announce(bus, 1);
  idle.begin();
  announce(bus, 0);
  announce(bus, 1, "numerics 0");
  assert.deepEqual(threads.log, []);
  announce(bus, 1);
  announce(bus, 2);
  idle.begin();
  announce(bus, 2);
  idle.end();
  announce(bus, 1);
  idle.begin();
  announce(bus, 1);
  await idle.close();
  assert.deepEqual(threads.log, [
    ...["start desk-1-actor-1", "leave desk-1-actor-1"],
    ...["start desk-1-actor-2", "leave desk-1-actor-2"],
  ]);
});

Deno.test("a worker is helping from its first piece on, as long as it has an actor", async () => {
  const bus = strictBus();
  const threads = new HandThreads();
  const idle = idleActor(bus, threads);
  const heard: string[] = [];
  bus.subscribe(rolloutSubjects.pieces("trainer"), () => heard.push("piece"));
  bus.subscribe(rolloutSubjects.actors("trainer"), () => heard.push("offer"));
  idle.begin();
  announce(bus, 1);
  threads.bus!.publish(rolloutSubjects.actors("trainer"), new Uint8Array());
  assert.equal(idle.isHelping, false, "an offer is no help yet");
  threads.bus!.publish(rolloutSubjects.pieces("trainer"), new Uint8Array());
  assert.equal(idle.isHelping, true);
  assert.deepEqual(heard, ["offer", "piece"], "what is noticed gets through");
  idle.end();
  assert.equal(idle.isHelping, false);
  await idle.close();
});

Deno.test("a worker whose actor has died does not try again and again", async () => {
  const bus = strictBus();
  const threads = new HandThreads();
  const idle = idleActor(bus, threads);
  idle.begin();
  announce(bus, 1);
  threads.die();
  idle.begin();
  announce(bus, 1);
  idle.end();
  idle.begin();
  announce(bus, 1);
  await idle.close();
  assert.deepEqual(threads.log, ["start desk-1-actor-1"]);
});

Deno.test("of a training only what is for actors leaves the house", () => {
  const [inside, outside] = [strictBus(), strictBus()];
  const heard: string[] = [];
  const shared = [rolloutSubjects.announcements, rolloutSubjects.weights("trainer")];
  const own = [subjects.events("run"), subjects.weights("run"), subjects.checkpoints("run")];
  for (const subject of [...shared, ...own]) {
    inside.subscribe(subject, () => heard.push(`inside ${subject}`));
    outside.subscribe(subject, () => heard.push(`outside ${subject}`));
  }
  const bus = sharingRollouts(inside, outside);
  for (const subject of [...shared, ...own]) bus.publish(subject, new Uint8Array());
  assert.deepEqual(heard, [
    ...shared.map((subject) => `outside ${subject}`),
    ...own.map((subject) => `inside ${subject}`),
  ]);
  bus.subscribe(rolloutSubjects.actors("trainer"), () => heard.push("offer"));
  const offer = encodeRolloutMessage({ type: "offer", actor: "actor" });
  inside.publish(rolloutSubjects.actors("trainer"), offer);
  outside.publish(rolloutSubjects.actors("trainer"), offer);
  assert.equal(heard.filter((word) => word === "offer").length, 1);
});
