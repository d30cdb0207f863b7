/** The method: descents and networks, what they result in, interrupted jobs, backends, and the claim. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import type { Outcomes } from "../../../learners/method.ts";
import { readyBackend } from "../../../learners/nn/backend.ts";
import { isJudged } from "../../../learners/outcomes.ts";
import { measuredSchema } from "../../../learners/theory/collapse_geometry.ts";
import { CollapseNetwork } from "../../../learners/theory/collapse_network.ts";
import { firstOfEachClass } from "../../../learners/theory/collapse_pictures.ts";
import { neuralCollapse } from "../../../learners/theory/neural_collapse.ts";
import { randomStream } from "../../../sim/random.ts";
import { smokeJob } from "../compression/support.ts";

await readyBackend("wasm");

const job = (variant: string, changes: Readonly<Record<string, unknown>> = {}) =>
  smokeJob(neuralCollapse, variant, { changes });

Deno.test("descent finds the closed form: loss, frame and lengths, and equal lengths are not it", async () => {
  const { result: { metrics, series } } = await job("frame-1", { steps: 6000 });
  ok(metrics["loss above the minimum"] < 1e-8 && metrics["loss above the minimum"] > -1e-12);
  ok(metrics["NC1"] < 1e-10);
  for (const name of ["NC2-W", "NC2-H", "NC3-WH", "NC3-dual"]) ok(metrics[name] < 1e-3, name);
  ok(Math.abs(metrics["NC2-W to equal lengths"] - 0.299) < 1e-3);
  ok(Math.abs(metrics["NC2-H to equal lengths"] - 0.252) < 1e-3);
  const expected = [[3.7339, 3.1305, 2.6213, 2.6213], [0.264, 0.313, 0.3707, 0.3707]];
  ["rows found", "means found"].forEach((name, i) =>
    series![name].y.forEach((length, k) => ok(Math.abs(length - expected[i][k]) < 1e-4))
  );
  // Turned into the predicted frame, each mean lies along its own axis.
  series!["means in the frame"].y.forEach((value, i) => {
    const length = i % 5 === 0 ? series!["means found"].y[i / 5] : 0;
    ok(Math.abs(value - length) < 1e-6, `[${i}] ${value} is not ${length}`);
  });
});

Deno.test("with a bias descent finds a simplex whose lengths are the predicted ones", async () => {
  const { result: { metrics, series } } = await job("balanced-bias-1", { steps: 6000 });
  ok(Math.max(metrics["NC2-W"], metrics["NC2-H"], metrics["NC3-WH"]) < 1e-6);
  for (const kind of ["rows", "means"]) {
    series![`${kind} found`].y.forEach((length, k) =>
      ok(Math.abs(length - series![`${kind} predicted`].y[k]) < 1e-6)
    );
  }
});

Deno.test("a dead class in a worse minimum looks collapsed to NC1, and its loss gives it away", async () => {
  const { result: trapped } = await job("minority-2-small-start", { steps: 4000 });
  ok(trapped.metrics["NC1"] < 1e-10);
  ok(trapped.metrics["loss above the minimum"] > 0.01);
  const { result: best } = await job("minority-2", { steps: 4000, starts: 16 });
  ok(best.metrics["loss above the minimum"] < 1e-6);
  const [rows, predicted] = [best.series!["rows found"].y, best.series!["rows predicted"].y];
  deepStrictEqual(predicted.map((length) => length === 0), [false, false, false, true]);
  rows.forEach((length, k) => ok(Math.abs(length - predicted[k]) < 1e-3));
});

Deno.test("one layer erases the rarest class below the threshold, and continuously", async () => {
  const { result: { metrics, series } } = await job("sweep-1", { steps: 4000 });
  strictEqual(metrics["sizes judged wrongly"], 0);
  const { x, y } = series!["length found"];
  x.forEach((size, i) => {
    if (size <= 20) ok(y[i] < 0.01, `${size}: ${y[i]}`);
    else ok(Math.abs(y[i] - series!["length predicted"].y[i]) < 1e-3);
  });
});

Deno.test("two layers have both minima, and the deeper one switches at the threshold", async () => {
  const { result: { metrics, series } } = await job("sweep-2", { steps: 2500 });
  strictEqual(metrics["sizes judged wrongly"], 0);
  ok(metrics["shortest surviving length"] > 1.9);
  const at = (name: string, size: number) => series![name].y[series![name].x.indexOf(size)];
  const [living, dead] = ["with", "without"].map((side) => `loss above the minimum, ${side}`);
  ok(at(living, 25) > 1e-3 && at(dead, 25) < 1e-6);
  ok(at(living, 30) < 1e-6 && at(dead, 30) > 1e-4);
});

const plan = { inputs: 7, units: 6, reluLayers: 2, linearLayers: 2, classes: 3 };
const stream = (name: string) => randomStream(5, name);

Deno.test("the loss decays head and features only, is not weighted, and has no bias to decay", () => {
  const network = new CollapseNetwork({ ...plan, bias: false, batchNorm: false }, stream);
  ok(
    !Object.keys(network.variables).some((name) =>
      name.startsWith("head") && name.endsWith("bias")
    ),
  );
  const X = tf.randomNormal<tf.Rank.R2>([8, 7], 0, 1, "float32", 1);
  const Y = tf.tensor2d([0, 0, 0, 0, 0, 1, 1, 2].map((k) => [0, 1, 2].map((j) => j === k ? 1 : 0)));
  const squares = (values: ArrayLike<number>) =>
    Array.from(values).reduce((sum, v) => sum + v * v, 0);
  const { features, scores } = network.pass(X, true);
  const error = squares(tf.sub(scores, Y).dataSync()) / (2 * 8);
  const head = ["head.1", "head.2"].reduce(
    (sum, name) => sum + squares(network.variables[name].dataSync()),
    0,
  );
  const backbone = ["hidden.1.weights", "hidden.2.weights", "features.weights"].reduce(
    (sum, name) => sum + squares(network.variables[name].dataSync()),
    0,
  );
  const loss = (decay: { weights: number; features: number; backbone: boolean }) =>
    network.loss(X, Y, decay).dataSync()[0];
  const close = (a: number, b: number) => ok(Math.abs(a - b) < 1e-5 * Math.abs(b), `${a}, ${b}`);
  close(
    loss({ weights: 0.3, features: 0.2, backbone: false }),
    error + 0.15 * head + 0.1 * squares(features.dataSync()),
  );
  close(
    loss({ weights: 0.3, features: 0, backbone: true }),
    error + 0.15 * (head + backbone),
  );
  // P h are the scores, and the head starts orthogonal.
  const P = network.product();
  const product = tf.matMul(features, P, false, true).dataSync();
  scores.dataSync().forEach((score, i) => ok(Math.abs(score - product[i]) < 1e-5));
  close(tf.norm(tf.matMul(P, P, false, true)).dataSync()[0], Math.sqrt(3));
  network.dispose();
  tf.dispose([X, Y, features, scores, P]);
});

Deno.test("a network's collapse is the model's: NC1 falls, and the general frame comes nearer", async () => {
  const changes = { units: 32, epochs: 700, testImages: 20 };
  const { result: { metrics } } = await job("left-hemisphere", changes);
  ok(metrics["fall of NC1 since epoch 50"] > 10, JSON.stringify(metrics));
  ok(metrics["NC2-W"] < metrics["NC2-W to equal lengths"] - 0.05);
  strictEqual(metrics["predicted length of the rarest class"], 0);
  strictEqual(metrics["training accuracy of the rarest class"], 0);
});

for (
  const [variant, changes] of [
    ["frame-1", { steps: 2500 }],
    ["minority-2", { steps: 1500, starts: 3 }],
    ["network-balanced-bias-1", { epochs: 300, units: 10, reluLayers: 1, testImages: 10 }],
  ] as const
) {
  Deno.test(`${variant} goes on from a snapshot to the bit-equal result`, async () => {
    const undisturbed = await job(variant, changes);
    const [from] = undisturbed.snapshots;
    ok(from.step > 0 && from.step < undisturbed.progress.at(-1)!.step);
    // As it comes back from where it was kept.
    const kept = { ...from, values: JSON.parse(JSON.stringify(from.values)) };
    const resumed = await smokeJob(neuralCollapse, variant, { changes, from: kept });
    deepStrictEqual(resumed.result, undisturbed.result);
    deepStrictEqual(resumed.snapshots, undisturbed.snapshots.slice(1));
    deepStrictEqual(
      resumed.progress,
      undisturbed.progress.filter(({ step }) => step > from.step),
    );
  });
}

Deno.test("what JSON cannot hold comes back as unknown", () => {
  const metrics = { withinClass: NaN, rows: 1, means: 1, product: 1, duality: 0 };
  const measured = {
    steps: 0,
    loss: 1,
    predicted: metrics,
    equalLengths: metrics,
    rows: [0],
    means: [0],
    meansInFrame: [0],
  };
  const back = measuredSchema.parse(JSON.parse(JSON.stringify(measured)));
  deepStrictEqual(back, measuredSchema.parse(measured));
  ok(Number.isNaN(back.predicted.withinClass));
});

Deno.test("the first images of each class are taken in their order, and too few are refused", () => {
  const set = {
    name: "numbers",
    count: 5,
    height: 1,
    width: 1,
    channels: 1 as const,
    images: Float32Array.of(0.1, 0.2, 0.3, 0.4, 0.5),
    labels: Int32Array.of(1, 0, 1, 1, 0),
    classNames: ["a", "b"],
  };
  const { images, labels, count } = firstOfEachClass(set, [1, 2]);
  deepStrictEqual([...images], [0.1, 0.2, 0.3].map(Math.fround));
  deepStrictEqual([...labels], [1, 0, 1]);
  strictEqual(count, 3);
  let message = "";
  try {
    firstOfEachClass(set, [3, 1]);
  } catch (error) {
    message = String(error);
  }
  strictEqual(message, "RangeError: numbers has 2 images of class 0, not 3");
});

/** Results as the paper's authors would like them. */
const good: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  "frame-1": {
    "loss above the minimum": 1e-8,
    "NC2-W": 1e-4,
    "NC2-H": 1e-4,
    "NC3-WH": 1e-4,
    "NC3-dual": 1e-4,
    "NC2-W to equal lengths": 0.3,
    "NC2-H to equal lengths": 0.26,
  },
  "sweep-2": {
    "sizes judged wrongly": 0,
    "largest loss above the minimum": 1e-8,
    "shortest surviving length": 2,
  },
  "network-1": {
    "fall of NC1 since epoch 50": 300,
    "NC2-W": 0.05,
    "NC2-H": 0.05,
    "NC2-W to equal lengths": 0.3,
    "NC2-H to equal lengths": 0.3,
  },
  "network-1-untrained": { "NC2-H": 1 },
  "network-1-all-decayed": { "NC2-H": 0.7 },
  "network-balanced-bias-1": { "NC2-W": 0.05, "NC2-H": 0.05 },
  "left-hemisphere": {
    "length of the rarest class": 0.05,
    "training accuracy of the rarest class": 0,
  },
  "left-hemisphere-safe": { "training accuracy of the rarest class": 1 },
};

function outcomesOf(of: typeof good): Outcomes {
  return Object.fromEntries(
    Object.entries(of).map(([variant, metrics]) => [variant, [{ seed: 0, result: { metrics } }]]),
  );
}

Deno.test("the claim holds for good results, and each part fails by what it speaks of", () => {
  ok(neuralCollapse.claim(outcomesOf(good)).holds);
  const failing: [number, string, string, number][] = [
    [0, "frame-1", "loss above the minimum", 2e-4],
    [1, "frame-1", "NC3-dual", 0.02],
    // Found against equal lengths just as near: then it is no general frame.
    [1, "frame-1", "NC2-H to equal lengths", 0.1],
    [2, "sweep-2", "sizes judged wrongly", 1],
    [2, "sweep-2", "largest loss above the minimum", 1e-3],
    [3, "sweep-2", "shortest surviving length", 0.5],
    [4, "network-1", "fall of NC1 since epoch 50", 50],
    [4, "network-1", "NC2-W", 0.2],
    [4, "network-1", "NC2-H to equal lengths", 0.08],
    [5, "network-1-all-decayed", "NC2-H", 0.06],
    [6, "network-balanced-bias-1", "NC2-W", 0.2],
    [7, "left-hemisphere", "length of the rarest class", 0.2],
    [7, "left-hemisphere-safe", "training accuracy of the rarest class", 0.5],
  ];
  for (const [part, variant, metric, value] of failing) {
    const changed = { ...good, [variant]: { ...good[variant], [metric]: value } };
    const { holds, parts } = neuralCollapse.claim(outcomesOf(changed));
    deepStrictEqual(
      parts.map((each) => each.holds),
      parts.map((_, i) => i !== part),
      `${variant} ${metric}`,
    );
    strictEqual(holds, false);
  }
  strictEqual(isJudged(neuralCollapse.claim({})), false);
  deepStrictEqual([neuralCollapse.figures({}), neuralCollapse.tables!({})], [[], []]);
});

Deno.test("the smoke profile runs on cpu and wasm to the same numbers, and is drawn", async () => {
  const { variants } = neuralCollapse.profiles.smoke;
  const outcomes: Record<string, Outcomes[string]> = {};
  for (const variant of variants) {
    outcomes[variant] = [{ seed: 0, result: (await job(variant)).result }];
  }
  await readyBackend("cpu");
  for (const variant of ["network-balanced-bias-1"]) {
    const { result } = await job(variant);
    for (const name of ["loss", "NC2-W", "NC2-H"]) {
      const [cpu, wasm] = [result.metrics[name], outcomes[variant][0].result.metrics[name]];
      ok(Math.abs(cpu - wasm) < 2e-3, `${variant}: ${name} is ${cpu} and ${wasm}`);
    }
  }
  await readyBackend("wasm");
  const titles = neuralCollapse.figures(outcomes).map(({ title }) => title);
  strictEqual(titles.length, new Set(titles).size);
  for (const title of ["When a class is erased", "Collapse of networks", "Which frame?"]) {
    ok(titles.includes(title), title);
  }
  strictEqual(neuralCollapse.tables!(outcomes)[0].rows.length, variants.length - 1);
});

Deno.test("a network's job leaves no tensors behind but those of its optimiser", async () => {
  const left = async (variant: string) => {
    const before = tf.memory().numTensors;
    await job(variant, { epochs: 2, units: 10, testImages: 10 });
    return tf.memory().numTensors - before;
  };
  const first = await left("network-1");
  strictEqual(await left("network-balanced-bias-1"), first);
  ok(first <= 1, `${first} tensors`);
});
