/** The nats-server of one's own: started, found, ended, and started again when it dies. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { BackboneError } from "../../cluster/backbone.ts";
import { NatsBackbone } from "../../cluster/nats/backbone.ts";
import { planOf } from "../../cluster/nats/plan.ts";
import { launchServer, NatsServer, type ServerOptions } from "../../cluster/nats/server.ts";
import { eventually } from "../support/eventually.ts";
import { natsServer } from "../support/nats_server.ts";

const plan = planOf({ prefix: "test", storage: 256 * 2 ** 20 });

/** A folder with a space in its name, as users have them. */
async function withFolder(check: (folder: string) => Promise<void>): Promise<void> {
  const parent = await Deno.makeTempDir({ prefix: "callosum server " });
  try {
    await check(join(parent, "nats"));
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
}

const start = (folder: string, options: Partial<ServerOptions> = {}) =>
  NatsServer.start({ folder, port: -1, executable: natsServer, ...options });

const connect = (url: string) => NatsBackbone.connect({ servers: url, name: "test", plan });

const bytes = new TextEncoder().encode("kept");

const refused = (pattern: RegExp) => (error: unknown) => {
  assert(error instanceof BackboneError && error.kind === "refused", `${error}`);
  assert.match(error.message, pattern);
  return true;
};

Deno.test("a server is started on this machine only, and keeps what it has for the next time", async () => {
  await withFolder(async (folder) => {
    const first = await start(folder);
    assert.match(first.url, /^nats:\/\/127\.0\.0\.1:\d+$/);
    assert(first.version[0] >= 2);
    {
      await using backbone = await connect(first.url);
      assert.equal(backbone.serverVersion, first.version.join("."));
      await backbone.table("jobs").create("a", bytes);
    }
    await first.stop();
    await first.stop();
    await assert.rejects(
      Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(first.url).port) }),
    );
    await using second = await start(folder);
    await using backbone = await connect(second.url);
    assert.deepEqual((await backbone.table("jobs").get("a"))?.value, bytes);
  });
});

Deno.test("a server that dies is started again at the same address, and its clients come back", async () => {
  await withFolder(async (folder) => {
    await using server = await start(folder);
    await using backbone = await connect(server.url);
    await backbone.table("jobs").create("a", bytes);
    for (let round = 0; round < 2; round++) {
      const { pid } = server;
      Deno.kill(pid, "SIGKILL");
      await eventually("another process", () => server.pid !== pid);
      await eventually("the client is back", () => backbone.link.state === "connected");
      await eventually("it answers", async () => {
        try {
          return await backbone.table("jobs").get("a") !== undefined;
        } catch {
          return false;
        }
      });
    }
  });
});

Deno.test("a server that lives and answers nobody is ended and started again", async () => {
  await withFolder(async (folder) => {
    await using server = await start(folder);
    await using backbone = await connect(server.url);
    await backbone.table("jobs").create("a", bytes);
    server.watchOver(backbone.link, 4_000);
    const { pid } = server;
    Deno.kill(pid, "SIGSTOP");
    await eventually("another process", () => server.pid !== pid);
    await eventually("the client is back", () => backbone.link.state === "connected");
    assert.deepEqual((await backbone.table("jobs").get("a"))?.value, bytes);
  });
});

Deno.test("one folder has one server", async () => {
  await withFolder(async (folder) => {
    await using _server = await start(folder);
    await assert.rejects(start(folder), refused(/in use by another cluster.*--nats URL/));
  });
});

Deno.test("a server that a killed cluster has left behind is ended before the next one starts", async () => {
  await withFolder(async (folder) => {
    await Deno.mkdir(folder);
    const { child, port, lastWords } = await launchServer(
      { folder, executable: natsServer, alwaysSync: false },
      -1,
    );
    await using leftover = await connect(`nats://127.0.0.1:${port}`);
    await leftover.table("jobs").create("a", bytes);
    await using server = await start(folder);
    await child.status;
    await lastWords;
    await using backbone = await connect(server.url);
    assert.deepEqual((await backbone.table("jobs").get("a"))?.value, bytes);
  });
});

Deno.test("a file of ports whose process is long gone harms nobody", async () => {
  await withFolder(async (folder) => {
    await Deno.mkdir(folder);
    // The process of that number is this test's own: it must not be ended.
    const stale = join(folder, `nats-server_${Deno.pid}.ports`);
    await Deno.writeTextFile(stale, '{"nats":["nats://127.0.0.1:1"]}');
    await using _server = await start(folder);
    await assert.rejects(Deno.stat(stale), Deno.errors.NotFound);
  });
});

Deno.test("where there is no nats-server, the error says how to get one", async () => {
  await withFolder(async (folder) => {
    await assert.rejects(
      start(folder, { executable: "no-such-nats-server" }),
      refused(/no program no-such-nats-server; install one.*apt install nats-server/),
    );
  });
});

Deno.test("a port that is taken is an error that says how to take another one", async () => {
  await withFolder(async (folder) => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    try {
      const { port } = listener.addr;
      await assert.rejects(
        start(folder, { port }),
        refused(/port \d+ of 127\.0\.0\.1 is in use; .*--nats-port/),
      );
    } finally {
      listener.close();
    }
    // The folder is free again.
    await using _server = await start(folder);
  });
});
