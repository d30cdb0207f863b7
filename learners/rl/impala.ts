/**
 * IMPALA: "Scalable Distributed Deep-RL with Importance Weighted Actor-Learner Architectures". Espeholt, Soyer,
 * Munos, Simonyan, Mnih, Ward, Doron, Firoiu, Harley, Dunning, Legg, Kavukcuoglu. 2018,
 * https://arxiv.org/abs/1802.01561
 *
 * Actors act with whatever policy μ they have been sent last and send what comes of it, and the learner never
 * waits for them: by the time that it learns its own policy π is some updates ahead. V-trace (`vtrace.ts`)
 * corrects for that. From each piece there is one update, down the gradient of
 *
 *     L_π = −mean ρ_s (r_s + γ v_{s+1} − V(x_s)) log π(a_s|x_s)        (section 4.2, the weight held fixed)
 *     L_V = ½ mean (v_s − V(x_s))²
 *     L = L_π − c_H H + c_V L_V
 *
 * A piece is an episode's length of some copies (`impala_pieces.ts`). Pieces come from actors, as old as they
 * may be, or are done here with the policy of so many versions ago, which has the same numbers every time
 * (`impala_sources.ts`).
 *
 * As in PPO, and unlike the paper's Atari agents: policies are Gaussian with a free log σ, policy and value are
 * networks of their own, observations are normalised by running moments, which belong to the policy, rewards
 * are scaled by the deviation of their discounted sum, and the optimiser is Adam.
 */
import { clipByGlobalNorm } from "../nn/adam.ts";
import type { Network, NetworkPass } from "../nn/network.ts";
import { VectorAdam } from "../nn/vector/adam.ts";
import { explainedVariance } from "./advantages.ts";
import { entropy } from "./gaussian.ts";
import { actionLogDensity, type GaussianPolicy } from "./gaussian_policy.ts";
import { weightsOf } from "./impala_pieces.ts";
import { LaggedPieces, type PieceSource } from "./impala_sources.ts";
import { type ParameterParts, partsOf } from "./parameter_parts.ts";
import { adamConstants, initialisePpo } from "./ppo_update.ts";
import { bound, type RollOutPiece, type RollOutPlan, rollOutsIn } from "./roll_out.ts";
import { noMoments, normalise, observeBatch, RewardScale } from "./running_moments.ts";
import {
  joinedStates,
  requireCount,
  restoreVectors,
  savedVectors,
  type TrainingState,
} from "./training_state.ts";
import { emptyTrajectories, layOut, scaleRewards, type Trajectories } from "./trajectories.ts";
import {
  type CorrectionName,
  estimateVtrace,
  type ImportanceWeights,
  importanceWeights,
  type Truncations,
} from "./vtrace.ts";

/** The hyper-parameters; the usual values are those of `impala_method.ts`. ρ̄ and c̄ are `Truncations`. */
export interface ImpalaSettings extends Truncations {
  /** Steps of all copies together, over the whole training. */
  readonly steps: number;
  /** What is done about actions of an older policy. */
  readonly correction: CorrectionName;
  /** Versions that the weights of pieces done here are behind. */
  readonly lag: number;
  /** γ */
  readonly discount: number;
  /** λ */
  readonly traceDecay: number;
  readonly learningRate: number;
  /** Whether the learning rate falls to 0 by the end. */
  readonly annealing: boolean;
  /** c_V */
  readonly valueCoefficient: number;
  /** c_H */
  readonly entropyCoefficient: number;
  /** Largest norm of the gradient of all parameters together. */
  readonly gradientNorm: number;
  /** Whether a time limit is bootstrapped from, or taken for an end. */
  readonly bootstrapTimeLimits: boolean;
}

/** What an update reports. */
export interface ImpalaReport {
  readonly policyLoss: number;
  readonly valueLoss: number;
  readonly entropy: number;
  /** Mean of min(1, π/μ): 1 on policy, 0 where the learner has given up all that was done. */
  readonly agreement: number;
  /** 1 − Var(v − V)/Var(v): how much of the targets the values foretold. */
  readonly explainedVariance: number;
  /** Mean return of the episodes that ended in the piece, of the policy that acted; NaN if none did. */
  readonly trainingReturn: number;
  /** Versions of the weights that the piece was behind. */
  readonly lag: number;
}

/** How old what has been learnt from was. */
export interface Staleness {
  /** Mean over all pieces, in versions of the weights. */
  readonly meanLag: number;
  readonly largestLag: number;
  /** Pieces that were too old, and not learnt from. */
  readonly dropped: number;
}

/** A learner. */
export class Impala implements Disposable {
  /** Moments of the observations: part of the policy, which acts on normalised ones. */
  readonly observationMoments;
  readonly #adam: VectorAdam;
  readonly #own: ParameterParts;
  readonly #gradient: ParameterParts;
  readonly #passes: { readonly policy: NetworkPass; readonly value: NetworkPass };
  readonly #weights: ImportanceWeights;
  readonly #rewardScale: RewardScale;
  readonly #batch: Batch;
  #updates = 0;
  #lags = 0;
  #largestLag = 0;

  /**
   * @param plan of a piece; its seed is that of everything that is drawn
   * @param value a network with one output
   * @param source of the pieces; they are done here, at the settings' lag, unless given
   * @throws {RangeError} when the settings' limits are none
   */
  constructor(
    readonly plan: RollOutPlan,
    value: Network,
    readonly settings: ImpalaSettings,
    readonly source: PieceSource = new LaggedPieces(plan, settings.lag),
  ) {
    const { policy, copies, rolloutLength, seed } = plan;
    const { inputs, outputs } = policy.network;
    this.#adam = new VectorAdam(policy.layout.size + value.layout.size);
    this.#own = partsOf(this.#adam.parameters, policy);
    this.#gradient = partsOf(this.#adam.gradient, policy);
    initialisePpo({ policy, value }, seed, this.parameters);
    this.observationMoments = noMoments(inputs);
    this.#rewardScale = new RewardScale(copies, settings.discount);
    this.#weights = importanceWeights(settings.correction, settings);
    this.#batch = emptyBatch(emptyTrajectories(inputs, outputs, rolloutLength, copies));
    const { samples } = this.#batch;
    this.#passes = { policy: policy.network.pass(samples), value: value.pass(samples) };
  }

  get policy(): GaussianPolicy {
    return this.plan.policy;
  }

  /** Pieces that have been learnt from; the version of the weights. */
  get updates(): number {
    return this.#updates;
  }

  /** Pieces in all. */
  get allUpdates(): number {
    return rollOutsIn(this.plan, this.settings.steps);
  }

  /** Steps of the environment that have been learnt from. */
  get steps(): number {
    return this.#updates * this.#batch.samples;
  }

  /** Policy, log σ, value, one behind the other; they go on changing. */
  get parameters(): Float64Array {
    return this.#adam.parameters;
  }

  /** The policy's parameters, which go on changing. */
  get policyParameters(): Float64Array {
    return this.#own.policy;
  }

  /** The value's parameters, which go on changing. */
  get valueParameters(): Float64Array {
    return this.#own.value;
  }

  /** How old what has been learnt from was, so far. */
  get staleness(): Staleness {
    const { dropped } = this.source;
    return { meanLag: this.#lags / this.#updates, largestLag: this.#largestLag, dropped };
  }

  /**
   * The next piece, and what is learnt from it.
   * @throws {Error} when a gradient is no longer finite
   */
  async iterate(): Promise<ImpalaReport> {
    this.source.publish(
      this.#updates,
      weightsOf({ policyParameters: this.policyParameters, moments: this.observationMoments }),
    );
    const { piece, lag } = await this.source.next();
    const trainingReturn = this.#take(piece);
    const losses = this.#learn();
    this.#count(lag);
    return { ...losses, trainingReturn, lag };
  }

  /** Lay a piece out as the policy sees it now; returns the mean return of its episodes. */
  #take(piece: RollOutPiece): number {
    const batch = this.#batch;
    layOut([piece], batch);
    // The moments are those of the weights that the policy has now: without lag, those that were acted with.
    const before = structuredClone(this.observationMoments);
    observeBatch(this.observationMoments, batch.observations);
    for (const observations of [batch.observations, batch.finalObservations]) {
      normalise(before, observations, bound, observations);
    }
    // Every piece begins with new episodes.
    this.#rewardScale.returns.fill(0);
    return scaleRewards(batch, this.#rewardScale, new Float64Array(batch.copies), bound);
  }

  /** One update by the piece that has been laid out. */
  #learn(): Omit<ImpalaReport, "trainingReturn" | "lag"> {
    const { valueCoefficient, entropyCoefficient, gradientNorm } = this.settings;
    const { policy, value } = this.#passes;
    const batch = this.#batch;
    policy.load(this.#own.mean);
    value.load(this.#own.value);
    batch.finalValues.set(value.forward(batch.finalObservations));
    batch.values.set(value.forward(batch.observations));
    const means = policy.forward(batch.observations);
    this.#estimate(means);

    const report = this.#report();
    this.#adam.gradient.fill(0);
    this.#pullPolicyLoss(means);
    const { logDeviations } = this.#gradient;
    for (let row = 0; row < logDeviations.length; row++) logDeviations[row] -= entropyCoefficient;
    for (let i = 0; i < batch.samples; i++) {
      batch.valueCotangent[i] = valueCoefficient * (batch.values[i] - batch.targets[i]) /
        batch.samples;
    }
    policy.pullBack(batch.meanCotangent, this.#gradient.mean);
    value.pullBack(batch.valueCotangent, this.#gradient.value);

    const norm = clipByGlobalNorm(this.#adam.gradient, gradientNorm);
    if (!Number.isFinite(norm)) {
      throw new Error(
        `the gradient is ${norm} after ${this.#updates} updates: try a smaller learning rate`,
      );
    }
    this.#adam.step({ ...adamConstants, learningRate: this.#learningRate() });
    this.policy.network.project(this.#own.mean);
    return report;
  }

  /** What the present policy thinks of the actions; targets and advantages. */
  #estimate(means: Float64Array): void {
    const { samples, actions, logDensities: acted, newLogDensities, ...batch } = this.#batch;
    for (let i = 0; i < samples; i++) {
      newLogDensities[i] = actionLogDensity(actions, means, this.#own.logDeviations, i);
    }
    const trajectories = { ...batch, logDensities: newLogDensities, actedLogDensities: acted };
    const { targets, advantages } = batch;
    estimateVtrace(trajectories, this.#weights, this.settings, targets, advantages);
  }

  /** The gradient of L_π at the means and at log σ. */
  #pullPolicyLoss(means: Float64Array): void {
    const { samples, actions, advantages, meanCotangent } = this.#batch;
    const deviations = this.#own.logDeviations.map(Math.exp);
    for (let i = 0; i < samples; i++) {
      const slope = -advantages[i] / samples;
      for (let row = 0; row < deviations.length; row++) {
        const at = row * samples + i;
        const z = (actions[at] - means[at]) / deviations[row];
        meanCotangent[at] = slope * z / deviations[row];
        this.#gradient.logDeviations[row] += slope * (z * z - 1);
      }
    }
  }

  #report(): Omit<ImpalaReport, "trainingReturn" | "lag"> {
    const { samples, values, targets, advantages, logDensities, newLogDensities } = this.#batch;
    const sums = { policyLoss: 0, valueLoss: 0, agreement: 0 };
    for (let i = 0; i < samples; i++) {
      sums.policyLoss -= advantages[i] * newLogDensities[i];
      sums.valueLoss += 0.5 * (targets[i] - values[i]) ** 2;
      sums.agreement += Math.min(1, Math.exp(newLogDensities[i] - logDensities[i]));
    }
    return {
      policyLoss: sums.policyLoss / samples,
      valueLoss: sums.valueLoss / samples,
      agreement: sums.agreement / samples,
      entropy: this.#own.logDeviations.reduce(
        (sum, logDeviation) => sum + entropy(logDeviation),
        0,
      ),
      explainedVariance: explainedVariance(values, targets),
    };
  }

  /** Linearly to 0. */
  #learningRate(): number {
    const { learningRate, annealing } = this.settings;
    return annealing
      ? learningRate * Math.max(0, 1 - this.#updates / this.allUpdates)
      : learningRate;
  }

  #count(lag: number): void {
    this.#updates++;
    this.#lags += lag;
    this.#largestLag = Math.max(this.#largestLag, lag);
  }

  /** Where the training stands, copied. */
  save(): TrainingState {
    const own = {
      tensors: savedVectors(this.#savedArrays()),
      counts: {
        updates: this.#updates,
        lags: this.#lags,
        largestLag: this.#largestLag,
        observations: this.observationMoments.count,
        returns: this.#rewardScale.moments.count,
      },
    };
    return joinedStates(own, this.source.save());
  }

  /**
   * Go on from where another training of the same kind stood: what follows has the same bits, if pieces are
   * done here.
   * @throws {RangeError} when the state is not one of such a training
   */
  restore(state: TrainingState): void {
    const { counts } = state;
    restoreVectors(state, this.#savedArrays());
    this.source.restore(state);
    this.#updates = this.#adam.state.updates = requireCount(counts, "updates");
    this.#lags = requireCount(counts, "lags");
    this.#largestLag = requireCount(counts, "largestLag");
    this.observationMoments.count = requireCount(counts, "observations");
    this.#rewardScale.moments.count = requireCount(counts, "returns");
  }

  /** Ask for no more pieces. */
  [Symbol.dispose](): void {
    this.source[Symbol.dispose]();
  }

  /** All arrays of its own that a training goes on with, by name. */
  #savedArrays(): Record<string, Float64Array> {
    const { moments } = this.#rewardScale;
    return {
      parameters: this.parameters,
      firstMoments: this.#adam.state.first,
      secondMoments: this.#adam.state.second,
      observationMean: this.observationMoments.mean,
      observationVariance: this.observationMoments.variance,
      returnMean: moments.mean,
      returnVariance: moments.variance,
    };
  }
}

/** A piece as it is learnt from, and what is made of it, [row][sample]. */
interface Batch extends Trajectories {
  readonly values: Float64Array;
  readonly finalValues: Float64Array;
  /** Of the policy that learns. */
  readonly newLogDensities: Float64Array;
  readonly targets: Float64Array;
  readonly advantages: Float64Array;
  readonly meanCotangent: Float64Array;
  readonly valueCotangent: Float64Array;
}

function emptyBatch(trajectories: Trajectories): Batch {
  const { samples, actions } = trajectories;
  const row = () => new Float64Array(samples);
  return {
    ...trajectories,
    values: row(),
    finalValues: row(),
    newLogDensities: row(),
    targets: row(),
    advantages: row(),
    meanCotangent: new Float64Array(actions.length),
    valueCotangent: row(),
  };
}
