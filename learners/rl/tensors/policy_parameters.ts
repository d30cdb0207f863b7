/** A policy's parameters on the tensor engine, with what is needed of them off it. */
import type { Network } from "../../nn/network.ts";
import { requireCount, restoreVectors, type TrainingState } from "../training_state.ts";
import { lowestParameters, type NamedTensors, tensorsOf } from "./networks.ts";
import { restoreVariables, savedVariables, TensorAdam, type VectorVariable } from "./vectors.ts";

const parametersName = "policy/parameters";

/** Parameters that are optimised on the engine; acting, which is compiled, has a copy. */
export class TensorPolicyParameters {
  /** The copy, as of the last `fetch`. */
  readonly copy: Float64Array;
  readonly adam: TensorAdam;
  #copiedUpdates = 0;

  /** Zeros until they are restored. */
  constructor(readonly network: Network) {
    const { size } = network.layout;
    this.copy = new Float64Array(size);
    this.adam = new TensorAdam(size, lowestParameters(network));
  }

  get vector(): VectorVariable {
    return this.adam.parameters;
  }

  /** The parameters by name. */
  get named(): NamedTensors {
    return tensorsOf(this.network.layout, this.vector);
  }

  /** Bring the copy up to date, if there have been updates since. */
  async fetch(): Promise<void> {
    const { updates } = this.adam;
    if (updates === this.#copiedUpdates) return;
    this.copy.set(await this.vector.data());
    this.#copiedUpdates = updates;
  }

  /** Where they stand, as compiled updates save it. */
  async save(): Promise<TrainingState> {
    return {
      tensors: await savedVariables(this.#variables()),
      counts: { policyUpdates: this.adam.updates },
    };
  }

  /** @throws {RangeError} when the state is not of a policy like this */
  restore(state: TrainingState): void {
    restoreVariables(state, this.#variables());
    restoreVectors(state, { [parametersName]: this.copy });
    this.#copiedUpdates = this.adam.updates = requireCount(state.counts, "policyUpdates");
  }

  dispose(): void {
    this.adam.dispose();
  }

  #variables(): Record<string, VectorVariable> {
    return {
      [parametersName]: this.vector,
      "policy/firstMoments": this.adam.first,
      "policy/secondMoments": this.adam.second,
    };
  }
}
