/** The published reachers step by step beside MuJoCo, observation and reward included. */
import assert from "node:assert/strict";
import { armReacher } from "../../../sim/environments/arm_reacher.ts";
import { equationsEnvironment } from "../../../sim/environments/equations_environment.ts";
import { suiteReacherEasy, suiteReacherHard } from "../../../sim/environments/suite_reacher.ts";
import { randomStream } from "../../../sim/random.ts";
import { mujocoReacher } from "./mujoco_reachers.ts";

const episodes = 20;

/** How far from its limit the elbow is to be, rad: MuJoCo's is a spring, this one's a stop. */
const clearance = 0.1;

function near(
  actual: ArrayLike<number>,
  expected: readonly number[],
  tolerance: number,
): void {
  expected.forEach((value, i) =>
    assert.ok(
      Math.abs(actual[i] - value) <= tolerance * (1 + Math.abs(value)),
      `[${Array.from(actual).join(", ")}] for [${expected.join(", ")}]`,
    )
  );
}

/**
 * Random commands that leave the elbow most of its way: ±1 at the shoulder, ±`elbow` at the elbow.
 */
function drawCommands(random: ReturnType<typeof randomStream>, elbow: number): number[] {
  return [random.uniform(-1, 1), random.uniform(-elbow, elbow)];
}

for (const [precision, tolerance] of [["double", 1e-9], ["single", 5e-5]] as const) {
  Deno.test(`ArmReacher is Reacher-v5 in MuJoCo: 50 random steps, ${precision} precision`, () => {
    using oracle = mujocoReacher("gym");
    const environment = equationsEnvironment(armReacher, 1, precision);
    const random = randomStream(1, "tests/environments/gym-reacher");
    let compared = 0;
    for (let episode = 0; episode < episodes; episode++) {
      const [c1, c2, s1, s2, x, y, ...rest] = environment.reset(episode);
      const speeds = rest.slice(0, 2);
      oracle.reset([Math.atan2(s1, c1), Math.atan2(s2, c2)], speeds);
      // Full commands soon bring the elbow to its limit; a tenth of them hardly ever does.
      const elbow = episode < episodes / 2 ? 1 : 0.1;
      for (let step = 0; step < 50; step++) {
        const commands = drawCommands(random, elbow);
        oracle.step(commands, 2);
        const { finalObservation, reward, truncated } = environment.step(
          Float64Array.from(commands),
        );
        const { angles, velocities } = oracle;
        if (Math.abs(angles[1]) > 3 - clearance) break;
        const off = oracle.finger().map((value, axis) => value - [x, y][axis]);
        near(finalObservation, [
          ...angles.map(Math.cos),
          ...angles.map(Math.sin),
          x,
          y,
          ...velocities,
          ...off,
        ], tolerance);
        const control = commands.reduce((sum, value) => sum + value ** 2, 0);
        near(reward, [-Math.hypot(...off) - control], tolerance);
        assert.equal(truncated[0], step === 49 ? 1 : 0);
        compared++;
      }
    }
    assert.ok(compared > 500, `${compared} steps compared`);
  });
}

for (const [task, radius] of [[suiteReacherEasy, 0.06], [suiteReacherHard, 0.025]] as const) {
  Deno.test(`${task.specification.name} is the Control Suite's in MuJoCo: random steps`, () => {
    using oracle = mujocoReacher("suite");
    const environment = equationsEnvironment(task, 1, "double");
    const limit = 160 * Math.PI / 180 - clearance;
    const random = randomStream(1, "tests/environments/suite-reacher");
    let [compared, rewarded] = [0, 0];
    for (let episode = 0; episode < 8 * episodes; episode++) {
      const [q1, q2, dx, dy] = environment.reset(episode);
      oracle.reset([q1, q2], [0, 0]);
      const target = oracle.finger().map((value, axis) => value + [dx, dy][axis]);
      for (let step = 0; step < 50; step++) {
        const commands = drawCommands(random, 0.3);
        oracle.step(commands, 1);
        const { finalObservation, reward } = environment.step(Float64Array.from(commands));
        const { angles, velocities } = oracle;
        if (Math.abs(angles[1]) > limit) break;
        const off = oracle.finger().map((value, axis) => target[axis] - value);
        near(finalObservation, [...angles, ...off, ...velocities], 1e-8);
        const distance = Math.hypot(...off);
        if (Math.abs(distance - radius) > 1e-6) {
          assert.equal(reward[0], distance <= radius ? 1 : 0);
        }
        compared++;
        rewarded += reward[0];
      }
    }
    assert.ok(compared > 2000 && rewarded > 20, `${compared} steps compared, ${rewarded} rewarded`);
  });
}
