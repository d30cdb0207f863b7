/** Activation functions of networks, forwards and backwards, element by element in place. */

export interface Activation {
  /** Values become the function's values. */
  apply(values: Float64Array): void;
  /** A cotangent of the function's values becomes one of its arguments. */
  pullBack(cotangent: Float64Array, values: Float64Array): void;
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

export const activations = {
  sigmoid: {
    apply(values) {
      for (let i = 0; i < values.length; i++) values[i] = sigmoid(values[i]);
    },
    pullBack(cotangent, values) {
      for (let i = 0; i < cotangent.length; i++) cotangent[i] *= values[i] * (1 - values[i]);
    },
  },
  tanh: {
    apply(values) {
      for (let i = 0; i < values.length; i++) values[i] = Math.tanh(values[i]);
    },
    pullBack(cotangent, values) {
      for (let i = 0; i < cotangent.length; i++) cotangent[i] *= 1 - values[i] * values[i];
    },
  },
} as const satisfies Readonly<Record<string, Activation>>;
