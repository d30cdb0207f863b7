/**
 * The gradient of a motor network's weights: outer products of what entered each layer and the
 * cotangents of its arguments, summed over trials and steps, for those groups only that a loss trains.
 *
 * The read-out's sums are those of the folded matrix F^s = w_s W_o (`network_matrices.ts`), so
 * ∂W_o = Σ_s w_s ∂F^s and ∂w_s = ⟨∂F^s, W_o⟩.
 */
import type { MotorNetwork } from "../../../controllers/motor_network.ts";
import type { RoutedLoss } from "../objectives.ts";
import { GradientRoute } from "./gradient_routes.ts";
import { GradientSums, type SumMatrix } from "../../nn/vector/gradient_sums.ts";
import type { LinkedKernel } from "../../nn/vector/kernel_set.ts";
import type { LossArray } from "./loss_array.ts";
import type { ProductKit } from "../../nn/vector/multiplication.ts";
import { outerProduct, outerRows, rowSums } from "../../nn/vector/products.ts";
import type { NetworkLayout } from "./network_layout.ts";

/** Sums for a matrix [rows of x, rows of y] and its biases. */
interface DenseSums {
  readonly kernel: SumMatrix;
  readonly bias: SumMatrix;
}

/** The same for a hidden layer, with those for the matrix of its states, if its cells have some. */
interface LayerSums extends DenseSums {
  readonly recurrent?: SumMatrix;
}

/** Forms the gradient, step by step. */
export class NetworkGradient {
  readonly #sums = new GradientSums();
  readonly #streams: readonly GradientRoute[];
  readonly #shared: GradientRoute;
  /** [layer][stream] */
  readonly #layers: readonly (readonly (LayerSums | undefined)[])[];
  /** Of kernels of a callosum that learns, [layer − 1][receiving stream]. */
  readonly #callosum: readonly (readonly SumMatrix[])[];
  readonly #output: DenseSums | undefined;
  readonly #outer: LinkedKernel;
  readonly #rowSums: LinkedKernel;

  constructor(
    readonly network: MotorNetwork,
    readonly layout: NetworkLayout,
    losses: readonly RoutedLoss[],
    { places, kernels }: ProductKit,
  ) {
    const { config: { layers, outputs }, streams, width, cell } = network;
    const { rows, rowBytes } = layout;
    const combined = places.take(Math.max(cell.parts * rows.layer, rows.outputs) * rowBytes);
    const route = (group: number | "shared") =>
      new GradientRoute(losses, group, kernels, rowBytes, combined);
    this.#streams = streams.map((_, stream) => route(stream));
    this.#shared = route("shared");

    const matrix = (xRows: number, yRows: number) =>
      this.#sums.add(places, xRows, Math.ceil(yRows / outerRows.y) * outerRows.y);
    const dense = (xRows: number, yRows: number): DenseSums => ({
      kernel: matrix(xRows, yRows),
      bias: this.#sums.add(places, yRows, 1),
    });
    const layer = (xRows: number): LayerSums => ({
      kernel: matrix(xRows, this.#rowsOf(cell.driven)),
      bias: this.#sums.add(places, this.#rowsOf(cell.parts), 1),
      ...cell.recurrent > 0 && {
        recurrent: matrix(rows.layer, this.#rowsOf(cell.recurrent)),
      },
    });
    this.#layers = Array.from(
      { length: layers },
      (_, k) =>
        this.#streams.map(({ trains }) =>
          trains ? layer(k === 0 ? rows.inputs : rows.layer) : undefined
        ),
    );
    const learns = layout.callosum?.learned && this.#shared.trains;
    this.#callosum = this.#layers.slice(1).map((streams) =>
      learns ? streams.map(() => matrix(rows.layer, width)) : []
    );
    const readOutRows = streams.length * rows.layer;
    this.#output = this.#shared.trains ? dense(readOutRows, outputs) : undefined;
    this.#outer = kernels.add("outer product", () => outerProduct(rowBytes));
    this.#rowSums = kernels.add("row sums", () => rowSums(rowBytes));
  }

  /** Rows of so many parts of the cells of a stream, without what fills up the last one. */
  #rowsOf(parts: number): number {
    return (parts - 1) * this.layout.rows.layer + this.network.width;
  }

  /** Forget all sums. */
  clear(): void {
    this.#sums.sums.fill(0);
  }

  /** Set a tile's sums to 0. */
  startTile(numbers: Float32Array): void {
    this.#sums.clearLanes(numbers);
  }

  /** Take over a tile's sums. */
  endTile(numbers: Float32Array): void {
    this.#sums.collect(numbers);
  }

  /** Add the read-out's part of a step. @param delta cotangents of the read-out's argument */
  addOutput(lastHidden: number, delta: LossArray): void {
    if (!this.#output) return;
    this.#addDense(
      this.#output,
      lastHidden,
      this.#shared.cotangent(delta, 0, this.layout.rows.outputs),
    );
  }

  /**
   * Add the part of layer k of all streams at a step.
   * @param entered address of what entered the layer, and bytes from one stream's to the next one's
   * @param delta cotangents of the layer's argument
   */
  addLayer(k: number, entered: number, streamBytes: number, delta: LossArray): void {
    this.#layers[k].forEach((sums, stream) => {
      if (!sums) return;
      this.#addDense(sums, entered + stream * streamBytes, this.#cotangent(stream, 0, delta));
    });
  }

  /**
   * Add the part of the states of layer k of all streams at a step.
   * @param states address of the states
   * @param delta cotangents of the layer's arguments
   */
  addStates(k: number, states: number, delta: LossArray): void {
    const { parts, recurrent } = this.network.cell;
    this.#layers[k].forEach((sums, stream) => {
      if (!sums?.recurrent) return;
      const cotangent = this.#cotangent(stream, parts - recurrent, delta);
      this.#addMatrix(sums.recurrent, states + stream * this.layout.streamBytes, cotangent);
    });
  }

  /** The address of what a stream's gradient is formed from: the cotangents of its parts from one on. */
  #cotangent(stream: number, firstPart: number, delta: LossArray): number {
    const { streamGatesBytes, streamBytes, rows } = this.layout;
    const offset = stream * streamGatesBytes + firstPart * streamBytes;
    const count = (this.network.cell.parts - firstPart) * rows.layer;
    return this.#streams[stream].cotangent(delta, offset, count);
  }

  /**
   * Add the part of a learning callosum's kernels before layer k ≥ 1 at a step.
   * @param hidden activities of layer k − 1
   * @param entering cotangents of what entered layer k
   */
  addCallosum(k: number, hidden: number, entering: LossArray): void {
    const { streamBytes, rows } = this.layout;
    this.#callosum[k - 1].forEach((sums, receiver) => {
      const cotangent = this.#shared.cotangent(entering, receiver * streamBytes, rows.layer);
      this.#addMatrix(sums, hidden + (1 - receiver) * streamBytes, cotangent);
    });
  }

  #addDense({ kernel, bias }: DenseSums, x: number, y: number): void {
    this.#addMatrix(kernel, x, y);
    this.#rowSums.run(y, bias.address, bias.rows);
  }

  #addMatrix({ address, rows, columns }: SumMatrix, x: number, y: number): void {
    this.#outer.run(x, y, address, rows / outerRows.x, columns / outerRows.y);
  }

  /** Add what has been taken over to `gradient`, at these weights. */
  addTo(gradient: Float64Array, weights: Float64Array): void {
    const { config: { inputs }, width, cell } = this.network;
    const into = this.network.tensors(gradient);
    this.#layers.forEach((streams, k) =>
      streams.forEach((sums, stream) => {
        if (!sums) return;
        const { kernel, recurrent, bias } = into.streams[stream][k];
        const { scale } = this.#streams[stream];
        const rows = k === 0 ? inputs : width;
        this.#addParts(kernel, sums.kernel, rows, cell.driven, scale);
        if (sums.recurrent) {
          this.#addParts(recurrent, sums.recurrent, width, cell.recurrent, scale);
        }
        this.#addBiases(bias, sums.bias, scale);
      })
    );
    this.#callosum.forEach((streams, k) =>
      streams.forEach((sums, receiver) =>
        this.#addSums(into.callosum[k][receiver], sums, 0, width, width, this.#shared.scale)
      )
    );
    if (this.#output) this.#addReadOut(this.#output, gradient, weights);
  }

  #addReadOut(sums: DenseSums, gradient: Float64Array, weights: Float64Array): void {
    const { network, layout } = this;
    const { outputs } = network.config;
    const { scale } = this.#shared;
    const into = network.tensors(gradient);
    const { kernel } = network.tensors(weights).output;
    network.mergeScales(weights).forEach((merge, stream) => {
      const first = stream * layout.rows.layer;
      this.#addSums(into.output.kernel, sums.kernel, first, network.width, outputs, scale * merge);
      if (into.merge.length === 0) return;
      const folded = new Float64Array(kernel.length);
      this.#addSums(folded, sums.kernel, first, network.width, outputs, scale);
      into.merge[stream][0] += kernel.reduce((sum, weight, i) => sum + weight * folded[i], 0);
    });
    this.#addSums(into.output.bias, sums.bias, 0, outputs, 1, scale);
  }

  /** The sums of a matrix whose columns are so many parts of cells. */
  #addParts(
    into: Float64Array,
    matrix: SumMatrix,
    rows: number,
    parts: number,
    scale: number,
  ): void {
    const { sums } = this.#sums;
    const { width } = this.network;
    for (let i = 0; i < rows; i++) {
      for (let part = 0; part < parts; part++) {
        const start = matrix.first + i * matrix.columns + part * this.layout.rows.layer;
        const place = (i * parts + part) * width;
        for (let j = 0; j < width; j++) into[place + j] += scale * sums[start + j];
      }
    }
  }

  /** The sums of the biases of all parts. */
  #addBiases(into: Float64Array, { first }: SumMatrix, scale: number): void {
    const { sums } = this.#sums;
    const { width, cell: { parts } } = this.network;
    for (let part = 0; part < parts; part++) {
      const start = first + part * this.layout.rows.layer;
      for (let j = 0; j < width; j++) into[part * width + j] += scale * sums[start + j];
    }
  }

  /** into[i][j] += scale · sums[first + i][j]. */
  #addSums(
    into: Float64Array,
    matrix: SumMatrix,
    first: number,
    rows: number,
    columns: number,
    scale: number,
  ): void {
    const { sums } = this.#sums;
    for (let i = 0; i < rows; i++) {
      const start = matrix.first + (first + i) * matrix.columns;
      for (let j = 0; j < columns; j++) into[i * columns + j] += scale * sums[start + j];
    }
  }
}
