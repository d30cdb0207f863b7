/** The part of jStat (https://jstat.github.io) that is used here; the package has no types of its own. */

interface JStat {
  /** Student's distribution. */
  readonly studentt: {
    /** The value that a variable stays below with the chance `p`. */
    inv(p: number, degrees: number): number;
  };
  /** The normal distribution. */
  readonly normal: {
    /** The chance of a value below `x`. */
    cdf(x: number, mean: number, deviation: number): number;
  };
  /** The regularised incomplete beta function I_x(a, b). */
  ibeta(x: number, a: number, b: number): number;
  /** The logarithm of the gamma function. */
  gammaln(x: number): number;
}

declare const jStat: JStat;
export default jStat;
