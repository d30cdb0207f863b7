/** Many tests at once: the more there are, the likelier one of them shows a difference that is none. */

/**
 * The p-values of a family of tests adjusted by Holm's step-down procedure (Holm 1979): comparing each with
 * a level keeps the chance of any false difference in the family below that level, however the tests
 * depend on each other.
 *
 * @param pValues 0 … 1; NaN for a test that could not be made, which does not count, and stays NaN
 * @returns in the same order
 * @throws {RangeError} when one is not a probability
 */
export function holm(pValues: readonly number[]): number[] {
  const wrong = pValues.find((p) => p < 0 || p > 1);
  if (wrong !== undefined) throw new RangeError(`a p-value of ${wrong}; expected one from 0 to 1`);
  const order = [...pValues.keys()]
    .filter((test) => !Number.isNaN(pValues[test]))
    .sort((a, b) => pValues[a] - pValues[b]);
  const adjusted = [...pValues];
  let largest = 0;
  order.forEach((test, rank) => {
    largest = Math.max(largest, Math.min(1, (order.length - rank) * pValues[test]));
    adjusted[test] = largest;
  });
  return adjusted;
}
