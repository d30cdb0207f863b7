/** Coordinates between two frames: angles go the shorter way round, quaternions stay of length 1. */
import type { CoordinateUnit } from "../../../cluster/scene_frame.ts";

/** The same turn by the shorter way, −π … π rad. */
export function shortestTurn(angle: number): number {
  return Math.atan2(Math.sin(angle), Math.cos(angle));
}

/** Components of a quaternion. */
const components = 4;

/**
 * Write what lies between two frames.
 * @param share 0 at `from`, 1 at `to`
 * @param units of one copy's coordinates, as `coordinateUnits` gives them
 * @param into [copy][coordinate], like both frames
 */
export function mixCoordinates(
  from: ArrayLike<number>,
  to: ArrayLike<number>,
  share: number,
  units: readonly CoordinateUnit[],
  into: Float32Array,
): void {
  for (let start = 0; start < into.length; start += units.length) {
    for (let i = 0; i < units.length; i++) {
      const at = start + i;
      switch (units[i]) {
        case "angle":
          into[at] = from[at] + share * shortestTurn(to[at] - from[at]);
          break;
        case "length":
          into[at] = from[at] + share * (to[at] - from[at]);
          break;
        case "quaternion":
          mixQuaternion(from, to, share, at, into);
          i += components - 1;
          break;
      }
    }
  }
}

/** The normalised mean of the quaternions at `at`, of which q and −q are the same rotation. */
function mixQuaternion(
  from: ArrayLike<number>,
  to: ArrayLike<number>,
  share: number,
  at: number,
  into: Float32Array,
): void {
  let product = 0;
  for (let k = at; k < at + components; k++) product += from[k] * to[k];
  const sign = product < 0 ? -1 : 1;
  let square = 0;
  for (let k = at; k < at + components; k++) {
    into[k] = (1 - share) * from[k] + sign * share * to[k];
    square += into[k] ** 2;
  }
  const length = Math.sqrt(square) || 1;
  for (let k = at; k < at + components; k++) into[k] /= length;
}
