/** Critics on the tensor engine, the twins of `../critics.ts`. Values are [columns, 1]. */
import * as tf from "@tensorflow/tfjs";
import type { Network } from "../../nn/network.ts";
import { adamConstants } from "../critics.ts";
import { requireCount, type TrainingState } from "../training_state.ts";
import { type NamedTensors, type TensorNetwork, tensorNetwork, tensorsOf } from "./networks.ts";
import {
  followVector,
  restoreVariables,
  savedVariables,
  slopeOf,
  TensorAdam,
  type VectorVariable,
  vectorVariable,
} from "./vectors.ts";

/** Several critics of one structure; zeros until they are restored. */
export class TensorCritics {
  readonly #apply: TensorNetwork;
  /** Parameters of all of them, one behind the other. */
  readonly #adam: TensorAdam;
  /** Those of the targets. */
  readonly #targets: VectorVariable;

  constructor(readonly network: Network, readonly count: number) {
    const size = count * network.layout.size;
    this.#apply = tensorNetwork(network);
    this.#adam = new TensorAdam(size);
    this.#targets = vectorVariable(size);
  }

  /** min_i Q′_i of the targets. */
  targetValues(observations: tf.Tensor2D, actions: tf.Tensor2D): tf.Tensor2D {
    return least(this.#values(this.#all(this.#targets), observations, actions));
  }

  /** min_i Q_i of the first `count` critics; differentiable with respect to the actions. */
  leastValues(
    observations: tf.Tensor2D,
    actions: tf.Tensor2D,
    count = this.count,
  ): tf.Tensor2D {
    const critics = this.#all(this.#adam.parameters).slice(0, count);
    return least(this.#values(critics, observations, actions));
  }

  /**
   * One step of Adam on Σ_i mean (Q_i − y)².
   * @param targets y
   * @returns the loss before it, [1]
   */
  fit(
    observations: tf.Tensor2D,
    actions: tf.Tensor2D,
    targets: tf.Tensor2D,
    learningRate: number,
  ): tf.Tensor1D {
    const critics = this.#all(this.#adam.parameters);
    const { values: loss, gradient } = slopeOf(critics, () => {
      const values = this.#values(critics, observations, actions);
      return [tf.addN(values.map((value) => tf.mean(tf.square(tf.sub(value, targets)))))];
    });
    this.#adam.step(gradient, { ...adamConstants, learningRate });
    return loss;
  }

  /** Let the targets follow by a share τ of the way. */
  follow(share: number): void {
    followVector(this.#targets, this.#adam.parameters, share);
  }

  /** Where they stand, as `Critics` saves it. */
  async save(): Promise<TrainingState> {
    return {
      tensors: await savedVariables(this.#variables()),
      counts: { "critics/updates": this.#adam.updates },
    };
  }

  /** @throws {RangeError} when the state is not of critics like these */
  restore(state: TrainingState): void {
    restoreVariables(state, this.#variables());
    this.#adam.updates = requireCount(state.counts, "critics/updates");
  }

  dispose(): void {
    this.#adam.dispose();
    this.#targets.dispose();
  }

  #variables(): Record<string, VectorVariable> {
    return {
      "critics/parameters": this.#adam.parameters,
      "critics/targets": this.#targets,
      "critics/firstMoments": this.#adam.first,
      "critics/secondMoments": this.#adam.second,
    };
  }

  /** The parameters of each, out of the vector of all. */
  #all(vector: tf.Tensor1D): NamedTensors[] {
    const { layout } = this.network;
    return Array.from(
      { length: this.count },
      (_, i) => tensorsOf(layout, vector, i * layout.size),
    );
  }

  /** Q_i of each of `critics`. */
  #values(
    critics: readonly NamedTensors[],
    observations: tf.Tensor2D,
    actions: tf.Tensor2D,
  ): tf.Tensor2D[] {
    const input = tf.concat2d([observations, actions], 1);
    return critics.map((parameters) => this.#apply(parameters, input));
  }
}

/** The least of each column; of equal ones the first counts. */
function least(values: readonly tf.Tensor2D[]): tf.Tensor2D {
  return values.reduce((a, b) => tf.minimum(a, b));
}

/** @throws {Error} when the critics' loss is not finite */
export function requireFiniteLoss(loss: number): void {
  if (Number.isFinite(loss)) return;
  throw new Error(`the critics' loss is ${loss}: try a smaller learning rate`);
}
