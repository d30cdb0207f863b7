/**
 * Mean pooling pulled back on the WASM backend: every output's cotangent, divided by the window's size, is
 * added to each input of its window. TensorFlow.js's own kernel goes through windows input by input.
 */
import * as tf from "@tensorflow/tfjs";
import { address, type KernelRequest, runKernel, wasmKernel, zeros } from "./wasm_backend.ts";
import { bytesOf, i32 } from "../../../sim/webassembly/code.ts";
import { routine } from "./wasm_routine.ts";

type Request = KernelRequest<{ dy: tf.TensorInfo; input: tf.TensorInfo }, tf.AvgPoolGradAttrs>;

/** The backend's kernel for all but float32. */
export function averagePoolBackpropFrom(own: tf.KernelConfig): tf.KernelConfig {
  const { kernelFunc } = wasmKernel(tf.AvgPoolGrad, ({ inputs, attrs, backend }: Request) => {
    const { dy, input } = inputs;
    if (dy.dtype !== "float32") {
      return own.kernelFunc({
        inputs: { ...inputs },
        backend,
        attrs: { ...attrs },
      }) as tf.TensorInfo;
    }
    const shape = input.shape as [number, number, number, number];
    const pool = tf.backend_util.computePool2DInfo(
      shape,
      attrs.filterSize,
      attrs.strides,
      1,
      attrs.pad,
    );
    const { top, left } = pool.padInfo;
    const height = extent(pool.outHeight, pool.strideHeight, pool.filterHeight, top, pool.inHeight);
    const width = extent(pool.outWidth, pool.strideWidth, pool.filterWidth, left, pool.inWidth);
    const padded = zeros(backend, [pool.batchSize, height, width, pool.inChannels]);
    const pixel = pool.inChannels * Float32Array.BYTES_PER_ELEMENT;
    spread(backend, {
      from: address(backend, dy),
      into: address(backend, padded),
      images: pool.batchSize,
      imageStep: height * width * pixel,
      rows: pool.outHeight,
      rowStep: pool.strideHeight * width * pixel,
      columns: pool.outWidth,
      columnStep: pool.strideWidth * pixel,
      tapRows: pool.filterHeight,
      tapRowStep: width * pixel,
      taps: pool.filterWidth,
      tapStep: pixel,
      channels: pool.inChannels,
      share: 1 / (pool.filterHeight * pool.filterWidth),
    });
    if (tf.util.arraysEqual(padded.shape, shape)) return padded;
    const begin = [0, top, left, 0];
    const gradient = runKernel(backend, tf.Slice, { x: padded }, { begin, size: shape });
    backend.disposeData(padded.dataId);
    return gradient;
  });
  return { ...own, kernelFunc };
}

/** Of the axis on which all windows lie, and all inputs behind the padding. */
function extent(
  outputs: number,
  stride: number,
  window: number,
  before: number,
  inputs: number,
): number {
  return Math.max((outputs - 1) * stride + window, before + inputs);
}

/** Steps are in bytes. */
const spread = routine(
  {
    from: "i32",
    into: "i32",
    images: "i32",
    imageStep: "i32",
    rows: "i32",
    rowStep: "i32",
    columns: "i32",
    columnStep: "i32",
    tapRows: "i32",
    tapRowStep: "i32",
    taps: "i32",
    tapStep: "i32",
    channels: "i32",
    share: "f32",
  },
  (code, p) => {
    const source = code.variable(p.from);
    code.steps(p.into, p.images, p.imageStep, (image) => {
      code.steps(image, p.rows, p.rowStep, (row) => {
        code.steps(row, p.columns, p.columnStep, (column) => {
          code.steps(column, p.tapRows, p.tapRowStep, (tapRow) => {
            code.steps(tapRow, p.taps, p.tapStep, (target) => {
              code.forEach(p.channels, ({ load, all, add, mul }, offset) => {
                const place = code.keep(i32.add(target, offset));
                const part = mul(load(i32.add(source.value, offset)), all(p.share));
                code.store(place, add(load(place), part));
              });
            });
          });
          source.set(i32.add(source.value, bytesOf(p.channels)));
        });
      });
    });
  },
);
