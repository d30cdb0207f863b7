/**
 * Elementary functions on four numbers of single precision, in strict operations, so that their bits
 * are the same on every machine.
 *
 * Largest errors, measured over dense ranges:
 *
 * | function | x | error |
 * | --- | --- | --- |
 * | sin | ±25,000 | 1.2e-7 |
 * | cos | ±25,000 | 1.5e-7 |
 * | exp | all; 0 below −87.3365, infinite from 88.7228 on | 8.1e-8 of the value |
 * | tanh | all | 3.6e-7 of the value |
 * | sigmoid | all; not below 1.6e-38 | 1.5e-7 of the value |
 *
 * What is not a number stays so; sin and cos of infinities are no numbers either. Beyond their range
 * they mean nothing.
 */
import type { Code, Value } from "./code.ts";
import {
  exponentialPowers,
  ln2Parts,
  piParts,
  quarterTurnParts,
  sinePowers,
  tanhDenominatorPowers,
  tanhNumeratorPowers,
} from "./polynomials.ts";
import { bits, f32x4, i32x4 } from "./vector.ts";

type Vector = Value<"v128">;

/** Writes what computes a function of four numbers. */
export type Elementary = (code: Code, x: Vector) => Vector;

/** c₀ + c₁ x + c₂ x² + …, by Horner's rule. */
function polynomial(code: Code, x: Vector, coefficients: readonly number[]): Vector {
  return coefficients.map((coefficient) => code.constant(coefficient))
    .reduceRight((sum, coefficient) => f32x4.add(f32x4.mul(sum, x), coefficient));
}

/**
 * Added to a number up to 2²² in size, this leaves the number rounded to a whole one in the lowest bits
 * of the sum; taken away again, the rounded number itself.
 */
const roundingShift = 1.5 * 2 ** 23;

/** A whole number twice: as the low bits of a sum, and as a number. */
function round(code: Code, x: Vector): { readonly low: Vector; readonly whole: Vector } {
  const shift = code.constant(roundingShift);
  const low = code.keep(f32x4.add(x, shift));
  return { low, whole: f32x4.sub(low, shift) };
}

/** An angle x = kπ + r with r within ±π/2: what sin and cos of one angle share. */
export interface HalfTurns {
  readonly r: Vector;
  /** The sign bit is set where k is odd. */
  readonly odd: Vector;
}

/** Reduces an angle. */
export function halfTurns(code: Code, x: Vector): HalfTurns {
  const [first, second, third] = piParts.map((part) => code.constant(part));
  const { low, whole } = round(code, f32x4.mul(x, code.constant(1 / Math.PI)));
  const k = code.keep(whole);
  const coarse = f32x4.sub(f32x4.sub(x, f32x4.mul(k, first)), f32x4.mul(k, second));
  return {
    r: code.keep(f32x4.sub(coarse, f32x4.mul(k, third))),
    odd: code.keep(i32x4.shiftLeft(low, 31)),
  };
}

/** sin r for r within ±π/2. */
function sineOfRemainder(code: Code, r: Vector): Vector {
  const square = code.keep(f32x4.mul(r, r));
  const powers = polynomial(code, square, sinePowers);
  return f32x4.add(r, f32x4.mul(f32x4.mul(r, square), powers));
}

/** sin x = (−1)ᵏ sin r. */
export function sinOf(code: Code, { r, odd }: HalfTurns): Vector {
  return bits.xor(sineOfRemainder(code, r), odd);
}

/** cos x = (−1)ᵏ sin(π/2 − |r|). */
export function cosOf(code: Code, { r, odd }: HalfTurns): Vector {
  const [first, second] = quarterTurnParts.map((part) => code.constant(part));
  const rest = code.keep(f32x4.add(f32x4.sub(first, f32x4.abs(r)), second));
  return bits.xor(sineOfRemainder(code, rest), odd);
}

/** sin x. */
export const sin: Elementary = (code, x) => code.keep(sinOf(code, halfTurns(code, x)));

/** cos x. */
export const cos: Elementary = (code, x) => code.keep(cosOf(code, halfTurns(code, x)));

/** eˣ = 2ᵏ (1 + m) with k as the low bits of a sum, for x within ±88. */
function splitExponential(code: Code, x: Vector): { readonly k: Vector; readonly m: Vector } {
  const [first, second] = ln2Parts.map((part) => code.constant(part));
  const { low, whole } = round(code, f32x4.mul(x, code.constant(Math.LOG2E)));
  const k = code.keep(whole);
  const coarse = f32x4.sub(x, f32x4.mul(k, first));
  const r = code.keep(f32x4.sub(coarse, f32x4.mul(k, second)));
  const powers = polynomial(code, r, exponentialPowers);
  return { k: low, m: code.keep(f32x4.add(r, f32x4.mul(f32x4.mul(r, r), powers))) };
}

/** Bits of a number behind its exponent. */
const mantissaBits = 23;

/** 2ᵏ for k from −126 to 127. */
function powerOfTwo(code: Code, k: Vector): Vector {
  const bias = code.wholeConstant(127 << mantissaBits);
  return i32x4.add(i32x4.shiftLeft(k, mantissaBits), bias);
}

/** The logarithms of the smallest normal number and of what is too large. */
const smallestLogarithm = -126 * Math.LN2;
const largestLogarithm = 128 * Math.LN2;

/** eˣ. */
export const exp: Elementary = (code, x) => {
  const { k, m } = splitExponential(code, x);
  const inRange = i32x4.add(
    f32x4.add(m, code.constant(1)),
    i32x4.shiftLeft(k, mantissaBits),
  );
  const tooSmall = f32x4.less(x, code.constant(smallestLogarithm));
  const beyond = f32x4.add(x, code.constant(Infinity)); // infinite, or no number
  return code.keep(bits.select(
    bits.andNot(inRange, tooSmall),
    beyond,
    f32x4.less(x, code.constant(largestLogarithm)),
  ));
};

/** `x` kept within ±bound; what is not a number stays so. */
function within(code: Code, x: Vector, bound: number): Vector {
  const below = f32x4.smaller(x, code.constant(bound));
  return code.keep(f32x4.larger(below, code.constant(-bound)));
}

/** Where tanh has come to 1 within half a unit of the last place. */
const tanhBound = 9.02;

/** tanh x = x p(x²)/q(x²). */
export const tanh: Elementary = (code, x) => {
  const bounded = within(code, x, tanhBound);
  const square = code.keep(f32x4.mul(bounded, bounded));
  const numerator = f32x4.mul(bounded, polynomial(code, square, tanhNumeratorPowers));
  const denominator = polynomial(code, square, tanhDenominatorPowers);
  return within(code, f32x4.div(numerator, denominator), 1); // roundings would go beyond
};

/** e⁸⁷ is still a number. */
const sigmoidBound = 87;

/** 1/(1 + e⁻ˣ). */
export const sigmoid: Elementary = (code, x) => {
  const bounded = within(code, x, sigmoidBound);
  const { k, m } = splitExponential(code, code.keep(f32x4.negate(bounded)));
  const one = code.constant(1);
  const exponential = f32x4.mul(powerOfTwo(code, k), f32x4.add(m, one));
  return code.keep(f32x4.div(one, f32x4.add(exponential, one)));
};
