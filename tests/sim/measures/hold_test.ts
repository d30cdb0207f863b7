/** Drift, return after a perturbation, and stiffness of holding. */
import assert from "node:assert/strict";
import type { Point } from "../../../sim/arms/kinematics.ts";
import {
  drift,
  holdStiffness,
  maximalDisplacement,
  returnTime,
} from "../../../sim/measures/hold.ts";
import { randomStream } from "../../../sim/random.ts";
import { assertNear, recordOf, timeStep } from "./movements.ts";

Deno.test("hold measures: drift, displacement and return after a pulse", () => {
  const bump = (t: number): Point => {
    const k = Math.round(t / timeStep);
    return [k >= 30 && k <= 50 ? 0.05 : 0.004, 0];
  };
  const record = {
    ...recordOf(bump, 1, { start: [0, 0], goal: [0, 0] }),
    perturbationOnset: 0.25,
  };
  assertNear(drift(record), 0.004, 1e-12);
  assertNear(maximalDisplacement(record), 0.05, 1e-15);
  assertNear(returnTime(record), 0.25, 1e-12);
  assert.equal(returnTime(recordOf(() => [0.005, 0], 1, { start: [0, 0] })), 0);
  assert.ok(Number.isNaN(returnTime(recordOf(() => [0.02, 0], 1, { start: [0, 0] }))));
});

Deno.test("hold stiffness recovers the spring behind the displacements, whatever the common drift", () => {
  const random = randomStream(1, "measures/stiffness");
  const loads = Array.from({ length: 20 }, (): Point => [random.normal(0, 5), random.normal(0, 5)]);
  const displacements = loads.map(([x, y]): Point => [x / 300 + 0.02, y / 300]);
  assertNear(holdStiffness(displacements, loads), 300, 1e-8);
  assert.throws(
    () => holdStiffness(displacements, loads.slice(1)),
    /20 displacements and 19 loads/,
  );
  assert.throws(
    () => holdStiffness(displacements.slice(0, 1), loads.slice(0, 1)),
    /at least two trials/,
  );
});
