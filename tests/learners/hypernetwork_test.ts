/** Hypernetworks: what the mathematics of their parametrisations says, to the digits. */
import { deepStrictEqual, notDeepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { readyBackend } from "../../learners/nn/backend.ts";
import { functionalPerceptron, weightCount } from "../../learners/nn/functional.ts";
import {
  encodings,
  type Hypernetwork,
  hypernetwork,
  type HypernetworkForm,
  knobs,
} from "../../learners/nn/hypernetwork.ts";
import { disposeVariables } from "../../learners/nn/variables.ts";
import { standardDeviation } from "../../learners/statistics/descriptive.ts";
import { randomStream } from "../../sim/random.ts";

await readyBackend("wasm");

const primary = functionalPerceptron({
  inputs: 8,
  hidden: [48, 48],
  outputs: 2,
  activation: "leaky-relu",
});

const plain: HypernetworkForm = {
  inputs: 1,
  encoding: "none",
  hidden: [16, 128],
  activation: "leaky-relu",
  normalisation: "none",
  additive: false,
  shapes: primary.shapes,
};

const invariant: HypernetworkForm = { ...plain, encoding: "cos-sin", additive: true };

const made = (form: HypernetworkForm, seed = 1) =>
  hypernetwork(form, (name) => randomStream(seed, `tests/hypernetwork/${name}`));

function close(actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  strictEqual(actual.length, expected.length);
  expected.forEach((value, i) =>
    ok(Math.abs(actual[i] - value) <= tolerance, `[${i}] ${actual[i]} is not ${value}`)
  );
}

/** θ at each of several scalar γ. */
const at = (hyper: Hypernetwork, ...γ: number[]) =>
  γ.map((value) => [...tf.tidy(() => hyper.parameters(knobs([[value]]))).dataSync()]);

const free = ({ variables, statistics }: Hypernetwork) =>
  disposeVariables({ ...variables, ...statistics });

const E = encodings["cos-sin"];

Deno.test("the encoding is a quarter of a circle for each γ, of norm √d for all", () => {
  const third = Math.sqrt(3) / 2;
  const scalar = E(knobs([[0], [1 / 3], [0.5], [1]]));
  close(
    scalar.dataSync(),
    [1, 0, third, 0.5, Math.SQRT1_2, Math.SQRT1_2, 0, 1],
    1e-6,
  );
  // All cosines first, then all sines; twice as many numbers as γ has, and no more frequencies.
  const three = E(knobs([[0, 1 / 3, 1]]));
  close(three.dataSync(), [1, third, 0, 0, 0.5, 1], 1e-6);
  const stream = randomStream(0, "tests/encoding");
  const drawn = E(knobs(Array.from({ length: 50 }, () => [1, 2, 3].map(() => stream.uniform()))));
  deepStrictEqual(drawn.shape, [50, 6]);
  close(tf.norm(drawn, 2, 1).dataSync(), Array(50).fill(Math.sqrt(3)), 1e-6);
});

Deno.test("the encoding's derivative at 1/3 is (−0.785398, 1.360350)", () => {
  const slopes = [0, 1].map((component) =>
    tf.grad((γ) => tf.sum(tf.slice(E(γ as tf.Tensor2D), [0, component], [1, 1])))(
      knobs([[1 / 3]]),
    ).dataSync()[0]
  );
  close(slopes, [-0.785398, 1.36035], 1e-6);
});

Deno.test("the complement's norm is not constant", () => {
  const norms = tf.norm(encodings.complement(knobs([[0], [0.5], [1]])), 2, 1).dataSync();
  close(norms, [1, Math.SQRT1_2, 1], 1e-6);
});

Deno.test("by default the output is proportional to γ, whatever the sizes, for piecewise linear activations", () => {
  for (const activation of ["relu", "leaky-relu", "tanh", "silu"] as const) {
    for (const hidden of [[5], [16, 128], [7, 12, 9]]) {
      const hyper = made({ ...plain, activation, hidden });
      const [small, large] = at(hyper, 0.16, 0.8);
      const scale = Math.max(...large.map(Math.abs));
      const worst = Math.max(...small.map((value, i) => Math.abs(value - 0.2 * large[i]))) / scale;
      if (activation.endsWith("relu")) ok(worst < 1e-6, `${activation} [${hidden}]: ${worst}`);
      else ok(worst > 1e-3, `${activation} [${hidden}] is homogeneous: ${worst}`);
      free(hyper);
    }
  }
});

Deno.test("vectors of γ are scaled through as well", () => {
  const hyper = made({ ...plain, inputs: 3 });
  const [small, large] = [[0.1, 0.25, 0.3], [0.3, 0.75, 0.9]].map((γ) =>
    hyper.parameters(knobs([γ])).dataSync()
  );
  close(small, [...large].map((value) => value / 3), 1e-6);
  free(hyper);
});

Deno.test("without its last weights a magnitude-invariant hypernetwork is the plain net of θ⁰, bit for bit", () => {
  const hyper = made(invariant);
  const head = hyper.variables["head.weights"];
  head.assign(tf.zerosLike(head));
  const θ0 = [...hyper.variables["head.bias"].dataSync()];
  for (const θ of at(hyper, 0, 0.3, 1)) deepStrictEqual(θ, θ0);
  // The plain net, its tensors cut out of θ⁰ by hand.
  let offset = 0;
  const own = Object.fromEntries(
    Object.entries(primary.shapes).map(([name, shape]) => {
      const size = weightCount({ [name]: shape });
      return [name, tf.tensor(θ0.slice(offset, offset += size), [...shape])];
    }),
  );
  const x = tf.tensor2d([[0.1, -0.4, 1, 0.3, -1, 0.2, 0.7, -0.5], [1, 2, 0, 1, 0, -2, 1, 0.25]]);
  const expected = [...primary.apply(own, x).dataSync()];
  ok(expected.some((value) => value !== 0));
  for (const γ of [0, 0.3, 1]) {
    const generated = primary.apply(hyper.weights(knobs([[γ]])), tf.expandDims(x));
    deepStrictEqual([...generated.dataSync()], expected);
  }
  free(hyper);
});

Deno.test("without encoding and with θ⁰ = 0 the additive hypernetwork is the default one, bit for bit", () => {
  const additive = made({ ...invariant, encoding: "none" });
  const standard = made(plain);
  additive.variables["head.bias"].assign(tf.zerosLike(additive.variables["head.bias"]));
  deepStrictEqual(at(additive, 0.1, 0.7), at(standard, 0.1, 0.7));
  free(additive);
  free(standard);
});

Deno.test("one unit, by hand", () => {
  const one = { ...plain, hidden: [1], shapes: { w: [1] }, activation: "relu" } as const;
  const standard = made(one);
  standard.variables["hidden.0.weights"].assign(tf.tensor2d([[2]]));
  standard.variables["head.weights"].assign(tf.tensor2d([[-1.5]]));
  close(at(standard, 0.6, 0.3).flat(), [-1.8, -0.9], 1e-6);
  const additive = made({ ...one, encoding: "cos-sin", additive: true });
  additive.variables["hidden.0.weights"].assign(tf.tensor2d([[2], [1]]));
  additive.variables["head.weights"].assign(tf.tensor2d([[-1.5]]));
  additive.variables["head.bias"].assign(tf.tensor1d([0.7]));
  close(at(additive, 1 / 3).flat(), [-2.648076], 1e-6);
  free(standard);
  free(additive);
});

Deno.test("θ⁰'s gradient is the sum of those of θ(γ) over the γ of the batch", () => {
  const hyper = made(invariant);
  const γ = knobs([[0.1], [0.4], [0.9]]);
  const stream = randomStream(0, "tests/hypernetwork/gradients");
  const targets = tf.tensor2d(
    Array.from({ length: 3 * weightCount(primary.shapes) }, () => stream.normal()),
    [3, weightCount(primary.shapes)],
  );
  const loss = (θ: tf.Tensor) => tf.mean(tf.square(tf.sub(θ, targets))) as tf.Scalar;
  const byParameters = tf.grad(loss)(hyper.parameters(γ)); // [3, P]
  const summed = [...tf.sum(byParameters, 0).dataSync()];
  const bias = hyper.variables["head.bias"];
  const { grads } = tf.variableGrads(() => loss(hyper.parameters(γ)), [bias]);
  close(grads[bias.name].dataSync(), summed, 1e-7);
  free(hyper);
});

Deno.test("parameters are as many as the sizes say, the default's last bias counted", () => {
  const count = (form: HypernetworkForm) => {
    const hyper = made(form);
    const total = Object.values(hyper.variables).reduce((sum, { size }) => sum + size, 0);
    free(hyper);
    return total;
  };
  strictEqual(weightCount(primary.shapes), 2882);
  strictEqual(count(invariant), 374_002);
  strictEqual(count(plain), 373_986);
});

/** Of the tensor's columns of the head, and of its part of θ⁰. */
function startsOf({ variables }: Hypernetwork, tensor: string) {
  const names = Object.keys(primary.shapes);
  const sizes = names.map((name) => weightCount({ [name]: primary.shapes[name] }));
  const index = names.indexOf(tensor);
  const from = sizes.slice(0, index).reduce((sum, size) => sum + size, 0);
  const columns = tf.slice(variables["head.weights"], [0, from], [-1, sizes[index]]);
  const part = tf.slice(variables["head.bias"], [from], [sizes[index]]);
  return [columns, part].map((values) => standardDeviation([...values.dataSync()]));
}

Deno.test("every predicted tensor starts as if it had a layer of its own", () => {
  const hyper = made(invariant);
  const [columns, weights] = startsOf(hyper, "layer.1.weights"); // 48 × 48
  ok(Math.abs(columns / 0.029461 - 1) < 0.03, `head: ${columns}`);
  ok(Math.abs(weights / 0.204114 - 1) < 0.03, `θ⁰: ${weights}`);
  const [ofBias, bias] = startsOf(hyper, "layer.1.bias"); // 48
  ok(Math.abs(ofBias / (1.414143 / Math.sqrt(48)) - 1) < 0.05, `head of a bias: ${ofBias}`);
  strictEqual(bias, 0);
  free(hyper);
});

Deno.test("the default starts with a last bias of zeros, the additive one with θ⁰, and both train it", () => {
  for (const form of [plain, invariant]) {
    const hyper = made(form);
    const bias = hyper.variables["head.bias"];
    strictEqual(bias.trainable, true);
    strictEqual(bias.dataSync().some((value) => value !== 0), form.additive);
    free(hyper);
  }
});

Deno.test("γ that was not scaled to 0 … 1 is refused", () => {
  throws(() => knobs([[0.2], [-0.5]]), /γ is -0.5; expected 0 … 1/);
  throws(() => knobs([[1.01]]), RangeError);
  throws(() => knobs([[NaN]]), RangeError);
});

Deno.test("layer normalisation leaves nothing of a scalar γ but where it is tiny", () => {
  const hyper = made({ ...plain, normalisation: "layer" });
  const [small, large] = at(hyper, 0.3, 0.9);
  const scale = Math.max(...large.map(Math.abs));
  const worst = Math.max(...small.map((value, i) => Math.abs(value - large[i]))) / scale;
  ok(worst < 1e-2, `${worst}`);
  free(hyper);
});

Deno.test("batch normalisation goes by the γ of the step in training, and keeps running statistics", () => {
  const hyper = made({ ...invariant, normalisation: "batch" });
  const γ = knobs([[0.1], [0.5], [0.9]]);
  const before = hyper.statistics["hidden.0.mean"].dataSync().slice();
  const asked = [...hyper.parameters(γ).dataSync()];
  deepStrictEqual([...hyper.statistics["hidden.0.mean"].dataSync()], [...before]);
  const trained = [...hyper.parameters(γ, true).dataSync()];
  notDeepStrictEqual(trained, asked);
  notDeepStrictEqual([...hyper.statistics["hidden.0.mean"].dataSync()], [...before]);
  free(hyper);
});

Deno.test("a parameter's initial values depend on its name and the seed", () => {
  const [first, again, other, deeper] = [
    made(invariant),
    made(invariant),
    made(invariant, 2),
    made({ ...invariant, hidden: [16, 64, 128] }),
  ];
  const values = ({ variables }: Hypernetwork, name: string) => [...variables[name].dataSync()];
  deepStrictEqual(values(first, "head.weights"), values(again, "head.weights"));
  notDeepStrictEqual(values(first, "head.weights"), values(other, "head.weights"));
  deepStrictEqual(values(first, "head.bias"), values(deeper, "head.bias"));
  for (const hyper of [first, again, other, deeper]) free(hyper);
});
