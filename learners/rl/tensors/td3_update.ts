/**
 * TD3's update on the tensor engine, by its automatic differentiation: the equations of `../td3.ts` stated
 * anew, so that the two check each other, and the way to GPUs for large networks. Nothing is read back
 * before `settle`.
 */
import * as tf from "@tensorflow/tfjs";
import { adamConstants } from "../critics.ts";
import type { ActorCritic } from "../off_policy_update.ts";
import type { Transitions } from "../replay_buffer.ts";
import { halvesOf } from "../squashed_policy.ts";
import {
  CompiledTd3Update,
  smoothingOf,
  type Td3Update,
  type Td3UpdateReport,
  type Td3UpdateSettings,
} from "../td3.ts";
import { joinedStates, requireCount, type TrainingState } from "../training_state.ts";
import { type TensorTransitions, uploaded, uploadedTransitions } from "./batches.ts";
import { requireFiniteLoss, TensorCritics } from "./critics.ts";
import { type TensorNetwork, tensorNetwork, tensorsOf } from "./networks.ts";
import { PendingNumbers } from "./pending.ts";
import { intoSpace, withinSpace } from "./policies.ts";
import { TensorPolicyParameters } from "./policy_parameters.ts";
import {
  followVector,
  restoreVariables,
  savedVariables,
  slopeOf,
  type VectorVariable,
  vectorVariable,
} from "./vectors.ts";

/** The update on TensorFlow.js's current backend; `learners/nn/backend.ts` makes one ready. */
export class TensorTd3Update implements Td3Update {
  readonly #critics: TensorCritics;
  readonly #policy: TensorPolicyParameters;
  /** π′ */
  readonly #targetPolicy: VectorVariable;
  readonly #applyPolicy: TensorNetwork;
  readonly #pending = new PendingNumbers<"critics" | "policy">();
  #updates = 0;

  /** Begins as the compiled form does. */
  constructor(readonly actorCritic: ActorCritic, readonly settings: Td3UpdateSettings) {
    const { policyNetwork, criticNetwork } = actorCritic;
    this.#critics = new TensorCritics(criticNetwork, 2);
    this.#policy = new TensorPolicyParameters(policyNetwork);
    this.#targetPolicy = vectorVariable(policyNetwork.layout.size);
    this.#applyPolicy = tensorNetwork(policyNetwork);
    this.restore(new CompiledTd3Update(actorCritic, settings).save());
  }

  get parameters(): Float64Array {
    return this.#policy.copy;
  }

  get updates(): number {
    return this.#updates;
  }

  /** One update of the critics; of the policy and all targets where it is their turn. */
  learn(batch: Transitions, noise: () => Float64Array): void {
    const { learningRate, policyDelay } = this.settings;
    this.#updates++;
    tf.tidy(() => {
      const transitions = uploadedTransitions(batch);
      const { observations, actions } = transitions;
      const smoothing = uploaded(smoothingOf(noise(), this.settings), batch.columns);
      const targets = this.#targets(transitions, smoothing);
      this.#pending.put(
        "critics",
        this.#critics.fit(observations, actions, targets, learningRate),
      );
      if (this.#updates % policyDelay === 0) this.#updatePolicy(observations);
    });
  }

  /**
   * y = r + γ (1 − terminated) min_i Q′_i(s′, ã), [columns, 1]
   * @param smoothing what is added to π′(s′), in half widths of the action space
   */
  #targets(
    { rewards, terminated, nextObservations }: TensorTransitions,
    smoothing: tf.Tensor2D,
  ): tf.Tensor2D {
    const { actionSpace, policyNetwork: { layout } } = this.actorCritic;
    const target = tensorsOf(layout, this.#targetPolicy);
    const chosen = intoSpace(this.#applyPolicy(target, nextObservations), actionSpace);
    const { half } = halvesOf(actionSpace);
    const moved = tf.add<tf.Tensor2D>(chosen, tf.mul(smoothing, tf.tensor1d([...half])));
    const actions = withinSpace(moved, actionSpace);
    const values = this.#critics.targetValues(nextObservations, actions);
    const { discount } = this.settings;
    return tf.add(rewards, tf.mul(tf.mul(discount, tf.sub(1, terminated)), values));
  }

  /** One update of the policy by J_π = −mean Q₁(s, π(s)), and of all targets. */
  #updatePolicy(observations: tf.Tensor2D): void {
    const { learningRate, targetShare } = this.settings;
    const parameters = this.#policy.named;
    const { values, gradient } = slopeOf([parameters], () => {
      const outputs = this.#applyPolicy(parameters, observations);
      const actions = intoSpace(outputs, this.actorCritic.actionSpace);
      return [tf.neg(tf.mean(this.#critics.leastValues(observations, actions, 1)))];
    });
    this.#policy.adam.step(gradient, { ...adamConstants, learningRate });
    this.#pending.put("policy", values);
    followVector(this.#targetPolicy, this.#policy.vector, targetShare);
    this.#critics.follow(targetShare);
  }

  async settle(): Promise<Td3UpdateReport> {
    const [{ critics, policy }] = await Promise.all([this.#pending.read(), this.#policy.fetch()]);
    if (critics) requireFiniteLoss(critics[0]);
    return { criticLoss: critics?.[0] ?? NaN, policyLoss: policy?.[0] ?? NaN };
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
  }

  [Symbol.dispose](): void {
    this.#critics.dispose();
    this.#policy.dispose();
    this.#targetPolicy.dispose();
    this.#pending.dispose();
  }

  #variables(): Record<string, VectorVariable> {
    return { "policy/targets": this.#targetPolicy };
  }
}
