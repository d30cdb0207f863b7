/** A nats-server whose store is damaged: said at once, with what to do, which helps. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { BackboneError } from "../../cluster/backbone.ts";
import { NatsBackbone } from "../../cluster/nats/backbone.ts";
import { planOf } from "../../cluster/nats/plan.ts";
import { TestServer } from "../support/nats_server.ts";

const plan = planOf({ prefix: "test", storage: 256 * 2 ** 20 });
const bytes = new TextEncoder().encode("kept");

Deno.test("a stream that the store cannot take is an error that says which, and what to do", async () => {
  await using server = await TestServer.start();
  // Much longer than it may take: what will not pass is not tried again.
  const connect = () =>
    NatsBackbone.connect({ servers: server.url, name: "test", plan, patience: 600_000 });
  {
    await using backbone = await connect();
    await backbone.table("jobs").create("a", bytes);
    await backbone.logs.append("job.1", bytes, 0);
  }
  await server.stop();
  const folder = join(server.store, "jetstream", "$G", "streams", plan.logs.stream);
  await Deno.rename(folder, `${folder}-aside`);
  await Deno.writeTextFile(folder, "no folder");
  await server.restart();
  await assert.rejects(connect(), (error) => {
    assert(error instanceof BackboneError && error.kind === "damaged", `${error}`);
    assert.match(
      error.message,
      /cannot keep the stream test_logs .*Move the folder .*test_logs out/,
    );
    return true;
  });

  await server.stop();
  await Deno.remove(folder);
  await Deno.remove(`${folder}-aside`, { recursive: true });
  await server.restart();
  await using backbone = await connect();
  assert.equal(await backbone.logs.last("job.1"), 0);
  assert.deepEqual((await backbone.table("jobs").get("a"))?.value, bytes, "the others are there");
});
