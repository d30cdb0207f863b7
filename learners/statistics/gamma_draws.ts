/** Random numbers of gamma and Dirichlet distributions. */
import type { RandomStream } from "../../sim/random.ts";
import { logGamma } from "./distributions.ts";

/**
 * A draw of the gamma distribution with scale 1: density x^(shape − 1) e^(−x) / Γ(shape).
 *
 * By rejection from a transformed normal (Marsaglia & Tsang 2000, "A Simple Method for Generating Gamma
 * Variables", ACM TOMS 26:363); for shapes below 1 by their boost, X_shape = X_{shape + 1} U^(1/shape).
 *
 * @param shape above 0
 * @throws {RangeError} when it is not
 */
export function gammaDraw(shape: number, stream: RandomStream): number {
  if (!(shape > 0 && shape < Infinity)) {
    throw new RangeError(`a gamma distribution of shape ${shape}; expected one above 0`);
  }
  if (shape < 1) return gammaDraw(shape + 1, stream) * (1 - stream.uniform()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = stream.normal();
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    // 1 − U is in (0, 1], whose logarithm is finite.
    if (Math.log(1 - stream.uniform()) < x * x / 2 + d * (1 - v + Math.log(v))) return d * v;
  }
}

/** A draw of the Dirichlet distribution: positive numbers that add to 1, as many as parameters. */
export function dirichletDraw(parameters: readonly number[], stream: RandomStream): number[] {
  const draws = parameters.map((shape) => gammaDraw(shape, stream));
  const sum = draws.reduce((sum, draw) => sum + draw, 0);
  return draws.map((draw) => draw / sum);
}

/** ln of the Dirichlet density at a point of the simplex, all of whose numbers are above 0. */
export function dirichletLogDensity(
  parameters: readonly number[],
  point: readonly number[],
): number {
  const total = parameters.reduce((sum, parameter) => sum + parameter, 0);
  return parameters.reduce(
    (sum, parameter, i) => sum - logGamma(parameter) + (parameter - 1) * Math.log(point[i]),
    logGamma(total),
  );
}
