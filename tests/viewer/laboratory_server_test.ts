/** The viewer of a laboratory, called by real http and WebSocket clients. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type Bus, subjects } from "../../cluster/bus.ts";
import { inProcessBus } from "../../cluster/in_process.ts";
import {
  type Command,
  type Curve,
  decodeCommand,
  decodeInterest,
  encodeMessage,
  type Interest,
  type Laboratory,
  type LaboratoryEvent,
  laboratoryLimits,
  type LaboratoryRun,
  laboratorySubjects,
  protocolVersion,
  type Watch,
} from "../../cluster/protocol.ts";
import { startLaboratoryViewer } from "../../viewer/server/laboratory_server.ts";
import type { Viewer } from "../../viewer/server/site.ts";
import { ask, connect, dial, until } from "./clients.ts";
import { feedDescription } from "./feed.ts";

const noJobs = { queued: 0, running: 0, paused: 0, done: 0, failed: 0, cancelled: 0 };
const jobName = (number: number) => number.toString(16).padStart(40, "0");

const laboratory = (name: string, change: Partial<Laboratory> = {}): Laboratory => ({
  type: "laboratory",
  protocol: protocolVersion,
  name,
  link: { state: "connected", seconds: 1 },
  jobs: noJobs,
  workers: { total: 0, list: [] },
  runs: { total: 0, list: [] },
  alarms: { total: 0, list: [] },
  counters: {},
  ...change,
});

const run = (name: string, metrics: string[] = ["accuracy", "loss"]): LaboratoryRun => ({
  type: "laboratory-run",
  run: name,
  title: name,
  kind: "library",
  submitted: "2026-01-02T03:04:05.000Z",
  total: 1,
  jobs: noJobs,
  progress: 0,
  groups: [],
  list: [],
  metrics,
});

const curve = (name: string, metric: string, y: number, job = jobName(1)): Curve => ({
  type: "curve",
  run: name,
  job,
  group: "",
  metric,
  x: [1],
  y: [y],
});

interface Scene {
  readonly viewer: Viewer;
  readonly bus: Bus;
  readonly errors: unknown[];
  /** What was said to be watched, the latest last. */
  readonly interests: Interest[];
  tell(event: LaboratoryEvent): void;
  /** A page of the laboratory that watches what it says. */
  page(watched?: Omit<Watch, "type">): Promise<Page>;
}

interface Page {
  readonly events: LaboratoryEvent[];
  watch(watched: Omit<Watch, "type">): void;
  readonly socket: ReturnType<typeof dial>;
}

function play(name: string, act: (scene: Scene) => Promise<void>): void {
  Deno.test(name, async () => {
    const errors: unknown[] = [];
    const bus = inProcessBus(assert.ifError);
    const interests: Interest[] = [];
    bus.subscribe(laboratorySubjects.interest, (bytes) => interests.push(decodeInterest(bytes)));
    const onError = (error: unknown) => errors.push(error);
    const viewer = await startLaboratoryViewer({ bus, port: 0, onError });
    try {
      await act({
        viewer,
        bus,
        errors,
        interests,
        tell: (event) => bus.publish(laboratorySubjects.events, encodeMessage(event)),
        async page(watched) {
          const { socket, events } = await connect<LaboratoryEvent>(viewer);
          const watch = (watched: Omit<Watch, "type">) =>
            socket.send(JSON.stringify({ type: "watch", ...watched }));
          if (watched) {
            const before = interests.length;
            watch(watched);
            await until(() => interests.length > before, "the page was heard");
          }
          return { socket, events, watch };
        },
      });
      // The bundler must have ended before the test does.
      for (const script of ["main.js", "laboratory.js"]) {
        await (await fetch(viewer.url + script)).text();
      }
    } finally {
      await viewer.close();
    }
  });
}

play(
  "the laboratory's page and the page of an arm are served under one strict policy",
  async ({ viewer }) => {
    const page = await ask(viewer, "/");
    assert.match(page.body, /<title>Laboratory/);
    const arm = await ask(viewer, `/arm?job=${jobName(1)}`);
    assert.match(arm.body, /<canvas id="scene"/);
    for (const { headers, body } of [page, arm]) {
      const policy = String(headers["content-security-policy"]);
      assert.match(policy, /default-src 'none'/);
      assert.doesNotMatch(policy, /unsafe/);
      assert.doesNotMatch(
        body,
        /<script(?![^>]*src="\/)|style="|https?:\/\//,
        "nothing inline, nothing foreign",
      );
    }
    assert.equal((await ask(viewer, "/laboratory.css")).status, 200);
    const script = await ask(viewer, "/laboratory.js");
    assert.match(script.headers["content-type"] ?? "", /javascript/);
    assert.ok(script.body.length < 200_000, "a page without an arm does without three.js");
    const evil = { headers: { host: "evil.example" } };
    assert.equal((await ask(viewer, "/arm", evil)).status, 421);
    assert.equal((await ask(viewer, "/index.html")).status, 404);
  },
);

play("a WebSocket leads to the laboratory or to one job, and nowhere else", async ({ viewer }) => {
  for (
    const [headers, path, expected] of [
      [{ origin: "http://evil.example" }, "socket", /403/],
      [{ origin: "http://evil.example" }, `socket?job=${jobName(1)}`, /403/],
      [{ host: "evil.example" }, `socket?job=${jobName(1)}`, /421/],
      [{}, "socket?job=..%2f..", /404/],
      [{}, "socket?job=", /404/],
      [{}, `socket?job=${jobName(1)}&job=${jobName(2)}`, /404/],
      [{}, "socket?run=x", /404/],
    ] as const
  ) {
    const [error] = await once(dial(viewer, headers, path), "error") as [Error];
    assert.match(error.message, expected, path);
  }
});

play(
  "every page is told how the laboratory stands, and of runs only the one that it watches",
  async (scene) => {
    scene.tell(laboratory("before"));
    const idle = await scene.page();
    const first = await scene.page({ run: "a", metric: null });
    const second = await scene.page({ run: "b", metric: "loss" });
    assert.deepEqual(scene.interests.at(-1), {
      type: "interest",
      runs: [{ run: "a", metric: null }, { run: "b", metric: "loss" }],
      arms: [],
    });
    for (const name of ["a", "b"]) {
      scene.tell(run(name));
      for (const metric of ["accuracy", "loss"]) scene.tell(curve(name, metric, 1));
    }
    scene.tell(laboratory("after"));
    const told = ({ events }: Page) =>
      events.map((event) =>
        event.type === "laboratory"
          ? event.name
          : event.type === "curve"
          ? `${event.run} ${event.metric}`
          : event.run
      );
    await until(
      () => [idle, first, second].every((page) => told(page).includes("after")),
      "all heard",
    );
    assert.deepEqual(told(idle), ["before", "after"]);
    assert.deepEqual(told(first), ["before", "a", "a accuracy", "after"], "the first metric");
    assert.deepEqual(told(second), ["before", "b", "b loss", "after"]);

    // A page that comes late is told the newest of what is watched, once.
    scene.tell(curve("b", "loss", 2));
    const late = await scene.page({ run: "b", metric: "loss" });
    await until(() => late.events.length === 3, "it was told");
    assert.deepEqual(late.events, [laboratory("after"), run("b"), curve("b", "loss", 2)]);

    second.socket.close();
    late.socket.close();
    await until(
      () => scene.interests.at(-1)?.runs.length === 1,
      "what nobody watches is not asked for",
    );
    scene.tell(run("b"));
    const again = await scene.page({ run: "b", metric: null });
    scene.tell(laboratory("end"));
    await until(
      () => again.events.some((event) => "name" in event && event.name === "end"),
      "told",
    );
    assert.deepEqual(again.events.map(({ type }) => type), ["laboratory", "laboratory"]);
    assert.deepEqual(scene.errors, []);
  },
);

play("what no laboratory says is reported and not passed on", async (scene) => {
  const page = await scene.page();
  const bytes = (text: string) => new TextEncoder().encode(text);
  scene.bus.publish(laboratorySubjects.events, bytes("gossip"));
  scene.bus.publish(laboratorySubjects.events, bytes(`{"type":"curve","run":"../x"}`));
  scene.tell(laboratory("sound"));
  await until(() => page.events.length > 0, "the sound one arrived");
  assert.deepEqual(page.events, [laboratory("sound")]);
  assert.equal(scene.errors.length, 2);

  const closed = once(page.socket, "close");
  page.socket.send(JSON.stringify({ type: "watch", run: "../../etc", metric: null }));
  assert.equal((await closed)[0], 1008);
});

play(
  "a page that reads slowly gets the newest of each kind, and the others miss nothing",
  async (scene) => {
    const slow = await scene.page({ run: "a", metric: "loss" });
    const quick = await scene.page({ run: "a", metric: "loss" });
    slow.socket.pause();
    const worker = {
      id: "w",
      name: "w",
      host: "h",
      state: "idle" as const,
      silence: 0,
      backends: [],
      cores: 1,
      load: 0,
      memory: { total: 1, free: 1 },
      finished: 0,
    };
    const list = Array.from({ length: laboratoryLimits.workers }, () => ({
      ...worker,
      host: "h".repeat(200),
    }));
    const sent = 1500;
    for (let i = 0; i < sent; i++) {
      scene.tell(laboratory(`${i}`, { workers: { total: list.length, list } }));
      if (i % 10 === 0) scene.tell(curve("a", "loss", i));
      await until(() => quick.events.length > i, "the quick page kept up");
    }
    slow.socket.resume();
    const isNewest = (event: LaboratoryEvent) =>
      event.type === "laboratory" && event.name === `${sent - 1}`;
    await until(() => slow.events.some(isNewest), "the slow page is in the present");
    await until(
      () => slow.events.some((event) => event.type === "curve" && event.y[0] === sent - 10),
      "and has the newest curve",
    );
    assert.equal(quick.events.length, sent + sent / 10);
    assert.ok(slow.events.length < quick.events.length / 2, `${slow.events.length} events`);
    const names = slow.events.flatMap((event) => event.type === "laboratory" ? [event.name] : []);
    assert.deepEqual(names, names.toSorted((a, b) => Number(a) - Number(b)), "never back in time");
  },
);

play("an arm has a room of its own: its events, its frames, its commands", async (scene) => {
  const { viewer, bus } = scene;
  const job = jobName(1);
  const commands: Command[] = [];
  bus.subscribe(subjects.commands(job), (bytes) => commands.push(decodeCommand(bytes)));
  const page = await connect(viewer, `socket?job=${job}`);
  const other = await connect(viewer, `socket?job=${jobName(2)}`);
  assert.deepEqual(scene.interests.at(-1)?.arms, [job, jobName(2)]);
  const description = feedDescription({ bus, run: job });
  bus.publish(subjects.events(job), encodeMessage(description));
  const notice = { type: "notice", level: "warning", text: "nats-server away" } as const;
  bus.publish(subjects.events(job), encodeMessage(notice));
  bus.publish(subjects.frames(job), new Uint8Array([7]));
  page.socket.send(JSON.stringify({ type: "pause" }));
  await until(() => page.frames.length > 0 && commands.length > 0, "both ways are open");
  assert.deepEqual(page.events, [description, notice]);
  const late = await connect(viewer, `socket?job=${job}`);
  await until(() => late.frames.length > 0, "the late page is told");
  assert.deepEqual(late.events, [description, notice]);
  assert.deepEqual([other.events, other.frames], [[], []]);
});

play(
  "only so many arms are watched at once; an arm that nobody watches makes room",
  async (scene) => {
    const { viewer } = scene;
    const path = (number: number) => `socket?job=${jobName(number)}`;
    const pages = [];
    for (let i = 0; i < laboratoryLimits.shownArms; i++) pages.push(await connect(viewer, path(i)));
    const refused = dial(viewer, {}, path(100));
    const [code, reason] = await once(refused, "close") as [number, Uint8Array];
    assert.equal(code, 1013);
    assert.match(new TextDecoder().decode(reason), /4 arms are watched already/);

    pages[0].socket.close();
    const health = async () => JSON.parse((await ask(viewer, "/health")).body).pages;
    while (await health() === laboratoryLimits.shownArms) {
      await new Promise((r) => setTimeout(r, 5));
    }
    const welcome = await connect(viewer, path(100));
    assert.equal(welcome.socket.readyState, welcome.socket.OPEN);
    const arms = scene.interests.at(-1)?.arms ?? [];
    assert.ok(arms.includes(jobName(100)) && !arms.includes(jobName(0)), `${arms}`);
  },
);

play("only so many runs are watched closely at once", async (scene) => {
  for (let i = 0; i < laboratoryLimits.watchedRuns; i++) {
    await scene.page({ run: `run-${i}`, metric: null });
  }
  const refused = await scene.page();
  const closed = once(refused.socket, "close");
  refused.watch({ run: "one-more", metric: null });
  const [code, reason] = await closed as [number, Uint8Array];
  assert.equal(code, 1013);
  assert.match(new TextDecoder().decode(reason), /16 runs/);
  assert.equal(scene.interests.at(-1)?.runs.length, laboratoryLimits.watchedRuns);
});
