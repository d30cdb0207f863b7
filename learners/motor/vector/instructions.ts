/** What the kernels of the vector roll-out write again and again. */
import {
  type Code,
  four,
  i32,
  operation,
  unsigned,
  type Value,
  vector,
} from "../../../sim/webassembly/code.ts";
import { f32x4 } from "../../../sim/webassembly/vector.ts";

export type Address = Value<"i32">;
export type Vector = Value<"v128">;

/** Bytes of a number of single precision, of one of double precision, and of a vector. */
export const numberBytes = 4;
export const wideBytes = 8;
export const vectorBytes = 16;

/** The number `offset` bytes behind an address, in every lane (v128.load32_splat). */
export function broadcast(address: Address, offset = 0): Vector {
  return operation("v128", [...vector(0x09), 0, ...unsigned(offset)], address);
}

/** The number 0 as an address: what lies at a known place is `offset` bytes behind it. */
export const origin = i32.constant(0);

/** `body` for each vector of a row of so many bytes; `column` is its offset in the row. */
export function eachColumn(
  code: Code,
  rowBytes: number,
  body: (column: Address) => void,
  step = vectorBytes,
): void {
  code.loop(origin, i32.constant(rowBytes), i32.constant(step), body);
}

/** `body` for the offset of each of `count` rows, in bytes. */
export function eachRow(
  code: Code,
  count: number,
  rowBytes: number,
  body: (row: Address) => void,
): void {
  if (count === 0) return;
  code.loop(origin, i32.constant(count * rowBytes), i32.constant(rowBytes), body);
}

/** A sum over vectors; its lanes are added up in double precision in the end. */
export class LaneSum {
  readonly #sum;

  constructor(readonly code: Code) {
    this.#sum = code.variable(code.constant(0));
  }

  add(value: Vector): void {
    this.#sum.set(f32x4.add(this.#sum.value, value));
  }

  /** Add the four lanes to four numbers of double precision in memory. */
  addTo(address: Address): void {
    const sum = four.addWide(four.loadWide(address), four.widen(this.#sum.value));
    this.code.storeWide(address, sum);
  }
}

/** Bytes of what a `LaneSum` is added to. */
export const laneSumBytes = 4 * wideBytes;
