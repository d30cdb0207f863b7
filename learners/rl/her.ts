/**
 * DDPG with HER: "Hindsight Experience Replay". Andrychowicz, Wolski, Ray, Schneider, Fong, Welinder, McGrew,
 * Tobin, Abbeel, Zaremba. 2017, https://arxiv.org/abs/1707.01495; with the settings of "Multi-Goal
 * Reinforcement Learning" (Plappert et al. 2018, arXiv 1802.09464) and OpenAI's baselines.
 *
 * Where a reward only says whether a goal was reached, nearly nothing is learnt from trying for goals in
 * vain. But each attempt reached something, and teaches how to reach that (`her_replay.ts`). What learns is
 * DDPG (Lillicrap et al. 2016, arXiv 1509.02971) on goals and observations together:
 *
 *     y = clip(r + γ (1 − terminated) Q′(s′, π′(s′)), −1/(1 − γ), 0),  γ = 1 − 1/T
 *     J_Q = mean (Q(s, a) − y)²
 *     J_π = −mean Q(s, π(s)) + c mean ‖π(s)‖²
 *
 * A cycle is one episode's length T of every copy, then the updates for it, then one step of the targets,
 * Q′ ← (1 − τ) Q′ + τ Q and π′ likewise. Observations are within ±200, normalised by the moments of what is
 * learnt from, and within ±5 then.
 */
import type { GoalRows, VectorEnvironment } from "../../sim/environments/environment.ts";
import { randomStream } from "../../sim/random.ts";
import type { Network } from "../nn/network.ts";
import { VectorAdam } from "../nn/vector/adam.ts";
import { adamConstants, Critics, joined } from "./critics.ts";
import type { Act } from "./evaluation.ts";
import { HindsightReplay } from "./her_replay.ts";
import { actAtRandom, addActionNoise, Interaction, rowsOf } from "./interaction.ts";
import { polyakAverage } from "./polyak.ts";
import { emptyTransitions, type Transitions } from "./replay_buffer.ts";
import { type Moments, noMoments, normalise, observeBatch } from "./running_moments.ts";
import { deterministicPolicyLoss, TanhPolicyPass } from "./tanh_policy.ts";
import { drawSeed } from "./seeds.ts";
import {
  joinedStates,
  requireCount,
  restoreVectors,
  savedVectors,
  type TrainingState,
} from "./training_state.ts";

/** The hyper-parameters; the usual values are those of `her_method.ts`. */
export interface HerSettings {
  /** Transitions that are remembered. */
  readonly capacity: number;
  readonly batchSize: number;
  /** Updates for each step of a copy; made at the end of each cycle. */
  readonly updatesPerStep: number;
  /** τ, once a cycle. */
  readonly targetShare: number;
  /** Of the policy and of the critic. */
  readonly learningRate: number;
  /** k: transitions with goals of hindsight for each with its own; 0 for DDPG without hindsight. */
  readonly hindsight: number;
  /** c */
  readonly actionPrice: number;
  /** Deviation of the noise that is acted with, in units of the space's half width. */
  readonly explorationNoise: number;
  /** Probability of an action that is uniform in the space instead. */
  readonly randomActions: number;
}

/** What a cycle reports. */
export interface HerReport {
  readonly criticLoss: number;
  readonly policyLoss: number;
  /** Mean return of the episodes that ended, of the policy with its noise. */
  readonly trainingReturn: number;
}

/** Observations are kept within ±200, normalised ones within ±5; deviations are 0.01 at least. */
const observationBound = 200;
const normalisedBound = 5;
const smallestDeviation = 0.01;

/** y of each transition, between what a goal that is never reached comes to and 0. */
export function boundedTargets(
  { rewards, terminated }: Pick<Transitions, "rewards" | "terminated">,
  values: Float64Array,
  discount: number,
): Float64Array {
  const lowest = -1 / (1 - discount);
  return rewards.map((reward, i) => {
    const target = reward + discount * (1 - terminated[i]) * values[i];
    return Math.min(Math.max(target, lowest), 0);
  });
}

/** A training. */
export class Her {
  readonly critics: Critics;
  /** The policy's parameters, which go on changing. */
  readonly parameters: Float64Array;
  /** Moments of the observations that are learnt from: part of the policy. */
  readonly moments: Moments;
  /** γ */
  readonly discount: number;
  /** π′ */
  readonly #targetParameters: Float64Array;
  readonly #adam: VectorAdam;
  readonly #interaction: Interaction;
  readonly #replay: HindsightReplay;
  readonly #batch: Transitions;
  readonly #acting: TanhPolicyPass;
  readonly #learning: TanhPolicyPass;
  readonly #actions: Float64Array;
  #cycles = 0;
  #updates = 0;

  /**
   * @param policyNetwork with an output −1 … 1 for each row of the action
   * @param criticNetwork from observation and action to one output
   * @param seed of everything that is drawn, episodes included
   * @throws {RangeError} when the task is not one of reaching goals
   */
  constructor(
    readonly environment: VectorEnvironment,
    readonly policyNetwork: Network,
    criticNetwork: Network,
    readonly settings: HerSettings,
    readonly seed: number,
  ) {
    const { copies, actionSpace, specification } = environment;
    const { capacity, batchSize, hindsight } = settings;
    const rows = rowsOf(environment);
    this.discount = 1 - 1 / specification.horizon;
    this.#interaction = new Interaction(environment, seed);
    this.#replay = new HindsightReplay(rows, requireGoals(environment), {
      capacity: Math.max(capacity, specification.horizon * copies),
      copies,
      hindsight,
    });
    this.#batch = emptyTransitions(rows, batchSize);
    this.moments = noMoments(rows.observation);
    this.critics = new Critics(criticNetwork, {
      count: 1,
      columns: batchSize,
      seeds: [drawSeed(seed, "critic/0")],
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
    return this.#replay.steps * this.environment.copies;
  }

  /**
   * One cycle.
   * @throws {Error} when a loss is no longer finite
   */
  iterate(): HerReport {
    const trainingReturn = this.#attempt();
    const due = Math.floor(this.steps * this.settings.updatesPerStep);
    let report = { criticLoss: NaN, policyLoss: NaN };
    if (this.#replay.episodes > 0) {
      this.#observe();
      while (this.#updates < due) report = this.#update();
      polyakAverage(this.#targetParameters, this.parameters, this.settings.targetShare);
      this.critics.follow(this.settings.targetShare);
    }
    this.#cycles++;
    return { ...report, trainingReturn };
  }

  /** One episode's length of all copies; returns the mean return of the episodes that are over in it. */
  #attempt(): number {
    const { environment, settings: { explorationNoise, randomActions } } = this;
    this.#acting.load(this.parameters);
    let [sum, ends] = [0, 0];
    for (let step = 0; step < environment.specification.horizon; step++) {
      const random = randomStream(this.seed, `training/actions/${this.#replay.steps}`);
      const { observation } = this.#interaction;
      this.#actions.set(this.#acting.act(normalisedObservations(this.moments, observation)));
      const noise = (half: number) => half * explorationNoise * random.normal();
      addActionNoise(environment.actionSpace, this.#actions, noise);
      const asked = () => random.uniform() < randomActions;
      actAtRandom(environment, random, this.#actions, asked);
      const keep = this.#replay.add.bind(this.#replay, observation, this.#actions);
      const episodeReturn = this.#interaction.step(this.#actions, keep);
      if (Number.isNaN(episodeReturn)) continue;
      sum += episodeReturn;
      ends++;
    }
    return sum / ends;
  }

  /** Let the moments take in a batch of what is learnt from, goals of hindsight included. */
  #observe(): void {
    const random = randomStream(this.seed, `training/moments/${this.#cycles}`);
    this.#replay.sample(random, this.#batch);
    observeBatch(this.moments, this.#batch.observations.map(clipped));
  }

  /** One update of critic and policy. */
  #update(): Omit<HerReport, "trainingReturn"> {
    const { learningRate, actionPrice } = this.settings;
    const random = randomStream(this.seed, `training/updates/${this.#updates++}`);
    const batch = this.#batch;
    this.#replay.sample(random, batch);
    const observations = normalisedObservations(this.moments, batch.observations);
    const nextObservations = normalisedObservations(this.moments, batch.nextObservations);

    this.#learning.load(this.#targetParameters);
    const nextActions = this.#learning.act(nextObservations);
    const values = this.critics.targetValues(joined(nextObservations, nextActions));
    const targets = boundedTargets(batch, values, this.discount);
    const criticLoss = this.critics.fit(joined(observations, batch.actions), targets, learningRate);

    this.#learning.load(this.parameters);
    const policyLoss = deterministicPolicyLoss(
      this.#learning,
      this.critics,
      observations,
      this.#adam.gradient.fill(0),
      actionPrice,
    );
    this.#adam.step({ ...adamConstants, learningRate });
    this.policyNetwork.project(this.parameters);
    return { criticLoss, policyLoss };
  }

  /** The policy as it is, without noise, for evaluations of so many copies. */
  deterministic(copies: number): Act {
    const pass = new TanhPolicyPass(this.policyNetwork, this.environment.actionSpace, copies);
    return (observation, actions) => {
      pass.load(this.parameters);
      actions.set(pass.act(normalisedObservations(this.moments, observation)));
    };
  }

  /** Where the training stands, copied. */
  save(): TrainingState {
    return joinedStates(
      {
        tensors: savedVectors(this.#vectors()),
        counts: {
          cycles: this.#cycles,
          updates: this.#updates,
          observations: this.moments.count,
        },
      },
      this.#interaction.save(),
      this.#replay.save(),
      this.critics.save(),
    );
  }

  /**
   * Go on from where another training of the same kind stood: what follows has the same bits.
   * @throws {RangeError} when the state is not one of such a training
   */
  restore(state: TrainingState): void {
    restoreVectors(state, this.#vectors());
    this.#cycles = requireCount(state.counts, "cycles");
    this.#updates = this.#adam.state.updates = requireCount(state.counts, "updates");
    this.moments.count = requireCount(state.counts, "observations");
    this.critics.restore(state);
    this.#replay.restore(state);
    this.#interaction.restore(state);
  }

  #vectors(): Record<string, Float64Array> {
    return {
      "policy/parameters": this.parameters,
      "policy/targets": this.#targetParameters,
      "policy/firstMoments": this.#adam.state.first,
      "policy/secondMoments": this.#adam.state.second,
      "observations/mean": this.moments.mean,
      "observations/variance": this.moments.variance,
    };
  }
}

const clipped = (value: number) => Math.min(Math.max(value, -observationBound), observationBound);

/** Observations as the networks are given them. */
function normalisedObservations(moments: Moments, observations: Float64Array): Float64Array {
  const variance = moments.variance.map((value) => Math.max(value, smallestDeviation ** 2));
  const within = observations.map(clipped);
  normalise({ ...moments, variance }, within, normalisedBound, within);
  return within;
}

function requireGoals({ goals, specification }: VectorEnvironment): GoalRows {
  if (goals) return goals;
  throw new RangeError(
    `${specification.name} is not a task of reaching goals, which hindsight needs; ` +
      `ArmReachGoal is one`,
  );
}
