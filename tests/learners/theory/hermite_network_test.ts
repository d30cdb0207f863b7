/** A finite network with a Hermite activation beside the kernel that it tends to. */
import { ok, throws } from "node:assert/strict";
import { hermiteDual } from "../../../learners/kernel_machines/dual_activation.ts";
import { nngpKernel } from "../../../learners/kernel_machines/neural_kernels.ts";
import { innerProducts, type Points } from "../../../learners/kernel_machines/points.ts";
import { hermiteNetwork } from "../../../learners/theory/hermite_network.ts";
import { activationOfExponent } from "../../../learners/theory/optimal_activation.ts";
import { randomStream } from "../../../sim/random.ts";

const angles = [0, 0.2, 0.7, 1.1, 1.5];
const points: Points = {
  count: angles.length,
  size: 2,
  values: Float64Array.from(angles.flatMap((angle) => [Math.cos(angle), Math.sin(angle)])),
};

/** Mean squared distance from the NNGP after each of 3 layers, of several networks. */
function errors(width: number): number[] {
  const coefficients = activationOfExponent(2);
  const dual = hermiteDual(coefficients);
  const sums = [0, 0, 0];
  for (let seed = 0; seed < 8; seed++) {
    const plan = { coefficients, width, depth: 3, inputs: 2 };
    const network = hermiteNetwork(plan, (l) => randomStream(seed, `weights/${l}`));
    network.features(points).forEach((features, l) => {
      const expected = innerProducts(points, points);
      nngpKernel(dual, l + 1)(expected);
      innerProducts(features, features).forEach((value, i) =>
        sums[l] += (value - expected[i]) ** 2 / expected.length / 8
      );
    });
  }
  return sums;
}

Deno.test("inner products of features go to the NNGP as the width grows, by 1/width", () => {
  const [narrow, wide] = [errors(32), errors(512)];
  // 16 times as wide; the heavy tails of h₃ leave the estimate of the ratio rough.
  narrow.forEach((error, l) => ok(wide[l] < error / 4, `layer ${l + 1}: ${error} to ${wide[l]}`));
  ok(wide[0] < 0.05);
});

Deno.test("inputs off the sphere are refused", () => {
  const plan = { coefficients: activationOfExponent(2), width: 4, depth: 1, inputs: 2 };
  const network = hermiteNetwork(plan, (l) => randomStream(0, `${l}`));
  const off = { ...points, values: points.values.map((x) => 3 * x) };
  throws(() => network.features(off), /expected 1/);
});
