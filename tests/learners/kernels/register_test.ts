/** Registering the project's kernels and gradients. */
import { deepStrictEqual, notStrictEqual, ok } from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { readyBackend } from "../../../learners/nn/backend.ts";
import { registerGradients, registerWasmKernels } from "../../../learners/nn/kernels/register.ts";

const kernelsOfWasm = () =>
  new Map(tf.getKernelsForBackend("wasm").map((kernel) => [kernel.kernelName, kernel.kernelFunc]));

const brought = kernelsOfWasm();

Deno.test("readying wasm registers what TensorFlow.js lacks and replaces what it does slowly", async () => {
  await readyBackend("wasm", { openBlas: false });
  const now = kernelsOfWasm();
  const added = [...now.keys()].filter((name) => !brought.has(name));
  deepStrictEqual(added.toSorted(), [
    "AdamUpdate",
    "BatchNormByBatch",
    "BatchNormByBatchGrad",
    "Conv2DBackpropFilter",
    "DepthwiseConv2dNativeBackpropFilter",
    "DepthwiseConv2dNativeBackpropInput",
    "Einsum",
    "MomentumUpdate",
    "ReluGrad",
    "UnsortedSegmentSum",
  ]);
  for (
    const replaced of [
      "AvgPoolGrad",
      "BatchMatMul",
      "Conv2D",
      "Conv2DBackpropInput",
      "GatherV2",
      "Identity",
      "Maximum",
      "PadV2",
      "Slice",
      "Sum",
    ]
  ) {
    notStrictEqual(now.get(replaced), brought.get(replaced), replaced);
  }
  ok([...brought.keys()].every((name) => now.has(name)));
});

Deno.test("registering again changes nothing", async () => {
  await readyBackend("wasm", { openBlas: false });
  const [kernels, gradient] = [kernelsOfWasm(), tf.getGradient("Conv2D")];
  registerWasmKernels();
  registerGradients();
  deepStrictEqual(kernelsOfWasm(), kernels);
  deepStrictEqual(tf.getGradient("Conv2D"), gradient);
});
