/**
 * Kernels of infinitely wide networks on the unit sphere, as functions of ξ = x·x′ that are applied in place:
 * the NNGP (what the network is before training: a Gaussian process) and the NTK (what trains it: Jacot,
 * Gabriel & Hongler 2018, arXiv 1806.07572). For a dual activation φ̌, no biases:
 *
 *     (1)  S_0 = ξ,  S_l = φ̌(S_{l−1})                                NNGP
 *     (2)  K_0 = ξ,  K_l = S_l + K_{l−1} φ̌′(S_{l−1})                  NTK
 *
 * Everything is float64: near ξ = 1 the differences that depth tells apart are below float32's grain.
 */
import type { DualActivation } from "./dual_activation.ts";

/** ξ in [−1, 1] become values of a kernel, in place. */
export type SphereKernel = (values: Float64Array) => void;

/**
 * S_L of equation (1). Correlations are kept within [−1, 1] in every layer: where b > 1 rounding would
 * otherwise carry them out.
 *
 * @param depth L, an integer from 0; 0 is the linear kernel
 * @throws {RangeError} when it is not
 */
export function nngpKernel(dual: DualActivation, depth: number): SphereKernel {
  requireDepth(depth);
  const { value } = dual;
  const shrinkage = dual.derivative(0);
  const powers = Float64Array.from({ length: depth + 1 }, (_, layers) => shrinkage ** layers);
  const small = linearBelow(dual);
  return (values) => {
    for (let i = 0; i < values.length; i++) {
      let S = clip(values[i]);
      for (let layer = 0; layer < depth; layer++) {
        // Not an approximation: all that is left out is below the last bit.
        if (Math.abs(S) < small) {
          S *= powers[depth - layer];
          break;
        }
        const next = clip(value(S));
        if (next === S) break;
        S = next;
      }
      values[i] = S;
    }
  };
}

/**
 * Below which |ξ| a double does not tell φ̌(ξ) from aξ. What they differ by is at most (1 − a) |ξ|^k, where k
 * is 3 for an odd φ̌ and else 2, since the coefficients of all powers are at least 0 and add to 1.
 */
function linearBelow({ value, derivative }: DualActivation): number {
  if (value(0) !== 0) return 0;
  const a = derivative(0);
  const relative = Number.EPSILON / 4 * a / Math.max(1 - a, Number.EPSILON);
  const odd = value(-0.5) === -value(0.5);
  return Math.min(0.1, odd ? Math.sqrt(relative) : relative);
}

/**
 * K_L of equation (2).
 *
 * Where the limit is a singular kernel, K_L is (L + 1) a^L ψ(ξ) as L goes to infinity at a given ξ, with the ψ
 * of the NNGP. But it is not so uniformly: in the ln(1/(1 − ξ))/ln b layers that a pair takes to leave the
 * neighbourhood of 1, K grows to about 1/(1 − ξ), and only after as many layers as that does the sum in (2)
 * outweigh it. Until then near pairs weigh |x − x′|^−(α + 2), not |x − x′|^−α.
 *
 * @param depth L, an integer from 0
 * @throws {RangeError} when it is not
 */
export function ntkKernel({ value, derivative }: DualActivation, depth: number): SphereKernel {
  requireDepth(depth);
  return (values) => {
    for (let i = 0; i < values.length; i++) {
      let S = clip(values[i]);
      let K = S;
      for (let layer = 0; layer < depth; layer++) {
        const slope = derivative(S);
        S = clip(value(S));
        K = S + K * slope;
      }
      values[i] = K;
    }
  };
}

/**
 * ln S_L where no constant and no linear term is in φ̌: S_L is about C ξ^(k^L) with k the lowest degree, far
 * below what a double can hold, and only its logarithm tells neighbours apart.
 *
 * @param squares c_k² at index k, of which the first two are 0
 * @param depth L, an integer from 0
 * @returns a map of ξ in [0, 1]; ln 0 is −∞
 * @throws {RangeError} when the depth or the coefficients are others
 */
export function logNngpKernel(squares: readonly number[], depth: number): SphereKernel {
  requireDepth(depth);
  const lowest = squares.findIndex((square) => square > 0);
  if (lowest < 2) {
    throw new RangeError(`a lowest degree of ${lowest}; expected one of at least 2`);
  }
  // ln φ̌(e^s) = k s + ln Σ_j c_{k+j}² e^(j s), which keeps its digits however small e^s is.
  const [first, ...higher] = squares.slice(lowest);
  const next = (s: number) => {
    const rest = higher.reduce((sum, square, j) => sum + square * Math.exp((j + 1) * s), first);
    return lowest * s + Math.log(rest);
  };
  return (values) => {
    for (let i = 0; i < values.length; i++) {
      let s = Math.log(clip(values[i]));
      let layer = 0;
      for (; layer < depth && higher.length > 0 && s > monomialBelow; layer++) s = next(s);
      const growth = lowest ** (depth - layer);
      values[i] = growth * s + Math.log(first) * (growth - 1) / (lowest - 1);
    }
  };
}

/** Below this ln ξ all powers of ξ but the lowest are below the last bit, unless their share is tiny. */
const monomialBelow = -80;

function clip(ξ: number): number {
  return ξ > 1 ? 1 : ξ < -1 ? -1 : ξ;
}

function requireDepth(depth: number): void {
  if (Number.isSafeInteger(depth) && depth >= 0) return;
  throw new RangeError(`a network of ${depth} layers; expected an integer from 0`);
}
