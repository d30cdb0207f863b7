/**
 * Policies with normal actions: a network gives the mean, the deviations are free parameters, one for each
 * component of the action. The parameters of both are one vector.
 */
import type { Network } from "../nn/network.ts";
import { layOut, type ParameterLayout } from "../nn/parameters.ts";
import { logDensity } from "./gaussian.ts";

/** The gain of the mean's last matrix: at first all actions are nearly the same. */
const meanGain = 0.01;

/** A policy's structure: its parameters are those of the network, then log σ of each component. */
export class GaussianPolicy {
  readonly layout: ParameterLayout;

  constructor(readonly network: Network) {
    this.layout = layOut([
      ...network.layout.tensors.map(({ name, shape }) => [name, shape] as const),
      ["log deviation", [network.outputs]],
    ]);
  }

  /** Parameters before training: σ = 1. */
  initialParameters(seed: number): Float64Array {
    const parameters = new Float64Array(this.layout.size);
    parameters.set(this.network.initialParameters(seed, meanGain));
    return parameters;
  }

  /** The network's part of a vector of parameters. */
  meanPart(parameters: Float64Array): Float64Array {
    return parameters.subarray(0, this.network.layout.size);
  }

  /** log σ of each component, of a vector of parameters. */
  logDeviations(parameters: Float64Array): Float64Array {
    return parameters.subarray(this.network.layout.size);
  }
}

/**
 * The log-probability of an action, the sum over its components.
 * @param actions [row][column]
 * @param means [row][column], of the same columns
 */
export function actionLogDensity(
  actions: Float64Array,
  means: Float64Array,
  logDeviations: Float64Array,
  column: number,
): number {
  const columns = actions.length / logDeviations.length;
  let sum = 0;
  for (let row = 0; row < logDeviations.length; row++) {
    const at = row * columns + column;
    sum += logDensity(actions[at], means[at], logDeviations[row]);
  }
  return sum;
}
