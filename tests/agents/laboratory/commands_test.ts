/** What pages of a laboratory order, carried out on its ledger. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { LaboratoryCommands } from "../../../agents/laboratory/commands.ts";
import { codeVersion } from "../../../agents/desk/submission.ts";
import { libraryRunConfig } from "../../../agents/library/run_config.ts";
import { workerControlSubject } from "../../../agents/worker/control.ts";
import { inProcessBus } from "../../../cluster/in_process.ts";
import type { JobStateName } from "../../../cluster/jobs/records.ts";
import {
  type Answer,
  decodeAnswer,
  encodeMessage,
  type LaboratoryCommand,
  laboratorySubjects,
} from "../../../cluster/protocol.ts";
import { LaboratoryFeed } from "../../viewer/laboratory_feed.ts";
import { eventually } from "../../support/eventually.ts";

const date = new Date("2026-01-02T03:04:05Z");
const out = await Deno.makeTempDir({ prefix: "callosum-commands-" });
Deno.test.afterAll(() => Deno.remove(out, { recursive: true }));

/** A command without its number. */
type Order = LaboratoryCommand extends infer Each
  ? Each extends unknown ? Omit<Each, "request"> : never
  : never;

/** A laboratory whose orders are carried out. */
class Scene implements Disposable {
  readonly feed = new LaboratoryFeed();
  readonly pages = inProcessBus((error) => {
    throw error;
  });
  readonly answers: Answer[] = [];
  readonly orders: string[] = [];
  readonly troubles: string[] = [];
  readonly backbone = this.feed.cluster.open();
  readonly commands = new LaboratoryCommands({
    backbone: this.backbone,
    pages: this.pages,
    out,
    onOrder: (line) => this.orders.push(line),
    onTrouble: (message) => this.troubles.push(message),
  });
  #count = 0;

  constructor() {
    this.pages.subscribe(laboratorySubjects.answers, (payload) => {
      this.answers.push(decodeAnswer(payload));
    });
  }

  /** Give an order. @returns its number */
  give(order: Order): number {
    const command = { ...order, request: this.#count++ } as LaboratoryCommand;
    this.pages.publish(laboratorySubjects.commands, encodeMessage(command));
    return command.request;
  }

  /** Give an order, and wait for its answer. */
  async order(order: Order): Promise<Omit<Answer, "type" | "request">> {
    const number = this.give(order);
    const find = () => this.answers.find(({ request }) => request === number);
    await eventually(`${order.type} is answered`, () => find() !== undefined);
    const { type: _type, request: _request, ...answer } = find()!;
    return answer;
  }

  async states(jobs: Readonly<Record<string, string>>): Promise<(JobStateName | undefined)[]> {
    const states = await this.feed.ledger.jobs(Object.values(jobs));
    return Object.values(jobs).map((id) => states.get(id)?.state);
  }

  [Symbol.dispose](): void {
    this.commands[Symbol.dispose]();
  }
}

function play(name: string, act: (scene: Scene) => Promise<void>): void {
  Deno.test(name, async () => {
    using scene = new Scene();
    await act(scene);
  });
}

play(
  "the jobs of a run pause, continue, are cancelled and tried again, each as it stands",
  async (scene) => {
    const { feed } = scene;
    const jobs = await feed.library("run-1", "reste", ["reste", "ste"], 2, date);
    const finished = await feed.begin(jobs["reste-s0"], "desk-1");
    await feed.finish(finished);
    const others = ["ste-s0", "reste-s1", "ste-s1"];
    const own = Object.fromEntries(["reste-s0", ...others].map((name) => [name, jobs[name]]));

    assert.deepEqual(await scene.order({ type: "pause", run: "run-1" }), {
      ok: true,
      message: "pause: 3 jobs; nothing to pause in 1 other",
    });
    assert.deepEqual(await scene.states(own), ["done", "paused", "paused", "paused"]);
    const one = { run: "run-1", job: jobs["ste-s0"] };
    assert.deepEqual(await scene.order({ type: "continue", ...one }), {
      ok: true,
      message: "continue: 1 job",
    });
    assert.deepEqual(await scene.states(own), ["done", "queued", "paused", "paused"]);
    assert.equal((await scene.order({ type: "cancel", run: "run-1" })).ok, true);
    assert.deepEqual(await scene.states(own), ["done", "cancelled", "cancelled", "cancelled"]);
    assert.deepEqual(await scene.order({ type: "pause", run: "run-1" }), {
      ok: false,
      message: "pause: 0 jobs; nothing to pause in 4 others",
    });
    assert.equal((await scene.order({ type: "retry", run: "run-1" })).ok, true);
    assert.deepEqual(await scene.states(own), ["done", "queued", "queued", "queued"]);
    assert.equal(scene.orders[1], `continue job ${jobs["ste-s0"]} of run run-1: continue: 1 job`);
    assert.deepEqual(scene.troubles, []);
  },
);

play("what there is not is named, and changes nothing", async (scene) => {
  const jobs = await scene.feed.library("run-1", "reste", ["reste"], 1, date);
  const missing = "0".repeat(40);
  const cases: [Order, RegExp][] = [
    [{ type: "cancel", run: "run-2" }, /no run run-2/],
    [{ type: "cancel", run: "run-1", job: missing }, /Run run-1 has no job 0{40}/],
    [{ type: "drain", worker: "desk-9" }, /no worker desk-9/],
    [{ type: "queue", method: "alchemy" }, /no method alchemy; there are .*reste/],
    [{ type: "queue", method: "reste", profile: "huge" }, /no profile huge; there are smoke, desk/],
    [{ type: "queue", method: "reste", variants: ["x"] }, /reste has no variant x; it has .*ste/],
    [
      { type: "queue", method: "reste", config: { speed: 1 } },
      /reste has no setting speed; it has/,
    ],
    [
      { type: "queue", method: "reste", config: { constructor: 1 } },
      /no setting constructor/,
    ],
    [
      { type: "queue", method: "reste", config: { epochs: "many" } },
      /refuses the configuration: epochs/,
    ],
    [{ type: "queue", method: "reste" }, /no worker of this version/],
  ];
  for (const [order, expected] of cases) {
    const { ok, message } = await scene.order(order);
    assert.equal(ok, false, message);
    assert.match(message, expected);
  }
  assert.deepEqual(await scene.states(jobs), ["queued"]);
  assert.equal((await scene.feed.ledger.runs()).size, 1);
  assert.deepEqual([...Deno.readDirSync(out)], [], "no folder was made");
  assert.deepEqual(scene.troubles, [], "none of it is a fault of the laboratory");
});

play("a worker is told to leave", async (scene) => {
  const { feed } = scene;
  await feed.beat("desk-1");
  const told: unknown[] = [];
  feed.backbone.bus.subscribe(workerControlSubject("desk-1"), (payload) => {
    told.push(JSON.parse(new TextDecoder().decode(payload)));
  });
  const { ok, message } = await scene.order({ type: "drain", worker: "desk-1" });
  assert.ok(ok);
  assert.match(message, /desk-1 was told/);
  assert.deepEqual(told, [{ type: "drain" }]);
});

play(
  "a run that a page queues is checked, kept on this machine, and in the ledger",
  async (scene) => {
    const { feed } = scene;
    const alive = setInterval(() => feed.beat("desk-1", { version: codeVersion() }), 50);
    try {
      await feed.beat("desk-1", { version: codeVersion() });
      const order = { type: "queue", method: "reste", profile: "smoke", seeds: 2 } as const;
      const { ok, message, run } = await scene.order({
        ...order,
        variants: ["ste", "reste", "ste"],
      });
      assert.ok(ok && run !== undefined, message);
      const record = await feed.ledger.run(run);
      const config = libraryRunConfig.parse(record?.config);
      assert.deepEqual(
        [config.method, config.profile, config.backend, config.variants, config.seeds],
        ["reste", "smoke", "wasm", ["ste", "reste"], [1, 2]],
      );
      assert.deepEqual(Object.keys(record!.jobs).sort(), [
        "reste-s1",
        "reste-s2",
        "ste-s1",
        "ste-s2",
      ]);
      assert.deepEqual(new Set(await scene.states(record!.jobs)), new Set(["queued"]));
      const kept = JSON.parse(await Deno.readTextFile(join(out, run, "config.json")));
      assert.deepEqual(kept, record!.config);
    } finally {
      clearInterval(alive);
    }
  },
);

play("orders are carried out in turn, and while the server is away not at all", async (scene) => {
  const jobs = await scene.feed.library("run-1", "reste", ["reste", "ste"], 3, date);
  for (const type of ["pause", "continue", "cancel"] as const) scene.give({ type, run: "run-1" });
  await scene.order({ type: "retry", run: "run-1" });
  assert.deepEqual(scene.answers.map(({ request, ok }) => [request, ok]), [
    [0, true],
    [1, true],
    [2, true],
    [3, true],
  ]);
  assert.deepEqual(new Set(await scene.states(jobs)), new Set(["queued"]));

  scene.feed.cluster.away = true;
  const refused = await scene.order({ type: "cancel", run: "run-1" });
  assert.equal(refused.ok, false);
  assert.match(refused.message, /cannot be reached; nothing was done/);
  scene.feed.cluster.away = false;
  const begun = scene.order({ type: "cancel", run: "run-1" });
  scene.feed.cluster.away = true;
  const cut = await begun;
  assert.equal(cut.ok, false);
  assert.match(cut.message, /went away in the middle|cannot be reached/);
  scene.feed.cluster.away = false;
  assert.equal((await scene.order({ type: "cancel", run: "run-1" })).ok, true);
  assert.deepEqual(new Set(await scene.states(jobs)), new Set(["cancelled"]));
});

play("too many orders at once are refused, and the others carried out", async (scene) => {
  await scene.feed.library("run-1", "reste", ["reste"], 1, date);
  for (let i = 0; i < 70; i++) {
    scene.give({ type: i % 2 === 0 ? "pause" : "continue", run: "run-1" });
  }
  await eventually("all are answered", () => scene.answers.length === 70);
  const refused = scene.answers.filter(({ message }) => /orders are waiting already/.test(message));
  assert.equal(refused.length, 6);
  assert.ok(scene.answers.every(({ ok }) => ok) === false);
  assert.equal(scene.answers.filter(({ ok }) => ok).length, 64);
});
