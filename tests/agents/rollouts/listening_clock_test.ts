/** The listening clock. */
import assert from "node:assert/strict";
import { ListeningClock } from "../../../agents/rollouts/listening_clock.ts";

Deno.test("time in which nothing could be heard does not count", () => {
  let now = 1000;
  const clock = new ListeningClock(250, () => now);
  assert.equal(clock.time, 0);
  for (const [elapsed, expected] of [[250, 250], [100, 350], [10_000, 600], [0, 600]]) {
    now += elapsed;
    clock.tick();
    assert.equal(clock.time, expected);
  }
});
