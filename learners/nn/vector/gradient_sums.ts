/**
 * The sums that gradients of weights are made of: in four lanes of single precision over a tile, then in
 * double precision over all tiles.
 */
import { numberBytes, vectorBytes } from "./instructions.ts";
import type { Places } from "./memory_plan.ts";

/** The sums for one matrix, [row][column]. */
export interface SumMatrix {
  readonly address: number;
  readonly rows: number;
  readonly columns: number;
  /** Index of its first sum in `GradientSums.sums`. */
  readonly first: number;
}

/** Lanes of a sum. */
const lanes = vectorBytes / numberBytes;

/** How many sums of a matrix are folded at a time: what fills a vector. */
const foldedAtOnce = lanes;

/** Blocks in which a matrix's lanes are folded (`foldLanes`); behind a matrix there is room for a last one. */
export function foldedBlocks({ rows, columns }: SumMatrix): number {
  return Math.ceil(rows * columns / foldedAtOnce);
}

/**
 * Add a matrix's folded sums to `into` [row][column], without its padding.
 * @param offset of the first element in `into`
 */
export function addFolded(
  numbers: Float32Array,
  matrix: SumMatrix,
  rows: number,
  columns: number,
  into: Float64Array,
  offset: number,
): void {
  for (let row = 0; row < rows; row++) {
    const from = matrix.address / numberBytes + row * matrix.columns;
    const start = offset + row * columns;
    for (let i = 0; i < columns; i++) into[start + i] += numbers[from + i];
  }
}

/** All sums of a network. */
export class GradientSums {
  readonly #matrices: SumMatrix[] = [];
  #sums = new Float64Array(0);

  /** Give a matrix of sums its place. */
  add(places: Places, rows: number, columns: number): SumMatrix {
    const size = rows * columns;
    const address = places.take(size * vectorBytes);
    const matrix = { address, rows, columns, first: this.#sums.length };
    this.#matrices.push(matrix);
    this.#sums = new Float64Array(this.#sums.length + size);
    return matrix;
  }

  /** What has been collected, one number for each sum. */
  get sums(): Float64Array {
    return this.#sums;
  }

  /** Set the lanes in memory to 0. */
  clearLanes(numbers: Float32Array): void {
    for (const { address, rows, columns } of this.#matrices) {
      const start = address / numberBytes;
      numbers.fill(0, start, start + rows * columns * lanes);
    }
  }

  /** Add the lanes in memory to the sums. */
  collect(numbers: Float32Array): void {
    for (const { address, rows, columns, first } of this.#matrices) {
      let lane = address / numberBytes;
      for (let i = 0; i < rows * columns; i++, lane += lanes) {
        this.#sums[first + i] += (numbers[lane] + numbers[lane + 1]) +
          (numbers[lane + 2] + numbers[lane + 3]);
      }
    }
  }
}
