/** The measures of a reach and a hold as a whole. */
import assert from "node:assert/strict";
import {
  holdMeasures,
  measures,
  minimumJerkReference,
  reachMeasures,
} from "../../../sim/measures/catalogue.ts";
import { straightness } from "../../../sim/measures/path.ts";
import { logDimensionlessJerk } from "../../../sim/measures/smoothness.ts";
import {
  assertNear,
  durations,
  minimumJerk,
  minimumJerkRecord,
  onLine,
  recordOf,
  timeStep,
} from "./movements.ts";

Deno.test("every measure has its name in the catalogue, and absent data give NaN", () => {
  const needMore = ["effort", "weightedActivation", "work", "coContraction"]
    .concat(["rootMeanSquareForce", "coordinationIndex"]);
  const results = {
    ...reachMeasures(minimumJerkRecord(0.6, 0, 0.1)),
    ...holdMeasures(recordOf(() => [0, 0.4], 0.6)),
  };
  assert.deepEqual(Object.keys(results).sort(), Object.keys(measures).sort());
  for (const [name, value] of Object.entries(results)) {
    assert.equal(Number.isNaN(value), needMore.includes(name), name);
  }
});

Deno.test("reachMeasures gives the minimum-jerk reference for a minimum-jerk reach", () => {
  for (const duration of durations) {
    const values = reachMeasures(minimumJerkRecord(duration, 0.1, 0.2));
    const tolerances = { ldlj: 0.02, sparc: 0.02, peakSpeedShare: timeStep / duration };
    for (const [name, ideal] of Object.entries(minimumJerkReference)) {
      const tolerance = { ...tolerances }[name] ?? 1e-12;
      assertNear(values[name as keyof typeof values], ideal, tolerance);
    }
  }
});

Deno.test("rest around a movement changes none of its reach measures", () => {
  const bare = reachMeasures(minimumJerkRecord(1));
  const rested = reachMeasures(minimumJerkRecord(1, 0.2, 0.4));
  for (
    const name of [
      "ldlj",
      "movementTime",
      "peakSpeed",
      "peakSpeedShare",
      "straightness",
      "maximalDeviation",
      "initialDirectionError",
      "endpointError",
    ] as const
  ) {
    // The bare record's end shows in its last samples only, which one-sided differences estimate.
    assertNear(rested[name], bare[name], name === "endpointError" ? 1e-3 : 5e-3);
  }
  assertNear(rested.onset - bare.onset, 0.2, 1e-3);
  assertNear(rested.sparc, bare.sparc, 0.01);
});

Deno.test("stretching a path in time leaves straightness, LDLJ, SPARC and shares unchanged", () => {
  const path = (x: number) =>
    onLine(minimumJerk(x) + 0.1 * Math.sin(6 * x) * x * (1 - x), 0.05 * x ** 2 * (1 - x) ** 2);
  const fast = reachMeasures(recordOf(path, 1));
  const slow = reachMeasures(recordOf((t) => path(t / 2), 2));
  assertNear(slow.straightness, fast.straightness, 1e-4);
  assertNear(slow.ldlj, fast.ldlj, 0.01);
  assertNear(slow.sparc, fast.sparc, 0.01);
  assertNear(slow.peakSpeedShare, fast.peakSpeedShare, 0.01);
  assertNear(slow.movementTime, 2 * fast.movementTime, 0.005);
  assertNear(slow.peakSpeed, fast.peakSpeed / 2, 1e-3);

  const stretched = { ...recordOf(path, 1), timeStep: 2 * timeStep };
  assertNear(logDimensionlessJerk(stretched), logDimensionlessJerk(recordOf(path, 1)), 1e-12);
  assert.equal(straightness(stretched), straightness(recordOf(path, 1)));
});

Deno.test("a hand that never moves has no time course, and says so with NaN", () => {
  const values = reachMeasures(recordOf(() => [0, 0.4], 0.5, { goal: [0.1, 0.4] }));
  assert.equal(values.peakSpeed, 0);
  assert.equal(values.speedPeaks, 0);
  assert.equal(values.straightness, 0);
  for (
    const name of [
      "onset",
      "movementTime",
      "peakSpeedShare",
      "ldlj",
      "sparc",
      "settlingTime",
    ] as const
  ) {
    assert.ok(Number.isNaN(values[name]), name);
  }
});
