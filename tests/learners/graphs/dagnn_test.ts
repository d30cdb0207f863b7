/** DAGNN: what its mathematics says, to the digits; jobs that are interrupted; backends. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { dagnn, dagnnNetwork } from "../../../learners/graphs/dagnn.ts";
import { transform } from "../../../learners/graphs/node_networks.ts";
import { readyBackend } from "../../../learners/nn/backend.ts";
import { noDropout } from "../../../learners/nn/dropout.ts";
import {
  stationaryProjection,
  symmetricNormalisation,
} from "../../../learners/nn/graphs/adjacency.ts";
import { type LinearMap, linearMap } from "../../../learners/nn/graphs/linear_map.ts";
import {
  effectiveRadius,
  hopGate,
  propagate,
  propagateHops,
} from "../../../learners/nn/graphs/propagation.ts";
import { smoothnessMetric } from "../../../learners/nn/graphs/smoothness.ts";
import { fullMatrix, sparseOf } from "../../../learners/nn/graphs/sparse_matrix.ts";
import { adam } from "../../../learners/nn/optimisers.ts";
import { disposeVariables } from "../../../learners/nn/variables.ts";
import { randomStream } from "../../../sim/random.ts";
import { runJob } from "../method_job.ts";

await readyBackend("wasm");

/** Nodes 0, 1 and 2 in a row. */
const path = { nodes: 3, edges: Int32Array.of(0, 1, 1, 2) };
const Âpath = linearMap(symmetricNormalisation(path));

/** Class scores of the path's nodes, two classes. */
const Zpath = tf.tensor2d([[1, 0], [0, 0], [0, 1]]);

/** A graph of five nodes with a triangle, a tail, and different degrees. */
const five = { nodes: 5, edges: Int32Array.of(0, 1, 0, 2, 1, 2, 2, 3, 3, 4) };

/** Seven printed digits in single precision. */
const printed = 2e-7;

function close(actual: ArrayLike<number>, expected: readonly number[], tolerance = printed): void {
  strictEqual(actual.length, expected.length);
  expected.forEach((value, i) =>
    ok(Math.abs(actual[i] - value) <= tolerance, `[${i}] ${actual[i]} is not ${value}`)
  );
}

const numbers = (count: number, name: string) => {
  const stream = randomStream(0, name);
  return Array.from({ length: count }, () => stream.normal());
};

/** A tensor's numbers from work that leaves nothing behind. */
const computed = (work: () => tf.Tensor): number[] => {
  const tensor = tf.tidy(work);
  const values = [...tensor.dataSync()];
  tensor.dispose();
  return values;
};

const gate = (s: number[], b: number, hops = 2) =>
  hopGate(propagateHops(Âpath, Zpath, hops), tf.tensor2d(s, [2, 1]), tf.tensor1d([b]));

Deno.test("Â of a path of three nodes, and its eigenvalues 1, 1/2, −1/6", () => {
  const Â = fullMatrix(symmetricNormalisation(path));
  close(Â, [0.5, 0.4082483, 0, 0.4082483, 0.3333333, 0.4082483, 0, 0.4082483, 0.5], 1e-7);
  const eigen: [number, number[]][] = [
    [1, [Math.SQRT2, Math.sqrt(3), Math.SQRT2]],
    [1 / 2, [1, 0, -1]],
    [-1 / 6, [Math.sqrt(3), -2 * Math.SQRT2, Math.sqrt(3)]],
  ];
  for (const [value, vector] of eigen) {
    const product = computed(() => Âpath.apply(tf.tensor2d(vector, [3, 1])));
    close(product, vector.map((x) => value * x), 3e-7);
  }
});

Deno.test("powers of Â halve (1, 0, −1) exactly and take 1 to its projection", () => {
  const odd = computed(() => propagateHops(Âpath, tf.tensor2d([1, 0, -1], [3, 1]), 20)); // [3, 21, 1]
  for (let l = 0; l <= 20; l++) {
    deepStrictEqual([odd[l], odd[21 + l] + 0, odd[42 + l]], [2 ** -l, 0, -(2 ** -l)]);
  }
  const ones = tf.ones([3, 1]) as tf.Tensor2D;
  close(computed(() => Âpath.apply(ones)), [0.9082483, 1.1498299, 0.9082483]);
  const limit = [0.9213557, 1.1284256, 0.9213557];
  close(computed(() => propagate(Âpath, ones, 200)), limit);
  const Π = stationaryProjection(path);
  close([0, 1, 2].map((i) => Π[3 * i] + Π[3 * i + 1] + Π[3 * i + 2]), limit, 1e-7);
});

Deno.test("gates of 1/2 keep half of every hop", () => {
  const { gates, output } = gate([0, 0], 0);
  close(gates.dataSync(), new Array(9).fill(0.5));
  const expected = [0.9583333, 0.0833333, 0.3742276, 0.3742276, 0.0833333, 0.9583333];
  close(output.dataSync(), expected);
});

Deno.test("every node has gates of its own, by its scores at each hop", () => {
  const { gates, output } = gate([1, -1], 0);
  const S = gates.dataSync(); // [3, 3]
  close(S.subarray(0, 6), [0.7310586, 0.6224593, 0.5621765, 0.5, 0.5, 0.5]);
  const out = output.dataSync(); // [3, 2]
  close(out.subarray(0, 2), [1.2765285, 0.0936961]);
  close(out.subarray(4, 6), [0.0729706, 0.6401382]);
});

Deno.test("without hops the gate scales each node's scores and leaves the MLP's choice", () => {
  const sizes = { features: 4, hidden: 64, classes: 3 };
  const Â = linearMap(symmetricNormalisation(five));
  const network = dagnnNetwork({ Â, sizes, depth: 0, stream: (name) => randomStream(1, name) });
  const X = linearMap(sparseOf(5, 4, numbers(20, "features")));
  const s = numbers(3, "s").map((value) => 3 * value);
  network.variables["gate.weights"].assign(tf.tensor2d(s, [3, 1]));
  const Z = computed(() => transform(network.variables, X, noDropout));
  const out = computed(() => network.scores(X, noDropout));
  const [b] = network.variables["gate.bias"].dataSync();
  for (let i = 0; i < 5; i++) {
    const z = Z.slice(3 * i, 3 * i + 3);
    const scale = 1 / (1 + Math.exp(-(z.reduce((sum, value, c) => sum + value * s[c], b))));
    close(out.slice(3 * i, 3 * i + 3), z.map((value) => scale * value), 1e-6);
    strictEqual(argMax(out.slice(3 * i, 3 * i + 3)), argMax(z));
  }
  disposeVariables(network.variables);
});

const argMax = (values: readonly number[]) => values.indexOf(Math.max(...values));

Deno.test("a gate wide open sums the hops, a closed one leaves nothing", () => {
  const sum = computed(() => tf.sum(propagateHops(Âpath, Zpath, 2), 1));
  close(computed(() => gate([0, 0], 40).output), sum);
  close(computed(() => tf.softmax(gate([0, 0], -40).output)), new Array(6).fill(0.5));
});

Deno.test("nodes in another order get the same outputs in that order", () => {
  const order = [3, 0, 4, 1, 2];
  const edges = five.edges.map((node) => order.indexOf(node));
  const sizes = { features: 2, hidden: 8, classes: 3 };
  const features = numbers(10, "features");
  const moved = order.flatMap((node) => features.slice(2 * node, 2 * node + 2));
  const outputs = (graph: typeof five, values: number[]) => {
    const Â = linearMap(symmetricNormalisation(graph));
    const network = dagnnNetwork({ Â, sizes, depth: 6, stream: (name) => randomStream(1, name) });
    const X = linearMap(sparseOf(5, 2, values));
    const out = computed(() => network.scores(X, noDropout));
    disposeVariables(network.variables);
    return out;
  };
  const out = outputs(five, features);
  const expected = order.flatMap((node) => out.slice(3 * node, 3 * node + 3));
  close(outputs({ nodes: 5, edges }, moved), expected, 1e-6);
});

Deno.test("a node without neighbours keeps its own scores at every hop", () => {
  const Â = linearMap(symmetricNormalisation({ nodes: 3, edges: Int32Array.of(0, 2) }));
  const H = computed(() => propagateHops(Â, tf.tensor2d([[1, 2], [3, -4], [5, 6]]), 9)); // [3, 10, 2]
  const lonely = H.slice(20, 40);
  deepStrictEqual(lonely, Array.from({ length: 10 }, () => [3, -4]).flat());
});

Deno.test("the number of parameters does not depend on the number of hops", () => {
  const [F, C] = [16, 6];
  const Â = linearMap(symmetricNormalisation(five));
  for (const depth of [0, 2, 50]) {
    const sizes = { features: F, hidden: 64, classes: C };
    const { variables } = dagnnNetwork({
      Â,
      sizes,
      depth,
      stream: (name) => randomStream(1, name),
    });
    const parameters = Object.values(variables).reduce((sum, { size }) => sum + size, 0);
    strictEqual(parameters, F * 64 + 64 + 64 * C + C + C + 1);
    disposeVariables(variables);
  }
});

Deno.test("the smoothness metric of three directions, and of one", () => {
  close([smoothnessMetric([1, 0, 0, 1, -1, 0], 2)], [0.8047379], 5e-8);
  close([smoothnessMetric([2, 0, 0, 0.5, -7, 0], 2)], [0.8047379], 5e-8);
  strictEqual(smoothnessMetric([0.1, 0.7, 0.1, 0.7, 0.1, 0.7], 2), 0);
});

Deno.test("gradients of the gate are those of its formula and of finite differences", () => {
  const [n, k, C] = [5, 3, 2];
  const Â: LinearMap = linearMap(symmetricNormalisation(five));
  const Z = tf.tensor2d(numbers(n * C, "Z"), [n, C]);
  const H = tf.tidy(() => propagateHops(Â, Z, k));
  const [s, b, weights] = [numbers(C, "s"), 0.3, numbers(n * C, "weights")];
  // Σ weights · out in double precision.
  const h = H.dataSync();
  const hop = (
    i: number,
    l: number,
  ) => [...h.subarray((i * (k + 1) + l) * C, (i * (k + 1) + l + 1) * C)];
  const dot = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, x, c) => sum + x * b[c], 0);
  const each = (visit: (i: number, l: number) => void) => {
    for (let i = 0; i < n; i++) for (let l = 0; l <= k; l++) visit(i, l);
  };
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  const w = (i: number) => weights.slice(C * i, C * i + C);
  const total = (s: readonly number[]) => {
    let sum = 0;
    each((i, l) => sum += sigmoid(dot(hop(i, l), s) + b) * dot(hop(i, l), w(i)));
    return sum;
  };
  const bySlope = new Array<number>(C).fill(0);
  const byState: number[] = [];
  each((i, l) => {
    const S = sigmoid(dot(hop(i, l), s) + b);
    const slope = S * (1 - S) * dot(hop(i, l), w(i));
    hop(i, l).forEach((value, c) => bySlope[c] += slope * value);
    byState.push(...s.map((value, c) => S * w(i)[c] + slope * value));
  });
  const differences = s.map((_, c) => {
    const moved = (by: number) => total(s.map((value, d) => value + (c === d ? by : 0)));
    return (moved(1e-4) - moved(-1e-4)) / 2e-4;
  });
  const [gradS, gradH] = tf.grads((s: tf.Tensor, H: tf.Tensor) =>
    tf.sum(tf.mul(hopGate(H as tf.Tensor3D, s, tf.scalar(b)).output, tf.tensor2d(weights, [n, C])))
  )([tf.tensor2d(s, [C, 1]), H]);
  close(bySlope, differences, 1e-7);
  close(gradS.dataSync(), differences, 1e-4);
  close(gradH.dataSync(), byState, 1e-5);
  // And through the hops: the adjoint of Â is Â.
  const gradZ = tf.grad((Z) => tf.sum(tf.square(propagate(Â, Z as tf.Tensor2D, k))))(Z);
  const expected = computed(() => tf.mul(2, propagate(Â, Z, 2 * k)));
  close(gradZ.dataSync(), expected, 1e-5);
});

Deno.test("the effective radius is the mean hop by gates", () => {
  const radii = effectiveRadius(tf.tensor2d([[0.5, 0.5, 0.5], [0, 0.2, 0.6]]));
  close(radii.dataSync(), [1, 1.75]);
});

const short = { nodes: 120, validation: 40, epochs: 60, hops: 6 };

for (const variant of ["dagnn", "gcn-4"]) {
  Deno.test(`${variant} goes on from a snapshot to the bit-equal result`, async () => {
    const undisturbed = await runJob(dagnn, variant, short);
    const [snapshot] = undisturbed.snapshots;
    ok(snapshot.step > 0 && snapshot.step < 60);
    const resumed = await runJob(dagnn, variant, short, snapshot);
    deepStrictEqual(resumed.result, undisturbed.result);
    deepStrictEqual(resumed.events, undisturbed.events.slice(snapshot.step));
    deepStrictEqual(resumed.snapshots, undisturbed.snapshots.slice(1));
  });
}

Deno.test("a job leaves no tensors behind but those that its optimiser does", async () => {
  const left = async (work: () => unknown) => {
    const before = tf.memory().numTensors;
    await work();
    return tf.memory().numTensors - before;
  };
  const byOptimiser = await left(() => adam({}).dispose());
  for (const variant of ["dagnn", "gcn-2", "appnp", "last-hop", "mean-of-hops"]) {
    const byJob = await left(() => runJob(dagnn, variant, { ...short, epochs: 2 }));
    strictEqual(byJob, byOptimiser, variant);
  }
});
