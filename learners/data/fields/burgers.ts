/**
 * The viscous Burgers equation u_t + u u_x = ν u_xx, periodic on [0, 1): a pseudo-spectral solver with the
 * 2/3 rule against aliasing, and Heun's method with an integrating factor that treats viscosity exactly.
 *
 * Two fields are advanced at once as u₁ + i u₂: the equation's linear parts are the same for both, and the
 * squares are formed point by point, so that the two never mix.
 */
import { requirePositive } from "../options.ts";
import { fourierTransform } from "./fourier.ts";

/** How the equation is solved. */
export interface BurgersOptions {
  /** Grid points x = i/points, a power of two. */
  readonly points: number;
  /** ν, above 0. */
  readonly viscosity: number;
  /** Time to advance by, 0 or more. */
  readonly duration: number;
  /** Longest time step; the duration is divided into equal steps no longer than this. */
  readonly timeStep: number;
}

/**
 * A solver that advances two fields in place, each [points].
 * @throws {RangeError} when an option has no meaning
 */
export function burgersSolver(
  options: BurgersOptions,
): (one: Float64Array, other: Float64Array) => void {
  requireMeaning(options);
  const { points, viscosity, duration, timeStep } = options;
  const { forward, inverse } = fourierTransform(points);
  const steps = Math.ceil(duration / timeStep - 1e-9);
  const h = steps === 0 ? 0 : duration / steps;
  const waveNumbers = Float64Array.from(
    { length: points },
    (_, k) => 2 * Math.PI * (k <= points / 2 ? k : k - points),
  );
  const decay = waveNumbers.map((κ) => Math.exp(-viscosity * κ * κ * h));
  // −½ iκ of the modes that the 2/3 rule keeps, without the i.
  const flux = waveNumbers.map((κ, k) => 3 * Math.min(k, points - k) < points ? -κ / 2 : 0);
  const arrays = () => [new Float64Array(points), new Float64Array(points)] as const;
  const [stage, slope, nextSlope] = [arrays(), arrays(), arrays()];

  /** into = the transform of −½ (u²)_x, u given by its transform */
  const advection = (spectrum: Complex, into: Complex) => {
    const [re, im] = into;
    re.set(spectrum[0]);
    im.set(spectrum[1]);
    inverse(re, im);
    for (let i = 0; i < points; i++) {
      re[i] *= re[i];
      im[i] *= im[i];
    }
    forward(re, im);
    for (let k = 0; k < points; k++) {
      const real = re[k];
      re[k] = -flux[k] * im[k];
      im[k] = flux[k] * real;
    }
  };

  return (one, other) => {
    const spectrum: Complex = [one, other];
    forward(one, other);
    for (let step = 0; step < steps; step++) {
      advection(spectrum, slope);
      combine(stage, (part, k) => decay[k] * (spectrum[part][k] + h * slope[part][k]));
      advection(stage, nextSlope);
      combine(
        spectrum,
        (part, k) =>
          decay[k] * (spectrum[part][k] + h / 2 * slope[part][k]) + h / 2 * nextSlope[part][k],
      );
    }
    inverse(one, other);
  };
}

/** Real and imaginary parts. */
type Complex = readonly [real: Float64Array, imaginary: Float64Array];

function combine(into: Complex, value: (part: 0 | 1, k: number) => number): void {
  const [real, imaginary] = into;
  for (let k = 0; k < real.length; k++) {
    real[k] = value(0, k);
    imaginary[k] = value(1, k);
  }
}

function requireMeaning({ viscosity, duration, timeStep }: BurgersOptions): void {
  requirePositive({ viscosity, timeStep });
  if (!(duration >= 0 && duration < Infinity)) {
    throw new RangeError(`duration ${duration} is not a time of at least 0`);
  }
}
