/** Arms round a circle: with the right inverse model they follow it, with another they do not. */
import { ok, strictEqual } from "node:assert/strict";
import {
  type Bench,
  benches,
  type Plant,
  plantAt,
} from "../../../learners/hypernetworks/payload_task.ts";
import {
  circlePoint,
  type InverseModels,
  trackCircle,
} from "../../../learners/hypernetworks/payload_tracking.ts";
import { inverseDynamics } from "../../../sim/arms/dynamics.ts";
import { inverseKinematics, withinLimits } from "../../../sim/arms/kinematics.ts";

/** The equations of motion as inverse models, arm a having the plant `known[a]`. */
const equations = (bench: Bench, known: readonly Plant[]): InverseModels => (inputs) =>
  Promise.resolve(inputs.flatMap(([cos1, cos2, sin1, sin2, ...rates], a) =>
    inverseDynamics(
      known[a].arm,
      [Math.atan2(sin1, cos1), Math.atan2(sin2, cos2)],
      rates.slice(0, 2).map((value) => value * bench.fastest),
      rates.slice(2).map((value) => value * bench.quickest),
      known[a].gravity,
    ).map((torque, j) => torque / bench.torqueScales[j])
  ));

for (const [name, bench] of Object.entries<Bench>(benches)) {
  const [heavy, light] = [0, 1].map((γ) => plantAt(bench, "heavy-first", [γ]));

  Deno.test(`${name}: the circle is within the arm's reach and limits`, () => {
    for (let time = 0; time < 3; time += 0.1) {
      const angles = inverseKinematics(bench.arm, circlePoint(bench, time), { elbow: 1 });
      ok(withinLimits(bench.arm, angles), `${angles}`);
    }
  });

  Deno.test(`${name}: with the equations of its own payload every arm follows to a millimetre`, async () => {
    const plants = [heavy, light];
    for (const { error, path } of await trackCircle(bench, plants, equations(bench, plants))) {
      ok(error < 1e-3, `${error}`);
      strictEqual(path.length, 300);
    }
  });

  Deno.test(`${name}: with those of another payload the arm is lost, and stops`, async () => {
    const [round] = await trackCircle(bench, [heavy], equations(bench, [light]));
    ok(round.error > 0.05, `${round.error}`);
    ok(round.path.flat().every(Number.isFinite));
  });
}

Deno.test("a model that gives no sense whatever leaves numbers behind", async () => {
  const bench: Bench = benches.rods;
  const plant = plantAt(bench, "heavy-first", [1]);
  const [round] = await trackCircle(bench, [plant], () => Promise.resolve([1e9, -1e9]));
  ok(Number.isFinite(round.error) && round.error > 0.1);
});
