/**
 * The unconstrained feature model: a deep linear head whose inputs, the last features of a network, are free
 * variables (Mixon, Parshall & Pi 2020, https://arxiv.org/abs/2011.11619), with its exact gradients.
 *
 *     F    = 1/(2N) ‖P H + b 1ᵀ − Y‖² + λ_W/2 Σ_j ‖W_j‖² + λ_H/2 ‖H‖²,   P = W_M … W_1
 *     R    = (P H + b 1ᵀ − Y)/N                                              [K, N]
 *     ∂H   = Pᵀ R + λ_H H                                                    [d, N]
 *     ∂W_j = (W_M … W_{j+1})ᵀ (R Hᵀ) (W_{j−1} … W_1)ᵀ + λ_W W_j
 *     ∂b   = R 1                                                             [K]
 *
 * N samples meet K × d numbers only twice, in P H and R Hᵀ, and no product of two [d, d] matrices is needed.
 */
import {
  addOuterProduct,
  addProduct,
  addRowSums,
  addScaled,
  fillRows,
} from "../nn/matrix_kernels.ts";
import { layOut, type ParameterLayout, viewOf } from "../nn/parameters.ts";
import type { DeepLinearProblem } from "./collapse_theory.ts";

/** Its parameters are one vector: `weights.1` … `weights.M`, `features`, and `bias` if there is one. */
export class UnconstrainedFeatureModel {
  readonly layout: ParameterLayout;
  /** [N], class after class. */
  readonly labels: Int32Array;
  readonly classes: number;
  readonly samples: number;
  /** A_j = W_M … W_{j+1} for j = 0 … M − 1, [K, d] each; A_0 is P. */
  readonly #above: readonly Float64Array[];
  /** [K, N] */
  readonly #residual: Float64Array;
  /** R Hᵀ (W_{j−1} … W_1)ᵀ of the layer at hand and of the next, [K, d]. */
  readonly #below: readonly [Float64Array, Float64Array];

  /**
   * @param width d, at least the number of classes
   * @throws {RangeError} when there are fewer features than classes
   */
  constructor(readonly problem: DeepLinearProblem, readonly width: number) {
    const { counts, layers, bias } = problem;
    this.classes = counts.length;
    if (!Number.isSafeInteger(width) || width < this.classes) {
      throw new RangeError(
        `${width} features; ${this.classes} classes need an integer of at least as many`,
      );
    }
    this.labels = Int32Array.from(counts.flatMap((count, k) => Array<number>(count).fill(k)));
    this.samples = this.labels.length;
    const outputs = (layer: number) => layer === layers ? this.classes : width;
    this.layout = layOut([
      ...Array.from(
        { length: layers },
        (_, i) => [`weights.${i + 1}`, [outputs(i + 1), width]] as const,
      ),
      ["features", [width, this.samples]],
      ...(bias ? [["bias", [this.classes]] as const] : []),
    ]);
    const rows = () => new Float64Array(this.classes * width);
    this.#above = Array.from({ length: layers }, rows);
    this.#residual = new Float64Array(this.classes * this.samples);
    this.#below = [rows(), rows()];
  }

  /** W_j as a view: [d, d], the last one [K, d]. */
  weights(parameters: Float64Array, layer: number): Float64Array {
    return viewOf(parameters, this.layout.tensors[layer - 1]);
  }

  /** H as a view, [d, N]. */
  features(parameters: Float64Array): Float64Array {
    return viewOf(parameters, this.layout.tensors[this.problem.layers]);
  }

  /** b as a view, [K]; undefined if there is none. */
  bias(parameters: Float64Array): Float64Array | undefined {
    const { layers, bias } = this.problem;
    return bias ? viewOf(parameters, this.layout.tensors[layers + 1]) : undefined;
  }

  /** P = W_M … W_1, [K, d]: a view that the next call overwrites. */
  product(parameters: Float64Array): Float64Array {
    const { classes: K, width: d, problem: { layers } } = this;
    this.#above[layers - 1].set(this.weights(parameters, layers));
    for (let j = layers - 1; j >= 1; j--) {
      const weights = this.weights(parameters, j);
      addProduct(this.#above[j - 1].fill(0), this.#above[j], weights, K, d, d, d, 1);
    }
    return this.#above[0];
  }

  /** F, and its gradient, which is written. */
  lossAndGradient(parameters: Float64Array, gradient: Float64Array): number {
    const { classes: K, samples: N, width: d } = this;
    const { weightDecay, featureDecay } = this.problem;
    const P = this.product(parameters);
    const H = this.features(parameters);
    const R = this.#residuals(P, H, this.bias(parameters));

    gradient.fill(0);
    const toFeatures = this.features(gradient);
    addProduct(toFeatures, P, R, d, K, N, 1, d);
    addScaled(toFeatures, H, featureDecay);
    const toBias = this.bias(gradient);
    if (toBias) addRowSums(toBias, R, K, N);
    addOuterProduct(this.#below[0].fill(0), R, H, K, d, N);
    this.#pullToWeights(parameters, gradient);
    return N / 2 * squares(R) + weightDecay / 2 * this.#weightSquares(parameters) +
      featureDecay / 2 * squares(H);
  }

  #residuals(P: Float64Array, H: Float64Array, bias?: Float64Array): Float64Array {
    const { classes: K, samples: N, width: d, labels } = this;
    const R = this.#residual.fill(0);
    if (bias) fillRows(R, bias, K, N);
    addProduct(R, P, H, K, d, N, d, 1);
    for (let i = 0; i < N; i++) R[labels[i] * N + i] -= 1;
    for (let i = 0; i < R.length; i++) R[i] /= N;
    return R;
  }

  /** ∂W_1 … ∂W_M of what lies in `#above` and of R Hᵀ in `#below`. */
  #pullToWeights(parameters: Float64Array, gradient: Float64Array): void {
    const { classes: K, width: d, problem: { layers, weightDecay } } = this;
    let [below, next] = this.#below;
    for (let j = 1; j <= layers; j++) {
      const [weights, toWeights] = [this.weights(parameters, j), this.weights(gradient, j)];
      if (j === layers) {
        toWeights.set(below);
      } else {
        addProduct(toWeights, this.#above[j], below, d, K, d, 1, d);
        addOuterProduct(next.fill(0), below, weights, K, d, d);
        [below, next] = [next, below];
      }
      addScaled(toWeights, weights, weightDecay);
    }
  }

  #weightSquares(parameters: Float64Array): number {
    const layers = this.layout.tensors.slice(0, this.problem.layers);
    return layers.reduce((sum, tensor) => sum + squares(viewOf(parameters, tensor)), 0);
  }
}

function squares(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] * values[i];
  return sum;
}
