/** Signed distances of the shapes that arm images are made of. */
import { ok, strictEqual } from "node:assert/strict";
import {
  boundingCircle,
  disc,
  type EdgeProbe,
  probeEdge,
  type Shape,
} from "../../../learners/data/arm_images/shapes.ts";
import { randomStream } from "../../../sim/random.ts";

const capsule: Shape = { kind: "capsule", from: [0, 0], to: [2, 0], radius: 0.5 };
const square: Shape = { kind: "polygon", corners: [[1, 1], [-1, 1], [-1, -1], [1, -1]] };
/** An L: concave at the origin. */
const angle: Shape = {
  kind: "polygon",
  corners: [[0, 0], [2, 0], [2, -1], [-1, -1], [-1, 2], [0, 2]],
};

function probe(shape: Shape, x: number, y: number): EdgeProbe {
  const edge: EdgeProbe = { distance: NaN, outwardX: NaN, outwardY: NaN };
  probeEdge(shape, x, y, edge);
  return edge;
}

Deno.test("distances at known points", () => {
  const known: [Shape, number, number, number][] = [
    [disc([1, 2], 3), 1, 2, -3],
    [disc([1, 2], 3), 5, 2, 1],
    [capsule, 1, 0.25, -0.25],
    [capsule, 1, -2, 1.5],
    [capsule, 5, 4, 4.5],
    [square, 0, 0.25, -0.75],
    [square, 4, 5, 5],
    [square, 0, -3, 2],
    [angle, 1, 1, 1],
    [angle, -0.5, 1, -0.5],
    [angle, -0.25, -0.25, -Math.SQRT2 / 4],
  ];
  for (const [shape, x, y, distance] of known) {
    ok(Math.abs(probe(shape, x, y).distance - distance) < 1e-12, `${shape.kind} at (${x}, ${y})`);
  }
});

Deno.test("the outward vector is the distance's gradient, inside and outside", () => {
  const random = randomStream(0, "tests/shapes");
  const step = 1e-6;
  let checked = 0;
  for (let i = 0; i < 300; i++) {
    const [x, y] = [random.uniform(-3, 3), random.uniform(-3, 3)];
    for (const shape of [capsule, square, angle]) {
      const { outwardX, outwardY } = probe(shape, x, y);
      const slope = (dx: number, dy: number) =>
        (probe(shape, x + dx, y + dy).distance - probe(shape, x - dx, y - dy).distance) /
        (2 * step);
      const gradient = [slope(step, 0), slope(0, step)];
      // On the ridges, where two edges are equally near, there is no gradient.
      if (Math.abs(Math.hypot(...gradient) - 1) > 1e-3) continue;
      checked++;
      ok(Math.hypot(outwardX - gradient[0], outwardY - gradient[1]) < 1e-4, `(${x}, ${y})`);
    }
  }
  ok(checked > 850, `${checked} of 900 points have a gradient`);
});

Deno.test("no point outside the bounding circle is inside the shape", () => {
  const random = randomStream(1, "tests/shapes");
  let inside = 0;
  for (let i = 0; i < 2000; i++) {
    const [x, y] = [random.uniform(-4, 4), random.uniform(-4, 4)];
    for (const shape of [capsule, square, angle]) {
      if (probe(shape, x, y).distance > 0) continue;
      inside++;
      const { centre, radius } = boundingCircle(shape);
      ok(Math.hypot(x - centre[0], y - centre[1]) <= radius + 1e-12);
    }
  }
  ok(inside > 200);
  strictEqual(boundingCircle(disc([1, 1], 2)).radius, 2);
});
