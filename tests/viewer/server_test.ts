/** The viewer's server, called by real http and WebSocket clients. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { subjects } from "../../cluster/bus.ts";
import { encodeFrame } from "../../cluster/frame.ts";
import { inPageSubjects } from "../../cluster/in_page.ts";
import { inProcessBus } from "../../cluster/in_process.ts";
import {
  type Command,
  decodeCommand,
  encodeMessage,
  type Event,
  type Progress,
} from "../../cluster/protocol.ts";
import { readBinary } from "../../viewer/line.ts";
import { PortInUseError, startViewer, type Viewer } from "../../viewer/server/server.ts";
import { ask, connect, dial, originOf, until } from "./clients.ts";
import { feedDescription } from "./feed.ts";

const run = "server-test";
const oversized = 17_000;

const newBus = () =>
  inProcessBus((error) => {
    throw error;
  });

type Bus = ReturnType<typeof newBus>;

/** A viewer with its bus, closed at the end whatever happens. */
async function withViewer(
  use: (viewer: Viewer, bus: Bus, errors: unknown[]) => Promise<void>,
): Promise<void> {
  const bus = newBus();
  const errors: unknown[] = [];
  const viewer = await startViewer({ bus, run, port: 0, onError: (error) => errors.push(error) });
  try {
    await use(viewer, bus, errors);
    // The bundler must have ended before the test does.
    await (await fetch(`${viewer.url}main.js`)).text();
  } finally {
    await viewer.close();
  }
}

const progress = (update: number): Progress => ({
  type: "progress",
  update,
  updates: 100_000,
  losses: { accuracy: 1 },
  finalError: 0.1,
  mergeWeights: [0.5, 0.5],
  updatesPerSecond: 10,
  nonFinite: 0,
  secondsLeft: 1,
});

const tell = (bus: Bus, event: Event) => bus.publish(subjects.events(run), encodeMessage(event));

Deno.test("the page, its style, its script and its health are served, with a strict policy", () =>
  withViewer(async (viewer) => {
    const page = await ask(viewer, "/");
    assert.equal(page.status, 200);
    assert.match(page.body, /<canvas id="scene"/);
    const policy = String(page.headers["content-security-policy"]);
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /unsafe/);
    assert.equal(page.headers["x-content-type-options"], "nosniff");
    for (
      const [path, type] of [["/style.css", /css/], ["/charts.css", /css/], ["/icon.svg", /svg/]]
    ) {
      const { status, headers } = await ask(viewer, path as string);
      assert.equal(status, 200, `${path}`);
      assert.match(headers["content-type"] ?? "", type as RegExp);
    }
    const script = await ask(viewer, "/main.js");
    assert.match(script.headers["content-type"] ?? "", /javascript/);
    assert.ok(script.body.length > 100_000, "the script holds its libraries");
    const health = JSON.parse((await ask(viewer, "/health")).body);
    assert.deepEqual(health, { status: "ok", run, protocol: 1, pages: 0, script: "ready" });
  }));

Deno.test("a request under a foreign name, from a foreign page or for a foreign file is refused", () =>
  withViewer(async (viewer) => {
    const { port } = new URL(viewer.url);
    const status = async (path: string, options?: Parameters<typeof ask>[2]) =>
      (await ask(viewer, path, options)).status;
    assert.equal(await status("/", { headers: { host: `evil.example:${port}` } }), 421);
    assert.equal(await status("/", { headers: { host: "127.0.0.1" } }), 421, "another port");
    assert.equal(await status("/", { headers: { host: `localhost:${port}` } }), 200);
    assert.equal(await status("/", { headers: { host: `[::1]:${port}` } }), 200);
    assert.equal(await status("/", { headers: { origin: "http://evil.example" } }), 403);
    assert.equal(await status("/", { headers: { origin: originOf(viewer) } }), 200);
    for (
      const path of [
        "/../server/server.ts",
        "/..%2f..%2fdeno.json",
        "//etc/passwd",
        "/main.ts",
        "/__proto__",
        "/style.css/..",
      ]
    ) assert.equal(await status(path), 404, path);
    for (const method of ["POST", "PUT", "DELETE"]) {
      assert.equal(await status("/", { method }), 405);
    }
    assert.equal((await ask(viewer, "/", { method: "HEAD" })).body, "");
  }));

Deno.test("a WebSocket from a foreign page, under a foreign name or elsewhere is refused", () =>
  withViewer(async (viewer) => {
    const { port } = new URL(viewer.url);
    for (
      const [headers, path, expected] of [
        [{ origin: "http://evil.example" }, "socket", /403/],
        [{ origin: `http://127.0.0.1:${Number(port) + 1}` }, "socket", /403/],
        [{ origin: "null" }, "socket", /403/],
        [{ host: `evil.example:${port}` }, "socket", /421/],
        [{}, "elsewhere", /404/],
      ] as const
    ) {
      const [error] = await once(dial(viewer, headers, path), "error") as [Error];
      assert.match(error.message, expected);
    }
    const welcome = dial(viewer, { origin: `http://localhost:${port}` });
    await once(welcome, "open");
    welcome.close();
  }));

Deno.test("commands reach the bus; what is no command closes the page's line and nothing else", () =>
  withViewer(async (viewer, bus) => {
    const commands: Command[] = [];
    bus.subscribe(subjects.commands(run), (bytes) => commands.push(decodeCommand(bytes)));
    const page = await connect(viewer);
    page.socket.send(JSON.stringify({ type: "speed", factor: 2, extra: "dropped" }));
    await until(() => commands.length === 1, "the command arrived");
    assert.deepEqual(commands, [{ type: "speed", factor: 2 }]);

    for (
      const [message, code, reason] of [
        ["not JSON", 1008, /not a command/],
        [JSON.stringify({ type: "format-disk" }), 1008, /not a command/],
        [JSON.stringify({ type: "speed", factor: 1e9 }), 1008, /not a command/],
        [JSON.stringify({ type: "task", task: "x".repeat(41) }), 1008, /not a command/],
        [new Uint8Array([1, 2, 3]), 1008, /JSON text/],
        ["x".repeat(oversized), 1009, /^$/],
      ] as const
    ) {
      const { socket } = await connect(viewer);
      const closed = once(socket, "close");
      socket.send(message);
      const [closeCode, closeReason] = await closed as [number, Uint8Array];
      assert.equal(closeCode, code);
      assert.match(new TextDecoder().decode(closeReason), reason);
    }
    assert.equal(commands.length, 1);
    page.socket.send(JSON.stringify({ type: "pause" }));
    await until(() => commands.length === 2, "the first page was still heard");
    page.socket.close();
  }));

Deno.test("a page that comes late is told all that still matters, in bounded size", () =>
  withViewer(async (viewer, bus, errors) => {
    const description = feedDescription({ bus, run });
    const status = {
      type: "status",
      training: "training",
      speed: 1,
      task: "hold",
      controller: "bilateral",
      lesion: "none",
    } as const;
    const trial = (number: number): Event => ({
      type: "trial",
      trial: number,
      task: "hold",
      controller: "bilateral",
      lesion: "none",
      update: 0,
      start: [0, 0],
      goal: [0.1, 0.1],
      goTime: 0,
      duration: 1,
      timeStep: 0.01,
      mergeWeights: [],
    });
    tell(bus, description);
    tell(bus, { ...status, paused: false });
    for (let update = 0; update < 5000; update++) tell(bus, progress(update));
    for (let update = 0; update < 20; update++) {
      tell(bus, {
        type: "evaluation",
        stage: "during",
        update,
        engine: "cannon",
        trials: 1,
        measures: {},
      });
    }
    tell(bus, trial(0));
    tell(bus, { type: "trial-ended", trial: 0, measures: {}, speed: [0] });
    tell(bus, trial(1));
    tell(bus, { ...status, paused: true });
    bus.publish(subjects.events(run), new TextEncoder().encode(`{"type":"gossip"}`));
    bus.publish(subjects.frames(run), new Uint8Array([1]));
    bus.publish(subjects.frames(run), new Uint8Array([2]));
    assert.equal(errors.length, 1, "an event of no known kind is reported and not passed on");

    const page = await connect(viewer);
    await until(() => page.frames.length > 0, "the last frame arrived");
    const { events, frames } = page;
    assert.deepEqual(frames.map(([byte]) => byte), [2]);
    assert.deepEqual(events[0], description);
    const updates = events.filter((event) => event.type === "progress").map((event) =>
      event.update
    );
    assert.ok(updates.length <= 1001, `${updates.length} points of progress`);
    assert.equal(updates[0], 0);
    assert.equal(updates.at(-1), 4999);
    const gaps = updates.slice(1, -1).map((update, i) => update - updates[i]);
    assert.ok(gaps.every((gap) => gap === gaps[0]), "evenly thinned");
    assert.equal(events.filter(({ type }) => type === "evaluation").length, 20);
    assert.deepEqual(
      events.slice(-3).map((event) => [event.type, "trial" in event ? event.trial : undefined]),
      [["trial-ended", 0], ["trial", 1], ["status", undefined]],
    );
    assert.equal(events.filter(({ type }) => type === "status").length, 1);
    page.socket.close();
  }));

Deno.test("a page gets the run's configuration and its newest weights, now and then, for its own agents", () =>
  withViewer(async (viewer, bus) => {
    const early = await connect(viewer);
    const binary = ({ frames }: typeof early) =>
      frames.map((bytes) => {
        const message = readBinary(new Uint8Array(bytes));
        assert.ok(message, "a message of a known kind");
        return [message.kind, new TextDecoder().decode(message.payload)];
      });
    const bytes = (text: string) => new TextEncoder().encode(text);
    bus.publish(inPageSubjects.configuration(run), bytes(`{"seed":7}`));
    for (let update = 0; update < 100; update++) {
      bus.publish(subjects.weights(run), bytes(`after ${update}`));
    }
    await until(() => early.frames.length === 2, "both arrived");
    assert.deepEqual(binary(early), [
      ["configuration", `{"seed":7}`],
      ["weights", "after 99"],
    ]);
    // Too large for agents in a page, whoever trains them.
    bus.publish(subjects.weights(run), new Uint8Array(5 * 1024 * 1024));
    bus.publish(subjects.weights(run), bytes("after 100"));
    const late = await connect(viewer);
    await until(() => late.frames.length === 2, "the late page got both");
    assert.deepEqual(binary(late), [["configuration", `{"seed":7}`], ["weights", "after 100"]]);
    await until(() => early.frames.length === 3, "the early page got the newer weights");
    assert.deepEqual(binary(early)[2], ["weights", "after 100"]);
    early.socket.close();
    late.socket.close();
  }));

Deno.test("an agent's script may compile WebAssembly, evaluates nothing else and reaches nothing", async () => {
  const bus = newBus();
  const errors: unknown[] = [];
  const folder = await Deno.makeTempDir({ prefix: "callosum-viewer-" });
  const write = async (name: string, text: string) => {
    const path = join(folder, name);
    await Deno.writeTextFile(path, text);
    return pathToFileURL(path);
  };
  try {
    const entry = await write(
      "agent.ts",
      `import { createHash } from "node:crypto"; import { heavy } from "./heavy.ts";
       import { heavier } from "./heavier.ts"; console.log(createHash, heavy, heavier);
       if (globalThis.never) import("never-installed/module.ts");`,
    );
    const hash = await write("hash.ts", "export const createHash = () => 'stand-in hash';");
    const light = await write("light.ts", "export const [heavy, heavier] = ['feather', 'down'];");
    const worker = {
      entry,
      leftOut: ["never-installed/*"],
      standIns: { "node:crypto": hash, "./heavy.ts": light, "./heav*.ts": light },
    };
    const onError = (error: unknown) => errors.push(error);
    const viewer = await startViewer({ bus, run, port: 0, worker, onError });
    try {
      const script = await ask(viewer, "/worker.js");
      assert.equal(script.status, 200, String(errors));
      const policy = String(script.headers["content-security-policy"]);
      assert.match(policy, /default-src 'none'/);
      assert.match(policy, /script-src 'self' 'wasm-unsafe-eval'(;|$)/);
      assert.doesNotMatch(policy, /connect-src|'unsafe-eval'|'unsafe-inline'/);
      assert.doesNotMatch(script.body, /from\s*"(node:|\.)/);
      assert.match(script.body, /import\("never-installed\/module.ts"\)/);
      const imports = [...script.body.matchAll(/from\s*"([^"]+)"/g)].map(([, path]) => path);
      assert.deepEqual([...new Set(imports)].sort(), ["/worker/1.js", "/worker/2.js"]);
      assert.match((await ask(viewer, "/worker/1.js")).body, /stand-in hash/);
      assert.match((await ask(viewer, "/worker/2.js")).body, /feather/);
      assert.equal((await ask(viewer, "/worker/3.js")).status, 404);
      const page = await ask(viewer, "/");
      const pagePolicy = String(page.headers["content-security-policy"]);
      assert.match(pagePolicy, /worker-src 'self'/);
      assert.doesNotMatch(pagePolicy, /unsafe/);
      await ask(viewer, "/main.js");
    } finally {
      await viewer.close();
    }
    assert.deepEqual(errors, []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("without an agent's script there is none", () =>
  withViewer(async (viewer) => {
    assert.equal((await ask(viewer, "/worker.js")).status, 404);
    assert.equal((await ask(viewer, "/worker/1.js")).status, 404);
  }));

Deno.test("a page that reads slowly misses frames but no events, and the others miss nothing", () =>
  withViewer(async (viewer, bus) => {
    const slow = await connect(viewer);
    const quick = await connect(viewer);
    slow.socket.pause();
    const idle = Array(8000).fill(0);
    const sent = 2000;
    for (let step = 0; step < sent; step++) {
      const frame = { trial: 0, step, angles: [0, 1], handForce: [0, 0], activations: [] };
      bus.publish(subjects.frames(run), encodeFrame({ ...frame, hidden: idle, callosum: idle }));
      if (step % 10 === 0) tell(bus, progress(step));
      await until(() => quick.frames.length > step - 2, "the quick page kept up");
    }
    slow.socket.resume();
    await until(() => slow.events.length === sent / 10, "the slow page got every event");
    await until(() => quick.frames.length === sent, "the quick page got every frame");
    assert.ok(slow.frames.length < sent, `the slow page got ${slow.frames.length} frames`);
    assert.deepEqual(
      slow.events.map((event) => event.type === "progress" && event.update),
      Array.from({ length: sent / 10 }, (_, i) => 10 * i),
    );
    slow.socket.close();
    quick.socket.close();
  }));

Deno.test("a page that stops reading altogether is hung up on", () =>
  withViewer(async (viewer, bus) => {
    const { socket } = await connect(viewer);
    const pages = async () => JSON.parse((await ask(viewer, "/health")).body).pages;
    assert.equal(await pages(), 1);
    socket.pause();
    const ended: Event = {
      type: "trial-ended",
      trial: 0,
      measures: {},
      speed: Array(100_000).fill(0.125),
    };
    for (let i = 0; i < 60 && await pages() > 0; i++) tell(bus, ended);
    assert.equal(await pages(), 0);
    socket.terminate();
  }));

Deno.test("a busy port is an error that names it", () =>
  withViewer(async (viewer) => {
    const port = Number(new URL(viewer.url).port);
    await assert.rejects(
      startViewer({ bus: newBus(), run, port, onError: assert.ifError }),
      (error) => {
        assert.ok(error instanceof PortInUseError);
        assert.equal(error.port, port);
        assert.match(error.message, new RegExp(`port ${port}`));
        return true;
      },
    );
  }));

Deno.test("closing says goodbye, frees the port and leaves the bus", async () => {
  const bus = newBus();
  const options = { bus, run, onError: assert.ifError };
  const viewer = await startViewer({ ...options, port: 0 });
  await (await fetch(`${viewer.url}main.js`)).text();
  const page = await connect(viewer);
  const closed = once(page.socket, "close");
  await viewer.close();
  const [code] = await closed;
  assert.equal(code, 1001);
  await assert.rejects(fetch(viewer.url));
  tell(bus, progress(1));
  assert.deepEqual(page.events, []);

  const port = Number(new URL(viewer.url).port);
  const again = await startViewer({ ...options, port });
  await (await fetch(`${again.url}main.js`)).text();
  await again.close();
});
