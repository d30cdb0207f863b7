/** The backbone's contract: in memory, over a message port, and over a real nats-server. */
import { headers } from "@nats-io/transport-node";
import { jetstream } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { MemoryCluster } from "../../cluster/memory_backbone.ts";
import { NatsBackbone } from "../../cluster/nats/backbone.ts";
import { type Plan, planOf } from "../../cluster/nats/plan.ts";
import { attachBackbone, portBackbone } from "../../cluster/port_backbone.ts";
import { TestServer } from "../support/nats_server.ts";
import { backboneContract } from "./backbone.ts";
import { busContract } from "./bus.ts";

backboneContract("backbone in memory", (options) => {
  const cluster = new MemoryCluster(options);
  return {
    near: cluster.open(),
    far: cluster.open(),
    damage: (digest) => cluster.damage(digest),
    close() {},
  };
});

backboneContract("backbone over a message port", (options) => {
  const cluster = new MemoryCluster(options);
  const owner = cluster.open();
  const { port1, port2 } = new MessageChannel();
  const detach = attachBackbone(owner, port1);
  const far = portBackbone(port2, options.onError);
  port1.start();
  port2.start();
  return {
    near: cluster.open(),
    far,
    damage: (digest) => cluster.damage(digest),
    async close() {
      detach();
      port1.close();
      port2.close();
      await owner.close();
    },
  };
});

let server: TestServer;
let plans = 0;

Deno.test.beforeAll(async () => {
  server = await TestServer.start();
});

Deno.test.afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/** Every test has streams of its own. */
const planFor = (ackWait: number) =>
  planOf({ prefix: `contract-${plans++}`, storage: 256 * 2 ** 20, ackWait });

backboneContract("backbone over NATS", async ({ onError, redeliverAfter }) => {
  const plan = planFor(redeliverAfter);
  const open = (name: string) => NatsBackbone.connect({ servers: server.url, name, plan, onError });
  return {
    near: await open("near"),
    far: await open("far"),
    damage: (digest) => damageChunk(plan, digest),
    close() {},
  };
});

busContract("bus over NATS", async (onError) => {
  const plan = planFor(1_000);
  const open = (name: string) => NatsBackbone.connect({ servers: server.url, name, plan, onError });
  const [near, far] = [await open("near"), await open("far")];
  return {
    near: near.bus,
    far: far.bus,
    async close() {
      await near.close();
      await far.close();
    },
  };
});

/** Put another chunk in the place of the blob's second. */
async function damageChunk(plan: Plan, digest: string): Promise<void> {
  const client = await connect({ servers: server.url });
  const head = headers();
  head.set("Blob-Chunks", "3");
  const damaged = new Uint8Array(1000).fill(1);
  await jetstream(client).publish(plan.blobs.subject(digest, 1), damaged, { headers: head });
  await client.close();
}
