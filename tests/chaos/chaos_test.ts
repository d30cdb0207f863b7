/**
 * The short form of `deno task chaos`: three workers do sixty small jobs of the library while they are killed,
 * lost and frozen, the server is killed twice, and a disk is full for a while. What goes wrong is spread over
 * the jobs and not over time, so that it is the same on every machine.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { Campaign } from "../../agents/chaos/campaign.ts";
import type { Fault } from "../../agents/chaos/faults.ts";
import { isSound } from "../../agents/chaos/verdict.ts";
import { NatsServer } from "../../cluster/nats/server.ts";
import { natsServer } from "../support/nats_server.ts";
import { canBeDisturbed } from "./harness.ts";
import { mayMount, SmallDisk } from "./small_disk.ts";

const jobs = 60;

const faults: readonly Fault[] = [
  "worker killed",
  "worker killed",
  "server killed",
  "worker killed",
  "worker frozen",
  "worker killed",
  "machine lost",
  "worker killed",
  "watcher lost",
  "worker killed",
  "server killed",
  "worker killed",
  "worker killed",
];

/** Jobs that are done before the disk is full: about a third. */
const beforeFullDisk = 20;

/** How long it is full, ms. */
const fullFor = 3_000;

Deno.test({
  name: "sixty jobs are done once each, as undisturbed, whatever happens to workers and server",
  ignore: !canBeDisturbed,
  async fn(test) {
    await using opened = new AsyncDisposableStack();
    const folder = await Deno.makeTempDir({ prefix: "callosum-chaos-" });
    opened.defer(() => Deno.remove(folder, { recursive: true }));
    const disk = mayMount
      ? opened.use(await SmallDisk.mount(64, join(folder, "workers")))
      : undefined;
    const server = opened.use(
      await NatsServer.start({ folder: join(folder, "nats"), port: -1, executable: natsServer }),
    );
    const access = { servers: server.url };
    const campaign = opened.use(
      await Campaign.begin({ access, server, workers: 3, seed: 1, firstSeed: 0, folder }),
    );
    await campaign.submit(jobs);
    const struck = strikeAll(campaign);
    await test.step({
      name: "the disk of the workers is full for a while",
      ignore: disk === undefined,
      async fn() {
        await campaign.finished(beforeFullDisk);
        await disk!.fill();
        await new Promise((resolve) => setTimeout(resolve, fullFor));
        await disk!.empty();
      },
      sanitizeOps: false,
      sanitizeResources: false,
    });
    await struck;
    await campaign.finished();
    const verdict = await campaign.judge();
    assert.equal(verdict.results, jobs);
    assert(isSound(verdict), JSON.stringify(verdict, undefined, 2));
    for (const fault of faults) {
      assert.equal(campaign.struck.get(fault), faults.filter((other) => other === fault).length);
    }
  },
});

async function strikeAll(campaign: Campaign): Promise<void> {
  for (const [index, fault] of faults.entries()) {
    await campaign.finished(Math.floor((index + 1) * jobs / (faults.length + 1)));
    await campaign.strike(fault);
  }
}
