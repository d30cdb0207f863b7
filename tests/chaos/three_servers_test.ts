/**
 * Three servers that keep everything three times. Their elections take several seconds each, so that these
 * tests are left out unless they are asked for.
 */
import { chainJobs } from "./chain.ts";
import { Harness, scenario } from "./harness.ts";
import { ThreeServers } from "./three_servers.ts";

const obstacle = Deno.env.get("CALLOSUM_CHAOS") === "full"
  ? ""
  : "it takes a minute; CALLOSUM_CHAOS=full has it done";

scenario("of three servers one after the other is killed: the others go on", async () => {
  await using servers = await ThreeServers.start();
  await using harness = await Harness.on(servers.urls);
  for (let i = 0; i < 2; i++) harness.hire();
  await harness.submit(chainJobs("replicated", 16));
  for (const [number, finished] of [[0, 2], [1, 8]] as const) {
    await harness.done(finished);
    await servers.kill(number);
    await harness.done(finished + 3);
    await servers.restart(number);
  }
  await harness.requireSound();
}, obstacle);

scenario(
  "of three servers one is cut off: its clients wait, and nothing is done twice",
  async () => {
    await using servers = await ThreeServers.start();
    await using harness = await Harness.on(servers.urls);
    for (let i = 0; i < 2; i++) harness.hire();
    await harness.submit(chainJobs("partitioned", 12));
    await harness.done(2);
    servers.cutOff(0);
    // Until those who are left have agreed on leaders, and the other one knows that it is alone.
    await new Promise((resolve) => setTimeout(resolve, 8_000));
    servers.rejoin(0);
    await harness.requireSound();
  },
  obstacle,
);
