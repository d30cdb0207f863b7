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
 * A roll-out is made by pieces (`roll_out.ts`), here or wherever there are actors, and the numbers do not
 * depend on where. What is learnt from it by mini-batches is `ppo_update.ts`.
 *
 * Arrays of a roll-out are [row][sample], sample = step · copies + copy.
 */
import { randomStream, shuffled } from "../../sim/random.ts";
import type { Network } from "../nn/network.ts";
import { estimateAdvantages, explainedVariance } from "./advantages.ts";
import { entropy } from "./gaussian.ts";
import type { GaussianPolicy } from "./gaussian_policy.ts";
import {
  CompiledPpoUpdate,
  type PpoLearner,
  type PpoLosses,
  type PpoSamples,
  type PpoUpdate,
  type PpoUpdateSettings,
} from "./ppo_update.ts";
import {
  bound,
  joinedCopies,
  type RollOutPiece,
  type RollOutPlan,
  RollOuts,
  rollOutsIn,
  type RollOutStart,
} from "./roll_out.ts";
import { drawSeed } from "./seeds.ts";
import { noMoments, normalise, observeBatch, RewardScale } from "./running_moments.ts";
import {
  environmentState,
  joinedStates,
  requireCount,
  restoreVectors,
  savedEnvironment,
  savedVectors,
  type TrainingState,
} from "./training_state.ts";
import { emptyTrajectories, layOut, scaleRewards, type Trajectories } from "./trajectories.ts";

/** The hyper-parameters; the usual values for robots are those of `ppo_method.ts`. */
export interface PpoSettings extends PpoUpdateSettings {
  /** Steps of all copies together, over the whole training. */
  readonly steps: number;
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
  /** Whether a time limit is bootstrapped from, or taken for an end. */
  readonly bootstrapTimeLimits: boolean;
}

/** What an iteration reports [core 12]. */
export interface PpoReport extends PpoLosses {
  readonly entropy: number;
  /** 1 − Var(R − V)/Var(R): how much of the returns the values foretold. */
  readonly explainedVariance: number;
  /** Mean return of the episodes that ended in the roll-out, of the sampling policy; NaN if none did. */
  readonly trainingReturn: number;
}

/** Who does what; all of it is done here unless given. */
export interface PpoMeans {
  /** Does all pieces of a roll-out, and hands them over in order. */
  readonly collect?: (start: RollOutStart) => Promise<readonly RollOutPiece[]>;
  /** What learns. */
  readonly update?: (learner: PpoLearner, seed: number) => PpoUpdate;
}

/** A training. */
export class Ppo {
  /** What learns, and has the parameters. */
  readonly update: PpoUpdate;
  /** Moments of the observations [continuous 6]: part of the policy, which acts on normalised ones. */
  readonly observationMoments;
  readonly #rewardScale: RewardScale;
  readonly #buffer: Rollout;
  readonly #collect: NonNullable<PpoMeans["collect"]>;
  /** Undiscounted rewards of the episodes at hand, [copy]. */
  readonly #returns: Float64Array;
  #environment;
  #iterations = 0;

  /**
   * @param plan of the roll-outs; its seed is that of everything that is drawn, episodes included
   * @param value a network with one output, of its own [core 13]
   * @throws {RangeError} when roll-outs cannot be cut into the mini-batches asked for
   */
  constructor(
    readonly plan: RollOutPlan,
    value: Network,
    readonly settings: PpoSettings,
    { collect, update = (learner, seed) => new CompiledPpoUpdate(learner, seed) }: PpoMeans = {},
  ) {
    const { policy, copies, rolloutLength, seed } = plan;
    const { inputs, outputs } = policy.network;
    const samples = rolloutLength * copies; // [core 1] N copies, M steps, episodes go on in the next
    const batchSize = requireBatchSize(plan, settings.miniBatches);
    this.update = update({ policy, value, samples, batchSize, settings }, seed);
    this.observationMoments = noMoments(inputs);
    this.#rewardScale = new RewardScale(copies, settings.discount);
    this.#buffer = emptyRollout(inputs, outputs, rolloutLength, copies);
    this.#returns = new Float64Array(copies);
    const rollOuts = new RollOuts(plan);
    this.#collect = collect ?? ((start) =>
      Promise.resolve(
        Array.from({ length: rollOuts.pieces }, (_, piece) => rollOuts.perform(piece, start)),
      ));
    this.#environment = rollOuts.begin(drawSeed(seed, "episodes"));
  }

  get policy(): GaussianPolicy {
    return this.plan.policy;
  }

  /** Roll-outs that have been learnt from. */
  get iterations(): number {
    return this.#iterations;
  }

  /** Roll-outs in all. */
  get allIterations(): number {
    return rollOutsIn(this.plan, this.settings.steps);
  }

  /** Steps of the environment so far, of all copies together. */
  get steps(): number {
    return this.#iterations * this.#buffer.samples;
  }

  /** Steps in all: whole roll-outs. */
  get allSteps(): number {
    return this.allIterations * this.#buffer.samples;
  }

  /** Policy, log σ, value, one behind the other; they go on changing. */
  get parameters(): Float64Array {
    return this.update.parameters;
  }

  /** The policy's parameters, which go on changing. */
  get policyParameters(): Float64Array {
    return this.parameters.subarray(0, this.policy.layout.size);
  }

  /** The value's parameters, which go on changing. */
  get valueParameters(): Float64Array {
    return this.parameters.subarray(this.policy.layout.size);
  }

  /**
   * One roll-out, and what is learnt from it.
   * @throws {Error} when a gradient is no longer finite
   */
  async iterate(): Promise<PpoReport> {
    const trainingReturn = this.#take(await this.#collect(this.#start()));
    await this.#estimate();
    const losses = await this.#learn();
    this.#iterations++;
    const { values, targets } = this.#buffer;
    return {
      ...losses,
      trainingReturn,
      entropy: this.#entropy(),
      explainedVariance: explainedVariance(values, targets),
    };
  }

  /** What the pieces of the next roll-out are made from. */
  #start(): RollOutStart {
    return {
      iteration: this.#iterations,
      policyParameters: this.policyParameters,
      moments: this.observationMoments,
      environment: this.#environment,
    };
  }

  /** Put the pieces together; returns the mean return of whole episodes. */
  #take(pieces: readonly RollOutPiece[]): number {
    const buffer = this.#buffer;
    layOut(pieces, buffer);
    this.#environment = joinedCopies(pieces.map(({ environment }) => environment));
    // [continuous 6, 7] as the policy saw them: by the moments from before the roll-out, within ±10
    const before = structuredClone(this.observationMoments);
    observeBatch(this.observationMoments, buffer.observations);
    for (const observations of [buffer.observations, buffer.finalObservations]) {
      normalise(before, observations, bound, observations);
    }
    // [continuous 8, 9] over the deviation of the discounted return, not centred; within ±10
    return scaleRewards(buffer, this.#rewardScale, this.#returns, bound);
  }

  /** [core 5] advantages by GAE(λ), bootstrapped at the roll-out's end; returns are advantage + value. */
  async #estimate(): Promise<void> {
    const buffer = this.#buffer;
    buffer.values.set(await this.update.values(buffer.observations));
    buffer.finalValues.set(await this.update.values(buffer.finalObservations));
    estimateAdvantages(buffer, this.settings, buffer.advantages);
    for (let i = 0; i < buffer.samples; i++) {
      buffer.targets[i] = buffer.advantages[i] + buffer.values[i];
    }
  }

  /** Several epochs over the roll-out. */
  async #learn(): Promise<PpoLosses> {
    const { learningRate, annealing } = this.settings;
    // [core 4] linearly to 0
    const rate = annealing
      ? learningRate * (1 - this.#iterations / this.allIterations)
      : learningRate;
    return await this.update.learn(this.#buffer, this.#miniBatches(), rate);
  }

  /** [core 6] each epoch cuts the whole roll-out into mini-batches of its own. */
  #miniBatches(): Int32Array[] {
    const { epochs, miniBatches } = this.settings;
    const { samples } = this.#buffer;
    const size = samples / miniBatches;
    const batches: Int32Array[] = [];
    for (let epoch = 0; epoch < epochs; epoch++) {
      const name = `training/order/${this.#iterations}/${epoch}`;
      const order = shuffled(samples, randomStream(this.plan.seed, name));
      for (let first = 0; first < samples; first += size) {
        batches.push(order.subarray(first, first + size));
      }
    }
    return batches;
  }

  #entropy(): number {
    const logDeviations = this.policy.logDeviations(this.policyParameters);
    return logDeviations.reduce((sum, logDeviation) => sum + entropy(logDeviation), 0);
  }

  /** Where the training stands, copied. */
  async save(): Promise<TrainingState> {
    const own = {
      tensors: savedVectors(this.#savedArrays()),
      counts: {
        iterations: this.#iterations,
        observations: this.observationMoments.count,
        returns: this.#rewardScale.moments.count,
      },
    };
    return joinedStates(own, await this.update.save(), savedEnvironment(this.#environment));
  }

  /**
   * Go on from where another training of the same kind stood: what follows has the same bits.
   * @throws {RangeError} when the state is not one of such a training
   */
  async restore(state: TrainingState): Promise<void> {
    await this.update.restore(state);
    restoreVectors(state, this.#savedArrays());
    this.#iterations = requireCount(state.counts, "iterations");
    this.observationMoments.count = requireCount(state.counts, "observations");
    this.#rewardScale.moments.count = requireCount(state.counts, "returns");
    this.#environment = environmentState(state, this.plan.copies);
  }

  /** All arrays of its own that a training goes on with, by name. */
  #savedArrays(): Record<string, Float64Array> {
    const { moments, returns } = this.#rewardScale;
    return {
      observationMean: this.observationMoments.mean,
      observationVariance: this.observationMoments.variance,
      returnMean: moments.mean,
      returnVariance: moments.variance,
      discountedReturns: returns,
      episodeReturns: this.#returns,
    };
  }
}

/** @throws {RangeError} when a roll-out cannot be cut into so many mini-batches */
function requireBatchSize({ copies, rolloutLength }: RollOutPlan, miniBatches: number): number {
  const samples = rolloutLength * copies;
  if (samples % miniBatches === 0) return samples / miniBatches;
  throw new RangeError(
    `${samples} samples of a roll-out (${rolloutLength} steps of ${copies} copies) cannot be cut ` +
      `into ${miniBatches} mini-batches of one size`,
  );
}

/** A roll-out: what happened, and what is made of it. Rewards are scaled in the end. */
interface Rollout extends PpoSamples, Trajectories {
  readonly finalValues: Float64Array;
}

function emptyRollout(
  observationRows: number,
  actionRows: number,
  steps: number,
  copies: number,
): Rollout {
  const trajectories = emptyTrajectories(observationRows, actionRows, steps, copies);
  const row = () => new Float64Array(trajectories.samples);
  return { ...trajectories, values: row(), finalValues: row(), advantages: row(), targets: row() };
}
