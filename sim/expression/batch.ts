/**
 * The contract of a batch: named arrays of many elements, and kernels compiled to work on them, in one
 * precision or the other. `batches.ts` makes one.
 */
import type { KernelStatement } from "./lowering.ts";

/**
 * In which precision kernels compute.
 * - `single`: WebAssembly, four elements at a time, the same bits on every machine; the product
 * - `double`: JavaScript with `Math.*`; the oracle
 */
export const precisions = ["single", "double"] as const;

export type Precision = (typeof precisions)[number];

/** Something done with a batch. */
export type BatchAction =
  /** Arrays are read, as `Batch.array` shows them. Until then what was written there has no effect. */
  | { readonly take: readonly string[] }
  /** Arrays are shown by `Batch.array`. */
  | { readonly publish: readonly string[] }
  /**
   * A kernel is run. Its arrays are those of the same names, or those that `arrays` names for them; an
   * output may be an array that is an input too.
   */
  | { readonly kernel: KernelStatement; readonly arrays?: Readonly<Record<string, string>> };

/** Arrays and what computes with them. */
export interface Batch {
  /** How many elements a row has. */
  readonly elements: number;
  /**
   * An array, [row][element], for the outside: written before it is taken, read after it is published.
   * The same view for as long as the batch lives.
   * @throws {RangeError} when there is none of that name
   */
  array(name: string): Float64Array;
  /**
   * A function that does `actions` in turn.
   * @throws {RangeError} when a kernel is incomplete, or there is no array of a name
   */
  compile(actions: readonly BatchAction[]): () => void;
}

/**
 * `found`, which `arrays` has for `name`.
 * @throws {RangeError} when it has nothing, naming what there is
 */
export function requireArray<Found>(arrays: ReadonlyMap<string, Found>, name: string): Found {
  const found = arrays.get(name);
  if (found === undefined) {
    throw new RangeError(`no array "${name}" in the batch; there are ${[...arrays.keys()].join()}`);
  }
  return found;
}

/** @throws {RangeError} when `elements` is no positive whole number */
export function requireElements(elements: number): void {
  if (Number.isSafeInteger(elements) && elements > 0) return;
  throw new RangeError(`rows of ${elements} elements; a positive whole number is needed`);
}
