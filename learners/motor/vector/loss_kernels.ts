/**
 * The losses' terms and their cotangents at the hand and at the commands, in single precision, as
 * WebAssembly: for all losses in one pass. `objectives.ts` states the terms; `layer_kernel.ts` has those
 * at the hidden activities.
 *
 * Trials that only fill a tile up count 0 times: a row of 1 and 0, the mask, says which.
 */
import { Code, four, i32 } from "../../../sim/webassembly/code.ts";
import { bits, f32x4 } from "../../../sim/webassembly/vector.ts";
import type { ActivationName } from "../../nn/activations.ts";
import { vectorActivations } from "../../nn/vector/activations.ts";
import type { LossWeights } from "../objectives.ts";
import type { TermSums } from "./term_sums.ts";
import {
  broadcast,
  eachColumn,
  eachRow,
  LaneSum,
  numberBytes,
  origin,
  type Vector,
} from "../../nn/vector/instructions.ts";

/** What the terms' cotangents are multiplied by, for each loss, in this order. */
export const scaleNames = [
  "positionL1",
  "positionSquared",
  "effort",
  "activity",
  "activityChange",
] as const;

/** Where the loss kernels find what they share, and what the losses are. */
export interface LossPlaces {
  readonly losses: readonly LossWeights[];
  readonly rowBytes: number;
  /** Address of the mask. */
  readonly mask: number;
  /** Address of the scales, [loss][scale]. */
  readonly scales: number;
  /** Address of each sum. */
  readonly sums: Readonly<TermSums>;
}

/** The scale called `name` of loss `loss`, in every lane. */
export function scaleOf(
  code: Code,
  { scales }: LossPlaces,
  loss: number,
  name: (typeof scaleNames)[number],
): Vector {
  const index = loss * scaleNames.length + scaleNames.indexOf(name);
  return code.keep(broadcast(origin, scales + index * numberBytes));
}

/** a + b, where either may be missing. */
export const plus = (a: Vector | undefined, b: Vector | undefined) =>
  a && b ? f32x4.add(a, b) : a ?? b;

/** `x` where the sign of `by` is positive, −x where it is negative, 0 where `by` is 0. */
function signed(code: Code, by: Vector, x: Vector): Vector {
  const zero = code.constant(0);
  return f32x4.sub(bits.and(x, f32x4.less(zero, by)), bits.and(x, f32x4.less(by, zero)));
}

/**
 * The position terms of one step, and their cotangents, which are added to the hand's.
 *
 * Parameters: addresses of the hand [x, y], of the target [x, y], of the first loss's cotangent of the hand,
 * and of the sum that the distance counts to.
 *
 * @param lossBytes from one loss's cotangent to the next one's
 */
export function handKernel(places: LossPlaces, lossBytes: number): Code {
  const code = new Code(["i32", "i32", "i32", "i32"]);
  const { losses, rowBytes, mask, sums } = places;
  const [hand, target, cotangent, distanceSum] = [0, 1, 2, 3].map((i) => code.parameter(i, "i32"));
  const [absolute, squared, distance] = [0, 0, 0].map(() => new LaneSum(code));
  const scales = losses.map(({ positionL1, positionSquared }, loss) => ({
    l1: positionL1 === 0 ? undefined : scaleOf(code, places, loss, "positionL1"),
    squared: positionSquared === 0 ? undefined : scaleOf(code, places, loss, "positionSquared"),
  }));
  eachColumn(code, rowBytes, (column) => {
    const [handAt, targetAt, cotangentAt] = [hand, target, cotangent].map((address) =>
      code.keep(i32.add(address, column))
    );
    const counts = code.keep(four.load(column, mask));
    const squares = [0, rowBytes].map((axis) => {
      const error = code.keep(
        f32x4.mul(f32x4.sub(four.load(handAt, axis), four.load(targetAt, axis)), counts),
      );
      const square = code.keep(f32x4.mul(error, error));
      absolute.add(f32x4.abs(error));
      squared.add(square);
      scales.forEach(({ l1, squared }, loss) => {
        const seed = plus(l1 && signed(code, error, l1), squared && f32x4.mul(squared, error));
        if (!seed) return;
        const offset = loss * lossBytes + axis;
        code.store(cotangentAt, f32x4.add(four.load(cotangentAt, offset), seed), offset);
      });
      return square;
    });
    distance.add(f32x4.sqrt(f32x4.add(squares[0], squares[1])));
  });
  absolute.addTo(i32.constant(sums.absolute));
  squared.addTo(i32.constant(sums.squared));
  distance.addTo(distanceSum);
  return code;
}

/**
 * The effort term of one step; the commands' cotangents become those of the read-out.
 *
 * Parameter: address of the commands.
 *
 * @param rows how many commands
 * @param cotangent address of the first loss's cotangent of the commands
 * @param lossBytes from one loss's cotangent to the next one's
 */
export function commandKernel(
  places: LossPlaces,
  activation: ActivationName,
  rows: number,
  cotangent: number,
  lossBytes: number,
): Code {
  const code = new Code(["i32"]);
  const { losses, rowBytes, mask, sums } = places;
  const command = code.parameter(0, "i32");
  const effort = new LaneSum(code);
  const scales = losses.map(({ effort }, loss) =>
    effort === 0 ? undefined : scaleOf(code, places, loss, "effort")
  );
  eachRow(code, rows, rowBytes, (row) =>
    eachColumn(code, rowBytes, (column) => {
      const place = code.keep(i32.add(row, column));
      const value = code.keep(four.load(i32.add(command, place)));
      const counted = code.keep(f32x4.mul(value, four.load(column, mask)));
      effort.add(f32x4.mul(counted, value));
      const slope = code.keep(vectorActivations[activation].slope(code, value));
      scales.forEach((scale, loss) => {
        const offset = cotangent + loss * lossBytes;
        const own = four.load(place, offset);
        const all = scale ? f32x4.add(own, f32x4.mul(scale, counted)) : own;
        code.store(place, f32x4.mul(all, slope), offset);
      });
    }));
  effort.addTo(i32.constant(sums.effort));
  return code;
}
