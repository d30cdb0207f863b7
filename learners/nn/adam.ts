/**
 * Adam, with the two ways in which gradients are clipped before it: each tensor's by its own norm, as Keras'
 * `Adam(clipnorm=…)` does it, or all together by the norm of the whole, as policy-gradient methods do it.
 */
import { type ParameterLayout, viewOf } from "./parameters.ts";

/** Hyper-parameters of Adam itself (Kingma & Ba 2015, algorithm 1). */
export interface AdamStepSettings {
  readonly learningRate: number;
  /** Decay of the first moment, 0 … 1. */
  readonly beta1: number;
  /** Decay of the second moment, 0 … 1. */
  readonly beta2: number;
  /** Added to the root of the second moment. */
  readonly epsilon: number;
}

/** Those of Adam with clipping tensor by tensor. */
export interface AdamSettings extends AdamStepSettings {
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

/**
 * Scale a gradient whose norm exceeds `limit` down to that norm, all its elements alike.
 * @returns the norm before
 */
export function clipByGlobalNorm(gradient: Float64Array, limit: number): number {
  const norm = Math.sqrt(sumOfSquares(gradient));
  if (norm > limit) {
    const scale = limit / norm;
    for (let i = 0; i < gradient.length; i++) gradient[i] *= scale;
  }
  return norm;
}

/** In four sums, none of which waits for the one before it. */
function sumOfSquares(values: Float64Array): number {
  const whole = values.length - values.length % 4;
  let a = 0, b = 0, c = 0, d = 0;
  for (let i = 0; i < whole; i += 4) {
    a += values[i] * values[i];
    b += values[i + 1] * values[i + 1];
    c += values[i + 2] * values[i + 2];
    d += values[i + 3] * values[i + 3];
  }
  for (let i = whole; i < values.length; i++) a += values[i] * values[i];
  return (a + b) + (c + d);
}

/** One update of `parameters` in place; `gradient` is clipped in place, tensor by tensor. */
export function adamUpdate(
  layout: ParameterLayout,
  parameters: Float64Array,
  gradient: Float64Array,
  state: AdamState,
  settings: AdamSettings,
): void {
  clipByTensorNorm(layout, gradient, settings.clipNorm);
  adamStep(parameters, gradient, state, settings);
}

/** The learning rate with what corrects the moments' bias towards 0 after so many updates. */
export function adamStepSize(
  { learningRate, beta1, beta2 }: AdamStepSettings,
  updates: number,
): number {
  return learningRate * Math.sqrt(1 - beta2 ** updates) / (1 - beta1 ** updates);
}

/** One update of `parameters` in place, by the gradient as it is. */
export function adamStep(
  parameters: Float64Array,
  gradient: Float64Array,
  state: AdamState,
  settings: AdamStepSettings,
): void {
  state.updates++;
  const { beta1, beta2, epsilon } = settings;
  const step = adamStepSize(settings, state.updates);
  const { first, second } = state;
  for (let i = 0; i < parameters.length; i++) {
    first[i] += (1 - beta1) * (gradient[i] - first[i]);
    second[i] += (1 - beta2) * (gradient[i] * gradient[i] - second[i]);
    parameters[i] -= step * first[i] / (Math.sqrt(second[i]) + epsilon);
  }
}
