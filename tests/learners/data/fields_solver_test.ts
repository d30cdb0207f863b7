/** The solver behind the fields: exact small systems, order of convergence, definiteness, eigenpairs. */
import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import {
  conjugateGradient,
  innerProduct,
  type SymmetricMap,
} from "../../../learners/data/fields/conjugate_gradient.ts";
import { solveElliptic } from "../../../learners/data/fields/elliptic_fields.ts";
import {
  darcyMatrix,
  fivePointMap,
  type FivePointMatrix,
  incompleteCholesky,
  poissonMatrix,
} from "../../../learners/data/fields/five_point_matrix.ts";
import {
  lanczos,
  ritzPairs,
  tridiagonalEigenPairs,
} from "../../../learners/data/fields/lanczos.ts";
import { obstacle } from "../../../learners/data/fields/right_sides.ts";
import { randomStream } from "../../../sim/random.ts";

/** tridiag(−1, 2, −1) of four unknowns; A⁻¹ (1, 2, 3, 4) = (4, 7, 8, 6). */
const chain: FivePointMatrix = {
  rows: 1,
  columns: 4,
  diagonal: Float64Array.of(2, 2, 2, 2),
  right: Float64Array.of(-1, -1, -1, 0),
  below: new Float64Array(4),
};
const b = Float64Array.of(1, 2, 3, 4);

Deno.test("conjugate gradients solve four unknowns in four known steps", () => {
  const { x, residuals, converged } = conjugateGradient(fivePointMap(chain), b);
  const known = [5.477226, 5.123475, 2.788867, 1.118034, 0];
  strictEqual(residuals.length, 5);
  residuals.forEach((residual, k) => near(residual, known[k], 1e-6));
  [4, 7, 8, 6].forEach((value, i) => near(x[i], value, 1e-12));
  ok(converged);
  const first = conjugateGradient(fivePointMap(chain), b, { maxIterations: 1 });
  [1.5, 3, 4.5, 6].forEach((value, i) => near(first.x[i], value, 1e-12));
  strictEqual(first.converged, false);
});

Deno.test("the incomplete factorisation of a chain is complete: one step solves it", () => {
  const { x, residuals } = conjugateGradient(fivePointMap(chain), b, {
    precondition: incompleteCholesky(chain),
  });
  strictEqual(residuals.length, 2);
  [4, 7, 8, 6].forEach((value, i) => near(x[i], value, 1e-12));
});

Deno.test("no right-hand side needs no steps", () => {
  const { x, residuals, converged } = conjugateGradient(fivePointMap(chain), new Float64Array(4));
  deepStrictEqual([[...x], residuals, converged], [[0, 0, 0, 0], [0], true]);
});

Deno.test("operators and preconditioners are symmetric and positive definite", () => {
  const stream = randomStream(0, "test");
  const removed = obstacle(12, [3, 4], [5, 9]);
  const coefficients = Float64Array.from({ length: 144 }, () => Math.exp(stream.normal()));
  const cases: [FivePointMatrix, (node: number) => boolean][] = [
    [poissonMatrix(12, 12), () => true],
    [poissonMatrix(12, 12, removed), (node) => removed[node] === 0],
    [darcyMatrix(coefficients, 12), () => true],
  ];
  for (const [matrix, isOpen] of cases) {
    for (const map of [fivePointMap(matrix), incompleteCholesky(matrix)]) {
      for (let draw = 0; draw < 10; draw++) {
        const [u, v] = [0, 0].map(() =>
          Float64Array.from({ length: 144 }, (_, node) => isOpen(node) ? stream.normal() : 0)
        );
        const [mu, mv] = [image(map, u), image(map, v)];
        const scale = Math.sqrt(innerProduct(mu, mu) * innerProduct(v, v));
        near(innerProduct(mu, v) / scale, innerProduct(u, mv) / scale, 1e-12);
        ok(innerProduct(u, mu) > 0);
        mu.forEach((value, node) => ok(isOpen(node) || value === 0, `node ${node} is taken out`));
      }
    }
  }
});

Deno.test("the Poisson stencil: 0 inside a constant, the known lowest eigenvalue, cells taken out", () => {
  const applied = image(fivePointMap(poissonMatrix(5, 4)), new Float64Array(20).fill(3));
  deepStrictEqual([...applied.subarray(0, 8)], [6, 3, 3, 6, 3, 0, 0, 3]);
  const lowest = Float64Array.from(
    { length: 1024 },
    (_, i) =>
      [Math.floor(i / 32), i % 32].reduce((p, k) => p * Math.sin(Math.PI * (k + 1) / 33), 1),
  );
  const ratio = innerProduct(lowest, image(fivePointMap(poissonMatrix(32, 32)), lowest)) /
    innerProduct(lowest, lowest);
  near(ratio, 0.018112, 5e-7);
  // Taking a middle cell out leaves the diagonal of its neighbours.
  const holed = poissonMatrix(3, 3, Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0, 0));
  deepStrictEqual([...image(fivePointMap(holed), new Float64Array(9).fill(1))], [
    ...[2, 2, 2],
    ...[2, 0, 2],
    ...[2, 2, 2],
  ]);
});

Deno.test("harmonic averages: two cells of one row as the formula has them", () => {
  const { diagonal, right, below } = darcyMatrix(Float64Array.of(12, 3, 12, 3), 2);
  const face = 2 / (1 / 12 + 1 / 3); // 4.8
  [-4 * face, 0, -4 * face, 0].forEach((value, i) => near(right[i], value, 1e-12));
  [-4 * 12, -4 * 3, 0, 0].forEach((value, i) => near(below[i], value, 1e-12));
  // The rim is half a cell away: 2a/h² for each of two faces.
  near(diagonal[0], 4 * (face + 12 + 2 * 12 + 2 * 12), 1e-12);
  near(diagonal[1], 4 * (face + 3 + 2 * 3 + 2 * 3), 1e-12);
});

Deno.test("a smooth manufactured solution is met with second order", () => {
  // u = sin πx sin 2πy, a = 1 + x + y²/2
  const u = (x: number, y: number) => Math.sin(Math.PI * x) * Math.sin(2 * Math.PI * y);
  const a = (x: number, y: number) => 1 + x + y * y / 2;
  const f = (x: number, y: number) =>
    5 * Math.PI ** 2 * a(x, y) * u(x, y) -
    Math.PI * Math.cos(Math.PI * x) * Math.sin(2 * Math.PI * y) -
    y * 2 * Math.PI * Math.sin(Math.PI * x) * Math.cos(2 * Math.PI * y);
  requireSecondOrder(u, a, f);
});

Deno.test("so is one whose coefficient jumps from 12 to 3 at a face, where arithmetic averages fail", () => {
  // u = sin 2πx sin πy / a, a = 12 left and 3 right: the flux sin is smooth, f = 5π² sin 2πx sin πy.
  const a = (x: number) => x < 0.5 ? 12 : 3;
  const wave = (x: number, y: number) => Math.sin(2 * Math.PI * x) * Math.sin(Math.PI * y);
  requireSecondOrder((x, y) => wave(x, y) / a(x), a, (x, y) => 5 * Math.PI ** 2 * wave(x, y));
});

Deno.test("solutions leave the residual that was asked for, in fewer steps with the preconditioner", () => {
  const stream = randomStream(1, "test");
  const a = Float64Array.from({ length: 32 * 32 }, () => stream.uniform() < 0.5 ? 3 : 12);
  const matrix = darcyMatrix(a, 32);
  const apply = fivePointMap(matrix);
  const force = new Float64Array(32 * 32).fill(1);
  const plain = conjugateGradient(apply, force);
  const quick = conjugateGradient(apply, force, { precondition: incompleteCholesky(matrix) });
  ok(quick.residuals.length < plain.residuals.length / 2);
  for (const { x, converged } of [plain, quick]) {
    ok(converged);
    const rest = image(apply, x).map((value, i) => force[i] - value);
    ok(Math.sqrt(innerProduct(rest, rest)) < 2e-10 * Math.sqrt(innerProduct(force, force)));
  }
});

Deno.test("Lanczos on the chain gives the known coefficients and Ritz values", () => {
  const process = lanczos(fivePointMap(chain), Float64Array.of(1, 1, 0, 0), 3);
  [1, 2, 7 / 3].forEach((value, i) => near(process.diagonal[i], value, 1e-12));
  [0.707107, 1.224745].forEach((value, i) => near(process.offDiagonal[i], value, 1e-6));
  const { values } = ritzPairs(process);
  [0.396695, 1.443167, 3.493472].forEach((value, i) => near(values[i], value, 1e-6));
});

Deno.test("a full Lanczos process has the operator's eigenpairs, each of unit length", () => {
  const apply = fivePointMap(poissonMatrix(1, 24));
  const stream = randomStream(0, "test");
  const start = Float64Array.from({ length: 24 }, () => stream.normal());
  const { values, vectors } = ritzPairs(lanczos(apply, start, 24));
  strictEqual(values.length, 24);
  values.forEach((value, k) => {
    near(value, 4 - 2 * Math.cos(Math.PI * (k + 1) / 25), 1e-10);
    near(innerProduct(vectors[k], vectors[k]), 1, 1e-10);
    image(apply, vectors[k]).forEach((entry, i) => near(entry, value * vectors[k][i], 1e-8));
  });
});

Deno.test("the process ends where the start's subspace does", () => {
  // An eigenvector of the chain: one step. A sum of two: two steps.
  const wave = (k: number) =>
    Float64Array.from({ length: 4 }, (_, i) => Math.sin(Math.PI * k * (i + 1) / 5));
  strictEqual(lanczos(fivePointMap(chain), wave(2), 4).basis.length, 1);
  const [one, other] = [wave(1), wave(4)];
  const sum = one.map((value, i) => value + other[i]);
  strictEqual(lanczos(fivePointMap(chain), sum, 4).basis.length, 2);
});

Deno.test("eigenpairs of a tridiagonal matrix that is split, has equal values, or has one row", () => {
  const split = tridiagonalEigenPairs(Float64Array.of(2, 2, 5, 2), Float64Array.of(1, 0, 0));
  deepStrictEqual([...split.values].map((value) => +value.toFixed(12)), [1, 2, 3, 5]);
  deepStrictEqual([...tridiagonalEigenPairs(Float64Array.of(7), new Float64Array(0)).values], [7]);
});

Deno.test("systems without a meaning are refused", () => {
  const negative: SymmetricMap = (x, into) => into.set(x.map((value) => -value));
  const refused: [() => unknown, RegExp][] = [
    [() => conjugateGradient(negative, b), /pᵀAp = -30 is not above 0/],
    [() => poissonMatrix(0, 3), /rows 0 is not an integer of at least 1/],
    [() => poissonMatrix(3, 3, new Uint8Array(8)), /a mask of 8 cells for a grid of 3×3/],
    [() => darcyMatrix(Float64Array.of(1, 2, 0, 1), 2), /coefficient 0 of cell 2 is not above 0/],
    [() => darcyMatrix(new Float64Array(3), 2), /3 coefficients for 2×2 cells/],
    [
      () => incompleteCholesky({ ...chain, diagonal: new Float64Array(4).fill(0.5) }),
      /pivot -1.5 at/,
    ],
    [() => lanczos(fivePointMap(chain), b, 5), /5 steps; expected an integer from 1 to 4/],
    [() => lanczos(fivePointMap(chain), new Float64Array(4), 2), /length 0/],
    [() => tridiagonalEigenPairs(b, b), /4 values off a diagonal of 4; expected 3/],
    [() => tridiagonalEigenPairs(Float64Array.of(1, NaN), Float64Array.of(1)), /not finite/],
    [() => obstacle(8, [3, 3], [2, 8]), /from \[3,3\] to \[2,8\] in a grid of 8×8/],
  ];
  for (const [run, message] of refused) throws(run, { name: "RangeError", message });
});

type Field = (x: number, y: number) => number;

/** The largest error must fall by four whenever the cells are halved. */
function requireSecondOrder(u: Field, a: Field, f: Field): void {
  const errors = [16, 32, 64].map((size) => {
    const sample = (field: Field) =>
      Float64Array.from(
        { length: size * size },
        (_, i) => field((i % size + 0.5) / size, (Math.floor(i / size) + 0.5) / size),
      );
    const exact = sample(u);
    const solution = solveElliptic(sample(a), sample(f), size);
    return solution.reduce((most, value, i) => Math.max(most, Math.abs(value - exact[i])), 0);
  });
  ok(errors[2] < 0.003, `errors ${errors}`);
  errors.slice(1).forEach((error, i) => {
    const order = Math.log2(errors[i] / error);
    ok(Math.abs(order - 2) < 0.1, `errors ${errors}: order ${order}`);
  });
}

function image(map: SymmetricMap, x: Float64Array): Float64Array {
  const into = new Float64Array(x.length);
  map(x, into);
  return into;
}

function near(value: number, expected: number, tolerance: number): void {
  ok(Math.abs(value - expected) <= tolerance, `${value} for ${expected}`);
}
