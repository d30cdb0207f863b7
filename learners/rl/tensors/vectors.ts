/**
 * Vectors of parameters that stay on the tensor engine: optimised, followed by targets, saved and put back
 * under the names that the compiled forms save theirs under. One vector for a whole network takes a
 * fraction of the operations that a variable for each tensor takes.
 */
import * as tf from "@tensorflow/tfjs";
import { type AdamStepSettings, adamStepSize } from "../../nn/adam.ts";
import { type AdamAttributes, adamUpdateName } from "../../nn/kernels/optimiser_updates.ts";
import { valuesAndGradients } from "../../nn/tensor_gradients.ts";
import { readTensors } from "../../nn/variables.ts";
import type { SavedTensor } from "../../method.ts";
import { requireTensor, savedVectors, type TrainingState } from "../training_state.ts";
import type { NamedTensors } from "./networks.ts";

/** A vector that changes in place. */
export type VectorVariable = tf.Variable<tf.Rank.R1>;

/** A vector of zeros; `dispose` gives it back. */
export function vectorVariable(size: number): VectorVariable {
  return tf.tidy(() => tf.variable(tf.zeros([size]), false)) as VectorVariable;
}

/**
 * Set a vector to numbers off the engine. They are moved by a sum with what is on the GPU already: WebGPU's
 * backend computes with small tensors that never were there on the processor, which rounds otherwise, and
 * a training that goes on would not have the bits of one that was not interrupted.
 */
export function assignNumbers(variable: VectorVariable, numbers: ArrayLike<number>): void {
  tf.tidy(() => {
    const uploaded = tf.tensor1d(Float32Array.from(numbers));
    variable.assign(tf.add(uploaded, tf.fill(uploaded.shape, 0)));
  });
}

/** Vectors by name, as a training's state has them. */
export async function savedVariables(
  variables: Readonly<Record<string, VectorVariable>>,
): Promise<Record<string, SavedTensor>> {
  const read = Object.entries(await readTensors(variables));
  return savedVectors(
    Object.fromEntries(read.map(([name, { data }]) => [name, Float64Array.from(data)])),
  );
}

/** Set each vector to the tensor of its name. @throws {RangeError} when there is none of its size */
export function restoreVariables(
  { tensors }: Pick<TrainingState, "tensors">,
  variables: Readonly<Record<string, VectorVariable>>,
): void {
  for (const [name, variable] of Object.entries(variables)) {
    assignNumbers(variable, requireTensor(tensors, name, Float64Array, variable.size));
  }
}

/** θ′ ← (1 − τ) θ′ + τ θ */
export function followVector(target: VectorVariable, source: tf.Tensor1D, share: number): void {
  tf.tidy(() => target.assign(tf.add(tf.mul(1 - share, target), tf.mul(share, source))));
}

/** A loss and numbers beside it, and where the loss rises. */
export interface Slope {
  /** Loss, then the further values, of one number each. */
  readonly values: tf.Tensor1D;
  /** At all parameters, one behind the other. */
  readonly gradient: tf.Tensor1D;
}

/**
 * Differentiate a loss.
 * @param networks parameters that it is differentiated with respect to
 * @param forward computes the loss, then values that are wanted beside it: scalars
 */
export function slopeOf(
  networks: readonly NamedTensors[],
  forward: () => readonly [loss: tf.Tensor, ...values: tf.Tensor[]],
): Slope {
  let count = 0;
  const flat = valuesAndGradients(
    () => {
      const values = forward();
      count = values.length;
      return { losses: [values[0]], values };
    },
    networks.flatMap((parameters) => Object.values(parameters)),
  );
  return { values: tf.slice(flat, 0, count), gradient: tf.slice(flat, count) };
}

/** A vector of parameters with Adam's moments, the twin of `VectorAdam`. */
export class TensorAdam {
  /** What is optimised; zeros at first. */
  readonly parameters: VectorVariable;
  readonly first: VectorVariable;
  readonly second: VectorVariable;
  /** Steps so far. */
  updates = 0;
  readonly #lowest: tf.Tensor1D | undefined;

  /** @param lowest the least value that each parameter may have; everything is allowed unless given */
  constructor(size: number, lowest?: Float64Array) {
    [this.parameters, this.first, this.second] = [0, 0, 0].map(() => vectorVariable(size));
    this.#lowest = lowest && tf.tensor1d(Float32Array.from(lowest));
  }

  /** One step by the gradient as it is, and back to where parameters may be. */
  step(gradient: tf.Tensor1D, settings: AdamStepSettings): void {
    this.updates++;
    const { parameters, first, second } = this;
    const lowest = this.#lowest;
    tf.tidy(() => {
      const state = { variable: parameters, gradient, first, second };
      const [moved, mean, square] = adamMoved(state, settings, this.updates);
      first.assign(mean);
      second.assign(square);
      parameters.assign(lowest ? tf.maximum(moved, lowest) : moved);
    });
  }

  dispose(): void {
    tf.dispose([this.parameters, this.first, this.second]);
    this.#lowest?.dispose();
  }
}

type AdamTensors = Record<"variable" | "gradient" | "first" | "second", tf.Tensor1D>;

/** Parameters and both moments after a step; one operation where the backend has it. */
function adamMoved(
  state: AdamTensors,
  settings: AdamStepSettings,
  updates: number,
): tf.Tensor1D[] {
  const { learningRate, beta1, beta2, epsilon } = settings;
  if (tf.getKernel(adamUpdateName, tf.getBackend())) {
    const [correction1, correction2] = [1 - beta1 ** updates, 1 - beta2 ** updates];
    const attributes: AdamAttributes = {
      learningRate,
      beta1,
      beta2,
      // The operation adds it to the corrected root, compiled learners to the root as it is.
      epsilon: epsilon / Math.sqrt(correction2),
      correction1,
      correction2,
      decay: 0,
    };
    return tf.engine().runKernel<tf.Tensor[]>(adamUpdateName, state, attributes) as tf.Tensor1D[];
  }
  const { variable, gradient } = state;
  const towards = (old: tf.Tensor1D, value: tf.Tensor1D, share: number): tf.Tensor1D =>
    tf.add(old, tf.mul(share, tf.sub(value, old)));
  const first = towards(state.first, gradient, 1 - beta1);
  const second = towards(state.second, tf.square(gradient), 1 - beta2);
  const size = adamStepSize(settings, updates);
  const step = tf.div<tf.Tensor1D>(tf.mul(size, first), tf.add(tf.sqrt(second), epsilon));
  return [tf.sub(variable, step), first, second];
}
