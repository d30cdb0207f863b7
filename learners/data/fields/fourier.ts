/** The discrete Fourier transform of complex vectors whose length is a power of two. */

/** Transforms in place; real and imaginary parts apart. */
export interface FourierTransform {
  /** x_k ← Σ_j x_j exp(−2πi jk/n) */
  forward(real: Float64Array, imaginary: Float64Array): void;
  /** x_j ← (1/n) Σ_k x_k exp(2πi jk/n) */
  inverse(real: Float64Array, imaginary: Float64Array): void;
}

/**
 * The transform of length n (Cooley & Tukey 1965, radix 2).
 * @throws {RangeError} when the length is not a power of two
 */
export function fourierTransform(length: number): FourierTransform {
  if (
    !Number.isSafeInteger(length) || length < 1 || 2 ** Math.round(Math.log2(length)) !== length
  ) {
    throw new RangeError(`a Fourier transform of length ${length}; expected a power of two`);
  }
  const reversed = bitReversal(length);
  const angles = Float64Array.from({ length: length / 2 }, (_, k) => 2 * Math.PI * k / length);
  const [cosines, sines] = [angles.map(Math.cos), angles.map(Math.sin)];

  const forward = (real: Float64Array, imaginary: Float64Array) => {
    permute(real, reversed);
    permute(imaginary, reversed);
    for (let half = 1; half < length; half *= 2) {
      const stride = length / (2 * half);
      for (let k = 0; k < half; k++) {
        const [cosine, sine] = [cosines[k * stride], sines[k * stride]];
        for (let top = k; top < length; top += 2 * half) {
          const bottom = top + half;
          const re = cosine * real[bottom] + sine * imaginary[bottom];
          const im = cosine * imaginary[bottom] - sine * real[bottom];
          real[bottom] = real[top] - re;
          imaginary[bottom] = imaginary[top] - im;
          real[top] += re;
          imaginary[top] += im;
        }
      }
    }
  };
  return {
    forward,
    inverse(real, imaginary) {
      forward(imaginary, real); // exchanging the parts conjugates the transform
      for (let i = 0; i < length; i++) {
        real[i] /= length;
        imaginary[i] /= length;
      }
    },
  };
}

function bitReversal(length: number): Int32Array {
  const reversed = new Int32Array(length);
  for (let i = 1; i < length; i++) {
    reversed[i] = (reversed[i >> 1] >> 1) | (i % 2 === 1 ? length >> 1 : 0);
  }
  return reversed;
}

function permute(values: Float64Array, order: Int32Array): void {
  for (let i = 0; i < order.length; i++) {
    const j = order[i];
    if (j > i) {
      const value = values[i];
      values[i] = values[j];
      values[j] = value;
    }
  }
}
