/** `deno task doctor --nats`: a real server as a stranger meets it, and what is said of one that ails. */
import assert from "node:assert/strict";
import { serverProblems } from "../../cli/doctor_server_problems.ts";
import { NatsBackbone } from "../../cluster/nats/backbone.ts";
import type { ServerExamination } from "../../cluster/nats/examination.ts";
import { hasNatsServer } from "../agents/worker/nats_laboratory.ts";
import { TestServer } from "../support/nats_server.ts";
import { assertRefused, runTask } from "./task_process.ts";

Deno.test({
  name: "doctor says what a server lacks and who mends it, and when all is as it should be",
  ignore: !hasNatsServer,
  async fn() {
    await using server = await TestServer.start();
    const nats = ["--nats", server.url];
    const before = await runTask("doctor", nats);
    assert.equal(before.code, 1, before.stderr);
    assert.match(
      before.stdout,
      /not declared on the server\n +run deno task cluster --nats URL with/,
    );
    await (await NatsBackbone.connect({ servers: server.url, name: "owner" })).close();

    const after = await runTask("doctor", nats);
    assert.equal(after.code, 0, after.stderr + after.stdout);
    const { url } = server;
    assert.match(after.stdout, new RegExp(`^server +${url}, nats-server \\d+\\.\\d+\\.\\d+`, "m"));
    assert.match(after.stdout, /^key +none is asked for: everybody may do everything$/m);
    assert.match(after.stdout, /^streams +12 of 12 as planned$/m);
    assert.match(after.stdout, /^When a worker dies\n.*heard of it for 3 seconds/ms);
    assert.match(after.stdout, /^When the server is killed, or the power fails\n.*acknowledged/m);
    assert.match(after.stdout, /^All is as it should be\.$/m);

    const { code, stdout } = await runTask("doctor", [`--nats=${server.url}`, "--json"]);
    assert.equal(code, 0);
    const found: ServerExamination & { problems: unknown[] } = JSON.parse(stdout);
    assert.deepEqual([found.role, found.jetStream, found.problems], ["owner", true, []]);
  },
});

Deno.test("doctor says that there is no server, and what is wrong with its flags", async () => {
  assertRefused(await runTask("doctor", ["--nats", "nats://127.0.0.1:9"]), "127.0.0.1:9");
  assertRefused(await runTask("doctor", ["--nats", "nats://nats.example.org"]), "credentials");
  assertRefused(await runTask("doctor", ["--nats", "nats://127.0.0.1:9", "--frob"]), "--frob");
});

const healthy: ServerExamination = {
  address: "127.0.0.1:4222",
  name: "callosum",
  version: "2.12.3",
  encrypted: true,
  demandsKeys: true,
  largestMessage: 8 * 2 ** 20,
  role: "worker",
  jetStream: true,
  streams: [{ stream: "callosum_logs", state: "as planned" }],
  parts: [{ part: "logs", used: 10, room: 100 }],
  clock: { ahead: 0.01, uncertainty: 0.02 },
  rights: [
    { part: "logs", granted: true, planned: true },
    { part: "specs", granted: false, planned: false },
  ],
  deadLetters: 0,
};

const here = { servers: "nats://127.0.0.1:4222" };
const elsewhere = { servers: "nats://nats.example.org:4222" };

/** What ails, where, and what must be said. */
const ailments: readonly (readonly [Partial<ServerExamination>, typeof here, RegExp])[] = [
  [{ version: "2.8.4" }, here, /version 2\.8\.4.*update it to 2\.9/],
  [{ version: "2.10.21" }, here, /lost whole streams.*2\.10\.23/],
  [{ role: undefined }, here, /nobody of the laboratory.*deno task keys/],
  [{ demandsKeys: false }, elsewhere, /asks nobody who they are.*deno task keys/],
  [{ encrypted: false }, elsewhere, /not encrypted.*--tls-cert/],
  [{ jetStream: false }, here, /JetStream is off.*jetstream block/],
  [
    {
      streams: [
        { stream: "callosum_logs", state: "as planned" },
        { stream: "callosum_queue", state: "missing" },
      ],
    },
    here,
    /callosum_queue is missing.*deno task cluster --nats URL/,
  ],
  [
    {
      streams: [{
        stream: "callosum_logs",
        state: "different",
        differences: [{ setting: "discard", present: "old", declared: "new" }],
      }],
    },
    here,
    /callosum_logs is not as planned: discard is "old" instead of "new".*owner's key/,
  ],
  [
    { parts: [{ part: "blobs", used: 3, room: 4 }, { part: "jobs", used: 81, room: 100 }] },
    here,
    /^jobs: 81 % of 100 bytes.*runs delete/,
  ],
  [{ largestMessage: 65_536 }, here, /no message larger than 64 KiB.*max_payload to 1048576/],
  [
    { rights: [{ part: "logs", granted: false, planned: true }] },
    here,
    /worker's key may not write to logs, although a worker may take jobs.*deno task keys/,
  ],
  [
    { rights: [{ part: "specs", granted: true, planned: false }] },
    here,
    /worker's key may write to specs, which is not for a worker.*no others/,
  ],
  [{ clock: { ahead: -3600, uncertainty: 0.1 } }, here, /3600\.0 s behind this machine's.*NTP/],
  [{ deadLetters: 3 }, here, /3 messages that nobody could read.*stream view/],
];

Deno.test("a server in health has no problems, here and elsewhere", () => {
  for (const access of [here, elsewhere]) assert.deepEqual(serverProblems(healthy, access), []);
  // On this machine nobody is on the way.
  const open = { ...healthy, encrypted: false, demandsKeys: false, role: "owner" } as const;
  assert.deepEqual(serverProblems(open, here), []);
});

for (const [ailment, access, expected] of ailments) {
  Deno.test(`of a server with ${Object.keys(ailment)} out of order it is said what to do: ${expected}`, () => {
    const problems = serverProblems({ ...healthy, ...ailment }, access);
    assert.equal(problems.length, 1, JSON.stringify(problems));
    assert.match(`${problems[0].problem}. ${problems[0].remedy}`, expected);
  });
}
