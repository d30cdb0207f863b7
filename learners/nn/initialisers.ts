/** Initial weights. */
import { type RandomStream, randomStream } from "../../sim/random.ts";
import { type ParameterLayout, viewOf } from "./parameters.ts";

/** Glorot & Bengio 2010, eq. 16: uniform in ±√(6/(inputs + outputs)). */
export function glorotUniform(
  values: Float64Array,
  inputs: number,
  outputs: number,
  stream: RandomStream,
): void {
  const limit = Math.sqrt(6 / (inputs + outputs));
  for (let i = 0; i < values.length; i++) values[i] = stream.uniform(-limit, limit);
}

/**
 * A parameter vector with every matrix [inputs, outputs] drawn by `glorotUniform`, each from its own
 * stream, and everything else 0.
 */
export function initialParameters(layout: ParameterLayout, seed: number): Float64Array {
  const values = new Float64Array(layout.size);
  for (const tensor of layout.tensors) {
    if (tensor.shape.length !== 2) continue;
    const [inputs, outputs] = tensor.shape;
    const stream = randomStream(seed, `weights/${tensor.name}`);
    glorotUniform(viewOf(values, tensor), inputs, outputs, stream);
  }
  return values;
}
