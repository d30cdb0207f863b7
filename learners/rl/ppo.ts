/**
 * PPO: "Proximal Policy Optimization Algorithms". Schulman, Wolski, Dhariwal, Radford, Klimov. 2017,
 * https://arxiv.org/abs/1707.06347
 *
 * The policy is moved to make what turned out well more likely, but not by more than a factor 1 ± ε, beyond
 * which the loss is flat; so that the same roll-out can be learnt from several times over:
 *
 *     Â_t = δ_t + γλ Â_{t+1},  δ_t = r_t + γ V(s_{t+1}) − V(s_t)           (11, 12)
 *     r(θ) = π_θ(a|s)/π_old(a|s)
 *     L_π = mean max(−Â r, −Â clip(r, 1 ± ε))                              (7)
 *     L_V = ½ mean max((V − R)², (V_old + clip(V − V_old, ±ε) − R)²),  R = Â + V_old
 *     L = L_π − c_H H + c_V L_V                                            (9)
 *
 * What makes it work in practice is in the details of the code it was published with, as Huang et al. count
 * them ("The 37 Implementation Details of Proximal Policy Optimization", ICLR blog track 2022). Thirteen
 * are for all domains and nine for continuous actions; each is marked below where it is, as [core 1] …
 * [core 13] and [continuous 1] … [continuous 9].
 *
 * Arrays of a roll-out are [row][step · copies + copy].
 */
import type { VectorEnvironment } from "../../sim/environments/environment.ts";
import { randomStream, shuffled } from "../../sim/random.ts";
import { clipByGlobalNorm } from "../nn/adam.ts";
import type { Network, NetworkPass } from "../nn/network.ts";
import { VectorAdam } from "../nn/vector/adam.ts";
import { estimateAdvantages } from "./advantages.ts";
import { entropy } from "./gaussian.ts";
import { actionLogDensity, GaussianPolicy } from "./gaussian_policy.ts";
import { surrogateLoss, surrogateSlope, valueLoss, valueSlope } from "./ppo_losses.ts";
import { drawSeed } from "./seeds.ts";
import { noMoments, normalise, observeBatch, RewardScale } from "./running_moments.ts";
import {
  environmentState,
  requireCount,
  restoreVectors,
  savedEnvironment,
  savedVectors,
  type TrainingState,
} from "./training_state.ts";

/** The hyper-parameters; the usual values for robots are those of `ppo_method.ts`. */
export interface PpoSettings {
  /** Steps of all copies together, over the whole training. */
  readonly steps: number;
  /** Steps of each copy from one update to the next. */
  readonly rolloutLength: number;
  /** How often each roll-out is learnt from. */
  readonly epochs: number;
  /** Into how many parts a roll-out is cut in each epoch. */
  readonly miniBatches: number;
  /** γ */
  readonly discount: number;
  /** λ */
  readonly traceDecay: number;
  readonly learningRate: number;
  /** Whether the learning rate falls to 0 by the end. */
  readonly annealing: boolean;
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
  /** Whether a time limit is bootstrapped from, or taken for an end. */
  readonly bootstrapTimeLimits: boolean;
}

/** What an iteration reports [core 12]. */
export interface PpoReport {
  readonly policyLoss: number;
  readonly valueLoss: number;
  readonly entropy: number;
  /** The share of samples whose ratio was beyond 1 ± ε. */
  readonly clipFraction: number;
  /** Mean of (r − 1) − log r, which estimates KL(π_old, π_new) without bias and with little variance. */
  readonly approximateKl: number;
  /** 1 − Var(R − V)/Var(R): how much of the returns the values foretold. */
  readonly explainedVariance: number;
  /** Mean return of the episodes that ended in the roll-out, of the sampling policy; NaN if none did. */
  readonly trainingReturn: number;
}

/** Observations and scaled rewards are kept within ±10 [continuous 7, 9]. */
export const bound = 10;

const adamConstants = { beta1: 0.9, beta2: 0.999, epsilon: 1e-5 }; // [core 3]

/** A training. */
export class Ppo {
  readonly policy: GaussianPolicy;
  /** Policy, log σ, value, one behind the other: one vector for the optimiser and its global norm. */
  readonly parameters: Float64Array;
  readonly #adam: VectorAdam;
  /** What the parameters are of, and their gradient. */
  readonly #own: Parts;
  readonly #gradient: Parts;
  /** Moments of the observations [continuous 6]: part of the policy, which acts on normalised ones. */
  readonly observationMoments;
  readonly #rewardScale: RewardScale;
  readonly #buffer: Rollout;
  readonly #acting: NetworkPass;
  readonly #valuing: NetworkPass;
  readonly #learning: { readonly policy: NetworkPass; readonly value: NetworkPass };
  readonly #batch: MiniBatch;
  /** Undiscounted rewards of the episodes at hand, [copy]. */
  readonly #returns: Float64Array;
  #observation: Float64Array;
  #iterations = 0;

  /**
   * @param value a network with one output, of its own [core 13]
   * @param seed of everything that is drawn, episodes included
   * @throws {RangeError} when roll-outs cannot be cut into the mini-batches asked for
   */
  constructor(
    readonly environment: VectorEnvironment,
    policyNetwork: Network,
    readonly value: Network,
    readonly settings: PpoSettings,
    readonly seed: number,
  ) {
    const { copies, specification: { observation, action } } = environment;
    const { rolloutLength, miniBatches, discount } = settings;
    const samples = rolloutLength * copies; // [core 1] N copies, M steps, episodes go on in the next
    if (samples % miniBatches !== 0) {
      throw new RangeError(
        `${samples} samples of a roll-out (${rolloutLength} steps of ${copies} copies) cannot be cut ` +
          `into ${miniBatches} mini-batches of one size`,
      );
    }
    this.policy = new GaussianPolicy(policyNetwork);
    this.#adam = new VectorAdam(this.policy.layout.size + value.layout.size);
    this.parameters = this.#adam.parameters;
    this.#own = partsOf(this.parameters, this.policy);
    this.#gradient = partsOf(this.#adam.gradient, this.policy);
    // [core 2] orthogonal, gain √2; 0.01 for the mean, 1 for the value; biases 0. [continuous 2] log σ is 0
    this.#own.policy.set(this.policy.initialParameters(drawSeed(seed, "policy")));
    this.#own.value.set(value.initialParameters(drawSeed(seed, "value"), 1));

    this.observationMoments = noMoments(observation.length);
    this.#rewardScale = new RewardScale(copies, discount);
    this.#buffer = emptyRollout(observation.length, action.length, rolloutLength, copies);
    this.#acting = policyNetwork.pass(copies);
    this.#valuing = value.pass(samples);
    const batchSize = samples / miniBatches;
    this.#learning = { policy: policyNetwork.pass(batchSize), value: value.pass(batchSize) };
    this.#batch = emptyMiniBatch(observation.length, action.length, batchSize);
    this.#returns = new Float64Array(copies);
    this.#observation = this.#normalised(environment.reset(drawSeed(seed, "episodes")), true);
  }

  /** Roll-outs that have been learnt from. */
  get iterations(): number {
    return this.#iterations;
  }

  /** Roll-outs in all. */
  get allIterations(): number {
    return Math.max(1, Math.floor(this.settings.steps / this.#buffer.samples));
  }

  /** Steps of the environment so far, of all copies together. */
  get steps(): number {
    return this.#iterations * this.#buffer.samples;
  }

  /** Steps in all: whole roll-outs. */
  get allSteps(): number {
    return this.allIterations * this.#buffer.samples;
  }

  /** The policy's parameters, which go on changing. */
  get policyParameters(): Float64Array {
    return this.#own.policy;
  }

  /** The value's parameters, which go on changing. */
  get valueParameters(): Float64Array {
    return this.#own.value;
  }

  /**
   * One roll-out, and what is learnt from it.
   * @throws {Error} when a gradient is no longer finite
   */
  iterate(): PpoReport {
    const trainingReturn = this.#rollOut();
    this.#estimate();
    const report = this.#learn();
    this.#iterations++;
    return { ...report, trainingReturn };
  }

  /** Act with the policy as it is, and keep what comes of it; returns the mean return of whole episodes. */
  #rollOut(): number {
    const { environment, settings: { rolloutLength } } = this;
    const { copies, actionSpace: { low, high } } = environment;
    const { samples, observations, finalObservations, actions, logDensities, rewards } =
      this.#buffer;
    const noise = Array.from(
      { length: copies },
      (_, copy) => randomStream(this.seed, `training/noise/${this.#iterations}/${copy}`),
    );
    const [chosen, applied] = [0, 0].map(() => new Float64Array(low.length * copies));
    const ended = new Uint8Array(copies);
    const deviations = this.#own.logDeviations.map(Math.exp);
    const returns: number[] = [];
    this.#acting.load(this.#own.mean);
    for (let step = 0; step < rolloutLength; step++) {
      const first = step * copies;
      writeColumns(observations, samples, first, this.#observation, copies);
      const means = this.#acting.forward(this.#observation);
      for (let copy = 0; copy < copies; copy++) {
        for (let row = 0; row < low.length; row++) { // [continuous 1] a diagonal Gaussian
          const at = row * copies + copy;
          chosen[at] = means[at] + deviations[row] * noise[copy].normal();
          applied[at] = Math.min(Math.max(chosen[at], low[row]), high[row]);
        }
        logDensities[first + copy] = actionLogDensity(chosen, means, this.#own.logDeviations, copy);
      }
      // [continuous 5] the environment gets the clipped action, the buffer keeps the other one
      writeColumns(actions, samples, first, chosen, copies);
      const result = environment.step(applied);

      for (let copy = 0; copy < copies; copy++) {
        ended[copy] = result.terminated[copy] | result.truncated[copy];
        this.#returns[copy] += result.reward[copy];
        if (!ended[copy]) continue;
        returns.push(this.#returns[copy]);
        this.#returns[copy] = 0;
      }
      this.#buffer.terminated.set(result.terminated, first);
      this.#buffer.truncated.set(result.truncated, first);
      // [continuous 8, 9] over the deviation of the discounted return, not centred; within ±10
      const scaled = rewards.subarray(first, first + copies);
      this.#rewardScale.scale(result.reward, ended, bound, scaled);
      this.#observation = this.#normalised(result.observation, true);
      const finals = this.#normalised(result.finalObservation, false);
      writeColumns(finalObservations, samples, first, finals, copies);
    }
    return returns.reduce((sum, value) => sum + value, 0) / returns.length;
  }

  /** [continuous 6, 7] observations by their running moments, within ±10. */
  #normalised(observation: Float64Array, learn: boolean): Float64Array {
    if (learn) observeBatch(this.observationMoments, observation);
    const into = new Float64Array(observation.length);
    normalise(this.observationMoments, observation, bound, into);
    return into;
  }

  /** [core 5] advantages by GAE(λ), bootstrapped at the roll-out's end; returns are advantage + value. */
  #estimate(): void {
    const buffer = this.#buffer;
    this.#valuing.load(this.#own.value);
    buffer.values.set(this.#valuing.forward(buffer.observations));
    buffer.finalValues.set(this.#valuing.forward(buffer.finalObservations));
    estimateAdvantages(buffer, this.settings, buffer.advantages);
    for (let i = 0; i < buffer.samples; i++) {
      buffer.targets[i] = buffer.advantages[i] + buffer.values[i];
    }
  }

  /** Several epochs over the roll-out. */
  #learn(): Omit<PpoReport, "trainingReturn"> {
    const { settings: { epochs, miniBatches, learningRate, annealing } } = this;
    const { samples, values, targets } = this.#buffer;
    // [core 4] linearly to 0
    const rate = annealing
      ? learningRate * (1 - this.#iterations / this.allIterations)
      : learningRate;
    const size = samples / miniBatches;
    const sums = { policyLoss: 0, valueLoss: 0, clipFraction: 0, approximateKl: 0 };
    for (let epoch = 0; epoch < epochs; epoch++) {
      // [core 6] each epoch cuts the whole batch into mini-batches of its own
      const stream = randomStream(this.seed, `training/order/${this.#iterations}/${epoch}`);
      const order = shuffled(samples, stream);
      for (let first = 0; first < samples; first += size) {
        gather(this.#batch, this.#buffer, order.subarray(first, first + size));
        this.#update(rate, sums);
      }
    }
    const count = epochs * samples;
    return {
      policyLoss: sums.policyLoss / count,
      valueLoss: sums.valueLoss / count,
      clipFraction: sums.clipFraction / count,
      approximateKl: sums.approximateKl / count,
      entropy: this.#entropy(),
      explainedVariance: explainedVariance(values, targets),
    };
  }

  /** One update by the mini-batch that has been gathered; adds up what is reported. */
  #update(rate: number, sums: LearningSums): void {
    const { policy, value } = this.#learning;
    const { valueCoefficient, entropyCoefficient, gradientNorm } = this.settings;
    const batch = this.#batch;
    this.#adam.gradient.fill(0);
    policy.load(this.#own.mean);
    value.load(this.#own.value);
    const means = policy.forward(batch.observations);
    const values = value.forward(batch.observations);

    // [core 10] L_π − c_H H + c_V L_V
    this.#pullPolicyLoss(means, sums);
    this.#pullValueLoss(values, sums);
    const { logDeviations } = this.#gradient;
    for (let row = 0; row < logDeviations.length; row++) logDeviations[row] -= entropyCoefficient;
    for (let i = 0; i < values.length; i++) batch.valueCotangent[i] *= valueCoefficient;
    policy.pullBack(batch.meanCotangent, this.#gradient.mean);
    value.pullBack(batch.valueCotangent, this.#gradient.value);

    const norm = clipByGlobalNorm(this.#adam.gradient, gradientNorm); // [core 11]
    if (!Number.isFinite(norm)) {
      throw new Error(
        `the gradient is ${norm} in iteration ${this.#iterations}: try a smaller learning rate`,
      );
    }
    this.#adam.step({ ...adamConstants, learningRate: rate });
    this.policy.network.project(this.#own.mean);
  }

  /** [core 8] the clipped surrogate; its gradient at the means and at log σ. */
  #pullPolicyLoss(means: Float64Array, sums: LearningSums): void {
    const { clipRange } = this.settings;
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
  #pullValueLoss(values: Float64Array, sums: LearningSums): void {
    const { clipRange, clipValues } = this.settings;
    const { size, oldValues, targets, valueCotangent } = this.#batch;
    const range = clipValues ? clipRange : Infinity;
    for (let i = 0; i < size; i++) {
      sums.valueLoss += valueLoss(values[i], oldValues[i], targets[i], range);
      valueCotangent[i] = valueSlope(values[i], oldValues[i], targets[i], range) / size;
    }
  }

  #entropy(): number {
    return this.#own.logDeviations.reduce((sum, logDeviation) => sum + entropy(logDeviation), 0);
  }

  /** Where the training stands, copied. */
  save(): TrainingState {
    const environment = savedEnvironment(this.environment.save());
    return {
      tensors: { ...savedVectors(this.#savedArrays()), ...environment.tensors },
      counts: {
        iterations: this.#iterations,
        updates: this.#adam.state.updates,
        observations: this.observationMoments.count,
        returns: this.#rewardScale.moments.count,
        ...environment.counts,
      },
    };
  }

  /**
   * Go on from where another training of the same kind stood: what follows has the same bits.
   * @throws {RangeError} when the state is not one of such a training
   */
  restore(state: TrainingState): void {
    restoreVectors(state, this.#savedArrays());
    this.#iterations = requireCount(state.counts, "iterations");
    this.#adam.state.updates = requireCount(state.counts, "updates");
    this.observationMoments.count = requireCount(state.counts, "observations");
    this.#rewardScale.moments.count = requireCount(state.counts, "returns");
    const saved = environmentState(state, this.environment.copies);
    this.#observation = this.#normalised(this.environment.restore(saved), false);
  }

  /** All arrays of its own that a training goes on with, by name. */
  #savedArrays(): Record<string, Float64Array> {
    const { moments, returns } = this.#rewardScale;
    return {
      parameters: this.parameters,
      firstMoments: this.#adam.state.first,
      secondMoments: this.#adam.state.second,
      observationMean: this.observationMoments.mean,
      observationVariance: this.observationMoments.variance,
      returnMean: moments.mean,
      returnVariance: moments.variance,
      discountedReturns: returns,
      episodeReturns: this.#returns,
    };
  }
}

/** A vector of all parameters, or of their gradient, by what they belong to. */
interface Parts {
  /** Mean and log σ. */
  readonly policy: Float64Array;
  readonly mean: Float64Array;
  readonly logDeviations: Float64Array;
  readonly value: Float64Array;
}

function partsOf(vector: Float64Array, policy: GaussianPolicy): Parts {
  const own = vector.subarray(0, policy.layout.size);
  return {
    policy: own,
    mean: policy.meanPart(own),
    logDeviations: policy.logDeviations(own),
    value: vector.subarray(policy.layout.size),
  };
}

/** Sums over samples of what is reported. */
type LearningSums = Record<
  "policyLoss" | "valueLoss" | "clipFraction" | "approximateKl",
  number
>;

/** A roll-out: what happened, and what is made of it. [row][sample], sample = step · copies + copy. */
interface Rollout {
  readonly steps: number;
  readonly copies: number;
  readonly samples: number;
  /** Normalised; before each step, and what it ended in. */
  readonly observations: Float64Array;
  readonly finalObservations: Float64Array;
  /** As they were drawn, before they were clipped. */
  readonly actions: Float64Array;
  readonly logDensities: Float64Array;
  /** Scaled. */
  readonly rewards: Float64Array;
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
  readonly values: Float64Array;
  readonly finalValues: Float64Array;
  readonly advantages: Float64Array;
  readonly targets: Float64Array;
}

function emptyRollout(
  observationRows: number,
  actionRows: number,
  steps: number,
  copies: number,
): Rollout {
  const samples = steps * copies;
  const rows = (count: number) => new Float64Array(count * samples);
  return {
    steps,
    copies,
    samples,
    observations: rows(observationRows),
    finalObservations: rows(observationRows),
    actions: rows(actionRows),
    logDensities: rows(1),
    rewards: rows(1),
    terminated: new Uint8Array(samples),
    truncated: new Uint8Array(samples),
    values: rows(1),
    finalValues: rows(1),
    advantages: rows(1),
    targets: rows(1),
  };
}

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
function gather(batch: MiniBatch, rollout: Rollout, chosen: Int32Array): void {
  const { size } = batch;
  const copy = (into: Float64Array, from: Float64Array) => {
    for (let row = 0; row * size < into.length; row++) {
      const [start, offset] = [row * size, row * rollout.samples];
      for (let i = 0; i < size; i++) into[start + i] = from[offset + chosen[i]];
    }
  };
  copy(batch.observations, rollout.observations);
  copy(batch.actions, rollout.actions);
  copy(batch.logDensities, rollout.logDensities);
  copy(batch.advantages, rollout.advantages);
  copy(batch.targets, rollout.targets);
  copy(batch.oldValues, rollout.values);
}

/** Write `columns` [row][column] of a step into an array of all steps, [row][sample]. */
function writeColumns(
  into: Float64Array,
  samples: number,
  first: number,
  columns: Float64Array,
  count: number,
): void {
  for (let row = 0; row * count < columns.length; row++) {
    for (let column = 0; column < count; column++) {
      into[row * samples + first + column] = columns[row * count + column];
    }
  }
}

/** (A − mean)/(deviation + 10⁻⁸), the deviation that of the population. */
function normaliseAdvantages(advantages: Float64Array): void {
  const { mean, variance } = momentsOf(advantages);
  const scale = 1 / (Math.sqrt(variance) + 1e-8);
  for (let i = 0; i < advantages.length; i++) advantages[i] = (advantages[i] - mean) * scale;
}

/** How much of the variance of `targets` is foretold; NaN where they do not vary. */
function explainedVariance(values: Float64Array, targets: Float64Array): number {
  const { variance } = momentsOf(targets);
  const left = momentsOf(targets.map((target, i) => target - values[i])).variance;
  return variance === 0 ? NaN : 1 - left / variance;
}

function momentsOf(values: Float64Array): { readonly mean: number; readonly variance: number } {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  const mean = sum / values.length;
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i] - mean) ** 2;
  return { mean, variance: squares / values.length };
}
