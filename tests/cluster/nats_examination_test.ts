/** A real nats-server, examined with each key: what is found, and that nothing is changed by it. */
import assert from "node:assert/strict";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect as connectClient } from "@nats-io/transport-node";
import { NatsBackbone } from "../../cluster/nats/backbone.ts";
import { examineServer } from "../../cluster/nats/examination.ts";
import { mayPublish, type Role, roles } from "../../cluster/nats/permissions.ts";
import { planOf } from "../../cluster/nats/plan.ts";
import { storageSummary } from "../../cluster/nats/storage.ts";
import { TestServer } from "../support/nats_server.ts";

const plan = planOf({ prefix: "test", storage: 256 * 2 ** 20 });
const users = roles.map((role) => ({ role, user: role, password: `of ${role}` }));
const credentials = (role: Role) => (
  { kind: "password", user: role, password: `of ${role}` } as const
);

/** Every stream's count of messages, and its last number. */
async function counts(server: TestServer): Promise<Record<string, [number, number]>> {
  const client = await connectClient({
    servers: server.url,
    user: "owner",
    pass: "of owner",
    inboxPrefix: "_INBOX.test.owner",
  });
  const manager = await jetstreamManager(client);
  const found: Record<string, [number, number]> = {};
  for await (const { config, state } of manager.streams.list()) {
    found[config.name] = [state.messages, state.last_seq];
  }
  await client.close();
  return found;
}

Deno.test("each key is found to be its role's, with its rights, and the store is left as it was", async () => {
  await using server = await TestServer.start({ users, plan });
  await using owner = await NatsBackbone.connect({
    servers: server.url,
    name: "owner",
    plan,
    credentials: credentials("owner"),
  });
  await owner.table("jobs").create("job", new Uint8Array(1000));
  await owner.blobs.put(new Uint8Array(100_000));
  await owner.logs.append("job.1", new Uint8Array(10), 0);
  const before = await counts(server);
  for (const role of roles) {
    const access = { servers: server.url, credentials: credentials(role) };
    const found = await examineServer(access, plan);
    assert.equal(found.role, role);
    assert.equal(found.version, owner.serverVersion);
    assert.deepEqual([found.jetStream, found.demandsKeys, found.encrypted], [true, true, false]);
    assert.equal(found.streams.length, plan.streams.length);
    assert(found.streams.every(({ state }) => state === "as planned"));
    assert.equal(storageSummary(found.parts).fullest.part, "blobs", role);
    assert(found.clock && Math.abs(found.clock.ahead) <= found.clock.uncertainty + 0.01);
    assert.equal(found.rights.length, 11);
    assert(found.rights.every(({ granted, planned }) => granted === planned), role);
    const written = found.rights.filter(({ granted }) => granted).length;
    assert.equal(written, { owner: 11, worker: 8, submitter: 6, page: 0 }[role], role);
  }
  assert.deepEqual(await counts(server), before);
});

Deno.test("what is missing or otherwise than planned is found, and who is a stranger", async () => {
  await using server = await TestServer.start({ maxPayload: 100_000 });
  const access = { servers: server.url };
  const undeclared = await examineServer(access, plan);
  assert.deepEqual([undeclared.role, undeclared.jetStream, undeclared.demandsKeys], [
    "owner",
    true,
    false,
  ]);
  assert(undeclared.streams.every(({ state }) => state === "missing"));
  assert.deepEqual([undeclared.clock, undeclared.rights, undeclared.parts], [undefined, [], []]);
  assert.equal(undeclared.largestMessage, 100_000);

  await (await NatsBackbone.connect({ ...access, name: "owner", plan })).close();
  const client = await connectClient({ servers: server.url });
  const manager = await jetstreamManager(client);
  const { config } = await manager.streams.info(plan.logs.stream);
  await manager.streams.update(plan.logs.stream, { ...config, max_bytes: 2 ** 20 });
  await manager.streams.delete(plan.tables.alarms.stream);
  await client.close();
  const { streams } = await examineServer(access, plan);
  assert.deepEqual(streams.filter(({ state }) => state !== "as planned"), [
    { stream: plan.tables.alarms.stream, state: "missing" },
    {
      stream: plan.logs.stream,
      state: "different",
      differences: [{ setting: "max_bytes", present: 2 ** 20, declared: 64 * 2 ** 20 }],
    },
  ]);

  await using other = await TestServer.start({ users, plan });
  const stranger = { servers: other.url, credentials: credentials("worker") };
  const found = await examineServer(stranger, planOf({ prefix: "another" }));
  assert.deepEqual([found.role, found.streams], [undefined, []]);
  await assert.rejects(examineServer({ servers: other.url }, plan), /does not accept/);
  await other.kill();
  await assert.rejects(examineServer(stranger, plan), { kind: "unavailable" });
});

Deno.test("a role's subjects are told by NATS's wildcards", () => {
  const cases: readonly (readonly [Role, string, boolean])[] = [
    ["worker", "test.blob.0a.0", true],
    ["worker", "test.blob.0a", false],
    ["worker", "test.blob.0a.0.1", false],
    ["worker", "test.log.job.1", true],
    ["worker", "test.log", false],
    ["worker", "$KV.test_jobs.a.b", true],
    ["submitter", "test.log.job.1", false],
    ["submitter", "test.bus.run.1.commands", true],
    ["page", "test.bus.run.1.control", false],
    ["owner", "test.anything", true],
  ];
  for (const [role, subject, expected] of cases) {
    assert.equal(mayPublish(role, plan, subject), expected, `${role} ${subject}`);
  }
});
