/** Statistics of a handful of values, such as one for each seed. */

/** The arithmetic mean; NaN of nothing. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The sample's standard deviation, with n − 1 in the denominator; 0 of a single value. */
export function standardDeviation(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

/**
 * Student's confidence interval of the mean of normally distributed values: mean ± t·s/√n. With few
 * seeds it is wider, and truer, than a bootstrap, which never leaves the range of the values seen.
 *
 * @param confidence the chance that such an interval holds the mean, between 0 and 1
 * @returns its ends, or `undefined` for fewer than two values, which tell nothing about their spread
 */
export function meanInterval(
  values: readonly number[],
  confidence = 0.95,
): readonly [low: number, high: number] | undefined {
  if (values.length < 2) return undefined;
  const centre = mean(values);
  const error = standardDeviation(values) / Math.sqrt(values.length);
  const half = studentBound(confidence, values.length - 1) * error;
  return [centre - half, centre + half];
}

/**
 * The bound t that a variable of Student's distribution stays within, −t … t, with the chance
 * `confidence`.
 *
 * @param degrees of freedom, an integer of at least 1
 * @throws {RangeError} when there is no such bound
 */
export function studentBound(confidence: number, degrees: number): number {
  if (!(confidence > 0 && confidence < 1)) {
    throw new RangeError(`a confidence of ${confidence}; expected one between 0 and 1`);
  }
  if (!Number.isSafeInteger(degrees) || degrees < 1) {
    throw new RangeError(`${degrees} degrees of freedom; expected an integer of at least 1`);
  }
  // With t = √degrees · tan(angle) the bound lies between 0 and a right angle: halve that.
  let [low, high] = [0, Math.PI / 2];
  for (let halving = 0; halving < 60; halving++) {
    const middle = (low + high) / 2;
    if (chanceWithin(middle, degrees) < confidence) low = middle;
    else high = middle;
  }
  return Math.sqrt(degrees) * Math.tan(low);
}

/**
 * The chance of |t| ≤ √degrees · tan(angle): a finite sum for whole degrees of freedom (Abramowitz &
 * Stegun 1964, 26.7.3 and 26.7.4).
 */
function chanceWithin(angle: number, degrees: number): number {
  const odd = degrees % 2 === 1;
  const squaredCosine = Math.cos(angle) ** 2;
  let term = odd ? Math.cos(angle) : 1;
  let sum = degrees === 1 ? 0 : term;
  for (let k = odd ? 3 : 2; k < degrees; k += 2) {
    term *= squaredCosine * (k - 1) / k;
    sum += term;
  }
  const product = Math.sin(angle) * sum;
  return odd ? (2 / Math.PI) * (angle + product) : product;
}
