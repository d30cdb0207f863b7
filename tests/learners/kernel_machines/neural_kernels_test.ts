/** Kernels of wide networks against recursions written out, closed forms and limits. */
import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import {
  decidingNumbers,
  erfDual,
  hermiteDual,
  reluDual,
} from "../../../learners/kernel_machines/dual_activation.ts";
import {
  logNngpKernel,
  nngpKernel,
  ntkKernel,
  type SphereKernel,
} from "../../../learners/kernel_machines/neural_kernels.ts";
import { innerProducts, onSphere } from "../../../learners/kernel_machines/points.ts";
import { activationOfExponent, limitDepth } from "../../../learners/theory/optimal_activation.ts";
import { randomStream } from "../../../sim/random.ts";

const at = (kernel: SphereKernel, ...ξ: number[]): number[] => {
  const values = Float64Array.from(ξ);
  kernel(values);
  return Array.from(values);
};

const close = (value: number, expected: number, tolerance: number) =>
  ok(Math.abs(value - expected) <= tolerance, `${value}, expected ${expected}`);

const optimal = (d: number) => hermiteDual(activationOfExponent(d));

Deno.test("ψ = S_L/a^L is the published one", () => {
  const psi = (d: number, ξ: number) => {
    const numbers = decidingNumbers(optimal(d));
    const depth = limitDepth(numbers);
    return at(nngpKernel(optimal(d), depth), ξ)[0] / numbers.shrinkage ** depth;
  };
  close(psi(2, 0.5), 0.713599, 1e-6);
  close(psi(2, 0.9), 5.591164, 1e-5);
  close(psi(2, 0.99), 60.06223, 1e-4);
  close(psi(1, 0.5), 0.507951, 1e-6);
  close(psi(1, 0.9), 1.530722, 1e-6);
  close(psi(4, 0.5), 2.529927, 1e-6);
});

Deno.test("what is skipped in the linear regime is below the last bits", () => {
  for (const dual of [optimal(1), optimal(2), optimal(4), optimal(8), erfDual]) {
    const ξ = [0.02, 0.3, 0.7, 0.95, 0.999999];
    const plain = ξ.map((start) => {
      let S = start;
      for (let layer = 0; layer < 60; layer++) S = dual.value(S);
      return S;
    });
    at(nngpKernel(dual, 60), ...ξ).forEach((S, i) => close(S / plain[i], 1, 1e-13));
  }
});

Deno.test("ReLU's NTK of one layer is 1/π at 0 and 2 at 1, and of L layers L + 1 at 1", () => {
  const [orthogonal, equal] = at(ntkKernel(reluDual, 1), 0, 1);
  close(orthogonal, 1 / Math.PI, 1e-15);
  strictEqual(equal, 2);
  for (const depth of [0, 2, 7]) close(at(ntkKernel(reluDual, depth), 1)[0], depth + 1, 1e-12);
});

Deno.test("the NTK tends to (L + 1) a^L ψ, where L is far more than 1/(1 − ξ)", () => {
  const [dual, depth] = [optimal(2), 900];
  for (const [ξ, ψ] of [[0.5, 0.713599], [0.9, 5.591164]]) {
    const [K] = at(ntkKernel(dual, depth), ξ);
    close(K / ((depth + 1) * 0.5 ** depth) / ψ, 1, 0.02);
  }
});

Deno.test("nearer points have the NTK's singularity of before that, |x − x′|^−(α + 2)", () => {
  const K = at(ntkKernel(optimal(2), 400), 1 - 5e-7, 1 - 5e-5);
  // Distances are 10⁻³ and 10⁻².
  close(Math.log10(K[0] / K[1]), 4, 0.02);
});

Deno.test("S_L grows with ξ, and falls to 0 with depth where the limit is a singular kernel", () => {
  const ξ = Array.from({ length: 101 }, (_, i) => i / 100);
  for (const dual of [optimal(1), optimal(4), reluDual, erfDual]) {
    for (const depth of [1, 3, 10]) {
      const S = at(nngpKernel(dual, depth), ...ξ);
      for (let i = 1; i < S.length; i++) ok(S[i] > S[i - 1], `depth ${depth}, ξ = ${ξ[i]}`);
    }
  }
  const depths = [1, 5, 20, 80].map((depth) => at(nngpKernel(optimal(2), depth), 0.9)[0]);
  depths.forEach((S, i) => ok(i === 0 || S < depths[i - 1]));
  ok(depths[3] < 1e-20);
});

Deno.test("kernel matrices are symmetric with positive eigenvalues", () => {
  const stream = randomStream(1, "points");
  const values = Float64Array.from({ length: 40 * 4 }, () => stream.uniform());
  const points = onSphere({ count: 40, size: 4, values });
  for (
    const kernel of [nngpKernel(optimal(3), 12), ntkKernel(optimal(3), 12), ntkKernel(reluDual, 3)]
  ) {
    const K = innerProducts(points, points);
    kernel(K);
    const matrix = Matrix.from1DArray(40, 40, K);
    ok(matrix.isSymmetric());
    const { realEigenvalues } = new EigenvalueDecomposition(matrix, { assumeSymmetric: true });
    ok(realEigenvalues.every((value) => value > 0), `${realEigenvalues}`);
  }
});

Deno.test("a linear activation leaves ξ alone at every depth", () => {
  const ξ = [-1, -0.2, 0, 0.4, 1];
  for (const depth of [0, 1, 50]) {
    deepStrictEqual(at(nngpKernel(hermiteDual([0, 1]), depth), ...ξ), ξ);
  }
});

Deno.test("with a constant term all correlations go to the fixed point", () => {
  const kernel = nngpKernel(hermiteDual([Math.SQRT1_2, 0, 0, Math.SQRT1_2]), 150);
  for (const S of at(kernel, 0, 0.5, 0.9, 0.999999)) close(S, 0.618034, 1e-6);
});

Deno.test("logarithms go on where values underflow", () => {
  const [shallow] = at(logNngpKernel([0, 0, 1], 3), 0.9);
  close(shallow, 8 * Math.log(0.9), 1e-12);
  const mixed = [0, 0, 0.5, 0.5];
  const value = hermiteDual(mixed.map(Math.sqrt)).value;
  close(at(logNngpKernel(mixed, 4), 0.9)[0], Math.log(value(value(value(value(0.9))))), 1e-12);
  const [near, far, none] = at(logNngpKernel(mixed, 40), 0.99, 0.9899999, 0);
  ok(near > far && far > -Infinity);
  strictEqual(none, -Infinity);
  close(near / at(logNngpKernel(mixed, 39), 0.99)[0], 2, 1e-9);
  throws(() => logNngpKernel([0, 1], 2), /lowest degree of 1/);
});

Deno.test("correlations beyond 1 by rounding are clipped, and odd depths refused", () => {
  deepStrictEqual(at(nngpKernel(optimal(1), 60), 1 + 1e-15), [1]);
  for (const make of [nngpKernel, ntkKernel]) throws(() => make(reluDual, 1.5), /1.5 layers/);
});
