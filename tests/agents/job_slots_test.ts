/** Taking turns: so many at a time, in order, whatever becomes of the work. */
import assert from "node:assert/strict";
import { JobSlots } from "../../agents/job_slots.ts";

/** Work that the test lets end when it likes. */
function works(count: number) {
  const begun: number[] = [];
  const ends = Array.from({ length: count }, () => Promise.withResolvers<number>());
  const start = (slots: JobSlots) =>
    ends.map(({ promise }, i) => slots.use(() => (begun.push(i), promise)));
  return { begun, ends, start };
}

/** Everything that can go on now has gone on. */
const settled = () => new Promise((resolve) => setTimeout(resolve));

Deno.test("so many are done at a time, and the others in the order in which they came", async () => {
  const { begun, ends, start } = works(4);
  const results = start(new JobSlots(2));
  await settled();
  assert.deepEqual(begun, [0, 1]);
  ends[1].resolve(10);
  await settled();
  assert.deepEqual(begun, [0, 1, 2]);
  for (const [i, end] of ends.entries()) end.resolve(10 * i);
  assert.deepEqual(await Promise.all(results), [0, 10, 20, 30]);
});

Deno.test("work that fails frees its slot and fails for its owner alone", async () => {
  const { ends, start } = works(3);
  const results = Promise.allSettled(start(new JobSlots(1)));
  ends[0].reject(new Error("broken"));
  ends[1].resolve(1);
  ends[2].resolve(2);
  const states = (await results).map(({ status }) => status);
  assert.deepEqual(states, ["rejected", "fulfilled", "fulfilled"]);
});

Deno.test("a slot that nobody waits for is there for the next", async () => {
  const slots = new JobSlots(1);
  for (const value of [1, 2, 3]) {
    assert.equal(await slots.use(() => Promise.resolve(value)), value);
  }
});

Deno.test("it is told how many slots are free, as often as that changes", async () => {
  const free: number[] = [];
  const slots = new JobSlots(2, (count) => free.push(count));
  const ends = Array.from({ length: 3 }, () => Promise.withResolvers<void>());
  const works = ends.map(({ promise }) => slots.use(() => promise));
  assert.deepEqual(free, [2, 1, 0]);
  ends[0].resolve();
  await works[0];
  assert.deepEqual(free, [2, 1, 0], "the third has the slot of the first");
  for (const { resolve } of ends) resolve();
  await Promise.all(works);
  assert.deepEqual(free, [2, 1, 0, 1, 2]);
});

Deno.test("anything but a positive integer is refused as a number of slots", () => {
  for (const count of [0, -1, 1.5, NaN, Infinity]) {
    assert.throws(() => new JobSlots(count), new RegExp(`RangeError.*${count}`));
  }
});
