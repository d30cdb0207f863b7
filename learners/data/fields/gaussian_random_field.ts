/**
 * Gaussian random fields on the unit square by their Karhunen-Loève expansion:
 *
 *     g(x, y) = Σ_k,l  amplitude(k, l) ξ_kl φ_k(x) φ_l(y),   ξ standard normal,
 *     amplitude(k, l) ∝ (π²(k² + l²) + τ²)^(−α/2),           φ_0 = 1, φ_k(x) = √2 cos πkx,
 *
 * which is N(0, (−Δ + τ²)^−α) with zero Neumann conditions. The constant mode (0, 0) is left out, as in the
 * generator of the Darcy data of Li et al. 2021 ("Fourier Neural Operator for Parametric Partial
 * Differential Equations"): fields have mean 0 over the square. Amplitudes are scaled so that the variance,
 * averaged over the square, is 1.
 */
import type { RandomStream } from "../../../sim/random.ts";
import { addProduct } from "../../nn/matrix_kernels.ts";
import { requirePositive } from "../options.ts";

/** Which fields are drawn. */
export interface FieldLaw {
  /** α: how fast amplitudes fall with the wave number; larger is smoother. Above 1 in two dimensions. */
  readonly smoothness: number;
  /** τ, an inverse length: waves much longer than 2π/τ sides of the square are not amplified further. */
  readonly inverseLength: number;
  /** Waves along each axis, the constant among them; 2 or more. */
  readonly modes: number;
}

/**
 * The amplitudes of a law.
 * @returns [modes, modes], of which the squares sum to 1
 * @throws {RangeError} when the law has no meaning
 */
export function fieldAmplitudes({ smoothness, inverseLength, modes }: FieldLaw): Float64Array {
  if (!Number.isSafeInteger(modes) || modes < 2) {
    throw new RangeError(`modes ${modes} is not an integer of at least 2`);
  }
  requirePositive({ smoothness });
  if (!(inverseLength >= 0 && inverseLength < Infinity)) {
    throw new RangeError(`inverseLength ${inverseLength} is not a number of at least 0`);
  }
  const amplitudes = Float64Array.from({ length: modes * modes }, (_, i) => {
    const [k, l] = [Math.floor(i / modes), i % modes];
    if (i === 0) return 0;
    return (Math.PI ** 2 * (k * k + l * l) + inverseLength ** 2) ** (-smoothness / 2);
  });
  const norm = Math.sqrt(amplitudes.reduce((sum, amplitude) => sum + amplitude ** 2, 0));
  return amplitudes.map((amplitude) => amplitude / norm);
}

/**
 * φ_k at the given places.
 * @param places [points], 0 … 1
 * @returns [modes, points]
 */
export function cosineBasis(modes: number, places: Float64Array): Float64Array {
  const points = places.length;
  return Float64Array.from({ length: modes * points }, (_, i) => {
    const k = Math.floor(i / points);
    return k === 0 ? 1 : Math.SQRT2 * Math.cos(Math.PI * k * places[i % points]);
  });
}

/**
 * A sampler of fields on the product grid `places` × `places`. What it draws depends on the law and the
 * stream alone: the same stream gives the same function on every grid.
 *
 * @param places [points], coordinates along either axis, 0 … 1
 * @returns a function that draws one field, [points, points]
 */
export function gaussianRandomFields(
  law: FieldLaw,
  places: Float64Array,
): (stream: RandomStream) => Float64Array {
  const amplitudes = fieldAmplitudes(law);
  const { modes } = law;
  const points = places.length;
  const basis = cosineBasis(modes, places);
  return (stream) => {
    const coefficients = amplitudes.map((amplitude) => amplitude * stream.normal());
    const rows = new Float64Array(modes * points); // [mode along y, points along x]
    addProduct(rows, coefficients, basis, modes, modes, points, modes, 1);
    const field = new Float64Array(points * points);
    addProduct(field, basis, rows, points, modes, points, 1, points); // basisᵀ · rows
    return field;
  };
}
