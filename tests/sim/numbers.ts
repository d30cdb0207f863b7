/** The algebra read as plain numbers: equations at one state, without compiling anything. */
import type { Algebra } from "../../sim/expression/algebra.ts";
import { evaluateOperation } from "../../sim/expression/graph.ts";

const { select, ...operations } = evaluateOperation;

/** Values of one lane as numbers. */
export const numbers: Algebra<number> = {
  ...operations,
  whereLess: select,
  constant(values) {
    const [value, ...rest] = typeof values === "number" ? [values] : values;
    if (value === undefined || rest.length > 0) throw new RangeError("numbers have one lane");
    return value;
  },
  sum: (a) => a,
  lane: (a) => a,
  stack([value, ...rest]) {
    if (rest.length > 0) throw new RangeError("numbers have one lane");
    return value;
  },
  function: (value) => value,
};
