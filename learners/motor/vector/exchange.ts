/**
 * What enters a layer of both hemispheres, in single precision, as WebAssembly: own activities and what
 * the callosum brings (`controllers/callosum.ts`). A callosum that learns brings it by a product of its own.
 */
import { Code, four, i32 } from "../../../sim/webassembly/code.ts";
import { f32x4 } from "../../../sim/webassembly/vector.ts";
import type { MotorNetwork } from "../../../controllers/motor_network.ts";
import { type Address, eachColumn, eachRow, type Vector } from "../../nn/vector/instructions.ts";

/** What a callosum brings without a matrix. */
export type Crossing = "none" | "identity" | "maxpool-pad";

/** What crosses in a network without a matrix. */
export function crossingOf({ config, streams }: MotorNetwork): Crossing {
  const { callosum } = config;
  return streams.length === 1 || callosum === "learned-linear" ? "none" : callosum;
}

/**
 * received = own + κ(other), for both hemispheres.
 *
 * Parameters: addresses of the left hemisphere's activities, and of what it receives.
 *
 * @param width units of a hemisphere
 * @param streamBytes from the left hemisphere's rows to the right one's
 */
export function exchangeKernel(
  crossing: Crossing,
  width: number,
  rowBytes: number,
  streamBytes: number,
): Code {
  const code = new Code(["i32", "i32"]);
  const [hidden, received] = [0, 1].map((index) => code.parameter(index, "i32"));
  const rows = (
    stream: number,
    first: number,
    count: number,
    brought: (row: Address, column: Address) => Vector | undefined,
  ) =>
    eachRow(code, count, rowBytes, (row) =>
      eachColumn(code, rowBytes, (column) => {
        const start = i32.constant(stream * streamBytes + first * rowBytes);
        const place = code.keep(i32.add(i32.add(row, column), start));
        const own = four.load(i32.add(hidden, place));
        const other = brought(row, column);
        code.store(i32.add(received, place), other ? f32x4.add(own, other) : own);
      }));

  for (const stream of [0, 1]) {
    const otherStart = (1 - stream) * streamBytes;
    if (crossing === "none") rows(stream, 0, width, () => undefined);
    if (crossing === "identity") {
      rows(
        stream,
        0,
        width,
        (row, column) => four.load(i32.add(hidden, i32.add(row, column)), otherStart),
      );
    }
    if (crossing === "maxpool-pad") {
      const pairs = Math.floor(width / 2);
      const firstTarget = width - pairs;
      rows(stream, 0, firstTarget, () => undefined);
      rows(stream, firstTarget, pairs, (pair, column) => {
        const first = code.keep(i32.add(hidden, i32.add(i32.add(pair, pair), column)));
        return f32x4.larger(four.load(first, otherStart), four.load(first, otherStart + rowBytes));
      });
    }
  }
  return code;
}
