/**
 * Further instructions on four numbers of single precision: what arithmetic of expressions and
 * polynomials needs beyond `four` in `code.ts`.
 *
 * Only strict instructions: the same bits on every machine, which relaxed ones (fused multiply-add) do
 * not give.
 */
import { binary, four, i32, operation, unary, type Value, vector } from "./code.ts";

type Vector = Value<"v128">;

const ternary = (opcode: number) => (a: Vector, b: Vector, c: Vector): Vector =>
  operation("v128", vector(opcode), a, b, c);

/** A shift of each lane by a fixed number of bits. */
const shift = (opcode: number) => (a: Vector, bits: number): Vector =>
  operation("v128", vector(opcode), a, i32.constant(bits));

/** Four numbers of single precision. A comparison leaves all bits of a lane set, or none. */
export const f32x4 = {
  add: four.add,
  sub: four.sub,
  mul: four.mul,
  div: four.div,
  sqrt: four.sqrt,
  abs: unary("v128", vector(0xe0)),
  negate: unary("v128", vector(0xe1)),
  less: binary("v128", vector(0x43)),
  /** The smaller of a and b; a where either is NaN. */
  smaller: binary("v128", vector(0xea)),
  /** The larger of a and b; a where either is NaN. */
  larger: binary("v128", vector(0xeb)),
} as const;

/** The bits of vectors. */
export const bits = {
  and: binary("v128", vector(0x4e)),
  /** a where b has no bits. */
  andNot: binary("v128", vector(0x4f)),
  or: binary("v128", vector(0x50)),
  xor: binary("v128", vector(0x51)),
  /** a where the mask has bits, b elsewhere. */
  select: ternary(0x52),
} as const;

/** Four whole numbers of 32 bits. */
export const i32x4 = {
  add: binary("v128", vector(0xae)),
  /** Bits 0 to 31. */
  shiftLeft: shift(0xab),
} as const;
