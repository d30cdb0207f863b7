/** Terms that rewards and rules are made of, stated over an `Algebra`, one lane each. */
import type { Algebra } from "../expression/algebra.ts";

/** x² + y² + … */
export function sumOfSquares<Value>(algebra: Algebra<Value>, values: readonly Value[]): Value {
  return values.map((value) => algebra.multiply(value, value))
    .reduce((sum, square) => algebra.add(sum, square));
}

/** Length of a vector. */
export function norm<Value>(algebra: Algebra<Value>, vector: readonly Value[]): Value {
  return algebra.sqrt(sumOfSquares(algebra, vector));
}

/** a − b, component by component. */
export function difference<Value>(
  algebra: Algebra<Value>,
  a: readonly Value[],
  b: readonly Value[],
): Value[] {
  return a.map((value, i) => algebra.subtract(value, b[i]));
}

/** tanh x = 1 − 2/(1 + e²ˣ). */
export function hyperbolicTangent<Value>(algebra: Algebra<Value>, x: Value): Value {
  const { constant, add, subtract, divide, exp } = algebra;
  const growth = exp(add(x, x));
  return subtract(constant(1), divide(constant(2), add(constant(1), growth)));
}

/** 1 where value ≤ bound, else 0. */
export function atMost<Value>(algebra: Algebra<Value>, value: Value, bound: number): Value {
  const { constant, whereLess } = algebra;
  return whereLess(constant(bound), value, constant(0), constant(1));
}

/**
 * For how many steps in a row a condition has held.
 * @param holds 1 where it holds after this step, else 0
 * @param before the number before this step
 */
export function stepsInARow<Value>(algebra: Algebra<Value>, holds: Value, before: Value): Value {
  return algebra.multiply(holds, algebra.add(before, algebra.constant(1)));
}

/** 1 where value ≥ bound, else 0. */
export function atLeast<Value>(algebra: Algebra<Value>, value: Value, bound: number): Value {
  const { constant, whereLess } = algebra;
  return whereLess(value, constant(bound), constant(0), constant(1));
}
