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

/**
 * A matrix [inputs, outputs] whose shorter side is orthonormal, times `gain`, uniform among all of them
 * (Saxe, McClelland & Ganguli 2014, arXiv 1312.6120): Gram-Schmidt on normal vectors, twice, so that what
 * cancels in the first pass does not spoil the angles.
 */
export function orthogonal(
  values: Float64Array,
  inputs: number,
  outputs: number,
  gain: number,
  stream: RandomStream,
): void {
  const [count, length] = inputs < outputs ? [inputs, outputs] : [outputs, inputs];
  const vectors = Array.from(
    { length: count },
    () => Float64Array.from({ length }, () => stream.normal()),
  );
  vectors.forEach((vector, index) => {
    for (let pass = 0; pass < 2; pass++) {
      for (const other of vectors.slice(0, index)) {
        const shadow = vector.reduce((sum, value, i) => sum + value * other[i], 0);
        for (let i = 0; i < length; i++) vector[i] -= shadow * other[i];
      }
      const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
      for (let i = 0; i < length; i++) vector[i] /= norm;
    }
  });
  for (let i = 0; i < inputs; i++) {
    for (let j = 0; j < outputs; j++) {
      values[i * outputs + j] = gain * (inputs < outputs ? vectors[i][j] : vectors[j][i]);
    }
  }
}

/**
 * A parameter vector with every matrix [inputs, outputs] drawn by `orthogonal`, each from its own stream,
 * and everything else 0.
 * @param gainOf the gain of the matrix called so
 */
export function orthogonalParameters(
  layout: ParameterLayout,
  seed: number,
  gainOf: (name: string) => number,
): Float64Array {
  const values = new Float64Array(layout.size);
  for (const tensor of layout.tensors) {
    if (tensor.shape.length !== 2) continue;
    const [inputs, outputs] = tensor.shape;
    const stream = randomStream(seed, `weights/${tensor.name}`);
    orthogonal(viewOf(values, tensor), inputs, outputs, gainOf(tensor.name), stream);
  }
  return values;
}
