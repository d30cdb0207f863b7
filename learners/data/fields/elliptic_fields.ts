/** Darcy and Poisson pairs: a random coefficient or force on the unit square, and the solution. */
import { randomStream } from "../../../sim/random.ts";
import { type DrawOptions, requireCounts, requirePositive } from "../options.ts";
import { conjugateGradient } from "./conjugate_gradient.ts";
import { type FieldSet, type Grid } from "./field_set.ts";
import { darcyMatrix, fivePointMap, incompleteCholesky } from "./five_point_matrix.ts";
import { type FieldLaw, gaussianRandomFields } from "./gaussian_random_field.ts";
import { uniformWeights } from "./quadrature.ts";

/** What a coefficient is made of a Gaussian random field g. */
export type Coefficient =
  | {
    readonly kind: "two-phase";
    /** a where g is negative. */
    readonly low: number;
    /** a where g is positive. */
    readonly high: number;
  }
  | {
    readonly kind: "log-normal";
    /** Standard deviation of ln a, averaged over the square. */
    readonly deviation: number;
  };

/** Which Darcy pairs are wanted. */
export interface DarcyOptions extends DrawOptions {
  /** Cells along each side; 32 unless given. */
  readonly size?: number;
  /** 3 and 12 in two phases unless given. */
  readonly coefficient?: Coefficient;
  /** The random field's law where it differs from smoothness 2, inverseLength 3, modes 32. */
  readonly field?: Partial<FieldLaw>;
}

/** Which Poisson pairs are wanted. */
export type PoissonOptions = Omit<DarcyOptions, "coefficient">;

const defaultField: FieldLaw = { smoothness: 2, inverseLength: 3, modes: 32 };
const twoPhases: Coefficient = { kind: "two-phase", low: 3, high: 12 };
/** Relative residual of the elliptic problems. */
const tolerance = 1e-10;

/**
 * The Darcy pairs that `options` describe.
 *
 * ```ts
 * import { darcyFields } from "../fields.ts";
 * const train = darcyFields({ count: 400, seed: 0 });
 * const rough = darcyFields({ count: 80, seed: 0, split: "test", field: { inverseLength: 5 } });
 * ```
 *
 * @throws {RangeError} when an option has no meaning
 */
export function darcyFields(options: DarcyOptions): FieldSet {
  const { coefficient = twoPhases } = options;
  const toCoefficient = coefficientOf(coefficient);
  return ellipticFields(options, {
    name: `fields, Darcy flow, ${coefficient.kind}`,
    inputName: "coefficient a",
    equation: (field) => {
      const a = field.map(toCoefficient);
      return { input: a, a, force: new Float64Array(a.length).fill(1) };
    },
  });
}

/**
 * The Poisson pairs that `options` describe.
 * @throws {RangeError} when an option has no meaning
 */
export function poissonFields(options: PoissonOptions): FieldSet {
  return ellipticFields(options, {
    name: "fields, Poisson problem",
    inputName: "force f",
    equation: (force) => ({ input: force, a: new Float64Array(force.length).fill(1), force }),
  });
}

/** −∇·(a∇u) = force, and what of it an operator is given. */
interface EllipticEquation {
  readonly input: Float64Array;
  readonly a: Float64Array;
  readonly force: Float64Array;
}

/** Pairs whose random part is one Gaussian field each. */
function ellipticFields(
  { count, seed, split = "train", size = 32, field }: PoissonOptions,
  { name, inputName, equation }: {
    readonly name: string;
    readonly inputName: string;
    readonly equation: (field: Float64Array) => EllipticEquation;
  },
): FieldSet {
  requireCounts({ count });
  const grid = cellGrid(size);
  const draw = gaussianRandomFields({ ...defaultField, ...field }, grid.axes[0]);
  const inputs = new Float32Array(count * size * size);
  const targets = new Float32Array(count * size * size);
  for (let i = 0; i < count; i++) {
    const { input, a, force } = equation(draw(randomStream(seed, `fields/square/${split}/${i}`)));
    inputs.set(input, i * size * size);
    targets.set(solveElliptic(a, force, size), i * size * size);
  }
  return {
    name: `${name}, ${split}`,
    count,
    grid,
    inputName,
    inputs,
    targetName: "solution u",
    targets,
  };
}

/**
 * The solution of −∇·(a∇u) = f on size × size cells of the unit square, u = 0 on the rim.
 *
 * @param a [size, size], above 0
 * @param f [size, size]
 * @returns [size, size], values in the cells' centres
 * @throws {RangeError} when a coefficient is not above 0, or the iteration does not end
 */
export function solveElliptic(a: Float64Array, f: Float64Array, size: number): Float64Array {
  const matrix = darcyMatrix(a, size);
  const precondition = incompleteCholesky(matrix);
  const solution = conjugateGradient(fivePointMap(matrix), f, { precondition, tolerance });
  if (!solution.converged) {
    const { residuals } = solution;
    throw new RangeError(
      `the coefficients vary too much: a residual of ${
        residuals[residuals.length - 1]
      } is left of ` +
        `${residuals[0]} after ${residuals.length - 1} iterations`,
    );
  }
  return solution.x;
}

/** Cells of the unit square, known in their centres. */
function cellGrid(size: number): Grid {
  if (!Number.isSafeInteger(size) || size < 2) {
    throw new RangeError(`size ${size} is not an integer of at least 2 cells`);
  }
  const centres = Float64Array.from({ length: size }, (_, i) => (i + 0.5) / size);
  return {
    shape: [size, size],
    axes: [centres, centres],
    weights: uniformWeights(size * size),
    boundary: "dirichlet",
  };
}

function coefficientOf(coefficient: Coefficient): (g: number) => number {
  if (coefficient.kind === "two-phase") {
    const { low, high } = coefficient;
    requirePositive({ low, high });
    return (g) => g > 0 ? high : low;
  }
  const { deviation } = coefficient;
  requirePositive({ deviation });
  return (g) => Math.exp(deviation * g);
}
