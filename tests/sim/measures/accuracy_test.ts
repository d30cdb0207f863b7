/** Endpoint, mean, constant and variable errors. */
import assert from "node:assert/strict";
import type { Point } from "../../../sim/arms/kinematics.ts";
import {
  constantError,
  endpointError,
  endpointOffset,
  finalError,
  meanAbsoluteError,
  meanError,
  variableError,
} from "../../../sim/measures/accuracy.ts";
import type { MovementRecord } from "../../../sim/measures/record.ts";
import { assertNear, recordOf, timeStep } from "./movements.ts";

Deno.test("endpoint and final error: the mean's distance against the mean distance", () => {
  // Over the last ten samples the hand alternates 2 cm left and right of a point 3 cm beyond the goal.
  const record = recordOf((t) => [0.23, Math.round(t / timeStep) % 2 ? 0.02 : -0.02], 0.5, {
    start: [0, 0],
    goal: [0.2, 0],
  });
  assertNear(endpointError(record), 0.03, 1e-12);
  assertNear(finalError(record), Math.hypot(0.03, 0.02), 1e-12);
});

Deno.test("final error looks at the last ten samples of a record at 10 ms, no more", () => {
  const jump = (at: number) =>
    recordOf((t) => Math.round(t / timeStep) < at ? [0, 0] : [0.1, 0], 0.5, { goal: [0.1, 0] });
  assertNear(finalError(jump(41)), 0, 1e-15);
  assertNear(finalError(jump(42)), 0.01, 1e-15);
});

Deno.test("mean errors leave out the initial sample", () => {
  const record: MovementRecord = {
    timeStep,
    positions: Float64Array.of(9, 9, 0.3, 0.4, 0, -0.1),
    start: [9, 9],
    goal: [0, 0],
  };
  assertNear(meanError(record), (0.5 + 0.1) / 2, 1e-15);
  assertNear(meanAbsoluteError(record), (0.35 + 0.05) / 2, 1e-15);
});

Deno.test("constant error is the bias of the endpoints, variable error their spread", () => {
  const endingAt = (offset: Point, target: Point) =>
    recordOf(() => [target[0] + offset[0], target[1] + offset[1]], 0.3, { goal: target });
  const offsets = [
    endingAt([0.01, 0.02], [0.1, 0]),
    endingAt([0.03, 0.02], [0, 0.2]),
    endingAt([0.02, 0.01], [0.3, 0.1]),
    endingAt([0.02, 0.03], [-0.1, 0]),
  ].map(endpointOffset);
  assertNear(constantError(offsets), Math.hypot(0.02, 0.02), 1e-12);
  assertNear(variableError(offsets), 0.01, 1e-12);
  for (const error of [constantError, variableError]) assert.throws(() => error([]), /no trials/);
});
