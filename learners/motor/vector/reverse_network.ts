/** The pull-back of a motor network on a tile, for all losses, as calls of kernels. */
import { defaultCell } from "../../../controllers/cells.ts";
import type { MotorNetwork } from "../../../controllers/motor_network.ts";
import type { RoutedLoss } from "../objectives.ts";
import { crossingOf } from "./exchange.ts";
import type { LinkedKernel } from "../../nn/vector/kernel_set.ts";
import { type LossArray, lossArray } from "./loss_array.ts";
import { layerKernel } from "./layer_kernel.ts";
import { commandKernel, type LossPlaces } from "./loss_kernels.ts";
import {
  type InnerProducts,
  Multiplication,
  type ProductKit,
} from "../../nn/vector/multiplication.ts";
import { NetworkGradient } from "./network_gradient.ts";
import { reverseMatrices } from "./network_matrices.ts";
import { numberBytes } from "../../nn/vector/instructions.ts";
import { copyRows } from "../../nn/vector/row_kernels.ts";
import type { NetworkLayout } from "./network_layout.ts";

/** Pulls cotangents of the commands back to the observation. */
export class ReverseNetwork {
  readonly gradient: NetworkGradient;
  /** Cotangents of the commands, to be filled before a step. */
  readonly command: LossArray;
  /** Cotangents of what entered a layer, [stream] for each loss, and of its arguments, [stream][part]. */
  readonly #entering: LossArray;
  readonly #delta: LossArray;
  /** `entering` with what a learning callosum has brought; else `entering` itself. */
  readonly #crossed: LossArray;
  /** Of the outputs of each layer by way of the step after, for cells with a state. */
  readonly #carried: readonly LossArray[];
  /** Of cells with a state, [layer][stream]. */
  readonly #recurrent: readonly (readonly Multiplication[])[];
  /** Address of a layer's states at the start of a trial: zeros. */
  readonly #rest: number;
  readonly #first: Multiplication;
  readonly #inner: readonly (readonly InnerProducts[])[];
  readonly #output: Multiplication;
  readonly #kernels: Readonly<Record<"command" | "last" | "inner" | "copy", LinkedKernel>>;

  /** @param inputBytes from one loss's cotangent of the observation to the next one's */
  constructor(
    readonly network: MotorNetwork,
    readonly layout: NetworkLayout,
    readonly losses: readonly RoutedLoss[],
    kit: ProductKit,
    lossPlaces: LossPlaces,
    inputBytes: number,
  ) {
    const { rows, rowBytes, layerBytes, layerGatesBytes, streamBytes } = layout;
    const { config, streams, width, hasState } = network;
    const { places, kernels } = kit;
    this.gradient = new NetworkGradient(network, layout, losses, kit);
    const array = (lossBytes: number) => lossArray(places, losses.length, lossBytes);
    this.command = array(rows.outputs * rowBytes);
    this.#entering = array(layerBytes);
    this.#delta = array(layerGatesBytes);
    this.#crossed = layout.callosum?.learned ? array(layerBytes) : this.#entering;

    const layers = hasState ? config.layers : 0;
    this.#carried = Array.from({ length: layers }, () => array(layerBytes));
    this.#rest = places.take(hasState ? layerBytes : 0);

    const matrices = reverseMatrices(network, rows.layer);
    const pull = (start: "bias" | "sum", xBytes: number, yBytes: number) =>
      ({ start, activation: "none", copies: losses.length, xBytes, yBytes }) as const;
    this.#output = new Multiplication(
      kit,
      matrices.output,
      pull("bias", this.command.lossBytes, layerBytes),
    );
    this.#inner = matrices.inner.map((streams) =>
      streams.map(({ layer, callosum }) => ({
        layer: new Multiplication(kit, layer, pull("bias", layerGatesBytes, layerBytes)),
        callosum: callosum &&
          new Multiplication(kit, callosum, pull("sum", layerBytes, layerBytes)),
      }))
    );
    this.#first = new Multiplication(
      kit,
      matrices.first,
      pull("bias", layerGatesBytes, inputBytes),
    );
    this.#recurrent = matrices.recurrent.map((streams) =>
      streams.map((matrix) =>
        new Multiplication(kit, matrix, pull("sum", layerGatesBytes, layerBytes))
      )
    );

    const { address, lossBytes } = this.command;
    const layer = { streams: streams.length, width, streamBytes, lossBytes: layerBytes };
    const layerOf = ({ address: entering }: LossArray) => ({
      ...layer,
      entering,
      cells: config.hemispheres ?? defaultCell,
      delta: this.#delta.address,
      deltaBytes: layerGatesBytes,
    });
    const crossing = crossingOf(network);
    this.#kernels = {
      command: kernels.add(
        "command",
        () =>
          commandKernel(lossPlaces, config.outputActivation, config.outputs, address, lossBytes),
      ),
      last: kernels.add(
        "last layer",
        () => layerKernel(lossPlaces, layerOf(this.#entering), "none"),
      ),
      inner: kernels.add(
        "inner layer",
        () => layerKernel(lossPlaces, layerOf(this.#crossed), crossing),
      ),
      copy: kernels.add("copy", () => copyRows(rowBytes)),
    };
  }

  /** Begin with the last step of a trial: nothing comes from after it. */
  start(numbers: Float32Array): void {
    for (const { address, lossBytes } of this.#carried) {
      const end = address + this.losses.length * lossBytes;
      numbers.fill(0, address / numberBytes, end / numberBytes);
    }
  }

  /**
   * Pull one step back; after `start` those of a trial from the last one to the first.
   *
   * @param record address of the step's record
   * @param before address of the record of the step before it; at the first step its own
   * @param after address of the record of the step after it; at the last step its own
   * @param input address where the cotangents of the observation go, where they are asked for
   */
  run(record: number, before: number, after: number, input: number | undefined): void {
    const { observation, hidden, received, command } = this.layout.record;
    const { layerBytes, streamBytes } = this.layout;
    const { gradient } = this;
    const last = this.#inner.length;
    const layerAt = (base: number, k: number) => base + hidden + k * layerBytes;

    this.#kernels.command.run(record + command);
    gradient.addOutput(layerAt(record, last), this.command);
    this.#output.run(this.command.address, this.#entering.address);
    for (let k = last; k >= 0; k--) {
      const settle = k === last ? this.#kernels.last : this.#kernels.inner;
      const states = before === record ? undefined : layerAt(before, k);
      settle.run(
        layerAt(record, k),
        layerAt(before, k),
        layerAt(after, k),
        ...this.#ofCells(k, record, states),
      );
      if (states !== undefined) this.#pullStates(k, states);
      if (k === 0) break;
      const entered = record + received + (k - 1) * layerBytes;
      gradient.addLayer(k, entered, streamBytes, this.#delta);
      this.#pullLayer(k, layerAt(record, k - 1));
    }
    gradient.addLayer(0, record + observation, 0, this.#delta);
    if (input !== undefined) this.#first.run(this.#delta.address, input);
  }

  /** What the kernels of cells with a state ask for beyond a layer's activities. */
  #ofCells(k: number, record: number, states = this.#rest): number[] {
    const { layerGatesBytes, record: { gates } } = this.layout;
    if (this.#carried.length === 0) return [];
    return [record + gates + k * layerGatesBytes, states, this.#carried[k].address];
  }

  /** From the arguments of layer k to its states, for cells that have some. */
  #pullStates(k: number, states: number): void {
    if (this.#carried.length === 0) return;
    const { streamBytes, streamGatesBytes } = this.layout;
    const { parts, recurrent } = this.network.cell;
    const from = this.#delta.address + (parts - recurrent) * streamBytes;
    this.#recurrent[k].forEach((product, stream) =>
      product.run(from + stream * streamGatesBytes, this.#carried[k].address + stream * streamBytes)
    );
    this.gradient.addStates(k, states, this.#delta);
  }

  /** From the arguments of layer k to what entered it, and over a callosum that learns. */
  #pullLayer(k: number, hidden: number): void {
    const { layerBytes, streamBytes, streamGatesBytes, rowBytes, callosum } = this.layout;
    const products = this.#inner[k - 1];
    products.forEach(({ layer }, stream) => {
      const from = this.#delta.address + stream * streamGatesBytes;
      layer.run(from, this.#entering.address + stream * streamBytes);
    });
    if (!callosum?.learned) return;
    const { address: entering } = this.#entering;
    const { address: crossed } = this.#crossed;
    this.#kernels.copy.run(
      entering,
      crossed,
      this.losses.length * layerBytes / rowBytes,
    );
    products.forEach((product, receiver) => {
      const from = entering + receiver * streamBytes;
      product.callosum?.run(from, crossed + (1 - receiver) * streamBytes);
    });
    this.gradient.addCallosum(k, hidden, this.#entering);
  }
}
