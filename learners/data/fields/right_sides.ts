/**
 * Right-hand sides b of Poisson problems A x = b, for learned solvers (Kaneda et al. 2023, "A Deep Conjugate
 * Direction Method for Iteratively Solving Linear Systems"), A being `poissonMatrix` on size × size
 * interior nodes. All have unit length, and are 0 in the nodes that an obstacle takes out.
 *
 * To train on:
 *
 * | law | b, before it is scaled to unit length |
 * | --- | --- |
 * | `eigenbasis` | Σ c_i v_i over all eigenvectors of the empty square, v = sin πk(i+1)/(n+1) · sin πl(j+1)/(n+1) |
 * | `ritz` | Σ c_i v_i over the Ritz vectors of `ritzSteps` Lanczos steps from A·ξ, but for Ritz values below 1e-8 |
 * | `white` | ξ, standard normal |
 *
 * c_i = 9 · N(0, 1) for the lowest `amplifiedShare` of the (Ritz) eigenvalues and N(0, 1) above: the smooth
 * modes, on which conjugate gradients are slow, are made strong. The authors' code has 10,000 Ritz vectors of
 * which m/2 + 500 are amplified, a share of 0.55.
 *
 * To be tested with, beside `white`:
 *
 * | law | b, before it is scaled to unit length |
 * | --- | --- |
 * | `random` | A ξ |
 * | `bump` | exp(−r²/2w²), w = 1 spacing, about a random node |
 * | `dipole` | a bump minus another one |
 */
import { type RandomStream, randomStream } from "../../../sim/random.ts";
import { type DrawOptions, requireCounts, requireShares } from "../options.ts";
import { addProduct, addScaled } from "../../nn/matrix_kernels.ts";
import { innerProduct, type SymmetricMap } from "./conjugate_gradient.ts";
import { fivePointMap, poissonMatrix } from "./five_point_matrix.ts";
import { lanczos, ritzPairs } from "./lanczos.ts";

/** How right-hand sides are drawn. */
export const rightSideLaws = ["eigenbasis", "ritz", "white", "random", "bump", "dipole"] as const;

/** One of them. */
export type RightSideLaw = (typeof rightSideLaws)[number];

/** Which right-hand sides are wanted. */
export interface RightSideOptions extends DrawOptions {
  readonly law: RightSideLaw;
  /** Interior nodes along each side; 32 unless given. */
  readonly size?: number;
  /** [size, size], other than 0 where an obstacle takes the node out; none unless given. */
  readonly removed?: Uint8Array;
  /** Share of the modes, from the lowest, that is made 9 times as strong; 0.55 unless given. */
  readonly amplifiedShare?: number;
  /** Lanczos steps of `ritz`; 256 unless given. */
  readonly ritzSteps?: number;
}

/** Right-hand sides of one law. */
export interface RightSides {
  readonly name: string;
  readonly count: number;
  readonly size: number;
  /** [count, size, size], of unit length each. */
  readonly values: Float64Array;
}

const amplification = 9;
const smallestRitzValue = 1e-8;
/** Standard deviation of a bump, in spacings. */
const bumpWidth = 1;

/**
 * The right-hand sides that `options` describe. Side i depends on seed, split and i alone.
 * @throws {RangeError} when an option has no meaning
 */
export function rightSides(options: RightSideOptions): RightSides {
  const { law, count, seed, split = "train", size = 32, removed } = options;
  const { amplifiedShare = 0.55, ritzSteps = 256 } = options;
  requireCounts({ count });
  requireShares({ amplifiedShare });
  const matrix = poissonMatrix(size, size, removed);
  const open = Uint8Array.from(matrix.diagonal, (value) => value === 0 ? 0 : 1);
  if (!open.includes(1)) throw new RangeError("removed takes out every node; one must remain");
  const stream = (name: string) => randomStream(seed, `fields/${law}/${split}/${name}`);
  const draw = drawers[law]({
    size,
    open,
    apply: fivePointMap(matrix),
    amplifiedShare,
    ritzSteps,
    stream,
  });
  const values = new Float64Array(count * size * size);
  for (let i = 0; i < count; i++) {
    const side = draw(stream(String(i))).map((value, node) => open[node] ? value : 0);
    values.set(unitVector(side), i * size * size);
  }
  return { name: `${law} right-hand sides, ${split}`, count, size, values };
}

/**
 * A mask of size × size nodes that takes out a rectangle.
 *
 * @param from first row and column taken out
 * @param to last row and column taken out
 * @throws {RangeError} when the rectangle is empty or leaves the grid
 */
export function obstacle(
  size: number,
  from: readonly [row: number, column: number],
  to: readonly [row: number, column: number],
): Uint8Array {
  const isWrong = [0, 1].some((axis) =>
    !(from[axis] >= 0 && from[axis] <= to[axis] && to[axis] < size)
  );
  if (isWrong) {
    throw new RangeError(
      `an obstacle from [${from}] to [${to}] in a grid of ${size}×${size} nodes`,
    );
  }
  return Uint8Array.from({ length: size * size }, (_, node) => {
    const place = [Math.floor(node / size), node % size];
    return place.every((at, axis) => at >= from[axis] && at <= to[axis]) ? 1 : 0;
  });
}

/** What a law draws from. */
interface Setting {
  readonly size: number;
  /** [size, size], 1 where the node is not taken out. */
  readonly open: Uint8Array;
  readonly apply: SymmetricMap;
  readonly amplifiedShare: number;
  readonly ritzSteps: number;
  stream(name: string): RandomStream;
}

type Drawer = (stream: RandomStream) => Float64Array;

const drawers: Readonly<Record<RightSideLaw, (setting: Setting) => Drawer>> = {
  eigenbasis: eigenbasisDrawer,
  ritz: ritzDrawer,
  white: ({ size }) => (stream) => whiteNoise(size * size, stream),
  random: ({ open, apply }) => (stream) => image(apply, openNoise(open, stream)),
  bump: (setting) => (stream) => bump(setting, stream),
  dipole: (setting) => (stream) => {
    const side = bump(setting, stream);
    addScaled(side, bump(setting, stream), -1);
    return side;
  },
};

/** The sine products are the eigenvectors of the empty square: their sum is a product of matrices. */
function eigenbasisDrawer({ size, amplifiedShare }: Setting): Drawer {
  const sines = Float64Array.from({ length: size * size }, (_, i) => {
    const [k, node] = [Math.floor(i / size) + 1, i % size + 1];
    return Math.sin(Math.PI * k * node / (size + 1));
  });
  const frequency = (k: number) => -Math.cos(Math.PI * (k + 1) / (size + 1));
  const eigenvalue = (mode: number) => frequency(Math.floor(mode / size)) + frequency(mode % size);
  const scales = amplifications(
    Float64Array.from({ length: size * size }, (_, mode) => eigenvalue(mode)),
    amplifiedShare,
  );
  return (stream) => {
    const coefficients = scales.map((scale) => scale * stream.normal());
    const rows = new Float64Array(size * size);
    addProduct(rows, coefficients, sines, size, size, size, size, 1);
    const side = new Float64Array(size * size);
    addProduct(side, sines, rows, size, size, size, 1, size);
    return side;
  };
}

function ritzDrawer({ open, apply, amplifiedShare, ritzSteps, stream }: Setting): Drawer {
  const start = image(apply, openNoise(open, stream("start of Lanczos")));
  const { values, vectors } = ritzPairs(lanczos(apply, start, ritzSteps));
  const kept = Array.from(values.keys()).filter((i) => values[i] >= smallestRitzValue);
  const scales = amplifications(Float64Array.from(kept, (i) => values[i]), amplifiedShare);
  return (draws) => {
    const side = new Float64Array(open.length);
    kept.forEach((i, rank) => addScaled(side, vectors[i], scales[rank] * draws.normal()));
    return side;
  };
}

/** The factor of each mode: 9 for the lowest `share` of the eigenvalues, 1 for the others. */
function amplifications(eigenvalues: Float64Array, share: number): Float64Array {
  const ascending = Array.from(eigenvalues.keys()).sort((i, j) => eigenvalues[i] - eigenvalues[j]);
  const scales = new Float64Array(eigenvalues.length).fill(1);
  for (const mode of ascending.slice(0, Math.round(share * scales.length))) {
    scales[mode] = amplification;
  }
  return scales;
}

function bump({ size, open }: Setting, stream: RandomStream): Float64Array {
  const nodes = Array.from(open.keys()).filter((node) => open[node]);
  const centre = nodes[stream.integer(nodes.length)];
  const [row, column] = [Math.floor(centre / size), centre % size];
  return Float64Array.from({ length: size * size }, (_, node) => {
    const squares = (Math.floor(node / size) - row) ** 2 + (node % size - column) ** 2;
    return Math.exp(-squares / (2 * bumpWidth ** 2));
  });
}

function whiteNoise(length: number, stream: RandomStream): Float64Array {
  return Float64Array.from({ length }, () => stream.normal());
}

/** White noise in the nodes that are not taken out. */
function openNoise(open: Uint8Array, stream: RandomStream): Float64Array {
  return whiteNoise(open.length, stream).map((value, node) => open[node] ? value : 0);
}

function image(apply: SymmetricMap, x: Float64Array): Float64Array {
  const into = new Float64Array(x.length);
  apply(x, into);
  return into;
}

function unitVector(vector: Float64Array): Float64Array {
  const norm = Math.sqrt(innerProduct(vector, vector));
  return vector.map((value) => value / norm);
}
