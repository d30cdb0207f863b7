/** Where the copies of a scene stand: side by side on a grid, each with room for all that is seen of it. */
import type { SceneExtent } from "../../../cluster/scene_protocol.ts";

/** The places of copies, and what holds them all. */
export interface Places {
  /** [copy][x, y, z], m */
  readonly offsets: Float32Array;
  readonly extent: SceneExtent;
}

/** Room between two copies, as a share of their width. */
const gap = 0.04;
/** So few stand in one row, to be compared. */
const mostInARow = 3;
/** How much wider than deep the whole grid is to be: screens are. */
const aspect = 1.6;

/**
 * Places for `copies` copies, row by row from the reader away, about the origin.
 * @throws {RangeError} when `copies` is not a positive whole number
 */
export function placesOf(copies: number, { low, high }: SceneExtent): Places {
  if (!Number.isInteger(copies) || copies < 1) {
    throw new RangeError(`${copies} copies of a scene; expected a positive whole number`);
  }
  const width = (high[0] - low[0]) * (1 + gap);
  const depth = (high[1] - low[1]) * (1 + gap);
  const columns = copies <= mostInARow
    ? copies
    : Math.max(1, Math.round(Math.sqrt(aspect * copies * depth / width)));
  const rows = Math.ceil(copies / columns);
  const left = -(columns - 1) / 2 * width;
  const near = -(rows - 1) / 2 * depth;
  const offsets = new Float32Array(3 * copies);
  for (let copy = 0; copy < copies; copy++) {
    offsets[3 * copy] = left + copy % columns * width;
    offsets[3 * copy + 1] = near + Math.floor(copy / columns) * depth;
  }
  return {
    offsets,
    extent: {
      low: [low[0] + left, low[1] + near, low[2]],
      high: [high[0] - left, high[1] - near, high[2]],
    },
  };
}
