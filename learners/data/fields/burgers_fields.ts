/** Pairs of Burgers' equation: a smooth random wave, and what it has become a little later. */
import { type RandomStream, randomStream } from "../../../sim/random.ts";
import { type DrawOptions, requireCounts } from "../options.ts";
import { burgersSolver } from "./burgers.ts";
import { type FieldSet } from "./field_set.ts";
import { uniformWeights } from "./quadrature.ts";

/** Which Burgers pairs are wanted. */
export interface BurgersFieldOptions extends DrawOptions {
  /** Grid points of the solver and of the pairs, a power of two from 32; 256 unless given. */
  readonly points?: number;
  /** ν; 0.01 unless given. */
  readonly viscosity?: number;
  /** T; 0.1 unless given. */
  readonly duration?: number;
}

/** The initial functions of Burgers' equation: 0.6 Σ (a_k cos 2πkx + b_k sin 2πkx)/k, k = 1 … 6. */
const initialAmplitude = 0.6;
const initialWaves = 6;
const burgersTimeStep = 5e-4;
/** Enough for the initial waves and some of their steepening. */
const fewestBurgersPoints = 32;

/**
 * The Burgers pairs that `options` describe.
 * @throws {RangeError} when an option has no meaning
 */
export function burgersFields(options: BurgersFieldOptions): FieldSet {
  const { count, seed, split = "train" } = options;
  const { points = 256, viscosity = 0.01, duration = 0.1 } = options;
  requireCounts({ count });
  if (points < fewestBurgersPoints) {
    throw new RangeError(`points ${points}; expected a power of two from ${fewestBurgersPoints}`);
  }
  const solve = burgersSolver({ points, viscosity, duration, timeStep: burgersTimeStep });
  const x = Float64Array.from({ length: points }, (_, i) => i / points);
  const inputs = new Float32Array(count * points);
  const targets = new Float32Array(count * points);
  for (let i = 0; i < count; i += 2) { // the solver takes them two by two
    const pair = [i, i + 1].map((k) =>
      initialWave(x, randomStream(seed, `fields/burgers/${split}/${k}`))
    );
    pair.forEach((u, k) => i + k < count && inputs.set(u, (i + k) * points));
    solve(pair[0], pair[1]);
    pair.forEach((u, k) => i + k < count && targets.set(u, (i + k) * points));
  }
  return {
    name: `fields, Burgers' equation, ${split}`,
    count,
    grid: { shape: [points], axes: [x], weights: uniformWeights(points), boundary: "periodic" },
    inputName: "u(0)",
    inputs,
    targetName: `u(${duration})`,
    targets,
  };
}

function initialWave(x: Float64Array, stream: RandomStream): Float64Array {
  const waves = Array.from({ length: initialWaves }, (_, i) => ({
    wave: 2 * Math.PI * (i + 1),
    cosine: stream.normal() / (i + 1),
    sine: stream.normal() / (i + 1),
  }));
  return x.map((place) =>
    initialAmplitude *
    waves.reduce(
      (sum, { wave, cosine, sine }) =>
        sum + cosine * Math.cos(wave * place) + sine * Math.sin(wave * place),
      0,
    )
  );
}
