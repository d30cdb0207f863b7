/**
 * Critics: networks that say what return follows an action in a state, each with a target that follows it
 * slowly. Of several the least is believed, since the largest is an overestimate wherever they err
 * (Fujimoto, van Hoof & Meger 2018, arXiv 1802.09477, section 4).
 *
 * What they are given is [observation rows, then action rows][column].
 */
import type { Network, NetworkPass, Precision } from "../nn/network.ts";
import { VectorAdam } from "../nn/vector/adam.ts";
import { polyakAverage } from "./polyak.ts";
import {
  requireCount,
  restoreVectors,
  savedVectors,
  type TrainingState,
} from "./training_state.ts";

/** Adam's constants, those of PyTorch, that all off-policy learners here have. */
export const adamConstants = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

/** How critics are made. */
export interface CriticsOptions {
  /** How many there are. */
  readonly count: number;
  /** Columns of a batch. */
  readonly columns: number;
  /** A seed for the parameters of each. */
  readonly seeds: readonly number[];
  readonly precision?: Precision;
}

/** Observations above actions, as critics take them. */
export function joined(observations: Float64Array, actions: Float64Array): Float64Array {
  const both = new Float64Array(observations.length + actions.length);
  both.set(observations);
  both.set(actions, observations.length);
  return both;
}

/** Several critics of one structure. */
export class Critics {
  /** Of all of them, one behind the other. */
  readonly parameters: Float64Array;
  /** Those of the targets. */
  readonly targets: Float64Array;
  readonly #adam: VectorAdam;
  readonly #passes: readonly NetworkPass[];
  readonly #count: number;
  readonly #columns: number;

  /** @throws {RangeError} when the network has more outputs than one */
  constructor(readonly network: Network, { count, columns, seeds, precision }: CriticsOptions) {
    if (network.outputs !== 1) {
      throw new RangeError(`a critic has ${network.outputs} outputs; expected 1, the value`);
    }
    this.#count = count;
    this.#columns = columns;
    this.#adam = new VectorAdam(count * network.layout.size);
    this.parameters = this.#adam.parameters;
    for (let i = 0; i < count; i++) {
      this.#part(this.parameters, i).set(network.initialParameters(seeds[i], 1));
    }
    this.targets = this.parameters.slice();
    this.#passes = Array.from({ length: count }, () => network.pass(columns, precision));
  }

  /** min_i Q′_i of the targets, [column]. */
  targetValues(input: Float64Array): Float64Array {
    const least = new Float64Array(this.#columns).fill(Infinity);
    this.#passes.forEach((pass, i) => {
      pass.load(this.#part(this.targets, i));
      const values = pass.forward(input);
      for (let column = 0; column < least.length; column++) {
        least[column] = Math.min(least[column], values[column]);
      }
    });
    return least;
  }

  /**
   * Σ_i mean (Q_i − y)².
   * @param targets y, [column]
   * @param gradient added to: that of the loss
   */
  loss(input: Float64Array, targets: Float64Array, gradient: Float64Array): number {
    let loss = 0;
    this.#passes.forEach((pass, i) => {
      pass.load(this.#part(this.parameters, i));
      const cotangent = pass.forward(input).slice();
      for (let column = 0; column < cotangent.length; column++) {
        const error = cotangent[column] - targets[column];
        loss += error * error / cotangent.length;
        cotangent[column] = 2 * error / cotangent.length;
      }
      pass.pullBack(cotangent, this.#part(gradient, i));
    });
    return loss;
  }

  /**
   * One step of Adam on the loss.
   * @returns the loss before it
   * @throws {Error} when the loss is no longer finite
   */
  fit(input: Float64Array, targets: Float64Array, learningRate: number): number {
    const loss = this.loss(input, targets, this.#adam.gradient.fill(0));
    if (!Number.isFinite(loss)) {
      throw new Error(`the critics' loss is ${loss}: try a smaller learning rate`);
    }
    this.#adam.step({ ...adamConstants, learningRate });
    return loss;
  }

  /**
   * min_i Q_i of the first `count` critics, and how it changes with what they are given.
   * @param slopes written: ∂ min_i Q_i / ∂ input, [row][column]
   * @param count how many are asked; all of them unless given
   * @returns [column]
   */
  leastValues(input: Float64Array, slopes: Float64Array, count = this.#count): Float64Array {
    const asked = this.#passes.slice(0, count);
    const values = asked.map((pass, i) => {
      pass.load(this.#part(this.parameters, i));
      return pass.forward(input);
    });
    const columns = this.#columns;
    const chosen = Int32Array.from({ length: columns }, (_, column) => {
      let least = 0;
      for (let i = 1; i < count; i++) {
        if (values[i][column] < values[least][column]) least = i;
      }
      return least;
    });
    const least = Float64Array.from(chosen, (i, column) => values[i][column]);
    slopes.fill(0);
    const part = new Float64Array(slopes.length);
    asked.forEach((pass, i) => {
      // Of each column only the critic that is the least counts.
      pass.pullBack(Float64Array.from(chosen, (index) => Number(index === i)), undefined, part);
      for (let at = 0; at < slopes.length; at++) slopes[at] += part[at];
    });
    return least;
  }

  /** Let the targets follow by a share τ of the way. */
  follow(share: number): void {
    polyakAverage(this.targets, this.parameters, share);
  }

  /** Where they stand, copied. */
  save(): TrainingState {
    return {
      tensors: savedVectors(this.#vectors()),
      counts: { "critics/updates": this.#adam.state.updates },
    };
  }

  /** @throws {RangeError} when the state is not of critics like these */
  restore(state: TrainingState): void {
    restoreVectors(state, this.#vectors());
    this.#adam.state.updates = requireCount(state.counts, "critics/updates");
  }

  #vectors(): Record<string, Float64Array> {
    return {
      "critics/parameters": this.parameters,
      "critics/targets": this.targets,
      "critics/firstMoments": this.#adam.state.first,
      "critics/secondMoments": this.#adam.state.second,
    };
  }

  #part(vector: Float64Array, index: number): Float64Array {
    const { size } = this.network.layout;
    return vector.subarray(index * size, (index + 1) * size);
  }
}
