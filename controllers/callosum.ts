/**
 * The corpus callosum: what one hemisphere's layer sends to the other before its next layer. Activities
 * are [unit][trial]. Rinaldo et al. 2024 (arXiv 2401.14057) use `maxpool-pad`; it has no parameters.
 */

/** One kind of cross-connection κ from a layer of n units to the opposite layer of n units. */
export interface Callosum {
  /** into += κ(from). */
  send(into: Float64Array, from: Float64Array, units: number, trials: number): void;
  /** into += (∂κ/∂from)ᵀ cotangent, at the activities `from`. */
  pullBack(
    into: Float64Array,
    cotangent: Float64Array,
    from: Float64Array,
    units: number,
    trials: number,
  ): void;
}

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
  send: addAll,
  pullBack: addAll,
};

/** Every kind by name; `none` leaves the hemispheres without exchange. */
export const callosa = { none: undefined, "maxpool-pad": maxpoolPad, identity } as const;

export type CallosumName = keyof typeof callosa;

export const callosumNames = Object.keys(callosa) as CallosumName[];
