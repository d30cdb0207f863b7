/** Adaptation to a curl field, in a channel and from deviations. */
import assert from "node:assert/strict";
import {
  adaptationIndex,
  afterEffect,
  deviationReduction,
} from "../../../sim/measures/adaptation.ts";
import { velocities } from "../../../sim/measures/record.ts";
import { assertNear, goal, minimumJerkRecord, onLine, recordOf } from "./movements.ts";

Deno.test("the adaptation index is 0 without and 1 with full compensation of a curl field", () => {
  const gain = 13;
  const record = minimumJerkRecord(0.6, 0.2, 0.2);
  const ideal = velocities(record).map(([x, y]) => gain * (0.6 * x + 0.8 * y));
  const pushing = (share: number) => ideal.map((force) => share * force + 0.4);
  assertNear(adaptationIndex(record, pushing(1), gain), 1, 1e-9);
  assertNear(adaptationIndex(record, pushing(0.3), gain), 0.3, 1e-9);
  assertNear(adaptationIndex(record, pushing(0), gain), 0, 1e-9);
  assert.throws(() => adaptationIndex(record, [1, 2], gain), /2 wall forces for 101 samples/);
});

Deno.test("deviations tell adaptation and after-effect without channels", () => {
  const deviating = (most: number) =>
    recordOf((t) => onLine(t, most * Math.sin(Math.PI * t)), 1, { goal });
  assertNear(deviationReduction(deviating(-0.04), deviating(-0.01)), 0.75, 1e-9);
  assertNear(afterEffect(deviating(-0.04), deviating(0.03)), 0.75, 1e-9);
  assertNear(afterEffect(deviating(-0.04), deviating(-0.02)), -0.5, 1e-9);
});
