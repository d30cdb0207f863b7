/**
 * The corpus callosum: what one hemisphere's layer sends to the other before its next layer. Activities
 * are [unit][trial].
 *
 * | kind | κ(h) | weights |
 * | --- | --- | --- |
 * | `none` | 0: nothing is exchanged | – |
 * | `maxpool-pad` | max over neighbouring pairs, in the last places (Rinaldo et al. 2024, arXiv 2401.14057) | – |
 * | `identity` | h | – |
 * | `learned-linear` | h C, an extension that is not the paper's | C [n, n] for each direction and layer |
 */
import { addOuterProduct, addProduct } from "../learners/nn/matrix_kernels.ts";

/** One kind of cross-connection κ from a layer of n units to the opposite layer of n units. */
export interface Callosum {
  /** Whether it has a weight matrix C [units, units] for each direction before each layer. */
  readonly learned: boolean;
  /**
   * into += κ(from).
   * @param kernel C; empty for kinds that learn nothing
   */
  send(
    into: Float64Array,
    from: Float64Array,
    units: number,
    trials: number,
    kernel: Float64Array,
  ): void;
  /** into += (∂κ/∂from)ᵀ cotangent, at the activities `from`. */
  pullBack(
    into: Float64Array,
    cotangent: Float64Array,
    from: Float64Array,
    units: number,
    trials: number,
    kernel: Float64Array,
  ): void;
  /** gradient += (∂κ/∂C)ᵀ cotangent, at the activities `from`; nothing for kinds that learn nothing. */
  addKernelGradient(
    gradient: Float64Array,
    cotangent: Float64Array,
    from: Float64Array,
    units: number,
    trials: number,
  ): void;
}

/** What kinds without weights have for them. */
export const noKernel = new Float64Array(0);

/** Kinds without weights. */
const fixed = { learned: false, addKernelGradient: () => {} } as const;

/** Calls `visit` with the element numbers of each pooled pair and of the place it is sent to. */
function eachPair(
  units: number,
  trials: number,
  visit: (first: number, second: number, target: number) => void,
): void {
  const pairs = Math.floor(units / 2);
  const firstTarget = units - pairs;
  for (let pair = 0; pair < pairs; pair++) {
    for (let trial = 0; trial < trials; trial++) {
      const first = 2 * pair * trials + trial;
      visit(first, first + trials, (firstTarget + pair) * trials + trial);
    }
  }
}

/**
 * Max over neighbouring pairs (a last odd unit is dropped), placed in the last ⌊n/2⌋ positions with
 * zeros in front. Of equal units the first one gets the gradient.
 */
const maxpoolPad: Callosum = {
  ...fixed,
  send(into, from, units, trials) {
    eachPair(units, trials, (first, second, target) => {
      into[target] += from[first] < from[second] ? from[second] : from[first];
    });
  },
  pullBack(into, cotangent, from, units, trials) {
    eachPair(units, trials, (first, second, target) => {
      into[from[first] < from[second] ? second : first] += cotangent[target];
    });
  },
};

const addAll = (into: Float64Array, values: Float64Array) => {
  for (let i = 0; i < into.length; i++) into[i] += values[i];
};

/** Each unit sends its activity to its counterpart. */
const identity: Callosum = {
  ...fixed,
  send: addAll,
  pullBack: addAll,
};

/** Each unit sends to all units of the other side. */
const learnedLinear: Callosum = {
  learned: true,
  send(into, from, units, trials, kernel) {
    addProduct(into, kernel, from, units, units, trials, 1, units);
  },
  pullBack(into, cotangent, _from, units, trials, kernel) {
    addProduct(into, kernel, cotangent, units, units, trials, units, 1);
  },
  addKernelGradient(gradient, cotangent, from, units, trials) {
    addOuterProduct(gradient, from, cotangent, units, units, trials);
  },
};

/** Every kind by name; `none` leaves the hemispheres without exchange. */
export const callosa = {
  none: undefined,
  "maxpool-pad": maxpoolPad,
  identity,
  "learned-linear": learnedLinear,
} as const satisfies Readonly<Record<string, Callosum | undefined>>;

export type CallosumName = keyof typeof callosa;

export const callosumNames = Object.keys(callosa) as CallosumName[];
