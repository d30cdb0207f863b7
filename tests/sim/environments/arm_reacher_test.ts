/** `ArmReacher`'s numbers: its reward by hand, its starts, and what acting at random costs. */
import assert from "node:assert/strict";
import { armReacher } from "../../../sim/environments/arm_reacher.ts";
import { equationsEnvironment } from "../../../sim/environments/equations_environment.ts";
import { randomStream } from "../../../sim/random.ts";
import { moments, plainStep } from "./rollouts.ts";

const atRest = { angles: [0, 0], velocities: [0, 0] };

Deno.test("ArmReacher: at the target and without action the reward is 0", () => {
  const there = plainStep(armReacher, { ...atRest, target: [0.21, 0] }, [0, 0]);
  assert.ok(Math.abs(there.reward) < 1e-15);
  const away = plainStep(armReacher, { ...atRest, target: [0.11, 0] }, [0, 0]);
  assert.ok(Math.abs(away.reward + 0.1) < 1e-15);
});

Deno.test("ArmReacher: the reward is that of where the step ends, the control term weighs 1", () => {
  const target = [0.1, 0.1];
  const { reward, observation } = plainStep(armReacher, { ...atRest, target }, [0.6, -0.8]);
  const off = observation.slice(8);
  assert.ok(Math.hypot(off[0] - 0.11, off[1] + 0.1) > 1e-3, "the finger has moved");
  assert.ok(Math.abs(reward + Math.hypot(...off) + 1) < 1e-15);
});

Deno.test("ArmReacher: starts lie as its table says", () => {
  const random = randomStream(1, "tests/environments/reacher-starts");
  const starts = Array.from({ length: 4000 }, () => armReacher.start(random));
  for (const [part, bound] of [["angles", 0.1], ["velocities", 0.005]] as const) {
    for (const joint of [0, 1]) {
      const values = starts.map((start) => start[part][joint]);
      assert.ok(values.every((value) => Math.abs(value) <= bound));
      const { mean, deviation } = moments(values);
      assert.ok(
        Math.abs(mean) < 0.05 * bound && Math.abs(deviation - bound / Math.sqrt(3)) < 0.03 * bound,
      );
    }
  }
  // Uniform in the disc: the square of the radius is uniform.
  const squares = starts.map(({ target: [x, y] }) => (x ** 2 + y ** 2) / 0.04);
  const { mean, deviation } = moments(squares);
  assert.ok(squares.every((square) => square < 1));
  assert.ok(Math.abs(mean - 0.5) < 0.02 && Math.abs(deviation - 1 / Math.sqrt(12)) < 0.02);
});

Deno.test("ArmReacher: uniform random actions cost 33.3 an episode in control", () => {
  const copies = 400;
  const environment = equationsEnvironment(armReacher, copies);
  const random = randomStream(1, "tests/environments/random-policy");
  environment.reset(1);
  let cost = 0;
  for (let step = 0; step < 50; step++) {
    const actions = Float64Array.from({ length: 2 * copies }, () => random.uniform(-1, 1));
    const { reward, finalObservation } = environment.step(actions);
    for (let copy = 0; copy < copies; copy++) {
      const [x, y] = [8, 9].map((row) => finalObservation[row * copies + copy]);
      cost -= (reward[copy] + Math.hypot(x, y)) / copies;
    }
  }
  assert.ok(Math.abs(cost - 100 / 3) < 0.6, `${cost}`);
});
