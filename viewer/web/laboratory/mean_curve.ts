/** The mean of several curves that need not have been measured at the same places. */

/** Numbers over growing places. */
export interface Points {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/**
 * The mean of `curves` where all of them are, at the places of the one with the most points; between its
 * own places a curve is taken as straight. Curves without points have not begun and do not count.
 */
export function meanCurve(curves: readonly Points[]): Points {
  const begun = curves.filter(({ x }) => x.length > 0);
  if (begun.length <= 1) return begun[0] ?? { x: [], y: [] };
  const from = Math.max(...begun.map(({ x }) => x[0]));
  const to = Math.min(...begun.map(({ x }) => x[x.length - 1]));
  const densest = begun.reduce((best, curve) => curve.x.length > best.x.length ? curve : best);
  const places = densest.x.filter((place) => place >= from && place <= to);
  // The end that all have reached is no place of the densest, unless it is the one that is behind.
  if (from <= to && places.at(-1) !== to) places.push(to);
  const sums = new Float64Array(places.length);
  for (const curve of begun) valuesAt(curve, places).forEach((value, i) => sums[i] += value);
  return { x: places, y: Array.from(sums, (sum) => sum / begun.length) };
}

/**
 * Between which values `curves` are at `places`, at which all are that have begun: those of their mean.
 */
export function rangeOfCurves(
  curves: readonly Points[],
  places: readonly number[],
): { readonly low: readonly number[]; readonly high: readonly number[] } {
  const begun = curves.filter(({ x }) => x.length > 0).map((curve) => valuesAt(curve, places));
  return {
    low: places.map((_, i) => Math.min(...begun.map((values) => values[i]))),
    high: places.map((_, i) => Math.max(...begun.map((values) => values[i]))),
  };
}

/** The values at growing places, none of which lies beyond the curve's ends. */
function valuesAt(curve: Points, places: readonly number[]): number[] {
  let next = 0;
  return places.map((place) => {
    while (curve.x[next] < place) next++;
    return valueAt(curve, next, place);
  });
}

/** The value at `place`, which lies not beyond point `next` and beyond the one before. */
function valueAt({ x, y }: Points, next: number, place: number): number {
  if (x[next] === place) return y[next];
  const share = (place - x[next - 1]) / (x[next] - x[next - 1]);
  return y[next - 1] + share * (y[next] - y[next - 1]);
}
