/** Housekeeping on a real nats-server, with no more rights than whoever keeps house has. */
import assert from "node:assert/strict";
import { canonicalBytes, jobId, jobLog } from "../../cluster/jobs/identity.ts";
import { Housekeeper } from "../../cluster/jobs/housekeeping.ts";
import { Ledger } from "../../cluster/jobs/ledger.ts";
import { NatsBackbone } from "../../cluster/nats/backbone.ts";
import type { Role } from "../../cluster/nats/permissions.ts";
import { planOf } from "../../cluster/nats/plan.ts";
import { eventually } from "../support/eventually.ts";
import { TestServer } from "../support/nats_server.ts";
import { chainJob, origin } from "./jobs/laboratory.ts";

const plan = planOf({ prefix: "test", storage: 256 * 2 ** 20 });
const users = (["owner", "worker"] as const).map((role) => (
  { role, user: role, password: `of ${role}` }
));
const bytes = (text: string) => new TextEncoder().encode(text);

/** Short, so that the test is; a living worker shows life more often. */
const times = { interval: 100, orphans: 500, workers: 500 };

for (const role of ["owner", "worker"] as const satisfies readonly Role[]) {
  Deno.test(`what nobody needs any more is removed with the ${role}'s rights, and nothing else`, async () => {
    await using server = await TestServer.start({ users, plan });
    const open = (role: Role) =>
      NatsBackbone.connect({
        servers: server.url,
        name: `test ${role}`,
        role,
        plan,
        credentials: { kind: "password", user: role, password: `of ${role}` },
      });
    await using owner = await open("owner");
    await using own = await open(role);
    const ledger = new Ledger(owner);
    const id = await ledger.submit(chainJob("job"));
    const claim = await ledger.claim(id, "worker");
    assert(claim.claimed);
    await claim.commit(canonicalBytes({ done: true }), origin);
    const orphan = await owner.blobs.put(new Uint8Array(700_000));
    const stranger = jobLog(jobId(chainJob("stranger")));
    await owner.logs.append(stranger, bytes("entry"), 0);
    const workers = owner.table("workers");
    await workers.create("dead", bytes("record"));
    let revision = (await workers.create("live", bytes("0")))!;
    const beating = setInterval(async () => {
      revision = await workers.update("live", bytes("beat"), revision) ?? revision;
    }, 100);

    const troubles: string[] = [];
    const told: string[] = [];
    {
      await using housekeeper = new Housekeeper(own, () => true, {
        ...times,
        logs: role === "owner",
        onTrouble: (message, error) => troubles.push(`${message}: ${error}`),
        onSwept: (message) => told.push(message),
      });
      housekeeper.start();
      await eventually("worker and blob are gone", async () => {
        const keys = await workers.keys();
        return !keys.includes("dead") && await owner.blobs.get(orphan) === undefined &&
          (role === "worker" || !(await owner.logs.names()).includes(stranger));
      });
    }
    clearInterval(beating);
    assert.deepEqual(await workers.keys(), ["live"]);
    assert.deepEqual(await ledger.resultBytes(id), canonicalBytes({ done: true }));
    assert((await owner.logs.names()).includes(jobLog(id)));
    if (role === "worker") assert((await owner.logs.names()).includes(stranger));
    assert.deepEqual(troubles, []);
    assert(told.some((line) => line.startsWith("forgot the worker dead")), told.join("; "));
  });
}
