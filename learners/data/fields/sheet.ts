/** A look at fields: the first pairs of a set side by side, and right-hand sides of several laws. */
import type { Figure } from "../../figure.ts";
import type { FieldSet } from "./field_set.ts";
import type { RightSides } from "./right_sides.ts";

/**
 * The first pairs of a set: on a square as pictures, input and target in a row; on an interval as curves.
 * Pictures go from black, the least value of all inputs (or targets) shown, to white, the largest.
 *
 * @throws {RangeError} when the set has fewer pairs, or none are asked for
 */
export function fieldSheet(set: FieldSet, pairs: number): Figure {
  if (!Number.isSafeInteger(pairs) || pairs < 1 || pairs > set.count) {
    throw new RangeError(`${pairs} pairs; expected an integer from 1 to ${set.count}`);
  }
  return set.grid.shape.length === 1 ? curves(set, pairs) : pictures(set, pairs);
}

function pictures(set: FieldSet, pairs: number): Figure {
  const [height, width] = set.grid.shape;
  const columns = [set.inputs, set.targets].map((values) =>
    images(shades(values.subarray(0, pairs * height * width)), pairs)
  );
  return {
    kind: "image-grid",
    title: set.name,
    caption: `The first ${pairs} pairs: ${set.inputName} and, beside it, ${set.targetName}.`,
    images: Array.from({ length: 2 * pairs }, (_, i) => columns[i % 2][Math.floor(i / 2)]),
    height,
    width,
    channels: 1,
    labels: Array.from({ length: 2 * pairs }, (_, i) => i % 2 ? set.targetName : set.inputName),
    columns: 2,
  };
}

function curves(set: FieldSet, pairs: number): Figure {
  const [points] = set.grid.shape;
  const x = [...set.grid.axes[0]];
  return {
    kind: "line",
    title: set.name,
    caption:
      `The first ${pairs} pairs: ${set.inputName} and the ${set.targetName} that it becomes.`,
    xLabel: "x (periods)",
    yLabel: "u",
    traces: Array.from({ length: 2 * pairs }, (_, i) => {
      const pair = Math.floor(i / 2);
      const [name, values] = i % 2 ? [set.targetName, set.targets] : [set.inputName, set.inputs];
      return {
        name: `${name}, pair ${pair}`,
        x,
        y: [...values.subarray(pair * points, (pair + 1) * points)],
      };
    }),
  };
}

/**
 * The first right-hand sides of each set, a set a row: mid-grey is 0, black and white the largest size of
 * either sign in that picture.
 *
 * @throws {RangeError} when there are no sets, or one is smaller than `perSet` or of another size
 */
export function rightSideSheet(sets: readonly RightSides[], perSet: number): Figure {
  const size = sets[0]?.size ?? 0;
  const fits = (set: RightSides) => set.size === size && set.count >= perSet;
  if (!Number.isSafeInteger(perSet) || perSet < 1 || size === 0 || !sets.every(fits)) {
    throw new RangeError(
      `${perSet} right-hand sides of each of ${sets.length} sets; expected 1 or more, and sets of as ` +
        "many on grids of one size",
    );
  }
  const nodes = size * size;
  return {
    kind: "image-grid",
    title: "fields, right-hand sides",
    caption: `The first ${perSet} right-hand sides of each law, a law a row; mid-grey is 0.`,
    images: sets.flatMap(({ values }) =>
      images(values.subarray(0, perSet * nodes), perSet).map(signedShades)
    ),
    height: size,
    width: size,
    channels: 1,
    labels: sets.flatMap(({ name }) => new Array<string>(perSet).fill(name)),
    columns: perSet,
  };
}

function images(values: ArrayLike<number>, count: number): number[][] {
  const pixels = values.length / count;
  return Array.from(
    { length: count },
    (_, i) => Array.from({ length: pixels }, (_, k) => values[i * pixels + k]),
  );
}

/** The least value as 0, the largest as 1. */
function shades(values: Float32Array): Float32Array {
  let [least, most] = [Infinity, -Infinity];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return values.map((value) => most > least ? (value - least) / (most - least) : 0.5);
}

/** 0 as 0.5, the largest size as 0 or 1. */
function signedShades(values: readonly number[]): number[] {
  const most = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  return values.map((value) => most > 0 ? 0.5 + value / (2 * most) : 0.5);
}
