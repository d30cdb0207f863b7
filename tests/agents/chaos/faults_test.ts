import assert from "node:assert/strict";
import { drawFaults, faults } from "../../../agents/chaos/faults.ts";

const minute = 60_000;

Deno.test("the same seed has the same go wrong, another one something else", () => {
  assert.deepEqual(drawFaults(1, 10 * minute), drawFaults(1, 10 * minute));
  assert.notDeepEqual(drawFaults(1, 10 * minute), drawFaults(2, 10 * minute));
});

Deno.test("what goes wrong is in order, within the time, and of all kinds that may", () => {
  const planned = drawFaults(3, 60 * minute);
  const times = planned.map(({ at }) => at);
  assert.deepEqual(times, times.toSorted((a, b) => a - b));
  assert(times[0] >= 0 && times.at(-1)! < 60 * minute);
  assert.deepEqual(new Set(planned.map(({ fault }) => fault)), new Set(faults));
  const some = drawFaults(3, 60 * minute, ["worker killed", "machine lost"]);
  assert.deepEqual(
    new Set(some.map(({ fault }) => fault)),
    new Set(["worker killed", "machine lost"]),
  );
  assert.deepEqual(drawFaults(3, minute, []), []);
});

Deno.test("there are quiet periods, and periods in which a lot goes wrong", () => {
  const times = drawFaults(4, 120 * minute).map(({ at }) => at);
  const perWindow = Array.from(
    { length: 120 * 6 },
    (_, window) => times.filter((at) => Math.floor(at / 10_000) === window).length,
  );
  const quiet = perWindow.filter((count) => count === 0).length / perWindow.length;
  assert(quiet > 0.1 && quiet < 0.5, `a share of ${quiet} is quiet`);
  assert(Math.max(...perWindow) >= 8, `at most ${Math.max(...perWindow)} in ten seconds`);
});
