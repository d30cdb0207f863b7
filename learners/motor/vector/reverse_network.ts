/** The pull-back of a motor network on a tile, for all losses, as calls of kernels. */
import type { MotorNetwork } from "../../../controllers/motor_network.ts";
import type { RoutedLoss } from "../objectives.ts";
import { crossingOf } from "./exchange.ts";
import type { LinkedKernel } from "./kernel_set.ts";
import { type LossArray, lossArray } from "./loss_array.ts";
import { layerKernel } from "./layer_kernel.ts";
import { commandKernel, type LossPlaces } from "./loss_kernels.ts";
import { type InnerProducts, Multiplication, type ProductKit } from "./multiplication.ts";
import { NetworkGradient } from "./network_gradient.ts";
import { reverseMatrices } from "./network_matrices.ts";
import { copyRows } from "./row_kernels.ts";
import type { TileLayout } from "./tile_layout.ts";

/** Pulls cotangents of the commands back to the observation. */
export class ReverseNetwork {
  readonly gradient: NetworkGradient;
  /** Cotangents of the commands, to be filled before a step. */
  readonly command: LossArray;
  /** Cotangents of what entered a layer, and of a layer's argument; [stream] for each loss. */
  readonly #entering: LossArray;
  readonly #delta: LossArray;
  /** `entering` with what a learning callosum has brought; else `entering` itself. */
  readonly #crossed: LossArray;
  readonly #first: Multiplication;
  readonly #inner: readonly (readonly InnerProducts[])[];
  readonly #output: Multiplication;
  readonly #kernels: Readonly<Record<"command" | "last" | "inner" | "copy", LinkedKernel>>;

  /** @param inputBytes from one loss's cotangent of the observation to the next one's */
  constructor(
    readonly network: MotorNetwork,
    readonly layout: TileLayout,
    readonly losses: readonly RoutedLoss[],
    kit: ProductKit,
    lossPlaces: LossPlaces,
    inputBytes: number,
  ) {
    const { rows, rowBytes, layerBytes, streamBytes } = layout;
    const { config, streams, width } = network;
    const { places, kernels } = kit;
    this.gradient = new NetworkGradient(network, layout, losses, kit);
    const array = (lossBytes: number) => lossArray(places, losses.length, lossBytes);
    this.command = array(rows.outputs * rowBytes);
    this.#entering = array(layerBytes);
    this.#delta = array(layerBytes);
    this.#crossed = layout.callosum?.learned ? array(layerBytes) : this.#entering;

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
        layer: new Multiplication(kit, layer, pull("bias", layerBytes, layerBytes)),
        callosum: callosum &&
          new Multiplication(kit, callosum, pull("sum", layerBytes, layerBytes)),
      }))
    );
    this.#first = new Multiplication(kit, matrices.first, pull("bias", layerBytes, inputBytes));

    const { address, lossBytes } = this.command;
    const layer = { streams: streams.length, width, streamBytes, lossBytes: layerBytes };
    const layerOf = ({ address: entering }: LossArray) => ({
      ...layer,
      entering,
      delta: this.#delta.address,
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

  /**
   * Pull one step back.
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
      settle.run(layerAt(record, k), layerAt(before, k), layerAt(after, k));
      if (k === 0) break;
      const entered = record + received + (k - 1) * layerBytes;
      gradient.addLayer(k, entered, streamBytes, this.#delta);
      this.#pullLayer(k, layerAt(record, k - 1));
    }
    gradient.addLayer(0, record + observation, 0, this.#delta);
    if (input !== undefined) this.#first.run(this.#delta.address, input);
  }

  /** From the argument of layer k to what entered it, and over a callosum that learns. */
  #pullLayer(k: number, hidden: number): void {
    const { layerBytes, streamBytes, rowBytes, callosum } = this.layout;
    const products = this.#inner[k - 1];
    products.forEach(({ layer }, stream) => {
      const offset = stream * streamBytes;
      layer.run(this.#delta.address + offset, this.#entering.address + offset);
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
