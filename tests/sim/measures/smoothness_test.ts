/** Jerk, spectral arc length and speed peaks. */
import assert from "node:assert/strict";
import {
  logDimensionlessJerk,
  spectralArcLength,
  speedPeaks,
  squaredJerk,
} from "../../../sim/measures/smoothness.ts";
import {
  assertNear,
  distance,
  durations,
  minimumJerk,
  minimumJerkRecord,
  onLine,
  recordOf,
} from "./movements.ts";

Deno.test("a minimum-jerk movement has ∫jerk² 720 D²/T⁵ and LDLJ -5.3220", () => {
  for (const duration of durations) {
    const record = minimumJerkRecord(duration);
    assertNear(squaredJerk(record) * duration ** 5 / distance ** 2, 720, 3);
    assertNear(logDimensionlessJerk(record), -5.3220, 2e-3);
  }
  const fine = recordOf((t) => onLine(minimumJerk(t)), 1, { timeStep: 0.001 });
  assertNear(squaredJerk(fine) / distance ** 2, 720, 0.01);
  assertNear(logDimensionlessJerk(fine), -5.3220, 1e-4);
});

Deno.test("a minimum-jerk movement has SPARC -1.4058", () => {
  for (const duration of [0.5, 1, 2]) {
    assertNear(spectralArcLength(minimumJerkRecord(duration)), -1.4058, 3e-4);
  }
  // The cut at amplitude 0.05 falls on a bin, so other durations differ by up to that bin's length.
  for (const duration of durations) {
    assertNear(spectralArcLength(minimumJerkRecord(duration)), -1.4058, 6e-3);
  }
});

Deno.test("two minimum-jerk movements in sequence are less smooth: LDLJ -8.094, SPARC -2.245", () => {
  const record = recordOf((t) => onLine(minimumJerk(t) + minimumJerk(t - 1)), 2);
  assertNear(logDimensionlessJerk(record), -8.094, 2e-3);
  assertNear(spectralArcLength(record), -2.245, 5e-3);
  assert.equal(speedPeaks(record), 2);
});

Deno.test("speed peaks count only where they stand out by a tenth of the peak speed", () => {
  const withRipple = (height: number) =>
    recordOf((t) => [t + height * Math.sin(8 * Math.PI * t) / (8 * Math.PI), 0], 1);
  for (const duration of durations) assert.equal(speedPeaks(minimumJerkRecord(duration)), 1);
  assert.equal(speedPeaks(withRipple(0.5)), 5); // at 0, 1/4, 1/2, 3/4 and 1 s
  assert.equal(speedPeaks(withRipple(0.03)), 1);
  assert.equal(speedPeaks(recordOf(() => [0, 0], 1)), 0);
});
