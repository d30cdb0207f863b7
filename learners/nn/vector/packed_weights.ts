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

/** Entries as two lists side by side: places among the memory's numbers, and parameters. */
class EntryList {
  readonly #places: number[] = [];
  readonly #parameters: number[] = [];
  /** The same as arrays that can be gone through fast; made when they are first used. */
  #packed: { readonly places: Int32Array; readonly parameters: Int32Array } | undefined;

  add(place: number, parameter: number): void {
    this.#places.push(place);
    this.#parameters.push(parameter);
    this.#packed = undefined;
  }

  write(numbers: Float32Array, weights: Float64Array, factor: number): void {
    const { places, parameters } = this.#packed ??= {
      places: Int32Array.from(this.#places),
      parameters: Int32Array.from(this.#parameters),
    };
    for (let i = 0; i < places.length; i++) numbers[places[i]] = weights[parameters[i]] * factor;
  }
}

/** All matrices of a network. */
export class PackedWeights {
  readonly #plain = new EntryList();
  /** Those that are multiplied by a merge weight, [stream]. */
  readonly #merged: EntryList[] = [];

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
    const { parameter, stream } = entry;
    const list = stream === undefined ? this.#plain : this.#merged[stream] ??= new EntryList();
    list.add(place, parameter);
  }

  /** Write the weights into the memory. */
  write(numbers: Float32Array, weights: Float64Array, mergeScales: readonly number[]): void {
    this.#plain.write(numbers, weights, 1);
    this.#merged.forEach((list, stream) => list.write(numbers, weights, mergeScales[stream]));
  }
}
