/**
 * SAC's update on the tensor engine, by its automatic differentiation: the equations of `../sac.ts` stated
 * anew, so that the two check each other, and the way to GPUs for large networks. Nothing is read back
 * before `settle`.
 */
import * as tf from "@tensorflow/tfjs";
import { adamConstants } from "../critics.ts";
import type { ActorCritic } from "../off_policy_update.ts";
import type { Transitions } from "../replay_buffer.ts";
import {
  CompiledSacUpdate,
  type SacUpdate,
  type SacUpdateReport,
  type SacUpdateSettings,
  targetEntropyOf,
} from "../sac.ts";
import { joinedStates, requireCount, type TrainingState } from "../training_state.ts";
import { type TensorTransitions, uploaded, uploadedTransitions } from "./batches.ts";
import { requireFiniteLoss, TensorCritics } from "./critics.ts";
import { type NamedTensors, type TensorNetwork, tensorNetwork } from "./networks.ts";
import { PendingNumbers } from "./pending.ts";
import { squashedSample, type TensorSample } from "./policies.ts";
import { TensorPolicyParameters } from "./policy_parameters.ts";
import {
  restoreVariables,
  savedVariables,
  slopeOf,
  TensorAdam,
  type VectorVariable,
} from "./vectors.ts";

/** The update on TensorFlow.js's current backend; `learners/nn/backend.ts` makes one ready. */
export class TensorSacUpdate implements SacUpdate {
  readonly #critics: TensorCritics;
  readonly #policy: TensorPolicyParameters;
  readonly #applyPolicy: TensorNetwork;
  /** log α */
  readonly #temperature = new TensorAdam(1);
  readonly #pending = new PendingNumbers<"critics" | "policy" | "logTemperature">();
  /** α when it was last read. */
  #lastTemperature = NaN;
  #updates = 0;

  /** Begins as the compiled form does. */
  constructor(readonly actorCritic: ActorCritic, readonly settings: SacUpdateSettings) {
    const { policyNetwork, criticNetwork } = actorCritic;
    this.#critics = new TensorCritics(criticNetwork, 2);
    this.#policy = new TensorPolicyParameters(policyNetwork);
    this.#applyPolicy = tensorNetwork(policyNetwork);
    this.restore(new CompiledSacUpdate(actorCritic, settings).save());
  }

  get parameters(): Float64Array {
    return this.#policy.copy;
  }

  get updates(): number {
    return this.#updates;
  }

  /** One update of the critics, and of the policy where it is its turn. */
  learn(batch: Transitions, noise: () => Float64Array): void {
    const { criticLearningRate, policyInterval, targetShare } = this.settings;
    this.#updates++;
    tf.tidy(() => {
      const transitions = uploadedTransitions(batch);
      const { observations, actions } = transitions;
      const drawn = () => uploaded(noise(), batch.columns);
      const targets = this.#targets(transitions, drawn());
      const loss = this.#critics.fit(observations, actions, targets, criticLearningRate);
      this.#pending.put("critics", loss);

      const turn = this.#updates % policyInterval === 0 ? policyInterval : 0;
      for (let i = 0; i < turn; i++) this.#updatePolicy(observations, drawn());
      this.#critics.follow(targetShare);
    });
  }

  /** y = r + γ (1 − terminated) (min_i Q′_i(s′, a′) − α log π(a′|s′)), [columns, 1] */
  #targets(
    { rewards, terminated, nextObservations }: TensorTransitions,
    noise: tf.Tensor2D,
  ): tf.Tensor2D {
    const { actions, logDensities } = this.#sample(this.#policy.named, nextObservations, noise);
    const values = this.#critics.targetValues(nextObservations, actions);
    const temperature = tf.exp(this.#temperature.parameters);
    const soft = tf.sub(values, tf.mul(temperature, logDensities));
    return tf.add(rewards, tf.mul(tf.mul(this.settings.discount, tf.sub(1, terminated)), soft));
  }

  #sample(parameters: NamedTensors, observations: tf.Tensor2D, noise: tf.Tensor2D): TensorSample {
    const outputs = this.#applyPolicy(parameters, observations);
    return squashedSample(outputs, noise, this.actorCritic.actionSpace, this.settings.meanScale);
  }

  /** One update of the policy, then of the temperature. */
  #updatePolicy(observations: tf.Tensor2D, noise: tf.Tensor2D): void {
    const { policyLearningRate, temperatureLearningRate } = this.settings;
    const temperature = tf.exp(this.#temperature.parameters);
    const parameters = this.#policy.named;
    const { values, gradient } = slopeOf([parameters], () => {
      const { actions, logDensities } = this.#sample(parameters, observations, noise);
      const value = tf.mean(this.#critics.leastValues(observations, actions));
      const logDensity = tf.mean(logDensities);
      return [tf.sub(tf.mul(temperature, logDensity), value), logDensity];
    });
    this.#policy.adam.step(gradient, { ...adamConstants, learningRate: policyLearningRate });
    this.#pending.put("policy", values);

    // ∂J_α/∂log α = −(log π + H̄)
    const logDensity = tf.slice(values, 1);
    const slope = tf.neg<tf.Tensor1D>(tf.add(logDensity, targetEntropyOf(this.actorCritic)));
    const learningRate = temperatureLearningRate;
    this.#temperature.step(slope, { ...adamConstants, learningRate });
    this.#pending.put("logTemperature", tf.clone(this.#temperature.parameters));
  }

  async settle(): Promise<SacUpdateReport> {
    const [{ critics, policy, logTemperature }] = await Promise.all([
      this.#pending.read(),
      this.#policy.fetch(),
    ]);
    if (critics) requireFiniteLoss(critics[0]);
    if (logTemperature) this.#lastTemperature = Math.exp(logTemperature[0]);
    const [criticLoss] = critics ?? [NaN];
    const [policyLoss, logDensity] = policy ?? [NaN, NaN];
    return { criticLoss, policyLoss, entropy: -logDensity, temperature: this.#lastTemperature };
  }

  async save(): Promise<TrainingState> {
    return joinedStates(
      { tensors: await savedVariables(this.#variables()), counts: { updates: this.#updates } },
      await this.#policy.save(),
      await this.#critics.save(),
    );
  }

  restore(state: TrainingState): void {
    restoreVariables(state, this.#variables());
    this.#policy.restore(state);
    this.#critics.restore(state);
    this.#updates = requireCount(state.counts, "updates");
    // The temperature is updated whenever the policy is.
    this.#temperature.updates = requireCount(state.counts, "policyUpdates");
    this.#lastTemperature = Math.exp(state.tensors[logTemperatureName].data[0]);
  }

  [Symbol.dispose](): void {
    this.#critics.dispose();
    this.#policy.dispose();
    this.#temperature.dispose();
    this.#pending.dispose();
  }

  #variables(): Record<string, VectorVariable> {
    return {
      [logTemperatureName]: this.#temperature.parameters,
      "temperature/firstMoment": this.#temperature.first,
      "temperature/secondMoment": this.#temperature.second,
    };
  }
}

const logTemperatureName = "temperature/log";
