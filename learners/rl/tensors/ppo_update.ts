/**
 * PPO's update on the tensor engine, by its automatic differentiation: the losses of `../ppo_update.ts`
 * stated anew, so that the two check each other, and the way to GPUs for large networks. A roll-out goes to
 * the engine once; nothing is read back before the last of its mini-batches.
 */
import * as tf from "@tensorflow/tfjs";
import {
  adamConstants,
  initialisePpo,
  type PpoLearner,
  type PpoLosses,
  type PpoSamples,
  type PpoUpdate,
} from "../ppo_update.ts";
import { requireCount, restoreVectors, type TrainingState } from "../training_state.ts";
import { uploaded } from "./batches.ts";
import {
  lowestParameters,
  type NamedTensors,
  type TensorNetwork,
  tensorNetwork,
  tensorsOf,
} from "./networks.ts";
import {
  assignNumbers,
  restoreVariables,
  savedVariables,
  slopeOf,
  TensorAdam,
  type VectorVariable,
} from "./vectors.ts";

const logRootTwoPi = 0.5 * Math.log(2 * Math.PI);

/** Samples, each array [columns, rows]. */
type TensorSamples = Readonly<Record<keyof PpoSamples, tf.Tensor2D>>;

/** The update on TensorFlow.js's current backend; `learners/nn/backend.ts` makes one ready. */
export class TensorPpoUpdate implements PpoUpdate, Disposable {
  readonly parameters: Float64Array;
  readonly #adam: TensorAdam;
  readonly #applyPolicy: TensorNetwork;
  readonly #applyValue: TensorNetwork;

  /** @param seed of the parameters, with which it begins as the compiled form does */
  constructor(readonly learner: PpoLearner, seed: number) {
    const { policy, value } = learner;
    const size = policy.layout.size + value.layout.size;
    this.parameters = new Float64Array(size);
    initialisePpo(learner, seed, this.parameters);
    this.#adam = new TensorAdam(size, lowestParameters(policy.network, size));
    assignNumbers(this.#adam.parameters, this.parameters);
    this.#applyPolicy = tensorNetwork(policy.network);
    this.#applyValue = tensorNetwork(value);
  }

  async values(observations: Float64Array): Promise<Float64Array> {
    const { samples } = this.learner;
    const values = tf.tidy(() =>
      this.#applyValue(this.#named.value, uploaded(observations, samples))
    );
    try {
      return Float64Array.from(await values.data());
    } finally {
      values.dispose();
    }
  }

  async learn(
    samples: PpoSamples,
    miniBatches: readonly Int32Array[],
    learningRate: number,
  ): Promise<PpoLosses> {
    const before = this.#adam.updates;
    const sums = tf.tidy(() => {
      const rollOut = uploadedSamples(samples);
      const ofBatches = miniBatches.map((chosen) =>
        tf.tidy(() => this.#update(gathered(rollOut, chosen), learningRate))
      );
      return tf.addN(ofBatches);
    });
    try {
      const [read, parameters] = await Promise.all([sums.data(), this.#adam.parameters.data()]);
      this.parameters.set(parameters);
      const [policyLoss, valueLoss, clipFraction, approximateKl, norm] = Array.from(
        read,
        (sum) => sum / miniBatches.length,
      );
      if (!Number.isFinite(norm)) {
        throw new Error(
          `the gradient is ${norm} between ${before} and ${this.#adam.updates} updates: ` +
            "try a smaller learning rate",
        );
      }
      return { policyLoss, valueLoss, clipFraction, approximateKl };
    } finally {
      sums.dispose();
    }
  }

  /** One update; returns policy loss, value loss, clip fraction, KL, and the gradient's norm. */
  #update(batch: TensorSamples, learningRate: number): tf.Tensor1D {
    const { valueCoefficient, entropyCoefficient, gradientNorm } = this.learner.settings;
    const { policy, value } = this.#named;
    const { values, gradient } = slopeOf([policy, value], () => {
      const { loss: policyLoss, clipFraction, approximateKl } = this.#policyLoss(policy, batch);
      const valueLoss = this.#valueLoss(value, batch);
      const logDeviations = tf.sum(policy[deviations]); // the entropy, but for a constant
      const loss = tf.addN([
        policyLoss,
        tf.mul(-entropyCoefficient, logDeviations),
        tf.mul(valueCoefficient, valueLoss),
      ]);
      return [loss, policyLoss, valueLoss, clipFraction, approximateKl];
    });
    const norm = tf.sqrt(tf.sum(tf.square(gradient)));
    const scale = tf.div(gradientNorm, tf.maximum(norm, gradientNorm));
    this.#adam.step(tf.mul(gradient, scale), { ...adamConstants, learningRate });
    return tf.concat1d([tf.slice(values, 1), tf.reshape(norm, [1])]);
  }

  /** mean max(−Â r, −Â clip(r, 1 ± ε)), Â normalised within the batch. */
  #policyLoss(
    parameters: NamedTensors,
    { observations, actions, logDensities, advantages }: TensorSamples,
  ): Record<"loss" | "clipFraction" | "approximateKl", tf.Tensor> {
    const { clipRange } = this.learner.settings;
    const means = this.#applyPolicy(parameters, observations);
    const logDeviation = parameters[deviations];
    const z = tf.mul(tf.sub(actions, means), tf.exp(tf.neg(logDeviation)));
    const perComponent = tf.add(tf.add(tf.mul(0.5, tf.square(z)), logDeviation), logRootTwoPi);
    const logRatio = tf.sub(tf.neg(tf.sum(perComponent, 1, true)), logDensities);
    const ratio = tf.exp(logRatio);
    const { mean, variance } = tf.moments(advantages);
    const normalised = tf.div(tf.sub(advantages, mean), tf.add(tf.sqrt(variance), 1e-8));
    const clipped = tf.clipByValue(ratio, 1 - clipRange, 1 + clipRange);
    const worse = tf.maximum(
      tf.neg(tf.mul(normalised, ratio)),
      tf.neg(tf.mul(normalised, clipped)),
    );
    const beyond = tf.greater(tf.abs(tf.sub(ratio, 1)), clipRange);
    return {
      loss: tf.mean(worse),
      clipFraction: tf.mean(tf.cast(beyond, "float32")),
      approximateKl: tf.mean(tf.sub(tf.sub(ratio, 1), logRatio)),
    };
  }

  /** ½ mean max((V − R)², (V_old + clip(V − V_old, ±ε) − R)²), or ½ mean (V − R)². */
  #valueLoss(
    parameters: NamedTensors,
    { observations, targets, values: old }: TensorSamples,
  ): tf.Tensor {
    const { clipRange, clipValues } = this.learner.settings;
    const values = this.#applyValue(parameters, observations);
    const errors = tf.square(tf.sub(values, targets));
    if (!clipValues) return tf.mul(0.5, tf.mean(errors));
    const clipped = tf.add(old, tf.clipByValue(tf.sub(values, old), -clipRange, clipRange));
    return tf.mul(0.5, tf.mean(tf.maximum(errors, tf.square(tf.sub(clipped, targets)))));
  }

  async save(): Promise<TrainingState> {
    return {
      tensors: await savedVariables(this.#variables()),
      counts: { updates: this.#adam.updates },
    };
  }

  restore(state: TrainingState): void {
    restoreVariables(state, this.#variables());
    restoreVectors(state, { parameters: this.parameters });
    this.#adam.updates = requireCount(state.counts, "updates");
  }

  /** Give back what it holds on the engine. */
  [Symbol.dispose](): void {
    this.#adam.dispose();
  }

  /** The parameters of policy and value, by their names. */
  get #named(): Record<"policy" | "value", NamedTensors> {
    const { policy, value } = this.learner;
    const { parameters } = this.#adam;
    return {
      policy: tensorsOf(policy.layout, parameters),
      value: tensorsOf(value.layout, parameters, policy.layout.size),
    };
  }

  #variables(): Record<string, VectorVariable> {
    const { parameters, first, second } = this.#adam;
    return { parameters, firstMoments: first, secondMoments: second };
  }
}

/** The name of log σ in a Gaussian policy's layout. */
const deviations = "log deviation";

function uploadedSamples(samples: PpoSamples): TensorSamples {
  const { length } = samples.values;
  return {
    observations: uploaded(samples.observations, length),
    actions: uploaded(samples.actions, length),
    logDensities: uploaded(samples.logDensities, length),
    advantages: uploaded(samples.advantages, length),
    targets: uploaded(samples.targets, length),
    values: uploaded(samples.values, length),
  };
}

/** The samples called `chosen`. */
function gathered(rollOut: TensorSamples, chosen: Int32Array): TensorSamples {
  const indices = tf.tensor1d(chosen, "int32");
  const of = (samples: tf.Tensor2D) => tf.gather(samples, indices);
  return {
    observations: of(rollOut.observations),
    actions: of(rollOut.actions),
    logDensities: of(rollOut.logDensities),
    advantages: of(rollOut.advantages),
    targets: of(rollOut.targets),
    values: of(rollOut.values),
  };
}
