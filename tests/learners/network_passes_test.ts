/**
 * Networks behind one contract: passes in single precision against the oracle in double precision, and the
 * oracle against differences.
 */
import assert from "node:assert/strict";
import { MotorPolicyNetwork } from "../../learners/motor/policy_network.ts";
import type { ActivationName } from "../../learners/nn/activations.ts";
import type { Network, NetworkPass } from "../../learners/nn/network.ts";
import { Perceptron } from "../../learners/nn/perceptron.ts";
import { randomStream } from "../../sim/random.ts";

const perceptron = (activation: ActivationName, hidden: readonly number[], sizes = [3, 2]) =>
  new Perceptron({
    inputs: sizes[0],
    hidden,
    outputs: sizes[1],
    activation,
    outputActivation: "none",
  });

const motor = (
  kind: "unilateral" | "bilateral",
  callosum: "none" | "identity" | "learned-linear",
) =>
  new MotorPolicyNetwork({
    kind,
    units: 14,
    layers: 2,
    callosum,
    inputs: 5,
    outputs: 3,
    outputActivation: "tanh",
  });

const networks: Readonly<Record<string, Network>> = {
  "a linear map": perceptron("tanh", []),
  "one unit of everything": perceptron("tanh", [1], [1, 1]),
  "64-64 tanh": perceptron("tanh", [64, 64], [10, 2]),
  "odd sizes, relu": perceptron("relu", [33, 7], [11, 5]),
  "odd sizes, elu": perceptron("elu", [9, 70, 3], [1, 3]),
  "sigmoid": perceptron("sigmoid", [6], [4, 1]),
  "a unilateral motor network": motor("unilateral", "none"),
  "two hemispheres apart": motor("bilateral", "none"),
  "two hemispheres, callosum": motor("bilateral", "identity"),
  "two hemispheres, callosum that learns": motor("bilateral", "learned-linear"),
};

const normal = (count: number, name: string) => {
  const stream = randomStream(3, `tests/network-passes/${name}`);
  return Float64Array.from({ length: count }, () => stream.normal());
};

/** Parameters with biases, too, so that nothing is 0. */
function parametersOf(network: Network): Float64Array {
  const noise = normal(network.layout.size, "parameters");
  const parameters = network.initialParameters(1, 1).map((value, i) => value + 0.1 * noise[i]);
  network.project(parameters);
  return parameters;
}

/** What a pass gives: outputs, gradient of the parameters, cotangent of the input. */
function resultsOf(network: Network, pass: NetworkPass, parameters: Float64Array) {
  const input = normal(network.inputs * pass.columns, "input");
  pass.load(parameters);
  const output = pass.forward(input).slice();
  const gradient = new Float64Array(network.layout.size);
  const inputCotangent = new Float64Array(input.length);
  pass.pullBack(normal(output.length, "cotangent"), gradient, inputCotangent);
  return { output, gradient, inputCotangent };
}

/** Σ cotangent · output, whose gradient the pass gives. */
function lossAt(network: Network, parameters: Float64Array, input: Float64Array, columns: number) {
  const pass = network.pass(columns, "double");
  pass.load(parameters);
  const output = pass.forward(input);
  const cotangent = normal(output.length, "cotangent");
  return output.reduce((sum, value, i) => sum + value * cotangent[i], 0);
}

function assertClose(actual: Float64Array, expected: Float64Array, bound: number, what: string) {
  const scale = Math.max(...expected.map(Math.abs), 1e-3);
  expected.forEach((value, i) =>
    assert.ok(
      Math.abs(actual[i] - value) <= bound * scale,
      `${what} ${i}: ${actual[i]} instead of ${value}`,
    )
  );
}

for (const [name, network] of Object.entries(networks)) {
  Deno.test(`${name}: single precision is the oracle rounded, at every batch size`, () => {
    const parameters = parametersOf(network);
    for (const columns of [1, 5, 64, 100]) {
      const expected = resultsOf(network, network.pass(columns, "double"), parameters);
      const actual = resultsOf(network, network.pass(columns), parameters);
      assertClose(actual.output, expected.output, 2e-6, `output of ${columns}`);
      assertClose(actual.gradient, expected.gradient, 1e-5, `gradient of ${columns}`);
      assertClose(actual.inputCotangent, expected.inputCotangent, 1e-5, `input of ${columns}`);
    }
  });

  Deno.test(`${name}: the oracle's gradients are those of central differences`, () => {
    const columns = 3;
    const parameters = parametersOf(network);
    const input = normal(network.inputs * columns, "input");
    const { gradient, inputCotangent } = resultsOf(
      network,
      network.pass(columns, "double"),
      parameters,
    );
    const check = (values: Float64Array, expected: Float64Array, what: string) => {
      const stride = Math.max(1, Math.floor(values.length / 40));
      for (let i = 0; i < values.length; i += stride) {
        const [kept, step] = [values[i], 1e-6];
        values[i] = kept + step;
        const above = lossAt(network, parameters, input, columns);
        values[i] = kept - step;
        const below = lossAt(network, parameters, input, columns);
        values[i] = kept;
        const difference = (above - below) / (2 * step);
        assert.ok(
          Math.abs(difference - expected[i]) < 1e-7 * Math.max(1, Math.abs(expected[i])),
          `${what} ${i}: ${expected[i]}, by differences ${difference}`,
        );
      }
    };
    check(parameters, gradient, "parameter");
    check(input, inputCotangent, "input");
  });

  Deno.test(`${name}: passes repeat themselves bit for bit, and columns do not depend on others`, () => {
    const parameters = parametersOf(network);
    const pass = network.pass(100);
    const first = resultsOf(network, pass, parameters);
    assert.deepEqual(resultsOf(network, pass, parameters), first);
    assert.deepEqual(resultsOf(network, network.pass(100), parameters), first);
    const alone = network.pass(1);
    alone.load(parameters);
    const input = normal(network.inputs * 100, "input");
    for (const column of [0, 63, 64, 99]) {
      const own = Float64Array.from(
        { length: network.inputs },
        (_, row) => input[row * 100 + column],
      );
      const expected = Array.from(
        { length: network.outputs },
        (_, row) => first.output[row * 100 + column],
      );
      assert.deepEqual([...alone.forward(own)], expected);
    }
  });
}

Deno.test("a gradient is added to what is there, and is not formed where nobody asks for it", () => {
  const network = networks["64-64 tanh"];
  const parameters = parametersOf(network);
  const { gradient } = resultsOf(network, network.pass(8), parameters);
  const pass = network.pass(8);
  pass.load(parameters);
  const cotangent = normal(pass.forward(normal(network.inputs * 8, "input")).length, "cotangent");
  const twice = gradient.slice();
  pass.pullBack(cotangent, twice);
  assert.deepEqual(twice, gradient.map((value) => 2 * value));
  pass.pullBack(cotangent);
  assert.deepEqual(twice, gradient.map((value) => 2 * value));
});

Deno.test("initial matrices are orthogonal, of the gains asked for, and biases 0", () => {
  const network = perceptron("tanh", [6, 4], [9, 3]);
  const parameters = network.initialParameters(7, 0.01);
  for (const { kernel, bias, inputs, outputs } of network.layers) {
    const gain = kernel.name === "output.kernel" ? 0.01 : Math.SQRT2;
    const entry = (i: number, j: number) => parameters[kernel.offset + i * outputs + j];
    for (let a = 0; a < outputs; a++) {
      for (let b = 0; b < outputs; b++) {
        let product = 0;
        for (let i = 0; i < inputs; i++) product += entry(i, a) * entry(i, b);
        assert.ok(Math.abs(product - (a === b ? gain * gain : 0)) < 1e-12);
      }
    }
    for (let j = 0; j < outputs; j++) assert.equal(parameters[bias.offset + j], 0);
  }
  assert.notDeepEqual(network.initialParameters(8, 0.01), parameters);
});

Deno.test("layers and batches of nothing are refused", () => {
  assert.throws(() => perceptron("tanh", [0]), /RangeError: a layer of 0 units/);
  assert.throws(() => networks["sigmoid"].pass(0), /RangeError: a batch of 0 columns/);
});
