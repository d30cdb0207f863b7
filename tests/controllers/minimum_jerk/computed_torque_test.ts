/** Torques that keep joints on a plan: feed-forward, feedback, and the bounded integral. */
import { computedTorque } from "../../../controllers/minimum_jerk/computed_torque.ts";
import { type Plan, planReach } from "../../../controllers/minimum_jerk/reach_plan.ts";
import { motionOf } from "../../../controllers/minimum_jerk/trajectory.ts";
import { findArm } from "../../../sim/arms/catalogue.ts";
import { inverseDynamics, massMatrix } from "../../../sim/arms/dynamics.ts";
import { handPosition } from "../../../sim/arms/kinematics.ts";
import { assertClose, timeStep } from "./checks.ts";

const arm26 = findArm("arm26");
const settings = {
  duration: 0.4,
  timeStep,
  gravity: 0,
  bandwidth: 16,
  dampingRatio: 1,
  integralTime: 0.15,
  anticipation: 0,
};

/** A plan of a reach, or of staying where it starts. */
function plan(to: readonly number[]): Plan {
  const from = [0.8, 1.4];
  return planReach(arm26, [from, from, from], handPosition(arm26, to), settings, () => 0);
}

const still = [0, 0];

Deno.test("joints that follow the plan get the torques of its motion, led by the anticipation", () => {
  const reach = plan([0.9, 1.1]);
  const anticipation = 0.03;
  const follow = computedTorque(arm26, { ...settings, anticipation });
  for (let step = 0; step < 40; step++) {
    const { position, velocity } = motionOf(reach.around(), timeStep);
    const soon = motionOf(reach.around(3), timeStep);
    const expected = inverseDynamics(arm26, soon.position, soon.velocity, soon.acceleration, 0);
    assertClose(follow(reach, { angles: position, velocities: velocity }), expected, 1e-9);
    reach.advance();
  }
});

Deno.test("an error is met as by a damped spring whose stiffness the mass matrix scales", () => {
  const hold = plan([0.8, 1.4]);
  const posture = hold.around()[1];
  const [error, rate] = [[0.01, -0.02], [0.1, 0.3]];
  const integralTime = 1e9;
  const torques = computedTorque(arm26, { ...settings, integralTime })(hold, {
    angles: posture.map((angle, j) => angle - error[j]),
    velocities: rate,
  });
  const wanted = error.map((value, j) => 16 ** 2 * value - 2 * 16 * rate[j]);
  const expected = massMatrix(arm26, posture).map((row) =>
    row.reduce((sum, mass, j) => sum + mass * wanted[j], 0)
  );
  assertClose(torques, expected, 1e-7);
});

Deno.test("a lasting error winds the integral up at the rate 1/T_i, to half a radian at most", () => {
  const hold = plan([0.8, 1.4]);
  const posture = hold.around()[1];
  const follow = computedTorque(arm26, settings);
  const held = { angles: posture.map((angle) => angle - 0.1), velocities: still };
  const torquesFor = (integral: number) =>
    massMatrix(arm26, posture).map((row) =>
      row.reduce((sum, mass) => sum + mass * 16 ** 2 * (0.1 + integral), 0)
    );
  for (let step = 1; step <= 200; step++) {
    const integral = Math.min(0.5, 0.1 * step * timeStep / settings.integralTime);
    assertClose(follow(hold, held), torquesFor(integral), 1e-7);
  }
});
