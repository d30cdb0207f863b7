/** The forward pass of a motor network on a tile, as calls of kernels. */
import type { MotorNetwork } from "../../../controllers/motor_network.ts";
import { gruKernel } from "./cell_kernels.ts";
import { crossingOf, exchangeKernel } from "./exchange.ts";
import {
  type InnerProducts,
  Multiplication,
  once,
  type ProductKit,
} from "../../nn/vector/multiplication.ts";
import type { LinkedKernel } from "../../nn/vector/kernel_set.ts";
import { forwardMatrices } from "./network_matrices.ts";
import type { NetworkLayout } from "./network_layout.ts";

/** Fills activities and commands of a record from its observation. */
export class ForwardNetwork {
  readonly #first: Multiplication;
  readonly #inner: readonly (readonly InnerProducts[])[];
  readonly #output: Multiplication;
  readonly #exchange;
  /** Of cells with a state, [layer][stream]. */
  readonly #recurrent: readonly (readonly Multiplication[])[];
  readonly #cells: LinkedKernel | undefined;
  /** Address of a layer's states at the start of a trial: zeros. */
  readonly #rest: number;

  constructor(
    readonly network: MotorNetwork,
    readonly layout: NetworkLayout,
    kit: ProductKit,
  ) {
    const { rowBytes, streamBytes, layerBytes, rows } = layout;
    const { hasState, width } = network;
    const matrices = forwardMatrices(network, rows.layer);
    const dense = { start: "bias", activation: hasState ? "none" : "tanh", ...once } as const;
    const added = { start: "sum", activation: "none", ...once } as const;
    this.#first = new Multiplication(kit, matrices.first, dense);
    this.#inner = matrices.inner.map((streams) =>
      streams.map(({ layer, callosum }) => ({
        layer: new Multiplication(kit, layer, dense),
        callosum: callosum && new Multiplication(kit, callosum, added),
      }))
    );
    const activation = network.config.outputActivation;
    this.#output = new Multiplication(kit, matrices.output, { ...dense, activation });
    this.#exchange = layout.callosum && kit.kernels.add(
      "exchange",
      () => exchangeKernel(crossingOf(network), width, rowBytes, streamBytes),
    );
    this.#recurrent = matrices.recurrent.map((streams) =>
      streams.map((matrix) => new Multiplication(kit, matrix, added))
    );
    const layer = { streams: network.streams.length, width, rowBytes, streamBytes };
    this.#cells = hasState ? kit.kernels.add("cells", () => gruKernel(layer)) : undefined;
    this.#rest = kit.places.take(hasState ? layerBytes : 0);
  }

  /**
   * @param record address of the record
   * @param before address of the record of the step before it, whose activities are the state of cells that
   *   have one; none at the start of a trial
   */
  run(record: number, before?: number): void {
    const { layerBytes, streamBytes, layerGatesBytes, streamGatesBytes } = this.layout;
    const { observation, hidden, gates, received, command } = this.layout.record;
    this.#first.run(record + observation, record + gates);
    this.#runCells(0, record, before);
    this.#inner.forEach((streams, k) => {
      const from = record + hidden + k * layerBytes;
      const entering = record + received + k * layerBytes;
      const into = record + gates + (k + 1) * layerGatesBytes;
      this.#exchange?.run(from, entering);
      streams.forEach(({ layer, callosum }, stream) => {
        callosum?.run(from + (1 - stream) * streamBytes, entering + stream * streamBytes);
        layer.run(entering + stream * streamBytes, into + stream * streamGatesBytes);
      });
      this.#runCells(k + 1, record, before);
    });
    const last = record + hidden + this.#inner.length * layerBytes;
    this.#output.run(last, record + command);
  }

  /** From what has entered layer k, which the cells' parts hold, to its outputs, by way of the states. */
  #runCells(k: number, record: number, before: number | undefined): void {
    if (!this.#cells) return;
    const { layerBytes, streamBytes, layerGatesBytes, streamGatesBytes } = this.layout;
    const { hidden, gates } = this.layout.record;
    const { parts, recurrent } = this.network.cell;
    const layer = k * layerBytes + hidden;
    const first = record + gates + k * layerGatesBytes;
    if (before !== undefined) {
      const into = first + (parts - recurrent) * streamBytes;
      this.#recurrent[k].forEach((product, stream) =>
        product.run(before + layer + stream * streamBytes, into + stream * streamGatesBytes)
      );
    }
    this.#cells.run(first, before === undefined ? this.#rest : before + layer, record + layer);
  }
}
