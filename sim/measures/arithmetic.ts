/** Arithmetic of the measures: points in the plane, means, and the line of regression. */
import type { Point } from "../arms/kinematics.ts";

/** a − b. */
export const minus = ([ax, ay]: Point, [bx, by]: Point): Point => [ax - bx, ay - by];

/** ‖a‖. */
export const length = ([x, y]: Point) => Math.hypot(x, y);

/** a · b. */
export const dot = ([ax, ay]: Point, [bx, by]: Point) => ax * bx + ay * by;

/** a × b: positive if b lies counter-clockwise of a. */
export const cross = ([ax, ay]: Point, [bx, by]: Point) => ax * by - ay * bx;

/** What each point differs by from the one before it; one fewer than the points. */
export const differences = (points: readonly Point[]): Point[] =>
  points.slice(1).map((point, k) => minus(point, points[k]));

/** The arithmetic mean; NaN of nothing. */
export const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The centroid of points. */
export const meanPoint = (points: readonly Point[]): Point => [
  mean(points.map(([x]) => x)),
  mean(points.map(([, y]) => y)),
];

/** The least-squares line of y on x and their correlation; NaN where x (or y) does not vary. */
export function regression(x: readonly number[], y: readonly number[]) {
  const meanX = mean(x);
  const meanY = mean(y);
  const covariance = mean(x.map((value, i) => (value - meanX) * (y[i] - meanY)));
  const varianceX = mean(x.map((value) => (value - meanX) ** 2));
  const varianceY = mean(y.map((value) => (value - meanY) ** 2));
  return {
    slope: covariance / varianceX,
    correlation: covariance / Math.sqrt(varianceX * varianceY),
  };
}
