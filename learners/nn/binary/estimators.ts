/**
 * The estimator bank: stand-ins for the sign function in the backward pass of a binary network.
 *
 * A binary network computes with signs, whose derivative is zero wherever it exists. Training
 * therefore pulls gradients back through a smoother function f. The closer f is to the sign the
 * smaller the error of the estimate, and the more its derivative varies (Wu et al. 2023).
 *
 * All estimators share one interface and work on tensors of any shape, for weights and activations
 * alike. `progress` is the share of the training that is done, 0 … 1: estimators that sharpen during
 * training read it, the others ignore it.
 */
import * as tf from "@tensorflow/tfjs";

/** A binary function and what stands in for it in the backward pass. */
export interface Estimator {
  /** What the network computes: −1 or +1 for each element of `z`. Never depends on the progress. */
  binary(z: tf.Tensor): tf.Tensor;
  /** The stand-in f(z) itself, by which the error of the estimate is measured. */
  forward(z: tf.Tensor, progress: number): tf.Tensor;
  /** The factor by which the backward pass multiplies the gradient that arrives at `z`. */
  derivative(z: tf.Tensor, progress: number): tf.Tensor;
}

/** Sign, with sign(0) = +1. */
export function sign(z: tf.Tensor): tf.Tensor {
  // step(z) is 1 above zero and its second argument elsewhere: turned around, zero falls to +1.
  return tf.neg(tf.step(tf.neg(z), -1));
}

/** `estimator.binary` forwards, `estimator.derivative` backwards. */
export function binarise(estimator: Estimator, z: tf.Tensor, progress: number): tf.Tensor {
  return derivedBy(estimator, z, progress, (latent) => estimator.binary(latent));
}

/** `estimator.forward` forwards, `estimator.derivative` backwards: real values, the same gradients. */
export function relax(estimator: Estimator, z: tf.Tensor, progress: number): tf.Tensor {
  return derivedBy(estimator, z, progress, (latent) => estimator.forward(latent, progress));
}

function derivedBy(
  estimator: Estimator,
  z: tf.Tensor,
  progress: number,
  compute: (z: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  const pass = tf.customGrad((input, save) => {
    const latent = input as tf.Tensor;
    (save as tf.GradSaveFunc)([latent]);
    return {
      value: compute(latent),
      gradFunc: (upstream: tf.Tensor, saved: tf.Tensor[]) =>
        tf.mul(upstream, estimator.derivative(saved[0], progress)),
    };
  });
  return pass(z);
}

/**
 * The straight-through estimator (Bengio et al. 2013; Hubara et al. 2016): f(z) = z clipped to
 * ±window, f'(z) = 1 for |z| ≤ window and 0 beyond.
 */
export function straightThrough(window = 1): Estimator {
  return {
    binary: sign,
    forward: (z) => tf.clipByValue(z, -window, window),
    derivative: (z) => within(tf.abs(z), window),
  };
}

/**
 * The piecewise quadratic of Bi-Real Net (Liu et al. 2018): f(z) = 2z − z|z| for |z| < 1 and sign(z)
 * beyond, f'(z) = max(0, 2 − 2|z|).
 */
export const piecewiseQuadratic: Estimator = {
  binary: sign,
  forward: (z) => {
    const clipped = tf.clipByValue(z, -1, 1);
    return tf.mul(clipped, tf.sub(2, tf.abs(clipped)));
  },
  derivative: (z) => tf.relu(tf.sub(2, tf.mul(2, tf.abs(z)))),
};

/**
 * The error decay estimator of IR-Net (Qin et al. 2020): f(z) = k tanh(tz), f'(z) = kt(1 − tanh²(tz)),
 * with t = 0.1 · 100^progress and k = max(1/t, 1).
 */
export const errorDecay: Estimator = {
  binary: sign,
  forward(z, progress) {
    const { slope, height } = sharpened(0.1 * 100 ** progress);
    return tf.mul(height, tf.tanh(tf.mul(slope, z)));
  },
  derivative(z, progress) {
    const { slope, height } = sharpened(0.1 * 100 ** progress);
    return tf.mul(height * slope, tf.sub(1, tf.square(tf.tanh(tf.mul(slope, z)))));
  },
};

/**
 * The training-aware polynomial of RBNN (Lin et al. 2020): f'(z) = max(0, k(√2 t − t²|z|)), with
 * t = 10^(−2 + 3 progress) and k = max(1/t, 1). Its integral is f(z) = k sign(z)(√2 tu − t²u²/2) for
 * u = min(|z|, √2/t), which levels off at ±k.
 */
export const rotatedPolynomial: Estimator = {
  binary: sign,
  forward(z, progress) {
    const { slope, height } = sharpened(10 ** (-2 + 3 * progress));
    const scaled = tf.clipByValue(tf.mul(slope, z), -Math.SQRT2, Math.SQRT2);
    return tf.mul(tf.mul(height, scaled), tf.sub(Math.SQRT2, tf.mul(0.5, tf.abs(scaled))));
  },
  derivative(z, progress) {
    const { slope, height } = sharpened(10 ** (-2 + 3 * progress));
    const fall = tf.sub(Math.SQRT2 * slope, tf.mul(slope ** 2, tf.abs(z)));
    return tf.mul(height, tf.relu(fall));
  },
};

/** The height k = max(1/t, 1) keeps the gradient of a flat estimator at about 1. */
function sharpened(slope: number): { readonly slope: number; readonly height: number } {
  return { slope, height: Math.max(1 / slope, 1) };
}

/** How the power family's derivative is tamed near zero and far from it. */
export interface PowerLimits {
  /** |z| beyond which no gradient passes (t); Infinity lets all of it pass. */
  readonly threshold: number;
  /**
   * |z| up to which the slope is that of the chord, f(core)/core (m). `undefined` keeps the singular
   * derivative, with |z| held above 1e-6.
   */
  readonly core: number | undefined;
}

/** The limits of ReSTE. */
export const resteLimits = { threshold: 1.5, core: 0.1 } as const satisfies PowerLimits;

/**
 * The power family of ReSTE (Wu et al. 2023): f(z) = sign(z)|z|^(1/o), the identity at o = 1 and the
 * sign as o → ∞.
 *
 * @param exponent o at a progress, at least 1
 */
export function powerFamily(
  exponent: (progress: number) => number,
  limits: PowerLimits = resteLimits,
): Estimator {
  return {
    binary: sign,
    forward: (z, progress) => powerForward(z, exponent(progress)),
    derivative: (z, progress) => powerDerivative(z, exponent(progress), limits),
  };
}

/** sign(z)|z|^(1/o). */
export function powerForward(z: tf.Tensor, o: number): tf.Tensor {
  return tf.mul(sign(z), tf.pow(tf.abs(z), 1 / o));
}

/**
 * The derivative that ReSTE uses: 0 for |z| > t, (1/o)|z|^((1 − o)/o) for m < |z| ≤ t, and the chord's
 * slope m^(1/o − 1) for |z| ≤ m.
 */
export function powerDerivative(z: tf.Tensor, o: number, limits: PowerLimits): tf.Tensor {
  const { threshold, core } = limits;
  const size = tf.abs(z);
  const outside = tf.maximum(size, core ?? 1e-6);
  const slope = tf.mul(1 / o, tf.pow(outside, 1 / o - 1));
  // At |z| = m the chord is o times as steep as the tangent.
  const steepened = core === undefined
    ? slope
    : tf.mul(slope, tf.add(1, tf.mul(o - 1, within(size, core))));
  return tf.mul(steepened, within(size, threshold));
}

/**
 * The square wave of BiPer (Vargas et al. 2024): computes sign(sin(ωz)) and pulls gradients back
 * through f(z) = sin(ωz), f'(z) = ω cos(ωz). There is no window: every z is near a crossing.
 *
 * @param omega ω, radians per unit of z
 */
export function sine(omega: number): Estimator {
  return {
    binary: (z) => sign(tf.sin(tf.mul(omega, z))),
    forward: (z) => tf.sin(tf.mul(omega, z)),
    derivative: (z) => tf.mul(omega, tf.cos(tf.mul(omega, z))),
  };
}

/** 1 where `size` ≤ `limit`, 0 elsewhere. */
function within(size: tf.Tensor, limit: number): tf.Tensor {
  return tf.cast(tf.lessEqual(size, limit), "float32");
}
