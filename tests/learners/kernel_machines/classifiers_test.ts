/** Kernel machines, smoothers, neighbours and votes on points of which the answer is known. */
import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import {
  agreement,
  classify,
  decide,
  undecided,
} from "../../../learners/kernel_machines/decisions.ts";
import { hermiteDual } from "../../../learners/kernel_machines/dual_activation.ts";
import { chosenByHoldOut } from "../../../learners/kernel_machines/hold_out.ts";
import {
  hilbertEstimate,
  kernelClassifier,
  logKernelVote,
  singularKernelSmoother,
} from "../../../learners/kernel_machines/kernel_classifier.ts";
import {
  majorityClass,
  majorityVote,
  nearestNeighbour,
  nearestNeighbours,
  twoNearestDimension,
} from "../../../learners/kernel_machines/neighbours.ts";
import { logNngpKernel, nngpKernel } from "../../../learners/kernel_machines/neural_kernels.ts";
import {
  type LabelledPoints,
  onSphere,
  type Points,
  withoutDuplicates,
} from "../../../learners/kernel_machines/points.ts";
import { activationOfExponent } from "../../../learners/theory/optimal_activation.ts";
import { randomStream } from "../../../sim/random.ts";

const pointsAt = (...angles: number[]): Points => ({
  count: angles.length,
  size: 2,
  values: Float64Array.from(angles.flatMap((angle) => [Math.cos(angle), Math.sin(angle)])),
});

const labelledAt = (angles: readonly number[], labels: readonly number[]): LabelledPoints => ({
  points: pointsAt(...angles),
  labels: Int32Array.from(labels),
  classes: 2,
});

function scattered(count: number): LabelledPoints {
  const stream = randomStream(3, "scattered");
  const angles = Array.from({ length: count }, () => stream.uniform(0, Math.PI / 2));
  return labelledAt(angles, angles.map(() => stream.uniform() < 0.6 ? 1 : 0));
}

const others = pointsAt(...Array.from({ length: 50 }, (_, i) => 0.01 + i * 0.031));
const deep = nngpKernel(hermiteDual(activationOfExponent(1)), 57);
const shallow = nngpKernel(hermiteDual(activationOfExponent(1)), 12);
const limits = {
  even: (set: LabelledPoints) => logKernelVote(logNngpKernel([0, 0, 1], 40), set),
  offset: (set: LabelledPoints) =>
    kernelClassifier(nngpKernel(hermiteDual([Math.SQRT1_2, 0, 0, Math.SQRT1_2]), 150), set, 0),
  singular: (set: LabelledPoints) => kernelClassifier(deep, set, 0),
};

Deno.test("each deep network is its limit", () => {
  const set = scattered(200);
  const same = (classifier: ReturnType<typeof majorityVote>, limit: typeof classifier) =>
    agreement(classify(classifier, others), classify(limit, others));
  strictEqual(same(limits.even(set), nearestNeighbour(set)), 1);
  strictEqual(same(limits.offset(set), majorityVote(set)), 1);
  ok(same(limits.singular(set), hilbertEstimate(1, set)) >= 0.98);
});

Deno.test("a solved kernel machine interpolates its labels, whatever the coupling", () => {
  const set = scattered(60);
  for (const kernel of [deep, shallow]) {
    const classifier = kernelClassifier(kernel, set, 1e-12);
    deepStrictEqual(classify(classifier, set.points), set.labels);
  }
  ok(kernelClassifier(shallow, set, 1e-12).coupling > 1e-3);
  ok(kernelClassifier(deep, set, 0).coupling < 1e-6);
});

Deno.test("the solve is that of two equations by hand", () => {
  // ξ = cos 1; α = K⁻¹ Y; f(x) = Yᵀ K⁻¹ k.
  const set = labelledAt([0, 1], [0, 1]);
  const [scores0, scores1] = kernelClassifier(nngpKernel(hermiteDual([0, 1]), 1), set, 0.1)
    .scores(pointsAt(0.25));
  const [ξ, k0, k1] = [1, 0.25, 0.75].map(Math.cos);
  const determinant = 1.1 ** 2 - ξ ** 2;
  ok(Math.abs(scores0 - (1.1 * k0 - ξ * k1) / determinant) < 1e-12);
  ok(Math.abs(scores1 - (1.1 * k1 - ξ * k0) / determinant) < 1e-12);
});

Deno.test("flipped labels flip every decision", () => {
  const set = scattered(80);
  const flipped = { ...set, labels: set.labels.map((label) => 1 - label) };
  for (const make of [...Object.values(limits), nearestNeighbour, majorityVote]) {
    const decisions = classify(make(set), others);
    ok(decisions.every((decision) => decision !== undecided));
    deepStrictEqual(classify(make(flipped), others), decisions.map((decision) => 1 - decision));
  }
});

Deno.test("one training point decides everywhere", () => {
  for (const label of [0, 1]) {
    const set = labelledAt([0.4], [label]);
    for (const make of [...Object.values(limits), nearestNeighbour, majorityVote]) {
      ok(classify(make(set), others).every((decision) => decision === label));
    }
  }
});

Deno.test("where two classes are as frequent there is no majority, and nobody guesses one", () => {
  const set = labelledAt([0.1, 0.5, 0.9, 1.3], [0, 1, 1, 0]);
  strictEqual(majorityClass(set), undefined);
  ok(classify(majorityVote(set), others).every((decision) => decision === undecided));
  ok(classify(limits.offset(set), others).every((decision) => decision === undecided));
});

Deno.test("ties, underflows and what is not a number are no decisions", () => {
  const scores = Float64Array.of(0, 0, 1, 2, NaN, 1, 0.3, 0.1 + 0.2, -1, -2);
  deepStrictEqual(Array.from(decide(scores, 2)), [undecided, 1, undecided, undecided, 0]);
  // Orthogonal to all training points: all weights are 0.
  const set = labelledAt([0, 0], [1, 1]);
  strictEqual(
    classify(limits.even(set), { count: 1, size: 2, values: Float64Array.of(0, 1) })[0],
    -1,
  );
});

Deno.test("a point that coincides with a training point takes its label", () => {
  const set = labelledAt([0.3, 0.300001, 0.300002, 1], [0, 1, 1, 1]);
  strictEqual(classify(singularKernelSmoother(0.5, set), pointsAt(0.3))[0], 0);
});

Deno.test("points off the sphere, singular kernels and exponents of 0 are refused", () => {
  const set = scattered(20);
  const off = { ...set, points: { ...set.points, values: set.points.values.map((x) => 2 * x) } };
  throws(() => kernelClassifier(deep, off, 0), /length 1\.9+.*; expected 1/);
  throws(() => logKernelVote(logNngpKernel([0, 0, 1], 2), off), /expected 1/);
  const linear = nngpKernel(hermiteDual([0, 1]), 1);
  throws(() => kernelClassifier(linear, set, 0), /not positive definite: use a larger ridge/);
  throws(() => singularKernelSmoother(0, set), /exponent of 0/);
  throws(() => onSphere({ count: 1, size: 2, values: new Float64Array(2) }), /length 0/);
});

Deno.test("duplicates are one point, the first", () => {
  const set = withoutDuplicates(labelledAt([0.2, 0.7, 0.2, 0.7], [0, 1, 1, 1]));
  deepStrictEqual(Array.from(set.labels), [0, 1]);
  const distinct = scattered(30);
  strictEqual(withoutDuplicates(distinct), distinct);
});

Deno.test("k neighbours vote, and of equally many votes the nearest counts", () => {
  const set = labelledAt([0.1, 0.2, 0.3, 1], [0, 1, 1, 0]);
  const [near] = [pointsAt(0.05)];
  const decisions = [1, 3, 100].map((k) => classify(nearestNeighbours(k, set), near)[0]);
  deepStrictEqual(decisions, [0, 1, 0]);
  throws(() => nearestNeighbours(0, set), /0 neighbours/);
});

Deno.test("hold-out chooses what generalises", () => {
  const set = scattered(200);
  // Labels are noise with a majority: voting is better than the nearest neighbour.
  const chosen = chosenByHoldOut([nearestNeighbour, majorityVote], set);
  deepStrictEqual(classify(chosen, others), classify(majorityVote(set), others));
  throws(() => chosenByHoldOut([], set), /0 candidates/);
});

Deno.test("the two nearest tell the dimension of a sheet in space", () => {
  const stream = randomStream(2, "sheet");
  for (const d of [1, 2, 4]) {
    const rows = Array.from({ length: 800 }, () => {
      const inner = Array.from({ length: d }, () => stream.uniform());
      return [...inner, inner[0] * 2, 1];
    });
    const values = Float64Array.from(rows.flat());
    const estimate = twoNearestDimension({ count: 800, size: d + 2, values });
    ok(Math.abs(estimate - d) < 0.12 * d, `${estimate} of ${d}`);
  }
  throws(() => twoNearestDimension(pointsAt(0.1, 0.2)), /more distinct points/);
});
