/** The algebra read as plain numbers: equations at one state, without compiling anything. */
import type { Algebra } from "../../sim/expression/algebra.ts";

/** Values of one lane as numbers. */
export const numbers: Algebra<number> = {
  constant(values) {
    const [value, ...rest] = typeof values === "number" ? [values] : values;
    if (value === undefined || rest.length > 0) throw new RangeError("numbers have one lane");
    return value;
  },
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  negate: (a) => -a,
  sqrt: Math.sqrt,
  sin: Math.sin,
  cos: Math.cos,
  exp: Math.exp,
  minimum: Math.min,
  maximum: Math.max,
  whereLess: (a, b, chosen, other) => a < b ? chosen : other,
  sum: (a) => a,
  lane: (a) => a,
  stack([value, ...rest]) {
    if (rest.length > 0) throw new RangeError("numbers have one lane");
    return value;
  },
  function: (value) => value,
};
