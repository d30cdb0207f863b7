/** The closed form of the minimum: its numbers, its thresholds, and that it is a minimum of the model. */
import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import {
  type CollapseTheory,
  collapseTheory,
  collapseThreshold,
  largestHarmlessDecay,
  predictedFrame,
  smallestSurvivingCount,
} from "../../../learners/theory/collapse_theory.ts";
import { UnconstrainedFeatureModel } from "../../../learners/theory/unconstrained_features.ts";

const problem = (
  counts: readonly number[],
  layers: number,
  decay: number,
  { bias = false, featureDecay = decay } = {},
) => ({ counts, layers, weightDecay: decay, featureDecay, bias });

const imbalanced = [200, 100, 50, 50];

function close(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  strictEqual(actual.length, expected.length);
  expected.forEach((value, i) =>
    ok(Math.abs(actual[i] - value) <= tolerance, `[${i}] ${actual[i]} is not ${value}`)
  );
}

/** Invariant 1. */
Deno.test("one layer: squared rows are √n − 0.2 for decays of 5e-4 and 400 samples", () => {
  const { x, squaredRows, loss } = collapseTheory(problem(imbalanced, 1, 5e-4));
  close(x, [69.7107, 49, 34.3553, 34.3553], 5e-5);
  close(squaredRows, [13.9421, 9.8, 6.8711, 6.8711], 5e-5);
  close(squaredRows, imbalanced.map((n) => Math.sqrt(n) - 0.2), 1e-12);
  close([loss], [0.018942], 5e-7);
});

/** Invariant 2. */
Deno.test("two, three and six layers have the larger roots", () => {
  const roots = {
    2: [13.0255, 10.3144, 8.1562, 8.1562],
    3: [6.4184, 5.3902, 4.5227, 4.5227],
    6: [2.7858, 2.5219, 2.2821, 2.2821],
  };
  for (const [layers, expected] of Object.entries(roots)) {
    const M = Number(layers);
    const { x, cost } = collapseTheory(problem(imbalanced, M, 5e-4));
    close(x, expected, 5e-5);
    x.forEach((value, k) =>
      close([M * value ** (M - 1) / (1 + value ** M) ** 2], [cost[k]], 1e-13)
    );
  }
});

/** Invariant 3. */
Deno.test("at the threshold a living and a dead class cost the same", () => {
  close([1, 2, 3, 6].map(collapseThreshold), [1, 0.5, 2 ** (2 / 3) / 3, 5 ** (5 / 6) / 6], 1e-15);
  close([3, 6].map(collapseThreshold), [0.529134, 0.637270], 1e-6);
  for (const M of [2, 3, 6]) {
    const [t, x] = [collapseThreshold(M), (M - 1) ** (1 / M)];
    close([1 / (1 + x ** M) + t * x], [1], 1e-15);
    close([M * x ** (M - 1) / (1 + x ** M) ** 2], [t], 1e-15);
  }
});

Deno.test("a class lives just below the threshold, with a jump for two layers, and is dead above", () => {
  for (const M of [1, 2, 3, 6]) {
    // One class of n samples: b = M λ (nλ)^(1/M), so that λ sets b.
    const decayAt = (b: number) => (b / (M * 100 ** (1 / M))) ** (M / (M + 1));
    const t = collapseThreshold(M);
    const below = collapseTheory(problem([100], M, decayAt(t * (1 - 1e-9))));
    const above = collapseTheory(problem([100], M, decayAt(t * (1 + 1e-9))));
    deepStrictEqual([below.collapsed, above.collapsed], [[false], [true]]);
    close(below.x, [(M - 1) ** (1 / M)], 1e-4);
    close([below.loss], [above.loss], 1e-8);
  }
});

/** Invariant 10. */
Deno.test("with one layer a class of N² λ_W λ_H samples has just collapsed", () => {
  const counts = [60, 40];
  const decay = Math.sqrt(40) / 100;
  const { squaredRows, means } = collapseTheory(problem(counts, 1, decay));
  close([squaredRows[1], means[1]], [0, 0], 1e-6);
  ok(squaredRows[0] > 1);
});

/** Invariant 9. */
Deno.test("classes of equal sizes have equal lengths, and with a bias a simplex", () => {
  const { squaredRows, loss } = collapseTheory(problem([100, 100, 100, 100], 3, 5e-4));
  strictEqual(new Set(squaredRows).size, 1);
  const withBias = collapseTheory(problem([100, 100, 100, 100], 3, 5e-4, { bias: true }));
  close([withBias.loss], [0.75 * loss], 1e-15);
  const { rows } = predictedFrame(withBias);
  for (let i = 0; i < 4; i++) {
    for (let j = 0; j < 4; j++) {
      const cosine = rows.get(i, j) / Math.sqrt(rows.get(i, i) * rows.get(j, j));
      close([cosine], [i === j ? 1 : -1 / 3], 1e-15);
    }
  }
});

/**
 * The closed form as parameters: direction k is unit vector k. With a bias, the K − 1 directions that are
 * orthogonal to (1, …, 1).
 */
function minimiserOf(
  theory: CollapseTheory,
  width: number,
): { model: UnconstrainedFeatureModel; parameters: Float64Array } {
  const { problem: { counts, layers, bias }, squaredRows, means } = theory;
  const K = counts.length;
  const model = new UnconstrainedFeatureModel(theory.problem, width);
  const parameters = new Float64Array(model.layout.size);
  const direction = (i: number, k: number) => (i === k ? 1 : 0) - (bias ? 1 / K : 0);
  for (let k = 0; k < K; k++) {
    const s = squaredRows[k] ** (1 / (2 * layers));
    for (let i = 0; i < K; i++) {
      for (let j = 1; j <= layers; j++) {
        model.weights(parameters, j)[i * width + k] = s * direction(i, k);
      }
      for (let n = 0; n < model.samples; n++) {
        if (model.labels[n] === k) {
          model.features(parameters)[i * model.samples + n] = means[k] * direction(i, k);
        }
      }
    }
  }
  model.bias(parameters)?.fill(1 / K);
  return { model, parameters };
}

/** Invariant 5. */
Deno.test("the closed form has the loss it says, and no gradient", () => {
  const problems = [
    problem(imbalanced, 1, 5e-4),
    problem(imbalanced, 3, 5e-4, { featureDecay: 2e-3 }),
    problem([200, 100, 50, 10], 1, 0.0125),
    problem([200, 100, 50, 10], 2, 0.01),
    problem([30, 30, 30], 2, 1e-3, { bias: true }),
  ];
  for (const each of problems) {
    const theory = collapseTheory(each);
    const { model, parameters } = minimiserOf(theory, 6);
    const gradient = new Float64Array(parameters.length);
    close([model.lossAndGradient(parameters, gradient)], [theory.loss], 1e-10);
    const largest = gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    ok(largest < 1e-10, `${JSON.stringify(each)}: a gradient of ${largest}`);
  }
});

Deno.test("the losses and lengths of the settings that descents are compared with", () => {
  const expected: [number[], number, number, number, number[]][] = [
    [imbalanced, 3, 5e-4, 0.012218, [7.272, 5.597, 4.301, 4.301]],
    [[100, 100, 100, 100], 1, 5e-4, 0.0198, [3.1305, 3.1305, 3.1305, 3.1305]],
    [[200, 100, 50, 10], 1, 0.0125, 0.319679, [3.1052, 2.3452, 1.6035, 0]],
    [[200, 100, 50, 10], 2, 0.01, 0.213725, [5.413, 4.072, 2.908, 0]],
  ];
  for (const [counts, layers, decay, loss, rows] of expected) {
    const theory = collapseTheory(problem(counts, layers, decay));
    close([theory.loss], [loss], 1e-6);
    close(theory.squaredRows.map(Math.sqrt), rows, 6e-4);
  }
});

Deno.test("the frame of the upper layers has the lengths that the lower ones leave", () => {
  const theory = collapseTheory(problem(imbalanced, 3, 5e-4));
  const { model, parameters } = minimiserOf(theory, 6);
  // Of W_3 alone: its squared singular values.
  const top = predictedFrame(theory, 3).rows.diagonal();
  close(top, [0, 1, 2, 3].map((k) => model.weights(parameters, 3)[k * 6 + k] ** 2), 1e-12);
  const first = predictedFrame(theory, 1);
  for (const layer of [2, 3]) {
    close(predictedFrame(theory, layer).product.diagonal(), first.product.diagonal(), 1e-12);
  }
});

Deno.test("the least surviving size and the largest harmless decay are where the threshold is", () => {
  const rare = smallestSurvivingCount({
    counts: [200, 100, 50],
    layers: 2,
    weightDecay: 0.01,
    featureDecay: 0.01,
  });
  ok(rare !== undefined);
  const dead = (n: number) => collapseTheory(problem([200, 100, 50, n], 2, 0.01)).collapsed[3];
  deepStrictEqual([dead(rare - 1), dead(rare)], [true, false]);
  for (const layers of [1, 2, 3]) {
    const decay = largestHarmlessDecay([160, 40, 5], layers);
    const collapsed = (share: number) =>
      collapseTheory(problem([160, 40, 5], layers, share * decay)).collapsed;
    deepStrictEqual(collapsed(1 - 1e-9), [false, false, false]);
    deepStrictEqual(collapsed(1 + 1e-9), [false, false, true]);
  }
  const tooMuch = { counts: [5], layers: 1, weightDecay: 10, featureDecay: 10 };
  strictEqual(smallestSurvivingCount(tooMuch), undefined);
});

Deno.test("problems without a meaning are refused by what is wrong with them", () => {
  throws(() => collapseTheory(problem([10, 0], 1, 0.1)), /counts \[10,0\]/);
  throws(() => collapseTheory(problem([10], 0, 0.1)), /0 linear layers/);
  throws(() => collapseTheory(problem([10], 1, 0)), /weightDecay 0/);
  throws(() => collapseTheory(problem([10, 5], 1, 0.1, { bias: true })), /equal sizes/);
});
