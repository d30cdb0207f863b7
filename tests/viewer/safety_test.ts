/** The viewer's server under attack: strangers, nonsense, floods, pages that vanish, its own restart. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect as open } from "node:net";
import { WebSocket } from "ws";
import { subjects } from "../../cluster/bus.ts";
import { inProcessBus } from "../../cluster/in_process.ts";
import { type Command, decodeCommand, encodeMessage } from "../../cluster/protocol.ts";
import { randomStream } from "../../sim/random.ts";
import { Audience } from "../../viewer/server/audience.ts";
import { limitConnections } from "../../viewer/server/connections.ts";
import { startViewer, type Viewer, type ViewerOptions } from "../../viewer/server/server.ts";
import { ask, connect, dial, originOf, until } from "./clients.ts";
import { feedDescription } from "./feed.ts";

const run = "safety-test";
const tokens = { control: "control-0123456789abcdef", watch: "watch-0123456789abcdef" };
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

const newBus = () =>
  inProcessBus((error) => {
    throw error;
  });

async function withViewer(
  options: Partial<ViewerOptions>,
  use: (viewer: Viewer, bus: ReturnType<typeof newBus>, errors: unknown[]) => Promise<void>,
): Promise<void> {
  const bus = newBus();
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const viewer = await startViewer({ bus, run, port: 0, onError, ...options });
  try {
    await use(viewer, bus, errors);
    await bundled(viewer);
  } finally {
    await viewer.close();
  }
}

/** The bundler must have ended before the test does. */
async function bundled(viewer: Viewer): Promise<void> {
  await ask(viewer, "/main.js", { headers: bearer(tokens.control) });
}

Deno.test("where other machines can reach it there is no viewer without tokens", async () => {
  for (const host of ["0.0.0.0", "192.168.0.7"]) {
    await assert.rejects(
      startViewer({ bus: newBus(), run, port: 0, host, onError: assert.ifError }),
      (error) => error instanceof RangeError && error.message.includes(host),
    );
  }
});

Deno.test("a stranger gets nothing but the question for the token", () =>
  withViewer({ tokens }, async (viewer) => {
    const page = await ask(viewer, "/");
    assert.equal(page.status, 401);
    assert.equal(page.headers["www-authenticate"], "Bearer");
    assert.match(page.body, /<form method="post" action="\/sign-in">/);
    assert.doesNotMatch(page.body, /<script|role="alert"/);
    const policy = String(page.headers["content-security-policy"]);
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /script-src|unsafe/);
    for (
      const path of ["/main.js", "/style.css", "/health", "/worker.js", "/nowhere", "/__proto__"]
    ) {
      const { status, body } = await ask(viewer, path);
      assert.equal(status, 401, path);
      assert.doesNotMatch(body, new RegExp(run));
    }
    for (const path of ["/sign-in.css", "/icon.svg"]) {
      assert.equal((await ask(viewer, path)).status, 200, path);
    }
    const strangers: Readonly<Record<string, string>>[] = [
      {},
      bearer("x".repeat(24)),
      { cookie: "callosum=1" },
    ];
    for (const headers of strangers) {
      const stranger = dial(viewer, headers);
      const [code, reason] = await once(stranger, "close") as [number, Uint8Array];
      assert.equal(code, 1008);
      assert.match(new TextDecoder().decode(reason), /token is not, or no longer, valid/);
    }
  }));

Deno.test("the printed address and the form let a browser in, by a cookie that no script can read", () =>
  withViewer({ tokens }, async (viewer) => {
    const byAddress = await ask(viewer, `/?token=${tokens.control}&job=7`);
    assert.equal(byAddress.status, 303);
    assert.equal(byAddress.headers.location, "/?job=7", "the token is not left in the address");
    const form = (token: string, more: Record<string, string> = {}) =>
      ask(viewer, "/sign-in", {
        method: "POST",
        body: new URLSearchParams({ token }).toString(),
        headers: { "content-type": "application/x-www-form-urlencoded", ...more },
      });
    const byForm = await form(` ${tokens.watch} `);
    assert.equal(byForm.status, 303);
    assert.equal(byForm.headers.location, "/");
    for (const { headers } of [byAddress, byForm]) {
      const [cookie] = headers["set-cookie"] ?? [];
      assert.match(cookie, /; HttpOnly; SameSite=Lax; Path=\/$/);
      const signedIn = { cookie: cookie.split(";")[0] };
      assert.equal((await ask(viewer, "/", { headers: signedIn })).status, 200);
      const { socket } = await connect(viewer, "socket", signedIn);
      socket.close();
    }
    const wrong = await form("y".repeat(24));
    assert.equal(wrong.status, 401);
    assert.match(wrong.body, /This token is not, or no longer, valid here/);
    assert.equal(wrong.headers["set-cookie"], undefined);
    assert.equal((await ask(viewer, "/?token=wrong")).status, 401);
    assert.equal((await form("z".repeat(5000))).status, 401);
    assert.equal((await form(tokens.control, { origin: "http://evil.example" })).status, 403);
    assert.equal((await ask(viewer, "/sign-in", { headers: bearer(tokens.watch) })).status, 404);
    const other = { method: "POST", headers: bearer(tokens.control) };
    assert.equal((await ask(viewer, "/", other)).status, 405);
    // A path that a browser would take for another host.
    const elsewhere = await ask(viewer, `//evil.example/?token=${tokens.control}`);
    assert.equal(elsewhere.headers.location, "/evil.example/");
  }));

Deno.test("a token does not open the door to foreign pages and names", () =>
  withViewer({ tokens }, async (viewer) => {
    const { port } = new URL(viewer.url);
    const signedIn = { cookie: `callosum-${port}=${tokens.control}` };
    for (
      const [headers, expected] of [
        [{ origin: "http://evil.example" }, /403/],
        [{ origin: `http://127.0.0.1:${Number(port) + 1}` }, /403/],
        [{ host: `rebound.example:${port}` }, /421/],
      ] as const
    ) {
      const [error] = await once(dial(viewer, { ...signedIn, ...headers }), "error") as [Error];
      assert.match(error.message, expected);
    }
    const rebound = { ...signedIn, host: `rebound.example:${port}` };
    assert.equal((await ask(viewer, "/", { headers: rebound })).status, 421);
  }));

Deno.test("a page is found under the further names of its machine, and of the proxy before it", () =>
  withViewer({ tokens, hostNames: ["lab.example", "proxy.example:443"] }, async (viewer) => {
    const { port } = new URL(viewer.url);
    for (const origin of [`http://lab.example:${port}`, "https://proxy.example"]) {
      const headers = { ...bearer(tokens.watch), host: new URL(origin).host };
      assert.equal((await ask(viewer, "/", { headers })).status, 200, origin);
      const { socket } = await connect(viewer, "socket", { ...headers, origin });
      socket.close();
    }
  }));

/** What a page might send that is no command, from a seed. */
function* nonsense(seed: number, count: number): Iterable<string | Uint8Array> {
  const random = randomStream(seed, "nonsense");
  const sound = JSON.stringify({ type: "speed", factor: 2 });
  const pick = <Item>(items: readonly Item[]) => items[random.integer(items.length)];
  const bytes = (length: number) => Uint8Array.from({ length }, () => random.integer(256));
  const makers: readonly (() => string | Uint8Array)[] = [
    () => bytes(random.integer(200)),
    () => new TextDecoder().decode(bytes(random.integer(200))),
    () => sound.slice(0, random.integer(sound.length - 1)),
    () =>
      sound.replace("speed", pick(["__proto__", "constructor", "cancel", "watch", "frame", ""])),
    () => sound.replace("2", pick(["1e999", "-1", "null", `"2"`, "[2]", "{}", "NaN"])),
    () => "[".repeat(random.integer(8000)),
    () => `{"type":"task","task":${JSON.stringify("x".repeat(41 + random.integer(9000)))}}`,
    () =>
      pick([
        "null",
        "true",
        "0",
        `""`,
        "[]",
        "{}",
        `{"type":{}}`,
        `{"__proto__":{"type":"pause"}}`,
      ]),
  ];
  for (let i = 0; i < count; i++) yield pick(makers)();
}

Deno.test("nonsense closes the line of the page that sends it, and nothing of it gets any further", () =>
  withViewer({}, async (viewer, bus, errors) => {
    const commands: Command[] = [];
    bus.subscribe(subjects.commands(run), (payload) => commands.push(decodeCommand(payload)));
    const bystander = await connect(viewer);
    for (const message of nonsense(1, 300)) {
      const socket = dial(viewer);
      await once(socket, "open");
      const closed = once(socket, "close");
      socket.send(message);
      const [code] = await closed;
      assert.equal(code, 1008, JSON.stringify(message).slice(0, 200));
    }
    assert.deepEqual(commands, []);
    assert.deepEqual(errors, []);
    bystander.socket.send(JSON.stringify({ type: "pause" }));
    await until(() => commands.length === 1, "the bystander is heard");
    bystander.socket.close();
  }));

Deno.test("frames that break the WebSocket's own rules end their line and nothing else", () =>
  withViewer({}, async (viewer) => {
    const { hostname, port, host } = new URL(viewer.url);
    const handshake = [
      "GET /socket HTTP/1.1",
      `Host: ${host}`,
      `Origin: ${originOf(viewer)}`,
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      "\r\n",
    ].join("\r\n");
    const mask = [0, 0, 0, 0];
    for (
      const bytes of [
        [0x81, 0x02, 0x7b, 0x7d], // a client's frame without its mask
        [0xc1, 0x80, ...mask], // a reserved bit
        [0x83, 0x80, ...mask], // an unknown opcode
        [0x89, 0xfe, 0x00, 0x7e, ...mask], // a ping longer than pings may be
        [0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, ...mask], // 2^63 bytes to come
        [0x80, 0x80, ...mask], // the continuation of nothing
        [0x81, 0x81, ...mask, 0xff], // text that is no UTF-8
      ]
    ) {
      const socket = open({ host: hostname, port: Number(port) });
      socket.on("error", () => {});
      await once(socket, "connect");
      socket.write(handshake);
      await once(socket, "data");
      socket.write(Uint8Array.from(bytes));
      await once(socket.resume(), "close");
    }
    const welcome = await connect(viewer);
    assert.equal(welcome.socket.readyState, WebSocket.OPEN);
    welcome.socket.close();
  }));

Deno.test("a flood of messages closes its line; a hand on a slider does not", () =>
  withViewer({}, async (viewer, bus) => {
    let commands = 0;
    bus.subscribe(subjects.commands(run), () => commands++);
    const flooding = dial(viewer);
    await once(flooding, "open");
    const closed = once(flooding, "close");
    const command = JSON.stringify({ type: "speed", factor: 1 });
    for (let i = 0; i < 2000; i++) flooding.send(command);
    const [code, reason] = await closed as [number, Uint8Array];
    assert.equal(code, 1008);
    assert.match(new TextDecoder().decode(reason), /more than 25 messages per second/);
    assert.ok(commands >= 100 && commands < 300, `${commands} commands came through`);

    const before = commands;
    const patient = await connect(viewer);
    for (let i = 0; i < 60; i++) patient.socket.send(command);
    await until(() => commands === before + 60, "all of them arrived");
    assert.equal(patient.socket.readyState, WebSocket.OPEN);
    patient.socket.close();
  }));

Deno.test("a page that vanishes without a word is let go; one that answers stays", async () => {
  const audience = new Audience<string>({
    decode: (bytes) => new TextDecoder().decode(bytes),
    onJoin() {},
    onCommand() {},
    heartbeat: 100,
  });
  const server = createServer();
  server.on("upgrade", (request, stream, head) => audience.admit(request, stream, head, "watch"));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  assert.ok(address !== null && typeof address !== "string");
  const url = `ws://127.0.0.1:${address.port}/`;
  try {
    const vanished = new WebSocket(url, { autoPong: false });
    const present = new WebSocket(url);
    await Promise.all([once(vanished, "open"), once(present, "open")]);
    const [code] = await once(vanished, "close");
    assert.equal(code, 1006, "without a goodbye");
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(present.readyState, WebSocket.OPEN);
    assert.equal(audience.size, 1);
  } finally {
    await audience.dismiss();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

Deno.test("a connection that never comes to the point is hung up on, and so is one too many", async () => {
  const server = createServer((_request, response) => {
    response.end("here");
  });
  limitConnections(server, { most: 3, patience: 200 });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  assert.ok(address !== null && typeof address !== "string");
  const { port } = address;
  const dawdle = async (words: string) => {
    const socket = open({ host: "127.0.0.1", port });
    socket.on("error", () => {});
    await once(socket, "connect");
    let heard = "";
    socket.on("data", (chunk) => heard += chunk);
    socket.write(words);
    return { closed: once(socket, "close"), heard: () => heard };
  };
  try {
    const request = "GET / HTTP/1.1\r\nHost: here\r\n";
    const silent = await dawdle("");
    const slow = await dawdle(request);
    const idle = await dawdle(`${request}\r\n`);
    const surplus = await dawdle(`${request}\r\n`);
    await Promise.all([silent, slow, idle, surplus].map(({ closed }) => closed));
    assert.match(idle.heard(), /here$/);
    assert.equal(surplus.heard(), "", "the fourth of three was not served");
    const answer = await fetch(`http://127.0.0.1:${port}/`);
    assert.equal(await answer.text(), "here", "there is room again");
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

Deno.test("a server that is started again on its port tells returning pages all that matters", async () => {
  const bus = newBus();
  const options = { bus, run, onError: assert.ifError };
  const first = await startViewer({ ...options, port: 0 });
  const page = await connect(first);
  const closed = once(page.socket, "close");
  await bundled(first);
  await first.close();
  await closed;
  const second = await startViewer({ ...options, port: Number(new URL(first.url).port) });
  try {
    const description = feedDescription({ bus, run });
    bus.publish(subjects.events(run), encodeMessage(description));
    const again = await connect(second);
    await until(() => again.events.length === 1, "it was told");
    assert.deepEqual(again.events, [description]);
    await bundled(second);
  } finally {
    await second.close();
  }
});
