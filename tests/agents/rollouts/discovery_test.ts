/** How trainers and actors find each other, and what an actor does for its trainer. */
import assert from "node:assert/strict";
import { runActor } from "../../../agents/rollouts/actor.ts";
import { Collector } from "../../../agents/rollouts/collector.ts";
import { Exchange } from "../../../agents/rollouts/exchange.ts";
import {
  type Announcement,
  decodeAnnouncement,
  decodeFromActor,
  encodeRolloutMessage,
  type FromActor,
  ownBuild,
  rolloutSubjects,
  type ToActor,
} from "../../../agents/rollouts/messages.ts";
import { decodePiece, type Piece } from "../../../agents/rollouts/piece.ts";
import { splitWeights } from "../../../agents/rollouts/weights_parts.ts";
import type { Bus } from "../../../cluster/bus.ts";
import { strictBus } from "./buses.ts";
import { Crew, measuresWork, pause, transitionsWork, until, weightsFile } from "./crew.ts";
import { HandActor } from "./hand_actor.ts";

const weights = weightsFile(1);
const collect = (exchange: Exchange, pieces: number) =>
  new Collector(exchange).collect({ work: transitionsWork, pieces, weights, help: false });

Deno.test("a trainer takes as many actors as it wants, and says how many more", async () => {
  const bus = strictBus();
  const announced: Announcement[] = [];
  bus.subscribe(rolloutSubjects.announcements, (payload) => {
    announced.push(decodeAnnouncement(payload));
  });
  const [first, second, third] = ["first", "second", "third"]
    .map((name) => new HandActor(bus, "test", name));
  using exchange = new Exchange(bus, { id: "test", actors: 2, patience: 100 });
  assert.deepEqual(announced, [
    { type: "announcement", id: "test", wanted: 2, build: ownBuild() },
  ]);
  for (const actor of [first, second, third]) actor.offer();
  assert.deepEqual(
    [first, second, third].map(({ heard }) => heard),
    [[{ type: "accepted" }], [{ type: "accepted" }], [{ type: "released" }]],
  );
  first.say({ type: "leaving", actor: "first" });
  third.offer();
  assert.deepEqual(third.heard.at(-1), { type: "accepted" });
  second.offer();
  assert.deepEqual(
    second.heard,
    [{ type: "accepted" }, { type: "accepted" }],
    "the first was lost",
  );
  await until(() => announced.at(-1)!.wanted === 0);
  exchange.close();
  assert.deepEqual(third.heard.at(-1), { type: "released" });
});

Deno.test("an actor that is not known is told so", () => {
  const bus = strictBus();
  const actor = new HandActor(bus, "test", "stranger");
  using _ = new Exchange(bus, { id: "test", actors: 1 });
  actor.say({ type: "present", actor: "stranger" });
  assert.deepEqual(actor.heard, [{ type: "released" }]);
});

Deno.test("an actor that says nothing any more is given up, and another one is wanted", async () => {
  const bus = strictBus();
  const actor = new HandActor(bus, "test", "silent");
  using exchange = new Exchange(bus, { id: "test", actors: 1, patience: 20 });
  actor.offer();
  assert.equal(exchange.actors, 1);
  await until(() => exchange.actors === 0);
  assert.equal(exchange.counters.actorsLost, 1);
  await using crew = new Crew();
  crew.hire(bus, "other");
  await until(() => exchange.actors === 1);
});

Deno.test("actors go from one trainer to the next, one at a time", async () => {
  const bus = strictBus();
  const crew = new Crew();
  crew.hire(bus, "one");
  crew.hire(bus, "two");
  const first = new Exchange(bus, { id: "first", actors: 2 });
  await until(() => first.actors === 2);
  using second = new Exchange(bus, { id: "second", actors: 2 });
  await collect(first, 4);
  assert.equal(second.actors, 0, "they belong to the first");
  first.close();
  await until(() => second.actors === 2);
  await collect(second, 4);
  const counters = await crew.leave();
  assert.deepEqual(counters.map(({ engagements }) => engagements), [2, 2]);
  assert.equal(second.actors, 0, "they have said that they leave");
});

Deno.test("an actor leaves a trainer that is gone without a word", async () => {
  const bus = strictBus();
  await using crew = new Crew();
  const announce = (id: string) => {
    const message = encodeRolloutMessage({
      type: "announcement",
      id,
      wanted: 1,
      build: ownBuild(),
    });
    bus.publish(rolloutSubjects.announcements, message);
  };
  bus.subscribe(rolloutSubjects.actors("gone"), (payload) => {
    if (decodeFromActor(payload).type !== "offer") return;
    bus.publish(rolloutSubjects.actor("gone", "actor"), encodeRolloutMessage({ type: "accepted" }));
  });
  crew.hire(bus, "actor", { patience: 100, beat: 20 });
  announce("gone");
  using exchange = new Exchange(bus, { id: "next", actors: 1 });
  assert.equal(exchange.actors, 0);
  await until(() => exchange.actors === 1);
});

/** A trainer by hand, with one actor that is real. */
async function served(act: (trainer: TrainerByHand) => Promise<void>): Promise<void> {
  const bus = strictBus();
  const leaving = new AbortController();
  const trainer = new TrainerByHand(bus);
  const ended = runActor(bus, { name: "actor", signal: leaving.signal, beat: 20 });
  trainer.announce();
  trainer.tell({ type: "accepted" });
  await act(trainer);
  leaving.abort();
  await ended;
  assert.deepEqual(trainer.heard.at(-1), { type: "leaving", actor: "actor" });
}

class TrainerByHand {
  readonly heard: FromActor[] = [];
  readonly pieces: Piece[] = [];

  constructor(readonly bus: Bus) {
    bus.subscribe(rolloutSubjects.actors("test"), (payload) => {
      this.heard.push(decodeFromActor(payload));
    });
    bus.subscribe(rolloutSubjects.pieces("test"), (payload) => {
      this.pieces.push(decodePiece(payload));
    });
  }

  announce(build = ownBuild()): void {
    const message = encodeRolloutMessage({ type: "announcement", id: "test", wanted: 1, build });
    this.bus.publish(rolloutSubjects.announcements, message);
  }

  tell(message: ToActor): void {
    this.bus.publish(rolloutSubjects.actor("test", "actor"), encodeRolloutMessage(message));
  }

  ask(order: number, pieces: number[], least: number, newest: number, exactly: boolean): void {
    const wanted = { least, newest, exactly };
    this.tell({ type: "assignment", order, work: transitionsWork, pieces, weights: wanted });
  }

  send(version: number): void {
    for (const part of splitWeights({ version, bytes: weightsFile(version) })) {
      this.bus.publish(rolloutSubjects.weights("test"), part);
    }
  }

  get done(): [order: number, piece: number, weights: number][] {
    return this.pieces.map(({ order, piece, weights }) => [order, piece, weights]);
  }
}

Deno.test("an actor sends what it was asked for, in that order, and nothing else", async () => {
  await served(async (trainer) => {
    trainer.send(1);
    await pause(30);
    assert.deepEqual(trainer.done, []);
    trainer.ask(1, [4, 2], 1, 1, true);
    trainer.ask(1, [2, 7], 1, 1, true);
    await until(() => trainer.pieces.length === 3);
    await pause(30);
    assert.deepEqual(trainer.done, [[1, 4, 1], [1, 2, 1], [1, 7, 1]]);
  });
});

Deno.test("an actor waits for exactly the weights that are asked for, and says what it lacks", async () => {
  await served(async (trainer) => {
    trainer.send(1);
    trainer.ask(1, [0], 2, 2, true);
    await pause(50);
    assert.deepEqual(trainer.done, []);
    assert.ok(trainer.heard.some((said) => said.type === "lacking" && said.version === 2));
    trainer.send(3);
    await pause(20);
    assert.deepEqual(trainer.done, []);
    trainer.send(2);
    await until(() => trainer.pieces.length === 1);
    assert.deepEqual(trainer.done, [[1, 0, 2]]);
  });
});

Deno.test("an actor that runs ahead uses the newest weights that it has, if they are new enough", async () => {
  await served(async (trainer) => {
    trainer.send(5);
    trainer.ask(1, [0], 4, 6, false);
    await until(() => trainer.pieces.length === 1);
    assert.ok(trainer.heard.some((said) => said.type === "lacking" && said.version === 6));
    trainer.send(8);
    trainer.send(7);
    trainer.ask(1, [1], 6, 7, false);
    await until(() => trainer.pieces.length === 2);
    trainer.ask(1, [2], 9, 9, false);
    await pause(30);
    assert.deepEqual(trainer.done, [[1, 0, 5], [1, 1, 8]]);
  });
});

Deno.test("an actor drops what belongs to an earlier order", async () => {
  await served(async (trainer) => {
    trainer.ask(1, [0, 1], 1, 1, true);
    trainer.ask(2, [5], 1, 1, true);
    trainer.ask(1, [2], 1, 1, true);
    trainer.send(1);
    await until(() => trainer.pieces.length === 1);
    await pause(30);
    assert.deepEqual(trainer.done, [[2, 5, 1]]);
  });
});

Deno.test("an actor says which piece it cannot do and why, and goes on", async () => {
  await served(async (trainer) => {
    const impossible = { ...measuresWork, run: { ...measuresWork.run, evaluationTrials: 2 } };
    const exactly = { least: 1, newest: 1, exactly: true };
    trainer.send(1);
    trainer.tell({ type: "assignment", order: 1, work: impossible, pieces: [9], weights: exactly });
    await until(() => trainer.heard.some(({ type }) => type === "failed"));
    const failed = trainer.heard.find((said) => said.type === "failed");
    assert.ok(failed?.type === "failed");
    assert.deepEqual([failed.order, failed.piece], [1, 9]);
    assert.match(failed.message, /RangeError: no trials 18/);
    trainer.ask(2, [0], 1, 1, true);
    await until(() => trainer.pieces.length === 1);
  });
});

Deno.test("an actor stays away from a trainer that computes with something else", async () => {
  const bus = strictBus();
  const trainer = new TrainerByHand(bus);
  await using crew = new Crew();
  crew.hire(bus, "actor");
  trainer.announce("numerics 0, Deno 1.0.0, pdp11");
  await pause(20);
  assert.deepEqual(trainer.heard, []);
  trainer.announce();
  assert.deepEqual(trainer.heard, [{ type: "offer", actor: "actor" }]);
});

Deno.test("a name that cannot stand in a subject is refused", async () => {
  const signal = AbortSignal.abort();
  await assert.rejects(runActor(strictBus(), { name: "a b", signal }), /name "a b"/);
});
