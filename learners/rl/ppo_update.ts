/**
 * What PPO learns from a roll-out, mini-batch by mini-batch: the losses of `ppo.ts`, their gradient, clipping
 * and Adam. `CompiledPpoUpdate` computes with the compiled networks; whatever else fulfils `PpoUpdate` will do,
 * such as one on a tensor engine. Details marked [core 1] and so on are those that `ppo.ts` counts.
 */
import { clipByGlobalNorm } from "../nn/adam.ts";
import type { Network, NetworkPass } from "../nn/network.ts";
import { VectorAdam } from "../nn/vector/adam.ts";
import { normaliseAdvantages } from "./advantages.ts";
import { actionLogDensity, type GaussianPolicy } from "./gaussian_policy.ts";
import { type ParameterParts, partsOf } from "./parameter_parts.ts";
import { surrogateLoss, surrogateSlope, valueLoss, valueSlope } from "./ppo_losses.ts";
import { drawSeed } from "./seeds.ts";
import {
  requireCount,
  restoreVectors,
  savedVectors,
  type TrainingState,
} from "./training_state.ts";

/** The hyper-parameters of an update. */
export interface PpoUpdateSettings {
  /** ε */
  readonly clipRange: number;
  /** Whether the value's loss is clipped, too. */
  readonly clipValues: boolean;
  /** c_V */
  readonly valueCoefficient: number;
  /** c_H */
  readonly entropyCoefficient: number;
  /** Largest norm of the gradient of all parameters together. */
  readonly gradientNorm: number;
}

/** What is learnt, and from how much at a time. */
export interface PpoLearner {
  readonly policy: GaussianPolicy;
  /** A network with one output, of its own [core 13]. */
  readonly value: Network;
  /** Samples of a roll-out. */
  readonly samples: number;
  /** Samples of a mini-batch. */
  readonly batchSize: number;
  readonly settings: PpoUpdateSettings;
}

/** A roll-out's samples as they are learnt from, [row][sample]. */
export interface PpoSamples {
  /** Normalised. */
  readonly observations: Float64Array;
  /** As they were drawn, before they were clipped. */
  readonly actions: Float64Array;
  /** log π_old(a|s) */
  readonly logDensities: Float64Array;
  /** Â, not normalised yet. */
  readonly advantages: Float64Array;
  /** R = Â + V_old */
  readonly targets: Float64Array;
  /** V_old */
  readonly values: Float64Array;
}

/** What learning reports: means over all samples of all mini-batches. */
export interface PpoLosses {
  readonly policyLoss: number;
  readonly valueLoss: number;
  /** The share of samples whose ratio was beyond 1 ± ε. */
  readonly clipFraction: number;
  /** Mean of (r − 1) − log r, which estimates KL(π_old, π_new) without bias and with little variance. */
  readonly approximateKl: number;
}

/**
 * Holds the parameters of policy and value with their optimiser, and learns. One thing at a time; disposing of
 * it frees what it holds on a device.
 */
export interface PpoUpdate extends Disposable {
  /**
   * Policy (mean and log σ), then value; the same array all the time. It is up to date whenever neither
   * `learn` nor `restore` is under way.
   */
  readonly parameters: Float64Array;
  /**
   * V of every column of `observations` [row][sample], of a whole roll-out.
   * @returns [sample], perhaps a view that the next call overwrites
   */
  values(observations: Float64Array): Float64Array | Promise<Float64Array>;
  /**
   * One update for each mini-batch, in order.
   * @param miniBatches numbers of samples, `batchSize` each
   * @throws {Error} when a gradient is no longer finite
   */
  learn(
    samples: PpoSamples,
    miniBatches: readonly Int32Array[],
    learningRate: number,
  ): PpoLosses | Promise<PpoLosses>;
  /** Parameters and optimiser, copied. */
  save(): TrainingState | Promise<TrainingState>;
  /** @throws {RangeError} when the state is not one of such networks */
  restore(state: TrainingState): void | Promise<void>;
}

/** Adam's constants [core 3]. */
export const adamConstants = { beta1: 0.9, beta2: 0.999, epsilon: 1e-5 };

/**
 * Write the parameters before training [core 2]: orthogonal matrices, gain √2; 0.01 for the mean, 1 for the
 * value; biases 0. [continuous 2] log σ is 0.
 * @param parameters written: those of the policy, then those of the value
 */
export function initialisePpo(
  { policy, value }: Pick<PpoLearner, "policy" | "value">,
  seed: number,
  parameters: Float64Array,
): void {
  parameters.set(policy.initialParameters(drawSeed(seed, "policy")));
  parameters.set(value.initialParameters(drawSeed(seed, "value"), 1), policy.layout.size);
}

/** The update with compiled networks. */
export class CompiledPpoUpdate implements PpoUpdate {
  readonly parameters: Float64Array;
  readonly #learner: PpoLearner;
  readonly #adam: VectorAdam;
  /** What the parameters are of, and their gradient. */
  readonly #own: ParameterParts;
  readonly #gradient: ParameterParts;
  readonly #valuing: NetworkPass;
  readonly #policyPass: NetworkPass;
  readonly #valuePass: NetworkPass;
  readonly #batch: MiniBatch;

  /** @param seed of the parameters */
  constructor(learner: PpoLearner, seed: number) {
    const { policy, value, samples, batchSize } = learner;
    this.#learner = learner;
    this.#adam = new VectorAdam(policy.layout.size + value.layout.size);
    this.parameters = this.#adam.parameters;
    this.#own = partsOf(this.parameters, policy);
    this.#gradient = partsOf(this.#adam.gradient, policy);
    initialisePpo(learner, seed, this.parameters);
    this.#valuing = value.pass(samples);
    this.#policyPass = policy.network.pass(batchSize);
    this.#valuePass = value.pass(batchSize);
    this.#batch = emptyMiniBatch(value.inputs, policy.network.outputs, batchSize);
  }

  values(observations: Float64Array): Float64Array {
    this.#valuing.load(this.#own.value);
    return this.#valuing.forward(observations);
  }

  learn(samples: PpoSamples, miniBatches: readonly Int32Array[], learningRate: number): PpoLosses {
    const sums = { policyLoss: 0, valueLoss: 0, clipFraction: 0, approximateKl: 0 };
    for (const chosen of miniBatches) {
      gather(this.#batch, samples, chosen);
      this.#update(learningRate, sums);
    }
    const count = miniBatches.length * this.#learner.batchSize;
    return {
      policyLoss: sums.policyLoss / count,
      valueLoss: sums.valueLoss / count,
      clipFraction: sums.clipFraction / count,
      approximateKl: sums.approximateKl / count,
    };
  }

  save(): TrainingState {
    return {
      tensors: savedVectors(this.#savedArrays()),
      counts: { updates: this.#adam.state.updates },
    };
  }

  restore(state: TrainingState): void {
    restoreVectors(state, this.#savedArrays());
    this.#adam.state.updates = requireCount(state.counts, "updates");
  }

  [Symbol.dispose](): void {}

  #savedArrays(): Record<string, Float64Array> {
    const { parameters, state: { first, second } } = this.#adam;
    return { parameters, firstMoments: first, secondMoments: second };
  }

  /** One update by the mini-batch that has been gathered; adds up what is reported. */
  #update(learningRate: number, sums: LossSums): void {
    const { policy, settings } = this.#learner;
    const { valueCoefficient, entropyCoefficient, gradientNorm } = settings;
    const batch = this.#batch;
    this.#adam.gradient.fill(0);
    this.#policyPass.load(this.#own.mean);
    this.#valuePass.load(this.#own.value);
    const means = this.#policyPass.forward(batch.observations);
    const values = this.#valuePass.forward(batch.observations);

    // [core 10] L_π − c_H H + c_V L_V
    this.#pullPolicyLoss(means, sums);
    this.#pullValueLoss(values, sums);
    const { logDeviations } = this.#gradient;
    for (let row = 0; row < logDeviations.length; row++) logDeviations[row] -= entropyCoefficient;
    for (let i = 0; i < values.length; i++) batch.valueCotangent[i] *= valueCoefficient;
    this.#policyPass.pullBack(batch.meanCotangent, this.#gradient.mean);
    this.#valuePass.pullBack(batch.valueCotangent, this.#gradient.value);

    const norm = clipByGlobalNorm(this.#adam.gradient, gradientNorm); // [core 11]
    if (!Number.isFinite(norm)) {
      throw new Error(
        `the gradient is ${norm} after ${this.#adam.state.updates} updates: ` +
          "try a smaller learning rate",
      );
    }
    this.#adam.step({ ...adamConstants, learningRate });
    policy.network.project(this.#own.mean);
  }

  /** [core 8] the clipped surrogate; its gradient at the means and at log σ. */
  #pullPolicyLoss(means: Float64Array, sums: LossSums): void {
    const { clipRange } = this.#learner.settings;
    const { size, actions, logDensities, advantages, meanCotangent } = this.#batch;
    const { logDeviations } = this.#own;
    const deviations = logDeviations.map(Math.exp);
    normaliseAdvantages(advantages); // [core 7] in each mini-batch
    for (let i = 0; i < size; i++) {
      // [continuous 3] summed over components; exactly 1 as long as nothing has been learnt
      const logRatio = actionLogDensity(actions, means, logDeviations, i) - logDensities[i];
      const ratio = Math.exp(logRatio);
      sums.policyLoss += surrogateLoss(ratio, advantages[i], clipRange);
      sums.approximateKl += (ratio - 1) - logRatio;
      if (Math.abs(ratio - 1) > clipRange) sums.clipFraction++;
      const slope = surrogateSlope(ratio, advantages[i], clipRange) * ratio / size;
      for (let row = 0; row < deviations.length; row++) {
        const at = row * size + i;
        const z = (actions[at] - means[at]) / deviations[row];
        meanCotangent[at] = slope * z / deviations[row];
        this.#gradient.logDeviations[row] += slope * (z * z - 1);
      }
    }
  }

  /** [core 9] the value's loss, clipped with the same ε, and its gradient. */
  #pullValueLoss(values: Float64Array, sums: LossSums): void {
    const { clipRange, clipValues } = this.#learner.settings;
    const { size, oldValues, targets, valueCotangent } = this.#batch;
    const range = clipValues ? clipRange : Infinity;
    for (let i = 0; i < size; i++) {
      sums.valueLoss += valueLoss(values[i], oldValues[i], targets[i], range);
      valueCotangent[i] = valueSlope(values[i], oldValues[i], targets[i], range) / size;
    }
  }
}

/** Sums over samples of what is reported. */
type LossSums = Record<keyof PpoLosses, number>;

/** Some of a roll-out's samples, [row][column], and the cotangents of the networks' outputs at them. */
interface MiniBatch {
  readonly size: number;
  readonly observations: Float64Array;
  readonly actions: Float64Array;
  readonly logDensities: Float64Array;
  readonly advantages: Float64Array;
  readonly targets: Float64Array;
  readonly oldValues: Float64Array;
  readonly meanCotangent: Float64Array;
  readonly valueCotangent: Float64Array;
}

function emptyMiniBatch(observationRows: number, actionRows: number, size: number): MiniBatch {
  const rows = (count: number) => new Float64Array(count * size);
  return {
    size,
    observations: rows(observationRows),
    actions: rows(actionRows),
    logDensities: rows(1),
    advantages: rows(1),
    targets: rows(1),
    oldValues: rows(1),
    meanCotangent: rows(actionRows),
    valueCotangent: rows(1),
  };
}

/** Copy the samples called `chosen`. */
function gather(batch: MiniBatch, samples: PpoSamples, chosen: Int32Array): void {
  const { size } = batch;
  const count = samples.values.length;
  const copy = (into: Float64Array, from: Float64Array) => {
    for (let row = 0; row * size < into.length; row++) {
      const [start, offset] = [row * size, row * count];
      for (let i = 0; i < size; i++) into[start + i] = from[offset + chosen[i]];
    }
  };
  copy(batch.observations, samples.observations);
  copy(batch.actions, samples.actions);
  copy(batch.logDensities, samples.logDensities);
  copy(batch.advantages, samples.advantages);
  copy(batch.targets, samples.targets);
  copy(batch.oldValues, samples.values);
}
