/** What the kernels of networks and roll-outs write again and again. */
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

/** Picks four of the eight lanes of two vectors (i8x16.shuffle). */
const pick = (lanes: readonly number[]) => (a: Vector, b: Vector): Vector =>
  operation(
    "v128",
    [...vector(0x0d), ...lanes.flatMap((lane) => [0, 1, 2, 3].map((i) => 4 * lane + i))],
    a,
    b,
  );

/** Lanes 0 and 1 of a, then of b; lanes 2 and 3. */
export const lowerHalves = pick([0, 1, 4, 5]);
export const upperHalves = pick([2, 3, 6, 7]);

/** Lanes 0 and 2 of a, then of b; lanes 1 and 3. */
export const evenLanes = pick([0, 2, 4, 6]);
export const oddLanes = pick([1, 3, 5, 7]);

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
