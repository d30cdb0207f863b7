/** What pages are told of a laboratory, from its ledger to the bus of the pages. */
import assert from "node:assert/strict";
import { LaboratoryStatus } from "../../../agents/laboratory/status.ts";
import { subjects } from "../../../cluster/bus.ts";
import { decodeFrame } from "../../../cluster/frame.ts";
import { inProcessBus } from "../../../cluster/in_process.ts";
import { DeadLetters } from "../../../cluster/dead_letters.ts";
import {
  decodeEvent,
  decodeLaboratoryEvent,
  encodeMessage,
  type Event,
  type Interest,
  type Laboratory,
  type LaboratoryEvent,
  laboratorySubjects,
} from "../../../cluster/protocol.ts";
import { encodeCheckpoint, encodeWeights } from "../../../agents/sim/checkpoint.ts";
import { runNetwork, runParts } from "../../../agents/sim/run_config.ts";
import { freshState } from "../../../learners/motor/trainer.ts";
import { smallRun } from "../sim/small_run.ts";
import { LaboratoryFeed, steps } from "../../viewer/laboratory_feed.ts";
import { HandTimers, settle } from "./hand_timers.ts";

const date = new Date("2026-01-02T03:04:05Z");

/** A laboratory, what pages are told of it, and the time. */
class Scene implements Disposable {
  readonly feed = new LaboratoryFeed();
  readonly end = this.feed.cluster.open();
  readonly timers = new HandTimers();
  readonly pages = inProcessBus((error) => {
    throw error;
  });
  readonly told: LaboratoryEvent[] = [];
  readonly troubles: string[] = [];
  readonly status: LaboratoryStatus;

  constructor() {
    this.pages.subscribe(laboratorySubjects.events, (payload) => {
      this.told.push(decodeLaboratoryEvent(payload));
    });
    this.status = new LaboratoryStatus({
      backbone: this.end,
      pages: this.pages,
      name: "nats://test",
      timers: this.timers,
      onTrouble: (message) => this.troubles.push(message),
    });
  }

  ask(interest: Partial<Interest>): void {
    const asked: Interest = { type: "interest", runs: [], arms: [], ...interest };
    this.pages.publish(laboratorySubjects.interest, encodeMessage(asked));
  }

  of<Type extends LaboratoryEvent["type"]>(type: Type) {
    return this.told.filter((event): event is LaboratoryEvent & { type: Type } =>
      event.type === type
    );
  }

  get laboratory(): Laboratory {
    const latest = this.of("laboratory").at(-1);
    assert.ok(latest);
    return latest;
  }

  [Symbol.dispose](): void {
    this.status[Symbol.dispose]();
  }
}

function play(name: string, act: (scene: Scene) => Promise<void>): void {
  Deno.test(name, async () => {
    using scene = new Scene();
    await act(scene);
  });
}

play(
  "workers, runs, jobs, failures, alarms and dead letters are told, at most twice a second",
  async (scene) => {
    const { feed, timers } = scene;
    const jobs = await feed.library("run-1", "reste", ["reste", "ste"], 2, date);
    const begun = await feed.begin(jobs["reste-s0"], "desk-1");
    await feed.fail(jobs["ste-s1"], "desk-2", "the loss is not finite");
    await feed.alarm(jobs["reste-s0"], "desk-1", "desk-2");
    new DeadLetters({ bus: feed.backbone.bus, from: "test" }).reject(
      "here",
      new Uint8Array(3),
      "why",
    );
    scene.told.length = 0;
    for (let second = 0; second < 10; second++) {
      await feed.beat("desk-1", { jobs: [jobs["reste-s0"]] });
      await feed.advance(begun, 8);
      await timers.pass(1000);
    }
    assert.ok(scene.told.length <= 20, `${scene.told.length} events in ten seconds`);
    const { workers, runs, alarms, counters, link, name } = scene.laboratory;
    assert.equal(name, "nats://test");
    assert.equal(link.state, "connected");
    assert.deepEqual(scene.laboratory.jobs, {
      queued: 2,
      running: 1,
      paused: 0,
      done: 0,
      failed: 1,
      cancelled: 0,
    });
    assert.equal(workers.list[0].job?.name, "reste-s0");
    assert.equal(runs.list[0].title, "reste-desk");
    assert.ok(Math.abs(runs.list[0].progress - 80 / steps / 4) < 1e-9);
    assert.ok(runs.list[0].secondsLeft !== undefined && runs.list[0].secondsLeft > 0);
    assert.deepEqual(alarms.list[0].workers, ["desk-1", "desk-2"]);
    assert.equal(counters["attempts failed"], 1);
    assert.equal(counters["dead letters"], 1);
    assert.deepEqual(scene.of("laboratory-run"), [], "nobody has asked");
    assert.deepEqual(scene.of("curve"), []);
  },
);

play(
  "a run that is watched is told with its jobs and the curves of one metric, and only as long",
  async (scene) => {
    const { feed, timers } = scene;
    const jobs = await feed.library("run-1", "reste", ["reste", "ste"], 2, date);
    const running = await feed.begin(jobs["reste-s0"], "desk-1", 0, 0);
    await feed.advance(running, 40);
    const finished = await feed.begin(jobs["ste-s0"], "desk-2", 1, 0);
    await feed.advance(finished, steps);
    await feed.finish(finished);
    await feed.fail(jobs["ste-s1"], "desk-2", "the loss is not finite");
    scene.ask({ runs: [{ run: "run-1", metric: null }] });
    await timers.pass(3000);
    const detail = scene.of("laboratory-run").at(-1);
    assert.deepEqual(detail?.metrics, ["accuracy", "loss"]);
    assert.deepEqual(detail?.groups.map(({ name, jobs }) => [name, jobs.done, jobs.failed]), [
      ["reste", 0, 0],
      ["ste", 1, 1],
    ]);
    assert.deepEqual(
      detail?.list.map(({ name, state, end, message }) => [name, state, end, message]),
      [
        ["ste-s1", "failed", "exception", "the loss is not finite"],
        ["reste-s0", "running", undefined, undefined],
        ["reste-s1", "queued", undefined, undefined],
        ["ste-s0", "done", undefined, undefined],
      ],
    );
    const curves = scene.of("curve");
    assert.deepEqual(curves.map(({ group, metric }) => [group, metric]).sort(), [
      ["reste", "accuracy"],
      ["ste", "accuracy"],
    ]);
    assert.equal(curves.find(({ group }) => group === "ste")?.x.at(-1), steps);

    // Only what has changed is told again, and another metric when it is asked for.
    scene.told.length = 0;
    scene.ask({ runs: [{ run: "run-1", metric: "loss" }, { run: "run-1", metric: null }] });
    await feed.advance(running, 8);
    await timers.pass(2000);
    const later = scene.of("curve");
    assert.equal(
      later.filter(({ group, metric }) => group === "ste" && metric === "accuracy").length,
      0,
    );
    assert.equal(later.findLast(({ group }) => group === "reste")?.x.at(-1), 48);
    assert.ok(later.some(({ group, metric }) => group === "ste" && metric === "loss"));

    await timers.pass(8000);
    scene.told.length = 0;
    await timers.pass(4000);
    assert.deepEqual(
      scene.told.filter(({ type }) => type !== "laboratory"),
      [],
      "nobody asks any more",
    );
  },
);

play(
  "pages are told that the server is away, for how long, and how things stood then",
  async (scene) => {
    const { feed, end, timers } = scene;
    for (let second = 0; second < 3; second++) {
      await feed.beat("desk-1");
      await timers.pass(1000);
    }
    // A server that hangs is noticed only after a while in which nobody can be heard either.
    await timers.pass(6000);
    end.away = true;
    assert.equal(scene.laboratory.link.state, "away");
    await timers.pass(12_000);
    assert.deepEqual(scene.laboratory.link, { state: "away", seconds: 12 });
    assert.equal(
      scene.laboratory.workers.list[0].state,
      "idle",
      "nobody can be heard, so nobody is silent",
    );
    end.away = false;
    assert.equal(scene.laboratory.link.state, "connected");
    await timers.pass(2000);
    assert.equal(scene.laboratory.workers.list[0].state, "idle");
    await timers.pass(4000);
    assert.equal(scene.laboratory.workers.list[0].state, "silent");
  },
);

/** What a page of `job` is told until `isEnough`. */
async function watchArm(
  scene: Scene,
  job: string,
  isEnough: (events: readonly Event[], frames: number) => boolean,
): Promise<{ readonly events: readonly Event[]; readonly frames: readonly Uint8Array[] }> {
  const events: Event[] = [];
  const frames: Uint8Array[] = [];
  scene.pages.subscribe(subjects.events(job), (payload) => events.push(decodeEvent(payload)));
  scene.pages.subscribe(subjects.frames(job), (payload) => frames.push(payload));
  scene.ask({ arms: [job] });
  const deadline = performance.now() + 60_000;
  while (!isEnough(events, frames.length)) {
    assert.ok(performance.now() < deadline, JSON.stringify(events.map(({ type }) => type)));
    await scene.timers.pass(500);
    scene.ask({ arms: [job] });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { events, frames };
}

const config = { ...smallRun, updates: 200 };
const network = runNetwork(config, runParts(config));

play(
  "a sim job's arm moves with the newest weights of its training, and its frames stay here",
  async (scene) => {
    const { feed } = scene;
    const job = await feed.sim("sim-1", date, config);
    const { claim } = await feed.begin(job, "desk-1");
    const { weights, adam } = freshState(network, 7);
    const state = { weights, adam: { ...adam, updates: 100 } };
    const progress = {
      type: "progress" as const,
      update: 100,
      updates: 200,
      losses: { accuracy: 1 },
      finalError: 0.2,
      nonFinite: 0,
      mergeWeights: [0.5, 0.5],
    };
    await claim.events([{ step: 100, number: 0, event: progress }]);
    await claim.keep({ bytes: encodeCheckpoint(network.layout, state), step: 100 });
    await claim.flush();
    let abroad = 0;
    feed.backbone.bus.subscribe(subjects.frames(job), () => abroad++);

    const { events, frames } = await watchArm(
      scene,
      job,
      (events, frames) =>
        frames > 20 &&
        events.some((event) => event.type === "status" && event.training === "training"),
    );
    assert.equal(decodeFrame(frames[0]).angles.length, 2);
    assert.equal(abroad, 0);
    assert.equal(events[0].type, "description");
    const trial = events.find((event) => event.type === "trial");
    assert.deepEqual(scene.troubles, []);
    assert.equal(trial?.update, 100, "the weights are the checkpoint's");
    const past = events.filter((event) => event.type === "progress");
    assert.deepEqual(past.map(({ update, finalError }) => [update, finalError]), [[100, 0.2]]);

    // What the worker says meanwhile reaches the page, and what nobody understands stops nothing.
    const { bus } = feed.backbone;
    bus.publish(subjects.weights(job), new Uint8Array([1, 2, 3]));
    bus.publish(subjects.events(job), new TextEncoder().encode("gossip"));
    bus.publish(subjects.weights(job), encodeWeights(network.layout, { weights, updates: 150 }));
    bus.publish(
      subjects.events(job),
      encodeMessage({ ...progress, update: 150, updatesPerSecond: 9, secondsLeft: 5 }),
    );
    scene.pages.publish(subjects.commands(job), encodeMessage({ type: "next-trial" }));
    const later = events.slice(-3);
    assert.ok(later.some((event) => event.type === "progress" && event.update === 150));
    assert.equal(events.findLast((event) => event.type === "trial")?.update, 150);

    await scene.timers.pass(8000);
    await settle();
    const shown = frames.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(frames.length, shown, "nobody watches any more");
    assert.equal(scene.laboratory.counters["dead letters"], 2);
  },
);

play(
  "a page that asks for the arm of no job, or of one without an arm, is told why there is none",
  async (scene) => {
    const { feed } = scene;
    const jobs = await feed.library("run-1", "reste", ["reste"], 1, date);
    const warned = (events: readonly Event[]) => events.some(({ type }) => type === "notice");
    const none = await watchArm(scene, "0".repeat(40), warned);
    assert.deepEqual(none.events, [
      { type: "notice", level: "warning", text: "The laboratory has no such job" },
    ]);
    const library = await watchArm(scene, jobs["reste-s0"], warned);
    assert.match(
      JSON.stringify(library.events),
      /The arm cannot be shown: a job of kind .*library.* moves none/,
    );
    assert.equal(library.frames.length, 0);
  },
);
