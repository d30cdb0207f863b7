/** The task: an arm's inverse dynamics at every position of its knobs. */
import { deepStrictEqual, notDeepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import {
  type Bench,
  benches,
  drawMotions,
  mostKnobs,
  plantAt,
} from "../../../learners/hypernetworks/payload_task.ts";
import { randomStream } from "../../../sim/random.ts";

const { rods } = benches;

/** The text-book torques of two uniform rods of 1 m and 1 kg with a mass m in the hand. */
function rodTorques(
  m: number,
  [q1, q2]: readonly number[],
  [u1, u2]: readonly number[],
  [w1, w2]: readonly number[],
): [number, number] {
  const [I, g] = [1 / 12, 9.81];
  const [a, b, e] = [2 * I + 0.25 + 1.25 + 2 * m, 0.5 + m, I + 0.25 + m];
  const [c2, s2] = [Math.cos(q2), Math.sin(q2)];
  return [
    (a + 2 * b * c2) * w1 + (e + b * c2) * w2 - b * s2 * (2 * u1 * u2 + u2 ** 2) +
    g * ((1.5 + m) * Math.cos(q1) + (0.5 + m) * Math.cos(q1 + q2)),
    (e + b * c2) * w1 + e * w2 + b * s2 * u1 ** 2 + g * (0.5 + m) * Math.cos(q1 + q2),
  ];
}

Deno.test("targets are the text-book torques over 60 and 30 N m, at the payload of the knob", () => {
  for (const [γ, mass] of [[0, 5], [0.3, 3.5], [1, 0]]) {
    const count = 40;
    const { inputs, targets } = drawMotions(
      rods,
      [plantAt(rods, "heavy-first", [γ])],
      count,
      randomStream(0, "motions"),
    );
    strictEqual(inputs.length, 8 * count);
    for (let i = 0; i < count; i++) {
      const [cos1, cos2, sin1, sin2, ...rates] = inputs.subarray(8 * i, 8 * i + 8);
      const expected = rodTorques(
        mass,
        [Math.atan2(sin1, cos1), Math.atan2(sin2, cos2)],
        [2 * rates[0], 2 * rates[1]],
        [4 * rates[2], 4 * rates[3]],
      );
      const actual = [60 * targets[2 * i], 30 * targets[2 * i + 1]];
      expected.forEach((torque, j) =>
        ok(Math.abs(torque - actual[j]) < 1e-4, `${actual} is not ${expected}`)
      );
    }
  }
});

Deno.test("motions fill their ranges, and scales make the heaviest payload's torques about 1", () => {
  for (const bench of Object.values<Bench>(benches)) {
    const plant = plantAt(bench, "heavy-first", [0]);
    const { inputs, targets } = drawMotions(bench, [plant], 2000, randomStream(1, "motions"));
    for (let column = 0; column < 8; column++) {
      const values = inputs.filter((_, i) => i % 8 === column);
      const [least, most] = [Math.min(...values), Math.max(...values)];
      ok(least >= -1 && most <= 1 && most > 0.99, `column ${column}: ${least} … ${most}`);
    }
    for (const j of [0, 1]) {
      const squares = targets.filter((_, i) => i % 2 === j).map((value) => value ** 2);
      const size = Math.sqrt(squares.reduce((sum, value) => sum + value, 0) / squares.length);
      ok(size > 0.5 && size < 1.5, `joint ${j} of ${bench.arm.name}: ${size}`);
    }
  }
});

Deno.test("codings are mirror images of each other", () => {
  deepStrictEqual(plantAt(rods, "light-first", [0.25]), plantAt(rods, "heavy-first", [0.75]));
  notDeepStrictEqual(plantAt(rods, "light-first", [0.25]), plantAt(rods, "heavy-first", [0.25]));
});

Deno.test("each knob turns what the table says, and no other", () => {
  const weak = [1, 1, 1, 1];
  const { arm } = plantAt(rods, "heavy-first", weak);
  deepStrictEqual([arm.links[0].mass, arm.links[1].mass, arm.viscosity], [1, 1, [[0, 0], [0, 0]]]);
  const strong = (knob: number) =>
    plantAt(rods, "heavy-first", weak.map((value, i) => i === knob ? 0 : value));
  strictEqual(plantAt(rods, "heavy-first", [1]).gravity, 9.81);
  strictEqual(plantAt(rods, "heavy-first", weak).gravity, 0);
  strictEqual(strong(0).arm.links[1].mass, 6);
  strictEqual(strong(1).gravity, 9.81);
  deepStrictEqual(strong(2).arm.viscosity, [[5, 0], [0, 5]]);
  deepStrictEqual(
    [strong(3).arm.links[0].mass, strong(3).arm.links[0].inertia, strong(3).arm.links[1].mass],
    [3, 3 / 12, 1],
  );
});

Deno.test("no knob and too many are refused", () => {
  throws(() => plantAt(rods, "heavy-first", []), /0 knobs; expected 1 to 4/);
  throws(() => plantAt(rods, "heavy-first", Array(mostKnobs + 1).fill(0)), RangeError);
});
