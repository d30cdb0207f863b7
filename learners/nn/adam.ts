/** Adam with clipping of each tensor's gradient, as Keras' `Adam(clipnorm=…)` does it. */
import { type ParameterLayout, viewOf } from "./parameters.ts";

/** Hyper-parameters of Adam (Kingma & Ba 2015, algorithm 1). */
export interface AdamSettings {
  readonly learningRate: number;
  /** Decay of the first moment, 0 … 1. */
  readonly beta1: number;
  /** Decay of the second moment, 0 … 1. */
  readonly beta2: number;
  /** Added to the root of the second moment. */
  readonly epsilon: number;
  /** Largest Euclidean norm of one tensor's gradient; Infinity for none. */
  readonly clipNorm: number;
}

/** The values that Keras uses by default, with `clipnorm` 1. */
export const kerasAdam: AdamSettings = {
  learningRate: 1e-3,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-7,
  clipNorm: 1,
};

/** What Adam remembers between updates. */
export interface AdamState {
  readonly first: Float64Array;
  readonly second: Float64Array;
  /** How many updates there have been. */
  updates: number;
}

/** The state before the first update. */
export function adamState(size: number): AdamState {
  return { first: new Float64Array(size), second: new Float64Array(size), updates: 0 };
}

/** Scale the gradient of every tensor whose norm exceeds `limit` down to that norm. */
export function clipByTensorNorm(
  layout: ParameterLayout,
  gradient: Float64Array,
  limit: number,
): void {
  for (const tensor of layout.tensors) {
    const values = viewOf(gradient, tensor);
    let squares = 0;
    for (const value of values) squares += value * value;
    const norm = Math.sqrt(squares);
    if (norm > limit) {
      for (let i = 0; i < values.length; i++) values[i] *= limit / norm;
    }
  }
}

/** One update of `parameters` in place; `gradient` is clipped in place. */
export function adamUpdate(
  layout: ParameterLayout,
  parameters: Float64Array,
  gradient: Float64Array,
  state: AdamState,
  settings: AdamSettings,
): void {
  const { learningRate, beta1, beta2, epsilon, clipNorm } = settings;
  clipByTensorNorm(layout, gradient, clipNorm);
  state.updates++;
  const step = learningRate * Math.sqrt(1 - beta2 ** state.updates) / (1 - beta1 ** state.updates);
  const { first, second } = state;
  for (let i = 0; i < parameters.length; i++) {
    first[i] += (1 - beta1) * (gradient[i] - first[i]);
    second[i] += (1 - beta2) * (gradient[i] * gradient[i] - second[i]);
    parameters[i] -= step * first[i] / (Math.sqrt(second[i]) + epsilon);
  }
}
