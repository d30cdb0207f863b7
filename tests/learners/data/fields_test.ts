/** `fields`: covariances, equations, splits, grids, right-hand sides, and the figures of all. */
import { deepStrictEqual, notDeepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import {
  conjugateGradient,
  innerProduct,
} from "../../../learners/data/fields/conjugate_gradient.ts";
import {
  darcyMatrix,
  fivePointMap,
  incompleteCholesky,
  poissonMatrix,
} from "../../../learners/data/fields/five_point_matrix.ts";
import {
  fieldAmplitudes,
  gaussianRandomFields,
} from "../../../learners/data/fields/gaussian_random_field.ts";
import {
  integral,
  trapezoidWeights,
  uniformWeights,
} from "../../../learners/data/fields/quadrature.ts";
import {
  burgersFields,
  crowdedPoints,
  darcyFields,
  everyNthPoint,
  fieldSheet,
  obstacle,
  poissonFields,
  restricted,
  rightSideLaws,
  rightSides,
  rightSideSheet,
} from "../../../learners/data/fields.ts";
import { mean } from "../../../learners/statistics/descriptive.ts";
import { randomStream } from "../../../sim/random.ts";

const darcy = darcyFields({ count: 60, seed: 0 });
const poisson = poissonFields({ count: 20, seed: 0, size: 24 });
const burgers = burgersFields({ count: 61, seed: 0 });

Deno.test("trapezoidal weights as known, of an open and of a periodic axis", () => {
  const points = [0, 0.1, 0.3, 0.6, 1];
  const weights = trapezoidWeights(points);
  [0.05, 0.15, 0.25, 0.35, 0.2].forEach((weight, i) => near(weights[i], weight, 1e-12));
  near(integral(points.map((x) => x * x), weights), 0.35, 1e-12);
  near(integral([1, 2, 3, 4, 5], weights), 3.5, 1e-12);
  const round = trapezoidWeights([0, 0.1, 0.3, 0.6], 1);
  [0.25, 0.15, 0.25, 0.35].forEach((weight, i) => near(round[i], weight, 1e-12));
  deepStrictEqual([...uniformWeights(4, 2)], [0.5, 0.5, 0.5, 0.5]);
});

Deno.test("amplitudes are the law's: (π²|k|² + τ²)^(−α/2), no constant, unit variance", () => {
  const amplitudes = fieldAmplitudes({ smoothness: 2, inverseLength: 3, modes: 8 });
  strictEqual(amplitudes[0], 0);
  near(amplitudes.reduce((sum, amplitude) => sum + amplitude ** 2, 0), 1, 1e-12);
  const law = (k: number, l: number) => 1 / (Math.PI ** 2 * (k * k + l * l) + 9);
  near(amplitudes[3 * 8 + 5] / amplitudes[1], law(3, 5) / law(0, 1), 1e-12);
  near(amplitudes[8] / amplitudes[1], 1, 1e-12);
});

Deno.test("fields have the covariance of their expansion, between near and distant points", () => {
  const law = { smoothness: 2, inverseLength: 3, modes: 16 };
  const places = Float64Array.of(0.1, 0.25, 0.8);
  const draw = gaussianRandomFields(law, places);
  const draws = Array.from({ length: 6000 }, (_, i) => draw(randomStream(i, "test")));
  const amplitudes = fieldAmplitudes(law);
  const wave = (k: number, x: number) => k === 0 ? 1 : Math.SQRT2 * Math.cos(Math.PI * k * x);
  for (const [i, j] of [[0, 0], [4, 4], [0, 1], [1, 3], [0, 8], [2, 6]]) {
    // Points are [row, column]; rows are y.
    const [one, other] = [i, j].map((p) => [places[Math.floor(p / 3)], places[p % 3]]);
    const expected = amplitudes.reduce((sum, amplitude, mode) => {
      const waves = [one, other].map(([y, x]) =>
        wave(Math.floor(mode / 16), y) * wave(mode % 16, x)
      );
      return sum + amplitude ** 2 * waves[0] * waves[1];
    }, 0);
    near(mean(draws.map((field) => field[i] * field[j])), expected, 0.07);
  }
  ok(Math.abs(mean(draws.map((field) => field[4]))) < 0.05);
});

Deno.test("a Darcy coefficient has two phases in about equal parts, and u solves its equation", () => {
  strictEqual(darcy.inputs.length, 60 * 32 * 32);
  ok(darcy.inputs.every((a) => a === 3 || a === 12));
  const share = darcy.inputs.filter((a) => a === 12).length / darcy.inputs.length;
  ok(Math.abs(share - 0.5) < 0.03, `share of 12: ${share}`);
  for (const pair of [0, 17]) {
    const a = Float64Array.from(part(darcy.inputs, pair, 1024));
    const u = Float64Array.from(part(darcy.targets, pair, 1024));
    const applied = new Float64Array(1024);
    fivePointMap(darcyMatrix(a, 32))(u, applied);
    // u is kept in single precision, and the operator is as large as 8a/h².
    applied.forEach((force) => near(force, 1, 2e-3));
    ok(u.every((value) => value > 0));
  }
});

Deno.test("the same functions are shown on every grid, and solutions agree across grids", () => {
  const [coarse, fine] = [16, 48].map((size) =>
    poissonFields({ count: 2, seed: 4, size, field: { modes: 8 } })
  );
  // Centres of 16 cells are the middle ones of three by three of 48.
  const middle = (i: number) => (3 * Math.floor(i / 16) + 1) * 48 + 3 * (i % 16) + 1;
  const largest = Math.max(...part(fine.targets, 1, 48 * 48).map(Math.abs));
  for (let i = 0; i < 256; i++) {
    near(coarse.inputs[256 + i], fine.inputs[48 * 48 + middle(i)], 1e-5);
    near(coarse.targets[256 + i], fine.targets[48 * 48 + middle(i)], 0.02 * largest);
  }
});

Deno.test("log-normal coefficients have their deviation, and rough fields change sign more often", () => {
  const set = darcyFields({
    count: 150,
    seed: 1,
    size: 16,
    coefficient: { kind: "log-normal", deviation: 0.5 },
  });
  const logs = Array.from(set.inputs, Math.log);
  near(Math.sqrt(mean(logs.map((value) => value ** 2))), 0.5, 0.05);
  near(mean(logs), 0, 0.01);
  const edges = (inverseLength: number) => {
    const { inputs } = darcyFields({ count: 60, seed: 0, field: { inverseLength } });
    return inputs.filter((a, i) => i % 32 < 31 && a !== inputs[i + 1]).length / inputs.length;
  };
  ok(edges(9) > 1.2 * edges(3));
});

Deno.test("Poisson pairs have forces of unit variance and solve −Δu = f", () => {
  near(mean(Array.from(poisson.inputs, (f) => f * f)), 1, 0.3);
  const applied = new Float64Array(576);
  fivePointMap(darcyMatrix(new Float64Array(576).fill(1), 24))(
    Float64Array.from(part(poisson.targets, 3, 576)),
    applied,
  );
  applied.forEach((force, i) => near(force, part(poisson.inputs, 3, 576)[i], 2e-3));
});

Deno.test("Burgers' waves have their variance, move by about half, and keep their mean of 0", () => {
  const points = 256;
  const size = (values: Float32Array) => Math.sqrt(integral(values.map((u) => u * u), weights));
  const { grid: { weights } } = burgers;
  const moves: number[] = [];
  const energies: number[] = [];
  for (let i = 0; i < burgers.count; i++) {
    const [before, after] = [burgers.inputs, burgers.targets].map((set) => part(set, i, points));
    energies.push(size(before) ** 2);
    moves.push(size(after.map((u, k) => u - before[k])) / size(before));
    near(integral(before, weights), 0, 1e-6);
    near(integral(after, weights), 0, 1e-6);
    ok(size(after) < size(before), "viscosity takes energy");
  }
  // 0.36 Σ 1/k² over k = 1 … 6, each wave's square being 1/2 in the mean, twice.
  near(mean(energies), 0.36 * 1.4914, 0.1);
  near(mean(moves), 0.5, 0.08);
});

Deno.test("restriction keeps the functions and gives weights that still integrate", () => {
  const coarse = restricted(burgers, everyNthPoint(burgers, 4));
  deepStrictEqual(coarse.grid.shape, [64]);
  strictEqual(coarse.targets[64 + 5], burgers.targets[256 + 20]);
  coarse.grid.weights.forEach((weight) => near(weight, 1 / 64, 1e-12));

  const crowded = restricted(burgers, crowdedPoints(burgers, 24));
  deepStrictEqual(crowded.grid.shape, [88]);
  strictEqual(crowded.grid.axes[0].filter((x) => x < 0.25).length, 64);
  near(integral(new Float64Array(88).fill(1), crowded.grid.weights), 1, 1e-12);
  const square = (set: typeof burgers) =>
    integral(part(set.inputs, 3, set.grid.shape[0]).map((u) => u * u), set.grid.weights);
  ok(Math.abs(square(crowded) / square(burgers) - 1) < 0.2);
});

Deno.test("pairs depend on seed, split and index: larger sets begin with smaller ones", () => {
  const kinds = [darcyFields, poissonFields, burgersFields];
  for (const draw of kinds) {
    const [few, more] = [3, 4].map((count) => draw({ count, seed: 5, split: "test" }));
    deepStrictEqual(few.inputs, more.inputs.subarray(0, few.inputs.length));
    deepStrictEqual(few.targets, more.targets.subarray(0, few.targets.length));
    notDeepStrictEqual(draw({ count: 3, seed: 5 }).inputs, few.inputs);
    notDeepStrictEqual(draw({ count: 3, seed: 6, split: "test" }).inputs, few.inputs);
    notDeepStrictEqual(
      few.inputs.subarray(0, few.inputs.length / 3),
      few.inputs.subarray(few.inputs.length / 3, 2 * few.inputs.length / 3),
    );
  }
});

Deno.test("right-hand sides have unit length, differ, and are 0 in the obstacle", () => {
  const removed = obstacle(16, [5, 5], [7, 7]);
  for (const law of rightSideLaws) {
    const options = { law, seed: 0, size: 16, ritzSteps: 60, removed } as const;
    const { values } = rightSides({ ...options, count: 5 });
    deepStrictEqual(values.subarray(0, 512), rightSides({ ...options, count: 2 }).values);
    for (let i = 0; i < 5; i++) {
      const side = values.subarray(i * 256, (i + 1) * 256);
      near(innerProduct(side, side), 1, 1e-12);
      ok(side.every((value, node) => removed[node] === 0 || value === 0), law);
      if (i > 0) notDeepStrictEqual(side, values.subarray(0, 256));
    }
  }
});

Deno.test("the eigenbasis has its low share 9 times as strong: variances are 81 to 1", () => {
  const size = 8;
  const { values } = rightSides({
    law: "eigenbasis",
    count: 4000,
    seed: 0,
    size,
    amplifiedShare: 0.5,
  });
  const energies = modes(size).map(({ wave }) => {
    const projections = Array.from(
      { length: 4000 },
      (_, i) => innerProduct(values.subarray(i * 64, (i + 1) * 64), wave) ** 2,
    );
    return mean(projections);
  });
  // Eight modes share the eigenvalue in the middle, and only some of them are amplified.
  const [low, high] = [energies.slice(0, 28), energies.slice(36)];
  // Dividing by the length, 9 √χ² of the 32 amplified modes, raises the others by 32 E[1/χ²] = 32/30.
  near(mean(low) / mean(high), 81 * 30 / 32, 2.5);
  ok(Math.min(...low) > 20 * Math.max(...high));
});

Deno.test("with all Lanczos steps, the Ritz law amplifies the same low modes", () => {
  const size = 6;
  // The square's eigenvalues come in pairs, of which a Lanczos process sees one vector each: 36 unknowns
  // have 21 different eigenvalues.
  const { values } = rightSides({ law: "ritz", count: 1500, seed: 0, size, ritzSteps: 36 });
  const projections = modes(size).map(({ wave }) =>
    mean(
      Array.from(
        { length: 1500 },
        (_, i) => innerProduct(values.subarray(i * 36, (i + 1) * 36), wave) ** 2,
      ),
    )
  );
  ok(mean(projections.slice(0, 12)) > 20 * mean(projections.slice(-12)));
});

Deno.test("a dipole's two bumps are of opposite sign", () => {
  const sum = (law: "bump" | "dipole") => {
    const { values } = rightSides({ law, count: 20, seed: 2 });
    return mean(
      Array.from({ length: 20 }, (_, i) =>
        Math.abs(
          part(values, i, 1024).reduce((total, value) => total + value, 0),
        )),
    );
  };
  ok(sum("dipole") < 0.2 * sum("bump"));
});

Deno.test("conjugate gradients need the steps that are usual for these sides, fewer with IC(0)", () => {
  const matrix = poissonMatrix(32, 32);
  const steps = (law: "random" | "white" | "bump" | "dipole", isPreconditioned: boolean) => {
    const { values } = rightSides({ law, count: 5, seed: 0 });
    return mean(
      Array.from(
        { length: 5 },
        (_, i) =>
          conjugateGradient(fivePointMap(matrix), values.slice(i * 1024, (i + 1) * 1024), {
            tolerance: 1e-4,
            ...(isPreconditioned && { precondition: incompleteCholesky(matrix) }),
          }).residuals.length - 1,
      ),
    );
  };
  const usual = { random: 40, white: 62, bump: 64, dipole: 68 };
  for (const [law, expected] of Object.entries(usual) as [keyof typeof usual, number][]) {
    near(steps(law, false), expected, 10);
    ok(steps(law, true) < 0.4 * steps(law, false));
  }
});

Deno.test("sheets show pairs as pictures or curves, and signed sides about mid-grey", () => {
  const pictures = fieldSheet(darcy, 3);
  ok(pictures.kind === "image-grid");
  deepStrictEqual([pictures.images.length, pictures.columns, pictures.height], [6, 2, 32]);
  deepStrictEqual(
    pictures.labels,
    ["coefficient a", "solution u"].concat(
      ["coefficient a", "solution u"],
      ["coefficient a", "solution u"],
    ),
  );
  ok(pictures.images.flat().every((shade) => shade >= 0 && shade <= 1));
  deepStrictEqual([...new Set(pictures.images[0])].sort(), [0, 1]);

  const curves = fieldSheet(burgers, 2);
  ok(curves.kind === "line");
  deepStrictEqual(curves.traces.map(({ name }) => name), [
    "u(0), pair 0",
    "u(0.1), pair 0",
    "u(0), pair 1",
    "u(0.1), pair 1",
  ]);
  strictEqual(curves.traces[2].y[7], burgers.inputs[256 + 7]);

  const sides = rightSideSheet(
    rightSideLaws.map((law) => rightSides({ law, count: 2, seed: 0, size: 8, ritzSteps: 20 })),
    2,
  );
  ok(sides.kind === "image-grid");
  strictEqual(sides.images.length, 12);
  sides.images.forEach((image) =>
    near(Math.max(...image.map((s) => Math.abs(s - 0.5))), 0.5, 1e-9)
  );
  const bumps = sides.images[2 * rightSideLaws.indexOf("bump")];
  ok(Math.min(...bumps) >= 0.5);
});

Deno.test("options without a meaning are refused", () => {
  const one = { count: 1, seed: 0 };
  const refused: [() => unknown, RegExp][] = [
    [() => darcyFields({ ...one, count: 0 }), /count 0/],
    [() => darcyFields({ ...one, size: 1 }), /size 1 is not an integer of at least 2 cells/],
    [
      () => darcyFields({ ...one, field: { smoothness: -1 } }),
      /smoothness -1 is not a number above 0/,
    ],
    [() => darcyFields({ ...one, field: { modes: 1 } }), /modes 1/],
    [() => darcyFields({ ...one, field: { inverseLength: NaN } }), /inverseLength NaN/],
    [
      () => darcyFields({ ...one, coefficient: { kind: "two-phase", low: 0, high: 1 } }),
      /low 0 is not a number above 0/,
    ],
    [() => burgersFields({ ...one, points: 100 }), /length 100; expected a power of two/],
    [() => burgersFields({ ...one, points: 16 }), /points 16; expected a power of two from 32/],
    [() => burgersFields({ ...one, viscosity: 0 }), /viscosity 0/],
    [() => burgersFields({ ...one, duration: -1 }), /duration -1/],
    [() => restricted(darcy, Int32Array.of(0, 1)), /Darcy flow.* on a dirichlet grid of \[32,32\]/],
    [() => restricted(burgers, Int32Array.of(3, 3)), /point 3 at place 1/],
    [() => restricted(burgers, Int32Array.of(3, 256)), /point 256 at place 1/],
    [() => everyNthPoint(burgers, 3), /every 3th of 256/],
    [() => crowdedPoints(burgers, 25), /25 points evenly spread over the 192/],
    [() => trapezoidWeights([0, 0.2, 0.2]), /point 2, 0.2, is not beyond/],
    [() => trapezoidWeights([0, 1], 1), /over a length of 1 do not fit into a period of 1/],
    [() => rightSides({ ...one, law: "white", amplifiedShare: 2 }), /amplifiedShare 2/],
    [
      () => rightSides({ ...one, law: "white", size: 2, removed: Uint8Array.of(1, 1, 1, 1) }),
      /removed takes out every node/,
    ],
    [() => fieldSheet(darcy, 61), /61 pairs; expected an integer from 1 to 60/],
    [() => rightSideSheet([], 1), /1 right-hand sides of each of 0 sets/],
  ];
  for (const [run, message] of refused) throws(run, { name: "RangeError", message });
});

/** The empty square's eigenvectors of unit length, by ascending eigenvalue. */
function modes(size: number) {
  const sine = (k: number, i: number) => Math.sin(Math.PI * k * (i + 1) / (size + 1));
  const norm = 2 / (size + 1);
  return Array.from({ length: size * size }, (_, mode) => {
    const [k, l] = [Math.floor(mode / size) + 1, mode % size + 1];
    const wave = Float64Array.from(
      { length: size * size },
      (_, node) => norm * sine(k, Math.floor(node / size)) * sine(l, node % size),
    );
    const eigenvalue = 4 - 2 * Math.cos(Math.PI * k / (size + 1)) -
      2 * Math.cos(Math.PI * l / (size + 1));
    return { wave, eigenvalue };
  }).sort((a, b) => a.eigenvalue - b.eigenvalue);
}

function part<Values extends Float32Array | Float64Array>(values: Values, i: number, size: number) {
  return values.subarray(i * size, (i + 1) * size) as Values;
}

function near(value: number, expected: number, tolerance: number): void {
  ok(Math.abs(value - expected) <= tolerance, `${value} for ${expected}`);
}
