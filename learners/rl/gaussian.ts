/** Normal distributions with independent components, of actions; plain and squashed by tanh. */

const logRootTwoPi = Math.log(Math.sqrt(2 * Math.PI));

/** log N(x; mean, e^logDeviation) of one component. */
export function logDensity(x: number, mean: number, logDeviation: number): number {
  const z = (x - mean) * Math.exp(-logDeviation);
  return -0.5 * z * z - logDeviation - logRootTwoPi;
}

/** The entropy of one component, which does not depend on its mean. */
export function entropy(logDeviation: number): number {
  return 0.5 + logRootTwoPi + logDeviation;
}

/** log(1 + eˣ) without overflow. */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** log(1 − tanh² u), finite for every u (Haarnoja et al. 2018, arXiv 1812.05905, appendix C). */
export function logSquashing(u: number): number {
  return 2 * (Math.LN2 - u - softplus(-2 * u));
}
