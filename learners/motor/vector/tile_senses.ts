/**
 * Late and noisy senses on a tile (`sensory_path.ts`): what the network is told of what has been sensed, and
 * how the cotangents of what it was told get back. Where senses are perfect, both are the same rows, and
 * there is nothing to be done.
 */
import type { KernelSet, LinkedKernel } from "../../nn/vector/kernel_set.ts";
import { type LossArray, lossArray } from "./loss_array.ts";
import { numberBytes } from "../../nn/vector/instructions.ts";
import type { Places } from "../../nn/vector/memory_plan.ts";
import { addRows, copyRows } from "../../nn/vector/row_kernels.ts";
import type { TileLayout } from "./tile_layout.ts";

/** Where the record of a time step begins. */
export type RecordAt = (step: number) => number;

/** The senses of a tile. */
export class TileSenses {
  /** Bytes from one loss's cotangent of what is sensed, or told, to the next one's. */
  readonly lossBytes: number;
  /** Of what is sensed, in a ring of time steps; one is enough where nothing is late. */
  readonly #sensed: readonly LossArray[];
  /** Of what is told; where nothing is late, that of what is sensed. */
  readonly #told: LossArray | undefined;
  readonly #copy: LinkedKernel;
  readonly #add: LinkedKernel;

  constructor(
    readonly layout: TileLayout,
    readonly losses: number,
    places: Places,
    kernels: KernelSet,
  ) {
    const { path, rows, rowBytes } = layout;
    this.lossBytes = rows.inputs * rowBytes;
    const array = () => lossArray(places, losses, this.lossBytes);
    const slots = 1 + Math.max(path.proprioceptionSteps, path.visionSteps);
    this.#sensed = Array.from({ length: slots }, array);
    this.#told = path.isLate ? array() : undefined;
    this.#copy = kernels.add("copy", () => copyRows(rowBytes));
    this.#add = kernels.add("add", () => addRows(rowBytes));
  }

  /** Tell the network at a step what has been sensed. */
  observe(record: RecordAt, step: number): void {
    const { path, rows, rowBytes, record: { observation, sensed, sensoryNoise } } = this.layout;
    if (path.isDirect) return;
    const told = record(step) + observation;
    const copy = (steps: number, firstRow: number, count: number) => {
      const offset = firstRow * rowBytes;
      const from = record(Math.max(step - steps, 0)) + sensed + offset;
      this.#copy.run(from, told + offset, count);
    };
    copy(path.proprioceptionSteps, 0, rows.sensed - 2);
    copy(path.visionSteps, rows.sensed - 2, 2);
    if (path.isNoisy) this.#add.run(told, record(step) + sensoryNoise, told, rows.sensed);
  }

  /** Add noise to the commands of a step. */
  disturb(record: number): void {
    const { rows: { commands }, record: { command, driven, commandNoise } } = this.layout;
    if (driven === command) return;
    this.#add.run(record + command, record + commandNoise, record + driven, commands);
  }

  /** The first loss's cotangent of what is sensed after `step` steps. */
  sensedCotangent(step: number): number {
    return this.#slot(step).address;
  }

  /** Where the first loss's cotangent of what is told at a step is to be written. */
  toldCotangent(step: number): number {
    return (this.#told ?? this.#slot(step)).address;
  }

  #slot(step: number): LossArray {
    return this.#sensed[step % this.#sensed.length];
  }

  /** Begin a pull-back. */
  start(numbers: Float32Array): void {
    for (const slot of this.#sensed) this.#clear(numbers, slot);
  }

  /** The cotangents of what is sensed after `step` steps have been used. */
  used(numbers: Float32Array, step: number): void {
    if (this.#told) this.#clear(numbers, this.#slot(step));
  }

  #clear(numbers: Float32Array, { address, lossBytes }: LossArray): void {
    numbers.fill(0, address / numberBytes, (address + this.losses * lossBytes) / numberBytes);
  }

  /** Hand the cotangents of what was told at a step on to what was sensed when that was on its way. */
  passBack(step: number): void {
    const { path, rows, rowBytes } = this.layout;
    const told = this.#told;
    if (!told) return;
    const pass = (steps: number, firstRow: number, count: number) => {
      if (step - steps <= 0) return; // what lies before the first step depends on nothing
      for (let loss = 0; loss < this.losses; loss++) {
        const offset = loss * this.lossBytes + firstRow * rowBytes;
        const into = this.sensedCotangent(step - steps) + offset;
        this.#add.run(into, told.address + offset, into, count);
      }
    };
    pass(path.proprioceptionSteps, 0, rows.sensed - 2);
    pass(path.visionSteps, rows.sensed - 2, 2);
  }
}
