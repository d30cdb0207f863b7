/** Names on NATS, what is declared there, and how one gets in: what needs no server. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { BackboneError, tableNames } from "../../cluster/backbone.ts";
import { accessOptions, sendsReadableSecret } from "../../cluster/nats/credentials.ts";
import { permissionsOf, roles } from "../../cluster/nats/permissions.ts";
import { planOf } from "../../cluster/nats/plan.ts";
import { serverConfiguration } from "../../cluster/nats/server_configuration.ts";
import { decodeSubject, encodeSubject, encodeToken } from "../../cluster/nats/subject_names.ts";
import { randomStream } from "../../sim/random.ts";

Deno.test("ordinary names are their own subjects", () => {
  for (const name of ["run.1.events", "job.0a1b", "p0-00ff", "A_b"]) {
    assert.equal(encodeSubject(name), name);
  }
});

Deno.test("every name is a subject of its own, without wildcards, and comes back", () => {
  const random = randomStream(1, "names");
  const characters = ["a", ".", "=", "*", ">", " ", "\n", "ü", "😀", "2", "E", "-", "/", "\0"];
  const names = ["", ".", "..", "=", "=2E", "run.*", ">", "a.b", "a=2Eb"];
  for (let i = 0; i < 500; i++) {
    const length = random.integer(6);
    names.push(
      Array.from({ length }, () => characters[random.integer(characters.length)]).join(""),
    );
  }
  const subjects = new Map<string, string>();
  for (const name of names) {
    const subject = encodeSubject(name);
    assert.match(subject, /^[A-Za-z0-9_=-]+(\.[A-Za-z0-9_=-]+)*$/);
    assert.equal(decodeSubject(subject), name);
    assert.equal(subjects.get(subject) ?? name, name);
    subjects.set(subject, name);
    assert.match(encodeToken(name), /^[A-Za-z0-9_=-]+$/);
  }
});

Deno.test("subjects of others are no names of ours", () => {
  for (const subject of ["a*", "a b", "=zz", "=FF", "a..b", "", "=61", "ü"]) {
    assert.equal(decodeSubject(subject), undefined, subject);
  }
});

Deno.test("a name that is too long is refused by name", () => {
  const tooLarge = (error: unknown) => error instanceof BackboneError && error.kind === "too-large";
  assert.throws(() => encodeSubject("x".repeat(1001)), tooLarge);
  assert.throws(() => encodeToken("ü".repeat(200)), tooLarge);
});

Deno.test("the plan declares every table, and no more room than was given", () => {
  const storage = 2 ** 30;
  const plan = planOf({ prefix: "lab", storage, replicas: 3 });
  for (const table of tableNames) {
    const stream = plan.streams.find(({ name }) => name === plan.tables[table].stream);
    assert.deepEqual(stream?.subjects, [`$KV.lab_${table}.>`]);
  }
  const reserved = plan.streams.reduce((sum, { max_bytes }) => sum + max_bytes, 0);
  assert(reserved <= storage && reserved > storage * 0.9, `${reserved} bytes`);
  assert(plan.streams.every(({ num_replicas }) => num_replicas === 3));
  const subjects = plan.streams.flatMap((stream) => stream.subjects);
  assert.equal(new Set(subjects).size, subjects.length);
});

Deno.test("a plan that cannot be is refused", () => {
  assert.throws(() => planOf({ prefix: "a.b" }), /prefix "a\.b"/);
  assert.throws(() => planOf({ storage: 1000 }), /1000 bytes/);
  assert.throws(() => planOf({ ackWait: 1 }), /1 ms/);
});

Deno.test("another machine demands credentials or TLS, this one does not", async () => {
  for (const servers of ["nats://127.0.0.1:4222", "localhost", "nats://[::1]:4222"]) {
    await accessOptions({ servers });
  }
  for (const servers of ["nats://10.0.0.1", ["nats://localhost", "nats://example.org:4222"]]) {
    await assert.rejects(accessOptions({ servers }), (error) => {
      assert(error instanceof BackboneError && error.kind === "refused");
      assert.match(error.message, /(10\.0\.0\.1|example\.org).*give credentials.*or use tls:\/\//);
      return true;
    });
  }
  await accessOptions({ servers: "tls://example.org" });
  await accessOptions({
    servers: "nats://example.org",
    credentials: { kind: "password", user: "a", password: "b" },
  });
  assert.deepEqual(await accessOptions({ servers: "nats://a:b%40c@example.org:4333" }), {
    servers: ["example.org:4333"],
    user: "a",
    pass: "b@c",
  });
  assert.equal((await accessOptions({ servers: "nats://secret@example.org" })).token, "secret");
});

Deno.test("a secret that anybody on the way can read is noticed", () => {
  const credentials = { kind: "token", token: "t" } as const;
  assert(sendsReadableSecret({ servers: "nats://example.org", credentials }));
  assert(!sendsReadableSecret({ servers: "tls://example.org", credentials }));
  assert(!sendsReadableSecret({ servers: "nats://localhost", credentials }));
  const nkey = { kind: "nkey", file: "seed" } as const;
  assert(!sendsReadableSecret({ servers: "nats://example.org", credentials: nkey }));
});

Deno.test("what is no address and what is no key is said to be so", async () => {
  for (const servers of ["http://localhost", "nats://", "nats://a b"]) {
    await assert.rejects(accessOptions({ servers }), /no NATS server|names no host/);
  }
  const folder = await Deno.makeTempDir();
  const file = join(folder, "seed");
  try {
    const credentials = { kind: "nkey", file } as const;
    const servers = "localhost";
    await assert.rejects(accessOptions({ servers, credentials }), /seed cannot be read/);
    await Deno.writeTextFile(file, "something else");
    await assert.rejects(accessOptions({ servers, credentials }), /no nkey seed/);
    await assert.rejects(
      accessOptions({ servers, tls: { cert: file } }),
      /certificate and its key belong together/,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("nobody but the owner may change what is declared", () => {
  const plan = planOf();
  for (const role of roles.filter((role) => role !== "owner")) {
    const { publish, subscribe } = permissionsOf(role, plan);
    for (const subject of publish) {
      assert.doesNotMatch(subject, /STREAM\.(CREATE|UPDATE|DELETE|SNAPSHOT|RESTORE|MSG\.DELETE)/);
      assert.doesNotMatch(subject, /^(\$JS\.API\.>|>|\*)/);
    }
    assert.deepEqual(subscribe, ["callosum.bus.>", `_INBOX.callosum.${role}.>`]);
    const purges = publish.filter((subject) => subject.includes("PURGE"));
    assert.deepEqual(purges, role === "worker" ? ["$JS.API.STREAM.PURGE.callosum_blobs"] : []);
  }
});

Deno.test("a server's configuration is never open to the network by mistake", () => {
  const open = { host: "0.0.0.0", store: "/store" };
  assert.throws(() => serverConfiguration(open), /0\.0\.0\.0 is open to everybody/);
  const users = [{ role: "worker", nkey: "UABC" }] as const;
  assert.throws(() => serverConfiguration({ ...open, users }), /need a plan/);
  const text = serverConfiguration({ ...open, users, plan: planOf() });
  assert.match(text, /nkey: "UABC"\n\s+permissions: \{\n\s+publish: \{\n\s+allow: \[/);
  assert.match(
    serverConfiguration({ store: "/store", alwaysSync: true }),
    /sync_interval: "always"/,
  );
  assert.match(serverConfiguration({ store: "/store" }), /^host: "127\.0\.0\.1"$/m);
});
