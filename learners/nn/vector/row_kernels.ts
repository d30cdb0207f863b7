/** Rows of a tile copied, added and combined, in single precision, as WebAssembly. */
import { Code, four, i32 } from "../../../sim/webassembly/code.ts";
import { f32x4 } from "../../../sim/webassembly/vector.ts";
import { type Address, origin, vectorBytes } from "./instructions.ts";

/** `body` for the offset of each vector of `rows` rows. */
function eachVector(
  code: Code,
  rows: Address,
  rowBytes: number,
  body: (place: Address) => void,
): void {
  const end = i32.mul(rows, i32.constant(rowBytes));
  code.loop(origin, end, i32.constant(vectorBytes), body);
}

/** into = from. Parameters: the two addresses, how many rows. */
export function copyRows(rowBytes: number): Code {
  const code = new Code(["i32", "i32", "i32"]);
  const [from, into, rows] = [0, 1, 2].map((index) => code.parameter(index, "i32"));
  eachVector(code, rows, rowBytes, (place) => {
    code.store(i32.add(into, place), four.load(i32.add(from, place)));
  });
  return code;
}

/** into = a + b. Parameters: the three addresses, how many rows. */
export function addRows(rowBytes: number): Code {
  const code = new Code(["i32", "i32", "i32", "i32"]);
  const [a, b, into, rows] = [0, 1, 2, 3].map((index) => code.parameter(index, "i32"));
  eachVector(code, rows, rowBytes, (place) => {
    const sum = f32x4.add(four.load(i32.add(a, place)), four.load(i32.add(b, place)));
    code.store(i32.add(into, place), sum);
  });
  return code;
}

/**
 * into = Σ over losses of share · from. Parameters: address of the first loss's rows, bytes from one loss
 * to the next one, address of `into`, how many rows.
 */
export function combineRows(rowBytes: number, shares: readonly number[]): Code {
  const code = new Code(["i32", "i32", "i32", "i32"]);
  const [from, lossBytes, into, rows] = [0, 1, 2, 3].map((index) => code.parameter(index, "i32"));
  eachVector(code, rows, rowBytes, (place) => {
    const first = i32.add(from, place);
    const parts = shares.flatMap((share, loss) => {
      if (share === 0) return [];
      const address = i32.add(first, i32.mul(lossBytes, i32.constant(loss)));
      return [f32x4.mul(four.load(address), code.constant(share))];
    });
    code.store(i32.add(into, place), parts.reduce((sum, part) => f32x4.add(sum, part)));
  });
  return code;
}
