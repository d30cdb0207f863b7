/** Adaptation to a force field: in a channel, from deviations, by what means, and against pulses. */
import assert from "node:assert/strict";
import {
  adaptationIndex,
  adaptationShares,
  afterEffect,
  deviationAtPeakSpeed,
  deviationReduction,
  type FieldResponse,
  pulseCompliance,
} from "../../../sim/measures/adaptation.ts";
import { maximalDeviation } from "../../../sim/measures/path.ts";
import { velocities } from "../../../sim/measures/record.ts";
import {
  assertNear,
  goal,
  minimumJerk,
  minimumJerkRecord,
  onLine,
  origin,
  recordOf,
} from "./movements.ts";

for (
  const [what, cancelling] of [
    ["curl field", (speed: number) => 13 * speed],
    ["velocity-squared field", (speed: number) => 20 * Math.abs(speed) * speed],
  ] as const
) {
  Deno.test(`the adaptation index is 0 without and 1 with full compensation of a ${what}`, () => {
    const record = minimumJerkRecord(0.6, 0.2, 0.2);
    const ideal = velocities(record).map(([x, y]) => cancelling(0.6 * x + 0.8 * y));
    const pushing = (share: number) => ideal.map((force) => share * force + 0.4);
    assertNear(adaptationIndex(record, pushing(1), cancelling), 1, 1e-9);
    assertNear(adaptationIndex(record, pushing(0.3), cancelling), 0.3, 1e-9);
    assertNear(adaptationIndex(record, pushing(0), cancelling), 0, 1e-9);
    const message = /2 wall forces for 101 samples/;
    assert.throws(() => adaptationIndex(record, [1, 2], cancelling), message);
  });
}

Deno.test("deviations tell adaptation and after-effect without channels", () => {
  assertNear(deviationReduction(-0.04, -0.01), 0.75, 1e-15);
  assertNear(deviationReduction(-0.04, 0.01), 0.75, 1e-15);
  assertNear(afterEffect(-0.04, 0.03), 0.75, 1e-15);
  assertNear(afterEffect(-0.04, -0.02), -0.5, 1e-15);
});

Deno.test("the deviation at peak speed is taken there, not where it is largest", () => {
  // Fastest half-way, 1 cm left of the line; at the end 2 cm right of it.
  const path = (t: number) => {
    const share = minimumJerk(t);
    return onLine(share, 0.01 - 0.03 * minimumJerk((share - 0.6) / 0.4));
  };
  const record = recordOf(path, 1, { start: origin, goal });
  assertNear(maximalDeviation(record), -0.02, 1e-12);
  assertNear(deviationAtPeakSpeed(record), 0.01, 1e-12);
});

Deno.test("prediction moves the path whatever the field, impedance moves it less by the field", () => {
  const naive: FieldResponse = { free: -0.01, inField: -0.06 };
  const shares = (adapted: FieldResponse) => adaptationShares(naive, adapted);
  for (const share of Object.values(shares(naive))) assertNear(share, 0, 1e-15);
  const predicting = shares({ free: 0.04, inField: -0.01 });
  assertNear(predicting.prediction, 1, 1e-15);
  assertNear(predicting.impedance, 0, 1e-15);
  const stiff = shares({ free: -0.01, inField: -0.03 });
  assertNear(stiff.prediction, 0, 1e-15);
  assertNear(stiff.impedance, 0.6, 1e-15);
  const both = shares({ free: 0.005, inField: -0.025 });
  assertNear(both.prediction, 0.3, 1e-15);
  assertNear(both.impedance, 0.4, 1e-15);
  const softer = shares({ free: -0.01, inField: -0.11 });
  assertNear(softer.impedance, -1, 1e-15);
});

Deno.test("the compliance is the largest distance of two pushed hands soon after, per newton", () => {
  /** A hand that a push from 0.3 s on moves aside by up to `most` m, after 0.15 s, and back. */
  const pushed = (most: number) =>
    recordOf(
      (t) => onLine(t, t < 0.3 ? 0 : most * Math.sin(Math.PI * Math.min(1, (t - 0.3) / 0.3))),
      1,
      { goal },
    );
  assertNear(pulseCompliance([pushed(0.01), pushed(-0.01)], 8, 0.3), 0.02 / 8, 1e-12);
  assertNear(pulseCompliance([pushed(-0.01), pushed(0.01)], -8, 0.3), 0.02 / 8, 1e-12);
  const early = 0.02 * Math.sin(Math.PI / 3) / 8;
  assertNear(pulseCompliance([pushed(0.01), pushed(-0.01)], 8, 0.3, 0.1), early, 1e-12);
  assertNear(pulseCompliance([pushed(0.01), pushed(0.01)], 8, 0.3), 0, 0);
  const shorter = recordOf(onLine, 0.5, { goal });
  assert.throws(
    () => pulseCompliance([pushed(0.01), shorter], 8, 0.3),
    /trials of 101 and 51 samples, 0.01 and 0.01 s apart/,
  );
});
