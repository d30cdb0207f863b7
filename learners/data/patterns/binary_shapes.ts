/**
 * Binary shapes of 8×8 pixels: small pictures whose parts and class are variables of one model, to complete
 * and to classify (as for Feng, Winston & Kolter 2023, "Monotone deep Boltzmann machines").
 */
import { type RandomStream, randomStream } from "../../../sim/random.ts";
import type { ImageSet } from "../dataset.ts";
import { type DrawOptions, requireCounts, requireShares } from "../options.ts";

/** Pixels along each side. */
const side = 8;

/** The shapes by name; `#` is 1. Between 20 and 28 pixels each, so that their number tells little. */
const shapes = {
  "horizontal bars": [
    "........",
    ".######.",
    ".######.",
    "........",
    "........",
    ".######.",
    ".######.",
    "........",
  ],
  "vertical bars": [
    "........",
    ".##..##.",
    ".##..##.",
    ".##..##.",
    ".##..##.",
    ".##..##.",
    ".##..##.",
    "........",
  ],
  "plus": [
    "........",
    "...##...",
    "...##...",
    ".######.",
    ".######.",
    "...##...",
    "...##...",
    "........",
  ],
  "cross": [
    "........",
    ".##..##.",
    ".######.",
    "..####..",
    "..####..",
    ".######.",
    ".##..##.",
    "........",
  ],
  "frame": [
    "........",
    ".######.",
    ".#....#.",
    ".#....#.",
    ".#....#.",
    ".#....#.",
    ".######.",
    "........",
  ],
  "disc": [
    "........",
    "........",
    "..####..",
    ".######.",
    ".######.",
    ".######.",
    "..####..",
    "........",
  ],
} as const;

/** The classes. */
export const shapeNames = Object.keys(shapes);

const templates = Object.values(shapes).map((rows) =>
  Uint8Array.from(rows.join(""), (pixel) => pixel === "#" ? 1 : 0)
);

/** Which shapes are wanted. */
export interface BinaryShapeOptions extends DrawOptions {
  /** Probability that a pixel is turned over, 0 … 1; 0.12 unless given. */
  readonly flips?: number;
  /** Largest shift along each axis, 0 or 1 pixels, uniform; 0 unless given. */
  readonly shift?: 0 | 1;
}

/**
 * The shapes that `options` describe, 0 or 1 in each pixel, of classes with equal odds. The two sets in use
 * are 12 % flips without shifts, the default, and 5 % flips with shifts of 1. Image i depends on seed, split
 * and i alone.
 *
 * @throws {RangeError} when an option has no meaning
 */
export function binaryShapes(options: BinaryShapeOptions): ImageSet {
  const { count, seed, split = "train", flips = 0.12, shift = 0 } = options;
  requireCounts({ count });
  requireShares({ flips });
  if (shift !== 0 && shift !== 1) {
    throw new RangeError(`shift ${shift}; the shapes have room for 0 or 1 pixel`);
  }
  const stream = randomStream(seed, `patterns/shapes/${split}`);
  const images = new Float32Array(count * side * side);
  const labels = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    labels[i] = stream.integer(templates.length);
    images.set(drawShape(templates[labels[i]], flips, shift, stream), i * side * side);
  }
  return {
    name: `patterns, binary shapes, ${split}`,
    count,
    height: side,
    width: side,
    channels: 1,
    images,
    labels,
    classNames: shapeNames,
  };
}

function drawShape(
  template: Uint8Array,
  flips: number,
  shift: number,
  stream: RandomStream,
): Float32Array {
  const [down, rightwards] = [0, 0].map(() => stream.integer(2 * shift + 1) - shift);
  return Float32Array.from({ length: side * side }, (_, pixel) => {
    // Every template has an empty rim, so that a shift by 1 can wrap around.
    const row = (Math.floor(pixel / side) - down + side) % side;
    const column = (pixel % side - rightwards + side) % side;
    const value = template[row * side + column];
    return stream.uniform() < flips ? 1 - value : value;
  });
}
