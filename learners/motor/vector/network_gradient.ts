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
import { GradientSums, type SumMatrix } from "./gradient_sums.ts";
import type { LinkedKernel } from "./kernel_set.ts";
import type { LossArray } from "./loss_array.ts";
import type { ProductKit } from "./multiplication.ts";
import { outerProduct, outerRows, rowSums } from "./products.ts";
import type { TileLayout } from "./tile_layout.ts";

/** Sums for a matrix [rows of x, rows of y] and its biases. */
interface DenseSums {
  readonly kernel: SumMatrix;
  readonly bias: SumMatrix;
}

/** Forms the gradient, step by step. */
export class NetworkGradient {
  readonly #sums = new GradientSums();
  readonly #streams: readonly GradientRoute[];
  readonly #shared: GradientRoute;
  /** [layer][stream] */
  readonly #layers: readonly (readonly (DenseSums | undefined)[])[];
  /** Of kernels of a callosum that learns, [layer − 1][receiving stream]. */
  readonly #callosum: readonly (readonly SumMatrix[])[];
  readonly #output: DenseSums | undefined;
  readonly #outer: LinkedKernel;
  readonly #rowSums: LinkedKernel;

  constructor(
    readonly network: MotorNetwork,
    readonly layout: TileLayout,
    losses: readonly RoutedLoss[],
    { places, kernels }: ProductKit,
  ) {
    const { config: { layers, outputs }, streams, width } = network;
    const { rows, rowBytes } = layout;
    const combined = places.take(Math.max(rows.layer, rows.outputs) * rowBytes);
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
    this.#layers = Array.from(
      { length: layers },
      (_, k) =>
        this.#streams.map(({ trains }) =>
          trains ? dense(k === 0 ? rows.inputs : rows.layer, width) : undefined
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
      const offset = stream * this.layout.streamBytes;
      const cotangent = this.#streams[stream].cotangent(delta, offset, this.layout.rows.layer);
      this.#addDense(sums, entered + stream * streamBytes, cotangent);
    });
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
    const { config: { inputs }, width } = this.network;
    const into = this.network.tensors(gradient);
    this.#layers.forEach((streams, k) =>
      streams.forEach((sums, stream) => {
        if (!sums) return;
        const { kernel, bias } = into.streams[stream][k];
        const { scale } = this.#streams[stream];
        this.#addSums(kernel, sums.kernel, 0, k === 0 ? inputs : width, width, scale);
        this.#addSums(bias, sums.bias, 0, width, 1, scale);
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
