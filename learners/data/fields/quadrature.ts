/**
 * Quadrature: weights Δ_i with Σ_i Δ_i g(x_i) ≈ ∫ g, so that sums over the points of a grid mean the same
 * on every grid (Berner et al. 2025, "Principled Approaches for Extending Neural Architectures to Function
 * Spaces for Operator Learning").
 */
import { requireCounts, requirePositive } from "../options.ts";

/**
 * The weights of `count` points that each stand for an equal share of a domain: the cells of a uniform
 * grid, a uniform periodic grid, or points drawn uniformly at random (Monte Carlo).
 *
 * @param measure length, area or volume of the domain
 * @returns [count], measure / count each
 * @throws {RangeError} when there are no points or the domain has no extent
 */
export function uniformWeights(count: number, measure = 1): Float64Array {
  requireCounts({ count });
  requirePositive({ measure });
  return new Float64Array(count).fill(measure / count);
}

/**
 * The trapezoidal rule's weights of points on an axis: half the distance between a point's neighbours.
 *
 * ```ts
 * import { trapezoidWeights } from "./quadrature.ts";
 * trapezoidWeights([0, 0.1, 0.3, 0.6, 1]); // 0.05, 0.15, 0.25, 0.35, 0.2
 * ```
 *
 * @param points at least two, ascending
 * @param period the length after which the axis begins anew; without it the ends have half intervals
 * @returns [points]; the sum is the distance of the ends, or the period
 * @throws {RangeError} when points do not ascend, or do not fit into the period
 */
export function trapezoidWeights(points: ArrayLike<number>, period?: number): Float64Array {
  const count = points.length;
  if (count < 2) throw new RangeError(`${count} points; the trapezoidal rule needs two or more`);
  for (let i = 1; i < count; i++) {
    if (!(points[i] > points[i - 1])) {
      throw new RangeError(
        `point ${i}, ${points[i]}, is not beyond the one before, ${points[i - 1]}`,
      );
    }
  }
  const span = points[count - 1] - points[0];
  if (period !== undefined) {
    requirePositive({ period });
    if (!(span < period)) {
      throw new RangeError(`points over a length of ${span} do not fit into a period of ${period}`);
    }
  }
  const gap = period === undefined ? 0 : period - span; // from the last point round to the first
  return Float64Array.from({ length: count }, (_, i) => {
    const before = i === 0 ? gap : points[i] - points[i - 1];
    const after = i === count - 1 ? gap : points[i + 1] - points[i];
    return (before + after) / 2;
  });
}

/** Σ_i weights[i] · values[i]. */
export function integral(values: ArrayLike<number>, weights: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += weights[i] * values[i];
  return sum;
}
