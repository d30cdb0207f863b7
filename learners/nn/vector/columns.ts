/** Columns of a batch in tiles of WebAssembly's memory: [row][column] in double precision, in and out. */
import { numberBytes } from "./instructions.ts";
import { tileMultiple } from "./products.ts";

/** So many columns at most are worked on at a time: what they come to stays in the cache. */
const widestTile = 64;

/** How a batch is cut into tiles of one width; the last one may be filled up with columns of zeros. */
export interface Tiling {
  readonly columns: number;
  /** Columns of a tile. */
  readonly width: number;
  readonly tiles: number;
  readonly rowBytes: number;
}

/** The tiling of a batch. @throws {RangeError} when there are no columns */
export function tilingOf(columns: number): Tiling {
  if (!Number.isInteger(columns) || columns < 1) {
    throw new RangeError(`a batch of ${columns} columns; expected an integer of at least 1`);
  }
  const needed = Math.ceil(columns / tileMultiple) * tileMultiple;
  const width = Math.min(needed, widestTile);
  return { columns, width, tiles: Math.ceil(columns / width), rowBytes: width * numberBytes };
}

/** Write a tile's columns of `batch` [row][column] to `address`; columns that are none become 0. */
export function loadColumns(
  numbers: Float32Array,
  address: number,
  { columns, width }: Tiling,
  tile: number,
  batch: Float64Array,
  rows: number,
): void {
  const [first, start] = [tile * width, address / numberBytes];
  const count = Math.min(width, columns - first);
  for (let row = 0; row < rows; row++) {
    const [into, from] = [start + row * width, row * columns + first];
    for (let column = 0; column < count; column++) numbers[into + column] = batch[from + column];
    if (count < width) numbers.fill(0, into + count, into + width);
  }
}

/** Read a tile's columns of `batch` [row][column] from `address`. */
export function readColumns(
  numbers: Float32Array,
  address: number,
  { columns, width }: Tiling,
  tile: number,
  batch: Float64Array,
  rows: number,
): void {
  const [first, start] = [tile * width, address / numberBytes];
  const count = Math.min(width, columns - first);
  for (let row = 0; row < rows; row++) {
    const [from, into] = [start + row * width, row * columns + first];
    for (let column = 0; column < count; column++) batch[into + column] = numbers[from + column];
  }
}
