/**
 * A hypernetwork h and the primary network f whose weights it predicts, on the inverse dynamics of an arm: what both
 * are made of, and the loss, the mean square error of f(x; θ(γ)) over γ and motions.
 */
import * as tf from "@tensorflow/tfjs";
import type { RandomStream } from "../../sim/random.ts";
import { type FunctionalNetwork, functionalPerceptron } from "../nn/functional.ts";
import { type Hypernetwork, hypernetwork, knobs } from "../nn/hypernetwork.ts";
import { parametrisations, type Variant } from "./mip_variants.ts";
import { type Bench, type Coding, drawMotions, type Motions, plantAt } from "./payload_task.ts";

/** The primary network f: [..., batch, 4 joints] ↦ [..., batch, joints]. */
export function primaryNetwork(bench: Bench, units: number): FunctionalNetwork {
  const joints = bench.arm.joints.length;
  return functionalPerceptron({
    inputs: 4 * joints,
    hidden: [units, units],
    outputs: joints,
    activation: "leaky-relu",
  });
}

/** What is trained, and what it is trained on. */
export interface Learner {
  readonly bench: Bench;
  readonly coding: Coding;
  /** d */
  readonly knobCount: number;
  readonly primary: FunctionalNetwork;
  readonly hyper: Hypernetwork;
}

/**
 * A learner with its initial weights.
 * @param units of both hidden layers of the primary network
 * @param stream gives the random stream for a parameter's name
 */
export function learnerOf(
  { parametrisation, coding = "heavy-first", knobs: knobCount = 1, ...choices }: Variant,
  bench: Bench,
  units: number,
  stream: (name: string) => RandomStream,
): Learner {
  const primary = primaryNetwork(bench, units);
  const hyper = hypernetwork({
    ...parametrisations[parametrisation],
    inputs: knobCount,
    hidden: choices.hidden ?? [16, 128],
    activation: choices.activation ?? "leaky-relu",
    normalisation: choices.normalisation ?? "none",
    shapes: primary.shapes,
  }, stream);
  return { bench, coding, knobCount, primary, hyper };
}

/** Motions on the backend, with the γ of their plants. */
export interface Batch {
  /** [sets, d] */
  readonly γ: tf.Tensor2D;
  /** [sets, count, 4 joints] */
  readonly inputs: tf.Tensor3D;
  /** [sets, count, joints] */
  readonly targets: tf.Tensor3D;
}

/** `count` random motions of the plant at each γ [sets][d]. */
export function batchOf(
  { bench, coding }: Learner,
  γ: readonly (readonly number[])[],
  count: number,
  stream: RandomStream,
): Batch {
  const plants = γ.map((row) => plantAt(bench, coding, row));
  const { inputs, targets }: Motions = drawMotions(bench, plants, count, stream);
  const joints = bench.arm.joints.length;
  return {
    γ: knobs(γ),
    inputs: tf.tensor3d(inputs, [γ.length, count, 4 * joints]),
    targets: tf.tensor3d(targets, [γ.length, count, joints]),
  };
}

/** Mean square errors of each γ [sets], f having the weights θ(γ). */
function errors(
  { hyper, primary }: Learner,
  { γ, inputs, targets }: Batch,
  training: boolean,
): tf.Tensor1D {
  return tf.tidy(() => {
    const outputs = primary.apply(hyper.weights(γ, training), inputs); // [sets, count, joints]
    return tf.mean<tf.Tensor1D>(tf.squaredDifference(outputs, targets), [1, 2]);
  });
}

/** Their mean: the loss. */
export const loss = (learner: Learner, batch: Batch, training: boolean) =>
  tf.mean<tf.Scalar>(errors(learner, batch, training));

/** Free a batch's memory. */
export function disposeBatch({ γ, inputs, targets }: Batch): void {
  tf.dispose([γ, inputs, targets]);
}
