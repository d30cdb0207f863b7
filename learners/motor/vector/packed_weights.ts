/** Weights as the product kernels read them: rounded to single precision, packed in panels of four rows. */
import { numberBytes, vectorBytes } from "./instructions.ts";
import type { Places } from "./memory_plan.ts";
import { blockRows, longestPanel } from "./products.ts";

/** Columns of a matrix that are multiplied in one call. */
export interface MatrixPart {
  /** The first column, and how many there are. */
  readonly first: number;
  readonly inner: number;
  readonly address: number;
}

/** A matrix that has its place. */
export interface PackedMatrix {
  /** Blocks of four rows. */
  readonly blocks: number;
  readonly parts: readonly MatrixPart[];
}

/** An entry: a parameter's index, and the stream by whose merge weight it is multiplied, if by any. */
export interface Entry {
  readonly parameter: number;
  readonly stream?: number;
}

/** What a matrix is made of; where nothing is said it is 0. */
export interface MatrixStatement {
  readonly rows: number;
  readonly columns: number;
  readonly weight: (row: number, column: number) => Entry | undefined;
  readonly bias?: (row: number) => Entry | undefined;
}

/** The lengths of the parts in which products over so many rows are done. */
export function partLengths(columns: number): number[] {
  const whole = Math.floor(columns / longestPanel);
  const rest = columns % longestPanel;
  return [...Array.from({ length: whole }, () => longestPanel), ...rest > 0 ? [rest] : []];
}

/** All matrices of a network. */
export class PackedWeights {
  /** For each entry: its place among the memory's numbers, its parameter, and the factor's number. */
  readonly #places: number[] = [];
  readonly #parameters: number[] = [];
  readonly #factors: number[] = [];

  /** Give a matrix its place. */
  pack(places: Places, { rows, columns, weight, bias }: MatrixStatement): PackedMatrix {
    const blocks = Math.ceil(rows / blockRows);
    let first = 0;
    const parts = partLengths(columns).map((inner) => {
      const address = places.take(blocks * (1 + inner) * vectorBytes);
      const part = { first, inner, address };
      for (let row = 0; row < rows; row++) {
        const start = address / numberBytes +
          Math.floor(row / blockRows) * (1 + inner) * blockRows + row % blockRows;
        if (first === 0) this.#set(start, bias?.(row));
        for (let column = first; column < first + inner; column++) {
          this.#set(start + (1 + column - first) * blockRows, weight(row, column));
        }
      }
      first += inner;
      return part;
    });
    return { blocks, parts };
  }

  #set(place: number, entry: Entry | undefined): void {
    if (!entry) return;
    this.#places.push(place);
    this.#parameters.push(entry.parameter);
    this.#factors.push(entry.stream === undefined ? 0 : 1 + entry.stream);
  }

  /** Write the weights into the memory. */
  write(numbers: Float32Array, weights: Float64Array, mergeScales: readonly number[]): void {
    const factors = [1, ...mergeScales];
    for (let i = 0; i < this.#places.length; i++) {
      numbers[this.#places[i]] = weights[this.#parameters[i]] * factors[this.#factors[i]];
    }
  }
}
