/** The model on free features: its gradients, its symmetry, and what holds wherever they vanish. */
import { ok, strictEqual, throws } from "node:assert/strict";
import { Matrix } from "ml-matrix";
import { orthogonal } from "../../../learners/nn/initialisers.ts";
import { collapseTheory } from "../../../learners/theory/collapse_theory.ts";
import { geometryOfModel } from "../../../learners/theory/direct_collapse.ts";
import { UnconstrainedFeatureModel } from "../../../learners/theory/unconstrained_features.ts";
import { randomStream } from "../../../sim/random.ts";

const problem = { weightDecay: 0.02, featureDecay: 0.03, bias: false };

function randomParameters(model: UnconstrainedFeatureModel, deviation = 0.5): Float64Array {
  const stream = randomStream(1, "parameters");
  return Float64Array.from({ length: model.layout.size }, () => stream.normal(0, deviation));
}

/** Invariant 4. */
Deno.test("gradients of every layer, the features and the bias are those of central differences", () => {
  const cases = [
    { ...problem, counts: [5, 3, 1], layers: 1 },
    { ...problem, counts: [5, 3, 1], layers: 2 },
    { ...problem, counts: [5, 3, 1, 2], layers: 4 },
    { ...problem, counts: [3, 3, 3], layers: 3, bias: true },
  ];
  for (const each of cases) {
    const model = new UnconstrainedFeatureModel(each, 5);
    const parameters = randomParameters(model);
    const gradient = new Float64Array(parameters.length);
    const unused = new Float64Array(parameters.length);
    model.lossAndGradient(parameters, gradient);
    const scale = gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    parameters.forEach((value, i) => {
      const at = (by: number) => {
        parameters[i] = value + by;
        const loss = model.lossAndGradient(parameters, unused);
        parameters[i] = value;
        return loss;
      };
      const difference = (at(1e-5) - at(-1e-5)) / 2e-5;
      ok(
        Math.abs(difference - gradient[i]) < 1e-6 * scale,
        `[${i}]: ${gradient[i]}, ${difference}`,
      );
    });
  }
});

/** Q A Rᵀ of an orthogonal Q, R (or nothing for either), in place. */
function turn(A: Float64Array, columns: number, Q?: Matrix, R?: Matrix): void {
  let product = Matrix.from1DArray(A.length / columns, columns, A);
  if (Q) product = Q.mmul(product);
  if (R) product = product.mmul(R.transpose());
  A.set(product.to1DArray());
}

/** Invariant 6. */
Deno.test("a rotation of feature space changes neither the loss nor any metric", () => {
  const counts = [8, 5, 3];
  const width = 6;
  for (const layers of [1, 3]) {
    const model = new UnconstrainedFeatureModel({ ...problem, counts, layers }, width);
    const theory = collapseTheory({ ...problem, counts, layers });
    const parameters = randomParameters(model);
    const turned = parameters.slice();
    const values = new Float64Array(width * width);
    orthogonal(values, width, width, 1, randomStream(2, "rotation"));
    const Q = Matrix.from1DArray(width, width, values);
    turn(model.features(turned), model.samples, Q);
    for (let j = 1; j <= layers; j++) {
      turn(model.weights(turned, j), width, j < layers ? Q : undefined, Q);
    }
    const gradient = new Float64Array(parameters.length);
    const [before, after] = [parameters, turned].map((each) => ({
      loss: model.lossAndGradient(each, gradient),
      ...geometryOfModel(model, each, theory),
    }));
    ok(Math.abs(before.loss - after.loss) < 1e-12);
    for (const frame of ["predicted", "equalLengths"] as const) {
      for (const [name, value] of Object.entries(before[frame])) {
        const other = after[frame][name as keyof typeof after.predicted];
        ok(
          Math.abs(value - other) < 1e-9 * Math.max(1, value),
          `${frame} ${name}: ${value}, ${other}`,
        );
      }
    }
    // And class by class, in the predicted frame's own axes.
    before.meansInFrame.forEach((value, i) => ok(Math.abs(value - after.meansInFrame[i]) < 1e-9));
  }
});

/** Invariant 7. */
Deno.test("after convergence neighbouring layers, and the first layer and the features, are balanced", () => {
  const [counts, width, layers] = [[20, 10, 5], 5, 3];
  const decays = { weightDecay: 2e-3, featureDecay: 5e-3, bias: false };
  const model = new UnconstrainedFeatureModel({ ...decays, counts, layers }, width);
  const parameters = randomParameters(model);
  const gradient = new Float64Array(parameters.length);
  const velocity = new Float64Array(parameters.length);
  for (let step = 0; step < 20_000; step++) {
    model.lossAndGradient(parameters, gradient);
    for (let i = 0; i < parameters.length; i++) {
      velocity[i] = 0.9 * velocity[i] + gradient[i];
      parameters[i] -= 0.1 * velocity[i];
    }
  }
  const W = [1, 2, 3].map((j) =>
    Matrix.from1DArray(j < layers ? width : 3, width, model.weights(parameters, j))
  );
  const H = Matrix.from1DArray(width, model.samples, model.features(parameters));
  const pairs: [Matrix, Matrix][] = [
    [W[1].transpose().mmul(W[1]), W[0].mmul(W[0].transpose())],
    [W[2].transpose().mmul(W[2]), W[1].mmul(W[1].transpose())],
    [
      W[0].transpose().mmul(W[0]).mul(decays.weightDecay),
      H.mmul(H.transpose()).mul(decays.featureDecay),
    ],
  ];
  pairs.forEach(([A, B], i) => {
    const difference = Matrix.sub(A, B).norm("frobenius") / A.norm("frobenius");
    ok(A.norm("frobenius") > 1e-3 && difference < 1e-4, `pair ${i}: ${difference}`);
  });
});

Deno.test("fewer features than classes are refused", () => {
  const tooMany = { ...problem, counts: [1, 1, 1], layers: 1 };
  throws(() => new UnconstrainedFeatureModel(tooMany, 2), /2 features; 3 classes/);
  strictEqual(new UnconstrainedFeatureModel(tooMany, 3).layout.size, 9 + 9);
});
