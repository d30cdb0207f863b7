/** The Control Suite's reachers: their starts, and their reward at the edge of the target. */
import assert from "node:assert/strict";
import { suiteReacherEasy, suiteReacherHard } from "../../../sim/environments/suite_reacher.ts";
import { randomStream } from "../../../sim/random.ts";
import { moments, plainStep } from "./rollouts.ts";

const degrees = Math.PI / 180;

Deno.test("the Control Suite's reachers start as their table says", () => {
  const random = randomStream(1, "tests/environments/suite-starts");
  const starts = Array.from({ length: 4000 }, () => suiteReacherEasy.start(random));
  const uniform = (values: readonly number[], low: number, high: number) => {
    const { mean, deviation } = moments(values);
    assert.ok(values.every((value) => value >= low && value <= high));
    assert.ok(Math.abs(mean - (low + high) / 2) < 0.02 * (high - low));
    assert.ok(Math.abs(deviation - (high - low) / Math.sqrt(12)) < 0.02 * (high - low));
  };
  uniform(starts.map(({ angles }) => angles[0]), -Math.PI, Math.PI);
  uniform(starts.map(({ angles }) => angles[1]), -160 * degrees, 160 * degrees);
  uniform(starts.map(({ target }) => Math.hypot(...target)), 0.05, 0.2);
  uniform(starts.map(({ target: [x, y] }) => Math.atan2(x, y)), -Math.PI, Math.PI);
  assert.ok(starts.every(({ velocities }) => velocities.every((velocity) => velocity === 0)));
});

for (const [task, radius] of [[suiteReacherEasy, 0.05], [suiteReacherHard, 0.015]] as const) {
  Deno.test(`${task.specification.name}: 1 as long as finger and target touch, else 0`, () => {
    const rewardAt = (distance: number) =>
      plainStep(task, { angles: [0, 0], velocities: [0, 0], target: [0.24 - distance, 0] }, [0, 0])
        .reward;
    assert.equal(rewardAt(0), 1);
    assert.equal(rewardAt(radius + 0.01 - 1e-9), 1);
    assert.equal(rewardAt(radius + 0.01 + 1e-9), 0);
  });
}
