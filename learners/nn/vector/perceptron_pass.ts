/**
 * Perceptrons in single precision, as WebAssembly: a tile of the batch goes through all layers before the
 * next one is begun. All loops over units and columns are kernels'; here are those over layers and tiles.
 */
import { Code, four, i32 } from "../../../sim/webassembly/code.ts";
import { f32x4 } from "../../../sim/webassembly/vector.ts";
import { addFolded, foldedBlocks, GradientSums, type SumMatrix } from "./gradient_sums.ts";
import { eachColumn } from "./instructions.ts";
import { KernelSet, type LinkedKernel } from "./kernel_set.ts";
import { paddedRows, Places, TileMemory } from "./memory_plan.ts";
import { Multiplication, once, type ProductKit } from "./multiplication.ts";
import { PackedWeights } from "./packed_weights.ts";
import { foldLanes, outerProduct, outerRows, panelBytes, rowSums } from "./products.ts";
import type { ActivationName } from "../activations.ts";
import type { NetworkPass } from "../network.ts";
import type { Perceptron, PerceptronLayer } from "../perceptron.ts";
import { vectorActivations } from "./activations.ts";
import { loadColumns, readColumns, type Tiling, tilingOf } from "./columns.ts";

/** One layer's products and sums. */
interface VectorLayer {
  readonly layer: PerceptronLayer;
  /** Of what enters the layer, and of its activities, from the start of a tile's record. */
  readonly entering: number;
  readonly leaving: number;
  readonly forward: Multiplication;
  readonly backward: Multiplication;
  /** Multiplies a cotangent by the activation's slope; none where that is 1 throughout. */
  readonly slope: LinkedKernel | undefined;
  readonly kernelSums: SumMatrix;
  readonly biasSums: SumMatrix;
}

/** Passes of one batch size. */
export class VectorPerceptronPass implements NetworkPass {
  readonly #tiling: Tiling;
  readonly #weights = new PackedWeights();
  readonly #sums = new GradientSums();
  readonly #layers: readonly VectorLayer[];
  readonly #outer: LinkedKernel;
  readonly #rowSums: LinkedKernel;
  readonly #fold: LinkedKernel;
  /** Two places for cotangents, which layers use in turn. */
  readonly #cotangents: readonly number[];
  readonly #memory: TileMemory;
  readonly #numbers: Float32Array;
  /** Where the record of a tile begins. */
  readonly #record: (tile: number) => number;
  readonly #output: Float64Array;

  constructor(readonly network: Perceptron, readonly columns: number) {
    const tiling = this.#tiling = tilingOf(columns);
    const { rowBytes } = tiling;
    const [places, kernels] = [new Places(), new KernelSet()];
    const panel = places.take(panelBytes);
    const kit: ProductKit = { places, kernels, weights: this.#weights, rowBytes, panel };
    const record = new Places();
    let entering = record.take(paddedRows(network.inputs) * rowBytes);
    this.#layers = network.layers.map((layer) => {
      const leaving = record.take(paddedRows(layer.outputs) * rowBytes);
      const made = vectorLayer(layer, entering, leaving, kit, this.#sums);
      entering = leaving;
      return made;
    });
    const widest = Math.max(network.inputs, ...network.layers.map(({ outputs }) => outputs));
    this.#cotangents = [0, 1].map(() => places.take(paddedRows(widest) * rowBytes));
    this.#outer = kernels.add("outer product", () => outerProduct(rowBytes));
    this.#rowSums = kernels.add("row sums", () => rowSums(rowBytes));
    this.#fold = kernels.add("fold lanes", foldLanes);
    this.#memory = new TileMemory(places.end);
    this.#memory.reserve(tiling.tiles * record.end);
    this.#numbers = this.#memory.numbers;
    this.#record = (tile) => this.#memory.history + tile * record.end;
    kernels.link(this.#memory);
    this.#output = new Float64Array(network.outputs * columns);
  }

  load(parameters: Float64Array): void {
    this.#weights.write(this.#numbers, parameters, []);
  }

  forward(input: Float64Array): Float64Array {
    const { inputs, outputs } = this.network;
    const last = this.#layers[this.#layers.length - 1];
    for (let tile = 0; tile < this.#tiling.tiles; tile++) {
      const record = this.#record(tile);
      loadColumns(this.#numbers, record, this.#tiling, tile, input, inputs);
      for (const { forward, entering, leaving } of this.#layers) {
        forward.run(record + entering, record + leaving);
      }
      readColumns(this.#numbers, record + last.leaving, this.#tiling, tile, this.#output, outputs);
    }
    return this.#output;
  }

  pullBack(cotangent: Float64Array, gradient?: Float64Array, input?: Float64Array): void {
    const { inputs, outputs } = this.network;
    if (gradient) this.#sums.clearLanes(this.#numbers);
    for (let tile = 0; tile < this.#tiling.tiles; tile++) {
      const last = this.#cotangents[this.#layers.length % 2];
      loadColumns(this.#numbers, last, this.#tiling, tile, cotangent, outputs);
      this.#pullTile(this.#record(tile), gradient !== undefined, input !== undefined);
      if (!input) continue;
      readColumns(this.#numbers, this.#cotangents[0], this.#tiling, tile, input, inputs);
    }
    if (gradient) this.#addSums(gradient);
  }

  /** The cotangent of what leaves layer k is in place (k + 1) mod 2, that of what enters it in the other. */
  #pullTile(record: number, sums: boolean, input: boolean): void {
    for (let k = this.#layers.length - 1; k >= 0; k--) {
      const { layer, entering, leaving, backward, slope, kernelSums, biasSums } = this.#layers[k];
      const delta = this.#cotangents[(k + 1) % 2];
      slope?.run(delta, record + leaving, layer.outputs);
      if (sums) {
        const [xBlocks, yBlocks] = [
          kernelSums.rows / outerRows.x,
          kernelSums.columns / outerRows.y,
        ];
        this.#outer.run(record + entering, delta, kernelSums.address, xBlocks, yBlocks);
        this.#rowSums.run(delta, biasSums.address, biasSums.rows);
      }
      if (k > 0 || input) backward.run(delta, this.#cotangents[k % 2]);
    }
  }

  #addSums(gradient: Float64Array): void {
    for (const { layer, kernelSums, biasSums } of this.#layers) {
      const { inputs, outputs, kernel, bias } = layer;
      for (const sums of [kernelSums, biasSums]) this.#fold.run(sums.address, foldedBlocks(sums));
      addFolded(this.#numbers, kernelSums, inputs, outputs, gradient, kernel.offset);
      addFolded(this.#numbers, biasSums, outputs, 1, gradient, bias.offset);
    }
  }
}

function vectorLayer(
  layer: PerceptronLayer,
  entering: number,
  leaving: number,
  kit: ProductKit,
  sums: GradientSums,
): VectorLayer {
  const { inputs, outputs, activation, kernel, bias } = layer;
  const { places, kernels, rowBytes } = kit;
  const at = (input: number, output: number) => ({
    parameter: kernel.offset + input * outputs + output,
  });
  return {
    layer,
    entering,
    leaving,
    forward: new Multiplication(kit, {
      rows: outputs,
      columns: inputs,
      weight: (output, input) => at(input, output),
      bias: (output) => ({ parameter: bias.offset + output }),
    }, { start: "bias", activation, ...once }),
    backward: new Multiplication(kit, {
      rows: inputs,
      columns: outputs,
      weight: at,
    }, { start: "bias", activation: "none", ...once }),
    slope: activation === "none"
      ? undefined
      : kernels.add(`slope ${activation}`, () => slopeKernel(activation, rowBytes)),
    kernelSums: sums.add(
      places,
      paddedRows(inputs),
      Math.ceil(outputs / outerRows.y) * outerRows.y,
    ),
    biasSums: sums.add(places, outputs, 1),
  };
}

/** cotangent *= slope(value). Parameters: the two addresses, how many rows. */
function slopeKernel(activation: ActivationName, rowBytes: number): Code {
  const code = new Code(["i32", "i32", "i32"]);
  const [cotangent, value, rows] = [0, 1, 2].map((index) => code.parameter(index, "i32"));
  code.steps(i32.constant(0), rows, i32.constant(rowBytes), (row) => {
    eachColumn(code, rowBytes, (column) => {
      const place = code.keep(i32.add(row, column));
      const slope = vectorActivations[activation].slope(
        code,
        code.keep(four.load(i32.add(value, place))),
      );
      const at = code.keep(i32.add(cotangent, place));
      code.store(at, f32x4.mul(four.load(at), slope));
    });
  });
  return code;
}
