/**
 * Gradient of a convolution's filter on the WASM backend, which TensorFlow.js lacks there.
 *
 * For the tap (i, j) of the filter it is the product
 *
 *   dW[i, j] = X(i, j)ᵀ · dY     [input channels, output channels]
 *
 * where row (image, u, v) of X(i, j) is the input that the tap meets at output (u, v). No X is built. The
 * images are laid out once, channel by channel and zeros around them, as planes that are as wide as the
 * outputs plus what the taps reach beyond, and dY is laid out on the same grid with zeros where there is
 * no output. Then X(i, j)ᵀ is the planes read from another start, and every tap is one plain product on
 * the memory that is there. A stride splits the images into one set of planes for each remainder of
 * rows and columns divided by it.
 *
 * Inputs where there is no output are multiplied by 0, so one that is not finite makes the gradients of
 * other channels and taps NaN as well.
 */
import * as tf from "@tensorflow/tfjs";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import {
  type Convolution,
  type ConvolutionAttributes,
  type ConvolutionAxis,
  convolutionOf,
  within,
} from "./convolution_geometry.ts";
import {
  floats,
  type KernelRequest,
  releaseView,
  runKernel,
  viewOf,
  wasmKernel,
  zeros,
} from "./wasm_backend.ts";

interface Attributes extends ConvolutionAttributes {
  readonly filterShape: [number, number, number, number];
}

/** dW [rows, columns, input channels, output channels] from x and dY, both of images. */
export const conv2DBackpropFilter = wasmKernel(tf.Conv2DBackpropFilter, backpropFilter);

/**
 * Numbers of dY that are multiplied at once: as many as stay in a core's second-level cache while all
 * taps pass over them.
 */
const cotangentsAtOnce = 2 ** 18;

function backpropFilter(
  { inputs: { x, dy }, attrs, backend }: KernelRequest<
    { x: tf.TensorInfo; dy: tf.TensorInfo },
    Attributes
  >,
): tf.TensorInfo {
  const convolution = convolutionOf(x.shape, attrs.filterShape, attrs);
  const { images, outputChannels } = convolution;
  const grid = gridOf(convolution);
  const gradient = zeros(backend, attrs.filterShape);
  const imagesAtOnce = Math.max(1, Math.floor(cotangentsAtOnce / (grid.cells * outputChannels)));
  for (let image = 0; image < images; image += imagesAtOnce) {
    const part = { ...convolution, images: Math.min(imagesAtOnce, images - image) };
    const planes = layOutImages(backend, x, image, part, grid);
    const cotangents = layOutCotangents(backend, dy, image, part, grid);
    addProducts(backend, planes, cotangents, gradient, part, grid);
    releaseView(backend, cotangents.view);
    if (cotangents.copy) backend.disposeData(cotangents.copy.dataId);
    backend.disposeData(planes.dataId);
  }
  return gradient;
}

/** The grid on which images and outputs are laid out. */
interface Grid {
  readonly rows: number;
  readonly columns: number;
  readonly cells: number;
  /** Remainders of a tap's place divided by the stride that occur. */
  readonly rowPhases: number;
  readonly columnPhases: number;
  /** How far the last tap's start lies behind that of the first. */
  readonly reach: number;
}

function gridOf({ rows, columns }: Convolution): Grid {
  const width = columns.outputs + reach(columns);
  const height = rows.outputs + reach(rows);
  return {
    rows: height,
    columns: width,
    cells: height * width,
    rowPhases: phases(rows),
    columnPhases: phases(columns),
    reach: reach(rows) * width + reach(columns),
  };
}

/** How many cells beyond an output's own the last tap's input lies. */
function reach({ taps, dilation, stride }: ConvolutionAxis): number {
  return Math.floor(((taps - 1) * dilation) / stride);
}

function phases({ taps, dilation, stride }: ConvolutionAxis): number {
  return Math.min(stride, (taps - 1) * dilation + 1);
}

/** Planes [row phase, column phase, channel, image, grid row, grid column], and zeros to run out into. */
function layOutImages(
  backend: BackendWasm,
  x: tf.TensorInfo,
  firstImage: number,
  { images, inputChannels: channels, rows, columns }: Convolution,
  grid: Grid,
): tf.TensorInfo {
  const plane = images * grid.cells;
  const sets = grid.rowPhases * grid.columnPhases;
  const laidOut = zeros(backend, [sets * channels * plane + grid.reach]);
  const from = floats(backend, x);
  const into = floats(backend, laidOut);
  const step = columns.stride * channels;
  for (let set = 0; set < sets; set++) {
    const rowOffset = Math.floor(set / grid.columnPhases) - rows.before;
    const columnOffset = set % grid.columnPhases - columns.before;
    const u = within(rows.inputs, grid.rows, rowOffset, rows.stride);
    const v = within(columns.inputs, grid.columns, columnOffset, columns.stride);
    for (let image = 0; image < images; image++) {
      for (let row = u.first; row < u.end; row++) {
        const inputRow = (firstImage + image) * rows.inputs + rowOffset + row * rows.stride;
        const source = (inputRow * columns.inputs + columnOffset) * channels;
        const target = (set * channels * images + image) * grid.cells + row * grid.columns;
        for (let channel = 0; channel < channels; channel++) {
          const end = target + channel * plane + v.end;
          let at = source + v.first * step + channel;
          for (let cell = target + channel * plane + v.first; cell < end; cell++, at += step) {
            into[cell] = from[at];
          }
        }
      }
    }
  }
  return laidOut;
}

/** dY [(image, grid row, grid column), output channel]. */
interface Cotangents {
  readonly view: tf.TensorInfo;
  /** Where the numbers lie if not in dY itself. */
  readonly copy?: tf.TensorInfo;
}

function layOutCotangents(
  backend: BackendWasm,
  dy: tf.TensorInfo,
  firstImage: number,
  { images, outputChannels: channels, rows, columns }: Convolution,
  grid: Grid,
): Cotangents {
  const shape = [images * grid.cells, channels];
  const imageSize = rows.outputs * columns.outputs * channels;
  if (grid.cells === rows.outputs * columns.outputs) {
    return { view: viewOf(backend, dy, firstImage * imageSize, shape) };
  }
  const copy = zeros(backend, shape);
  const from = floats(backend, dy);
  const into = floats(backend, copy);
  const width = columns.outputs * channels;
  for (let image = 0; image < images; image++) {
    for (let row = 0; row < rows.outputs; row++) {
      const source = (firstImage + image) * imageSize + row * width;
      const target = (image * grid.cells + row * grid.columns) * channels;
      into.set(from.subarray(source, source + width), target);
    }
  }
  return { view: viewOf(backend, copy, 0, shape), copy };
}

/** Add every tap's product to the gradient. */
function addProducts(
  backend: BackendWasm,
  planes: tf.TensorInfo,
  { view: b }: Cotangents,
  gradient: tf.TensorInfo,
  { images, inputChannels, rows, columns }: Convolution,
  grid: Grid,
): void {
  const plane = images * grid.cells;
  for (let i = 0, sum = 0; i < rows.taps; i++) {
    const [rowSet, rowShift] = placeOf(i, rows);
    for (let j = 0; j < columns.taps; j++) {
      const [columnSet, columnShift] = placeOf(j, columns);
      const set = rowSet * grid.columnPhases + columnSet;
      const start = set * inputChannels * plane + rowShift * grid.columns + columnShift;
      const a = viewOf(backend, planes, start, [inputChannels, plane]);
      const product = runKernel(backend, tf.BatchMatMul, { a, b }, {
        transposeA: false,
        transposeB: false,
      });
      const sums = floats(backend, gradient);
      for (const value of floats(backend, product)) sums[sum++] += value;
      backend.disposeData(product.dataId);
      releaseView(backend, a);
    }
  }
}

/** The set of planes in which a tap finds its inputs, and by how many cells it reads them shifted. */
function placeOf(tap: number, { dilation, stride }: ConvolutionAxis): [number, number] {
  const place = tap * dilation;
  return [place % stride, Math.floor(place / stride)];
}
