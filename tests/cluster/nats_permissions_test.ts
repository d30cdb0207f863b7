/** Scoped users on a real nats-server: each role can do its work, and no more. */
import assert from "node:assert/strict";
import { connect as connectClient, type NatsConnection, nkeys } from "@nats-io/transport-node";
import { BackboneError } from "../../cluster/backbone.ts";
import { NatsBackbone } from "../../cluster/nats/backbone.ts";
import type { Credentials, TlsFiles } from "../../cluster/nats/credentials.ts";
import { inboxPrefix, type Role } from "../../cluster/nats/permissions.ts";
import { planOf } from "../../cluster/nats/plan.ts";
import { eventually } from "../support/eventually.ts";
import { TestServer } from "../support/nats_server.ts";

const plan = planOf({ prefix: "test", storage: 256 * 2 ** 20, ackWait: 1_000 });
const never = new AbortController().signal;
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (payload: Uint8Array) => new TextDecoder().decode(payload);
const password = (role: Role): Credentials => ({
  kind: "password",
  user: role,
  password: `of ${role}`,
});

const users = (["owner", "worker", "submitter", "page"] as const).map((role) => ({
  role,
  user: role,
  password: `of ${role}`,
}));

const refused = (outcome: Promise<unknown>) =>
  assert.rejects(outcome, (error) => {
    assert(error instanceof BackboneError && error.kind === "refused", `${error}`);
    assert.match(error.message, /may not|does not accept/);
    return true;
  });

Deno.test("each role does its work with its own key, and is refused the rest", async () => {
  await using server = await TestServer.start({ users, plan });
  const open = (role: Role) =>
    NatsBackbone.connect({
      servers: server.url,
      name: role,
      role,
      plan,
      credentials: password(role),
      onError: (error, source) => failures.push(`${source}: ${error}`),
    });
  const failures: string[] = [];

  await assert.rejects(open("worker"), (error) => {
    assert(error instanceof BackboneError && error.kind === "refused");
    assert.match(error.message, /no stream .* a worker may not make it: run `deno task cluster/);
    return true;
  });
  await using owner = await open("owner");
  await using submitter = await open("submitter");
  await using worker = await open("worker");
  await using page = await open("page");

  // A job's way through the cluster, each step by whoever does it.
  const seen: string[] = [];
  await page.table("jobs").watch(({ key }) => seen.push(key));
  const entries: string[] = [];
  await page.logs.follow("job.1", ({ payload }) => entries.push(text(payload)));
  const heard: string[] = [];
  page.bus.subscribe("run.1.frames", (payload) => heard.push(text(payload)));
  const commands: string[] = [];
  worker.bus.subscribe("run.1.commands", (payload) => commands.push(text(payload)));

  await submitter.table("specs").create("job", bytes("spec"));
  await submitter.table("lanes").create("lane", bytes("needs"));
  const queued = (await submitter.table("jobs").create("job", bytes("queued")))!;
  await submitter.queue.push("lane", bytes("job"));
  assert.equal(await submitter.queue.waiting("lane"), 1);
  const hint = (await worker.queue.pull(["lane"], { signal: never, patience: 10_000 }))!;
  hint.working();
  assert.equal(text((await worker.table("specs").get("job"))!.value), "spec");
  const running = (await worker.table("jobs").update("job", bytes("running"), queued))!;
  const position = (await worker.logs.append("job.1", bytes("began"), 0))!;
  await worker.logs.append("job.1", bytes("step"), position);
  assert.equal((await worker.logs.read("job.1")).length, 2);
  const digest = await worker.blobs.put(new Uint8Array(700_000).fill(1));
  const old = await worker.blobs.put(bytes("old checkpoint"));
  await worker.blobs.remove(old);
  await worker.table("results").create("job", bytes(digest));
  await worker.table("jobs").update("job", bytes("done"), running);
  await worker.table("workers").create("worker", bytes("idle"));
  await worker.table("leases").create("reconciler", bytes("worker"));
  await hint.done();
  assert.equal((await submitter.blobs.get(digest))?.length, 700_000);
  assert.deepEqual(await page.table("jobs").keys(), ["job"]);
  await eventually("the page sees it", () => seen.length > 1 && entries.length === 2);
  await eventually("frames and commands get through", () => {
    worker.bus.publish("run.1.frames", bytes("frame"));
    page.bus.publish("run.1.commands", bytes("pause"));
    return heard.length > 0 && commands.length > 0;
  });

  // What is not theirs.
  await refused(worker.table("specs").create("forged", bytes("spec")));
  await refused(worker.table("runs").create("forged", bytes("run")));
  await refused(submitter.table("results").create("forged", bytes("result")));
  await refused(submitter.logs.append("job.1", bytes("forged"), 0));
  await refused(submitter.blobs.put(bytes("forged")));
  await refused(submitter.queue.pull(["lane"], { signal: never, patience: 5_000 }));
  await refused(page.table("jobs").create("forged", bytes("job")));
  await refused(page.queue.push("lane", bytes("forged")));
  await refused(page.blobs.remove(digest));
  assert.equal(await owner.table("specs").get("forged"), undefined);
  assert.equal(await owner.table("results").get("forged"), undefined);
  assert.equal(await owner.blobs.get(digest).then((blob) => blob?.length), 700_000);
  assert.deepEqual(failures, []);
});

Deno.test("the owner's key serves in every role", async () => {
  await using server = await TestServer.start({ users, plan });
  const common = { servers: server.url, plan, credentials: password("owner") };
  await using _owner = await NatsBackbone.connect({ ...common, name: "owner" });
  for (const role of ["worker", "submitter", "page"] as const) {
    await using backbone = await NatsBackbone.connect({ ...common, name: role, role });
    const hint = backbone.queue.pull(["lane"], { signal: never, patience: 10_000 });
    await backbone.queue.push("lane", bytes(role));
    assert.equal(text((await hint)!.payload), role);
    await (await hint)!.done();
    await backbone.table("jobs").create(role, bytes("queued"));
  }
});

Deno.test("a worker's key cannot delete, empty, change or copy what is declared, nor listen elsewhere", async () => {
  await using server = await TestServer.start({ users, plan });
  await using owner = await NatsBackbone.connect({
    servers: server.url,
    name: "owner",
    plan,
    credentials: password("owner"),
  });
  await owner.table("jobs").create("job", bytes("queued"));
  await owner.logs.append("job.1", bytes("entry"), 0);
  for (const role of ["worker", "submitter", "page"] as const) {
    const client = await connectClient({
      servers: server.url,
      user: role,
      pass: `of ${role}`,
      inboxPrefix: inboxPrefix(plan, role),
    });
    const { stream } = plan.tables.jobs;
    const requests = {
      [`$JS.API.STREAM.DELETE.${stream}`]: "",
      [`$JS.API.STREAM.PURGE.${stream}`]: "",
      [`$JS.API.STREAM.UPDATE.${stream}`]: JSON.stringify({ name: stream, max_msgs: 1 }),
      [`$JS.API.STREAM.MSG.DELETE.${stream}`]: JSON.stringify({ seq: 1 }),
      [`$JS.API.STREAM.SNAPSHOT.${stream}`]: JSON.stringify({ deliver_subject: "x" }),
      [`$JS.API.STREAM.DELETE.${plan.logs.stream}`]: "",
      [`$JS.API.STREAM.CREATE.spy`]: JSON.stringify({ name: "spy", subjects: [">"] }),
      [`$JS.API.CONSUMER.DELETE.${plan.queue.stream}.lane`]: "",
      "$SYS.REQ.SERVER.PING": "",
    };
    for (const [subject, request] of Object.entries(requests)) {
      await assert.rejects(
        client.request(subject, request, { timeout: 5_000 }),
        /Permissions/i,
        subject,
      );
    }
    for (const subject of [">", "_INBOX.>", "_INBOX.test.owner.>", "$JS.>", "$KV.>", "other"]) {
      assert.match(`${await refusedSubscription(client, subject)}`, /Permissions/i, subject);
    }
    await client.close();
  }
  assert.equal(text((await owner.table("jobs").get("job"))!.value), "queued");
  assert.equal((await owner.logs.read("job.1")).length, 1);
});

/** Why the server does not let `client` listen. */
function refusedSubscription(client: NatsConnection, subject: string): Promise<Error | undefined> {
  const { promise, resolve } = Promise.withResolvers<Error | undefined>();
  client.subscribe(subject, { callback: (error) => resolve(error ?? undefined) });
  client.flush().then(() => setTimeout(() => resolve(undefined), 1_000));
  return promise;
}

Deno.test("nkeys and tokens let in, and what is wrong is refused at once", async () => {
  const pair = nkeys.createUser();
  const [seed, wrong] = [await Deno.makeTempFile(), await Deno.makeTempFile()];
  try {
    await Deno.writeFile(seed, pair.getSeed());
    await Deno.writeFile(wrong, nkeys.createUser().getSeed());
    await using server = await TestServer.start({
      users: [{ role: "owner", nkey: pair.getPublicKey() }],
      plan,
    });
    const open = (credentials?: Credentials) =>
      NatsBackbone.connect({
        servers: server.url,
        name: "owner",
        plan,
        credentials,
        patience: 60_000,
      });
    await using backbone = await open({ kind: "nkey", file: seed });
    assert(await backbone.table("jobs").create("a", bytes("1")));
    await refused(open({ kind: "nkey", file: wrong }));
    await refused(open({ kind: "token", token: "guess" }));
    await refused(open());
  } finally {
    await Deno.remove(seed);
    await Deno.remove(wrong);
  }
});

Deno.test("TLS with a certificate of one's own", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "callosum-tls-" });
  try {
    const tls = { cert: `${folder}/cert.pem`, key: `${folder}/key.pem` };
    const made = await makeCertificate(tls);
    if (!made) {
      console.log("skipped: there is no openssl to make a certificate with");
      return;
    }
    await using server = await TestServer.start({ users, plan, tls });
    const open = (tls?: TlsFiles, at = server) =>
      NatsBackbone.connect({
        servers: `tls://localhost:${at.port}`,
        name: "owner",
        plan,
        credentials: password("owner"),
        tls,
        patience: 0,
      });
    await t.step("is believed when its authority is named", async () => {
      await using backbone = await open({ ca: tls.cert });
      assert(await backbone.table("jobs").create("a", bytes("1")));
    });
    await t.step("is not believed otherwise", async () => {
      await assert.rejects(open(), (error) => {
        assert(error instanceof BackboneError && error.kind === "refused");
        assert.match(error.message, /no trusted TLS connection .*name the authority/);
        return true;
      });
    });
    await using strict = await TestServer.start({ users, plan, tls: { ...tls, ca: tls.cert } });
    await t.step("is shown where the server demands one", async () => {
      await using backbone = await open({ ca: tls.cert, ...tls }, strict);
      assert(await backbone.table("jobs").create("a", bytes("1")));
    });
    await t.step("is missed there otherwise, and that ends no process", async () => {
      // The server hangs up at a moment at which NATS's client listens to no error of its socket.
      await assert.rejects(open({ ca: tls.cert }, strict), BackboneError);
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** A certificate for this machine, signed by itself; false when there is no openssl. */
async function makeCertificate({ cert, key }: { cert: string; key: string }): Promise<boolean> {
  const args = [
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
  ]
    .concat(["-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=localhost"])
    .concat(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]);
  try {
    const { success, stderr } = await new Deno.Command("openssl", { args }).output();
    assert(success, text(stderr));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
