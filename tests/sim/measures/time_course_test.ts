/** Speeds, accelerations, onset and offset, settling. */
import assert from "node:assert/strict";
import {
  endSpeed,
  movementSpan,
  movementTime,
  onset,
  peakAcceleration,
  peakSpeed,
  peakSpeedShare,
  settlingTime,
} from "../../../sim/measures/time_course.ts";
import {
  assertNear,
  distance,
  durations,
  minimumJerkRecord,
  recordOf,
  timeStep,
} from "./movements.ts";

Deno.test("a minimum-jerk movement has the peak speed 1.875 D/T, half way", () => {
  for (const duration of durations) {
    const record = minimumJerkRecord(duration);
    assertNear(peakSpeed(record) * duration / distance, 1.875, 2.5e-3);
    assertNear(peakSpeedShare(record), 0.5, duration === 0.75 ? timeStep / duration : 1e-9);
    assertNear(endSpeed(record), 0, 0.01 * peakSpeed(record));
  }
});

Deno.test("a minimum-jerk movement has the peak acceleration 5.7735 D/T²", () => {
  for (const duration of durations) {
    const value = peakAcceleration(minimumJerkRecord(duration)) * duration ** 2 / distance;
    assertNear(value, 10 / Math.sqrt(3), 0.015);
  }
});

Deno.test("a constant acceleration is the peak acceleration", () => {
  assertNear(peakAcceleration(recordOf((t) => [3 * t ** 2 - t, 2 * t], 0.2)), 6, 1e-9);
});

Deno.test("onset and offset are where the speed crosses 5 % of its peak", () => {
  // Speed rises as 4t up to 1 at 0.25 s and falls again to 0 at 0.5 s, after 0.3 s of rest.
  const ramp = (t: number): number =>
    t < 0 ? 0 : t < 0.25 ? 2 * t ** 2 : t < 0.5 ? 0.25 - ramp(0.5 - t) : 0.25;
  const record = recordOf((t) => [ramp(t - 0.3), 0], 1);
  const { from, to } = movementSpan(record);
  assertNear(from, 0.3125, 1e-3);
  assertNear(to, 0.7875, 1e-3);
  assert.equal(onset(record), from);
  assert.equal(movementTime(record), to - from);
});

Deno.test("settling time is the last time outside 2 cm of the goal", () => {
  const visits = recordOf(
    (t) => {
      const k = Math.round(t / timeStep);
      return k < 30 || k === 40 ? [0.03, 0] : [0.01, 0];
    },
    0.6,
    { goal: [0, 0] },
  );
  assertNear(settlingTime(visits), 0.4, 1e-12);
  assert.equal(settlingTime(recordOf(() => [0.01, 0], 0.6, { goal: [0, 0] })), 0);
  assert.ok(Number.isNaN(settlingTime(recordOf(() => [0.03, 0], 0.6, { goal: [0, 0] }))));
});
