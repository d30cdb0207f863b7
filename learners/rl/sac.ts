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
import { VectorAdam } from "../nn/vector/adam.ts";
import { mean } from "../statistics/descriptive.ts";
import { adamConstants, Critics, joined } from "./critics.ts";
import type { Act } from "./evaluation.ts";
import { Experience, type ExperienceSettings } from "./experience.ts";
import { actAtRandom, normalNoise, updatesBy, type UpdateSchedule } from "./interaction.ts";
import type { ActorCritic, OffPolicyUpdate } from "./off_policy_update.ts";
import type { Transitions } from "./replay_buffer.ts";
import { SquashedPolicyPass } from "./squashed_policy.ts";
import { drawSeed } from "./seeds.ts";
import {
  joinedStates,
  requireCount,
  restoreVectors,
  savedVectors,
  type TrainingState,
} from "./training_state.ts";

/** The hyper-parameters of an update. */
export interface SacUpdateSettings {
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

/** All hyper-parameters; the usual values are those of `sac_method.ts`. */
export type SacSettings = SacUpdateSettings & UpdateSchedule & ExperienceSettings;

/** What an update reports; NaN where there was nothing to report. */
export interface SacUpdateReport {
  readonly criticLoss: number;
  readonly policyLoss: number;
  /** −mean log π. */
  readonly entropy: number;
  /** α */
  readonly temperature: number;
}

/** What an iteration reports; NaN where there was nothing to report. */
export interface SacReport extends SacUpdateReport {
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

/** An update of critics, policy and temperature, in one form. */
export type SacUpdate = OffPolicyUpdate<SacUpdateReport>;

/** H̄ = −dim A */
export function targetEntropyOf({ actionSpace }: ActorCritic): number {
  return -actionSpace.low.length;
}

const nothingLearnt = { criticLoss: NaN, policyLoss: NaN, entropy: NaN };

/** The update as WebAssembly computes it. */
export class CompiledSacUpdate implements SacUpdate {
  readonly critics: Critics;
  /** The policy's parameters, which go on changing. */
  readonly parameters: Float64Array;
  readonly #adam: VectorAdam;
  /** log α, and its own Adam. */
  readonly #logTemperature = new Float64Array(1);
  readonly #temperatureAdam = adamState(1);
  readonly #policy: SquashedPolicyPass;
  #updates = 0;
  #report: Omit<SacUpdateReport, "temperature"> = nothingLearnt;

  constructor(readonly actorCritic: ActorCritic, readonly settings: SacUpdateSettings) {
    const { policyNetwork, criticNetwork, actionSpace, seed } = actorCritic;
    const { batchSize, meanScale } = settings;
    this.critics = new Critics(criticNetwork, {
      count: 2,
      columns: batchSize,
      seeds: [0, 1].map((index) => drawSeed(seed, `critic/${index}`)),
    });
    this.#adam = new VectorAdam(policyNetwork.layout.size);
    this.parameters = this.#adam.parameters;
    this.parameters.set(policyNetwork.initialParameters(drawSeed(seed, "policy"), 0.01));
    this.#policy = new SquashedPolicyPass(policyNetwork, actionSpace, batchSize, { meanScale });
  }

  get updates(): number {
    return this.#updates;
  }

  get #temperature(): number {
    return Math.exp(this.#logTemperature[0]);
  }

  /** One update of the critics, and of the policy where it is its turn. */
  learn(batch: Transitions, noise: () => Float64Array): void {
    const { discount, criticLearningRate, policyInterval, targetShare } = this.settings;
    this.#updates++;
    this.#policy.load(this.parameters);
    this.#policy.sample(batch.nextObservations, noise());
    const { actions: nextActions, logDensities } = this.#policy;
    const values = this.critics.targetValues(joined(batch.nextObservations, nextActions));
    const targets = softTargets(batch, values, logDensities, discount, this.#temperature);
    const input = joined(batch.observations, batch.actions);
    const criticLoss = this.critics.fit(input, targets, criticLearningRate);
    this.#report = { ...this.#report, criticLoss };

    const turn = this.#updates % policyInterval === 0 ? policyInterval : 0;
    for (let i = 0; i < turn; i++) this.#updatePolicy(batch.observations, noise());
    this.critics.follow(targetShare);
  }

  /** One update of the policy, then of the temperature. */
  #updatePolicy(observations: Float64Array, noise: Float64Array): void {
    const { policyLearningRate, temperatureLearningRate } = this.settings;
    this.#policy.load(this.parameters);
    const { loss, logDensity } = policyLoss(
      this.#policy,
      this.critics,
      observations,
      noise,
      this.#temperature,
      this.#adam.gradient.fill(0),
    );
    this.#adam.step({ ...adamConstants, learningRate: policyLearningRate });
    this.actorCritic.policyNetwork.project(this.parameters);

    const slope = temperatureSlope(logDensity, targetEntropyOf(this.actorCritic));
    const learningRate = temperatureLearningRate;
    adamStep(this.#logTemperature, Float64Array.of(slope), this.#temperatureAdam, {
      ...adamConstants,
      learningRate,
    });
    this.#report = { ...this.#report, policyLoss: loss, entropy: -logDensity };
  }

  settle(): SacUpdateReport {
    const report = { ...this.#report, temperature: this.#temperature };
    this.#report = nothingLearnt;
    return report;
  }

  save(): TrainingState {
    return joinedStates(
      {
        tensors: savedVectors(this.#vectors()),
        counts: { updates: this.#updates, policyUpdates: this.#adam.state.updates },
      },
      this.critics.save(),
    );
  }

  restore(state: TrainingState): void {
    restoreVectors(state, this.#vectors());
    this.#updates = requireCount(state.counts, "updates");
    const policyUpdates = requireCount(state.counts, "policyUpdates");
    // The temperature is updated whenever the policy is.
    this.#adam.state.updates = this.#temperatureAdam.updates = policyUpdates;
    this.critics.restore(state);
  }

  [Symbol.dispose](): void {}

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

/** A training. */
export class Sac {
  readonly #experience: Experience;
  readonly #acting: SquashedPolicyPass;
  readonly #actions: Float64Array;

  /** @param update of a policy network with two outputs for each row of the action */
  constructor(
    readonly environment: VectorEnvironment,
    readonly update: SacUpdate,
    readonly settings: SacSettings,
  ) {
    const { copies, actionSpace } = environment;
    const { meanScale } = settings;
    const { policyNetwork, seed } = update.actorCritic;
    this.#experience = new Experience(environment, settings, seed);
    this.#acting = new SquashedPolicyPass(policyNetwork, actionSpace, copies, { meanScale });
    this.#actions = new Float64Array(actionSpace.low.length * copies);
  }

  /** Steps of the environment so far, of all copies together. */
  get steps(): number {
    return this.#experience.steps;
  }

  /** The policy's parameters, which go on changing. */
  get parameters(): Float64Array {
    return this.update.parameters;
  }

  /**
   * One step of all copies, and the updates that are due after it.
   * @throws {Error} when a loss is no longer finite
   */
  async iterate(): Promise<SacReport> {
    const trainingReturn = this.#act();
    const due = updatesBy(this.steps, this.settings);
    while (this.update.updates < due) this.#learn();
    return { ...await this.update.settle(), trainingReturn };
  }

  /** One step of all copies; returns the mean return of the episodes that are over with it. */
  #act(): number {
    const { environment, update, settings: { learningStarts } } = this;
    const { seed } = update.actorCritic;
    const random = randomStream(seed, `training/actions/${this.#experience.stepsOfCopy}`);
    if (this.steps < learningStarts) {
      actAtRandom(environment, random, this.#actions);
    } else {
      this.#acting.load(this.parameters);
      const noise = normalNoise(random, this.#actions.length);
      this.#acting.sample(this.#experience.observation, noise);
      this.#actions.set(this.#acting.actions);
    }
    return this.#experience.step(this.#actions);
  }

  /** One update, from a batch of what is remembered. */
  #learn(): void {
    const { actorCritic: { seed }, updates } = this.update;
    const random = randomStream(seed, `training/updates/${updates}`);
    const batch = this.#experience.sample(random);
    this.update.learn(batch, () => normalNoise(random, batch.actions.length));
  }

  /** The policy as it is, without its noise, for evaluations of so many copies. */
  deterministic(copies: number): Act {
    const { policyNetwork, actionSpace } = this.update.actorCritic;
    const { meanScale } = this.settings;
    const pass = new SquashedPolicyPass(policyNetwork, actionSpace, copies, { meanScale });
    return (observation, actions) => {
      pass.load(this.parameters);
      actions.set(pass.deterministic(this.#experience.scaled(observation)));
    };
  }

  /** Where the training stands, copied. */
  async save(): Promise<TrainingState> {
    return joinedStates(this.#experience.save(), await this.update.save());
  }

  /**
   * Go on from where another training of the same kind stood: what follows has the same bits if its update
   * had the same form.
   * @throws {RangeError} when the state is not one of such a training
   */
  restore(state: TrainingState): void {
    this.update.restore(state);
    this.#experience.restore(state);
  }
}
