/**
 * The classifiers that infinitely wide and deep networks are, those that they tend to, and those that they are
 * to be compared with, as makers of a classifier from a training set.
 */
import type { RandomStream } from "../../sim/random.ts";
import {
  type DecidingNumbers,
  decidingNumbers,
  type DualActivation,
  erfDual,
  hermiteDual,
  reluDual,
  sineDual,
} from "../kernel_machines/dual_activation.ts";
import { chosenByHoldOut, type Fit } from "../kernel_machines/hold_out.ts";
import {
  hilbertEstimate,
  kernelClassifier,
  logKernelVote,
} from "../kernel_machines/kernel_classifier.ts";
import {
  majorityVote,
  nearestNeighbour,
  nearestNeighbours,
} from "../kernel_machines/neighbours.ts";
import {
  logNngpKernel,
  nngpKernel,
  ntkKernel,
  type SphereKernel,
} from "../kernel_machines/neural_kernels.ts";
import { onSphere, type Points, squaredDistances } from "../kernel_machines/points.ts";
import { type HermiteNetwork, hermiteNetwork } from "./hermite_network.ts";
import { activationOfExponent, limitDepth } from "./optimal_activation.ts";

/** What a classifier may be made by. */
export interface Circumstances {
  /** d of what the points lie on. */
  readonly dimension: number;
  /** λ of kernel machines that choose none. */
  readonly ridge: number;
  /** Units in each layer of a finite network. */
  readonly width: number;
  stream(name: string): RandomStream;
}

/** A classifier to be made, and what is known of it. */
export interface Plan {
  readonly fit: Fit;
  /** A², a and b of its activation, if it is of a deep network. */
  readonly numbers?: DecidingNumbers;
  /** Layers, if it is of a network. */
  readonly depth?: number;
  /** What it is to agree with. */
  readonly limit?: Fit;
  /** α of its votes, if that is not told by its activation. */
  readonly exponent?: number;
  /** Settings that it chooses among by hold-out. */
  readonly candidates?: number;
}

/** A kind of classifier. */
interface Kind {
  readonly description: string;
  readonly plan: (circumstances: Circumstances) => Plan;
}

/** φ̌ = (1 + ξ³)/2, with a constant: A² = 1/2. */
export const offsetCoefficients = [Math.SQRT1_2, 0, 0, Math.SQRT1_2];
/** Layers after which even the closest pairs have come to the constant. */
const offsetDepth = 150;
/** φ̌ = ξ², with neither a constant nor a linear term. */
export const evenSquares = [0, 0, 1];
/** Layers: ln S is then 2⁴⁰ ln ξ. */
const evenDepth = 40;

const neighbourCounts = [1, 3, 5, 9, 15, 25, 45];
const ridges = [1e-6, 1e-3, 1e-2, 1e-1];
/** In units of the reciprocal of the mean squared distance. */
const gaussianRates = [0.5, 2, 8, 32];

/** φ̌ of the activation whose limit is optimal in d dimensions, or has a multiple of that exponent. */
export function optimalDual(dimension: number, share = 1): DualActivation {
  return hermiteDual(activationOfExponent(share * dimension));
}

/** All kinds, by name. */
export const classifierKinds = {
  "optimal": {
    description: "the method: NNGP of the activation with exponent d, so deep that it is its limit",
    plan: ({ dimension, ridge }) => singularPlan(optimalDual(dimension), ridge, dimension),
  },
  "optimal-ntk": {
    description: "the NTK of the same network, which needs far more layers to be near its limit",
    plan({ dimension, ridge }) {
      const dual = optimalDual(dimension);
      const { depth, numbers, limit } = singularPlan(dual, ridge, dimension);
      return { depth, numbers, limit, fit: machine(ntkKernel(dual, depth), ridge) };
    },
  },
  "half-exponent": {
    description: "an activation with exponent d/2: the whole sample votes",
    plan: ({ dimension, ridge }) =>
      singularPlan(optimalDual(dimension, 1 / 2), ridge, dimension / 2),
  },
  "double-exponent": {
    description: "an activation with exponent 2d: nearly the nearest neighbour",
    plan: ({ dimension, ridge }) => singularPlan(optimalDual(dimension, 2), ridge, 2 * dimension),
  },
  "erf": {
    description: "erf, infinitely deep: exponent 0.89 whatever the dimension",
    plan: ({ ridge }) => singularPlan(erfDual, ridge, undefined),
  },
  "sine": {
    description: "sin, infinitely deep: exponent 1.19 whatever the dimension",
    plan: ({ ridge }) => singularPlan(sineDual(1), ridge, undefined),
  },
  "even": {
    description: "h₂, infinitely deep: A = 0 and A′ = 0",
    plan: () => ({
      numbers: decidingNumbers(hermiteDual(evenSquares.map(Math.sqrt))),
      depth: evenDepth,
      fit: (set) => logKernelVote(logNngpKernel(evenSquares, evenDepth), set),
      limit: nearestNeighbour,
    }),
  },
  "offset": {
    description: "(1 + h₃)/√2, infinitely deep: A ≠ 0",
    plan: ({ ridge }) => ({
      ...shallowPlan(hermiteDual(offsetCoefficients), offsetDepth, ridge),
      limit: majorityVote,
    }),
  },
  "depth-1": finiteDepth(1),
  "depth-3": finiteDepth(3),
  "depth-10": finiteDepth(10),
  "finite-width": {
    description:
      "features of a random network of finite width and 1 layer, with the activation of the method",
    plan(circumstances) {
      const dual = optimalDual(circumstances.dimension);
      return {
        numbers: decidingNumbers(dual),
        depth: 1,
        fit(set) {
          const network = networkOf(circumstances, set.points.size, 1);
          const features = (points: Points) => onSphere(network.features(points)[0]);
          const linear = kernelClassifier(
            nngpKernel(dual, 0),
            { ...set, points: features(set.points) },
            circumstances.ridge,
          );
          return { ...linear, scores: (points) => linear.scores(features(points)) };
        },
      };
    },
  },
  "hilbert": {
    description: "the limit itself: votes by |x − x′| to the power −d",
    plan: ({ dimension }) => ({
      exponent: dimension,
      fit: (set) => hilbertEstimate(dimension, set),
    }),
  },
  "nearest-neighbour": { description: "1-NN", plan: () => ({ fit: nearestNeighbour }) },
  "majority": { description: "the most frequent label", plan: () => ({ fit: majorityVote }) },
  "k-nearest": {
    description: "k-NN, k chosen by a fifth of the training points",
    plan: () => ({
      candidates: neighbourCounts.length,
      fit: (set) =>
        chosenByHoldOut(neighbourCounts.map((k) => (some) => nearestNeighbours(k, some)), set),
    }),
  },
  "rbf-ridge": {
    description: "ridge regression with a Gaussian kernel, width and ridge chosen likewise",
    plan: () => ({
      candidates: gaussianRates.length * ridges.length,
      fit(set) {
        const distances = squaredDistances(set.points, set.points);
        const mean = distances.reduce((sum, distance) => sum + distance, 0) / distances.length;
        const candidates = gaussianRates.flatMap((rate) =>
          ridges.map((ridge) => machine(gaussianKernel(rate / mean), ridge))
        );
        return chosenByHoldOut(candidates, set);
      },
    }),
  },
  "relu-ntk-3": {
    description: "NTK of a ReLU network with 3 layers, ridge chosen likewise",
    plan: () => ({
      numbers: decidingNumbers(reluDual),
      depth: 3,
      candidates: ridges.length,
      fit: (set) =>
        chosenByHoldOut(ridges.map((ridge) => machine(ntkKernel(reluDual, 3), ridge)), set),
    }),
  },
} as const satisfies Record<string, Kind>;

export type ClassifierName = keyof typeof classifierKinds;

/** The random network of the method's activation. */
export function networkOf(
  { dimension, width, stream }: Circumstances,
  inputs: number,
  depth: number,
): HermiteNetwork {
  const coefficients = activationOfExponent(dimension);
  return hermiteNetwork(
    { coefficients, width, depth, inputs },
    (layer) => stream(`weights/${layer}`),
  );
}

/** So deep that it is its limit, whose smoother it is to agree with where the exponent is a wanted one. */
function singularPlan(dual: DualActivation, ridge: number, exponent: number | undefined) {
  const numbers = decidingNumbers(dual);
  const depth = limitDepth(numbers);
  const limit: Fit | undefined = exponent === undefined
    ? undefined
    : (set) => hilbertEstimate(exponent, set);
  return { numbers, depth, fit: machine(nngpKernel(dual, depth), ridge), limit };
}

function shallowPlan(dual: DualActivation, depth: number, ridge: number): Plan {
  return { numbers: decidingNumbers(dual), depth, fit: machine(nngpKernel(dual, depth), ridge) };
}

function finiteDepth(depth: number): Kind {
  return {
    description: `NNGP of the method's activation, ${depth} layer${depth === 1 ? "" : "s"} deep`,
    plan: ({ dimension, ridge }) => shallowPlan(optimalDual(dimension), depth, ridge),
  };
}

function machine(kernel: SphereKernel, ridge: number): Fit {
  return (set) => kernelClassifier(kernel, set, ridge);
}

/** exp(−γ |x − x′|²), where |x − x′|² = 2 (1 − ξ). */
function gaussianKernel(γ: number): SphereKernel {
  return (values) => {
    for (let i = 0; i < values.length; i++) values[i] = Math.exp(-2 * γ * (1 - values[i]));
  };
}
