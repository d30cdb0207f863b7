/** Convolutions and their gradients on the WASM backend, against TensorFlow.js's plain CPU kernels. */
import { throws } from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { readyBackend } from "../../../learners/nn/backend.ts";
import { randomStream } from "../../../sim/random.ts";
import { assertSameAsOnCpu, normal, pullBack } from "./against_cpu.ts";
import {
  attributesOf,
  outputShape,
  type RandomConvolution,
  randomConvolutions,
} from "./convolution_shapes.ts";

const forms = [{
  form: "dense",
  depthwise: false,
  layer: (x: tf.Tensor, filter: tf.Tensor, { strides, dilations, pad }: RandomConvolution) =>
    tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, strides, pad, "NHWC", dilations),
  forInput: tf.Conv2DBackpropInput,
  forFilter: tf.Conv2DBackpropFilter,
}, {
  form: "depthwise",
  depthwise: true,
  layer: (x: tf.Tensor, filter: tf.Tensor, { strides, dilations, pad }: RandomConvolution) =>
    tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, strides, pad, "NHWC", dilations),
  forInput: tf.DepthwiseConv2dNativeBackpropInput,
  forFilter: tf.DepthwiseConv2dNativeBackpropFilter,
}] as const;

for (const { form, depthwise, layer, forInput, forFilter } of forms) {
  const convolutions = randomConvolutions(randomStream(5, form), 24, depthwise ? 3 : 6);

  Deno.test(`${form} convolutions' gradients equal the CPU kernels'`, async () => {
    // Those of the CPU backend leave dilations out of account.
    for (const convolution of convolutions.filter(({ dilations: [a, b] }) => a * b === 1)) {
      const { input, filter } = convolution;
      const attributes = attributesOf(convolution);
      await assertSameAsOnCpu(() => {
        const x = normal(input, "x");
        const dy = normal(outputShape(convolution, depthwise), "dy");
        const engine = tf.engine();
        return [
          engine.runKernel<tf.Tensor>(forFilter, { x, dy }, { ...attributes, filterShape: filter }),
          engine.runKernel<tf.Tensor>(forInput, { dy, filter: normal(filter, "filter") }, {
            ...attributes,
            inputShape: input,
          }),
        ];
      }, JSON.stringify(convolution));
    }
  });

  Deno.test(`${form} convolutions and their derivatives are as on the CPU, dilated ones too`, async () => {
    for (const convolution of convolutions) {
      await assertSameAsOnCpu(() => {
        const inputs = [normal(convolution.input, "x"), normal(convolution.filter, "filter")];
        const compute = (x: tf.Tensor, filter: tf.Tensor) => layer(x, filter, convolution);
        return [compute(inputs[0], inputs[1]), ...pullBack(compute, inputs)];
      }, JSON.stringify(convolution));
    }
  });
}

Deno.test("the filter's gradient of many images is summed over all of them", async () => {
  // More outputs than are multiplied at once, and a last part that is smaller than the others.
  await assertSameAsOnCpu(() => {
    const inputs = [normal([19, 17, 17, 2], "x"), normal([3, 3, 2, 33], "filter")];
    return pullBack(
      (x, filter) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, "same"),
      inputs,
    );
  }, "many images");
});

Deno.test("a transposed convolution and its gradients equal the CPU's", async () => {
  for (const [stride, pad] of [[1, "same"], [2, "same"], [2, "valid"], [3, "valid"]] as const) {
    await assertSameAsOnCpu(() => {
      const layer = (x: tf.Tensor, filter: tf.Tensor) => {
        const extent = pad === "same" ? 5 * stride : 4 * stride + 3;
        const shape: [number, number, number, number] = [2, extent, extent, 4];
        return tf.conv2dTranspose(x as tf.Tensor4D, filter as tf.Tensor4D, shape, stride, pad);
      };
      const inputs = [normal([2, 5, 5, 3], "x"), normal([3, 3, 4, 3], "filter")];
      return [layer(inputs[0], inputs[1]), ...pullBack(layer, inputs)];
    }, `stride ${stride}, ${pad}`);
  }
});

Deno.test("images laid out channels first are refused by name", async () => {
  await readyBackend("wasm");
  tf.tidy(() =>
    throws(() =>
      tf.engine().runKernel(tf.Conv2DBackpropFilter, {
        x: normal([1, 2, 5, 5], "x"),
        dy: normal([1, 3, 5, 5], "dy"),
      }, { strides: 1, pad: "same", dataFormat: "NCHW", filterShape: [3, 3, 2, 3] }), {
      name: "RangeError",
      message: /NHWC only, not NCHW/,
    })
  );
});
