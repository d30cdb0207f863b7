/**
 * The networks of Rinaldo et al. 2024 (arXiv 2401.14057): numbers of a net worked out independently,
 * lesions, reductions of one kind to another, and the reverse pass against central differences.
 */
import assert from "node:assert/strict";
import {
  callosa,
  type Callosum,
  type CallosumName,
  callosumNames,
  noKernel,
} from "../../controllers/callosum.ts";
import { intact, type Lesion, lesionNames, lesions } from "../../controllers/lesions.ts";
import { MotorNetwork } from "../../controllers/motor_network.ts";
import { type LossCotangent, ReversePass } from "../../controllers/reverse_pass.ts";
import { networkController } from "../../controllers/network_controller.ts";
import { adamState, adamUpdate, kerasAdam } from "../../learners/nn/adam.ts";
import { type RandomStream, randomStream } from "../../sim/random.ts";

const muscles = { inputs: 16, outputs: 6, outputActivation: "sigmoid" } as const;

type Kind = "unilateral" | "bilateral" | "callosal";

/** Three units a stream, two layers. */
function smallNetwork(kind: Kind): MotorNetwork {
  return new MotorNetwork({
    ...muscles,
    kind: kind === "unilateral" ? kind : "bilateral",
    units: kind === "unilateral" ? 3 : 6,
    layers: 2,
    callosum: kind === "callosal" ? "maxpool-pad" : "none",
  });
}

/** x_i = 0.1 i, one trial. */
const observation = Float64Array.from({ length: 16 }, (_, i) => 0.1 * i);

/** W_k[i, j] = 0.3 cos(i + 2j + 3k + 5s), W_o[i, j] = 0.3 cos(i + 2j + 7), biases 0, merge ½. */
function cosineWeights(
  network: MotorNetwork,
  phase = (stream: number) => 5 * stream,
): Float64Array {
  const weights = new Float64Array(network.layout.size);
  const { streams, merge, output } = network.tensors(weights);
  const fill = (kernel: Float64Array, columns: number, shift: number) => {
    for (let at = 0; at < kernel.length; at++) {
      const [i, j] = [Math.floor(at / columns), at % columns];
      kernel[at] = 0.3 * Math.cos(i + 2 * j + shift);
    }
  };
  streams.forEach((layers, s) =>
    layers.forEach(({ kernel }, k) => fill(kernel, network.width, 3 * k + phase(s)))
  );
  fill(output.kernel, network.config.outputs, 7);
  for (const weight of merge) weight[0] = 0.5;
  return weights;
}

function commands(network: MotorNetwork, weights: Float64Array, lesion: Lesion = intact): number[] {
  const activity = network.activity(1);
  network.forward(weights, observation, activity, 1, lesion);
  return [...activity.output];
}

/** Equal to all printed digits. */
function assertPrinted(actual: ArrayLike<number>, printed: string): void {
  const expected = printed.split(" ");
  const digits = expected[0].split(".")[1].length;
  assert.deepEqual(
    Array.from(actual, (value) => value.toFixed(digits)),
    expected.map((text) => Number(text).toFixed(digits)),
  );
}

Deno.test("the first hidden layers and what the callosum makes of them are those worked out", () => {
  const network = smallNetwork("callosal");
  const activity = network.activity(1);
  network.forward(cosineWeights(network), observation, activity, 1);
  const [left, right] = activity.hidden[0];
  assertPrinted(left, "0.039458 -0.424585 0.325491");
  assertPrinted(right, "0.439720 -0.278325 -0.229782");
  const sent = (from: Float64Array) => {
    const into = new Float64Array(3);
    callosa["maxpool-pad"].send(into, from, 3, 1, noKernel);
    return into;
  };
  assertPrinted(sent(right), "0.000000 0.000000 0.439720");
  assertPrinted(sent(left), "0.000000 0.000000 0.039458");
  const [toLeft, toRight] = activity.received[0];
  assert.deepEqual([...toLeft], [left[0], left[1], left[2] + right[0]]);
  assert.deepEqual([...toRight], [right[0], right[1], right[2] + left[0]]);
});

const printedCommands: Readonly<Record<Kind, string>> = {
  unilateral: ".51028381 .49607099 .49298536 .50976647 .49888550 .49116080",
  bilateral: ".50839340 .49941158 .49209621 .50716675 .50193919 .49121968",
  callosal: ".51254869 .49503431 .49158252 .51197005 .49845379 .48931620",
};

for (const kind of ["unilateral", "bilateral", "callosal"] as const) {
  Deno.test(`a ${kind} network gives the commands worked out`, () => {
    const network = smallNetwork(kind);
    assertPrinted(commands(network, cosineWeights(network)), printedCommands[kind]);
  });
}

Deno.test("cutting one hemisphere's output leaves the commands of the other one", () => {
  const [bilateral, callosal] = [smallNetwork("bilateral"), smallNetwork("callosal")];
  const weights = cosineWeights(bilateral);
  assertPrinted(
    commands(bilateral, weights, lesions["low-left"]),
    ".50325151 .50137612 .49560322 .50228337 .50249643 .49563894",
  );
  assertPrinted(
    commands(bilateral, weights, lesions["low-right"]),
    ".50514245 .49803547 .49649251 .50488370 .49944275 .49558006",
  );
  assertPrinted(
    commands(callosal, weights, lesions["low-right"]),
    ".50968432 .49362877 .49561760 .51001777 .49604375 .49327412",
  );
});

Deno.test("without callosum and biases, a hemisphere without input is one without output", () => {
  const network = smallNetwork("bilateral");
  const weights = cosineWeights(network);
  for (const side of ["left", "right"] as const) {
    assert.deepEqual(
      commands(network, weights, lesions[`high-${side}`]),
      commands(network, weights, lesions[`low-${side}`]),
    );
  }
});

Deno.test("a hemisphere without input still acts through its biases and over the callosum", () => {
  const network = smallNetwork("bilateral");
  const callosal = smallNetwork("callosal");
  const weights = cosineWeights(network);
  const low = lesions["low-right"];
  const high = lesions["high-right"];
  assert.notDeepEqual(commands(callosal, weights, high), commands(callosal, weights, low));
  network.tensors(weights).streams[1][0].bias[0] = 0.3;
  assert.notDeepEqual(commands(network, weights, high), commands(network, weights, low));
});

Deno.test("cutting the callosum leaves exactly the network without one, with every input lesion", () => {
  const [bilateral, callosal] = [smallNetwork("bilateral"), smallNetwork("callosal")];
  const weights = cosineWeights(bilateral);
  const pairs = [["cc", "none"], ["cc-left", "high-left"], ["cc-right", "high-right"]] as const;
  for (const [cut, same] of pairs) {
    assert.deepEqual(
      commands(callosal, weights, lesions[cut]),
      commands(bilateral, weights, lesions[same]),
      cut,
    );
    assert.notDeepEqual(
      commands(callosal, weights, lesions[cut]),
      commands(callosal, weights, lesions[same]),
      cut,
    );
  }
});

Deno.test("every lesion changes the commands of a callosal network, and each in its own way", () => {
  const network = smallNetwork("callosal");
  const weights = cosineWeights(network);
  const results = lesionNames.map((name) => commands(network, weights, lesions[name]).join());
  assert.equal(new Set(results).size, lesionNames.length);
});

Deno.test("a lesion belongs to one pass: the next one is intact again", () => {
  const network = smallNetwork("callosal");
  const weights = cosineWeights(network);
  const activity = network.activity(1);
  for (const name of lesionNames) {
    network.forward(weights, observation, activity, 1, lesions[name]);
    network.forward(weights, observation, activity, 1);
    assert.deepEqual([...activity.output], commands(network, weights), name);
  }
});

Deno.test("with merge weights 1 and 0 a bilateral network is its left hemisphere alone", () => {
  const [bilateral, unilateral] = [smallNetwork("bilateral"), smallNetwork("unilateral")];
  const weights = cosineWeights(bilateral);
  const { merge } = bilateral.tensors(weights);
  [merge[0][0], merge[1][0]] = [1, 0];
  assert.deepEqual(
    commands(bilateral, weights),
    commands(unilateral, cosineWeights(unilateral)),
  );
});

Deno.test("two equal hemispheres merged by halves are one network of half the units", () => {
  const [bilateral, unilateral] = [smallNetwork("bilateral"), smallNetwork("unilateral")];
  assert.deepEqual(
    commands(bilateral, cosineWeights(bilateral, () => 0)),
    commands(unilateral, cosineWeights(unilateral)),
  );
});

for (const callosum of callosumNames) {
  Deno.test(`swapping the hemispheres with their merge weights changes nothing (${callosum})`, () => {
    const network = new MotorNetwork({
      ...muscles,
      kind: "bilateral",
      units: 10,
      layers: 3,
      callosum,
    });
    const weights = network.initialWeights(1);
    const { merge } = network.tensors(weights);
    [merge[0][0], merge[1][0]] = [0.9, 0.3];
    const swapped = weights.slice();
    const [from, into] = [network.tensors(weights), network.tensors(swapped)];
    for (const s of [0, 1]) {
      into.merge[s].set(from.merge[1 - s]);
      into.callosum.forEach((kernels, k) => kernels[s].set(from.callosum[k][1 - s]));
      into.streams[s].forEach(({ kernel, bias }, k) => {
        kernel.set(from.streams[1 - s][k].kernel);
        bias.set(from.streams[1 - s][k].bias);
      });
    }
    assert.notDeepEqual(weights, swapped);
    const [original, exchanged] = [commands(network, weights), commands(network, swapped)];
    // Only the order in which the merge adds up the two differs.
    original.forEach((command, m) => assert.ok(Math.abs(command - exchanged[m]) < 1e-15));
  });
}

Deno.test("the numbers of parameters are those of the paper's code", () => {
  const parameters = (kind: "unilateral" | "bilateral", units: number, callosum: CallosumName) =>
    new MotorNetwork({ ...muscles, kind, units, layers: 2, callosum }).layout.size;
  const counts = [[10, 346, 268], [20, 886, 628], [32, 1798, 1192], [64, 5638, 3400]];
  for (const [units, unilateral, bilateral] of counts) {
    assert.equal(parameters("unilateral", units, "none"), unilateral);
    for (const callosum of callosumNames) {
      // One that learns, which is not the paper's, has a matrix for each direction.
      const learned = callosum === "learned-linear" ? 2 * (units / 2) ** 2 : 0;
      assert.equal(parameters("bilateral", units, callosum), bilateral + learned, callosum);
    }
  }
});

Deno.test("initial weights are Glorot's with biases 0 and merge weights ½", () => {
  const network = smallNetwork("callosal");
  const { streams, merge, output } = network.tensors(network.initialWeights(1));
  for (const { kernel, bias } of [...streams.flat(), output]) {
    const limit = Math.sqrt(6 / (kernel.length / bias.length + bias.length));
    assert.ok(kernel.every((weight) => weight !== 0 && Math.abs(weight) <= limit));
    assert.ok(bias.every((value) => value === 0));
  }
  assert.deepEqual(merge.map(([weight]) => weight), [0.5, 0.5]);
});

Deno.test("a merge weight pushed below 0 is stored as 0 and can grow again", () => {
  const network = smallNetwork("bilateral");
  const weights = cosineWeights(network);
  const { merge, output } = network.tensors(weights);
  merge[0][0] = -0.1;
  output.bias[0] = -0.1;
  network.project(weights);
  assert.deepEqual(network.mergeWeights(weights), [0, 0.5]);
  assert.equal(output.bias[0], -0.1, "other parameters are not constrained");

  // A loss that falls as the weight grows.
  const gradient = new Float64Array(network.layout.size);
  network.tensors(gradient).merge[0][0] = -1;
  adamUpdate(network.layout, weights, gradient, adamState(weights.length), kerasAdam);
  network.project(weights);
  assert.ok(network.mergeWeights(weights)[0] > 5e-4, "grows by about a learning rate");
});

Deno.test("a merge weight of 0 still has a gradient", () => {
  const network = smallNetwork("bilateral");
  const weights = cosineWeights(network);
  network.tensors(weights).merge[0][0] = 0;
  const { gradient } = pulledBack(network, weights, observation, 1, [everyUnitOfOutput(network)]);
  assert.notEqual(network.tensors(gradient).merge[0][0], 0);
});

Deno.test("a network without a unit in each stream, or without a layer, is refused by its number", () => {
  const base = { ...muscles, kind: "bilateral", units: 4, layers: 2, callosum: "none" } as const;
  assert.throws(() => new MotorNetwork({ ...base, units: 1 }), /1 units are too few/);
  assert.throws(() => new MotorNetwork({ ...base, units: 4.5 }), RangeError);
  assert.throws(() => new MotorNetwork({ ...base, layers: 0 }), /network of 0 hidden layers/);
  assert.equal(new MotorNetwork({ ...base, units: 5 }).width, 2, "an odd unit is left out");
});

Deno.test("the trials of a batch do not disturb each other", () => {
  const trials = 3;
  const network = smallNetwork("callosal");
  const weights = network.initialWeights(2);
  const batch = random(randomStream(1, "tests/batch"), network.config.inputs * trials);
  const all = new Float64Array(network.config.outputs * trials);
  networkController(network, weights, trials).act(batch, all);
  for (let trial = 0; trial < trials; trial++) {
    const own = (_: number, at: number) => at % trials === trial;
    const alone = new Float64Array(network.config.outputs);
    networkController(network, weights, 1).act(batch.filter(own), alone);
    assert.deepEqual(all.filter(own), alone);
  }
});

Deno.test("a network's controller follows weights that change, and refuses other numbers of arms", () => {
  const network = smallNetwork("callosal");
  const weights = cosineWeights(network);
  const controller = networkController(network, weights, 1);
  const actions = new Float64Array(6);
  controller.act(observation, actions);
  assert.deepEqual([...actions], commands(network, weights));
  weights.fill(0);
  controller.act(observation, actions);
  assert.deepEqual(actions, new Float64Array(6).fill(0.5));
  assert.throws(() => controller.reset(2), /made for 1 arms, 2 were asked for/);
});

// ---------------------------------------------------------------------------------------- callosum

const random = (stream: RandomStream, size: number) =>
  Float64Array.from({ length: size }, () => stream.uniform(-1, 1));

const dot = (a: Float64Array, b: Float64Array) =>
  a.reduce((sum, value, i) => sum + value * b[i], 0);

Deno.test("the callosum of five units sends two maxima to the last places", () => {
  const into = new Float64Array(5);
  callosa["maxpool-pad"].send(into, Float64Array.of(1, 2, -4, -3, 9), 5, 1, noKernel);
  assert.deepEqual(into, Float64Array.of(0, 0, 0, 2, -3));
});

Deno.test("of two equal units the first one gets the callosum's gradient", () => {
  const into = new Float64Array(2);
  const [cotangent, from] = [Float64Array.of(7, 3), Float64Array.of(1, 1)];
  callosa["maxpool-pad"].pullBack(into, cotangent, from, 2, 1, noKernel);
  assert.deepEqual(into, Float64Array.of(3, 0));
});

for (const name of callosumNames) {
  const callosum: Callosum | undefined = callosa[name];
  if (!callosum) continue;
  for (const units of [1, 2, 5, 8]) {
    Deno.test(`⟨κ'(h) d, c⟩ = ⟨d, κ'(h)ᵀ c⟩ for ${name} of ${units} units`, () => {
      const trials = 3;
      const stream = randomStream(1, `tests/callosum/${name}/${units}`);
      const [h, direction, cotangent] = [0, 1, 2].map(() => random(stream, units * trials));
      const kernel = callosum.learned ? random(stream, units * units) : noKernel;
      const sent = (step: number) => {
        const into = new Float64Array(units * trials);
        const from = h.map((value, i) => value + step * direction[i]);
        callosum.send(into, from, units, trials, kernel);
        return into;
      };
      // κ is piecewise linear: the difference is exact unless a maximum changes hands within the step.
      const step = 1e-5;
      const [ahead, behind] = [sent(step), sent(-step)];
      const pushed = ahead.map((value, i) => (value - behind[i]) / (2 * step));
      const pulled = new Float64Array(units * trials);
      callosum.pullBack(pulled, cotangent, h, units, trials, kernel);
      const [forward, backward] = [dot(pushed, cotangent), dot(direction, pulled)];
      assert.ok(Math.abs(forward - backward) < 1e-9, `${forward} ≠ ${backward}`);
      assert.equal(forward === 0, units === 1 && name === "maxpool-pad");
    });
  }
}

// ------------------------------------------------------------------------------------ reverse pass

/** A linear functional of everything that a network computes: its gradient is its cotangent. */
interface Functional {
  readonly output: Float64Array;
  readonly hidden?: Float64Array[][];
  readonly share: LossCotangent["share"];
}

const everyUnitOfOutput = (network: MotorNetwork): Functional => ({
  output: new Float64Array(network.config.outputs).fill(1),
  share: () => 1,
});

/** The reverse pass of `functionals`: the combined gradient, and each one's cotangent of the input. */
function pulledBack(
  network: MotorNetwork,
  weights: Float64Array,
  input: Float64Array,
  trials: number,
  functionals: readonly Functional[],
  pulledThrough = weights,
): { gradient: Float64Array; inputs: Float64Array[] } {
  const activity = network.activity(trials);
  network.forward(weights, input, activity, trials);
  const losses = functionals.map(({ output, hidden, share }) => ({
    output: output.slice(),
    hidden,
    input: new Float64Array(input.length).fill(NaN),
    share,
  }));
  const gradient = new Float64Array(network.layout.size);
  new ReversePass(network, trials, losses.length)
    .run(pulledThrough, input, activity, losses, gradient);
  return { gradient, inputs: losses.map((loss) => loss.input) };
}

function valueOf(
  network: MotorNetwork,
  weights: Float64Array,
  input: Float64Array,
  trials: number,
  { output, hidden }: Functional,
): number {
  const activity = network.activity(trials);
  network.forward(weights, input, activity, trials);
  const inside =
    hidden?.flatMap((streams, k) =>
      streams.map((cotangent, s) => dot(cotangent, activity.hidden[k][s]))
    ) ?? [];
  return dot(output, activity.output) + inside.reduce((sum, value) => sum + value, 0);
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
      Math.abs(value - expected[i]) < 1e-8 * Math.max(1, largest),
      `${what} [${i}]: ${value}, central differences ${expected[i]}`,
    )
  );
}

/** How much each parameter takes of a loss: the share of its tensor's group. */
function sharesOf(network: MotorNetwork, share: LossCotangent["share"]): Float64Array {
  const shares = new Float64Array(network.layout.size);
  const { streams, callosum, merge, output } = network.tensors(shares);
  streams.forEach((layers, s) =>
    layers.forEach(({ kernel, bias }) => [kernel, bias].forEach((part) => part.fill(share(s))))
  );
  for (const part of [...callosum.flat(), ...merge, output.kernel, output.bias]) {
    part.fill(share("shared"));
  }
  return shares;
}

const structures = [
  { kind: "unilateral", units: 5, callosum: "none" },
  ...callosumNames.map((callosum) => ({ kind: "bilateral", units: 10, callosum } as const)),
] as const;

const routed: LossCotangent["share"][] = [
  (group) => group === "shared" ? 0.5 : group === 0 ? 1 : 0,
  (group) => group === "shared" ? 0.5 : group === 1 ? 1 : 0,
];

const routings: Readonly<Record<string, LossCotangent["share"][]>> = {
  "one loss": [() => 1],
  "two losses, routed": routed,
  "two losses, mixed": [(group) => group === 0 ? 0.3 : 0.7, (group) => group === 1 ? -0.4 : 2],
};

for (const { kind, units, callosum } of structures) {
  for (const outputActivation of ["sigmoid", "tanh"] as const) {
    const name = kind === "unilateral" ? kind : `${kind}, callosum ${callosum}`;
    Deno.test(`the reverse pass agrees with central differences (${name}, ${outputActivation})`, () => {
      for (const layers of [1, 2, 3]) {
        const network = new MotorNetwork({
          kind,
          units,
          layers,
          callosum,
          outputActivation,
          inputs: 4,
          outputs: 3,
        });
        for (const [routing, shares] of Object.entries(routings)) {
          checkReversePass(network, shares, `${layers} layers, ${routing}`);
        }
      }
    });
  }
}

function checkReversePass(
  network: MotorNetwork,
  shares: readonly LossCotangent["share"][],
  what: string,
): void {
  const trials = 2;
  const stream = randomStream(3, `tests/reverse/${what}`);
  const weights = random(stream, network.layout.size);
  const input = random(stream, network.config.inputs * trials);
  const layer = () => random(stream, network.width * trials);
  const functionals = shares.map((share, loss): Functional => ({
    output: random(stream, network.config.outputs * trials),
    // The last of several losses has no part that depends on hidden activities.
    hidden: loss > 0 && loss === shares.length - 1
      ? undefined
      : Array.from({ length: network.config.layers }, () => network.streams.map(layer)),
    share,
  }));
  const { gradient, inputs } = pulledBack(network, weights, input, trials, functionals);
  const value = (functional: Functional) => () =>
    valueOf(network, weights, input, trials, functional);

  const expected = new Float64Array(weights.length);
  functionals.forEach((functional, loss) => {
    const own = centralDifferences(weights, value(functional));
    const share = sharesOf(network, functional.share);
    own.forEach((slope, i) => expected[i] += share[i] * slope);
    const towardsInput = centralDifferences(input, value(functional));
    assertClose(inputs[loss], towardsInput, `${what}: observation, loss ${loss}`);
  });
  assertClose(gradient, expected, `${what}: weights`);
}

Deno.test("the reverse pass adds to the gradient: steps of a roll-out accumulate", () => {
  const network = smallNetwork("callosal");
  const weights = cosineWeights(network);
  const once = pulledBack(network, weights, observation, 1, [everyUnitOfOutput(network)]).gradient;
  const activity = network.activity(1);
  network.forward(weights, observation, activity, 1);
  const gradient = new Float64Array(weights.length);
  const reverse = new ReversePass(network, 1, 1);
  for (let step = 0; step < 2; step++) {
    const loss = { ...everyUnitOfOutput(network), input: new Float64Array(16) };
    reverse.run(weights, observation, activity, [loss], gradient);
  }
  gradient.forEach((value, i) => assert.ok(Math.abs(value - 2 * once[i]) < 1e-15));
});

/**
 * The gradient of the commands with respect to the left hemisphere's first layer: in full, and with the
 * right hemisphere's second layer taken as constant (nothing is pulled back through its kernel).
 */
function leftGradients(kind: "bilateral" | "callosal"): { full: number[]; frozen: number[] } {
  const network = smallNetwork(kind);
  const weights = cosineWeights(network);
  const frozen = weights.slice();
  network.tensors(frozen).streams[1][1].kernel.fill(0);
  const gradients = [weights, frozen].map((pulledThrough) => {
    const loss = [everyUnitOfOutput(network)];
    const { gradient } = pulledBack(network, weights, observation, 1, loss, pulledThrough);
    return [...network.tensors(gradient).streams[0][0].kernel];
  });
  return { full: gradients[0], frozen: gradients[1] };
}

Deno.test("the left hemisphere's gradient also comes back over the callosum, and only over it", () => {
  const callosal = leftGradients("callosal");
  assert.notDeepEqual(callosal.full, callosal.frozen);
  const bilateral = leftGradients("bilateral");
  assert.ok(bilateral.full.some((slope) => slope !== 0));
  assert.deepEqual(bilateral.full, bilateral.frozen);
});
