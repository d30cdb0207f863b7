/** The activations of `../activations.ts` on four numbers of single precision. */
import type { Code } from "../../../sim/webassembly/code.ts";
import { type Elementary, exp, sigmoid, tanh } from "../../../sim/webassembly/functions.ts";
import { bits, f32x4 } from "../../../sim/webassembly/vector.ts";
import type { Vector } from "./instructions.ts";
import type { ActivationName } from "../activations.ts";

/** One activation: its value, and its slope as a function of the value. */
export interface VectorActivation {
  readonly value: Elementary;
  readonly slope: Elementary;
}

const isPositive = (code: Code, x: Vector) => f32x4.less(code.constant(0), x);

export const vectorActivations: Readonly<Record<ActivationName, VectorActivation>> = {
  none: { value: (_code, x) => x, slope: (code) => code.constant(1) },
  tanh: {
    value: tanh,
    slope: (code, y) => f32x4.sub(code.constant(1), f32x4.mul(y, y)),
  },
  sigmoid: { value: sigmoid, slope: (_code, y) => f32x4.sub(y, f32x4.mul(y, y)) },
  relu: {
    value: (code, x) => f32x4.larger(x, code.constant(0)), // what is not a number stays so
    slope: (code, y) => bits.and(code.constant(1), isPositive(code, y)),
  },
  elu: {
    // eˣ − 1 loses digits near 0, where it is small beside what the next layer adds it to.
    value: (code, x) => {
      const kept = code.keep(x);
      const below = f32x4.sub(exp(code, kept), code.constant(1));
      return bits.select(kept, below, isPositive(code, kept));
    },
    slope: (code, y) => {
      const one = code.constant(1);
      return bits.select(one, f32x4.add(one, y), isPositive(code, y));
    },
  },
};
