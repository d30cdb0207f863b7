/** The forward pass of a motor network on a tile, as calls of kernels. */
import type { MotorNetwork } from "../../../controllers/motor_network.ts";
import { crossingOf, exchangeKernel } from "./exchange.ts";
import { type InnerProducts, Multiplication, once, type ProductKit } from "./multiplication.ts";
import { forwardMatrices } from "./network_matrices.ts";
import type { TileLayout } from "./tile_layout.ts";

/** Fills activities and commands of a record from its observation. */
export class ForwardNetwork {
  readonly #first: Multiplication;
  readonly #inner: readonly (readonly InnerProducts[])[];
  readonly #output: Multiplication;
  readonly #exchange;

  constructor(
    readonly network: MotorNetwork,
    readonly layout: TileLayout,
    kit: ProductKit,
  ) {
    const { rowBytes, streamBytes, rows } = layout;
    const matrices = forwardMatrices(network, rows.layer);
    const dense = { start: "bias", activation: "tanh", ...once } as const;
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
      () => exchangeKernel(crossingOf(network), network.width, rowBytes, streamBytes),
    );
  }

  /** @param record address of the record */
  run(record: number): void {
    const { record: { observation, hidden, received, command }, layerBytes, streamBytes } =
      this.layout;
    this.#first.run(record + observation, record + hidden);
    this.#inner.forEach((streams, k) => {
      const from = record + hidden + k * layerBytes;
      const entering = record + received + k * layerBytes;
      const into = from + layerBytes;
      this.#exchange?.run(from, entering);
      streams.forEach(({ layer, callosum }, stream) => {
        callosum?.run(from + (1 - stream) * streamBytes, entering + stream * streamBytes);
        layer.run(entering + stream * streamBytes, into + stream * streamBytes);
      });
    });
    const last = record + hidden + this.#inner.length * layerBytes;
    this.#output.run(last, record + command);
  }
}
