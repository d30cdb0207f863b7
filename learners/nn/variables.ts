/** Trainable tensors by name, and how they are saved and put back. */
import * as tf from "@tensorflow/tfjs";
import type { RandomStream } from "../../sim/random.ts";

/** Trainable tensors by name, in the order of their creation. */
export type Variables = Readonly<Record<string, tf.Variable>>;

/** A tensor's numbers, off the backend. */
export interface HostTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** He et al. 2015: normal with deviation √(gain/fanIn), gain 2 for ReLU nets. */
export function heNormal(
  shape: readonly number[],
  fanIn: number,
  stream: RandomStream,
  gain = 2,
): tf.Tensor {
  return fill(shape, () => stream.normal(0, Math.sqrt(gain / fanIn)));
}

/** Glorot & Bengio 2010, eq. 16: uniform in ±√(6/(fanIn + fanOut)). */
export function glorotUniformTensor(
  shape: readonly number[],
  fanIn: number,
  fanOut: number,
  stream: RandomStream,
): tf.Tensor {
  const limit = Math.sqrt(6 / (fanIn + fanOut));
  return fill(shape, () => stream.uniform(-limit, limit));
}

/** Uniform in ±limit, such as PyTorch's ±1/√fanIn for linear layers. */
export function uniformTensor(
  shape: readonly number[],
  limit: number,
  stream: RandomStream,
): tf.Tensor {
  return fill(shape, () => stream.uniform(-limit, limit));
}

function fill(shape: readonly number[], draw: () => number): tf.Tensor {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return tf.tensor(Float32Array.from({ length: size }, draw), [...shape]);
}

/** Read tensors off the backend. */
export async function readTensors(
  tensors: Readonly<Record<string, tf.Tensor>>,
): Promise<Record<string, HostTensor>> {
  const entries = Object.entries(tensors).map(async ([name, tensor]) => {
    const data = Float32Array.from(await tensor.data());
    return [name, { shape: tensor.shape, data }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/**
 * Put saved numbers back into variables of the same names.
 * @throws {RangeError} when a name is missing or a shape differs
 */
export function writeVariables(
  variables: Variables,
  saved: Readonly<Record<string, { shape: readonly number[]; data: ArrayLike<number> }>>,
): void {
  for (const [name, variable] of Object.entries(variables)) {
    const found = Object.hasOwn(saved, name) ? saved[name] : undefined;
    if (!found || found.shape.join() !== variable.shape.join()) {
      const what = found ? `[${found.shape}]` : "absent";
      throw new RangeError(`tensor "${name}" is ${what}, expected [${variable.shape}]`);
    }
    tf.tidy(() => variable.assign(tf.tensor(Float32Array.from(found.data), variable.shape)));
  }
}

/** Free the memory of variables. */
export function disposeVariables(variables: Variables): void {
  for (const variable of Object.values(variables)) variable.dispose();
}
