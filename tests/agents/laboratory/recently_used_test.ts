/** What is remembered for those who ask again. */
import assert from "node:assert/strict";
import { RecentlyUsed } from "../../../agents/laboratory/documents/recently_used.ts";

Deno.test("the latest that were asked for are remembered", async () => {
  const recent = new RecentlyUsed<string>(2);
  const made: string[] = [];
  const get = (key: string) =>
    recent.get(key, () => {
      made.push(key);
      return Promise.resolve(key.toUpperCase());
    });
  assert.equal(await get("a"), "A");
  await get("b");
  await get("a");
  await get("c");
  await get("a");
  await get("b");
  assert.deepEqual(made, ["a", "b", "c", "b"]);
});

Deno.test("who asks meanwhile gets the same, and a failure is not remembered", async () => {
  const recent = new RecentlyUsed<number>(2);
  let attempts = 0;
  const make = () =>
    ++attempts === 1 ? Promise.reject(new Error("late")) : Promise.resolve(attempts);
  const both = await Promise.allSettled([recent.get("a", make), recent.get("a", make)]);
  assert.deepEqual(both.map(({ status }) => status), ["rejected", "rejected"]);
  assert.equal(await recent.get("a", make), 2);
});

Deno.test("a limit that is none is refused", () => {
  for (const limit of [0, 1.5, NaN]) assert.throws(() => new RecentlyUsed(limit), RangeError);
});
