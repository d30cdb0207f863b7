/** Named tensors in one flat array, so that optimisers and checkpoints see a single vector. */

/** One tensor of a parameter vector. */
export interface ParameterTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Index of its first element in the vector. */
  readonly offset: number;
  /** How many elements it has. */
  readonly size: number;
}

/** The layout of a parameter vector. */
export interface ParameterLayout {
  readonly tensors: readonly ParameterTensor[];
  /** Elements in all. */
  readonly size: number;
}

/** Tensors laid out one after the other, in the order given. */
export function layOut(
  shapes: readonly (readonly [name: string, shape: readonly number[]])[],
): ParameterLayout {
  let offset = 0;
  const tensors = shapes.map(([name, shape]) => {
    const size = shape.reduce((product, extent) => product * extent, 1);
    const tensor = { name, shape, offset, size };
    offset += size;
    return tensor;
  });
  return { tensors, size: offset };
}

/** The part of `vector` that holds `tensor`. */
export function viewOf(vector: Float64Array, { offset, size }: ParameterTensor): Float64Array {
  return vector.subarray(offset, offset + size);
}
