/** Length, straightness, deviations, initial direction and overshoot of paths. */
import assert from "node:assert/strict";
import { reachMeasures } from "../../../sim/measures/catalogue.ts";
import {
  initialDirectionError,
  maximalDeviation,
  overshoot,
  pathLength,
  signedArea,
  straightness,
} from "../../../sim/measures/path.ts";
import { assertNear, distance, goal, minimumJerk, onLine, origin, recordOf } from "./movements.ts";

Deno.test("a straight path has straightness 1 and no deviation, whatever its time course", () => {
  for (const share of [minimumJerk, (t: number) => t ** 2, Math.sqrt]) {
    const record = recordOf((t) => onLine(share(t)), 1);
    assertNear(straightness(record), 1, 1e-14);
    assertNear(maximalDeviation(record), 0, 1e-15);
    assertNear(signedArea(record), 0, 1e-15);
    assertNear(initialDirectionError(record), 0, 1e-12);
  }
});

Deno.test("a half circle to the left has its radius as deviation, its area and straightness π/2", () => {
  const radius = 0.1;
  const halfCircle = (sign: number) =>
    recordOf((t) => [-radius * Math.cos(Math.PI * t), sign * radius * Math.sin(Math.PI * t)], 1);
  const left = halfCircle(1);
  assertNear(maximalDeviation(left), radius, 1e-12);
  assertNear(maximalDeviation(halfCircle(-1)), -radius, 1e-12);
  assertNear(signedArea(left), Math.PI / 2 * radius ** 2, 1e-5);
  assertNear(signedArea(halfCircle(-1)), -Math.PI / 2 * radius ** 2, 1e-5);
  assertNear(straightness(left), Math.PI / 2, 1e-4);
  assertNear(pathLength(left), Math.PI * radius, 1e-4);
});

Deno.test("the length of a path is what the hand has travelled, there and back", () => {
  const record = recordOf((t) => [0.05 * Math.sin(Math.PI * t), 0], 1);
  assertNear(pathLength(record), 0.1, 1e-12);
});

Deno.test("straightness divides by 5 cm at least, the plain ratio by the distance itself", () => {
  const record = recordOf((t) => [0.01 * t, 0], 1);
  assertNear(straightness(record), 0.2, 1e-12);
  assertNear(straightness(record, 0), 1, 1e-12);
  assertNear(reachMeasures(record).pathRatio, 1, 1e-12);
});

Deno.test("the initial direction error is the angle of the first 100 ms, left positive", () => {
  const angle = 0.3;
  const setsOff = (sign: number) =>
    recordOf(
      (t) => {
        const along = 0.2 * t;
        return [along * Math.cos(angle), sign * along * Math.sin(angle)];
      },
      0.5,
      { goal: [0.1, 0] },
    );
  assertNear(initialDirectionError(setsOff(1)), angle, 1e-12);
  assertNear(initialDirectionError(setsOff(-1)), -angle, 1e-12);
  assert.ok(Number.isNaN(initialDirectionError(recordOf((t) => [t, 0], 0.05))));
});

Deno.test("overshoot is the farthest beyond the goal along the line", () => {
  const ends = { start: origin, goal };
  const swing = (t: number) => 1.1 * Math.sin(Math.PI * t);
  assertNear(overshoot(recordOf((t) => onLine(swing(t), 0.2), 1, ends)), 0.1 * distance, 1e-12);
  assert.equal(overshoot(recordOf((t) => onLine(0.9 * t), 1, ends)), 0);
});
