/** The viewer of a laboratory, called by real http and WebSocket clients. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type Bus, subjects } from "../../cluster/bus.ts";
import { inProcessBus } from "../../cluster/in_process.ts";
import {
  type Answer,
  type ChosenRun,
  type Command,
  type Curve,
  decodeCommand,
  decodeInterest,
  decodeLaboratoryCommand,
  encodeMessage,
  type Interest,
  type Laboratory,
  type LaboratoryCommand,
  type LaboratoryEvent,
  laboratoryLimits,
  type LaboratoryMessage,
  type LaboratoryRun,
  laboratorySubjects,
  protocolVersion,
  type Rights,
} from "../../cluster/protocol.ts";
import {
  type LaboratoryViewerOptions,
  startLaboratoryViewer,
} from "../../viewer/server/laboratory_server.ts";
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
  /** A page of the laboratory that watches what it says, let in by those headers. */
  page(watched?: ChosenRun, headers?: Readonly<Record<string, string>>): Promise<Page>;
}

interface Page {
  /** What it was told first. */
  readonly rights: Rights;
  /** What it was told since. */
  readonly events: LaboratoryMessage[];
  watch(...watched: readonly ChosenRun[]): void;
  order(command: LaboratoryCommand): void;
  readonly socket: ReturnType<typeof dial>;
}

function play(
  name: string,
  act: (scene: Scene) => Promise<void>,
  access: Partial<LaboratoryViewerOptions> = {},
): void {
  Deno.test(name, async () => {
    const errors: unknown[] = [];
    const bus = inProcessBus(assert.ifError);
    const interests: Interest[] = [];
    bus.subscribe(laboratorySubjects.interest, (bytes) => interests.push(decodeInterest(bytes)));
    const onError = (error: unknown) => errors.push(error);
    const viewer = await startLaboratoryViewer({ ...access, bus, port: 0, onError });
    try {
      await act({
        viewer,
        bus,
        errors,
        interests,
        tell: (event) => bus.publish(laboratorySubjects.events, encodeMessage(event)),
        async page(watched, headers) {
          const { socket, events } = await connect<LaboratoryMessage>(viewer, "socket", headers);
          await until(() => events.length > 0, "the page was told something");
          const rights = events.shift();
          assert.ok(rights?.type === "rights", "what it may do comes first");
          const order = (command: LaboratoryCommand) => socket.send(JSON.stringify(command));
          const watch = (...runs: readonly ChosenRun[]) =>
            socket.send(JSON.stringify({ type: "watch", runs }));
          if (watched) {
            const before = interests.length;
            watch(watched);
            await until(() => interests.length > before, "the page was heard");
          }
          return { socket, rights, events, watch, order };
        },
      });
      // The bundler must have ended before the test does.
      const headers = { authorization: `Bearer ${access.tokens?.control}` };
      for (const script of ["main.js", "laboratory.js"]) {
        await (await fetch(viewer.url + script, { headers })).text();
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
          : event.type === "laboratory-run"
          ? event.run
          : event.type
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

play("a page that watches several runs is told of each, until it watches others", async (scene) => {
  const page = await scene.page();
  page.watch({ run: "a", metric: null }, { run: "b", metric: "loss" });
  await until(() => scene.interests.at(-1)?.runs.length === 2, "both are asked for");
  for (const name of ["a", "b", "c"]) scene.tell(run(name));
  for (const metric of ["accuracy", "loss"]) {
    for (const name of ["a", "b"]) scene.tell(curve(name, metric, 1));
  }
  await until(() => page.events.length === 4, "it is told");
  const told = page.events.map((event) => "metric" in event ? event.metric : event.type).sort();
  assert.deepEqual(told, ["accuracy", "laboratory-run", "laboratory-run", "loss"]);
  page.watch({ run: "b", metric: "loss" });
  await until(() => scene.interests.at(-1)?.runs.length === 1, "one is asked for");
  page.watch();
  await until(() => scene.interests.at(-1)?.runs.length === 0, "none is asked for");
});

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
  page.socket.send(JSON.stringify({ type: "watch", runs: [{ run: "../../etc", metric: null }] }));
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
    const isNewest = (event: LaboratoryMessage) =>
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

/** The orders that arrive on the bus, answered by `answer`. */
function carryOut(bus: Bus, answer: (command: LaboratoryCommand) => Partial<Answer> | undefined) {
  const orders: LaboratoryCommand[] = [];
  bus.subscribe(laboratorySubjects.commands, (bytes) => {
    const command = decodeLaboratoryCommand(bytes);
    orders.push(command);
    const answered = answer(command);
    if (!answered) return;
    const { request } = command;
    const whole: Answer = { type: "answer", request, ok: true, message: "done", ...answered };
    bus.publish(laboratorySubjects.answers, encodeMessage(whole));
  });
  return orders;
}

play(
  "an order goes out on the bus, and its answer to the page that gave it alone",
  async (scene) => {
    const orders = carryOut(scene.bus, (command) => ({ message: command.type }));
    const [first, second] = [await scene.page(), await scene.page()];
    assert.deepEqual(first.rights, { type: "rights", control: true });
    // Both count from 0: that they are two pages is the server's affair.
    first.order({ type: "cancel", request: 0, run: "run-1" });
    second.order({ type: "drain", request: 0, worker: "desk-1" });
    first.order({ type: "retry", request: 1, run: "run-1", job: jobName(3) });
    await until(
      () => first.events.length === 2 && second.events.length === 1,
      "all orders were answered",
    );
    assert.deepEqual(first.events, [
      { type: "answer", request: 0, ok: true, message: "cancel" },
      { type: "answer", request: 1, ok: true, message: "retry" },
    ]);
    assert.deepEqual(second.events, [
      { type: "answer", request: 0, ok: true, message: "drain" },
    ]);
    assert.equal(
      new Set(orders.map(({ request }) => request)).size,
      3,
      "numbers of the server's own",
    );
    assert.deepEqual(scene.errors, []);
  },
);

play("a page has only so many orders open, and one that leaves is told nothing", async (scene) => {
  const orders = carryOut(scene.bus, () => undefined);
  const page = await scene.page();
  for (let request = 0; request < 9; request++) {
    page.order({ type: "pause", request, run: "run-1" });
  }
  await until(() => page.events.length === 1, "the one too many was refused");
  const [refusal] = page.events;
  assert.ok(refusal.type === "answer" && !refusal.ok && refusal.request === 8);
  assert.match(refusal.message, /8 orders of this page are not answered yet/);
  assert.equal(orders.length, 8);

  page.socket.close();
  await once(page.socket, "close");
  const other = await scene.page();
  for (const { request } of orders) {
    const answer: Answer = { type: "answer", request, ok: true, message: "late" };
    scene.bus.publish(laboratorySubjects.answers, encodeMessage(answer));
  }
  scene.tell(laboratory("after"));
  await until(() => other.events.length > 0, "the other page was told");
  assert.deepEqual(other.events, [laboratory("after")]);
});

const tokens = { control: "control-0123456789abcdef", watch: "watch-0123456789abcdef" };
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

play("whoever may only watch sees everything and orders nothing", async (scene) => {
  const orders = carryOut(scene.bus, () => ({}));
  scene.tell(laboratory("all of it"));
  const watcher = await scene.page({ run: "a", metric: null }, bearer(tokens.watch));
  assert.deepEqual(watcher.rights, { type: "rights", control: false });
  scene.tell(run("a"));
  watcher.order({ type: "cancel", request: 5, run: "a" });
  await until(() => watcher.events.length === 3, "it was answered");
  const answer = watcher.events.find((event) => event.type === "answer");
  assert.ok(answer && !answer.ok && answer.request === 5);
  assert.match(answer.message, /may only watch/);

  const commands: Command[] = [];
  const job = jobName(1);
  scene.bus.subscribe(subjects.commands(job), (bytes) => commands.push(decodeCommand(bytes)));
  const arm = await connect(scene.viewer, `socket?job=${job}`, bearer(tokens.watch));
  arm.socket.send(JSON.stringify({ type: "pause" }));
  await until(() => arm.events.length === 1, "the arm's page was told");
  const [notice] = arm.events;
  assert.ok(notice.type === "notice" && /may only watch/.test(notice.text));
  assert.deepEqual(commands, []);

  const owner = await scene.page(undefined, bearer(tokens.control));
  assert.deepEqual(owner.rights, { type: "rights", control: true });
  owner.order({ type: "cancel", request: 0, run: "a" });
  await until(() => orders.length === 1, "the owner is obeyed");
}, { tokens });

play("a run may be called whatever it likes: it is text to every page", async (scene) => {
  const hostile = `"><img src=x onerror=alert(1)>\u202e\u0000</script>`;
  const page = await scene.page({ run: "a", metric: hostile });
  scene.tell({ ...run("a", [hostile]), title: hostile });
  scene.tell(curve("a", hostile, 1));
  await until(() => page.events.length === 2, "both came");
  assert.deepEqual(page.events, [
    { ...run("a", [hostile]), title: hostile },
    curve("a", hostile, 1),
  ]);
  const { headers } = await ask(scene.viewer, `/arm?job=${encodeURIComponent(hostile)}`);
  assert.match(String(headers["content-security-policy"]), /script-src 'self';/);
});

play(
  "two hundred pages are served at once, and what one of them does holds up no other",
  async (scene) => {
    const pages = await Promise.all(
      Array.from({ length: 200 }, (_, i) => scene.page({ run: `run-${i % 8}`, metric: "loss" })),
    );
    assert.equal(JSON.parse((await ask(scene.viewer, "/health")).body).pages, 200);
    const [frozen, quitter, ...others] = pages;
    frozen.socket.pause();
    quitter.socket.terminate();
    const rounds = 20;
    for (let round = 0; round < rounds; round++) {
      scene.tell(laboratory(`${round}`));
      for (let i = 0; i < 8; i++) scene.tell(curve(`run-${i}`, "loss", round));
    }
    await until(
      () => others.every(({ events }) => events.length === 2 * rounds),
      "everybody was told everything that concerns them",
    );
    frozen.socket.terminate();
    assert.deepEqual(scene.errors, []);
  },
);
