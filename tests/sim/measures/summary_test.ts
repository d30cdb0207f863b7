/** Summaries over trials. */
import assert from "node:assert/strict";
import { summarise } from "../../../sim/measures/summary.ts";
import { assertNear } from "./movements.ts";

Deno.test("a summary leaves out undefined values and says how many it counted", () => {
  const summary = summarise([
    { settlingTime: 0.3, peakSpeed: 1 },
    { settlingTime: NaN, peakSpeed: 2 },
    { settlingTime: 0.5, peakSpeed: 6 },
  ]);
  assertNear(summary.settlingTime.mean, 0.4, 1e-15);
  assert.equal(summary.settlingTime.count, 2);
  assert.equal(summary.settlingTime.trials, 3);
  assertNear(summary.settlingTime.deviation, Math.sqrt(0.02), 1e-15);
  assert.equal(summary.peakSpeed.mean, 3);
  assert.equal(summary.peakSpeed.count, 3);
  const nothing = summarise([{ onset: NaN }]).onset;
  assert.ok(Number.isNaN(nothing.mean) && Number.isNaN(nothing.deviation));
  assert.equal(nothing.count, 0);
  assert.throws(() => summarise([]), /no trials/);
});
