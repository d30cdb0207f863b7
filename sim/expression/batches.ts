/** Batches by their precision. */
import { type Batch, type Precision, precisions } from "./batch.ts";
import { Rows } from "./rows.ts";
import { Tiles } from "./tiles.ts";

const kinds = { single: Tiles, double: Rows } as const;

/**
 * A batch of zeros.
 * @param elements how many elements a row has
 * @param rows the rows of each array, by its name
 * @throws {RangeError} when there is no such precision, or `elements` is no positive whole number
 */
export function createBatch(
  precision: Precision,
  elements: number,
  rows: Readonly<Record<string, number>>,
): Batch {
  if (!precisions.includes(precision)) {
    throw new RangeError(`no precision "${precision}"; there are ${precisions.join(", ")}`);
  }
  return new kinds[precision](elements, rows);
}
