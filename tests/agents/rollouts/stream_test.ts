/** Asynchronous collection: staleness is bounded and counted, and room is bounded. */
import assert from "node:assert/strict";
import { Exchange } from "../../../agents/rollouts/exchange.ts";
import { RolloutStream, type StreamOptions } from "../../../agents/rollouts/stream.ts";
import { unpackTransitions } from "../../../agents/rollouts/transitions.ts";
import { randomStream } from "../../../sim/random.ts";
import { strictBus, TroubledBus } from "./buses.ts";
import { Crew, pause, transitionsWork as work, until, weightsFile } from "./crew.ts";
import { HandActor } from "./hand_actor.ts";

const files = [1, 2, 3, 4, 5].map(weightsFile);

/** A stream with one actor that does what the test says; the first weights have version 1. */
function byHand(options: Partial<StreamOptions>, credit = 10) {
  const bus = strictBus();
  const exchange = new Exchange(bus, { id: "test", actors: 1, credit, patience: 1_000_000 });
  const actor = new HandActor(bus, "test", "hand");
  const stream = new RolloutStream(
    exchange,
    { work, largestLag: 1, stale: "drop", room: 10, ...options },
    files[0],
  );
  actor.offer();
  return { actor, exchange, stream, [Symbol.dispose]: () => exchange.close() };
}

Deno.test("stale pieces are dropped and counted, the others come with their lag", async () => {
  using bench = byHand({ largestLag: 1, stale: "drop" });
  const { actor, stream } = bench;
  for (const piece of [0, 1, 2]) actor.bring(piece, 1);
  assert.deepEqual([(await stream.next()).lag, stream.waiting], [0, 2]);
  stream.publish(files[1]);
  const second = await stream.next();
  assert.deepEqual([second.piece.piece, second.lag, second.stale], [1, 1, false]);
  // Piece 2, which waits, becomes stale; piece 3 is when it comes; piece 4 is not.
  stream.publish(files[2]);
  actor.bring(3, 1);
  actor.bring(4, 2);
  const third = await stream.next();
  assert.deepEqual([third.piece.piece, third.lag, third.stale], [4, 1, false]);
  actor.bring(5, 3);
  assert.equal((await stream.next()).lag, 0);
  assert.deepEqual(stream.counters, {
    fresh: 4,
    marked: 0,
    dropped: 2,
    lags: [2, 2],
    mostWaiting: 3,
  });
});

Deno.test("where stale pieces are wanted, they are handed over marked", async () => {
  using bench = byHand({ largestLag: 1, stale: "mark" });
  const { actor, stream } = bench;
  for (const piece of [0, 1, 2]) actor.bring(piece, 1);
  const lags: [number, boolean][] = [];
  for (const file of [files[1], files[2], files[3]]) {
    stream.publish(file);
    const { lag, stale } = await stream.next();
    lags.push([lag, stale]);
  }
  assert.deepEqual(lags, [[1, false], [2, true], [3, true]]);
  assert.deepEqual(stream.counters, {
    fresh: 1,
    marked: 2,
    dropped: 0,
    lags: [, 1, 1, 1],
    mostWaiting: 3,
  });
});

Deno.test("an actor is told which weights are too old for a piece", () => {
  using bench = byHand({ largestLag: 2, stale: "drop", room: 1 });
  const { actor, stream } = bench;
  const wanted = () => actor.assignments.at(-1)!.weights;
  assert.deepEqual(wanted(), { least: 0, newest: 1, exactly: false });
  for (const file of files.slice(1)) stream.publish(file);
  actor.bring(0, 1);
  assert.deepEqual(wanted(), { least: 3, newest: 5, exactly: false });
});

Deno.test("no more pieces are asked for than there is credit and room", async () => {
  using bench = byHand({ room: 3 }, 2);
  const { actor, stream } = bench;
  assert.deepEqual(actor.asked, [0, 1], "credit for two");
  actor.bring(0, 1);
  assert.deepEqual(actor.asked, [0, 1, 2], "room for three, one of which waits");
  actor.bring(1, 1);
  actor.bring(2, 1);
  assert.deepEqual([actor.asked.length, stream.waiting], [3, 3]);
  await stream.next();
  assert.deepEqual(actor.asked, [0, 1, 2, 3], "one was taken, one is asked for");
  actor.bring(2, 1);
  assert.equal(bench.exchange.counters.repeated, 1, "what has come already is not taken again");
  assert.equal(stream.waiting, 2);
});

Deno.test("room that stale pieces had is given to new ones", () => {
  using bench = byHand({ largestLag: 0, room: 2 });
  const { actor, stream } = bench;
  actor.bring(0, 1);
  actor.bring(1, 1);
  assert.deepEqual(actor.asked, [0, 1]);
  stream.publish(files[1]);
  assert.deepEqual(actor.asked, [0, 1, 2, 3]);
});

Deno.test("a trainer that takes its time slows its actors: what waits stays within its room", async () => {
  const bus = strictBus();
  await using crew = new Crew();
  for (const name of ["one", "two", "three"]) crew.hire(bus, name);
  using exchange = new Exchange(bus, { id: "test", actors: 3 });
  const room = 4;
  using stream = new RolloutStream(
    exchange,
    { work, largestLag: 100, stale: "drop", room },
    files[0],
  );
  await until(() => exchange.actors === 3);
  let taken = 0;
  while (taken < 8) {
    await stream.next();
    taken++;
    await pause(50);
    assert.ok(stream.waiting + exchange.outstanding <= room);
  }
  // In 50 ms every actor could have done many more.
  assert.ok(exchange.counters.received <= taken + room, `${exchange.counters.received} pieces`);
  assert.ok(stream.counters.mostWaiting <= room);
  assert.ok(stream.counters.mostWaiting >= room - 1, "actors ran ahead");
});

Deno.test("actors run ahead with the weights that they have; lags stay within the bound", async () => {
  const bus = strictBus();
  await using crew = new Crew();
  for (const name of ["one", "two"]) crew.hire(bus, name);
  using exchange = new Exchange(bus, { id: "test", actors: 2 });
  using stream = new RolloutStream(
    exchange,
    { work, largestLag: 2, stale: "drop", room: 8 },
    files[0],
  );
  await until(() => exchange.actors === 2);
  const numbers = new Set<number>();
  for (let update = 0; update < 30; update++) {
    const { piece, lag, stale } = await stream.next();
    assert.ok(lag <= 2 && !stale);
    assert.ok(!numbers.has(piece.piece), "no piece comes twice");
    numbers.add(piece.piece);
    assert.equal(unpackTransitions(piece).steps, 50);
    stream.publish(weightsFile(update + 10));
  }
  const { fresh, dropped, lags } = stream.counters;
  assert.equal(fresh, 30);
  assert.equal(lags.reduce((sum, pieces) => sum + pieces, 0), 30);
  const { received, doneHere } = exchange.counters;
  assert.equal(received + doneHere, fresh + dropped + stream.waiting);
});

Deno.test("a piece is the same whoever does it, and another one under another number", async () => {
  const collected = async (actors: number) => {
    const bus = strictBus();
    await using crew = new Crew();
    for (let i = 0; i < actors; i++) crew.hire(bus, `actor-${i}`);
    using exchange = new Exchange(bus, { id: "test", actors });
    using stream = new RolloutStream(
      exchange,
      { work, largestLag: 0, stale: "drop", room: 6 },
      files[0],
    );
    await until(() => exchange.actors === actors);
    // They come in any order, and some may be far ahead of others.
    const wanted = new Map<number, unknown>();
    while (wanted.size < 5) {
      const { piece: { piece, tensors } } = await stream.next();
      if (piece < 5) wanted.set(piece, tensors);
    }
    return [0, 1, 2, 3, 4].map((piece) => wanted.get(piece));
  };
  const local = await collected(0);
  assert.deepEqual(await collected(1), local);
  assert.deepEqual(await collected(3), local);
  assert.notDeepEqual(local[0], local[1]);
});

Deno.test("credit that was lost on the way comes back, and pieces come on", async () => {
  const bus = strictBus();
  const chaos = { lost: 0.3, repeated: 0.2, delay: 5 };
  using trainer = new TroubledBus(bus, randomStream(3, "trainer"), chaos);
  using actor = new TroubledBus(bus, randomStream(3, "actor"), chaos);
  await using crew = new Crew();
  crew.hire(actor, "actor");
  using exchange = new Exchange(trainer, { id: "test", actors: 1, patience: 100 });
  using stream = new RolloutStream(
    exchange,
    { work, largestLag: 1, stale: "drop", room: 4 },
    files[0],
  );
  await until(() => exchange.actors === 1);
  const numbers = new Set<number>();
  while (numbers.size < 30) {
    const { piece } = await stream.next();
    assert.ok(!numbers.has(piece.piece));
    numbers.add(piece.piece);
  }
  assert.ok(exchange.counters.askedAgain > 0);
  assert.ok(stream.counters.mostWaiting <= 4);
});

for (
  const [wrong, message] of [[{ largestLag: -1 }, /lag of -1/], [
    { room: 0 },
    /room for 0/,
  ]] as const
) {
  Deno.test(`a stream with ${JSON.stringify(wrong)} is refused`, () => {
    using exchange = new Exchange(strictBus(), { id: "test", actors: 0 });
    const options = { work, largestLag: 1, stale: "drop", room: 1, ...wrong } as const;
    assert.throws(() => new RolloutStream(exchange, options, files[0]), message);
  });
}
