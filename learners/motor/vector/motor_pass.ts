/**
 * A motor network by itself, outside a roll-out, in single precision: batches of observations to commands,
 * and cotangents of commands back, by the roll-out's own kernels.
 */
import type { MotorNetwork } from "../../../controllers/motor_network.ts";
import type { NetworkPass } from "../../nn/network.ts";
import { loadColumns, readColumns, type Tiling, tilingOf } from "../../nn/vector/columns.ts";
import { numberBytes } from "../../nn/vector/instructions.ts";
import { KernelSet } from "../../nn/vector/kernel_set.ts";
import { Places, TileMemory } from "../../nn/vector/memory_plan.ts";
import type { ProductKit } from "../../nn/vector/multiplication.ts";
import { PackedWeights } from "../../nn/vector/packed_weights.ts";
import { panelBytes } from "../../nn/vector/products.ts";
import type { RoutedLoss } from "../objectives.ts";
import { ForwardNetwork } from "./forward_network.ts";
import { type LossPlaces, scaleNames } from "./loss_kernels.ts";
import { type NetworkLayout, networkLayout } from "./network_layout.ts";
import { ReverseNetwork } from "./reverse_network.ts";
import { sumPlaces } from "./term_sums.ts";

/** A loss that is known by its cotangent alone: it has no terms of its own, and trains everything. */
const cotangentAlone: RoutedLoss = {
  name: "balanced",
  weights: { positionL1: 0, positionSquared: 0, effort: 0, activity: 0 },
  share: () => 1,
};

/** Passes of one batch size. */
export class VectorMotorPass implements NetworkPass {
  readonly #tiling: Tiling;
  readonly #layout: NetworkLayout;
  readonly #weights = new PackedWeights();
  readonly #parameters: Float64Array;
  readonly #forward: ForwardNetwork;
  readonly #reverse: ReverseNetwork;
  /** Where the cotangents of the observation go. */
  readonly #input: number;
  readonly #memory: TileMemory;
  readonly #numbers: Float32Array;
  /** Where the record of a tile begins. */
  readonly #record: (tile: number) => number;
  readonly #output: Float64Array;

  constructor(readonly network: MotorNetwork, readonly columns: number) {
    const { outputs } = network.config;
    const tiling = this.#tiling = tilingOf(columns);
    const { rowBytes, width, tiles } = tiling;
    const layout = this.#layout = networkLayout(network, width);
    const [places, kernels] = [new Places(), new KernelSet()];
    const panel = places.take(panelBytes);
    const kit: ProductKit = { places, kernels, weights: this.#weights, rowBytes, panel };
    const losses = [cotangentAlone];
    const lossPlaces: LossPlaces = {
      losses: losses.map(({ weights }) => weights),
      rowBytes,
      mask: places.take(rowBytes),
      scales: places.take(losses.length * scaleNames.length * numberBytes),
      sums: sumPlaces(places),
    };
    const inputBytes = layout.rows.inputs * rowBytes;
    this.#input = places.take(inputBytes);
    this.#forward = new ForwardNetwork(network, layout, kit);
    this.#reverse = new ReverseNetwork(network, layout, losses, kit, lossPlaces, inputBytes);
    this.#memory = new TileMemory(places.end);
    this.#memory.reserve(tiles * layout.record.bytes);
    this.#numbers = this.#memory.numbers;
    this.#record = (tile) => this.#memory.history + tile * layout.record.bytes;
    kernels.link(this.#memory);
    this.#parameters = new Float64Array(network.layout.size);
    this.#output = new Float64Array(outputs * columns);
  }

  load(parameters: Float64Array): void {
    this.#parameters.set(parameters);
    const merge = this.network.mergeScales(this.#parameters);
    this.#weights.write(this.#numbers, this.#parameters, merge);
  }

  forward(input: Float64Array): Float64Array {
    const { inputs, outputs } = this.network.config;
    const { observation, command } = this.#layout.record;
    for (let tile = 0; tile < this.#tiling.tiles; tile++) {
      const record = this.#record(tile);
      loadColumns(this.#numbers, record + observation, this.#tiling, tile, input, inputs);
      this.#forward.run(record);
      readColumns(this.#numbers, record + command, this.#tiling, tile, this.#output, outputs);
    }
    return this.#output;
  }

  pullBack(cotangent: Float64Array, gradient?: Float64Array, input?: Float64Array): void {
    const { inputs, outputs } = this.network.config;
    const sums = this.#reverse.gradient;
    sums.clear();
    sums.startTile(this.#numbers);
    for (let tile = 0; tile < this.#tiling.tiles; tile++) {
      const record = this.#record(tile);
      const { address } = this.#reverse.command;
      loadColumns(this.#numbers, address, this.#tiling, tile, cotangent, outputs);
      this.#reverse.run(record, record, record, input && this.#input);
      if (input) readColumns(this.#numbers, this.#input, this.#tiling, tile, input, inputs);
    }
    if (!gradient) return;
    sums.endTile(this.#numbers);
    sums.addTo(gradient, this.#parameters);
  }
}
