/** Checks of the flat arrays that pass between callers and engines. */

/**
 * `values`, if it has `expected` elements.
 * @throws {RangeError} naming the array, its length and the expected one
 */
export function requireLength(name: string, values: Float64Array, expected: number): Float64Array {
  if (values.length !== expected) {
    throw new RangeError(`${name}: ${values.length} numbers were given, ${expected} are needed`);
  }
  return values;
}
