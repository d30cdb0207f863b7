/**
 * The numbers behind elementary functions in single precision: constants in parts, by whose multiples
 * arguments are reduced, and the coefficients of polynomials on what remains. `functions.ts` makes
 * WebAssembly of them, `sim/expression/wgsl_kernel.ts` WGSL.
 *
 * The leading parts of a constant are so short that their products with a whole number are exact (Cody &
 * Waite, Software Manual for the Elementary Functions, 1980). Coefficients are those of the minimax
 * polynomials of the relative error, by Remez' algorithm for this file; errors are those in exact
 * arithmetic.
 */

/** π in parts of 8, 11 and 24 bits, which leave 3.4e-15 of it out. */
export const piParts = [3.140625, 9.67502593994140625e-4, 1.509958e-7] as const;

/** π/2 in two parts of 24 bits. */
export const quarterTurnParts = [1.57079637050628662109375, -4.371139e-8] as const;

/** (sin r − r)/r³ in powers of r², for r within ±π/2; error 2.9e-8 of sin r. */
export const sinePowers = [
  -0.166666662823,
  0.00833325587875,
  -0.000198232489666,
  2.63430370941e-6,
] as const;

/** ln 2 in parts of 15 and 24 bits, which leave 5.5e-14 of it out. */
export const ln2Parts = [0.693145751953125, 1.4286068e-6] as const;

/** (eʳ − 1 − r)/r² in powers of r, for r within ±ln 2 / 2; error 3.1e-9 of eʳ. */
export const exponentialPowers = [
  0.499999934125,
  0.166665201078,
  0.0416683942109,
  0.00836878041118,
  0.00138144670593,
] as const;

/**
 * p and q of tanh x = x p(x²)/q(x²) in powers of x², for x within ±9.02; by Remez' algorithm for rational
 * functions, error 2.1e-8 of tanh x. No digits are lost near 0.
 */
export const tanhNumeratorPowers = [
  0.999999979012,
  0.133797154262,
  0.00349403158344,
  2.05834328251e-5,
  1.33190065401e-8,
] as const;
export const tanhDenominatorPowers = [
  1,
  0.467130306652,
  0.0258710618517,
  0.000328308799174,
  7.76199226834e-7,
] as const;
