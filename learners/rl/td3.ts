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
import type { Network } from "../nn/network.ts";
import { VectorAdam } from "../nn/vector/adam.ts";
import { adamConstants, Critics, joined } from "./critics.ts";
import type { Act } from "./evaluation.ts";
import {
  actAtRandom,
  addActionNoise,
  Interaction,
  rowsOf,
  updatesBy,
  type UpdateSchedule,
} from "./interaction.ts";
import { polyakAverage } from "./polyak.ts";
import { emptyTransitions, ReplayBuffer, type Transitions } from "./replay_buffer.ts";
import { deterministicPolicyLoss, TanhPolicyPass } from "./tanh_policy.ts";
import { drawSeed } from "./seeds.ts";
import {
  joinedStates,
  requireCount,
  restoreVectors,
  savedVectors,
  type TrainingState,
} from "./training_state.ts";

/** The hyper-parameters; the usual values are those of `td3_method.ts`. */
export interface Td3Settings extends UpdateSchedule {
  /** Transitions that are remembered. */
  readonly capacity: number;
  readonly batchSize: number;
  /** γ */
  readonly discount: number;
  /** τ */
  readonly targetShare: number;
  /** Of the policy and of the critics. */
  readonly learningRate: number;
  /** Deviation of the noise that is acted with. */
  readonly explorationNoise: number;
  /** σ̃ and c: the noise of the targets' actions. */
  readonly targetNoise: number;
  readonly targetNoiseBound: number;
  /** d: policy and targets are updated at every so many updates of the critics. */
  readonly policyDelay: number;
}

/** What an iteration reports; NaN where there was nothing to report. */
export interface Td3Report {
  readonly criticLoss: number;
  readonly policyLoss: number;
  /** Mean return of the episodes that ended, of the policy with its noise. */
  readonly trainingReturn: number;
}

/** A training. */
export class Td3 {
  readonly critics: Critics;
  /** The policy's parameters, which go on changing. */
  readonly parameters: Float64Array;
  /** π′ */
  readonly #targetParameters: Float64Array;
  readonly #adam: VectorAdam;
  readonly #interaction: Interaction;
  readonly #buffer: ReplayBuffer;
  readonly #batch: Transitions;
  readonly #acting: TanhPolicyPass;
  readonly #learning: TanhPolicyPass;
  readonly #actions: Float64Array;
  #updates = 0;

  /**
   * @param policyNetwork with an output −1 … 1 for each row of the action
   * @param criticNetwork from observation and action to one output
   * @param seed of everything that is drawn, episodes included
   */
  constructor(
    readonly environment: VectorEnvironment,
    readonly policyNetwork: Network,
    criticNetwork: Network,
    readonly settings: Td3Settings,
    readonly seed: number,
  ) {
    const { copies, actionSpace } = environment;
    const { capacity, batchSize } = settings;
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
    this.#targetParameters = this.parameters.slice();
    this.#acting = new TanhPolicyPass(policyNetwork, actionSpace, copies);
    this.#learning = new TanhPolicyPass(policyNetwork, actionSpace, batchSize);
    this.#actions = new Float64Array(rows.action * copies);
  }

  /** Steps of the environment so far, of all copies together. */
  get steps(): number {
    return this.#buffer.steps * this.environment.copies;
  }

  /**
   * One step of all copies, and the updates that are due after it.
   * @throws {Error} when a loss is no longer finite
   */
  iterate(): Td3Report {
    const trainingReturn = this.#act();
    const due = updatesBy(this.steps, this.settings);
    let report = { criticLoss: NaN, policyLoss: NaN };
    while (this.#updates < due) report = { ...report, ...this.#update() };
    return { ...report, trainingReturn };
  }

  /** One step of all copies; returns the mean return of the episodes that are over with it. */
  #act(): number {
    const { environment, settings: { learningStarts, explorationNoise } } = this;
    const random = randomStream(this.seed, `training/actions/${this.#buffer.steps}`);
    if (this.steps < learningStarts) {
      actAtRandom(environment, random, this.#actions);
    } else {
      this.#acting.load(this.parameters);
      this.#actions.set(this.#acting.act(this.#interaction.observation));
      const noise = (half: number) => half * explorationNoise * random.normal();
      addActionNoise(environment.actionSpace, this.#actions, noise);
    }
    return this.#interaction.step(
      this.#actions,
      (step) => this.#buffer.add(this.#interaction.observation, this.#actions, step),
    );
  }

  /** One update of the critics; of the policy and all targets where it is their turn. */
  #update(): Partial<Td3Report> {
    const { discount, learningRate, targetNoise, targetNoiseBound, policyDelay } = this.settings;
    const random = randomStream(this.seed, `training/updates/${this.#updates++}`);
    const batch = this.#batch;
    this.#buffer.sample(random, batch);

    this.#learning.load(this.#targetParameters);
    const nextActions = this.#learning.act(batch.nextObservations);
    const smoothing = (half: number) => {
      const noise = targetNoise * random.normal();
      return half * Math.min(Math.max(noise, -targetNoiseBound), targetNoiseBound);
    };
    addActionNoise(this.environment.actionSpace, nextActions, smoothing);
    const values = this.critics.targetValues(joined(batch.nextObservations, nextActions));
    const targets = batch.rewards.map((reward, i) =>
      reward + discount * (1 - batch.terminated[i]) * values[i]
    );
    const input = joined(batch.observations, batch.actions);
    const criticLoss = this.critics.fit(input, targets, learningRate);
    if (this.#updates % policyDelay !== 0) return { criticLoss };
    return { criticLoss, policyLoss: this.#updatePolicy(batch.observations) };
  }

  /** One update of the policy, and of all targets. */
  #updatePolicy(observations: Float64Array): number {
    const { learningRate, targetShare } = this.settings;
    this.#learning.load(this.parameters);
    const gradient = this.#adam.gradient.fill(0);
    const loss = deterministicPolicyLoss(this.#learning, this.critics, observations, gradient);
    this.#adam.step({ ...adamConstants, learningRate });
    this.policyNetwork.project(this.parameters);
    polyakAverage(this.#targetParameters, this.parameters, targetShare);
    this.critics.follow(targetShare);
    return loss;
  }

  /** The policy as it is, without noise, for evaluations of so many copies. */
  deterministic(copies: number): Act {
    const pass = new TanhPolicyPass(this.policyNetwork, this.environment.actionSpace, copies);
    return (observation, actions) => {
      pass.load(this.parameters);
      actions.set(pass.act(observation));
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
    this.#adam.state.updates = requireCount(state.counts, "policyUpdates");
    this.critics.restore(state);
    this.#buffer.restore(state);
    this.#interaction.restore(state);
  }

  #vectors(): Record<string, Float64Array> {
    return {
      "policy/parameters": this.parameters,
      "policy/targets": this.#targetParameters,
      "policy/firstMoments": this.#adam.state.first,
      "policy/secondMoments": this.#adam.state.second,
    };
  }
}
