/** The residual network of binary convolutions. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { readyBackend } from "../../../learners/nn/backend.ts";
import { binariser, type BinaryPath, real } from "../../../learners/nn/binary/binary_conv.ts";
import {
  binaryResidualNet,
  binaryResidualParameters,
  forwardMultiplyAdds,
  latentKernels,
  residualLayers,
} from "../../../learners/nn/binary/binary_residual_net.ts";
import { powerFamily, straightThrough } from "../../../learners/nn/binary/estimators.ts";
import { heNormal, readTensors } from "../../../learners/nn/variables.ts";
import { randomStream } from "../../../sim/random.ts";
import { numbersOf } from "./support.ts";

await readyBackend("wasm");

const form = {
  height: 16,
  width: 16,
  channels: 1,
  classes: 8,
  ...residualLayers["bnn-16"],
  hardtanh: false,
};
const stream = (name: string) => randomStream(2, name);
const path: BinaryPath = {
  weights: binariser(straightThrough()),
  activations: binariser(straightThrough()),
  scale: "layer",
};
const images = () => heNormal([3, 16, 16, 1], 2, stream("images")) as tf.Tensor4D;
const evaluation = { training: false, progress: 1 };

Deno.test("the desk's net has 0.53 million multiply-adds and four binary kernels", () => {
  strictEqual(forwardMultiplyAdds(form), 525_568);
  const { variables } = binaryResidualParameters(form, "layer", stream);
  const shapes = Object.values(latentKernels(variables)).map(({ shape }) => shape.join("×"));
  deepStrictEqual(shapes, ["3×3×16×16", "3×3×16×16", "3×3×16×32", "3×3×32×32"]);
});

Deno.test("ResNet-20 has 18 binary convolutions and 0.27 million parameters", () => {
  const layers = { ...form, height: 32, width: 32, channels: 3, classes: 10 };
  const resNet = { ...layers, ...residualLayers["resnet-20"] };
  const { variables } = binaryResidualParameters(resNet, "layer", stream);
  strictEqual(Object.keys(latentKernels(variables)).length, 18);
  const count = Object.values(variables).reduce((sum, { size }) => sum + size, 0);
  ok(count > 265_000 && count < 275_000, `${count}`);
  const logits = binaryResidualNet(resNet, { variables, statistics: {} }, path);
  ok(logits);
});

Deno.test("parameters depend on the seed alone, not on the scale", async () => {
  const plain = await readTensors(binaryResidualParameters(form, "layer", stream).variables);
  const learned = await readTensors(binaryResidualParameters(form, "learned", stream).variables);
  for (const name of Object.keys(plain)) deepStrictEqual(plain[name], learned[name]);
  const alphas = Object.entries(learned).filter(([name]) => name.endsWith(".alpha"));
  strictEqual(alphas.length, 4);
  ok(alphas.every(([, { data }]) => data.every((value) => value >= 0 && value < 1)));
  const other = binaryResidualParameters(form, "layer", (name) => randomStream(3, name)).variables;
  ok((await readTensors(other))["stem.kernel"].data[0] !== plain["stem.kernel"].data[0]);
});

Deno.test("kernels are He-normal in their fan-in", async () => {
  const { variables } = binaryResidualParameters(form, "layer", stream);
  const { data, shape } = (await readTensors(variables))["convolution4.kernel"];
  const fanIn = shape[0] * shape[1] * shape[2];
  const variance = data.reduce((sum, value) => sum + value ** 2, 0) / data.length;
  ok(Math.abs(variance * fanIn / 2 - 1) < 0.05, `${variance * fanIn}`);
});

Deno.test("logits do not depend on the estimator's exponent, threshold or core", () => {
  const parameters = binaryResidualParameters(form, "layer", stream);
  const logits = (o: number, threshold: number, core: number | undefined) => {
    const estimator = binariser(powerFamily(() => o, { threshold, core }));
    const net = binaryResidualNet(form, parameters, {
      weights: estimator,
      activations: estimator,
      scale: "layer",
    });
    return numbersOf(net.logits(images(), evaluation));
  };
  const plain = logits(1, 1.5, 0.1);
  strictEqual(plain.length, 3 * 8);
  deepStrictEqual(logits(3, 1.5, 0.1), plain);
  deepStrictEqual(logits(10, Infinity, undefined), plain);
});

Deno.test("one set of parameters can be looked at through several binarisers", () => {
  const parameters = binaryResidualParameters(form, "layer", stream);
  const logits = (other: BinaryPath) =>
    numbersOf(binaryResidualNet(form, parameters, other).logits(images(), evaluation));
  const binary = logits(path);
  const realWeights = logits({ ...path, weights: real, scale: "none" });
  ok(binary.every((value, i) => value !== realWeights[i]));
});

Deno.test("with hardtanh no binary layer sees an activation beyond ±1, without it some do", () => {
  const largest = (hardtanh: boolean) => {
    let size = 0;
    const watch = (a: tf.Tensor) => {
      size = Math.max(size, numbersOf(tf.max(tf.abs(a)))[0]);
      return a;
    };
    const watched = { weights: path.weights, activations: watch, scale: "layer" } as const;
    const clipped = { ...form, hardtanh };
    const parameters = binaryResidualParameters(clipped, "layer", stream);
    binaryResidualNet(clipped, parameters, watched).logits(images(), {
      ...evaluation,
      training: true,
    });
    return size;
  };
  strictEqual(largest(true), 1);
  ok(largest(false) > 2);
});

Deno.test("training passes move every running average, evaluation none", async () => {
  const parameters = binaryResidualParameters(form, "layer", stream);
  const net = binaryResidualNet(form, parameters, path);
  const fresh = await readTensors(parameters.statistics);
  net.logits(images(), evaluation);
  deepStrictEqual(await readTensors(parameters.statistics), fresh);
  net.logits(images(), { training: true, progress: 0 });
  const moved = await readTensors(parameters.statistics);
  strictEqual(Object.keys(moved).length, 12);
  for (const name of Object.keys(moved)) {
    ok(moved[name].data.some((value, i) => value !== fresh[name].data[i]), name);
  }
});
