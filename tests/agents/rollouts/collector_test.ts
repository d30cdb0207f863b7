/** Synchronous collection: the same numbers whoever does the pieces, and whatever happens on the way. */
import assert from "node:assert/strict";
import { startActor } from "../../../agents/rollouts/actor_threads.ts";
import { Collector } from "../../../agents/rollouts/collector.ts";
import { Exchange, type ExchangeOptions } from "../../../agents/rollouts/exchange.ts";
import { rolloutSubjects } from "../../../agents/rollouts/messages.ts";
import type { PieceContents } from "../../../agents/rollouts/piece.ts";
import type { RolloutWork } from "../../../agents/rollouts/work.ts";
import type { Bus } from "../../../cluster/bus.ts";
import { deadLetter, deadLetterSubject, jsonOf } from "../../../cluster/dead_letters.ts";
import { randomStream } from "../../../sim/random.ts";
import { type Chaos, strictBus, TroubledBus } from "./buses.ts";
import { Crew, measuresPieces, measuresWork, transitionsWork, until, weightsFile } from "./crew.ts";

const transitionPieces = 12;
const weights = weightsFile(1);

const batches: readonly (readonly [RolloutWork, number])[] = [
  [measuresWork, measuresPieces],
  [transitionsWork, transitionPieces],
];

/** The pieces of every batch, one batch after the other, over one exchange. */
async function collectAll(exchange: Exchange, help = false): Promise<PieceContents[][]> {
  const collector = new Collector(exchange);
  return await Promise.all(
    batches.map(([work, pieces]) => collector.collect({ work, pieces, weights, help })),
  );
}

/** What a trainer without actors gets. */
let local: Promise<PieceContents[][]> | undefined;
const theLocal = () =>
  local ??= (async () => {
    using exchange = new Exchange(strictBus(), { id: "local", actors: 0 });
    return await collectAll(exchange);
  })();

const total = measuresPieces + transitionPieces;

function opened(bus: Bus, options: Partial<ExchangeOptions> = {}): Exchange {
  return new Exchange(bus, { id: "test", actors: 5, patience: 200, ...options });
}

Deno.test("pieces differ from one another and depend on the weights", async () => {
  const [measured, transitions] = await theLocal();
  for (const pieces of [measured, transitions]) {
    assert.notDeepEqual(pieces[0].tensors, pieces[1].tensors);
  }
  using exchange = opened(strictBus(), { actors: 0 });
  const other = await new Collector(exchange).collect({
    work: measuresWork,
    pieces: measuresPieces,
    weights: weightsFile(2),
    help: false,
  });
  assert.notDeepEqual(other, measured);
});

for (const actors of [1, 2, 5]) {
  for (const help of [false, true]) {
    const helped = help ? ", with the trainer's help" : "";
    Deno.test(`${actors} actors bring what a trainer without actors gets, to the last bit${helped}`, async () => {
      const bus = strictBus();
      await using crew = new Crew();
      for (let i = 0; i < actors; i++) crew.hire(bus, `actor-${i}`);
      using exchange = opened(bus, { patience: 5000 });
      await until(() => exchange.actors === actors);
      assert.deepEqual(await collectAll(exchange, help), await theLocal());
      const { received, doneHere, repeated, askedAgain } = exchange.counters;
      assert.equal(received + doneHere, total);
      if (!help) assert.equal(doneHere, 0);
      assert.deepEqual([repeated, askedAgain], [0, 0]);
      const done = (await crew.leave()).map(({ done }) => done);
      assert.equal(done.reduce((sum, pieces) => sum + pieces), received);
      assert.ok(done.every((pieces) => pieces > 0), `everybody had work: ${done}`);
    });
  }
}

Deno.test("pieces of an actor that is killed in the middle are done by the others", async () => {
  const bus = strictBus();
  const quiet: Chaos = { lost: 0, repeated: 0, delay: 1 };
  using mortal = new TroubledBus(bus, randomStream(1, "mortal"), quiet);
  await using crew = new Crew();
  crew.hire(mortal, "mortal");
  crew.hire(bus, "survivor");
  using exchange = opened(bus);
  await until(() => exchange.actors === 2);
  const collected = collectAll(exchange);
  await until(() => exchange.counters.received >= 4);
  mortal.kill();
  assert.deepEqual(await collected, await theLocal());
  assert.ok(exchange.counters.askedAgain > 0, "what it had was asked for again");
  assert.equal(exchange.counters.received, total);
  await until(() => exchange.actors === 1);
  assert.equal(exchange.counters.actorsLost, 1);
});

Deno.test("a trainer whose last actor is killed does the rest itself", async () => {
  const bus = strictBus();
  const quiet: Chaos = { lost: 0, repeated: 0, delay: 1 };
  using mortal = new TroubledBus(bus, randomStream(1, "mortal"), quiet);
  await using crew = new Crew();
  crew.hire(mortal, "mortal");
  using exchange = opened(bus);
  await until(() => exchange.actors === 1);
  const collected = collectAll(exchange);
  await until(() => exchange.counters.received >= 4);
  mortal.kill();
  assert.deepEqual(await collected, await theLocal());
  assert.ok(exchange.counters.doneHere > 0);
});

Deno.test("an actor that leaves gives back at once what it was asked for", async () => {
  const bus = strictBus();
  await using staying = new Crew();
  await using leaving = new Crew();
  leaving.hire(bus, "leaving");
  // Patience would last far beyond the test.
  using exchange = opened(bus, { patience: 1_000_000 });
  await until(() => exchange.actors === 1);
  const collected = collectAll(exchange);
  await until(() => exchange.counters.received >= 1);
  await leaving.leave();
  staying.hire(bus, "staying");
  assert.deepEqual(await collected, await theLocal());
});

const troubles: Readonly<Record<string, Chaos>> = {
  "late and out of order": { lost: 0, repeated: 0, delay: 30 },
  "twice": { lost: 0, repeated: 1, delay: 2 },
  "not at all, now and then": { lost: 0.2, repeated: 0, delay: 2 },
  "as they please": { lost: 0.2, repeated: 0.3, delay: 30 },
};

for (const [trouble, chaos] of Object.entries(troubles)) {
  for (const seed of [1, 2]) {
    Deno.test(`messages that come ${trouble} change no number (seed ${seed})`, async () => {
      const bus = strictBus();
      const path = (name: string) => new TroubledBus(bus, randomStream(seed, name), chaos);
      using trainer = path("trainer");
      using first = path("first");
      using second = path("second");
      await using crew = new Crew();
      crew.hire(first, "first");
      crew.hire(second, "second");
      using exchange = opened(trainer);
      await until(() => exchange.actors === 2);
      assert.deepEqual(await collectAll(exchange), await theLocal());
      const { received, doneHere, repeated, askedAgain } = exchange.counters;
      assert.equal(received + doneHere, total);
      if (chaos.repeated === 1) assert.ok(repeated > 0, "the copies were dropped");
      if (chaos.lost > 0) assert.ok(askedAgain > 0, "what was lost was asked for again");
    });
  }
}

Deno.test("messages that make no sense go to the dead letters, and stop nobody", async () => {
  const bus = strictBus();
  const sources: string[] = [];
  const decode = jsonOf(deadLetter);
  bus.subscribe(deadLetterSubject, (payload) => sources.push(decode(payload).source));
  await using crew = new Crew();
  crew.hire(bus, "actor");
  using exchange = opened(bus);
  await until(() => exchange.actors === 1);
  const subjects = [
    rolloutSubjects.announcements,
    rolloutSubjects.actors("test"),
    rolloutSubjects.actor("test", "actor"),
    rolloutSubjects.weights("test"),
    rolloutSubjects.pieces("test"),
  ];
  const stream = randomStream(1, "nonsense");
  const payloads = [
    new Uint8Array(0),
    new TextEncoder().encode('{"type":"offer"}'),
    Uint8Array.from({ length: 100 }, () => stream.integer(256)),
  ];
  const collected = collectAll(exchange);
  for (const subject of subjects) {
    for (const payload of payloads) bus.publish(subject, payload);
  }
  assert.deepEqual(await collected, await theLocal());
  assert.deepEqual(sources, subjects.flatMap((subject) => payloads.map(() => subject)));
});

Deno.test("a piece that cannot be done fails with the same error, with actors and without", async () => {
  const impossible: RolloutWork = { ...measuresWork, run: { ...measuresWork.run, arm: "human3" } };
  for (const actors of [0, 1]) {
    const bus = strictBus();
    await using crew = new Crew();
    crew.hire(bus, "actor");
    using exchange = opened(bus, { actors });
    await until(() => exchange.actors === actors);
    const request = { work: impossible, pieces: 1, weights, help: false };
    await assert.rejects(new Collector(exchange).collect(request), /RangeError: .*human3/);
    assert.equal(exchange.counters.failed, actors);
  }
});

Deno.test("an actor that fails where the trainer does not is not asked again", async () => {
  const bus = strictBus();
  await using crew = new Crew();
  // It gets weights that are none: its parts are of another program's.
  const broken: Bus = {
    publish: (subject, payload) => bus.publish(subject, payload),
    subscribe: (subject, handler) =>
      bus.subscribe(subject, (payload) => {
        const weighty = subject.endsWith(".weights");
        handler(weighty ? payload.map((byte, i) => i < 20 ? byte : 0) : payload);
      }),
  };
  crew.hire(broken, "broken");
  using exchange = opened(bus);
  await until(() => exchange.actors === 1);
  assert.deepEqual(await collectAll(exchange), await theLocal());
  assert.equal(exchange.counters.received, 0);
  assert.equal(exchange.actors, 0);
  assert.equal(exchange.counters.actorsJoined, 1);
});

Deno.test("a collection ends with an error when its exchange is closed", async () => {
  using exchange = opened(strictBus(), { actors: 0 });
  const collected = new Collector(exchange).collect({
    work: transitionsWork,
    pieces: 1000,
    weights,
    help: false,
  });
  const rejected = assert.rejects(collected, /closed/);
  await until(() => exchange.counters.doneHere > 0);
  exchange.close();
  await rejected;
});

Deno.test("actors in threads of their own bring the same, although one is killed", async () => {
  const bus = strictBus();
  const failures: Error[] = [];
  const threads = ["one", "two"].map((name) =>
    startActor(bus, name, (error) => failures.push(error))
  );
  using exchange = opened(bus, { patience: 2000 });
  await until(() => exchange.actors === 2);
  const collected = collectAll(exchange);
  await until(() => exchange.counters.received >= 4);
  threads[0].kill();
  assert.deepEqual(await collected, await theLocal());
  await Promise.all(threads.map((thread) => thread.leave()));
  assert.deepEqual(failures, []);
});

const wrongOptions: readonly (readonly [Partial<ExchangeOptions>, RegExp])[] = [
  [{ id: "a b" }, /id "a b"/],
  [{ id: "" }, /id ""/],
  [{ actors: -1 }, /actors is -1/],
  [{ actors: 1.5 }, /actors is 1\.5/],
  [{ credit: 0 }, /credit is 0/],
  [{ patience: 0 }, /patience of 0 ms/],
];

for (const [wrong, message] of wrongOptions) {
  Deno.test(`an exchange with ${JSON.stringify(wrong)} is refused`, () => {
    assert.throws(() => opened(strictBus(), wrong), (error) => {
      assert.ok(error instanceof RangeError);
      assert.match(error.message, message);
      return true;
    });
  });
}
