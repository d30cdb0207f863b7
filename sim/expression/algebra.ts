/**
 * The algebra in which the plant's equations are stated, once.
 *
 * A value has one or more *lanes* (the six muscles, the joints); operations work lane by lane, and a
 * value of one lane is broadcast. The same statement is then read in several ways:
 * `lanes.ts` turns it into a scalar expression graph (from which kernels and their adjoints are
 * compiled), `learners/nn/tensor_algebra.ts` into TensorFlow.js operations.
 */
export interface Algebra<Value> {
  /** One lane, or a lane for each number. */
  constant(values: number | readonly number[]): Value;
  add(a: Value, b: Value): Value;
  subtract(a: Value, b: Value): Value;
  multiply(a: Value, b: Value): Value;
  divide(a: Value, b: Value): Value;
  negate(a: Value): Value;
  sqrt(a: Value): Value;
  sin(a: Value): Value;
  cos(a: Value): Value;
  exp(a: Value): Value;
  /** The gradient goes to `a` where a ≤ b, else to `b`. */
  minimum(a: Value, b: Value): Value;
  /** The gradient goes to `a` where a ≥ b, else to `b`. */
  maximum(a: Value, b: Value): Value;
  /** `chosen` in the lanes where a < b, `other` elsewhere; a and b get no gradient. */
  whereLess(a: Value, b: Value, chosen: Value, other: Value): Value;
  /** The sum over all lanes, one lane. */
  sum(a: Value): Value;
  /** One lane of a value. */
  lane(a: Value, index: number): Value;
  /** Values side by side: the lanes of the first, then those of the second, … */
  stack(parts: readonly Value[]): Value;
  /**
   * `value` itself, with the promise that it depends on `inputs` only. A reading that derives
   * adjoints may then compute its partial derivatives once and share them between pull-backs.
   */
  function(value: Value, inputs: readonly Value[]): Value;
}
