/** Activations of dense layers: their values, and their slopes as functions of the value. */

/** One activation. */
export interface Activation {
  value(x: number): number;
  /** The derivative where the activation has the value y. */
  slope(y: number): number;
}

export const activations = {
  none: { value: (x) => x, slope: () => 1 },
  tanh: { value: Math.tanh, slope: (y) => 1 - y * y },
  sigmoid: { value: (x) => 1 / (1 + Math.exp(-x)), slope: (y) => y * (1 - y) },
  relu: { value: (x) => Math.max(x, 0), slope: (y) => y > 0 ? 1 : 0 },
  /** x, below 0 eˣ − 1 (Clevert, Unterthiner & Hochreiter 2016, arXiv 1511.07289, α = 1). */
  elu: { value: (x) => x > 0 ? x : Math.expm1(x), slope: (y) => y > 0 ? 1 : 1 + y },
} as const satisfies Record<string, Activation>;

export type ActivationName = keyof typeof activations;

/** Values become the activation's values, in place. */
export function activate(name: ActivationName, values: Float64Array): void {
  const { value } = activations[name];
  for (let i = 0; i < values.length; i++) values[i] = value(values[i]);
}

/** A cotangent of the activation's values becomes one of its arguments, in place. */
export function pullActivation(
  name: ActivationName,
  cotangent: Float64Array,
  values: Float64Array,
): void {
  const { slope } = activations[name];
  for (let i = 0; i < cotangent.length; i++) cotangent[i] *= slope(values[i]);
}
