import assert from "node:assert/strict";
import { classifyLost, countLost } from "../../../agents/chaos/loss.ts";

/** Those of 0 … 9 that survived. */
const lostOf = (...survivors: readonly number[]) =>
  classifyLost(Array.from({ length: 10 }, (_, i) => i), (i) => survivors.includes(i));

Deno.test("what is lost is told apart by whether anything survived before and after it", () => {
  const lost = lostOf(2, 3, 6);
  assert.deepEqual(lost, { prefix: [0, 1], middle: [4, 5], postfix: [7, 8, 9] });
  assert.equal(countLost(lost), 7);
});

Deno.test("nothing is lost when all has survived", () => {
  assert.equal(countLost(lostOf(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)), 0);
});

Deno.test("all is lost behind the last survivor when there is none", () => {
  assert.deepEqual(lostOf().postfix.length, 10);
  assert.equal(countLost(lostOf()), 10);
});
