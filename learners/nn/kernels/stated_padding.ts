/**
 * Convolutions on the WASM backend that are told their padding in pixels. Told "same", TensorFlow.js's own
 * kernels give zeros alone where a stride exceeds the filter's extent: XNNPACK then takes no padding but
 * what it works out itself, and refuses.
 */
import * as tf from "@tensorflow/tfjs";
import { type ConvolutionAttributes, convolutionOf } from "./convolution_geometry.ts";
import { type KernelRequest, wasmKernel } from "./wasm_backend.ts";

type Request = KernelRequest<
  { readonly x: tf.TensorInfo; readonly filter: tf.TensorInfo },
  ConvolutionAttributes
>;

export const denseConvolutionFrom = withStatedPadding(false);
export const depthwiseConvolutionFrom = withStatedPadding(true);

function withStatedPadding(depthwise: boolean): (own: tf.KernelConfig) => tf.KernelConfig {
  return (own) => {
    const { kernelFunc } = wasmKernel(own.kernelName, ({ inputs, attrs, backend }: Request) => {
      const pad = attrs.pad === "same" ? stated(inputs, attrs, depthwise) : attrs.pad;
      const request = { inputs: { ...inputs }, backend, attrs: { ...attrs, pad } };
      return own.kernelFunc(request) as tf.TensorInfo;
    });
    return { ...own, kernelFunc };
  };
}

function stated(
  { x, filter }: Request["inputs"],
  attributes: ConvolutionAttributes,
  depthwise: boolean,
): tf.backend_util.ExplicitPadding {
  const { rows, columns } = convolutionOf(x.shape, filter.shape, attributes, depthwise);
  return [[0, 0], [rows.before, rows.behind], [columns.before, columns.behind], [0, 0]];
}
