/** The minimum-jerk trajectory, from rest and from a moving start. */
import assert from "node:assert/strict";
import {
  minimumJerkTrajectory,
  motionOf,
  restAt,
} from "../../../controllers/minimum_jerk/trajectory.ts";
import { assertClose } from "./checks.ts";

Deno.test("a minimum-jerk trajectory starts and ends at rest and peaks at 1.875 D/T half way", () => {
  const [distance, duration] = [0.3, 0.6];
  const at = minimumJerkTrajectory(restAt([0.1, 0]), [0.1 + distance, 0], duration);
  assert.deepEqual(at(0), restAt([0.1, 0]));
  assert.deepEqual(at(duration), restAt([0.1 + distance, 0]));
  assert.deepEqual(at(-1), at(0));
  assert.deepEqual(at(9), at(duration));
  assertClose(at(duration / 2).velocity, [1.875 * distance / duration, 0], 1e-12);
  assertClose(at(duration / 2).acceleration, [0, 0], 1e-12);
  // The acceleration is largest at x = (1 − 1/√3)/2.
  const peak = at(duration * (1 - 1 / Math.sqrt(3)) / 2).acceleration[0];
  assertClose([peak], [10 / Math.sqrt(3) * distance / duration ** 2], 1e-12);
});

Deno.test("velocity and acceleration are the derivatives of position", () => {
  const start = { position: [0.1, -0.2], velocity: [0.5, 1], acceleration: [-3, 2] };
  const at = minimumJerkTrajectory(start, [0.4, 0.3], 0.7);
  const h = 1e-5;
  for (const time of [0.1, 0.35, 0.6]) {
    const [before, now, after] = [at(time - h), at(time), at(time + h)];
    const slope = (of: "position" | "velocity") =>
      after[of].map((value, i) => (value - before[of][i]) / (2 * h));
    assertClose(now.velocity, slope("position"), 1e-7);
    assertClose(now.acceleration, slope("velocity"), 1e-6);
  }
});

Deno.test("a trajectory from a moving start continues position, velocity and acceleration", () => {
  const whole = minimumJerkTrajectory(restAt([0]), [1], 1);
  const continued = minimumJerkTrajectory(whole(0.4), [1], 0.6);
  assertClose(continued(0).velocity, whole(0.4).velocity, 1e-12);
  assertClose(continued(0).acceleration, whole(0.4).acceleration, 1e-12);
  // What is optimal from start to goal is optimal from any point of the way to the goal.
  for (const time of [0.1, 0.3, 0.5]) {
    assertClose(continued(time).position, whole(0.4 + time).position, 1e-12);
  }
});

Deno.test("trajectories without a usable duration or goal are refused", () => {
  assert.throws(() => minimumJerkTrajectory(restAt([0]), [1], 0), /duration 0 s/);
  assert.throws(() => minimumJerkTrajectory(restAt([0, 0]), [1], 1), /1 coordinates.*2/);
});

Deno.test("the motion in the middle of three positions is exact for constant acceleration", () => {
  const at = (time: number) => [3 * time ** 2 - time, 2 * time];
  const motion = motionOf([at(0.19), at(0.2), at(0.21)], 0.01);
  assert.deepEqual(motion.position, at(0.2));
  assertClose(motion.velocity, [6 * 0.2 - 1, 2], 1e-12);
  assertClose(motion.acceleration, [6, 0], 1e-9);
});
