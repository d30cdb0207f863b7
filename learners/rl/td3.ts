/**
 * TD3: "Addressing Function Approximation Error in Actor-Critic Methods". Fujimoto, van Hoof, Meger. 2018,
 * https://arxiv.org/abs/1802.09477
 *
 * A deterministic policy climbs a critic; three things keep it from climbing the critic's errors: of two
 * critics the lesser counts, the policy waits for the critics, and the value of an action is that of its
 * neighbourhood (algorithm 1):
 *
 *     ã = clip(π′(s′) + clip(ε, ±c), action space),  ε ~ N(0, σ̃)
 *     y = r + γ (1 − terminated) min_i Q′_i(s′, ã)
 *     J_Q = Σ_i mean (Q_i(s, a) − y)²
 *     every d updates:  J_π = −mean Q₁(s, π(s)),  Q′_i ← (1 − τ) Q′_i + τ Q_i,  π′ ← (1 − τ) π′ + τ π
 *
 * Noise is in units of the action space's half width.
 */
import type { VectorEnvironment } from "../../sim/environments/environment.ts";
import { randomStream } from "../../sim/random.ts";
import { VectorAdam } from "../nn/vector/adam.ts";
import { adamConstants, Critics, joined } from "./critics.ts";
import type { Act } from "./evaluation.ts";
import { Experience, type ExperienceSettings } from "./experience.ts";
import {
  actAtRandom,
  addActionNoise,
  normalNoise,
  updatesBy,
  type UpdateSchedule,
} from "./interaction.ts";
import type { ActorCritic, OffPolicyUpdate } from "./off_policy_update.ts";
import { polyakAverage } from "./polyak.ts";
import type { Transitions } from "./replay_buffer.ts";
import { deterministicPolicyLoss, TanhPolicyPass } from "./tanh_policy.ts";
import { drawSeed } from "./seeds.ts";
import {
  joinedStates,
  requireCount,
  restoreVectors,
  savedVectors,
  type TrainingState,
} from "./training_state.ts";

/** The hyper-parameters of an update. */
export interface Td3UpdateSettings {
  readonly batchSize: number;
  /** γ */
  readonly discount: number;
  /** τ */
  readonly targetShare: number;
  /** Of the policy and of the critics. */
  readonly learningRate: number;
  /** σ̃ and c: the noise of the targets' actions. */
  readonly targetNoise: number;
  readonly targetNoiseBound: number;
  /** d: policy and targets are updated at every so many updates of the critics. */
  readonly policyDelay: number;
}

/** All hyper-parameters; the usual values are those of `td3_method.ts`. */
export interface Td3Settings extends Td3UpdateSettings, UpdateSchedule, ExperienceSettings {
  /** Deviation of the noise that is acted with. */
  readonly explorationNoise: number;
}

/** What an update reports; NaN where there was nothing to report. */
export interface Td3UpdateReport {
  readonly criticLoss: number;
  readonly policyLoss: number;
}

/** What an iteration reports; NaN where there was nothing to report. */
export interface Td3Report extends Td3UpdateReport {
  /** Mean return of the episodes that ended, of the policy with its noise. */
  readonly trainingReturn: number;
}

/** An update of critics, policy and targets, in one form. */
export type Td3Update = OffPolicyUpdate<Td3UpdateReport>;

/** clip(ε, ±c), in half widths, of standard normal numbers. */
export function smoothingOf(
  noise: Float64Array,
  { targetNoise, targetNoiseBound }: Td3UpdateSettings,
): Float64Array {
  return noise.map((value) =>
    Math.min(Math.max(targetNoise * value, -targetNoiseBound), targetNoiseBound)
  );
}

const nothingLearnt: Td3UpdateReport = { criticLoss: NaN, policyLoss: NaN };

/** The update as WebAssembly computes it. */
export class CompiledTd3Update implements Td3Update {
  readonly critics: Critics;
  /** The policy's parameters, which go on changing. */
  readonly parameters: Float64Array;
  /** π′ */
  readonly #targetParameters: Float64Array;
  readonly #adam: VectorAdam;
  readonly #policy: TanhPolicyPass;
  #updates = 0;
  #report = nothingLearnt;

  constructor(readonly actorCritic: ActorCritic, readonly settings: Td3UpdateSettings) {
    const { policyNetwork, criticNetwork, actionSpace, seed } = actorCritic;
    const { batchSize } = settings;
    this.critics = new Critics(criticNetwork, {
      count: 2,
      columns: batchSize,
      seeds: [0, 1].map((index) => drawSeed(seed, `critic/${index}`)),
    });
    this.#adam = new VectorAdam(policyNetwork.layout.size);
    this.parameters = this.#adam.parameters;
    this.parameters.set(policyNetwork.initialParameters(drawSeed(seed, "policy"), 0.01));
    this.#targetParameters = this.parameters.slice();
    this.#policy = new TanhPolicyPass(policyNetwork, actionSpace, batchSize);
  }

  get updates(): number {
    return this.#updates;
  }

  /** One update of the critics; of the policy and all targets where it is their turn. */
  learn(batch: Transitions, noise: () => Float64Array): void {
    const { discount, learningRate, policyDelay } = this.settings;
    this.#updates++;
    this.#policy.load(this.#targetParameters);
    const nextActions = this.#policy.act(batch.nextObservations);
    const smoothing = smoothingOf(noise(), this.settings);
    let at = 0;
    addActionNoise(this.actorCritic.actionSpace, nextActions, (half) => half * smoothing[at++]);
    const values = this.critics.targetValues(joined(batch.nextObservations, nextActions));
    const targets = batch.rewards.map((reward, i) =>
      reward + discount * (1 - batch.terminated[i]) * values[i]
    );
    const input = joined(batch.observations, batch.actions);
    const criticLoss = this.critics.fit(input, targets, learningRate);
    this.#report = { ...this.#report, criticLoss };
    if (this.#updates % policyDelay === 0) this.#updatePolicy(batch.observations);
  }

  /** One update of the policy, and of all targets. */
  #updatePolicy(observations: Float64Array): void {
    const { learningRate, targetShare } = this.settings;
    this.#policy.load(this.parameters);
    const gradient = this.#adam.gradient.fill(0);
    const policyLoss = deterministicPolicyLoss(this.#policy, this.critics, observations, gradient);
    this.#adam.step({ ...adamConstants, learningRate });
    this.actorCritic.policyNetwork.project(this.parameters);
    polyakAverage(this.#targetParameters, this.parameters, targetShare);
    this.critics.follow(targetShare);
    this.#report = { ...this.#report, policyLoss };
  }

  settle(): Td3UpdateReport {
    const report = this.#report;
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
    this.#adam.state.updates = requireCount(state.counts, "policyUpdates");
    this.critics.restore(state);
  }

  [Symbol.dispose](): void {}

  #vectors(): Record<string, Float64Array> {
    return {
      "policy/parameters": this.parameters,
      "policy/targets": this.#targetParameters,
      "policy/firstMoments": this.#adam.state.first,
      "policy/secondMoments": this.#adam.state.second,
    };
  }
}

/** A training. */
export class Td3 {
  readonly #experience: Experience;
  readonly #acting: TanhPolicyPass;
  readonly #actions: Float64Array;

  /** @param update of a policy network with an output −1 … 1 for each row of the action */
  constructor(
    readonly environment: VectorEnvironment,
    readonly update: Td3Update,
    readonly settings: Td3Settings,
  ) {
    const { copies, actionSpace } = environment;
    const { policyNetwork, seed } = update.actorCritic;
    this.#experience = new Experience(environment, settings, seed);
    this.#acting = new TanhPolicyPass(policyNetwork, actionSpace, copies);
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
  async iterate(): Promise<Td3Report> {
    const trainingReturn = this.#act();
    const due = updatesBy(this.steps, this.settings);
    while (this.update.updates < due) this.#learn();
    return { ...await this.update.settle(), trainingReturn };
  }

  /** One step of all copies; returns the mean return of the episodes that are over with it. */
  #act(): number {
    const { environment, update, settings: { learningStarts, explorationNoise } } = this;
    const { seed } = update.actorCritic;
    const random = randomStream(seed, `training/actions/${this.#experience.stepsOfCopy}`);
    if (this.steps < learningStarts) {
      actAtRandom(environment, random, this.#actions);
    } else {
      this.#acting.load(this.parameters);
      this.#actions.set(this.#acting.act(this.#experience.observation));
      const noise = (half: number) => half * explorationNoise * random.normal();
      addActionNoise(environment.actionSpace, this.#actions, noise);
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

  /** The policy as it is, without noise, for evaluations of so many copies. */
  deterministic(copies: number): Act {
    const { policyNetwork, actionSpace } = this.update.actorCritic;
    const pass = new TanhPolicyPass(policyNetwork, actionSpace, copies);
    return (observation, actions) => {
      pass.load(this.parameters);
      actions.set(pass.act(this.#experience.scaled(observation)));
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
