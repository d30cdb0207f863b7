/**
 * The patches of images that a convolution's filter meets, laid out as the rows of a matrix
 *
 *   P [(image, output row, output column), (row tap, column tap, channel)]
 *
 * so that the convolution is the product P · W and its filter's gradient Pᵀ · dY. The matrix is many times
 * as large as the images; it is made and used part by part, each of as many images as stay in a core's
 * second-level cache.
 */
import type * as tf from "@tensorflow/tfjs";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { withZerosAround } from "./boxes.ts";
import type { Convolution, ConvolutionAxis } from "./convolution_geometry.ts";
import { address } from "./wasm_backend.ts";
import { bytesOf, i32 } from "../../../sim/webassembly/code.ts";
import { routine } from "./wasm_routine.ts";

/** Numbers of P that are made at once. */
const numbersAtOnce = 2 ** 17;

/** Some of P's rows. */
export interface Patches {
  /** [rows, taps · channels] */
  readonly tensor: tf.TensorInfo;
  readonly firstRow: number;
  readonly rows: number;
}

/** The width of P. */
export function patchSize({ rows, columns, inputChannels }: Convolution): number {
  return rows.taps * columns.taps * inputChannels;
}

/** Hand over P part by part; a part's tensor is only good until `take` returns. */
export function forEachPatches(
  backend: BackendWasm,
  x: tf.TensorInfo,
  convolution: Convolution,
  take: (patches: Patches) => void,
): void {
  const { images, rows, columns } = convolution;
  const rowsEach = rows.outputs * columns.outputs;
  if (arePixels(convolution)) {
    take({ tensor: x, firstRow: 0, rows: images * rowsEach });
    return;
  }
  const size = patchSize(convolution);
  const padded = pad(backend, x, convolution);
  const imagesAtOnce = Math.min(
    images,
    Math.max(1, Math.floor(numbersAtOnce / (rowsEach * size))),
  );
  const tensor = backend.makeOutput([imagesAtOnce * rowsEach, size], "float32");
  for (let image = 0; image < images; image += imagesAtOnce) {
    const count = Math.min(imagesAtOnce, images - image);
    cut(backend, padded, image, count, tensor, convolution);
    take({ tensor, firstRow: image * rowsEach, rows: count * rowsEach });
  }
  backend.disposeData(tensor.dataId);
  if (padded !== x) backend.disposeData(padded.dataId);
}

/** Whether each patch is a pixel, and P the images as they lie. */
function arePixels({ rows, columns }: Convolution): boolean {
  return [rows, columns].every(({ taps, stride, inputs, outputs }) =>
    taps === 1 && stride === 1 && inputs === outputs
  );
}

/** Images with the zeros around that patches reach into; the images themselves if there are none. */
function pad(
  backend: BackendWasm,
  x: tf.TensorInfo,
  { images, inputChannels: channels, rows, columns }: Convolution,
): tf.TensorInfo {
  const [[above, below], [left, right]] = [margins(rows), margins(columns)];
  if (above + below + left + right === 0) return x;
  const around = [images, above + rows.inputs + below, left + columns.inputs + right, channels];
  return withZerosAround(backend, x, around, [0, above, left, 0]);
}

/** Zeros ahead of and behind the inputs of an axis. */
function margins(axis: ConvolutionAxis): [number, number] {
  const { inputs, outputs, taps, stride, dilation, before } = axis;
  const reached = (outputs - 1) * stride + (taps - 1) * dilation + 1;
  return [before, Math.max(0, reached - before - inputs)];
}

/** The patches of `count` images. */
function cut(
  backend: BackendWasm,
  padded: tf.TensorInfo,
  image: number,
  count: number,
  into: tf.TensorInfo,
  { rows, columns, inputChannels: channels }: Convolution,
): void {
  const [, height, width] = padded.shape;
  const pixel = channels * Float32Array.BYTES_PER_ELEMENT;
  // Taps beside each other lie beside each other, unless they are dilated.
  const runs = columns.dilation === 1 ? 1 : columns.taps;
  copyRuns(backend, {
    from: address(backend, padded) + image * height * width * pixel,
    into: address(backend, into),
    images: count,
    imageStep: height * width * pixel,
    rows: rows.outputs,
    rowStep: rows.stride * width * pixel,
    columns: columns.outputs,
    columnStep: columns.stride * pixel,
    tapRows: rows.taps,
    tapRowStep: rows.dilation * width * pixel,
    runs,
    runStep: columns.dilation * pixel,
    run: (columns.taps / runs) * channels,
  });
}

/** Copy runs of numbers from five nested loops' places, one behind the other. Steps are in bytes. */
const copyRuns = routine(
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
    runs: "i32",
    runStep: "i32",
    run: "i32",
  },
  (code, p) => {
    const target = code.variable(p.into);
    code.steps(p.from, p.images, p.imageStep, (image) => {
      code.steps(image, p.rows, p.rowStep, (row) => {
        code.steps(row, p.columns, p.columnStep, (column) => {
          code.steps(column, p.tapRows, p.tapRowStep, (tapRow) => {
            code.steps(tapRow, p.runs, p.runStep, (source) => {
              code.copy(target.value, source, p.run);
              target.set(i32.add(target.value, bytesOf(p.run)));
            });
          });
        });
      });
    });
  },
);
