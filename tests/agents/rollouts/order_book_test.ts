/** The books of an order: who owes what, what is lost, and how long it is waited for. */
import assert from "node:assert/strict";
import { OrderBook } from "../../../agents/rollouts/order_book.ts";
import type { Piece } from "../../../agents/rollouts/piece.ts";
import { measuresWork as work } from "./crew.ts";

function bench(pieces = 10) {
  const taken: number[] = [];
  let drawn = 0;
  const book = new OrderBook(1, {
    work,
    weights: () => ({ least: 4, newest: 4, exactly: true }),
    draw: () => drawn < pieces ? drawn++ : undefined,
    take: ({ piece }) => taken.push(piece),
  });
  /** Ask `actor` for the next pieces. */
  const ask = (actor: string, count: number, now = 0) =>
    Array.from({ length: count }, () => {
      const piece = book.next()!;
      book.ask(piece, actor, now);
      return piece;
    });
  return { book, taken, ask };
}

const piece = (number: number, changes: Partial<Piece> = {}): Piece => ({
  actor: "a",
  order: 1,
  piece: number,
  weights: 4,
  tensors: {},
  labels: {},
  ...changes,
});

Deno.test("what is lost is asked for again before anything new", () => {
  const { book, ask } = bench();
  assert.deepEqual([ask("a", 2), ask("b", 1)], [[0, 1], [2]]);
  assert.equal(book.takeBack("a"), 2);
  assert.deepEqual([book.owedBy("a"), book.owedBy("b"), book.outstanding], [0, 1, 1]);
  assert.deepEqual(ask("b", 3), [0, 1, 3]);
});

Deno.test("a piece that overtakes others of its actor shows that they are lost", () => {
  const { book, ask } = bench();
  ask("a", 4);
  ask("b", 1);
  assert.equal(book.brought(2, "a", 70), 2);
  book.take(piece(2));
  assert.deepEqual([book.owedBy("a"), book.owedBy("b")], [1, 1]);
  assert.equal(book.brought(2, "a", 71), 0, "a copy shows nothing");
  assert.equal(book.brought(4, "a", 72), 0, "nor does a piece that somebody else was asked for");
  assert.deepEqual(ask("b", 3), [0, 1, 5]);
  // The actor has begun piece 3 only when it brought piece 2.
  assert.deepEqual(book.overdue(120, 100), ["b"]);
  assert.deepEqual(book.overdue(170, 100), ["a"]);
});

Deno.test("patience doubles each time that a piece is waited for in vain, up to sixteenfold", () => {
  const { book, ask } = bench(1);
  let now = 0;
  for (const patience of [100, 200, 400, 800, 1600, 1600]) {
    assert.deepEqual(ask("a", 1, now), [0]);
    assert.deepEqual(book.overdue(now + patience - 1, 100), []);
    now += patience;
    assert.deepEqual(book.overdue(now, 100), ["a"]);
    book.takeBack("a");
  }
});

Deno.test("a piece is wanted once, of this order, and done with the weights that were asked for", () => {
  const { book, taken, ask } = bench();
  ask("a", 2);
  assert.equal(book.wants(piece(2)), false, "nobody was asked for it");
  assert.equal(book.wants(piece(0, { order: 2 })), false);
  assert.equal(book.wants(piece(0, { weights: 3 })), false);
  assert.equal(book.wants(piece(0, { actor: "b" })), true, "whoever brings it");
  book.take(piece(0));
  assert.equal(book.wants(piece(0)), false);
  book.takeBack("a");
  assert.equal(book.wants(piece(1)), true, "late is not too late");
  book.take(piece(1));
  assert.deepEqual([taken, ask("a", 1)], [[0, 1], [2]]);
});

Deno.test("here, refused pieces are done first, and those of others only where they must be", () => {
  const { book, ask } = bench(4);
  ask("a", 3);
  book.takeBack("a");
  ask("a", 1);
  book.refuse(2);
  assert.equal(book.hasRefused, true);
  const done = (asked: boolean) => {
    const number = book.nextHere(asked);
    if (number !== undefined) book.take(piece(number));
    return number;
  };
  assert.deepEqual([done(false), done(false), done(false)], [2, 1, 3]);
  assert.deepEqual([book.hasRefused, done(false), done(true), done(true)], [
    false,
    undefined,
    0,
    undefined,
  ]);
});

Deno.test("a piece that was begun here and not finished is not forgotten", () => {
  const { book } = bench(1);
  assert.equal(book.nextHere(false), 0);
  assert.equal(book.nextHere(false), 0);
  assert.equal(book.wants(piece(0)), true);
});
