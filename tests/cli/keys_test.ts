/** `deno task keys` as a stranger meets it: files, a real nats-server that reads them, and each key's use. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { NatsBackbone } from "../../cluster/nats/backbone.ts";
import { type Role, roles } from "../../cluster/nats/permissions.ts";
import { hasNatsServer } from "../agents/worker/nats_laboratory.ts";
import { natsServer } from "../support/nats_server.ts";
import { assertRefused, runTask, TaskProcess } from "./task_process.ts";

const root = await Deno.makeTempDir({ prefix: "callosum-keys-" });
Deno.test.afterAll(() => Deno.remove(root, { recursive: true }));

let folders = 0;
/** A folder that is not there yet. */
const newFolder = () => join(root, `keys ${++folders}`);

const files = ["nats-server.conf", ...roles.map((role) => `${role}.nkey`)];

/** A port that nobody uses now. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function makeKeys(folder: string, port: number, ...more: string[]): Promise<string> {
  const words = ["--folder", folder, "--host", "127.0.0.1", "--port", String(port), ...more];
  const { code, stdout, stderr } = await runTask("keys", words);
  assert.equal(code, 0, stderr);
  return stdout;
}

/** A server as the user starts it, by the words that `keys` has printed. */
async function startServer(said: string): Promise<TaskProcess> {
  const [, configuration] = /^ {2}nats-server --config '?([^'\n]+)'?$/m.exec(said) ??
    assert.fail(said);
  const server = new TaskProcess([natsServer, "--config", configuration]);
  await server.stderr.find(/Server is ready/);
  return server;
}

const connect = (port: number, file: string, role: Role) =>
  NatsBackbone.connect({
    servers: `nats://127.0.0.1:${port}`,
    name: `test ${role}`,
    role,
    credentials: { kind: "nkey", file },
  });

Deno.test({
  name: "a server with the configuration lets each key do what its role may, and says so of others",
  ignore: !hasNatsServer || Deno.build.os === "windows",
  async fn() {
    const folder = newFolder();
    const port = freePort();
    const said = await makeKeys(folder, port);
    for (const file of files) {
      const { mode } = await Deno.stat(join(folder, file));
      assert.equal(mode! & 0o777, 0o600, file);
    }
    const configuration = await Deno.readTextFile(join(folder, files[0]));
    assert.doesNotMatch(configuration, /\bSU[A-Z2-7]{56}\b/, "seeds are nobody's business there");

    await using _server = await startServer(said);
    const key = (role: Role) => join(folder, `${role}.nkey`);
    await using owner = await connect(port, key("owner"), "owner");
    for (const role of roles) {
      await using backbone = await connect(port, key(role), role);
      assert.deepEqual(await backbone.table("jobs").keys(), []);
    }
    assert.equal(owner.link.state, "connected");

    const nats = ["--nats", `nats://127.0.0.1:${port}`];
    const runs = await runTask("runs", [...nats, "--nkey", key("submitter")]);
    assert.equal(runs.code, 0, runs.stderr);
    assertRefused(
      await runTask("runs", ["delete", "some-run", ...nats, "--nkey", key("submitter")]),
      "this is a submitter's key, which may submit jobs",
      "this needs the owner's key",
    );
    assertRefused(
      await runTask("runs", [...nats, "--nkey", key("page")]),
      "this is a page's key, which may read everything",
      "this needs a submitter's key, or the owner's",
    );
    assertRefused(
      await runTask("worker", [...nats, "--nkey", key("submitter"), "--state", newFolder()]),
      "this is a submitter's key, which may submit jobs",
      "this needs a worker's key, or the owner's",
    );
    assertRefused(
      await runTask("cluster", [...nats, "--nkey", key("worker"), "--headless"]),
      "this is a worker's key, which may take jobs",
      "this needs the owner's key",
    );
  },
});

Deno.test({
  name: "keys that are there are replaced only when asked to, and are refused from then on",
  ignore: !hasNatsServer || Deno.build.os === "windows",
  async fn() {
    const folder = newFolder();
    const port = freePort();
    await makeKeys(folder, port);
    const before = await Deno.readTextFile(join(folder, "owner.nkey"));
    const old = join(root, "old.nkey");
    await Deno.writeTextFile(old, before);
    await Deno.remove(join(folder, "page.nkey"));
    assertRefused(await runTask("keys", ["--folder", folder]), "worker.nkey", "--force");
    assert.equal(
      await Deno.readTextFile(join(folder, "owner.nkey")),
      before,
      "nothing was changed",
    );

    await using _server = await startServer(await makeKeys(folder, port, "--force"));
    await using _owner = await connect(port, join(folder, "owner.nkey"), "owner");
    await assert.rejects(connect(port, old, "owner"), /does not accept these credentials/);
  },
});

Deno.test("what goes wrong with a configuration and its words is said", async () => {
  const folder = newFolder();
  const open = (await runTask("keys", ["--folder", folder])).stdout;
  assert.match(open, /a server on 0\.0\.0\.0:4222$/m);
  assert.match(open, /Without TLS anybody on the way can read along/);
  const certificate = join(root, "certificate.pem");
  await Deno.writeTextFile(certificate, "");
  const hidden = (await runTask("keys", [
    ...["--folder", folder, "--force", "--host", "desk.example.org", "--always-sync"],
    ...["--tls-cert", certificate, "--tls-key", certificate],
  ])).stdout;
  assert.match(hidden, /deno task cluster --nats tls:\/\/desk\.example\.org:4222 --nkey /);
  assert.match(hidden, /2\.10 or later/);
  const configuration = await Deno.readTextFile(join(folder, files[0]));
  assert.match(configuration, /sync_interval: "always"/);
  assert.ok(configuration.includes(`cert_file: ${JSON.stringify(certificate)}`));

  const refused: readonly (readonly [readonly string[], readonly string[]])[] = [
    [[], ["--folder"]],
    [["--folder", newFolder(), "--tls-cert", certificate], ["--tls-key", "missing"]],
    [
      ["--folder", newFolder(), "--tls-cert", certificate, "--tls-key", "nowhere.pem"],
      ["nowhere.pem", "no such file"],
    ],
    [["--folder", newFolder(), "--port", "99999"], ["--port", "65535"]],
    [["--folder", newFolder(), "--host", "a b"], ["--host", "0.0.0.0"]],
  ];
  for (const [args, mentions] of refused) assertRefused(await runTask("keys", args), ...mentions);
});
