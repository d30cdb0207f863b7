/**
 * The Control Suite's `tolerance`: 1 within bounds, and outside a value that falls with the distance d
 * from them, measured in margins (Tassa et al. 2018, arXiv 1801.00690; dm_control, utils/rewards.py).
 *
 * With v the value at one margin:
 *
 * | sigmoid | s(d) |
 * | --- | --- |
 * | gaussian | exp(−½ (d √(−2 ln v))²) |
 * | long-tail | 1/(d² (1/v − 1) + 1) |
 * | reciprocal | 1/(d (1/v − 1) + 1) |
 * | hyperbolic | 1/cosh(d arcosh(1/v)) |
 * | tanh-squared | 1 − tanh²(d artanh √(1 − v)) |
 * | linear | max(0, 1 − d (1 − v)) |
 * | quadratic | max(0, 1 − d² (1 − v)) |
 * | cosine | (1 + cos(π min(d s, 1)))/2 with s = arccos(2v − 1)/π |
 */
import type { Algebra } from "../expression/algebra.ts";
import { hyperbolicTangent } from "./terms.ts";

/** The value at `distance` margins, where one margin away it is `value`. */
type SigmoidOver = <Value>(algebra: Algebra<Value>, distance: Value, value: number) => Value;

/** 1/(1 + excess) */
function share<Value>({ constant, add, divide }: Algebra<Value>, excess: Value): Value {
  return divide(constant(1), add(constant(1), excess));
}

/** max(0, 1 − loss) */
function remainder<Value>({ constant, subtract, maximum }: Algebra<Value>, loss: Value): Value {
  return maximum(constant(0), subtract(constant(1), loss));
}

function times<Value>({ constant, multiply }: Algebra<Value>, a: Value, factor: number): Value {
  return multiply(constant(factor), a);
}

function square<Value>({ multiply }: Algebra<Value>, a: Value): Value {
  return multiply(a, a);
}

const sigmoids = {
  gaussian: (algebra, d, v) => algebra.exp(times(algebra, square(algebra, d), Math.log(v))),
  "long-tail": (algebra, d, v) => share(algebra, times(algebra, square(algebra, d), 1 / v - 1)),
  reciprocal: (algebra, d, v) => share(algebra, times(algebra, d, 1 / v - 1)),
  hyperbolic(algebra, d, v) {
    const x = times(algebra, d, Math.acosh(1 / v));
    const cosh = times(algebra, algebra.add(algebra.exp(x), algebra.exp(algebra.negate(x))), 0.5);
    return algebra.divide(algebra.constant(1), cosh);
  },
  "tanh-squared"(algebra, d, v) {
    const x = times(algebra, d, Math.atanh(Math.sqrt(1 - v)));
    return algebra.subtract(
      algebra.constant(1),
      square(algebra, hyperbolicTangent(algebra, x)),
    );
  },
  linear: (algebra, d, v) => remainder(algebra, times(algebra, d, 1 - v)),
  quadratic: (algebra, d, v) => remainder(algebra, times(algebra, square(algebra, d), 1 - v)),
  cosine(algebra, d, v) {
    const { constant, add, minimum, cos } = algebra;
    const halfTurn = minimum(times(algebra, d, Math.acos(2 * v - 1)), constant(Math.PI));
    return times(algebra, add(constant(1), cos(halfTurn)), 0.5);
  },
} satisfies Record<string, SigmoidOver>;

export type Sigmoid = keyof typeof sigmoids;

export interface ToleranceOptions {
  /** Where the value is 1: from lower to upper, both included. */
  readonly bounds: readonly [lower: number, upper: number];
  /** How far outside the value is `valueAtMargin`; without it, the value is 0 everywhere outside. */
  readonly margin?: number;
  /** Default gaussian. */
  readonly sigmoid?: Sigmoid;
  /** Between 0 and 1; linear, quadratic and cosine also take 0. Default 0.1. */
  readonly valueAtMargin?: number;
}

/**
 * 1 within the bounds, less outside.
 * @throws {RangeError} when the bounds are in the wrong order, the margin is negative, or the value at
 * the margin is out of its range
 */
export function tolerance<Value>(
  algebra: Algebra<Value>,
  x: Value,
  { bounds: [lower, upper], margin = 0, sigmoid = "gaussian", valueAtMargin = 0.1 }:
    ToleranceOptions,
): Value {
  requireTolerance(lower, upper, margin, sigmoid, valueAtMargin);
  const { constant, subtract, maximum, whereLess } = algebra;
  const beyond = maximum(subtract(x, constant(upper)), subtract(constant(lower), x));
  const zero = constant(0);
  const outside = margin === 0 ? zero : sigmoids[sigmoid](
    algebra,
    times(algebra, maximum(beyond, zero), 1 / margin),
    valueAtMargin,
  );
  return whereLess(zero, beyond, outside, constant(1));
}

function requireTolerance(
  lower: number,
  upper: number,
  margin: number,
  sigmoid: Sigmoid,
  value: number,
): void {
  if (!(lower <= upper)) throw new RangeError(`bounds ${lower} … ${upper} are in the wrong order`);
  if (!(margin >= 0)) throw new RangeError(`margin ${margin}; 0 or more is needed`);
  const mayVanish = sigmoid === "linear" || sigmoid === "quadratic" || sigmoid === "cosine";
  if (!(value < 1 && (value > 0 || (mayVanish && value === 0)))) {
    throw new RangeError(
      `value ${value} at the margin of a ${sigmoid} sigmoid; ` +
        `${mayVanish ? "0 or more" : "more than 0"} and less than 1 is needed`,
    );
  }
}
