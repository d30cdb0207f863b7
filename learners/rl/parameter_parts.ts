/** One vector of all parameters, policy and value one behind the other, by what its parts belong to. */
import type { GaussianPolicy } from "./gaussian_policy.ts";

/** Of a vector of parameters, or of their gradient; views, not copies. */
export interface ParameterParts {
  /** Mean and log σ. */
  readonly policy: Float64Array;
  readonly mean: Float64Array;
  readonly logDeviations: Float64Array;
  readonly value: Float64Array;
}

/** The parts of `vector`: the policy's parameters, then the value's. */
export function partsOf(vector: Float64Array, policy: GaussianPolicy): ParameterParts {
  const own = vector.subarray(0, policy.layout.size);
  return {
    policy: own,
    mean: policy.meanPart(own),
    logDeviations: policy.logDeviations(own),
    value: vector.subarray(policy.layout.size),
  };
}
