/** Pairs of functions known on a grid, the grid with its quadrature, restriction to some of its points. */
import { trapezoidWeights } from "./quadrature.ts";

/** Where functions are known. */
export interface Grid {
  /** Points along each axis: [x] of an interval, [y, x] of a square. */
  readonly shape: readonly number[];
  /** The coordinates along each axis, in lengths of the unit interval or square. */
  readonly axes: readonly Float64Array[];
  /** [points], row by row: the quadrature weight of each point; the sum is the domain's measure, 1. */
  readonly weights: Float64Array;
  /**
   * - `periodic`: the axis begins anew at 1.
   * - `dirichlet`: the targets are 0 on the rim, which is half a cell beyond the outermost points.
   */
  readonly boundary: "periodic" | "dirichlet";
}

/** Pairs of functions: what an operator is given, and what it makes of it. */
export interface FieldSet {
  readonly name: string;
  readonly count: number;
  readonly grid: Grid;
  /** What the input is, such as "coefficient a". */
  readonly inputName: string;
  /** [count, ...grid.shape] */
  readonly inputs: Float32Array;
  /** What the target is, such as "solution u". */
  readonly targetName: string;
  /** [count, ...grid.shape] */
  readonly targets: Float32Array;
}

/**
 * The same functions, known at some points of their periodic interval only, with the trapezoidal weights
 * of those points: coarser, finer in places, irregular.
 *
 * ```ts
 * import { burgersFields, everyNthPoint, restricted } from "../fields.ts";
 * const fine = burgersFields({ count: 2, seed: 0 }); // 256 points
 * const coarse = restricted(fine, everyNthPoint(fine, 4)); // 64 points
 * ```
 *
 * @param points indices into the grid, ascending
 * @throws {RangeError} when the set's grid is not a periodic interval, or indices do not ascend within it
 */
export function restricted(set: FieldSet, points: Int32Array): FieldSet {
  const { grid: { shape, axes, boundary } } = set;
  if (shape.length !== 1 || boundary !== "periodic") {
    throw new RangeError(
      `${set.name} is on a ${boundary} grid of [${shape}] points; only a periodic interval is restricted`,
    );
  }
  const [size] = shape;
  points.forEach((point, i) => {
    if (!(point >= 0 && point < size) || (i > 0 && point <= points[i - 1])) {
      throw new RangeError(
        `point ${point} at place ${i}; expected ascending indices from 0 to ${size - 1}`,
      );
    }
  });
  const coordinates = Float64Array.from(points, (point) => axes[0][point]);
  const pick = (values: Float32Array) =>
    Float32Array.from(
      { length: set.count * points.length },
      (_, i) => values[Math.floor(i / points.length) * size + points[i % points.length]],
    );
  return {
    ...set,
    name: `${set.name}, at ${points.length} points`,
    grid: {
      shape: [points.length],
      axes: [coordinates],
      weights: trapezoidWeights(coordinates, 1),
      boundary,
    },
    inputs: pick(set.inputs),
    targets: pick(set.targets),
  };
}

/**
 * The points of a coarser uniform grid.
 * @throws {RangeError} when the set's points along its axis are no multiple of `step`
 */
export function everyNthPoint({ grid: { shape } }: FieldSet, step: number): Int32Array {
  const [size] = shape;
  if (!Number.isSafeInteger(step) || step < 1 || size % step !== 0) {
    throw new RangeError(`every ${step}th of ${size} points; expected a divisor of ${size}`);
  }
  return Int32Array.from({ length: size / step }, (_, i) => i * step);
}

/**
 * Points that crowd: all of the first quarter of the axis, and `sparse` evenly spread over the rest. (Berner
 * et al.'s attention takes 64 + 24 of 256 points.)
 * @throws {RangeError} when the three quarters do not hold so many points at even distances
 */
export function crowdedPoints({ grid: { shape } }: FieldSet, sparse: number): Int32Array {
  const [size] = shape;
  const dense = Math.floor(size / 4);
  const step = (size - dense) / sparse;
  if (!Number.isSafeInteger(step) || step < 1) {
    throw new RangeError(`${sparse} points evenly spread over the ${size - dense} that remain`);
  }
  return Int32Array.from(
    { length: dense + sparse },
    (_, i) => i < dense ? i : dense + (i - dense) * step,
  );
}
