/** What a record gives of its contents, and what it refuses. */
import assert from "node:assert/strict";
import { findArm } from "../../../sim/arms/catalogue.ts";
import { reachMeasures } from "../../../sim/measures/catalogue.ts";
import { type MovementRecord, velocities } from "../../../sim/measures/record.ts";
import { assertNear, minimumJerkRecord, recordOf, timeStep } from "./movements.ts";

const arm26 = findArm("arm26");

Deno.test("velocities are exact for motion of constant acceleration, also at the ends", () => {
  const record = recordOf((t) => [3 * t ** 2 - t, 2 * t], 0.2);
  velocities(record).forEach(([x, y], k) => {
    assertNear(x, 6 * k * timeStep - 1, 1e-12);
    assertNear(y, 2, 1e-12);
  });
});

Deno.test("malformed records are refused, saying what is wrong", () => {
  const record = minimumJerkRecord(0.6);
  const broken = (change: Partial<MovementRecord>) => () => reachMeasures({ ...record, ...change });
  assert.throws(broken({ positions: new Float64Array(3) }), /positions has 3 numbers/);
  assert.throws(broken({ positions: new Float64Array(2) }), /at least 2 samples/);
  assert.throws(broken({ positions: Float64Array.of(0, 0, NaN, 0) }), /there is a NaN/);
  assert.throws(broken({ goal: [Infinity, 0] }), /there is a Infinity/);
  assert.throws(broken({ timeStep: 0 }), /timeStep 0 s/);
  assert.throws(
    broken({ excitations: new Float64Array(7) }),
    /excitations has 7 numbers.* 60 steps/,
  );
  assert.throws(
    broken({ arm: arm26, forces: new Float64Array(60) }),
    /forces has 60 numbers.* 60 steps with one number for each of the 6 muscles/,
  );
});
