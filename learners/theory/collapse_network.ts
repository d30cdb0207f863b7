/**
 * A network whose last features are to collapse: a backbone of ReLU layers, features h, and a deep linear head.
 *
 *     h      = backbone(x)                                                   [N, d]
 *     scores = W_M … W_1 h (+ b)                                             [N, K]
 *     loss   = 1/(2N) ‖scores − Y‖² + λ_W/2 Σ_j ‖W_j‖² + λ_H/2 ‖h‖²          separate decay
 *
 * The loss is that of the unconstrained feature model, with features that the backbone has to bring about. The
 * backbone itself is not decayed: its weights are no part of that model. A linear layer after the ReLUs lets
 * features take either sign, as free ones do.
 */
import * as tf from "@tensorflow/tfjs";
import type { RandomStream } from "../../sim/random.ts";
import {
  type BatchNorm,
  batchNorm,
  batchNormOf,
  batchNormStatistics,
  batchNormVariables,
} from "../nn/binary/batch_norm.ts";
import { orthogonal } from "../nn/initialisers.ts";
import { linearVariables } from "../nn/linear.ts";
import { disposeVariables, heNormal, type Variables } from "../nn/variables.ts";

/** What a network is made of. */
export interface CollapseNetworkPlan {
  readonly inputs: number;
  /** Units of every hidden layer, and features d. */
  readonly units: number;
  readonly reluLayers: number;
  /** M, linear layers of the head. */
  readonly linearLayers: number;
  readonly classes: number;
  /** Whether the head has a free bias. */
  readonly bias: boolean;
  /** Whether batch norms stand before the ReLUs. */
  readonly batchNorm: boolean;
}

/** Which weights and features the loss holds down, and how much. */
export interface CollapseDecay {
  /** λ_W */
  readonly weights: number;
  /** λ_H; 0 for none. */
  readonly features: number;
  /** Whether λ_W holds for the backbone's matrices too, as usual weight decay does. */
  readonly backbone: boolean;
}

/** Features and scores of a batch. */
export interface CollapsePass {
  /** [N, d] */
  readonly features: tf.Tensor2D;
  /** [N, K] */
  readonly scores: tf.Tensor2D;
}

/** A network with its numbers. */
export class CollapseNetwork {
  /** All that is trained. */
  readonly variables: Variables;
  /** Running averages of batch norms. */
  readonly statistics: Variables;
  readonly #norms: readonly (BatchNorm | undefined)[];

  /** @param stream gives the random stream for a parameter's name */
  constructor(readonly plan: CollapseNetworkPlan, stream: (parameter: string) => RandomStream) {
    const { inputs, units, reluLayers } = plan;
    const hidden = Array.from({ length: reluLayers }, (_, i) => `hidden.${i + 1}`);
    const norms = plan.batchNorm ? hidden.map((name) => `${name}.norm`) : [];
    this.variables = {
      ...Object.assign(
        {},
        ...hidden.map((name, i) => reluVariables(name, i === 0 ? inputs : units, units, stream)),
        ...norms.map((name) => batchNormVariables(name, units)),
      ),
      ...linearVariables("features", units, units, stream),
      ...headVariables(plan, stream),
    };
    this.statistics = Object.assign({}, ...norms.map((name) => batchNormStatistics(name, units)));
    this.#norms = hidden.map((_, i) =>
      plan.batchNorm ? batchNormOf(norms[i], this.variables, this.statistics) : undefined
    );
  }

  /**
   * @param X [N, inputs]
   * @param training whether batch norms use, and move on by, the batch's own statistics
   */
  pass(X: tf.Tensor2D, training: boolean): CollapsePass {
    const { plan: { bias, linearLayers }, variables } = this;
    let h = X;
    this.#norms.forEach((norm, i) => {
      const z = affine(h, variables, `hidden.${i + 1}`);
      h = tf.relu(norm ? batchNorm(z, norm, training) : z);
    });
    const features = affine(h, variables, "features");
    let scores = features;
    for (let j = 1; j <= linearLayers; j++) {
      scores = tf.matMul(scores, variables[`head.${j}`] as tf.Tensor2D);
    }
    return { features, scores: bias ? tf.add(scores, variables["head.bias"]) : scores };
  }

  /** The loss of a full batch; `Y` [N, K] one-hot. */
  loss(X: tf.Tensor2D, Y: tf.Tensor2D, decay: CollapseDecay): tf.Scalar {
    const { features, scores } = this.pass(X, true);
    const error = tf.div(tf.sum(tf.squaredDifference(scores, Y)), X.shape[0]);
    const held = Object.entries(this.variables).filter(([name, { rank }]) =>
      rank === 2 && (decay.backbone || name.startsWith("head."))
    );
    const terms = held.map(([, W]) => tf.mul(decay.weights, tf.sum(tf.square(W))));
    if (decay.features > 0) terms.push(tf.mul(decay.features, tf.sum(tf.square(features))));
    return tf.div(tf.addN([error, ...terms]), 2);
  }

  /** P = W_M … W_1, [K, d]. */
  product(): tf.Tensor2D {
    return tf.tidy(() => {
      const { linearLayers } = this.plan;
      const layers = Array.from(
        { length: linearLayers },
        (_, j) => this.variables[`head.${j + 1}`] as tf.Tensor2D,
      );
      return tf.transpose(layers.reduce((product, W) => tf.matMul(product, W)));
    });
  }

  dispose(): void {
    disposeVariables(this.variables);
    disposeVariables(this.statistics);
  }
}

/** `<name>.weights` [inputs, outputs], normal for ReLUs, and `<name>.bias` [outputs] of 0. */
function reluVariables(
  name: string,
  inputs: number,
  outputs: number,
  stream: (parameter: string) => RandomStream,
): Variables {
  const weights = `${name}.weights`;
  return tf.tidy(() => ({
    [weights]: tf.variable(heNormal([inputs, outputs], inputs, stream(weights))),
    [`${name}.bias`]: tf.variable(tf.zeros([outputs])),
  }));
}

/** `head.1` … `head.M`, the transposes of W_j [inputs, outputs], orthogonal; and `head.bias`, 0. */
function headVariables(
  { units, linearLayers, classes, bias }: CollapseNetworkPlan,
  stream: (parameter: string) => RandomStream,
): Variables {
  const layers = Array.from({ length: linearLayers }, (_, i) => {
    const name = `head.${i + 1}`;
    const outputs = i + 1 === linearLayers ? classes : units;
    const values = new Float64Array(units * outputs);
    orthogonal(values, units, outputs, 1, stream(name));
    const variable = tf.tidy(() =>
      tf.variable(tf.tensor2d(Float32Array.from(values), [units, outputs]))
    );
    return [name, variable] as const;
  });
  const free: Variables = bias
    ? { "head.bias": tf.tidy(() => tf.variable(tf.zeros([classes]))) }
    : {};
  return { ...Object.fromEntries(layers), ...free };
}

function affine(x: tf.Tensor2D, variables: Variables, name: string): tf.Tensor2D {
  const product = tf.matMul(x, variables[`${name}.weights`] as tf.Tensor2D);
  return tf.add(product, variables[`${name}.bias`]);
}
