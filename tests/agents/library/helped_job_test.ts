/** Jobs in their threads, with actors in threads of their own: the checkpoints are the same, byte for byte. */
import assert from "node:assert/strict";
import type { JobOwner } from "../../../agents/library/method_job.ts";
import { type JobHelp, MethodThread } from "../../../agents/library/method_thread.ts";
import { SpareActors } from "../../../agents/library/spare_actors.ts";
import {
  type Announcement,
  decodeAnnouncement,
  decodeFromActor,
  encodeRolloutMessage,
  ownBuild,
  rolloutSubjects,
} from "../../../agents/rollouts/messages.ts";
import { decodePiece } from "../../../agents/rollouts/piece.ts";
import type { Bus } from "../../../cluster/bus.ts";
import { jsonLine, Log } from "../../../cluster/log.ts";
import { ppo } from "../../../learners/rl/ppo_method.ts";

const library = import.meta.resolve("./ppo_library.ts");

/** Some seconds; pieces are sent all the time. */
const config = ppo.config.parse({
  ...ppo.profiles.smoke.config,
  steps: 16 * 64 * 150,
  copies: 16,
  copiesOfPiece: 2,
  rolloutLength: 64,
});

/** What a job leaves: its result, and its last checkpoint. */
async function done(help?: JobHelp, onProgress: () => void = () => {}) {
  using thread = new MethodThread("cpu", library);
  let checkpoint: Uint8Array | undefined;
  const owner: JobOwner = {
    progress: onProgress,
    file: (name) => Promise.reject(new Error(`no file ${name}`)),
    checkpoint: (kept) => {
      checkpoint = kept.bytes;
      return Promise.resolve();
    },
  };
  const job = { method: "ppo", variant: "plain", seed: 2, config, backend: "cpu" };
  const end = await thread.run({ ...job, checkpointSeconds: 1 }, owner, help);
  assert.ok(end.kind === "finished");
  return { result: end.result, checkpoint };
}

/** Who brings pieces to the job whose announcement comes first. */
function helpersOf(bus: Bus): Set<string> {
  const helpers = new Set<string>();
  const listen = ({ id }: Announcement) =>
    bus.subscribe(rolloutSubjects.pieces(id), (payload) => helpers.add(decodePiece(payload).actor));
  const announcements = bus.subscribe(rolloutSubjects.announcements, (payload) => {
    announcements.unsubscribe();
    listen(decodeAnnouncement(payload));
  });
  return helpers;
}

/** Wait until so many actors have offered themselves to a trainer, who does not need them after all. */
async function readyActors(bus: Bus, count: number): Promise<void> {
  const id = "early";
  const names = new Set<string>();
  const { promise, resolve } = Promise.withResolvers<void>();
  const offers = bus.subscribe(rolloutSubjects.actors(id), (payload) => {
    const { actor } = decodeFromActor(payload);
    names.add(actor);
    bus.publish(rolloutSubjects.actor(id, actor), encodeRolloutMessage({ type: "released" }));
    if (names.size === count) resolve();
  });
  const call = { type: "announcement", id, wanted: count, build: ownBuild() } as const;
  const announce = () => bus.publish(rolloutSubjects.announcements, encodeRolloutMessage(call));
  announce();
  const calling = setInterval(announce, 100);
  await promise;
  clearInterval(calling);
  offers.unsubscribe();
}

Deno.test("slots without a job help those that have one, until there is one for them", async () => {
  const alone = await done();
  const problems: string[] = [];
  const log = new Log({}, jsonLine, (level, line) => level !== "info" && problems.push(line));
  await using spare = new SpareActors(2, log);
  const { bus, actors } = spare.help;
  assert.equal(actors, 2);
  spare.adjust(2);
  await readyActors(bus, 2);
  const helpers = helpersOf(bus);
  // One of them has a job of its own as soon as both have helped.
  const helped = await done({ ...spare.help, name: "job" }, () => {
    if (helpers.size === 2) spare.adjust(1);
  });
  assert.deepEqual(helped, alone);
  assert.deepEqual([...helpers].sort(), ["slot-0-actor-1", "slot-1-actor-1"]);
  assert.deepEqual(problems, []);
});
