/**
 * The algebra of the plant's equations read as TensorFlow.js operations: a value is a tensor
 * [trials, lanes]. One of [1, lanes] holds for all trials, one of [trials, 1] for all lanes.
 */
import * as tf from "@tensorflow/tfjs";
import type { Algebra } from "../../sim/expression/algebra.ts";
import { evaluateOperation } from "../../sim/expression/graph.ts";

/**
 * An algebra for use within one `tf.tidy`: constants are made once and belong to the scope in which
 * they were first asked for. Operations on constants alone, sums with 0 and products with 0 and 1 cost
 * no kernel.
 */
export function tensorAlgebra(): Algebra<tf.Tensor2D> {
  const made = new Map<string, tf.Tensor2D>();
  const numbers = new WeakMap<tf.Tensor2D, readonly number[]>();

  const constant = (values: number | readonly number[]): tf.Tensor2D => {
    const lanes = typeof values === "number" ? [values] : [...values];
    const key = lanes.join();
    let tensor = made.get(key);
    if (!tensor) {
      tensor = tf.tensor2d(lanes, [1, lanes.length]);
      made.set(key, tensor);
      numbers.set(tensor, lanes);
    }
    return tensor;
  };

  /** Whether every lane of `tensor` is the constant `value`. */
  const isAll = (tensor: tf.Tensor2D, value: number): boolean =>
    numbers.get(tensor)?.every((lane) => lane === value) ?? false;

  /** Whether an operation with `tensor` = `value` leaves `other` as it is. */
  const isNeutral = (tensor: tf.Tensor2D, value: number, other: tf.Tensor2D): boolean =>
    isAll(tensor, value) && tensor.shape[1] <= other.shape[1];

  /** The result where all operands are constants, else undefined. */
  const folded = (
    operation: "add" | "subtract" | "multiply" | "divide" | "negate",
    ...operands: tf.Tensor2D[]
  ): tf.Tensor2D | undefined => {
    const lanes = operands.map((operand) => numbers.get(operand) ?? []);
    if (lanes.some(({ length }) => length === 0)) return undefined;
    const count = Math.max(...lanes.map(({ length }) => length));
    return constant(Array.from(
      { length: count },
      (_, lane) =>
        evaluateOperation[operation](
          ...lanes.map((values) => values[values.length === 1 ? 0 : lane]),
        ),
    ));
  };

  /**
   * `chosen` where a < b, `other` elsewhere, as `forward` computes it from the comparison. TensorFlow.js
   * knows no gradient of comparisons, so a and b stay outside of what is differentiated.
   */
  const select = (
    a: tf.Tensor2D,
    b: tf.Tensor2D,
    chosen: tf.Tensor2D,
    other: tf.Tensor2D,
    forward: (less: tf.Tensor2D) => tf.Tensor2D,
  ): tf.Tensor2D => {
    const branches = [{ value: chosen, taken: true }, { value: other, taken: false }]
      .filter(({ value }) => !numbers.has(value));
    const operation = tf.customGrad<tf.Tensor2D>((...inputs) => {
      const save = inputs[inputs.length - 1] as tf.GradSaveFunc;
      const less = tf.less<tf.Tensor2D>(a, b);
      save([less]);
      return {
        value: forward(less),
        gradFunc: (cotangent, [less]) =>
          branches.map(({ value, taken }) => {
            const share = tf.cast(taken ? less : tf.logicalNot(less), "float32");
            return sumTo(tf.mul(cotangent, share), value.shape);
          }),
      };
    });
    return operation(...branches.map(({ value }) => value));
  };

  return {
    constant,
    add(a, b) {
      if (isNeutral(a, 0, b)) return b;
      if (isNeutral(b, 0, a)) return a;
      return folded("add", a, b) ?? tf.add(a, b);
    },
    subtract(a, b) {
      if (isNeutral(b, 0, a)) return a;
      return folded("subtract", a, b) ?? tf.sub(a, b);
    },
    multiply(a, b) {
      if (isNeutral(a, 1, b)) return b;
      if (isNeutral(b, 1, a)) return a;
      if (isAll(a, 0) || isAll(b, 0)) {
        return constant(Array(Math.max(a.shape[1], b.shape[1])).fill(0));
      }
      return folded("multiply", a, b) ?? tf.mul(a, b);
    },
    divide: (a, b) => folded("divide", a, b) ?? tf.div(a, b),
    negate: (a) => folded("negate", a) ?? tf.neg(a),
    sqrt: (a) => tf.sqrt(a),
    sin: (a) => tf.sin(a),
    cos: (a) => tf.cos(a),
    exp: (a) => tf.exp(a),
    minimum: (a, b) => select(b, a, b, a, () => tf.minimum(a, b)),
    maximum: (a, b) => select(a, b, b, a, () => tf.maximum(a, b)),
    whereLess: (a, b, chosen, other) =>
      select(a, b, chosen, other, (less) => tf.where(less, chosen, other)),
    sum: (a) => tf.sum(a, 1, true),
    lane: (a, index) => tf.slice(a, [0, index], [-1, 1]),
    stack(parts) {
      const trials = Math.max(...parts.map(({ shape }) => shape[0]));
      const column = tf.zeros([trials, 1]);
      return tf.concat(
        parts.map((part) => part.shape[0] === trials ? part : tf.add(part, column)),
        1,
      );
    },
    function: (value) => value,
  };
}

/** The sum over the axes along which a value of `shape` was broadcast. */
function sumTo(value: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const axes = shape.flatMap((extent, axis) => extent < value.shape[axis] ? [axis] : []);
  return axes.length === 0 ? value : tf.sum(value, axes, true);
}
