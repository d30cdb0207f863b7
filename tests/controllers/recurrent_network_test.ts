/**
 * Motor networks of gated recurrent units: numbers worked out independently, what is left of them at the
 * limits of their gates, the state of a trial, lesions, and the reverse pass through time.
 */
import assert from "node:assert/strict";
import { callosumNames } from "../../controllers/callosum.ts";
import { intact, type Lesion, lesionNames, lesions } from "../../controllers/lesions.ts";
import {
  type HiddenArrays,
  MotorNetwork,
  type MotorNetworkConfig,
} from "../../controllers/motor_network.ts";
import { networkController } from "../../controllers/network_controller.ts";
import { type LossCotangent, ReversePass } from "../../controllers/reverse_pass.ts";
import { type RandomStream, randomStream } from "../../sim/random.ts";

const networkOf = (change: Partial<MotorNetworkConfig> = {}) =>
  new MotorNetwork({
    kind: "bilateral",
    units: 4,
    layers: 2,
    callosum: "maxpool-pad",
    hemispheres: "gru",
    inputs: 2,
    outputs: 2,
    outputActivation: "sigmoid",
    ...change,
  });

const random = (stream: RandomStream, size: number) =>
  Float64Array.from({ length: size }, () => stream.uniform(-1, 1));

const randomWeights = (network: MotorNetwork, name = "weights") =>
  random(randomStream(4, `tests/recurrent/${name}`), network.layout.size);

/** Activities of one trial of these observations. */
function rolledOut(
  network: MotorNetwork,
  weights: Float64Array,
  observations: readonly Float64Array[],
  trials = 1,
  lesion: Lesion = intact,
) {
  const activities = observations.map(() => network.activity(trials));
  observations.forEach((observation, t) =>
    network.forward(
      weights,
      observation,
      activities[t],
      trials,
      lesion,
      activities[t - 1]?.hidden,
    )
  );
  return activities;
}

const commands = (...args: Parameters<typeof rolledOut>) =>
  rolledOut(...args).map(({ output }) => [...output]);

const observations = [[0.3, -0.4], [0.1, 0.2], [-0.5, 0.6]].map((x) => Float64Array.from(x));

// ----------------------------------------------------------------------------------------- numbers

/** W and U [i, j] = 0.5 cos(i + 2j + 3k + 5s), U one further, b [j] = 0.2 cos(j + 3k + 5s); W_o as before. */
function cosineWeights(network: MotorNetwork): Float64Array {
  const weights = new Float64Array(network.layout.size);
  const { streams, merge, output } = network.tensors(weights);
  const fill = (kernel: Float64Array, columns: number, shift: number) => {
    for (let at = 0; at < kernel.length; at++) {
      kernel[at] = 0.5 * Math.cos(Math.floor(at / columns) + 2 * (at % columns) + shift);
    }
  };
  streams.forEach((layers, s) =>
    layers.forEach(({ kernel, recurrent, bias }, k) => {
      const shift = 3 * k + 5 * s;
      fill(kernel, 3 * network.width, shift);
      fill(recurrent, 3 * network.width, shift + 1);
      for (let j = 0; j < bias.length; j++) bias[j] = 0.2 * Math.cos(j + shift);
    })
  );
  fill(output.kernel, network.config.outputs, 7);
  for (const weight of merge) weight[0] = 0.5;
  return weights;
}

Deno.test("three steps of two coupled hemispheres give the numbers worked out", () => {
  const network = networkOf();
  const activities = rolledOut(network, cosineWeights(network), observations);
  const printed = (values: Float64Array) => Array.from(values, (value) => value.toFixed(8));
  assert.deepEqual(activities.map(({ output }) => printed(output)), [
    ["0.48605857", "0.52555016"],
    ["0.47697291", "0.54368551"],
    ["0.47471354", "0.55494854"],
  ]);
  assert.deepEqual(activities.map(({ hidden }) => printed(hidden[1][0])), [
    ["-0.22695958", "-0.00388331"],
    ["-0.36946655", "-0.00898159"],
    ["-0.42960580", "-0.06181082"],
  ]);
});

Deno.test("a layer has matrices for three gates, biases for four parts, and counts so", () => {
  const { layout } = networkOf({ kind: "unilateral", units: 5, inputs: 16, layers: 1 });
  const shapes = layout.tensors.map(({ name, shape }) => [name, shape]);
  assert.deepEqual(shapes, [
    ["whole.0.kernel", [16, 15]],
    ["whole.0.recurrent", [5, 15]],
    ["whole.0.bias", [20]],
    ["output.kernel", [5, 2]],
    ["output.bias", [2]],
  ]);
});

Deno.test("initial weights: from the states orthogonal, biases 0, and as the seed says", () => {
  const network = networkOf({ units: 12 });
  const weights = network.initialWeights(1);
  const columns = 3 * network.width;
  for (const { recurrent, bias } of network.tensors(weights).streams.flat()) {
    for (let i = 0; i < network.width; i++) {
      for (let j = 0; j <= i; j++) {
        let product = 0;
        for (let c = 0; c < columns; c++) {
          product += recurrent[i * columns + c] * recurrent[j * columns + c];
        }
        assert.ok(Math.abs(product - (i === j ? 1 : 0)) < 1e-12, `rows ${i}, ${j}: ${product}`);
      }
    }
    assert.ok(bias.every((value) => value === 0));
  }
  assert.deepEqual(network.initialWeights(1), weights);
  assert.notDeepEqual(network.initialWeights(2), weights);
});

Deno.test("unless asked for, a network is the paper's: the same parameters, no state", () => {
  const plain = networkOf({ hemispheres: undefined });
  const named = networkOf({ hemispheres: "feed-forward" });
  assert.deepEqual(plain.layout, named.layout);
  assert.deepEqual([plain.hasState, networkOf().hasState], [false, true]);
  const weights = randomWeights(plain);
  const [first] = rolledOut(plain, weights, [observations[0]]);
  const [, after] = rolledOut(plain, weights, [observations[1], observations[0]]);
  assert.deepEqual(after.output, first.output);
});

// ------------------------------------------------------------------------------------------ limits

/** Sets the biases of one part of all cells. */
function setBiases(
  network: MotorNetwork,
  weights: Float64Array,
  part: number,
  value: number,
): void {
  const { width } = network;
  for (const { bias } of network.tensors(weights).streams.flat()) {
    bias.fill(value, part * width, (part + 1) * width);
  }
}

Deno.test("with update and reset gates closed a network is the feed-forward one of its candidates", () => {
  for (const callosum of callosumNames) {
    const network = networkOf({ callosum, units: 10, layers: 3 });
    const plain = networkOf({ callosum, units: 10, layers: 3, hemispheres: "feed-forward" });
    const weights = randomWeights(network);
    setBiases(network, weights, 1, -1e3);
    setBiases(network, weights, 2, -1e3);
    const plainWeights = new Float64Array(plain.layout.size);
    const [from, into] = [network.tensors(weights), plain.tensors(plainWeights)];
    into.streams.forEach((layers, s) =>
      layers.forEach(({ kernel, bias }, k) => {
        const columns = 3 * network.width;
        kernel.forEach((_, at) => {
          const [i, j] = [Math.floor(at / network.width), at % network.width];
          kernel[at] = from.streams[s][k].kernel[i * columns + j];
        });
        bias.set(from.streams[s][k].bias.subarray(0, network.width));
      })
    );
    into.callosum.forEach((kernels, k) => kernels.forEach((c, s) => c.set(from.callosum[k][s])));
    into.merge.forEach((weight, s) => weight.set(from.merge[s]));
    into.output.kernel.set(from.output.kernel);
    into.output.bias.set(from.output.bias);
    const expected = commands(plain, plainWeights, observations);
    commands(network, weights, observations).flat().forEach((command, i) =>
      // The products add up in another order.
      assert.ok(Math.abs(command - expected.flat()[i]) < 1e-14, `${callosum}: ${command}`)
    );
  }
});

Deno.test("with update gates open a network stays at rest, deaf to what it is told", () => {
  const network = networkOf();
  const weights = randomWeights(network);
  setBiases(network, weights, 1, 1e3);
  const activities = rolledOut(network, weights, observations);
  for (const { hidden } of activities) {
    for (const layer of hidden.flat()) assert.ok(layer.every((value) => value === 0));
  }
  assert.deepEqual(activities[2].output, activities[0].output);
});

// ------------------------------------------------------------------------------------------- state

Deno.test("a controller carries its state over the steps of a trial and forgets it with reset", () => {
  const network = networkOf();
  const weights = randomWeights(network);
  const controller = networkController(network, weights, 1);
  const act = (observation: Float64Array) => {
    const actions = new Float64Array(2);
    controller.act(observation, actions);
    return [...actions];
  };
  const trial = () => {
    controller.reset(1);
    return observations.map(act);
  };
  assert.deepEqual(trial(), commands(network, weights, observations));
  assert.deepEqual(trial(), commands(network, weights, observations), "of a second trial");
  const [once, again] = [act(observations[0]), act(observations[0])];
  assert.notDeepEqual(once, again, "the same observation, another state");
});

Deno.test("every arm of a controller has a state of its own", () => {
  const network = networkOf();
  const weights = randomWeights(network);
  const trials = 3;
  const told = random(randomStream(1, "tests/recurrent/arms"), 2 * trials * 4);
  const batches = Array.from(
    { length: 4 },
    (_, t) => told.subarray(2 * trials * t, 2 * trials * (t + 1)),
  );
  const together = commands(network, weights, batches, trials);
  for (let arm = 0; arm < trials; arm++) {
    const own = (_: number, at: number) => at % trials === arm;
    const alone = commands(network, weights, batches.map((batch) => batch.filter(own)));
    assert.deepEqual(together.map((batch) => batch.filter(own)), alone);
  }
});

// ----------------------------------------------------------------------------------------- lesions

Deno.test("every lesion changes a trial, and each in its own way", () => {
  const network = networkOf({ units: 8 });
  const weights = randomWeights(network);
  const trial = (lesion: Lesion) => commands(network, weights, observations, 1, lesion);
  assert.equal(
    new Set(lesionNames.map((name) => trial(lesions[name]).join())).size,
    lesionNames.length,
  );
});

Deno.test("cutting the callosum leaves exactly the network without one", () => {
  const [callosal, bilateral] = [networkOf(), networkOf({ callosum: "none" })];
  const weights = randomWeights(callosal);
  const pairs = [["cc", "none"], ["cc-left", "high-left"], ["cc-right", "high-right"]] as const;
  for (const [cut, same] of pairs) {
    assert.deepEqual(
      commands(callosal, weights, observations, 1, lesions[cut]),
      commands(bilateral, weights, observations, 1, lesions[same]),
      cut,
    );
  }
});

Deno.test("a hemisphere without input is told nothing, but its state goes on", () => {
  const network = networkOf({ callosum: "none" });
  const weights = randomWeights(network);
  const right = (told: readonly Float64Array[]) =>
    rolledOut(network, weights, told, 1, lesions["high-right"]).map(({ hidden }) =>
      hidden.map((streams) => [...streams[1]])
    );
  const deaf = right(observations);
  assert.deepEqual(deaf, right(observations.map((x) => x.map((value) => -value))));
  assert.notDeepEqual(deaf[1], deaf[0]);
  assert.notDeepEqual(deaf[2], deaf[1]);
});

// ----------------------------------------------------------------------------- reverse pass in time

/** A linear functional of all that a trial computes. */
interface Functional {
  /** Of the commands of each step. */
  readonly output: readonly Float64Array[];
  /** Of the hidden activities of each step. */
  readonly hidden: readonly HiddenArrays[];
  readonly share: LossCotangent["share"];
}

const dot = (a: Float64Array, b: Float64Array) =>
  a.reduce((sum, value, i) => sum + value * b[i], 0);

function valueOf(
  network: MotorNetwork,
  weights: Float64Array,
  told: readonly Float64Array[],
  trials: number,
  { output, hidden }: Functional,
): number {
  return rolledOut(network, weights, told, trials).reduce(
    (sum, activity, t) =>
      activity.hidden.flat().reduce(
        (inner, units, i) => inner + dot(units, hidden[t].flat()[i]),
        sum + dot(activity.output, output[t]),
      ),
    0,
  );
}

/** The gradient that the functionals' shares make up, and their cotangents of the observations. */
function pulledBack(
  network: MotorNetwork,
  weights: Float64Array,
  told: readonly Float64Array[],
  trials: number,
  functionals: readonly Functional[],
): { gradient: Float64Array; inputs: Float64Array[][] } {
  const activities = rolledOut(network, weights, told, trials);
  const pass = new ReversePass(network, trials, functionals.length);
  const states = functionals.map(() => network.hiddenArrays(trials));
  const gradient = new Float64Array(network.layout.size);
  const inputs = functionals.map(() => told.map((x) => new Float64Array(x.length).fill(NaN)));
  for (let t = told.length - 1; t >= 0; t--) {
    const losses = functionals.map(({ output, hidden, share }, loss) => ({
      output: output[t].slice(),
      hidden: hidden[t],
      state: states[loss],
      input: inputs[loss][t],
      share,
    }));
    pass.run(weights, told[t], activities[t], losses, gradient, activities[t - 1]?.hidden);
  }
  return { gradient, inputs };
}

/** ∂value/∂x by central differences, x being changed in place and restored. */
function centralDifferences(x: Float64Array, value: () => number): Float64Array {
  const step = 1e-5;
  return x.map((centre, i) => {
    const at = (moved: number) => {
      x[i] = moved;
      return value();
    };
    const slope = (at(centre + step) - at(centre - step)) / (2 * step);
    x[i] = centre;
    return slope;
  });
}

function assertClose(actual: Float64Array, expected: Float64Array, what: string): void {
  const largest = Math.max(...expected.map(Math.abs));
  assert.ok(largest > 0, `${what} is all zeros`);
  actual.forEach((value, i) =>
    assert.ok(
      Math.abs(value - expected[i]) < 1e-7 * Math.max(1, largest),
      `${what} [${i}]: ${value}, central differences ${expected[i]}`,
    )
  );
}

const structures: readonly Partial<MotorNetworkConfig>[] = [
  { kind: "unilateral", units: 3, layers: 2 },
  { kind: "unilateral", units: 3, layers: 1, outputActivation: "tanh" },
  ...callosumNames.map((callosum) => ({ callosum, units: 6, layers: 2 })),
  { units: 4, layers: 3 },
];

/** What each of two losses trains: the hemispheres one each, the rest half of both. */
const routed = [0, 1].map((own): LossCotangent["share"] => (group) =>
  group === "shared" ? 0.5 : group === own ? 1 : 0.25
);

for (const structure of structures) {
  const words = Object.values(structure).join(", ");
  Deno.test(`over ten steps the reverse pass agrees with central differences (${words})`, () => {
    const [steps, trials] = [10, 2];
    const network = networkOf({ inputs: 3, ...structure });
    const stream = randomStream(3, `tests/recurrent/${words}`);
    const weights = random(stream, network.layout.size);
    const told = Array.from({ length: steps }, () => random(stream, 3 * trials));
    const functionals = routed.map((share): Functional => ({
      share,
      output: told.map(() => random(stream, 2 * trials)),
      hidden: told.map(() =>
        network.hiddenArrays(trials).map((layer) =>
          layer.map(({ length }) => random(stream, length))
        )
      ),
    }));
    const { gradient, inputs } = pulledBack(network, weights, told, trials, functionals);
    const expected = new Float64Array(weights.length);
    functionals.forEach((functional, loss) => {
      const value = () => valueOf(network, weights, told, trials, functional);
      const own = centralDifferences(weights, value);
      for (const { name, offset, size } of network.layout.tensors) {
        const at = network.streams.indexOf(name.split(".")[0]);
        const share = functional.share(at < 0 ? "shared" : at);
        for (let i = offset; i < offset + size; i++) expected[i] += share * own[i];
      }
      for (const t of [0, 4, 9]) {
        assertClose(inputs[loss][t], centralDifferences(told[t], value), `observation ${t}`);
      }
    });
    assertClose(gradient, expected, "weights");
  });
}

Deno.test("what comes from later steps is part of the gradient", () => {
  const network = networkOf();
  const weights = randomWeights(network);
  const zeros = () => network.hiddenArrays(1);
  const last: Functional = {
    share: () => 1,
    output: observations.map((_, t) => new Float64Array(2).fill(t === 2 ? 1 : 0)),
    hidden: observations.map(zeros),
  };
  const { inputs: [towardsInputs] } = pulledBack(network, weights, observations, 1, [last]);
  for (const towards of towardsInputs) assert.ok(towards.every((slope) => slope !== 0));
});
