/**
 * SAC: "Soft Actor-Critic Algorithms and Applications". Haarnoja, Zhou, Hartikainen, Tucker, Ha, Tan, Kumar,
 * Zhu, Gupta, Abbeel, Levine. 2018, https://arxiv.org/abs/1812.05905
 *
 * What is maximised is the return and the policy's entropy together, so that everything is tried that has
 * not turned out to be worse; whatever has been tried is learnt from many times over:
 *
 *     y = r + γ (1 − terminated) (min_i Q′_i(s′, a′) − α log π(a′|s′)),  a′ ~ π(·|s′)      (2, 3)
 *     J_Q = Σ_i mean (Q_i(s, a) − y)²                                                      (5)
 *     J_π = mean (α log π(a|s) − min_i Q_i(s, a)),  a ~ π(·|s), reparameterised            (9)
 *     J_α = mean −log α (log π(a|s) + H̄),  H̄ = −dim A                                      (18)
 *     Q′_i ← (1 − τ) Q′_i + τ Q_i
 *
 * (18) has −α in place of −log α, which has the same sign and scales with α; this form is that of the authors'
 * and Stable-Baselines3's code. As in CleanRL the policy is updated at every second update of the critics,
 * twice.
 */
import type { VectorEnvironment } from "../../sim/environments/environment.ts";
import { randomStream } from "../../sim/random.ts";
import { adamState, adamStep } from "../nn/adam.ts";
import type { Network } from "../nn/network.ts";
import { VectorAdam } from "../nn/vector/adam.ts";
import { mean } from "../statistics/descriptive.ts";
import { adamConstants, Critics, joined } from "./critics.ts";
import type { Act } from "./evaluation.ts";
import {
  actAtRandom,
  Interaction,
  normalNoise,
  rowsOf,
  updatesBy,
  type UpdateSchedule,
} from "./interaction.ts";
import { emptyTransitions, ReplayBuffer, type Transitions } from "./replay_buffer.ts";
import { SquashedPolicyPass } from "./squashed_policy.ts";
import { drawSeed } from "./seeds.ts";
import {
  joinedStates,
  requireCount,
  restoreVectors,
  savedVectors,
  type TrainingState,
} from "./training_state.ts";

/** The hyper-parameters; the usual values are those of `sac_method.ts`. */
export interface SacSettings extends UpdateSchedule {
  /** Transitions that are remembered. */
  readonly capacity: number;
  readonly batchSize: number;
  /** γ */
  readonly discount: number;
  /** τ */
  readonly targetShare: number;
  readonly policyLearningRate: number;
  readonly criticLearningRate: number;
  readonly temperatureLearningRate: number;
  /** The policy is updated at every so many updates of the critics, as many times. */
  readonly policyInterval: number;
  /** What the policy network's outputs for the mean are multiplied by; see `SquashedPolicyOptions`. */
  readonly meanScale: number;
}

/** What an iteration reports; NaN where there was nothing to report. */
export interface SacReport {
  readonly criticLoss: number;
  readonly policyLoss: number;
  /** −mean log π. */
  readonly entropy: number;
  /** α */
  readonly temperature: number;
  /** Mean return of the episodes that ended, of the sampling policy. */
  readonly trainingReturn: number;
}

/**
 * y of each transition.
 * @param values min_i Q′_i(s′, a′)
 * @param logDensities log π(a′|s′)
 */
export function softTargets(
  { rewards, terminated }: Pick<Transitions, "rewards" | "terminated">,
  values: Float64Array,
  logDensities: Float64Array,
  discount: number,
  temperature: number,
): Float64Array {
  return rewards.map((reward, i) =>
    reward + discount * (1 - terminated[i]) * (values[i] - temperature * logDensities[i])
  );
}

/**
 * J_π, and its gradient at the policy's parameters.
 * @param noise ξ, which the actions are made of
 * @param gradient added to
 * @returns the loss and mean log π
 */
export function policyLoss(
  policy: SquashedPolicyPass,
  critics: Critics,
  observations: Float64Array,
  noise: Float64Array,
  temperature: number,
  gradient: Float64Array,
): { readonly loss: number; readonly logDensity: number } {
  policy.sample(observations, noise);
  const input = joined(observations, policy.actions);
  const slopes = new Float64Array(input.length);
  const values = critics.leastValues(input, slopes);
  const count = policy.columns;
  const logDensity = mean([...policy.logDensities]);
  const actionSlopes = slopes.subarray(observations.length).map((slope) => -slope / count);
  policy.pullBack(actionSlopes, temperature / count, gradient);
  return { loss: temperature * logDensity - mean([...values]), logDensity };
}

/** ∂J_α/∂log α = −(log π + H̄): α falls while the policy has more entropy than H̄ asks for. */
export function temperatureSlope(logDensity: number, targetEntropy: number): number {
  return -(logDensity + targetEntropy);
}

/** A training. */
export class Sac {
  readonly critics: Critics;
  /** The policy's parameters, which go on changing. */
  readonly parameters: Float64Array;
  readonly #adam: VectorAdam;
  /** log α, and its own Adam. */
  readonly #logTemperature = new Float64Array(1);
  readonly #temperatureAdam = adamState(1);
  readonly #interaction: Interaction;
  readonly #buffer: ReplayBuffer;
  readonly #batch: Transitions;
  readonly #acting: SquashedPolicyPass;
  readonly #learning: SquashedPolicyPass;
  readonly #actions: Float64Array;
  #updates = 0;

  /**
   * @param policyNetwork with two outputs for each row of the action
   * @param criticNetwork from observation and action to one output
   * @param seed of everything that is drawn, episodes included
   */
  constructor(
    readonly environment: VectorEnvironment,
    readonly policyNetwork: Network,
    criticNetwork: Network,
    readonly settings: SacSettings,
    readonly seed: number,
  ) {
    const { copies, actionSpace } = environment;
    const { capacity, batchSize, meanScale } = settings;
    const rows = rowsOf(environment);
    this.#interaction = new Interaction(environment, seed);
    this.#buffer = new ReplayBuffer(rows, capacity, copies);
    this.#batch = emptyTransitions(rows, batchSize);
    this.critics = new Critics(criticNetwork, {
      count: 2,
      columns: batchSize,
      seeds: [0, 1].map((index) => drawSeed(seed, `critic/${index}`)),
    });
    this.#adam = new VectorAdam(policyNetwork.layout.size);
    this.parameters = this.#adam.parameters;
    this.parameters.set(policyNetwork.initialParameters(drawSeed(seed, "policy"), 0.01));
    this.#acting = new SquashedPolicyPass(policyNetwork, actionSpace, copies, { meanScale });
    this.#learning = new SquashedPolicyPass(policyNetwork, actionSpace, batchSize, { meanScale });
    this.#actions = new Float64Array(rows.action * copies);
  }

  /** Steps of the environment so far, of all copies together. */
  get steps(): number {
    return this.#buffer.steps * this.environment.copies;
  }

  /** α */
  get temperature(): number {
    return Math.exp(this.#logTemperature[0]);
  }

  /**
   * One step of all copies, and the updates that are due after it.
   * @throws {Error} when a loss is no longer finite
   */
  iterate(): SacReport {
    const trainingReturn = this.#act();
    const due = updatesBy(this.steps, this.settings);
    let report: Omit<SacReport, "trainingReturn" | "temperature"> = {
      criticLoss: NaN,
      policyLoss: NaN,
      entropy: NaN,
    };
    while (this.#updates < due) report = { ...report, ...this.#update() };
    return { ...report, temperature: this.temperature, trainingReturn };
  }

  /** One step of all copies; returns the mean return of the episodes that are over with it. */
  #act(): number {
    const { environment, settings: { learningStarts } } = this;
    const random = randomStream(this.seed, `training/actions/${this.#buffer.steps}`);
    if (this.steps < learningStarts) {
      actAtRandom(environment, random, this.#actions);
    } else {
      this.#acting.load(this.parameters);
      const noise = normalNoise(random, this.#actions.length);
      this.#acting.sample(this.#interaction.observation, noise);
      this.#actions.set(this.#acting.actions);
    }
    return this.#interaction.step(
      this.#actions,
      (step) => this.#buffer.add(this.#interaction.observation, this.#actions, step),
    );
  }

  /** One update of the critics, and of the policy where it is its turn. */
  #update(): Partial<SacReport> {
    const { discount, criticLearningRate, policyInterval, targetShare } = this.settings;
    const random = randomStream(this.seed, `training/updates/${this.#updates++}`);
    const batch = this.#batch;
    this.#buffer.sample(random, this.#batch);
    const noise = () => normalNoise(random, batch.actions.length);

    this.#learning.load(this.parameters);
    this.#learning.sample(batch.nextObservations, noise());
    const { actions: nextActions, logDensities } = this.#learning;
    const values = this.critics.targetValues(joined(batch.nextObservations, nextActions));
    const targets = softTargets(batch, values, logDensities, discount, this.temperature);
    const input = joined(batch.observations, batch.actions);
    const criticLoss = this.critics.fit(input, targets, criticLearningRate);

    const turn = this.#updates % policyInterval === 0 ? policyInterval : 0;
    let report: Partial<SacReport> = {};
    for (let i = 0; i < turn; i++) report = this.#updatePolicy(batch.observations, noise());
    this.critics.follow(targetShare);
    return { ...report, criticLoss };
  }

  /** One update of the policy, then of the temperature. */
  #updatePolicy(observations: Float64Array, noise: Float64Array): Partial<SacReport> {
    const { policyLearningRate, temperatureLearningRate } = this.settings;
    this.#learning.load(this.parameters);
    const { loss, logDensity } = policyLoss(
      this.#learning,
      this.critics,
      observations,
      noise,
      this.temperature,
      this.#adam.gradient.fill(0),
    );
    this.#adam.step({ ...adamConstants, learningRate: policyLearningRate });
    this.policyNetwork.project(this.parameters);

    const targetEntropy = -this.environment.specification.action.length;
    const slope = Float64Array.of(temperatureSlope(logDensity, targetEntropy));
    const learningRate = temperatureLearningRate;
    adamStep(this.#logTemperature, slope, this.#temperatureAdam, {
      ...adamConstants,
      learningRate,
    });
    return { policyLoss: loss, entropy: -logDensity };
  }

  /** The policy as it is, without its noise, for evaluations of so many copies. */
  deterministic(copies: number): Act {
    const { actionSpace } = this.environment;
    const { meanScale } = this.settings;
    const pass = new SquashedPolicyPass(this.policyNetwork, actionSpace, copies, { meanScale });
    return (observation, actions) => {
      pass.load(this.parameters);
      actions.set(pass.deterministic(observation));
    };
  }

  /** Where the training stands, copied. */
  save(): TrainingState {
    return joinedStates(
      {
        tensors: savedVectors(this.#vectors()),
        counts: { updates: this.#updates, policyUpdates: this.#adam.state.updates },
      },
      this.#interaction.save(),
      this.#buffer.save(),
      this.critics.save(),
    );
  }

  /**
   * Go on from where another training of the same kind stood: what follows has the same bits.
   * @throws {RangeError} when the state is not one of such a training
   */
  restore(state: TrainingState): void {
    restoreVectors(state, this.#vectors());
    this.#updates = requireCount(state.counts, "updates");
    const policyUpdates = requireCount(state.counts, "policyUpdates");
    // The temperature is updated whenever the policy is.
    this.#adam.state.updates = this.#temperatureAdam.updates = policyUpdates;
    this.critics.restore(state);
    this.#buffer.restore(state);
    this.#interaction.restore(state);
  }

  #vectors(): Record<string, Float64Array> {
    return {
      "policy/parameters": this.parameters,
      "policy/firstMoments": this.#adam.state.first,
      "policy/secondMoments": this.#adam.state.second,
      "temperature/log": this.#logTemperature,
      "temperature/firstMoment": this.#temperatureAdam.first,
      "temperature/secondMoment": this.#temperatureAdam.second,
    };
  }
}
