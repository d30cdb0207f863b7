/** Rows of numbers, such as inputs: their inner products and distances, in float64. */

/** Vectors of one length. */
export interface Points {
  readonly count: number;
  /** Numbers in each. */
  readonly size: number;
  /** [count, size] */
  readonly values: Float64Array;
}

/** Points with a class for each. */
export interface LabelledPoints {
  readonly points: Points;
  /** [count], 0 … classes − 1 */
  readonly labels: Int32Array;
  readonly classes: number;
}

/** The points from `first` up to, without, `end`. */
export function slicePoints({ size, values }: Points, first: number, end: number): Points {
  return { count: end - first, size, values: values.subarray(first * size, end * size) };
}

/** The labelled points with these indices, in their order. */
export function pickLabelled(
  { points: { size, values }, labels, classes }: LabelledPoints,
  indices: readonly number[],
): LabelledPoints {
  const picked = new Float64Array(indices.length * size);
  indices.forEach((index, i) =>
    picked.set(values.subarray(index * size, (index + 1) * size), i * size)
  );
  const points = { count: indices.length, size, values: picked };
  return { points, labels: Int32Array.from(indices, (index) => labels[index]), classes };
}

/** Inner products of all pairs [first.count, second.count]. */
export function innerProducts(first: Points, second: Points): Float64Array {
  return pairwise(first, second, (x, y) => x * y);
}

/** Squared Euclidean distances of all pairs [first.count, second.count]. */
export function squaredDistances(first: Points, second: Points): Float64Array {
  return pairwise(first, second, (x, y) => (x - y) * (x - y));
}

function pairwise(
  first: Points,
  second: Points,
  term: (x: number, y: number) => number,
): Float64Array {
  const { size } = first;
  if (second.size !== size) {
    throw new RangeError(`points of ${size} and of ${second.size} numbers; expected as many`);
  }
  const sums = new Float64Array(first.count * second.count);
  for (let i = 0; i < first.count; i++) {
    for (let j = 0; j < second.count; j++) {
      let sum = 0;
      for (let k = 0; k < size; k++) {
        sum += term(first.values[i * size + k], second.values[j * size + k]);
      }
      sums[i * second.count + j] = sum;
    }
  }
  return sums;
}

/**
 * Vectors of length 1 in the same directions.
 * @throws {RangeError} when one has no direction
 */
export function onSphere({ count, size, values }: Points): Points {
  const unit = values.slice();
  for (let i = 0; i < count; i++) {
    const row = unit.subarray(i * size, (i + 1) * size);
    const length = Math.hypot(...row);
    if (!(length > 0 && length < Infinity)) {
      throw new RangeError(`point ${i} has the length ${length}; expected one above 0`);
    }
    for (let k = 0; k < size; k++) row[k] /= length;
  }
  return { count, size, values: unit };
}

/** @throws {RangeError} when a point is not on the unit sphere */
export function requireOnSphere({ count, size, values }: Points): void {
  for (let i = 0; i < count; i++) {
    const length = Math.hypot(...values.subarray(i * size, (i + 1) * size));
    if (Math.abs(length - 1) < 1e-9) continue;
    throw new RangeError(`point ${i} has the length ${length}; expected 1: use onSphere first`);
  }
}

/** Points whose inner product is 1 to the last bit, or the bit before it, are one point here. */
const coincidence = 2 ** -51;

/** The same without points on the unit sphere that coincide with an earlier one. */
export function withoutDuplicates(set: LabelledPoints): LabelledPoints {
  const kept: number[] = [];
  for (let i = 0; i < set.points.count; i++) {
    if (!kept.some((j) => nearer(set.points, i, j, coincidence))) kept.push(i);
  }
  return kept.length === set.points.count ? set : pickLabelled(set, kept);
}

/** Whether the squared distance of two points is below a bound. */
function nearer({ size, values }: Points, i: number, j: number, bound: number): boolean {
  let sum = 0;
  for (let k = 0; k < size; k++) {
    sum += (values[i * size + k] - values[j * size + k]) ** 2;
    if (sum >= bound) return false;
  }
  return true;
}
