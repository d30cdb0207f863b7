/**
 * The method of conjugate gradients (Hestenes & Stiefel 1952), preconditioned, in double precision: the
 * solver behind the `fields` data, and the baseline of learned solvers.
 */
import { addScaled } from "../../nn/matrix_kernels.ts";

/** A symmetric linear map of vectors, without allocating: `into` = map · `x`. The two may not overlap. */
export type SymmetricMap = (x: Float64Array, into: Float64Array) => void;

/** How long to iterate. */
export interface IterationOptions {
  /** An approximation of the inverse, symmetric positive definite; the identity unless given. */
  readonly precondition?: SymmetricMap;
  /** Stop once ‖r‖ ≤ tolerance · ‖b‖; 1e-10 unless given. */
  readonly tolerance?: number;
  /** Stop after so many iterations in any case; ten times the unknowns unless given. */
  readonly maxIterations?: number;
}

/** Where an iteration ended. */
export interface IterativeSolution {
  readonly x: Float64Array;
  /** ‖b − A x‖ before the first iteration and after each. */
  readonly residuals: readonly number[];
  /** Whether the tolerance was reached. */
  readonly converged: boolean;
}

/** xᵀy */
export function innerProduct(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
}

/**
 * Solves A x = b from x = 0.
 *
 * @param apply A, symmetric positive definite
 * @throws {RangeError} when a direction shows that A or the preconditioner is not positive definite
 */
export function conjugateGradient(
  apply: SymmetricMap,
  b: Float64Array,
  options: IterationOptions = {},
): IterativeSolution {
  const { precondition = copy, tolerance = 1e-10, maxIterations = 10 * b.length } = options;
  const x = new Float64Array(b.length);
  const r = b.slice();
  const z = new Float64Array(b.length);
  const p = new Float64Array(b.length);
  const Ap = new Float64Array(b.length);
  const residuals = [Math.sqrt(innerProduct(r, r))];
  const target = tolerance * residuals[0];
  const isDone = () => residuals[residuals.length - 1] <= target;

  let previous = Infinity; // the first direction has none before it
  while (!isDone() && residuals.length <= maxIterations) {
    precondition(r, z);
    const rz = requirePositive("rᵀM⁻¹r", innerProduct(r, z));
    const conjugacy = rz / previous;
    for (let i = 0; i < p.length; i++) p[i] = z[i] + conjugacy * p[i];
    apply(p, Ap);
    const step = rz / requirePositive("pᵀAp", innerProduct(p, Ap));
    addScaled(x, p, step);
    addScaled(r, Ap, -step);
    residuals.push(Math.sqrt(innerProduct(r, r)));
    previous = rz;
  }
  return { x, residuals, converged: isDone() };
}

function copy(x: Float64Array, into: Float64Array): void {
  into.set(x);
}

function requirePositive(name: string, value: number): number {
  if (value > 0 && value < Infinity) return value;
  throw new RangeError(
    `${name} = ${value} is not above 0: the matrix or its preconditioner is not positive definite`,
  );
}
